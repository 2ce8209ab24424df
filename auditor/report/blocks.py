"""The findings of a terminal report, block by block."""

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.findings import ClusterReport, Verdict
from auditor.report.passages import HEADINGS, Row
from auditor.report.screen import plain
from auditor.report.stories import stories
from auditor.report.wording import MARKS, STYLES, count
from auditor.runs import Report


def draw(console: Console, report: Report, cluster: ClusterReport) -> None:
    """Print all findings but passes and not applicable ones, drift first, then by severity."""
    for verdict, heading in HEADINGS.items():
        told = stories(report, cluster, verdict)
        if not told:
            continue
        console.print()
        number = sum(len(story.findings) for story in told)
        title = Text(f"{heading}: {count(number, 'finding')}", style="bold")
        console.rule(title, align="left", style="dim")
        for story in told:
            _print(console, verdict, story.head, story.rows)


def _print(console: Console, verdict: Verdict, head: str, rows: Iterable[Row]) -> None:
    """Print a heading and, indented, its rows; a label that repeats is said once."""
    console.print()
    mark = Text(f"{MARKS[verdict]} ", style=STYLES[verdict])
    console.print(Text.assemble(mark, plain(head, "bold")))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(min_width=8, no_wrap=True)
    grid.add_column()
    previous = ""
    for label, text in rows:
        if text:
            grid.add_row(Text("" if label == previous else label, style="dim"), plain(text))
            previous = label
    console.print(Padding(grid, (0, 0, 0, 2)))
