"""The matrix of a report as data: nodes across, services down, a mark and a word in each cell.

Columns are the nodes by redundancy group; rows are attributes of the nodes, then services.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from auditor.models.cluster_report import ClusterReport
from auditor.models.evidence import Origin
from auditor.models.findings import Finding, FindingKind, SubjectKind, Verdict
from auditor.models.forms import Form
from auditor.models.nodes import REPLICATION_STATES, HaState, Identity, NodeFacts, Role, RunState
from auditor.models.releases import version_number
from auditor.report.wording import VERDICT_MARKS

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


class NodeAttribute(StrEnum):
    """A row of the matrix on the nodes themselves, as the terminal names it."""

    ROLE = "role"
    GROUP = "redundancy group"
    HA_STATE = "HA state"
    IDENTITY = "identity"
    VERSION = "version"
    REPLICATION = "replication"

    @property
    def heading(self) -> str:
        """Return the name as it begins a row of the page."""
        return self[0].upper() + self[1:]


@dataclass(frozen=True, slots=True)
class Cell:
    """One word of the matrix with its verdict and mark, neither where nothing is judged.

    `finding` is the one that decided the verdict, None for one that nobody has to look at.
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
) -> list[tuple[NodeAttribute, list[Cell]]]:
    """Return the rows on the nodes themselves.

    Their version is among them where any was read, their replication where it was judged.
    """
    rows = [
        (NodeAttribute.ROLE, [_role_cell(node) for node in nodes]),
        (NodeAttribute.GROUP, [_group_cell(node, index) for node in nodes]),
        (NodeAttribute.HA_STATE, [_node_ha_cell(node, index) for node in nodes]),
        (NodeAttribute.IDENTITY, [_identity_cell(node) for node in nodes]),
    ]
    if any(node.release for node in nodes):
        rows.append((NodeAttribute.VERSION, [_version_cell(node, index) for node in nodes]))
    if any(_find_replication(node, index) for node in nodes):
        rows.append((NodeAttribute.REPLICATION, [_replication_cell(node, index) for node in nodes]))
    return rows


def _verdict_cell(verdict: Verdict, word: str, finding: Finding | None = None) -> Cell:
    # Of a fleet next to all pass, and a page would hold them all at once.
    is_calm = verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE)
    return Cell(word, verdict, VERDICT_MARKS[verdict], None if is_calm else finding)


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
