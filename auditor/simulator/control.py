"""Applies changes to a simulated cluster."""

from collections.abc import Callable

from auditor.simulator.changes import (
    ClusterChange,
    HaChange,
    HaDirection,
    RowChange,
    SequenceChange,
)
from auditor.simulator.cluster import SimulatedCluster
from auditor.simulator.faults import ANY_NODE, FaultPlan, FaultRule
from auditor.simulator.scenario import ScenarioError
from auditor.simulator.sequences import (
    FAILOVER_STATE_PAIRS,
    FALLBACK_STATE_PAIRS,
    SequenceStep,
    next_state_pair,
    sequence_steps,
)
from auditor.simulator.service import NOT_ACTIVATED_CODE

EditRow = Callable[[RowChange], None]


def apply_cluster_change(
    change: ClusterChange, cluster: SimulatedCluster, plan: FaultPlan, edit: EditRow
) -> None:
    """Do a change; raise ScenarioError for a name that the cluster does not have."""
    # First, so that one change can put a fault in place of another.
    for clear in change.clear:
        plan.clear(clear.node, clear.fault)
    _apply_service_changes(change, cluster)
    for ha in change.ha:
        _apply_ha_change(ha, cluster)
    for held in change.sessions:
        cluster.node(held.node).sessions = held.count
    for replicated in change.replication:
        cluster.server(replicated.node).replication = replicated.state
    for certificate in change.certificate:
        cluster.certificate_days[cluster.server(certificate.node).name] = certificate.days
    for row in change.row:
        edit(row)
    for fault in change.fault:
        _check_fault_names(fault, cluster)
        plan.rules.append(fault)


def _apply_service_changes(change: ClusterChange, cluster: SimulatedCluster) -> None:
    now = cluster.clock.now()
    for entry in (*change.activate, *change.start, *change.restart):
        cluster.node(entry.node).service(entry.service).start(now)
    for entry in change.stop:
        cluster.node(entry.node).service(entry.service).stop(entry.reason)
    for entry in change.deactivate:
        cluster.node(entry.node).service(entry.service).stop(NOT_ACTIVATED_CODE)
    for detail in change.service:
        cluster.node(detail.node).service(detail.service).become(detail, now)


def build_sequence(play: SequenceChange, cluster: SimulatedCluster) -> tuple[SequenceStep, ...]:
    """Return the steps of a sequence; raise ScenarioError for a group that is no pair."""
    nodes = list(cluster.members(play.group))
    if len(nodes) != 2:
        raise ScenarioError(f"play: group {play.group} is no pair")
    return sequence_steps(play.sequence, play.group, nodes, play.step_s)


def _check_fault_names(fault: FaultRule, cluster: SimulatedCluster) -> None:
    for name in (fault.node, fault.of):
        if name not in (ANY_NODE, None):
            cluster.server(str(name))


def _apply_ha_change(change: HaChange, cluster: SimulatedCluster) -> None:
    if change.node is not None and change.state is not None:
        cluster.set_ha(cluster.node(change.node), change.state)
        return
    if change.group is None or (change.states is None) == (change.step is None):
        raise ScenarioError("ha: give node and state, or group with states or step")
    nodes = list(cluster.members(change.group))
    states = change.states
    if states is None:
        pairs = (
            FAILOVER_STATE_PAIRS if change.step is HaDirection.FAILOVER else FALLBACK_STATE_PAIRS
        )
        states = next_state_pair(pairs, [node.ha for node in nodes])
    if len(states) != len(nodes):
        raise ScenarioError(f"ha: group {change.group} has {len(nodes)} nodes")
    for node, state in zip(nodes, states, strict=True):
        cluster.set_ha(node, state)
