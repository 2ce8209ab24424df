"""A decision before a change as text and as JSON: the result first, then why, then the steps.

The texts of the checks are in `check_texts.toml`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from auditor import __version__
from auditor.change.change_check import ChangeCheck, PrecheckResult
from auditor.change.check_report import ACTIVATION_WORDS, check_remedy, check_text
from auditor.change.decision import Decision
from auditor.change.decision_wording import (
    NO_STEPS_REASON,
    RESULT_MARKS,
    RESULT_WORDS,
    STEP_HEADINGS,
    TOPIC_HEADINGS,
    decision_headline,
    rollback_hint,
    step_context,
)
from auditor.change.step_report import (
    render_steps,
    rollback_to_dict,
    steps_to_dicts,
)
from auditor.change.what_if import RequestedChange
from auditor.report.sentences import (
    render_sentence,
    render_source,
)
from auditor.report.wording import evidence_line
from auditor.text import json_text, printable, wrap_text

# For a go or a note there is nothing to do, and advice would look like a condition.
_RESULTS_WITH_REMEDY = (PrecheckResult.NO_GO, PrecheckResult.UNDECIDED)

_CHECK_INDENT, _DETAIL_INDENT = 4 * " ", 8 * " "


def render_decision_text(decision: Decision, *, width: int, document: Path | None = None) -> str:
    """Return the decision for a reader; nothing on the cluster was changed.

    `document` is the file of its Markdown, if that is written as well.
    """
    lines = [
        *_nothing_to_change_lines(decision),
        *wrap_text(decision_headline(decision), width),
        *_requested_change_lines(decision),
        "",
    ]
    for topic, heading in TOPIC_HEADINGS.items():
        lines += _topic_lines(heading, [c for c in decision.checks if c.topic is topic], width)
    lines += _step_lines(decision, width, document)
    code, word = int(decision.exit_code), RESULT_WORDS[decision.result]
    return "\n".join((*lines, f"Nothing was changed. Exit code {code}: {word}.", ""))


def _step_lines(decision: Decision, width: int, document: Path | None) -> list[str]:
    """Return the steps; under a no-go somebody might follow them."""
    if not decision.steps:
        return []
    heading = STEP_HEADINGS[decision.result]
    if decision.has_no_go:
        return [heading, *wrap_text(NO_STEPS_REASON, width, first_indent="  ", indent="  "), ""]
    steps = render_steps(decision.steps, step_context(decision), width)
    return [heading, *steps, "", *wrap_text(printable(rollback_hint(document)), width)]


def _nothing_to_change_lines(decision: Decision) -> list[str]:
    if not decision.has_nothing_to_change:
        return []
    states = " and ".join(
        f"{c.service} is {ACTIVATION_WORDS[c.activates]} on {printable(c.node)}"
        for c in decision.changes
    )
    return [f"NOTHING TO CHANGE: {states} already."]


def _requested_change_lines(decision: Decision) -> list[str]:
    return [
        *(_requested_change_line(c, decision.already_made) for c in decision.named_changes),
        *(f"  with {s.key} = {printable(s.tested)}" for s in decision.features),
    ]


def _requested_change_line(change: RequestedChange, already_made: Sequence[RequestedChange]) -> str:
    note = " (it is already)" if change in already_made else ""
    return f"  {change.action} {change.service} on {printable(change.node)}{note}"


def _topic_lines(heading: str, checks: Iterable[ChangeCheck], width: int) -> list[str]:
    lines = [line for check in checks for line in _check_lines(check, width)]
    return [heading, *lines, ""] if lines else []


def _check_lines(check: ChangeCheck, width: int) -> list[str]:
    mark, word = RESULT_MARKS[check.result], RESULT_WORDS[check.result]
    head = f"{mark} {word}: {printable(check.about)}: "
    lines = wrap_text(
        head + printable(check_text(check)), width, first_indent="  ", indent=_CHECK_INDENT
    )
    if check.result in _RESULTS_WITH_REMEDY:
        if remedy := check_remedy(check):
            lines += _detail_lines(f"to do: {remedy}", width)
        # Without a finding, the text itself says what was read.
        for evidence in check.evidence if check.finding else ():
            lines += _detail_lines(f"seen: {evidence_line(evidence)}", width)
    return lines


def _detail_lines(text: str, width: int) -> list[str]:
    return wrap_text(printable(text), width, first_indent=_DETAIL_INDENT, indent=_DETAIL_INDENT)


def render_decision_json(decision: Decision) -> str:
    """Return the decision as JSON with sorted keys."""
    content = {
        "schema_version": "2.0",
        "cluster": decision.cluster,
        "checked_at": decision.checked_at or None,
        "version": __version__,
        "answer": decision.result,
        "approved": decision.result is PrecheckResult.GO,
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
        "points": [_check_dict(check, decision) for check in decision.checks],
        "replication": decision.replication,
        "sessions": decision.sessions,
        "steps": steps_to_dicts(decision.steps, step_context(decision)),
        "rollback": rollback_to_dict(decision.rollback, step_context(decision)),
        "exit_code": decision.exit_code,
    }
    return json_text(content)


def _check_dict(check: ChangeCheck, decision: Decision) -> dict[str, object]:
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
                "read_at": decision.moment_of(evidence) or None,
            }
            for evidence in check.evidence
        ],
    }
