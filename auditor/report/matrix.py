"""The matrix of a terminal report: nodes across, services down, a mark and a word in each cell."""

from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from auditor import names
from auditor.facts import NodeFacts, Role, RunState, ServiceState
from auditor.findings import ClusterReport, Verdict
from auditor.report.cells import WIDTH, Judged, by_subject, cell, folded, heads
from auditor.report.screen import plain, printable

_SERVICE_COLUMN = 24
_GAP = 2
_MAKER = "Cisco "

_SECTIONS = (
    ("Administration", (names.AXL, names.BULK_PROVISIONING, names.REPORTER)),
    (
        "Presence and sync",
        (
            names.SIP_PROXY,
            names.PRESENCE_ENGINE,
            names.SYNC_AGENT,
            names.ROUTER,
            names.INTERCLUSTER_SYNC,
        ),
    ),
    (
        "Clients and chat",
        (
            names.CONNECTION,
            names.AUTHENTICATION,
            names.WEB_CONNECTION,
            names.DIRECTORY,
            names.TEXT_CONFERENCE,
        ),
    ),
    ("Federation", (names.SIP_FEDERATION, names.XMPP_FEDERATION)),
    ("Compliance and files", (names.MESSAGE_ARCHIVER, names.FILE_TRANSFER)),
)
"""Services that belong together, in the order in which a reader looks for them."""


def tables(cluster: ClusterReport, width: int) -> list[Table]:
    """Return one table, or several where the nodes do not fit side by side.

    The two nodes of a redundancy group stay together.
    """
    judged = by_subject(cluster.findings)
    label = _labels([node.name for node in cluster.nodes])
    sections = _sections(cluster)
    across = max(1, (width - _SERVICE_COLUMN) // (WIDTH + _GAP))
    chunks = _chunks(cluster.nodes, across)
    return [_table(chunk, label, sections, judged, width) for chunk in chunks]


def domain(cluster: ClusterReport) -> str | None:
    """Return the domain that the column heads leave out, None if they show names in full."""
    every = [node.name for node in cluster.nodes]
    label = _labels(every)
    return every[0].partition(".")[2] if every and label[every[0]] != every[0] else None


def _labels(every: Sequence[str]) -> dict[str, str]:
    """Return the column head of each node: its host name if all nodes share one domain."""
    domains = {name.partition(".")[2].lower() for name in every}
    if len(domains) == 1 and not any(name.rpartition(".")[2].isdigit() for name in every):
        return {name: name.partition(".")[0] for name in every}
    return {name: name for name in every}


def _chunks(nodes: Iterable[NodeFacts], across: int) -> list[list[NodeFacts]]:
    """Fill tables with whole groups, publisher's group and publisher first."""
    groups: dict[str, list[NodeFacts]] = {}
    for node in sorted(nodes, key=lambda n: (n.role is not Role.PUBLISHER, n.name.lower())):
        groups.setdefault(node.redundancy_group or "", []).append(node)
    alone = groups.pop("", [])
    chunks: list[list[NodeFacts]] = [[]]
    for members in [*groups.values(), *([node] for node in alone)]:
        if len(chunks[-1]) + len(members) > across and chunks[-1]:
            chunks.append([])
        for node in members:
            if len(chunks[-1]) == across:
                chunks.append([])
            chunks[-1].append(node)
    return [chunk for chunk in chunks if chunk]


def _sections(cluster: ClusterReport) -> list[tuple[str, tuple[str, ...]]]:
    """Return the services to show: those that are judged, and others that do not run."""
    if not any(node.services for node in cluster.nodes):
        return []
    shown = {
        f.service
        for f in cluster.findings
        if f.service
        and (
            f.verdict is not Verdict.NOT_APPLICABLE
            or any(f.service in node.services for node in cluster.nodes)
        )
    }
    placed = {service for _, services in _SECTIONS for service in services}
    others = {
        service.name
        for node in cluster.nodes
        for service in node.services.values()
        if service.name not in shown and _is_down(service)
    }
    sections = [(title, tuple(s for s in services if s in shown)) for title, services in _SECTIONS]
    sections.append(("Judged besides", tuple(sorted(shown - placed))))
    sections.append(("Others not running", tuple(sorted(others))))
    return [(title, services) for title, services in sections if services]


def _is_down(service: ServiceState) -> bool:
    """Tell whether a service that nobody judges is worth a line: it should run and does not."""
    return service.activated is not False and service.state is not RunState.STARTED


def _table(
    nodes: Sequence[NodeFacts],
    label: Mapping[str, str],
    sections: Sequence[tuple[str, tuple[str, ...]]],
    judged: Judged,
    width: int,
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, _GAP - 1, 0, 0), pad_edge=False, show_edge=False)
    room = width - len(nodes) * (WIDTH + _GAP)
    table.add_column("", width=max(_SERVICE_COLUMN, min(room, _longest(sections))))
    for node in nodes:
        table.add_column(folded(label[node.name], "bold"), width=WIDTH)
    for title, cells in heads(nodes, judged):
        table.add_row(title, *cells)
    for title, services in sections:
        table.add_row(Text(f"─ {title}", style="bold"))
        for service in services:
            cells = [cell(node, service, judged) for node in nodes]
            table.add_row(plain(service.removeprefix(_MAKER)), *cells)
    return table


def _longest(sections: Iterable[tuple[str, tuple[str, ...]]]) -> int:
    """Return the width that shows every service on one line."""
    return max(
        (len(printable(s.removeprefix(_MAKER))) for _, services in sections for s in services),
        default=_SERVICE_COLUMN,
    )
