"""A decision before a change as text and as JSON: the result first, then why, then the steps.

The texts of the checks are in `check_texts.toml`.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from auditor.change.advice import load_activation_advice
from auditor.change.decision import ChangeCheck, CheckKind, Decision, PrecheckResult, PrecheckTopic
from auditor.change.step_report import (
    StepContext,
    render_steps,
    rollback_to_dict,
    steps_to_dicts,
)
from auditor.change.what_if import RequestedChange
from auditor.models.findings import Verdict
from auditor.models.statements import Statement, join_statements
from auditor.recommendations.ha_states import GROUP_HINT
from auditor.report.sentences import (
    render_clause,
    render_sentence,
    render_sentences,
    render_source,
)
from auditor.report.wording import evidence_line
from auditor.text import join_names, json_text, printable, wrap_text

_RESULT_MARKS = {
    PrecheckResult.GO: "✓",
    PrecheckResult.NO_GO: "✗",
    PrecheckResult.UNDECIDED: "?",
    PrecheckResult.NOTE: "·",
}
_RESULT_WORDS = {
    PrecheckResult.GO: "go",
    PrecheckResult.NO_GO: "no-go",
    PrecheckResult.UNDECIDED: "undecided",
    PrecheckResult.NOTE: "note",
}
# For a go or a note there is nothing to do, and advice would look like a condition.
_RESULTS_WITH_REMEDY = (PrecheckResult.NO_GO, PrecheckResult.UNDECIDED)

_TOPIC_HEADINGS = {
    PrecheckTopic.NOW: "The service now",
    PrecheckTopic.PREREQUISITE: "Prerequisites",
    PrecheckTopic.REPLICATION: "Database replication",
    PrecheckTopic.PLACEMENT: "What the recommendations say about it here",
    PrecheckTopic.INTERRUPTS: "What the change interrupts",
    PrecheckTopic.BREAKS: "What the change would break",
    PrecheckTopic.FEATURE: "What else the feature needs",
    PrecheckTopic.FIXES: "What the change would fix",
    PrecheckTopic.GROUP: "The redundancy group now",
    PrecheckTopic.CONFIRM: "Configuration that no interface shows",
}

STEP_HEADINGS = {
    PrecheckResult.GO: "Steps",
    PrecheckResult.NO_GO: "No steps: this change is not approved",
    PrecheckResult.UNDECIDED: "Steps, once nothing is undecided",
}
NO_STEPS_REASON = "Fix every no-go, then run the precheck again: it lists the steps of a go."

_ACTIVATION_WORDS = {
    True: "activated",
    False: "not activated",
    None: "activated or not, which is unknown",
}


@dataclass(frozen=True, slots=True)
class _CheckTexts:
    """The texts of one kind of check, as `check_texts.toml` has them."""

    text: str
    more: str = ""
    remedy: str = ""


@cache
def _load_check_texts() -> Mapping[CheckKind, _CheckTexts]:
    content = (files("auditor.change") / "check_texts.toml").read_text(encoding="utf-8")
    return TypeAdapter(dict[CheckKind, _CheckTexts]).validate_python(tomllib.loads(content))


def check_summary(check: ChangeCheck) -> str:
    """Return a check in one sentence, without the reason of its finding."""
    return _load_check_texts()[check.kind].text.format(**_text_values(check)).strip()


def check_text(check: ChangeCheck) -> str:
    """Return everything that a check found."""
    more = _load_check_texts()[check.kind].more.format(**_text_values(check))
    same = f"The same holds for {join_names(check.also)}." if check.also else ""
    explains = f"It explains {join_names(check.explains)} too." if check.explains else ""
    threshold = "It is below the threshold." if check.is_below_threshold else ""
    return " ".join(
        text for text in (check_summary(check), more, explains, same, threshold) if text
    )


def check_remedy(check: ChangeCheck) -> str:
    """Return what to do about a check, empty if nothing."""
    # The user chose the threshold; what is below it need not be acted on.
    if check.is_below_threshold:
        return ""
    return _load_check_texts()[check.kind].remedy.format(**_text_values(check))


def _text_values(check: ChangeCheck) -> dict[str, str]:
    """Return the values that the texts of checks may name."""
    state, finding, other_use = check.state, check.finding, check.other_use
    state_word = state.state if state else ""
    advice = load_activation_advice().get(check.service)
    tested = " and ".join(f"{s.key} = {s.tested}" for s in check.settings)
    return {
        "about": check.about,
        "everywhere": join_names((check.about, *check.also)),
        "service": check.service,
        "connects": advice.connects if advice else "",
        "services": join_names((check.service, *check.other_services)),
        "stop": "stop" if check.other_services else "stops",
        "stops_on": join_names(check.stops_on),
        "needs": "need" if check.other_services else "needs",
        "listed": join_names(map(_detail_clause, check.details)),
        "need": "need" if len(check.details) > 1 else "needs",
        "are": "are" if len(check.details) > 1 else "is",
        "needed": check.needed,
        "all_needed": join_names((check.needed, *check.also_needed)),
        "which_down": "none of which runs" if check.also_needed else f"which is {state_word}",
        "then_others": ", then the others in this order" if check.also_needed else "",
        "state": state_word,
        "activation": _ACTIVATION_WORDS[state.activated] if state else "",
        "details": " ".join(map(_detail_text, check.details)),
        "condition": tested or "the change",
        "rule": finding.recommendation if finding else "",
        "severity": finding.severity if finding else "",
        "observed": render_sentence(finding.observed) if finding else "",
        "because": render_sentence(finding.because) if finding else "",
        "remedy": render_sentences(_finding_remedy(check)),
        "group_hint": render_sentence(GROUP_HINT),
        "reasons": " ".join(
            f"{f.recommendation}: {render_sentence(f.because)}" for f in check.findings
        ),
        "other_use": render_clause(join_statements(other_use.reasons)) if other_use else "",
        "hint": render_sentences(other_use.hints if other_use else ())
        or "Make sure that nothing here uses it; no recommendation covers that.",
    }


def _finding_remedy(check: ChangeCheck) -> tuple[Statement, ...]:
    """Return the remedy of the finding; drift that the change makes is avoided, not remedied."""
    if check.finding is None:
        return ()
    is_drift = check.finding.verdict is not Verdict.UNKNOWN
    is_made = check.kind is CheckKind.FINDING_WITH_CHANGE and is_drift
    return () if is_made else check.finding.remedy


def _detail_clause(detail: str | Statement) -> str:
    return render_clause(detail) if isinstance(detail, Statement) else detail


def _detail_text(detail: str | Statement) -> str:
    return render_sentence(detail) if isinstance(detail, Statement) else detail


def render_decision_text(decision: Decision, *, width: int) -> str:
    """Return the decision for a reader; nothing on the cluster was changed."""
    lines = [
        *_nothing_to_change_lines(decision),
        *wrap_text(_decision_headline(decision), width),
        *_requested_change_lines(decision),
        "",
    ]
    for topic, heading in _TOPIC_HEADINGS.items():
        lines += _topic_lines(heading, [c for c in decision.checks if c.topic is topic], width)
    lines += _step_lines(decision, width)
    code, word = int(decision.exit_code), _RESULT_WORDS[decision.result]
    return "\n".join((*lines, f"Nothing was changed. Exit code {code}: {word}.", ""))


def _step_lines(decision: Decision, width: int) -> list[str]:
    """Return the steps; under a no-go somebody might follow them."""
    if not decision.steps:
        return []
    lines = (
        wrap_text(NO_STEPS_REASON, width, first_indent="  ", indent="  ")
        if decision.has_no_go
        else render_steps(decision.steps, step_context(decision), width)
    )
    return [STEP_HEADINGS[decision.result], *lines, ""]


def step_context(decision: Decision) -> StepContext:
    """Return what the texts of the steps need of a decision."""
    return StepContext(decision.cluster, decision.sessions)


def _decision_headline(decision: Decision) -> str:
    """Return the result, with the most severe reason of a no-go."""
    if decision.result is PrecheckResult.GO:
        return "GO: every check supports the change."
    if decision.result is PrecheckResult.NO_GO:
        worst, *others = decision.objections
        text = f"NO-GO: {printable(worst.about)}: {printable(check_summary(worst))}"
        more = f"{len(others)} more checks are" if len(others) > 1 else "1 more check is"
        return f"{text} {more} against the change." if others else text
    if decision.unread_reason:
        reason = printable(decision.unread_reason)
        return f"UNDECIDED: the cluster could not be asked ({reason})."
    return "UNDECIDED: no check is against the change, but something is unknown."


def _nothing_to_change_lines(decision: Decision) -> list[str]:
    if not decision.has_nothing_to_change:
        return []
    states = " and ".join(
        f"{c.service} is {_ACTIVATION_WORDS[c.activates]} on {printable(c.node)}"
        for c in decision.changes
    )
    return [f"NOTHING TO CHANGE: {states} already."]


def _requested_change_lines(decision: Decision) -> list[str]:
    return [
        *(_requested_change_line(c, decision.already_made) for c in decision.changes),
        *(f"  with {s.key} = {printable(s.tested)}" for s in decision.features),
    ]


def _requested_change_line(change: RequestedChange, already_made: Sequence[RequestedChange]) -> str:
    note = " (it is already)" if change in already_made else ""
    return f"  {change.action} {change.service} on {printable(change.node)}{note}"


def _topic_lines(heading: str, checks: Iterable[ChangeCheck], width: int) -> list[str]:
    lines = [line for check in checks for line in _check_lines(check, width)]
    return [heading, *lines, ""] if lines else []


def _check_lines(check: ChangeCheck, width: int) -> list[str]:
    mark, word = _RESULT_MARKS[check.result], _RESULT_WORDS[check.result]
    head = f"{mark} {word}: {printable(check.about)}: "
    first, *lines = wrap_text(head + printable(check_text(check)), width - 2)
    if check.result in _RESULTS_WITH_REMEDY:
        if remedy := check_remedy(check):
            lines += _indent(wrap_text(f"to do: {printable(remedy)}", width - 6))
        for evidence in check.evidence:
            text = f"seen: {printable(evidence_line(evidence))}"
            lines += _indent(wrap_text(text, width - 6))
    return [f"  {first}", *_indent(lines)]


def _indent(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def render_decision_json(decision: Decision) -> str:
    """Return the decision as JSON with sorted keys."""
    content = {
        "schema_version": "2.0",
        "cluster": decision.cluster,
        "answer": decision.result,
        "changes": [
            {
                "node": c.node,
                "service": c.service,
                "action": c.action,
                "already": c in decision.already_made,
            }
            for c in decision.changes
        ],
        "features": [{"key": s.key, "was": s.was, "tested": s.tested} for s in decision.features],
        "points": [_check_dict(check) for check in decision.checks],
        "replication": decision.replication,
        "sessions": decision.sessions,
        "steps": steps_to_dicts(decision.steps, step_context(decision)),
        "rollback": rollback_to_dict(decision.rollback, step_context(decision)),
        "exit_code": decision.exit_code,
    }
    return json_text(content)


def _check_dict(check: ChangeCheck) -> dict[str, object]:
    return {
        "topic": check.topic,
        "answer": check.result,
        "about": check.about,
        "also": list(check.also),
        "explains": list(check.explains),
        "text": check_text(check),
        "remedy": check_remedy(check),
        "evidence": [
            {
                "origin": evidence.origin,
                "source": render_source(evidence),
                "text": render_sentence(evidence.statement),
            }
            for evidence in check.evidence
        ],
    }
