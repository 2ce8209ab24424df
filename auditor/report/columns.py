"""A table whose least important columns give way on a narrow terminal, so that no word breaks."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.table import Table

from auditor.report.console import safe_text
from auditor.text import printable

COLUMN_GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `cells` has a text for each row, and `styles` a style for each or is empty.

    `above` is a line above the title. `is_name`: its texts are names from a file or a server, which
    Markdown marks as code. `is_number`: they are to be aligned on the right. `is_severity`: it
    counts causes, and is shown with those of all other severities or not at all.
    """

    title: str
    cells: tuple[str, ...]
    styles: tuple[str, ...] = ()
    is_name: bool = False
    is_number: bool = False
    is_severity: bool = False
    above: str = ""

    @property
    def width(self) -> int:
        """Return how many columns of a terminal the longest text takes."""
        return max(cell_len(printable(text)) for text in (self.title, self.above, *self.cells))


def build_table(columns: Sequence[Column], width: int) -> Table:
    """Return a table of the columns that fit."""
    shown = fit_columns(columns, width)
    has_line_above = any(column.above for column in shown)
    table = plain_table()
    for column in shown:
        head = f"{column.above}\n{column.title}" if has_line_above else column.title
        table.add_column(head, justify="right" if column.is_number else "left")
    for number in range(len(columns[0].cells)):
        table.add_row(
            *(
                safe_text(column.cells[number], column.styles[number] if column.styles else "")
                for column in shown
            )
        )
    return table


def plain_table(gap: int = COLUMN_GAP) -> Table:
    """Return a table without columns, that will have a line below their titles and no other.

    `gap` is how many columns of the terminal are between two of its own.
    """
    # Rich adds one column of its own between two.
    return Table(box=box.SIMPLE_HEAD, padding=(0, gap - 1, 0, 0), pad_edge=False, show_edge=False)


def fit_columns(columns: Sequence[Column], width: int) -> tuple[Column, ...]:
    """Return as many columns as fit, at least two; the last ones are left out first."""
    fitting = list(columns)
    while len(fitting) > 2 and sum(c.width + COLUMN_GAP for c in fitting) - COLUMN_GAP > width:
        last = fitting.pop()
        if last.is_severity:
            # Without "low" in sight, a cluster whose causes are low would look as if it had none.
            fitting = [column for column in fitting if not column.is_severity]
    return tuple(fitting)
