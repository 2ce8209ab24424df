"""A check-up as text and as JSON: the result first, then every server with what to do."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from auditor.failures import FailureWords, failure_detail, failure_place, failure_remedy
from auditor.models.certificates import certificate_days_left
from auditor.models.exit_codes import ExitCode
from auditor.report.wording import certificate_lines
from auditor.setup.doctor.model import (
    Checkup,
    CheckupResult,
    CheckupStep,
    ServerCheckup,
    StepOutcome,
)
from auditor.soap.messages import Certificate
from auditor.text import count_noun, json_text, printable, wrap_text

_STEP_MARKS = {
    StepOutcome.OK: "✓",
    StepOutcome.NOTE: "·",
    StepOutcome.TO_FIX: "✗",
    StepOutcome.UNKNOWN: "?",
    StepOutcome.SKIPPED: "-",
}
_RESULT_SENTENCES = {
    CheckupResult.READY: "READY: everything is in place for an audit.",
    CheckupResult.TO_FIX: "TO FIX: {to_fix} (marked ✗), each with what to change and where.",
    CheckupResult.UNKNOWN: (
        "UNKNOWN: nothing is known to be wrong, but {unknown} (marked ?) failed for now."
    ),
}
_RESULT_MEANINGS = {
    CheckupResult.READY: "ready",
    CheckupResult.TO_FIX: "something to fix",
    CheckupResult.UNKNOWN: "unknown",
}
_RESULT_MARKS = {
    CheckupResult.READY: _STEP_MARKS[StepOutcome.OK],
    CheckupResult.TO_FIX: _STEP_MARKS[StepOutcome.TO_FIX],
    CheckupResult.UNKNOWN: _STEP_MARKS[StepOutcome.UNKNOWN],
}
_STEP_COLUMN_WIDTH = 27


def render_checkups_text(checkups: Sequence[Checkup], *, width: int, now: datetime) -> str:
    """Return the check-ups for a reader; days left of a certificate are counted from `now`."""
    if len(checkups) == 1:
        text = _render_checkup_text(checkups[0], width, now)
        return f"{text}{_exit_line(checkups[0].exit_code, checkups[0].result)}\n"
    pages = [_render_checkup_text(checkup, width, now) for checkup in checkups]
    return "\n".join([*pages, "\n".join([*_summary_lines(checkups, width), ""])])


def _exit_line(code: ExitCode, result: CheckupResult) -> str:
    return f"Exit code {int(code)}: {_RESULT_MEANINGS[result]}."


def _summary_lines(checkups: Sequence[Checkup], width: int) -> Iterator[str]:
    """Yield a line for each cluster, worst first, with the first step that needs attention."""
    yield f"{count_noun(len(checkups), 'cluster')}, worst first"
    ranked = sorted(checkups, key=lambda checkup: checkup.exit_code.rank)
    widest = max(len(printable(checkup.cluster)) for checkup in checkups)
    for checkup in ranked:
        head = f"  {_RESULT_MARKS[checkup.result]} {printable(checkup.cluster):<{widest}}  "
        lines = wrap_text(printable(_summary_text(checkup)), width - len(head))
        yield from (
            f"{' ' * len(head) if number else head}{line}" for number, line in enumerate(lines)
        )
    yield ""
    yield _exit_line(ranked[0].exit_code, ranked[0].result)


def _summary_text(checkup: Checkup) -> str:
    meaning = _RESULT_MEANINGS[checkup.result]
    outcomes = {
        CheckupResult.READY: (),
        CheckupResult.TO_FIX: (StepOutcome.TO_FIX,),
        CheckupResult.UNKNOWN: (StepOutcome.UNKNOWN, StepOutcome.SKIPPED),
    }[checkup.result]
    steps = [(s.name, step.check) for s in checkup.servers for step in s.steps]
    counted = [
        place
        for place, step in zip(steps, checkup.steps, strict=True)
        if step.outcome in outcomes and step.depends_on is None
    ]
    if not counted:
        return f"{meaning}."
    (name, check), *others = counted
    more = f" and {count_noun(len(others), 'more step')}" if others else ""
    return f"{meaning}: {check} of {name}{more}."


def _render_checkup_text(checkup: Checkup, width: int, now: datetime) -> str:
    result = _result_sentence(checkup)
    words = FailureWords(cluster=checkup.cluster)
    lines = [result, ""]
    for server in checkup.servers:
        lines += [*_server_lines(server, words, width, now), ""]
    sent = (
        f"{count_noun(len(checkup.servers), 'server')}, {count_noun(checkup.requests, 'request')}"
    )
    account = printable(checkup.username)
    end = f"Cluster {printable(checkup.cluster)}: {sent} as {account}. Nothing was changed."
    return "\n".join((*lines, *wrap_text(end, width), ""))


def _result_sentence(checkup: Checkup) -> str:
    outcomes = {step.outcome for step in checkup.steps}
    if checkup.result is CheckupResult.UNKNOWN and StepOutcome.UNKNOWN not in outcomes:
        return "UNKNOWN: nothing is known to be wrong, but not everything was checked (marked -)."
    return _RESULT_SENTENCES[checkup.result].format(
        to_fix=_count_steps(checkup, StepOutcome.TO_FIX),
        unknown=_count_steps(checkup, StepOutcome.UNKNOWN),
    )


def _count_steps(checkup: Checkup, outcome: StepOutcome) -> str:
    return count_noun(sum(step.outcome is outcome for step in checkup.steps), "step")


def _server_lines(
    server: ServerCheckup, words: FailureWords, width: int, now: datetime
) -> Iterator[str]:
    yield f"{printable(server.name)}  ({server.kind}, {printable(server.place)})"
    # One failure may skip all steps after it, and a line for each would hide it.
    for depends_on, steps in groupby(server.steps, lambda step: step.depends_on):
        group = list(steps)
        if depends_on is not None and len(group) > 1:
            names = ", ".join(step.check for step in group)
            paragraphs = [f"{names}: {_dependency(depends_on)}"]
            yield from _step_lines("- not checked", paragraphs, width)
            continue
        for step in group:
            head = f"{_STEP_MARKS[step.outcome]} {step.check}"
            yield from _step_lines(head, _step_paragraphs(step, words, now), width)


def _dependency(check: str) -> str:
    return f"depends on {check}."


def _step_text(step: CheckupStep, words: FailureWords) -> str:
    """Return what came of a step; a digest is left out, because the certificate shows it."""
    if step.depends_on is not None:
        return f"not checked: {_dependency(step.depends_on)}"
    if step.failure is None:
        return step.note
    detail = failure_detail(step.failure, words, with_digest=step.certificate is None)
    return f"{detail} {step.note}".strip()


def _step_remedy(step: CheckupStep, words: FailureWords) -> str:
    return failure_remedy(step.failure, words) if step.failure else step.remedy


def _step_place(step: CheckupStep, words: FailureWords) -> str:
    return failure_place(step.failure, words) if step.failure else step.where


def _step_paragraphs(step: CheckupStep, words: FailureWords, now: datetime) -> list[str]:
    """Return what there is to say about one step, a paragraph each."""
    paragraphs = [_step_text(step, words)]
    if step.certificate is not None:
        paragraphs += certificate_lines(step.certificate, now)
    if remedy := _step_remedy(step, words):
        paragraphs.append(f"to do: {remedy}")
    if where := _step_place(step, words):
        paragraphs.append(f"where: {where}")
    return paragraphs


def _step_lines(head: str, paragraphs: list[str], width: int) -> Iterator[str]:
    """Yield the lines of one entry: its head in a column, the paragraphs beside it."""
    margin = " " * _STEP_COLUMN_WIDTH
    lines = [
        line
        for text in paragraphs
        for line in wrap_text(printable(text), width - _STEP_COLUMN_WIDTH)
    ]
    for number, line in enumerate(lines):
        yield f"{margin if number else f'  {head}':<{_STEP_COLUMN_WIDTH}}{line}"


def render_checkups_json(checkups: Sequence[Checkup], *, now: datetime) -> str:
    """Return the check-ups as JSON with sorted keys."""
    codes = (checkup.exit_code for checkup in checkups)
    content = {
        "schema_version": "2.0",
        "clusters": [_checkup_json(checkup, now) for checkup in checkups],
        "exit_code": int(ExitCode.worst(codes, default=ExitCode.COMPLIANT)),
    }
    return json_text(content)


def _checkup_json(checkup: Checkup, now: datetime) -> dict[str, object]:
    words = FailureWords(cluster=checkup.cluster)
    return {
        "name": checkup.cluster,
        "username": checkup.username,
        "answer": str(checkup.result),
        "requests": checkup.requests,
        "servers": [
            {
                "name": server.name,
                "kind": server.kind,
                "address": server.place,
                "steps": [_step_json(step, words, now) for step in server.steps],
            }
            for server in checkup.servers
        ],
        "exit_code": int(checkup.exit_code),
    }


def _step_json(step: CheckupStep, words: FailureWords, now: datetime) -> dict[str, object]:
    return {
        "check": step.check.name.lower(),
        "outcome": str(step.outcome),
        "reason": None if step.reason is None else str(step.reason),
        "text": _step_text(step, words),
        "remedy": _step_remedy(step, words),
        "where": _step_place(step, words),
        "certificate": None
        if step.certificate is None
        else _certificate_json(step.certificate, now),
    }


def _certificate_json(certificate: Certificate, now: datetime) -> dict[str, object]:
    return {
        "names": list(certificate.names),
        "common_name": certificate.common_name,
        "issuer": certificate.issuer,
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
        "days_left": certificate_days_left(certificate.not_after, now),
        "self_signed": certificate.self_signed,
        "sha256": certificate.sha256,
    }
