"""The matrix of a report: nodes across, services down, a mark and a word in each cell.

Columns are the nodes by redundancy group; rows are attributes of the nodes, then services.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table
from rich.text import Text

from auditor import service_names
from auditor.models.facts import (
    REPLICATION_STATES,
    HaState,
    Identity,
    NodeFacts,
    Origin,
    Role,
    RunState,
    ServiceState,
)
from auditor.models.findings import ClusterReport, Finding, FindingKind, SubjectKind, Verdict
from auditor.models.releases import version_number
from auditor.models.statements import Form
from auditor.report.console import safe_text
from auditor.report.wording import VERDICT_MARKS, VERDICT_STYLES
from auditor.text import printable

_DRIFT_KIND_WORDS = {
    FindingKind.MISPLACED: "misplaced",
    FindingKind.UNNEEDED: "unneeded",
    FindingKind.UNSTABLE: "unstable",
    FindingKind.NOT_ANSWERING: "no answer",
    FindingKind.PROFILE_CONFLICT: "conflict",
}
"""Where the state of the service does not say what is wrong with it."""

PAIR_ROW = "HA-01"
"""The recommendation whose verdict the HA states of a pair have in the matrix."""

REPLICATION_ROW = "REPL-01"
"""The recommendation whose verdict the replication of a node has in the matrix."""

_VERSION_ROWS = frozenset({"REL-01", "REL-02"})
"""The recommendations on whether the nodes of a group, and of a cluster, run one version."""

_IDENTITY_VERDICTS = {
    Identity.CERTIFICATE: (Verdict.PASS, "proven"),
    Identity.UNPROVEN: (Verdict.UNKNOWN, "unproven"),
    Identity.CONTRADICTED: (Verdict.DRIFT, "wrong node"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One word of the matrix with its verdict and mark, neither where nothing is judged.

    `finding` is the one that decided the verdict.
    """

    word: str
    verdict: Verdict | None = None
    mark: str = ""
    finding: Finding | None = None

    @property
    def text(self) -> str:
        """Return mark and word; no reader needs a colour."""
        return f"{self.mark} {self.plain}" if self.mark else self.plain

    @property
    def plain(self) -> str:
        """Return the word alone, drift in capitals."""
        return self.word.upper() if self.verdict is Verdict.DRIFT else self.word


@dataclass(frozen=True, slots=True)
class FindingIndex:
    """A cluster's findings by what they are about, names in lower case.

    Those in `of_cluster` are about all of its nodes.
    """

    by_service: dict[tuple[str, str], list[Finding]]
    by_group: dict[str, list[Finding]]
    by_node: dict[str, list[Finding]]
    of_cluster: list[Finding]


def index_findings(findings: Iterable[Finding]) -> FindingIndex:
    """Return the findings on nodes, groups and cluster, ready to be looked up cell by cell."""
    index = FindingIndex({}, {}, {}, [])
    for finding in findings:
        name = finding.subject.name.lower()
        if finding.subject.kind is SubjectKind.GROUP:
            index.by_group.setdefault(name, []).append(finding)
        elif finding.subject.kind is SubjectKind.NODE:
            index.by_node.setdefault(name, []).append(finding)
            if finding.service:
                index.by_service.setdefault((name, finding.service), []).append(finding)
        elif finding.subject.kind is SubjectKind.CLUSTER:
            index.of_cluster.append(finding)
    return index


def node_attribute_rows(
    nodes: Sequence[NodeFacts], index: FindingIndex
) -> list[tuple[str, list[Cell]]]:
    """Return the rows on the nodes themselves.

    Their version is among them where any was read, their replication where it was judged.
    """
    rows = [
        ("role", [_role_cell(node) for node in nodes]),
        ("redundancy group", [_group_cell(node, index) for node in nodes]),
        ("HA state", [_node_ha_cell(node, index) for node in nodes]),
        ("identity", [_identity_cell(node) for node in nodes]),
    ]
    if any(node.release for node in nodes):
        rows.append(("version", [_version_cell(node, index) for node in nodes]))
    if any(_find_replication(node, index) for node in nodes):
        rows.append(("replication", [_replication_cell(node, index) for node in nodes]))
    return rows


def _verdict_cell(verdict: Verdict, word: str, finding: Finding | None = None) -> Cell:
    return Cell(word, verdict, VERDICT_MARKS[verdict], finding)


def _version_cell(node: NodeFacts, index: FindingIndex) -> Cell:
    if node.planned:
        return Cell("-")
    if node.release is None:
        return _verdict_cell(Verdict.UNKNOWN, "not read")
    verdict, finding = _gravest_verdict(_find_version_differences(node, index))
    version = version_number(node.release)
    return _verdict_cell(verdict, version, finding) if finding else Cell(version)


