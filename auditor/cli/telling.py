"""Writes a report where it was asked for: files whole, the rest to standard output."""

import codecs
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import OutputError
from auditor.runs import Report

if TYPE_CHECKING:
    from auditor.report.output import Target

PIPE_WIDTH = 100
"""Columns where standard output is no terminal."""


_MARKS = {"✓": "+", "✗": "x", "○": "o", "§": "s", "…": "...", "━": "=", "─": "-"}
_SPELT = "auditor-spelt"


def _spelt(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding cannot hold: no two marks may become one, for `?` is unknown."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101 - given to `encode` alone
    held_back = error.object[error.start : error.end]
    return "".join(_MARKS.get(sign, "_") for sign in held_back), error.end


codecs.register_error(_SPELT, _spelt)


def tell(report: Report, targets: "Sequence[Target]") -> None:
    """Write every report; a file that fails does not keep the others from being written.

    Raises:
        OutputError: some report could not be written; says where the audit stood.
    """
    from auditor.report.output import pieces, render, write_pieces

    troubles = []
    for target in targets:
        try:
            if target.path is None:
                say(render(report, target.format, width=width(), colour=colour()))
            else:
                text = pieces(report, target.format, width=PIPE_WIDTH, colour=False)
                write_pieces(target.path, text)
        except OutputError as error:
            troubles.append(str(error))
    if troubles:
        raise OutputError("\n".join((*troubles, where_it_stood(report))))


def where_it_stood(report: Report) -> str:
    """Return the line that says what the audit came to, where its report is lost."""
    return f"The audit itself ended with exit code {int(report.exit_code)}."


def say(text: str) -> None:
    """Print a whole page on standard output; a reader who left early is no fault of ours.

    Raises:
        OutputError: it cannot be written for another reason, such as a full disk.
    """
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, _SPELT).decode(encoding))
        sys.stdout.flush()
    except OSError as error:
        # What is still held back would be written once more at the end, and fail once more.
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OutputError(f"standard output: cannot be written ({error.strerror}).") from error


def width() -> int:
    """Return the columns of the terminal, or a fixed number where there is none."""
    return shutil.get_terminal_size((PIPE_WIDTH, 24)).columns if sys.stdout.isatty() else PIPE_WIDTH


def colour() -> bool:
    """Tell whether to colour: only a terminal that can, and only unless NO_COLOR is set."""
    return (
        sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "") != "dumb"
    )
