"""Failover checks in words: HA states, failures of sources, checks of nodes, missing groups.

A clause can be part of a sentence; a text is one or more whole sentences.
Source of the HA states: IM&P configuration guide 15, chapter on high availability.
"""

from collections.abc import Iterable, Iterator, Sequence

from auditor.errors import Reason
from auditor.failover.failures import SourceFailure
from auditor.failover.group_check import GroupCheck, NodeStatus
from auditor.failover.model import ClusterCheck, Peering
from auditor.failover.node_checks import CheckState, CheckType, Doubt, NodeCheck
from auditor.failure_reasons import reason_text
from auditor.failures import failure_cause
from auditor.models.findings import Verdict
from auditor.models.nodes import HaState
from auditor.models.statements import Statement
from auditor.report.notices import recorded_topology_notice, stand_in_notice
from auditor.report.sentences import render_clause, render_sentence
from auditor.text import join_names

HA_STATE_LABELS = {
    None: "unreadable",
    HaState.UNKNOWN: "unknown",
    HaState.INITIALIZING: "initializing",
    HaState.IDLE: "idle",
    HaState.NORMAL: "normal",
    HaState.BACKUP: "running in backup mode",
    HaState.TAKING_OVER: "taking over",
    HaState.TAKING_BACK: "taking back",
    HaState.FAILING_OVER: "failing over",
    HaState.FAILED_OVER: "failed over",
    HaState.FAILED_OVER_SERVICES_DOWN: "failed over with critical services down",
    HaState.FALLING_BACK: "falling back",
    HaState.FAILED: "running in failed mode",
    HaState.DOWN: "down",
}
"""Each HA state as Cisco's pages call it; None is a state that could not be read."""


def node_state_clause(node: NodeStatus) -> str:
    """Return the state of a node as a clause, or why it is unknown."""
    if node.state is not None:
        return f"{node.name} is {HA_STATE_LABELS[node.state]}"
    if node.failure is None:
        return f"{node.name} does not return its state"
    # Whether a certificate expired or is not pinned decides what to do.
    if node.failure.reason is Reason.TLS:
        return failure_clause(node.failure)
    return reason_text(node.failure.reason).cause.format(server=node.name)


def pair_states_clause(group: GroupCheck) -> str:
    """Return the states of a group's nodes as a clause."""
    return join_names(node_state_clause(node) for node in group.nodes)


def failure_clause(failure: SourceFailure) -> str:
    """Return why a source of a server gave nothing, as a clause."""
    return failure_cause(failure.failure, with_digest=False)


def node_check_label(check: NodeCheck) -> str:
    """Return one or two words for a cell of the table; capitals mean drift."""
    state = CheckState.UNKNOWN if check.state is CheckState.UNREAD else check.state
    match check.verdict:
        case Verdict.DRIFT:
            return state.upper()
        case Verdict.EXPLAINED:
            return "stopped by HA"
    return str(state)


def node_check_clause(check: NodeCheck) -> str:
    """Return what a check found, as a clause."""
    clause = _state_clause(check)
    return f"{clause}, {doubt}" if (doubt := _doubt_clause(check)) else clause


def node_check_text(check: NodeCheck) -> str:
    """Return what a check found as whole sentences."""
    clause = node_check_clause(check)
    # A clause on membership begins with the name of the node, which keeps its case.
    sentence = f"{clause}." if check.type is CheckType.MEMBER else as_sentence(clause)
    return " ".join((sentence, *note_texts(check)))


def note_texts(check: NodeCheck) -> list[str]:
    """Return the notes of a check as sentences."""
    return [render_sentence(n) if isinstance(n, Statement) else n for n in check.notes]


def as_sentence(clause: str) -> str:
    """Return a clause as a sentence of its own."""
    return f"{clause[:1].upper()}{clause[1:]}."


def _state_clause(check: NodeCheck) -> str:
    node, service = check.node, check.service
    if check.state is CheckState.UNREAD:
        return f"the services of {node} are not known"
    if check.type is CheckType.MEMBER:
        return {
            CheckState.IN_GROUP: f"{node} is in {check.detail}",
            CheckState.IN_NO_GROUP: f"{node} is in no redundancy group",
        }.get(check.state, f"{node} may be in no redundancy group")
    reason = f" ({check.detail})" if check.detail else ""
    match check.state:
        case CheckState.RUNS:
            return f"{service} is started on {node}"
        case CheckState.RESTARTING:
            return f"{service} on {node} keeps restarting"
        case CheckState.ANSWERS:
            return f"AXL answers on {node}"
        case CheckState.ANSWERS_WITH_FAULT:
            return f"AXL runs and cannot reach its database on {node}"
        case CheckState.NO_ANSWER:
            return f"AXL runs and does not answer on {node}"
        case CheckState.UNKNOWN if check.type is CheckType.AXL:
            return f"it is not known whether AXL answers on {node}"
        case CheckState.UNKNOWN:
            return f"the state of {service} on {node} is not known{reason}"
    return f"{service} is {check.state} on {node}{reason}"


def _doubt_clause(check: NodeCheck) -> str:
    match check.doubt:
        case Doubt.ACTIVATION:
            return "and it is not known whether it is activated"
        case Doubt.IDLE_NODE:
            return "perhaps by high availability, which does so on an idle node"
        case Doubt.OPTIONAL:
            return "and it is optional on this node"
        case Doubt.REQUIREMENT:
            return "and it is not known whether it must run"
    return f"because {render_clause(check.missing)}" if check.missing else ""


def missing_groups_clause(cluster: ClusterCheck) -> str:
    """Return which redundancy groups of a cluster are not known, as a clause."""
    if cluster.groups:
        names = join_names(cluster.possible_groups)
        return f"it is not known whether {cluster.name} has {names} (--group)"
    if cluster.failures:
        return f"the redundancy groups of {cluster.name} are not known"
    return f"no redundancy group of {cluster.name} is known"


def origin_texts(cluster: ClusterCheck) -> Iterator[str]:
    """Yield from when and from which server the nodes and groups of a cluster are, if notable."""
    if cluster.topology_recorded_at is not None:
        yield recorded_topology_notice(cluster.name, cluster.topology_recorded_at)
    if cluster.cucm_stand_in is not None:
        reasons = (entry.detail for entry in cluster.unreached_cucm)
        yield " ".join((stand_in_notice(cluster.cucm_stand_in), *reasons))


def missing_groups_text(cluster: ClusterCheck) -> str:
    """Return which redundancy groups are not known, and why, as whole sentences."""
    why = [failure.text for failure in cluster.failures[:1]]
    return " ".join((as_sentence(missing_groups_clause(cluster)), *why))


def unchecked_peers_texts(names: Sequence[str]) -> list[str]:
    """Return what to do to check the peerings with clusters that were left out, if there are."""
    if not names:
        return []
    one = len(names) == 1
    clusters = f"{'Cluster' if one else 'Clusters'} {join_names(names)} of the file"
    verbs = "has peers here too and was" if one else "have peers here too and were"
    advice = "To check AXL in both directions, leave out the names of clusters."
    return [f"{clusters} {verbs} not checked. {advice}"]


def distinct_checks(checks: Iterable[NodeCheck]) -> Iterable[NodeCheck]:
    """Return each text once: an unread node has the same one for every service."""
    return {node_check_text(check): check for check in checks}.values()


def peering_text(peering: Peering) -> str:
    """Return what AXL of each node of a peering answered."""
    nodes = ", ".join(f"{check.node} {node_check_label(check)}" for check in peering.checks)
    return nodes or "is required on no known node"
