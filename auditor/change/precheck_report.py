"""A decision before a change, told: the answer first, then why, then the steps."""

import json
from collections.abc import Iterable
from textwrap import wrap

from auditor.change.decision import ChangeCheck, Decision, PrecheckResult, PrecheckTopic
from auditor.change.what_if import RequestedChange
from auditor.text import printable

_RESULT_MARKS = {
    PrecheckResult.GO: "✓",
    PrecheckResult.NO_GO: "✗",
    PrecheckResult.CANNOT_TELL: "?",
    PrecheckResult.NOTE: "·",
}
_RESULTS_WITH_REMEDY = (PrecheckResult.NO_GO, PrecheckResult.CANNOT_TELL)


def render_decision_text(decision: Decision, *, width: int) -> str:
    """Return the decision for a reader; nothing in it was changed on the cluster."""
    lines = [
        *_nothing_to_change_lines(decision),
        *_wrap_check_text(_decision_headline(decision), width),
        *_requested_change_lines(decision),
        "",
    ]
    for topic in PrecheckTopic:
        lines += _topic_lines(topic, [p for p in decision.points if p.topic is topic], width)
    for service, steps in decision.steps.items():
        lines += [f"Steps for {service}:"]
        lines += [f"  {number}. {step}" for number, step in enumerate(steps, 1)]
        lines += [""]
    code = int(decision.exit_code)
    return "\n".join((*lines, f"Nothing was changed. Exit code {code}: {decision.answer}.", ""))


def _decision_headline(decision: Decision) -> str:
    """Return the answer, with the gravest reason of a no-go."""
    if decision.answer is PrecheckResult.GO:
        return "GO: every point that can be checked speaks for the change."
    if decision.answer is PrecheckResult.NO_GO:
        first, *others = decision.against
        told = f"NO-GO: {printable(first.about)}: {printable(first.short or first.text)}"
        more = f"{len(others)} more points speak" if len(others) > 1 else "1 more point speaks"
        return f"{told} {more} against the change." if others else told
    if decision.unasked:
        return f"CANNOT TELL: the cluster could not be asked ({printable(decision.unasked)})."
    return "CANNOT TELL: nothing speaks against it, but something is not known."


def _nothing_to_change_lines(decision: Decision) -> list[str]:
    """Return the line that says that there is nothing to change, if so."""
    if not decision.idle:
        return []
    told = [
        f"{c.service} is {'' if c.activate else 'not '}activated on {printable(c.node)}"
        for c in decision.changes
    ]
    return [f"NOTHING TO CHANGE: {' and '.join(told)} already."]


def _requested_change_lines(decision: Decision) -> list[str]:
    features = [f"  with {f.key} = {printable(f.tested)}" for f in decision.features]
    return [
        *(_requested_change_line(c, already=c in decision.already) for c in decision.changes),
        *features,
    ]


def _requested_change_line(change: RequestedChange, *, already: bool) -> str:
    act = "activate" if change.activate else "deactivate"
    so = " (it is already)" if already else ""
    return f"  {act} {change.service} on {printable(change.node)}{so}"


def _topic_lines(topic: PrecheckTopic, points: Iterable[ChangeCheck], width: int) -> list[str]:
    found = list(points)
    if not found:
        return []
    lines = [f"{topic[0].upper()}{topic[1:]}"]
    for point in found:
        lines += _change_check_lines(point, width)
    return [*lines, ""]


def _change_check_lines(point: ChangeCheck, width: int) -> list[str]:
    head = f"{_RESULT_MARKS[point.answer]} {point.answer}: {printable(point.about)}: "
    lines = _wrap_check_text(head + printable(point.text), width - 2)
    if point.remedy and point.answer in _RESULTS_WITH_REMEDY:
        lines += [
            f"    {line}"
            for line in _wrap_check_text(f"to do: {printable(point.remedy)}", width - 6)
        ]
    for one in point.evidence if point.answer in _RESULTS_WITH_REMEDY else ():
        told = f"seen: {printable(one.text)} [{one.origin}, {printable(one.source)}]"
        lines += [f"    {line}" for line in _wrap_check_text(told, width - 6)]
    first, *rest = lines
    return [f"  {first}", *(f"    {line}" for line in rest)]


def _wrap_check_text(text: str, width: int) -> list[str]:
    return wrap(text, max(width, 40), break_on_hyphens=False, break_long_words=False)


def render_decision_json(decision: Decision) -> str:
    """Return the decision as JSON with sorted keys."""
    content = {
        "schema_version": "1.0",
        "cluster": decision.cluster,
        "answer": str(decision.answer),
        "changes": [
            {
                "node": c.node,
                "service": c.service,
                "activate": c.activate,
                "already": c in decision.already,
            }
            for c in decision.changes
        ],
        "features": [{"key": f.key, "was": f.was, "tested": f.tested} for f in decision.features],
        "points": [_change_check_to_json(point) for point in decision.points],
        "steps": {service: list(steps) for service, steps in decision.steps.items()},
        "exit_code": int(decision.exit_code),
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def _change_check_to_json(point: ChangeCheck) -> dict[str, object]:
    return {
        "topic": str(point.topic),
        "answer": str(point.answer),
        "about": point.about,
        "text": point.text,
        "remedy": point.remedy,
        "evidence": [
            {"origin": str(e.origin), "source": e.source, "text": e.text} for e in point.evidence
        ],
    }
