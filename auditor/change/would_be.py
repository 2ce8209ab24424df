"""The facts of a cluster as a change would make them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from auditor.cluster import ClusterFacts
from auditor.collect.rows import NOT_ACTIVATED
from auditor.facts import NodeFacts, RunState, ServiceState


@dataclass(frozen=True, slots=True)
class Change:
    """One service on one node that is to be activated and started, or deactivated."""

    node: str
    service: str
    activate: bool


def node_of(facts: ClusterFacts, change: Change) -> NodeFacts:
    """Return the node of a change, which must be one of the cluster."""
    return next(node for node in facts.nodes if node.name == change.node)


def would_be(facts: ClusterFacts, changes: Sequence[Change], *, started: bool) -> ClusterFacts:
    """Return the facts after the changes; `started` False: activated, but not running yet."""
    nodes = tuple(_node(node, changes, started=started) for node in facts.nodes)
    return replace(facts, nodes=nodes)


def _node(node: NodeFacts, changes: Sequence[Change], *, started: bool) -> NodeFacts:
    services = dict(node.services)
    for change in changes:
        if change.node == node.name and services:
            services[change.service] = _service(change, started=started)
    return replace(node, services=services)


def _service(change: Change, *, started: bool) -> ServiceState:
    if not change.activate:
        return ServiceState(
            change.service,
            deployable=True,
            activated=False,
            state=RunState.STOPPED,
            reason_code=NOT_ACTIVATED,
        )
    state = RunState.STARTED if started else RunState.STOPPED
    return ServiceState(change.service, deployable=True, activated=True, state=state)
