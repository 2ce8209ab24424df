"""What standard output is: how many columns it has, and whether it shows colours."""

import os
import shutil
import sys

PIPE_WIDTH = 100
"""Columns where standard output is no terminal."""


def terminal_width() -> int:
    """Return COLUMNS, else the columns of the terminal, else a fixed number."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        return shutil.get_terminal_size((PIPE_WIDTH, 24)).columns
    return PIPE_WIDTH


def supports_colour() -> bool:
    """Return whether to colour: NO_COLOR says no, FORCE_COLOR yes, else a terminal that can."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM", "") != "dumb" and _obeys_escapes()


def _obeys_escapes() -> bool:
    """Return whether a console obeys escape sequences: older ones of Windows print them."""
    if os.name != "nt":
        return True
    from rich.console import detect_legacy_windows  # on Windows alone, for it takes long to load

    return not detect_legacy_windows()