def _find_version_differences(node: NodeFacts, index: FindingIndex) -> list[Finding]:
    """Return what was found of versions that differ; that they agree needs no mark."""
    of_groups = [f for findings in index.by_group.values() for f in findings]
    of_cluster = index.of_cluster
    # The finding of a group shows which nodes differ, and that of the cluster would mark them all.
    if any(f.recommendation in _VERSION_ROWS and f.verdict is Verdict.DRIFT for f in of_groups):
        of_cluster = []
    of_group = index.by_group.get((node.redundancy_group or "").lower(), ())
    return [f for f in (*of_group, *of_cluster) if f.recommendation in _VERSION_ROWS and f.kind]


def _find_replication(node: NodeFacts, index: FindingIndex) -> Finding | None:
    findings = index.by_node.get(node.name.lower(), ())
    return next((f for f in findings if f.recommendation == REPLICATION_ROW), None)


def _replication_cell(node: NodeFacts, index: FindingIndex) -> Cell:
    finding = _find_replication(node, index)
    if finding is None or finding.verdict is Verdict.NOT_APPLICABLE:
        return Cell("-")
    meaning = "not read" if node.replication is None else REPLICATION_STATES[node.replication]
    return _verdict_cell(finding.verdict, meaning, finding)


def _role_cell(node: NodeFacts) -> Cell:
    if node.role is Role.UNKNOWN:
        return _verdict_cell(Verdict.UNKNOWN, "unknown")
    is_discovered = node.role_origin is Origin.DISCOVERED
    return Cell(f"{node.role} (discovered)" if is_discovered else node.role)


def _group_cell(node: NodeFacts, index: FindingIndex) -> Cell:
    findings = index.by_node.get(node.name.lower(), ())
    alone = next((f for f in findings if f.kind is FindingKind.NOT_GROUPED), None)
    if alone:
        return _verdict_cell(Verdict.DRIFT, "none", alone)
    if node.redundancy_group is not None:
        return Cell(node.redundancy_group)
    return Cell("none") if node.group_known else _verdict_cell(Verdict.UNKNOWN, "unknown")


def _node_ha_cell(node: NodeFacts, index: FindingIndex) -> Cell:
    if node.ha_state is None:
        return Cell("-") if node.planned else _verdict_cell(Verdict.UNKNOWN, "not read")
    word = str(node.ha_state.state).replace("_", " ")
    if node.ha_state.origin is not Origin.OBSERVED:
        word += " (inferred)"
    of_group = index.by_group.get((node.redundancy_group or "").lower(), ())
    verdict, finding = _gravest_verdict(f for f in of_group if f.recommendation == PAIR_ROW)
    # Nodes report state 0, unknown, while high availability is off. "Unknown" would then hide that
    # the switch was read.
    unread = node.ha_state.state is HaState.UNKNOWN
    if finding and _is_ha_switched_off(finding) and (unread or verdict is Verdict.DRIFT):
        word = "HA off"
    elif verdict is Verdict.DRIFT and unread:
        word = "abnormal"  # the pair is judged as a whole, so "unknown" in capitals would mislead
    return _verdict_cell(verdict, word, finding)


def _is_ha_switched_off(finding: Finding) -> bool:
    return any(piece.statement.form is Form.HA_SWITCH_OFF for piece in finding.evidence)


def _identity_cell(node: NodeFacts) -> Cell:
    if node.planned:
        return Cell("-")
    return _verdict_cell(*_IDENTITY_VERDICTS[node.identity])


def _gravest_verdict(findings: Iterable[Finding]) -> tuple[Verdict, Finding | None]:
    # Reversed, so that of several findings with one verdict the first is kept.
    first = {finding.verdict: finding for finding in reversed(tuple(findings))}
    verdict = min(first, key=lambda verdict: verdict.rank, default=Verdict.NOT_APPLICABLE)
    return verdict, first.get(verdict)


def service_cell(node: NodeFacts, service: str, index: FindingIndex) -> Cell:
    """Return the gravest verdict on a service, and its state as a word."""
    findings = index.by_service.get((node.name.lower(), service), [])
    verdict, finding = _gravest_verdict(findings)
    word = _service_state_word(node, service)
    if verdict is Verdict.DRIFT:
        kinds = [f.kind for f in findings if f.verdict is Verdict.DRIFT and f.kind]
        word = next((_DRIFT_KIND_WORDS[k] for k in kinds if k in _DRIFT_KIND_WORDS), word)
    if verdict is Verdict.UNKNOWN and word in (RunState.STARTING, RunState.STOPPING):
        # A mark of its own: this service is to be waited for, and was not unreadable.
        return Cell(word, verdict, "…", finding)
    return _verdict_cell(verdict, word, finding)


