"""Several clusters on a terminal: a table, worst first, then what differs on each of them."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.models.report import Report
from auditor.report import wording
from auditor.report.console import safe_text
from auditor.report.digest import DigestEntry, digest_cluster
from auditor.report.fleet import FleetRow
from auditor.report.fleet_table import FleetColumn, fit_columns, fleet_columns
from auditor.report.summary import changes_summary
from auditor.report.terminal_cluster import status_text
from auditor.text import count_noun

_COLUMN_GAP = 2


def print_fleet_table(page: Console, rows: Sequence[FleetRow]) -> None:
    """Print a line for each cluster; a narrow page has the most important columns only."""
    columns = fit_columns(fleet_columns(rows), page.width, _COLUMN_GAP)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(
            column.title, justify="right" if column.is_number else "left", overflow="fold"
        )
    for number, row in enumerate(rows):
        table.add_row(*(_styled_cell(column, number, row) for column in columns))
    page.print(table)
    page.print()


def _styled_cell(column: FleetColumn, number: int, row: FleetRow) -> Text:
    if column.title == "status":
        return status_text(row.status)
    return safe_text(column.cells[number])


def print_digest(page: Console, report: Report, row: FleetRow) -> None:
    """Print what differs on a cluster, what is unknown, and the first step about each."""
    unknown = f", {count_noun(row.counts.unknown, 'check')} unknown" if row.counts.unknown else ""
    read = f"{row.nodes_read} of {count_noun(row.nodes_due, 'node')} read"
    drift = f"{wording.count_differences(row.counts)}, " if row.cluster.causes else ""
    name = safe_text(row.name, "bold")
    numbers = safe_text(f"{drift}{read}{unknown}.")
    page.print(Text.assemble(status_text(row.status), "  ", name, "  ", numbers))
    past = report.past.get(row.name)
    if past and past.runs:
        changes = changes_summary(row.cluster, past)
        page.print(safe_text(f"Since the run of {past.runs[0].started_at}: {changes}"))
    entries = digest_cluster(row)
    if not entries:
        page.print(safe_text(wording.cluster_summary(row.cluster)))
    for entry in entries:
        _print_entry(page, entry)
    for notice in row.cluster.notices:
        _print_marked(page, Text("-"), safe_text(notice))
    page.print()


def _print_entry(page: Console, entry: DigestEntry) -> None:
    mark = Text(wording.VERDICT_MARKS[entry.verdict], style=wording.VERDICT_STYLES[entry.verdict])
    head = Text.assemble(safe_text(entry.head, "bold"), " ", safe_text(entry.advice))
    _print_marked(page, mark, head)
    if not entry.rows:
        return
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(min_width=8, no_wrap=True)
    rows.add_column()
    for label, text in entry.rows:
        rows.add_row(Text(label, style="dim"), safe_text(text))
    page.print(Padding(rows, (0, 0, 0, 4)))


def _print_marked(page: Console, mark: Text, text: Text) -> None:
    """Print a mark, and text of which every line begins after it."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column()
    grid.add_row(mark, text)
    page.print(grid)
