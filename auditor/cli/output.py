"""Writes a report where it was asked for: files whole, the rest to standard output.

What follows once the clusters are judged: reports, the record, and word to those who asked.

Files that a command writes once: none that is there already is ever replaced.
"""

import codecs
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import ConfigError, OutputError
from auditor.models.findings import ExitCode, Verdict
from auditor.models.report import Report

if TYPE_CHECKING:
    from auditor.history.store import HistoryStore
    from auditor.notify.send import Recipient
    from auditor.report.formats import OutputTarget
    from auditor.soap.evidence.recorder import Recorder

PIPE_WIDTH = 100
"""Columns where standard output is no terminal."""


_ASCII_MARKS = {"✓": "+", "✗": "x", "○": "o", "§": "s", "…": "...", "━": "=", "─": "-"}
_ASCII_FALLBACK = "auditor-spelt"


def _replace_unencodable(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding cannot hold: no two marks may become one, for `?` is unknown."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101 - given to `encode` alone
    held_back = error.object[error.start : error.end]
    return "".join(_ASCII_MARKS.get(sign, "_") for sign in held_back), error.end


codecs.register_error(_ASCII_FALLBACK, _replace_unencodable)


def write_reports(report: Report, targets: "Sequence[OutputTarget]") -> None:
    """Write every report; a file that fails does not keep the others from being written.

    Raises:
        OutputError: some report could not be written; says where the audit stood.
    """
    from auditor.files import write_file
    from auditor.report.formats import render_report, render_report_pieces

    troubles = []
    for target in targets:
        try:
            if target.path is None:
                print_text(
                    render_report(
                        report, target.format, width=terminal_width(), colour=supports_colour()
                    )
                )
            else:
                text = render_report_pieces(report, target.format, width=PIPE_WIDTH, colour=False)
                write_file(target.path, text)
        except OutputError as error:
            troubles.append(str(error))
    if troubles:
        raise OutputError("\n".join((*troubles, exit_code_line(report))))


def exit_code_line(report: Report) -> str:
    """Return the line that says what the audit came to, where its report is lost."""
    return f"The audit itself ended with exit code {int(report.exit_code)}."


def print_text(text: str) -> None:
    """Print a whole page on standard output; a reader who left early is no fault of ours.

    Raises:
        OutputError: it cannot be written for another reason, such as a full disk.
    """
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, _ASCII_FALLBACK).decode(encoding))
        sys.stdout.flush()
    except OSError as error:
        # What is still held back would be written once more at the end, and fail once more.
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OutputError(f"standard output: cannot be written ({error.strerror}).") from error


def terminal_width() -> int:
    """Return the columns of the terminal, or a fixed number where there is none."""
    return shutil.get_terminal_size((PIPE_WIDTH, 24)).columns if sys.stdout.isatty() else PIPE_WIDTH


def supports_colour() -> bool:
    """Tell whether to colour: only a terminal that can, and only unless NO_COLOR is set."""
    return (
        sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "") != "dumb"
    )


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """Where a run goes: reports, the history (None: off), those who are notified, evidence."""

    targets: "Sequence[OutputTarget]"
    history: "HistoryStore | None" = None
    recipients: "Sequence[Recipient]" = ()
    quiet: bool = False
    recorder: "Recorder | None" = None


def notification_recipients(
    option: Sequence[str], configured: Sequence[str], history: "HistoryStore | None"
) -> "tuple[Recipient, ...]":
    """Return who is to be notified; the option takes the place of the configuration.

    Raises:
        ConfigError: the option is given and the history is off, an address names no service, or
            the extra is missing.
    """
    if history is None and option:
        raise ConfigError(
            [
                "--notify tells what changed since the last run, and needs the history: leave out "
                "--history off"
            ]
        )
    if history is None:
        if configured:
            print_warning("nobody is notified: what changed is not known with --history off.")
        return ()
    if not option and not configured:
        return ()
    from auditor.notify.send import parse_recipients

    return parse_recipients(option or configured)


def finish_run(report: Report, ending: OutputPlan) -> None:
    """Write the reports, record the run, then notify; what fails keeps nothing else from it.

    Raises:
        OutputError: a report or the record could not be written; says where the audit stood.
    """
    troubles: list[str] = []
    if ending.history:
        try:
            past = ending.history.past(report)
            report = replace(
                report, run=replace(report.run, history=ending.history.shown), past=past
            )
        except OutputError as error:
            troubles.append(str(error))
    for step in (_write_run_reports, _record_run, _check_recorder):
        try:
            step(report, ending)
        except OutputError as error:
            troubles.append(str(error))
    _notify_recipients(report, ending.recipients)
    _print_run_summary(report, ending)
    if ending.quiet and report.forgiven:
        count = report.count(Verdict.UNKNOWN)
        print_warning(
            f"--allow-unknown: {count} checks could not be told; the exit code hides that."
        )
    if troubles:
        stood = exit_code_line(report)
        lines = "\n".join(troubles).splitlines()
        raise OutputError("\n".join([*(line for line in lines if line != stood), stood]))


def print_warning(text: str) -> None:
    """Say on standard error what does not change the exit code."""
    sys.stderr.write(f"auditor: warning: {text}\n")


def _write_run_reports(report: Report, ending: OutputPlan) -> None:
    """Write the reports; a quiet run without news prints none."""
    from auditor.report.notification import compose_notification

    targets = ending.targets
    if (
        ending.quiet
        and report.exit_code is ExitCode.COMPLIANT
        and compose_notification(report) is None
    ):
        targets = [target for target in targets if target.path is not None]
    write_reports(report, targets)


def _print_run_summary(report: Report, ending: OutputPlan) -> None:
    """Say what came of it to whoever watches a run whose reports all go to files."""
    if ending.quiet or not sys.stderr.isatty() or any(t.path is None for t in ending.targets):
        return
    from auditor.report.wording import cluster_summary, exit_meaning
    from auditor.text import escape_unprintable

    for cluster in report.clusters:
        line = escape_unprintable(f"{cluster.name}: {cluster.status}. {cluster_summary(cluster)}")
        sys.stderr.write(f"{line}\n")
    sys.stderr.write(f"{exit_meaning(report)}\n")


def _record_run(report: Report, ending: OutputPlan) -> None:
    if ending.history:
        ending.history.record(report)


def _check_recorder(_: Report, ending: OutputPlan) -> None:
    if ending.recorder:
        ending.recorder.check()


def _notify_recipients(report: Report, recipients: "Sequence[Recipient]") -> None:
    from auditor.report.notification import compose_notification

    message = compose_notification(report) if recipients else None
    if message is None:
        return
    from auditor.notify.send import send_notification

    for line in send_notification(recipients, message.title, message.body):
        print_warning(line)
