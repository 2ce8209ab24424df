"""Standard output, and what follows once clusters are judged: reports, history, notification."""

import codecs
import errno
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from auditor.cli.messages import print_note, print_warning
from auditor.cli.terminal import PIPE_WIDTH, supports_colour, terminal_width
from auditor.errors import ConfigError, OutputError
from auditor.files import write_file
from auditor.history.loading import RunHistory
from auditor.models.exit_codes import ExitCode
from auditor.models.report import Report
from auditor.notify.send import Recipient, parse_recipients, send_notification
from auditor.report import formats
from auditor.report.fleet import sort_worst_first
from auditor.report.formats import OutputTarget, ReportFormat
from auditor.report.notification import compose_notification
from auditor.report.page_folder import write_page_folder
from auditor.report.wording import cluster_summary, exit_meaning
from auditor.text import count_noun, escape_unprintable, is_or_are

_ASCII_MARKS = {
    "✓": "+",
    "✗": "x",
    "○": "o",
    "§": "s",
    "…": "...",
    "━": "=",
    "─": "-",
    "≤": "<=",
}
_ASCII_FALLBACK = "auditor-ascii"
_NO_READER = ("nt", errno.EINVAL)


def _replace_unencodable(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding cannot hold: no two marks may become one, for `?` is unknown."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101 - given to `encode` alone
    text = error.object[error.start : error.end]
    return "".join(_ASCII_MARKS.get(sign, "_") for sign in text), error.end


codecs.register_error(_ASCII_FALLBACK, _replace_unencodable)


@dataclass(frozen=True, slots=True)
class Screen:
    """What a text is laid out for: columns, whether colours show, and whether it is a terminal."""

    width: int
    colour: bool
    is_terminal: bool


DocumentRenderer = Callable[[Screen], str | Iterable[str]]
"""Returns a document, or its pieces."""

_FILE = Screen(PIPE_WIDTH, colour=False, is_terminal=False)


def write_documents(
    targets: Sequence[OutputTarget], renderers: Mapping[ReportFormat, DocumentRenderer]
) -> None:
    """Write a result in every requested format, to standard output or to files.

    Raises:
        OutputError: some could not be written, a line each; the others are.
    """
    problems = _try_documents(targets, renderers)
    if problems:
        raise OutputError("\n".join(problems))


def _try_documents(
    targets: Sequence[OutputTarget], renderers: Mapping[ReportFormat, DocumentRenderer]
) -> list[str]:
    problems = []
    for target in targets:
        render = renderers[target.format]
        try:
            if target.path is None:
                print_text("".join(render(current_screen())))
            else:
                write_file(target.path, render(_FILE))
        except OutputError as error:
            problems.append(str(error))
    return problems


def write_reports(
    report: Report, targets: Sequence[OutputTarget], *, full: bool = False
) -> list[str]:
    """Write every report; return what is wrong with those that could not be written.

    `full` is that of `formats.render_report`.
    """
    problems = _try_documents(
        [target for target in targets if not target.is_folder],
        {form: partial(_render_pieces, report, form, full=full) for form in ReportFormat},
    )
    for target in targets:
        if target.path and target.is_folder:
            try:
                write_page_folder(target.path, formats.render_report_pages(report))
            except OutputError as error:
                problems.append(str(error))
    return problems


def _render_pieces(
    report: Report, form: ReportFormat, screen: Screen, *, full: bool
) -> Iterable[str]:
    return formats.render_report_pieces(
        report, form, width=screen.width, colour=screen.colour, full=full
    )


def raise_output_problems(report: Report, problems: Sequence[str]) -> None:
    """Raise OutputError for what could not be written; it ends with what the audit came to."""
    if problems:
        code = f"The audit itself ended with exit code {int(report.exit_code)}."
        raise OutputError("\n".join([*problems, code]))


def print_text(text: str) -> None:
    """Print a whole page on standard output; a reader that left early is no error.

    Raises:
        OutputError: it cannot be written for another reason, such as a full disk.
    """
    encoding = sys.stdout.encoding or "utf-8"
    if os.linesep == "\r\n":
        # Standard output adds a second carriage return to those of CSV.
        text = text.replace("\r\n", "\n")
    try:
        sys.stdout.write(text.encode(encoding, _ASCII_FALLBACK).decode(encoding))
        sys.stdout.flush()
    except OSError as error:
        # What is still buffered would be written again at exit, and fail again.
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        # Windows has no error of its own for a pipe whose reader is gone.
        if not isinstance(error, BrokenPipeError) and (os.name, error.errno) != _NO_READER:
            raise OutputError(f"standard output: cannot be written ({error.strerror}).") from error


def print_plain_text(text: str) -> None:
    """Print lines without style, in which names come from servers and the command line."""
    print_text("\n".join(map(escape_unprintable, text.split("\n"))))


def current_screen() -> Screen:
    """Return what standard output is."""
    return Screen(terminal_width(), supports_colour(), is_terminal=sys.stdout.isatty())


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """Where a run goes: reports, the history (None: off), recipients; and was its evidence kept?

    `full` is that of `formats.render_report`; `report_url` is where recipients find the report.
    """

    targets: Sequence[OutputTarget]
    history: RunHistory | None = None
    recipients: Sequence[Recipient] = ()
    quiet: bool = False
    check_evidence: Callable[[], None] | None = None
    full: bool = False
    report_url: str | None = None


def notification_recipients(
    option: Sequence[str], configured: Sequence[str], history: RunHistory | None
) -> tuple[Recipient, ...]:
    """Return who is to be notified; the option takes the place of the configuration.

    Raises:
        ConfigError: the option is given and the history is off, an address names no service, or
            the extra is missing.
    """
    if history is None and option:
        raise ConfigError(
            [
                "--notify reports what changed since the last run, so it needs the history: leave "
                "out --history off"
            ]
        )
    if history is None:
        # The configuration is for every run, so one run without history is no mistake in it.
        if configured:
            print_warning("no notification is sent: --history off hides what changed.")
        return ()
    return parse_recipients(option or configured) if option or configured else ()


def finish_run(report: Report, plan: OutputPlan) -> None:
    """Write the reports, record the run, then notify; one failure does not stop the others.

    Raises:
        OutputError: a report or the record could not be written; ends with the exit code of the
            audit.
    """
    problems: list[str] = []
    if plan.history:
        try:
            # Before the run is recorded, or it would be compared with itself.
            past = plan.history.past(report)
            run = replace(report.run, history=plan.history.shown)
            report = replace(report, run=run, past=past)
        except OutputError as error:
            problems.append(str(error))
    notification = compose_notification(report, plan.report_url)
    # A timer mails what is printed, so a quiet run without news prints nothing.
    prints_nothing = plan.quiet and report.exit_code is ExitCode.COMPLIANT and notification is None
    targets = [target for target in plan.targets if target.path is not None or not prints_nothing]
    problems += write_reports(report, targets, full=plan.full)
    for step in (_record_run, _check_evidence):
        try:
            step(report, plan)
        except OutputError as error:
            problems.append(str(error))
    if notification and plan.recipients:
        for line in send_notification(plan.recipients, notification):
            print_warning(line)
    _print_run_summary(report, plan)
    if plan.quiet and report.forgiven:
        count = report.counts.unknown
        checks = f"{count_noun(count, 'check')} {is_or_are(count)} unknown"
        print_warning(f"--allow-unknown: {checks}; the exit code hides that.")
    raise_output_problems(report, problems)


def _record_run(report: Report, plan: OutputPlan) -> None:
    if plan.history:
        plan.history.record(report)


def _check_evidence(_: Report, plan: OutputPlan) -> None:
    if plan.check_evidence:
        plan.check_evidence()


def _print_run_summary(report: Report, plan: OutputPlan) -> None:
    """Print the result on a terminal where all reports go to files."""
    if not sys.stderr.isatty() or any(t.path is None for t in plan.targets):
        return
    for cluster in sort_worst_first(report.clusters):
        print_note(f"{cluster.name}: {cluster.status}. {cluster_summary(cluster)}")
    print_note(exit_meaning(report))
