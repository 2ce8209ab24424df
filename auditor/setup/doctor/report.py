"""A check-up, told: the answer first, then every server with its steps and what to do."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from textwrap import wrap

from auditor.report.wording import certificate_lines
from auditor.setup.doctor.interfaces import NOT_CHECKED_PREFIX
from auditor.setup.doctor.model import (
    Checkup,
    CheckupResult,
    CheckupStep,
    ServerCheckup,
    StepOutcome,
)
from auditor.soap.messages import Certificate
from auditor.text import count_noun, printable

_STEP_MARKS = {
    StepOutcome.OK: "✓",
    StepOutcome.NOTE: "·",
    StepOutcome.MEND: "✗",
    StepOutcome.UNCLEAR: "?",
    StepOutcome.SKIPPED: "-",
}
_RESULT_SENTENCES = {
    CheckupResult.READY: "READY: everything is in place for an audit.",
    CheckupResult.MEND: "TO MEND: {mend} (marked ✗), each with what to change and where.",
    CheckupResult.CANNOT_TELL: (
        "CANNOT TELL: nothing is known to be wrong, but {unclear} (marked ?) failed for now."
    ),
}
_RESULT_MEANINGS = {
    CheckupResult.READY: "ready",
    CheckupResult.MEND: "something to mend",
    CheckupResult.CANNOT_TELL: "could not tell",
}
_STEP_COLUMN_WIDTH = 27
_MIN_STEP_WIDTH = 40


def render_checkup_text(checkup: Checkup, *, width: int, now: datetime) -> str:
    """Return the check-up for a reader; `now` is what the days left are reckoned from."""
    told = _RESULT_SENTENCES[checkup.answer].format(
        mend=_count_steps(checkup, StepOutcome.MEND),
        unclear=_count_steps(checkup, StepOutcome.UNCLEAR),
    )
    lines = [told, ""]
    for server in checkup.servers:
        lines += [*_server_checkup_lines(server, width, now), ""]
    asked = (
        f"{count_noun(len(checkup.servers), 'server')}, {count_noun(checkup.requests, 'request')}"
    )
    who = printable(checkup.username)
    end = f"Cluster {printable(checkup.cluster)}: {asked} as {who}. Nothing was changed."
    code = f"Exit code {int(checkup.exit_code)}: {_RESULT_MEANINGS[checkup.answer]}."
    return "\n".join((*lines, end, code, ""))


def _count_steps(checkup: Checkup, outcome: StepOutcome) -> str:
    return count_noun(sum(step.outcome is outcome for step in checkup.steps), "step")


def _server_checkup_lines(server: ServerCheckup, width: int, now: datetime) -> Iterator[str]:
    yield f"{printable(server.name)}  ({server.kind}, {printable(server.place)})"
    for (outcome, text), steps in groupby(server.steps, lambda step: (step.outcome, step.text)):
        alike = list(steps)
        if outcome is StepOutcome.SKIPPED and len(alike) > 1:
            names = ", ".join(step.check for step in alike)
            yield from _step_lines(
                "- not checked", [f"{names}: {text.removeprefix(NOT_CHECKED_PREFIX)}"], width
            )
            continue
        for step in alike:
            yield from _step_lines(
                f"{_STEP_MARKS[step.outcome]} {step.check}", _step_paragraphs(step, now), width
            )


def _step_paragraphs(step: CheckupStep, now: datetime) -> list[str]:
    """Return what is said of one step, a paragraph each."""
    told = [step.text]
    if step.certificate is not None:
        told += certificate_lines(step.certificate, now)
    if step.outcome is not StepOutcome.OK:
        told += [f"to do: {step.remedy}"] if step.remedy else []
        told += [f"where: {step.where}"] if step.where else []
    return told


def _step_lines(head: str, paragraphs: list[str], width: int) -> Iterator[str]:
    """Yield the lines of one entry: its head in a column, the paragraphs beside it."""
    margin = " " * _STEP_COLUMN_WIDTH
    lines = [
        line for told in paragraphs for line in _wrap_step_text(told, width - _STEP_COLUMN_WIDTH)
    ]
    for number, line in enumerate(lines):
        yield f"{margin if number else f'  {head}':<{_STEP_COLUMN_WIDTH}}{line}"


def _wrap_step_text(text: str, width: int) -> list[str]:
    return wrap(
        printable(text), max(width, _MIN_STEP_WIDTH), break_on_hyphens=False, break_long_words=False
    )


def render_checkup_json(checkup: Checkup, *, now: datetime) -> str:
    """Return the check-up as JSON with sorted keys."""
    content = {
        "schema_version": "1.0",
        "cluster": checkup.cluster,
        "username": checkup.username,
        "answer": str(checkup.answer),
        "requests": checkup.requests,
        "servers": [
            {
                "name": server.name,
                "kind": server.kind,
                "address": server.place,
                "steps": [_step_json(step, now) for step in server.steps],
            }
            for server in checkup.servers
        ],
        "exit_code": int(checkup.exit_code),
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def _step_json(step: CheckupStep, now: datetime) -> dict[str, object]:
    return {
        "check": step.check.replace(" ", "_").lower(),
        "outcome": str(step.outcome),
        "reason": None if step.reason is None else str(step.reason),
        "text": step.text,
        "remedy": step.remedy,
        "where": step.where,
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
        "days_left": (certificate.not_after - now).days,
        "self_signed": certificate.self_signed,
        "sha256": certificate.sha256,
    }
