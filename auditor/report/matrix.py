"""The matrix of a terminal report: nodes across, services down, a mark and a word in each cell."""

import re
from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from auditor.facts import NodeFacts
from auditor.findings import ClusterReport
from auditor.report import grid
from auditor.report.cells import Cell, Judged, by_subject, cell, heads
from auditor.report.screen import plain, printable
from auditor.report.wording import STYLES

_WIDTH = 12
"""Columns of a cell; longer words break where a reader would break them."""

_SERVICE_COLUMN = 24
_GAP = 2


def tables(cluster: ClusterReport, width: int) -> list[Table]:
    """Return one table, or several where the nodes do not fit side by side.

    The two nodes of a redundancy group stay together.
    """
    judged = by_subject(cluster.findings)
    label = grid.labels([node.name for node in cluster.nodes])
    sections = grid.sections(cluster)
    across = max(1, (width - _SERVICE_COLUMN) // (_WIDTH + _GAP))
    chunks = _chunks(cluster.nodes, across)
    return [_table(chunk, label, sections, judged, width) for chunk in chunks]


def _chunks(nodes: Iterable[NodeFacts], across: int) -> list[list[NodeFacts]]:
    """Fill tables with whole groups."""
    chunks: list[list[NodeFacts]] = [[]]
    for _, members in grid.groups(nodes):
        if len(chunks[-1]) + len(members) > across and chunks[-1]:
            chunks.append([])
        for node in members:
            if len(chunks[-1]) == across:
                chunks.append([])
            chunks[-1].append(node)
    return [chunk for chunk in chunks if chunk]


def _table(
    nodes: Sequence[NodeFacts],
    label: Mapping[str, str],
    sections: Sequence[tuple[str, tuple[str, ...]]],
    judged: Judged,
    width: int,
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, _GAP - 1, 0, 0), pad_edge=False, show_edge=False)
    room = width - len(nodes) * (_WIDTH + _GAP)
    table.add_column("", width=max(_SERVICE_COLUMN, min(room, _longest(sections))))
    for node in nodes:
        table.add_column(_folded(label[node.name], "bold"), width=_WIDTH)
    for title, cells in heads(nodes, judged):
        table.add_row(title, *map(_shown, cells))
    for title, services in sections:
        table.add_row(Text(f"─ {title}", style="bold"))
        for service in services:
            shown = [_shown(cell(node, service, judged)) for node in nodes]
            table.add_row(plain(grid.short(service)), *shown)
    return table


def _longest(sections: Iterable[tuple[str, tuple[str, ...]]]) -> int:
    """Return the width that shows every service on one line."""
    return max(
        (len(printable(grid.short(s))) for _, services in sections for s in services),
        default=_SERVICE_COLUMN,
    )


def _shown(told: Cell) -> Text:
    return _folded(told.text, STYLES[told.verdict] if told.verdict else "")


def _folded(text: str, style: str) -> Text:
    """Return text broken where a reader would break a name: at capitals and signs."""
    lines = [""]
    for part in re.findall(r"\(?[^\W_]?[^A-Z\W_]+\)?|[A-Z]+(?![a-z])|.", printable(text)):
        if len(lines[-1]) + len(part) > _WIDTH and lines[-1]:
            lines.append("")
        lines[-1] += part if lines[-1] or part != " " else ""
    return Text("\n".join(line.rstrip() for line in lines), style=style, overflow="fold")
