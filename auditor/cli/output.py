"""Standard output and files: where texts, documents and reports are written."""

import codecs
import errno
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from auditor.cli.terminal import PIPE_WIDTH, supports_colour, terminal_width
from auditor.errors import OutputError
from auditor.files import write_file
from auditor.models.report import Report
from auditor.report import formats
from auditor.report.formats import OutputTarget, ReportFormat
from auditor.report.page_folder import write_page_folder
from auditor.text import escape_unprintable

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
class Layout:
    """What a text is laid out for: columns, whether colours show, and whether it is a terminal."""

    width: int
    colour: bool
    is_terminal: bool


DocumentRenderer = Callable[[Layout], str | Iterable[str]]
"""Returns a document, or its pieces."""

_FILE = Layout(PIPE_WIDTH, colour=False, is_terminal=False)


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
                print_text("".join(render(current_layout())))
            else:
                write_file(target.path, render(_FILE))
        except OutputError as error:
            problems.append(str(error))
    return problems


def write_reports(
    report: Report, targets: Sequence[OutputTarget], *, full: bool = False
) -> list[str]:
    """Write every report; return what is wrong with those that could not be written.

    `full` is that of `formats.render_report_pieces`.
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
    report: Report, form: ReportFormat, layout: Layout, *, full: bool
) -> Iterable[str]:
    return formats.render_report_pieces(
        report, form, width=layout.width, colour=layout.colour, full=full
    )


def raise_output_problems(report: Report, problems: Sequence[str]) -> None:
    """Raise OutputError for what could not be written; it ends with what the audit came to."""
    if problems:
        code = f"The audit itself ended with exit code {int(report.exit_code)}."
        raise OutputError("\n".join([*problems, code]))


def print_text(text: str) -> None:
    """Print a whole text on standard output; a reader that left early is no error.

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


def current_layout() -> Layout:
    """Return what standard output is."""
    return Layout(terminal_width(), supports_colour(), is_terminal=sys.stdout.isatty())
