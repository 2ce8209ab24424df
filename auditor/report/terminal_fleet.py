"""Several clusters on a terminal: a table, worst first, then what differs on each of them."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.models.report import Report
from auditor.report import wording
from auditor.report.cluster_summary import cluster_summary
from auditor.report.columns import build_table
from auditor.report.console import safe_text
from auditor.report.digest import DigestEntry, digest_cluster
from auditor.report.fleet import FleetRow
from auditor.report.fleet_table import fleet_columns, missing_columns_text
from auditor.report.summary import changes_summary
from auditor.report.terminal_cluster import status_text
from auditor.text import count_noun


def print_fleet_table(console: Console, rows: Sequence[FleetRow]) -> None:
    """Print a line for each cluster; a narrow terminal has the most important columns only."""
    console.print(build_table(fleet_columns(rows), console.width))
    if missing := missing_columns_text(rows, console.width):
        console.print(safe_text(missing, "dim"))
    console.print()


def print_digest(console: Console, report: Report, row: FleetRow) -> None:
    """Print what differs on a cluster, what is unknown, and the first step about each."""
    unknown = f", {count_noun(row.counts.unknown, 'check')} unknown" if row.counts.unknown else ""
    read = f"{row.nodes_read} of {count_noun(row.nodes_due, 'node')} read"
    drift = f"{wording.count_differences(row.counts)}, " if row.cluster.causes else ""
    name = safe_text(row.name, "bold")
    numbers = safe_text(f"{drift}{read}{unknown}.")
    console.print(Text.assemble(status_text(row.status), "  ", name, "  ", numbers))
    past = report.past.get(row.name)
    if past and past.runs:
        changes = changes_summary(row.cluster, past)
        console.print(safe_text(f"Since the run of {past.runs[0].started_at}: {changes}"))
    entries = digest_cluster(row)
    if not entries:
        console.print(safe_text(cluster_summary(row.cluster)))
    for entry in entries:
        _print_entry(console, entry)
    for notice in row.cluster.notices:
        print_marked(console, Text("-"), safe_text(notice))
    console.print()


def _print_entry(console: Console, entry: DigestEntry) -> None:
    mark = Text(wording.VERDICT_MARKS[entry.verdict], style=wording.VERDICT_STYLES[entry.verdict])
    head = Text.assemble(safe_text(entry.head, "bold"), " ", safe_text(entry.advice))
    print_marked(console, mark, head)
    if not entry.rows:
        return
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(min_width=8, no_wrap=True)
    rows.add_column()
    for label, text in entry.rows:
        rows.add_row(Text(label, style="dim"), safe_text(text))
    console.print(Padding(rows, (0, 0, 0, 4)))


def print_marked(console: Console, mark: Text, text: Text) -> None:
    """Print a mark, and text of which every line begins after it."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column()
    grid.add_row(mark, text)
    console.print(grid)
