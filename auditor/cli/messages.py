"""Lines on standard error: none of them can steer a terminal or look like another line."""

import sys

from auditor.cli.verbosity import is_quiet
from auditor.text import escape_unprintable


def print_error(line: str) -> None:
    """Print what went wrong, with the name of the program before it."""
    _print_line(f"auditor: {line}")


def print_warning(line: str) -> None:
    """Print what does not change the exit code."""
    print_error(f"warning: {line}")


def print_note(line: str) -> None:
    """Print what is good to know, unless `--quiet` was given."""
    if not is_quiet():
        _print_line(line)


def _print_line(line: str) -> None:
    """Print one line, in which names come from servers, files and the command line."""
    sys.stderr.write(f"{escape_unprintable(line)}\n")
