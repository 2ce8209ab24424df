"""Prints reports with rich into a string; text of servers cannot inject markup or escapes."""

import io
from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from auditor.text import printable

_MIN_CONSOLE_WIDTH = 40


def safe_text(text: str, style: str = "") -> Text:
    """Return text in which rich reads no markup and no emoji codes."""
    return Text(printable(text), style=style, overflow="fold")


def render_console(draw: Callable[[Console], None], *, width: int, colour: bool) -> str:
    """Return what `draw` prints at `width` columns (at least 40), line ends trimmed.

    Nothing of the environment counts: no TERM, COLUMNS or NO_COLOR; `colour` alone decides.
    """
    page = io.StringIO()
    console = Console(
        file=page,
        width=max(width, _MIN_CONSOLE_WIDTH),
        color_system="standard" if colour else None,
        # A string is no terminal to rich, so colour has to be forced.
        force_terminal=colour,
        force_jupyter=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )
    draw(console)
    # rich pads lines with blanks, which diffs and editors would show.
    return "".join(f"{line.rstrip()}\n" for line in page.getvalue().split("\n")[:-1])
