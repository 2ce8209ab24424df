"""The checks of a precheck in words; their texts are in `check_texts.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from auditor.change.advice import load_activation_advice
from auditor.change.change_check import ChangeCheck, CheckKind
from auditor.models.findings import Verdict
from auditor.models.statements import Statement, join_statements
from auditor.recommendations.groups import GROUP_HINT
from auditor.report.sentences import render_clause, render_sentence, render_sentences
from auditor.text import join_names

ACTIVATION_WORDS = {
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
        "sessions": "sessions unknown"
        if check.sessions is None
        else f"{check.sessions:,} session{'' if check.sessions == 1 else 's'}",
        "needs": "need" if check.other_services else "needs",
        "listed": join_names(map(_detail_clause, check.details)),
        "need": "need" if len(check.details) > 1 else "needs",
        "are": "are" if len(check.details) > 1 else "is",
        "needed": check.needed,
        "all_needed": join_names((check.needed, *check.also_needed)),
        "which_down": "none of which runs" if check.also_needed else f"which is {state_word}",
        "then_others": ", then the others in this order" if check.also_needed else "",
        "state": state_word,
        "activation": ACTIVATION_WORDS[state.activated] if state else "",
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
