"""All checks of one node."""

from collections.abc import Iterator

from auditor.failover.axl import check_node_axl
from auditor.failover.judged import JudgedCluster
from auditor.failover.node_checks import CheckState, CheckType, NodeCheck
from auditor.failover.services import check_services
from auditor.models.findings import Verdict
from auditor.models.nodes import NodeFacts


def check_node(judged: JudgedCluster, node: NodeFacts) -> Iterator[NodeCheck]:
    """Yield every check of a node."""
    yield check_node_axl(judged, node)
    yield from check_services(judged, node)
    yield check_group_membership(judged, node)


def check_group_membership(judged: JudgedCluster, node: NodeFacts) -> NodeCheck:
    """Return whether the node belongs to a redundancy group (HA-02)."""
    finding = judged.finding("HA-02", node.name)
    verdict = finding.verdict if finding else Verdict.UNKNOWN
    states = {Verdict.PASS: CheckState.IN_GROUP, Verdict.DRIFT: CheckState.IN_NO_GROUP}
    notes = (finding.because,) if finding and verdict is Verdict.UNKNOWN else ()
    state = states.get(verdict, CheckState.UNKNOWN)
    group = node.redundancy_group or ""
    return NodeCheck(CheckType.MEMBER, node.name, verdict, state, detail=group, notes=notes)
