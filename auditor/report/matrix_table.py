"""The matrix on a terminal: one table, or several where the nodes do not fit side by side."""

import re
from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from auditor.models.facts import NodeFacts
from auditor.models.findings import ClusterReport
from auditor.report.console import safe_text
from auditor.report.matrix import (
    Cell,
    FindingIndex,
    group_nodes,
    index_findings,
    label_nodes,
    node_attribute_rows,
    service_cell,
)
from auditor.report.matrix_services import select_matrix_services, short_service_name
from auditor.report.wording import VERDICT_STYLES
from auditor.text import printable

_CELL_WIDTH = 12
"""Columns of a cell; longer words break where a reader would break them."""

_SERVICE_COLUMN_WIDTH = 24
_COLUMN_GAP = 2


def build_matrix_tables(cluster: ClusterReport, width: int) -> list[Table]:
    """Return one table, or several where the nodes do not fit side by side.

    The two nodes of a redundancy group stay together.
    """
    index = index_findings(cluster.findings)
    label = label_nodes([node.name for node in cluster.nodes])
    sections = select_matrix_services(cluster)
    across = max(1, (width - _SERVICE_COLUMN_WIDTH) // (_CELL_WIDTH + _COLUMN_GAP))
    chunks = _chunk_nodes(cluster.nodes, across)
    return [_build_matrix_table(chunk, label, sections, index, width) for chunk in chunks]


def _chunk_nodes(nodes: Iterable[NodeFacts], across: int) -> list[list[NodeFacts]]:
    """Fill tables with whole groups."""
    chunks: list[list[NodeFacts]] = [[]]
    for _, members in group_nodes(nodes):
        if len(chunks[-1]) + len(members) > across and chunks[-1]:
            chunks.append([])
        # Only a group that is wider than the page is divided.
        for node in members:
            if len(chunks[-1]) == across:
                chunks.append([])
            chunks[-1].append(node)
    return [chunk for chunk in chunks if chunk]


def _build_matrix_table(
    nodes: Sequence[NodeFacts],
    label: Mapping[str, str],
    sections: Sequence[tuple[str, tuple[str, ...]]],
    index: FindingIndex,
    width: int,
) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, padding=(0, _COLUMN_GAP - 1, 0, 0), pad_edge=False, show_edge=False
    )
    room = width - len(nodes) * (_CELL_WIDTH + _COLUMN_GAP)
    table.add_column("", width=max(_SERVICE_COLUMN_WIDTH, min(room, _service_name_width(sections))))
    for node in nodes:
        table.add_column(_fold_cell_text(label[node.name], "bold"), width=_CELL_WIDTH)
    for title, cells in node_attribute_rows(nodes, index):
        table.add_row(title, *map(_render_cell, cells))
    for title, services in sections:
        table.add_row(Text(f"─ {title}", style="bold"))
        for service in services:
            shown = [_render_cell(service_cell(node, service, index)) for node in nodes]
            table.add_row(safe_text(short_service_name(service)), *shown)
    return table


def _service_name_width(sections: Iterable[tuple[str, tuple[str, ...]]]) -> int:
    """Return the width that shows every service on one line."""
    return max(
        (len(printable(short_service_name(s))) for _, services in sections for s in services),
        default=_SERVICE_COLUMN_WIDTH,
    )


def _render_cell(cell: Cell) -> Text:
    return _fold_cell_text(cell.text, VERDICT_STYLES[cell.verdict] if cell.verdict else "")


def _fold_cell_text(text: str, style: str) -> Text:
    """Return text broken where a reader would break a name: at capitals and signs."""
    # rich breaks a word that is too long at any letter, and names of nodes hold no blanks.
    lines = [""]
    for part in re.findall(r"\(?[^\W_]?[^A-Z\W_]+\)?|[A-Z]+(?![a-z])|.", printable(text)):
        if len(lines[-1]) + len(part) > _CELL_WIDTH and lines[-1]:
            lines.append("")
        lines[-1] += part if lines[-1] or part != " " else ""
    return Text("\n".join(line.rstrip() for line in lines), style=style, overflow="fold")
