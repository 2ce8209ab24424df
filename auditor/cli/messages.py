"""Lines on standard error: none of them can steer a terminal or look like another line."""

import sys

from auditor.text import escape_unprintable


def print_error(line: str) -> None:
    """Print what went wrong, with the name of the program before it."""
    print_note(f"auditor: {line}")


def print_warning(line: str) -> None:
    """Print what does not change the exit code."""
    print_error(f"warning: {line}")


def print_note(line: str) -> None:
    """Print one line, of which names come from servers, files and the command line."""
    sys.stderr.write(f"{escape_unprintable(line)}\n")
