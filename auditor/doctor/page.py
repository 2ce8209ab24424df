"""A check-up, told: the answer first, then every server with its steps and what to do."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from textwrap import wrap

from auditor.doctor.reaching import NOT_CHECKED
from auditor.doctor.steps import Answer, Checkup, Outcome, Server, Step
from auditor.report.certificate import certificate_lines
from auditor.report.screen import printable
from auditor.report.wording import count
from auditor.soap.messages import Certificate

_MARKS = {
    Outcome.OK: "✓",
    Outcome.NOTE: "·",
    Outcome.MEND: "✗",
    Outcome.UNCLEAR: "?",
    Outcome.SKIPPED: "-",
}
_SENTENCES = {
    Answer.READY: "READY: everything is in place for an audit.",
    Answer.MEND: "TO MEND: {mend} (marked ✗), each with what to change and where.",
    Answer.CANNOT_TELL: "CANNOT TELL: nothing is known to be wrong, but {unclear} (marked ?) "
    "failed for now.",
}
_MEANINGS = {
    Answer.READY: "ready",
    Answer.MEND: "something to mend",
    Answer.CANNOT_TELL: "could not tell",
}
_COLUMN = 27
_NARROWEST = 40


def render_text(checkup: Checkup, *, width: int, now: datetime) -> str:
    """Return the check-up for a reader; `now` is what the days left are reckoned from."""
    told = _SENTENCES[checkup.answer].format(
        mend=_steps(checkup, Outcome.MEND), unclear=_steps(checkup, Outcome.UNCLEAR)
    )
    lines = [told, ""]
    for server in checkup.servers:
        lines += [*_server(server, width, now), ""]
    asked = f"{count(len(checkup.servers), 'server')}, {count(checkup.requests, 'request')}"
    who = printable(checkup.username)
    end = f"Cluster {printable(checkup.cluster)}: {asked} as {who}. Nothing was changed."
    code = f"Exit code {int(checkup.exit_code)}: {_MEANINGS[checkup.answer]}."
    return "\n".join((*lines, end, code, ""))


def _steps(checkup: Checkup, outcome: Outcome) -> str:
    return count(sum(step.outcome is outcome for step in checkup.steps), "step")


def _server(server: Server, width: int, now: datetime) -> Iterator[str]:
    yield f"{printable(server.name)}  ({server.kind}, {printable(server.place)})"
    for (outcome, text), steps in groupby(server.steps, lambda step: (step.outcome, step.text)):
        alike = list(steps)
        if outcome is Outcome.SKIPPED and len(alike) > 1:
            names = ", ".join(step.check for step in alike)
            yield from _entry(
                "- not checked", [f"{names}: {text.removeprefix(NOT_CHECKED)}"], width
            )
            continue
        for step in alike:
            yield from _entry(f"{_MARKS[step.outcome]} {step.check}", _told(step, now), width)


def _told(step: Step, now: datetime) -> list[str]:
    """Return what is said of one step, a paragraph each."""
    told = [step.text]
    if step.certificate is not None:
        told += certificate_lines(step.certificate, now)
    if step.outcome is not Outcome.OK:
        told += [f"to do: {step.remedy}"] if step.remedy else []
        told += [f"where: {step.where}"] if step.where else []
    return told


def _entry(head: str, paragraphs: list[str], width: int) -> Iterator[str]:
    """Yield the lines of one entry: its head in a column, the paragraphs beside it."""
    margin = " " * _COLUMN
    lines = [line for told in paragraphs for line in _wrapped(told, width - _COLUMN)]
    for number, line in enumerate(lines):
        yield f"{margin if number else f'  {head}':<{_COLUMN}}{line}"


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(
        printable(text), max(width, _NARROWEST), break_on_hyphens=False, break_long_words=False
    )


def render_json(checkup: Checkup, *, now: datetime) -> str:
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
                "steps": [_plain(step, now) for step in server.steps],
            }
            for server in checkup.servers
        ],
        "exit_code": int(checkup.exit_code),
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def _plain(step: Step, now: datetime) -> dict[str, object]:
    return {
        "check": step.check.replace(" ", "_").lower(),
        "outcome": str(step.outcome),
        "reason": None if step.reason is None else str(step.reason),
        "text": step.text,
        "remedy": step.remedy,
        "where": step.where,
        "certificate": None if step.certificate is None else _shown(step.certificate, now),
    }


def _shown(certificate: Certificate, now: datetime) -> dict[str, object]:
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
