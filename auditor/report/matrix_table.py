"""The matrix on a terminal: one table, or several where the nodes do not fit side by side."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from rich.table import Table
from rich.text import Text

from auditor.models.cluster_report import ClusterReport
from auditor.models.nodes import NodeFacts
from auditor.report.columns import COLUMN_GAP, plain_table
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
"""Columns of a node, unless a word needs more."""

_SERVICE_COLUMN_WIDTH = 20

_Sections: TypeAlias = Sequence[tuple[str, tuple[str, ...]]]
"""Titles, and the services below them."""


def build_matrix_tables(cluster: ClusterReport, width: int) -> list[Table]:
    """Return one table, or several where the nodes do not fit side by side.

    The two nodes of a redundancy group stay together.
    """
    index = index_findings(cluster.findings)
    label = label_nodes([node.name for node in cluster.nodes])
    sections = select_matrix_services(cluster)
    widths = {
        node.name: _node_width(node, label[node.name], sections, index) for node in cluster.nodes
    }
    chunks = _chunk_nodes(cluster.nodes, widths, width - _SERVICE_COLUMN_WIDTH)
    return [_build_matrix_table(chunk, label, sections, index, widths, width) for chunk in chunks]


def _node_width(node: NodeFacts, label: str, sections: _Sections, index: FindingIndex) -> int:
    """Return the width of a node's column: that of its longest word, which is never broken."""
    cells = [cell for _, (cell,) in node_attribute_rows([node], index)]
    cells += [service_cell(node, service, index) for _, names in sections for service in names]
    words = (word for text in (label, *(cell.text for cell in cells)) for word in text.split())
    return max(_CELL_WIDTH, *(len(printable(word)) for word in words))


def _chunk_nodes(
    nodes: Iterable[NodeFacts], widths: Mapping[str, int], room: int
) -> list[list[NodeFacts]]:
    """Fill tables with whole groups."""

    def fits(columns: Sequence[NodeFacts]) -> bool:
        return sum(widths[node.name] + COLUMN_GAP for node in columns) <= room

    chunks: list[list[NodeFacts]] = [[]]
    for _, members in group_nodes(nodes):
        if not fits([*chunks[-1], *members]) and chunks[-1]:
            chunks.append([])
        # Only a group that is wider than the page is divided.
        for node in members:
            if not fits([*chunks[-1], node]) and chunks[-1]:
                chunks.append([])
            chunks[-1].append(node)
    return [chunk for chunk in chunks if chunk]


def _build_matrix_table(
    nodes: Sequence[NodeFacts],
    label: Mapping[str, str],
    sections: _Sections,
    index: FindingIndex,
    node_widths: Mapping[str, int],
    width: int,
) -> Table:
    table = plain_table()
    room = width - sum(node_widths[node.name] + COLUMN_GAP for node in nodes)
    table.add_column("", width=max(_SERVICE_COLUMN_WIDTH, min(room, _service_name_width(sections))))
    for node in nodes:
        table.add_column(safe_text(label[node.name], "bold"), width=node_widths[node.name])
    for attribute, cells in node_attribute_rows(nodes, index):
        table.add_row(attribute, *map(_render_cell, cells))
    for title, services in sections:
        table.add_row(Text(f"─ {title}", style="bold"))
        for service in services:
            shown = [_render_cell(service_cell(node, service, index)) for node in nodes]
            table.add_row(safe_text(short_service_name(service)), *shown)
    return table


def _service_name_width(sections: _Sections) -> int:
    """Return the width that shows every service on one line."""
    return max(
        (len(printable(short_service_name(s))) for _, services in sections for s in services),
        default=_SERVICE_COLUMN_WIDTH,
    )


def _render_cell(cell: Cell) -> Text:
    return safe_text(cell.text, VERDICT_STYLES[cell.verdict] if cell.verdict else "")
