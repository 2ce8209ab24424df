"""Prints reports with rich into a string; text of servers cannot inject markup or escapes."""

import io
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.text import printable

_MIN_CONSOLE_WIDTH = 40
_UNLIMITED = 100_000


def safe_text(text: str, style: str = "") -> Text:
    """Return text in which rich reads no markup and no emoji codes."""
    return Text(printable(text), style=style)


def render_console(draw: Callable[[Console], None], *, width: int, colour: bool) -> str:
    """Return what `draw` prints at `width` columns (at least 40), line ends trimmed.

    Nothing of the environment counts: no TERM, COLUMNS or NO_COLOR; `colour` alone decides. No
    word is broken or cut: one that is longer than its place runs over.
    """
    text = io.StringIO()
    console = _WholeWordConsole(
        file=text,
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
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().split("\n")[:-1])


class _WholeWordConsole(Console):
    """A console that lets what has no room run over, where rich would cut it."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print each renderable at the width of the console, or at the one that its words need."""
        usual = self.width
        shown = [self._with_room(renderable) for renderable in objects]
        try:
            super().print(*shown, **{"crop": False, **options})
        finally:
            self.width = usual

    def _with_room(self, renderable: Any) -> Any:  # noqa: ANN401 - rich's own
        """Return the same, ready for a console that has become as wide as it needs."""
        if isinstance(renderable, Padding):
            margin = renderable.left + renderable.right
            self.width -= margin
            inner = self._with_room(renderable.renderable)
            self.width += margin
            edges = (renderable.top, renderable.right, renderable.bottom, renderable.left)
            return Padding(inner, edges)
        if isinstance(renderable, Table):
            self.width = max(self.width, fit_table(renderable, self, self.width))
        elif isinstance(renderable, Text) and _needed(renderable, self).minimum > self.width:
            renderable = _wrap_words(renderable, self.width)
            self.width = _needed(renderable, self).maximum
        return renderable


def fit_table(table: Table, console: Console, room: int) -> int:
    """Set the columns of a table so that no word is broken; return the width that it then has.

    The widest columns give way first, none below its longest word; those that should not wrap do
    so only where the others have given all they can.
    """
    cells = [(column.header, *column.cells) for column in table.columns]
    sizes = [[_needed(cell, console) for cell in column] for column in cells]
    least, most = [], []
    for column, needed in zip(table.columns, sizes, strict=True):
        least.append(max(column.min_width or 0, *(size.minimum for size in needed)))
        wanted = column.width or max(size.maximum for size in needed)
        most.append(max(least[-1], wanted))
    frame = _frame_width(table, console)
    preferred = [
        full if column.no_wrap else word
        for column, word, full in zip(table.columns, least, most, strict=True)
    ]
    widths = _shrink_widths(_shrink_widths(most, preferred, room - frame), least, room - frame)
    for column, width, full in zip(table.columns, widths, most, strict=True):
        column.width = width
        column.no_wrap = column.no_wrap and width == full
    return sum(widths) + frame


def _needed(cell: Any, console: Console) -> Measurement:  # noqa: ANN401 - rich's own
    if isinstance(cell, Text):
        return _measure_text(cell.plain)
    return Measurement.get(console, console.options.update_width(_UNLIMITED), cell)


# Most cells of a matrix are equal, and to measure one by rich takes as long as to print it.
@lru_cache(maxsize=1024)
def _measure_text(text: str) -> Measurement:
    widest_line = max(map(cell_len, text.splitlines()), default=0)
    return Measurement(max(map(cell_len, text.split()), default=widest_line), widest_line)


def _frame_width(table: Table, console: Console) -> int:
    """Return what a table needs beside the content of its columns."""
    saved = [column.width for column in table.columns]
    for column in table.columns:
        column.width = 1
    frame = _needed(table, console).maximum - len(table.columns)
    for column, width in zip(table.columns, saved, strict=True):
        column.width = width
    return frame


def _shrink_widths(widths: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    shrunk = list(widths)
    while sum(shrunk) > room:
        wide = [number for number, width in enumerate(shrunk) if width > least[number]]
        if not wide:
            break
        shrunk[max(wide, key=lambda number: shrunk[number])] -= 1
    return shrunk


def _wrap_words(text: Text, width: int) -> Text:
    """Return text in lines of a width, with longer words each on a line of its own."""
    breaks, column = [], 0
    for word in re.finditer(r"\S+\s*", text.plain):
        if column and column + cell_len(word[0].rstrip()) > width:
            breaks.append(word.start())
            column = 0
        column += cell_len(word[0])
    lines = text.divide(breaks)
    for line in lines:
        line.rstrip()
    joined = Text("\n", overflow="ignore").join(lines)
    joined.style = text.style
    return joined