def _service_state_word(node: NodeFacts, service: str) -> str:
    """Return the state of a service in one or two words."""
    if node.planned:
        return "planned"
    if not node.services:
        return "not read"
    state = node.services.get(service)
    if state is None:
        # Control Center may leave out a row, which does not mean that the service is off.
        return "no row"
    # "Off" only for a stopped service: one that runs and is reported as not activated contradicts
    # itself, and the cell has to show that it runs.
    if state.activated is False and state.state is RunState.STOPPED:
        return "off"
    return "running" if state.state is RunState.STARTED else str(state.state)


_SERVICE_SECTIONS = (
    (
        "Administration",
        (
            service_names.AXL_WEB_SERVICE,
            service_names.BULK_PROVISIONING,
            service_names.SERVICEABILITY_REPORTER,
        ),
    ),
    (
        "Network services",
        (
            service_names.DATABASE,
            service_names.DATABASE_REPLICATOR,
            service_names.DATA_MONITOR,
            service_names.SERVER_RECOVERY_MANAGER,
            service_names.ROUTE_DATASTORE,
            service_names.LOGIN_DATASTORE,
            service_names.SIP_REGISTRATION_DATASTORE,
            service_names.PRESENCE_DATASTORE,
            service_names.XCP_CONFIG_MANAGER,
            service_names.XCP_ROUTER,
            service_names.OAM_AGENT,
            service_names.CLIENT_PROFILE_AGENT,
            service_names.INTERCLUSTER_SYNC_AGENT,
            service_names.CONFIG_AGENT,
            service_names.SYNC_AGENT,
        ),
    ),
    ("Presence", (service_names.SIP_PROXY_SERVICE, service_names.PRESENCE_ENGINE_SERVICE)),
    (
        "Clients and chat",
        (
            service_names.CONNECTION_MANAGER,
            service_names.AUTHENTICATION_SERVICE,
            service_names.WEB_CONNECTION_MANAGER,
            service_names.DIRECTORY_SERVICE,
            service_names.TEXT_CONFERENCE_MANAGER,
        ),
    ),
    ("Federation", (service_names.SIP_FEDERATION_MANAGER, service_names.XMPP_FEDERATION_MANAGER)),
    ("Compliance and files", (service_names.MESSAGE_ARCHIVER, service_names.FILE_TRANSFER_MANAGER)),
)
"""Services that belong together, in the order in which a reader looks for them.

The network services are in Cisco's start order.
"""


def group_nodes(nodes: Iterable[NodeFacts]) -> list[tuple[str | None, list[NodeFacts]]]:
    """Return the nodes by redundancy group, publisher's group and publisher first.

    Nodes without a group come last, each alone under None.
    """
    groups: dict[str, list[NodeFacts]] = {}
    for node in sorted(nodes, key=lambda n: (n.role is not Role.PUBLISHER, n.name.lower())):
        groups.setdefault(node.redundancy_group or "", []).append(node)
    alone = groups.pop("", [])
    return [*groups.items(), *((None, [node]) for node in alone)]


def shared_domain(cluster: ClusterReport) -> str | None:
    """Return the domain that the column heads leave out, None if they show names in full."""
    every = [node.name for node in cluster.nodes]
    label = label_nodes(every)
    return every[0].partition(".")[2] if every and label[every[0]] != every[0] else None


def label_nodes(every: Sequence[str]) -> dict[str, str]:
    """Return the column head of each node: its host name if all nodes share one domain."""
    domains = {name.partition(".")[2].lower() for name in every}
    # The dots of an IP address separate no domain.
    if len(domains) == 1 and not any(name.rpartition(".")[2].isdigit() for name in every):
        return {name: name.partition(".")[0] for name in every}
    return {name: name for name in every}


def select_matrix_services(cluster: ClusterReport) -> list[tuple[str, tuple[str, ...]]]:
    """Return the services to show: those that are judged, and others that do not run."""
    if not any(node.services for node in cluster.nodes):
        return []
    # A service that no node lists and that is nowhere applicable would be a row without a word.
    shown = {
        f.service
        for f in cluster.findings
        if f.service
        and (
            f.verdict is not Verdict.NOT_APPLICABLE
            or any(f.service in node.services for node in cluster.nodes)
        )
    }
    placed = {service for _, services in _SERVICE_SECTIONS for service in services}
    others = {
        service.name
        for node in cluster.nodes
        for service in node.services.values()
        if service.name not in shown and _is_service_down(service)
    }
    sections = [
        (title, tuple(s for s in services if s in shown)) for title, services in _SERVICE_SECTIONS
    ]
    sections.append(("Also judged", tuple(sorted(shown - placed))))
    sections.append(("Others not running", tuple(sorted(others))))
    return [(title, services) for title, services in sections if services]


def _is_service_down(service: ServiceState) -> bool:
    """Return whether a service that is not judged is worth a line: it should run and does not."""
    return service.activated is not False and service.state is not RunState.STARTED


def short_service_name(service: str) -> str:
    """Return the name of a service without its maker's."""
    return service.removeprefix("Cisco ")


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
