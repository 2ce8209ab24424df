"""What a change stops on the way, and which groups would fail over because of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.change.advice import connects_users, load_activation_advice
from auditor.change.what_if import RequestedChange, find_changed_node
from auditor.models.facts import ClusterFacts, Group
from auditor.models.nodes import RunState
from auditor.recommendations.critical_services import needs_ha_off
from auditor.service_names import START_ORDER


@dataclass(frozen=True, slots=True)
class ServiceStop:
    """A service that the change stops on a node, for good or for a moment.

    `is_requested` False: the restart only follows, from the activation of another service.
    """

    node: str
    service: str
    is_requested: bool


def find_stops(facts: ClusterFacts, changes: Sequence[RequestedChange]) -> tuple[ServiceStop, ...]:
    """Return what the change stops: requested first, then the restarts that follow."""
    requested = [
        ServiceStop(change.node, change.service, is_requested=True)
        for change in changes
        if not change.activates and not _is_stopped(facts, change)
    ]
    requested_services = {(stop.node, stop.service) for stop in requested}
    implied = dict.fromkeys(
        ServiceStop(node, service, is_requested=False)
        for change in changes
        if change.activates
        for node, service in _following_restarts(facts, change)
        if (node, service) not in requested_services
    )
    return (*requested, *implied)


def find_connection_stops(stops: Sequence[ServiceStop]) -> tuple[ServiceStop, ...]:
    """Return the stops that disconnect users; a restart that follows a first start does not."""
    return tuple(stop for stop in stops if stop.is_requested and connects_users(stop.service))


def find_ordered_starts(
    facts: ClusterFacts, changes: Sequence[RequestedChange]
) -> tuple[ServiceStop, ...]:
    """Return the restarts that only start a service which others wait for.

    They stop nothing; but Cisco turns high availability off before it starts services in order (TAC
    document 217304).
    """
    return tuple(
        ServiceStop(change.node, change.service, is_requested=True)
        for change in changes
        if change.restarts
        and change.service in START_ORDER
        and needs_ha_off(facts, change.service)
        and _is_stopped(facts, change)
    )


def _is_stopped(facts: ClusterFacts, change: RequestedChange) -> bool:
    state = find_changed_node(facts, change).services.get(change.service)
    return state is not None and state.state is RunState.STOPPED


def _following_restarts(facts: ClusterFacts, change: RequestedChange) -> Iterator[tuple[str, str]]:
    advice = load_activation_advice().get(change.service)
    for service in advice.restart_everywhere if advice else ():
        yield from ((node.name, service) for node in facts.installed_nodes)
    for service in advice.restart_here if advice else ():
        yield change.node, service


def groups_to_switch_off(facts: ClusterFacts, stops: Sequence[ServiceStop]) -> tuple[Group, ...]:
    """Return the groups whose high availability must go off first: on now, or not known."""
    nodes = {stop.node for stop in stops if needs_ha_off(facts, stop.service)}
    names = {node.redundancy_group for node in facts.nodes if node.name in nodes}
    return tuple(
        group
        for group in facts.groups
        if group.name in names and not is_ha_off(group) and _is_pair(facts, group)
    )


def nodes_of_unknown_group(facts: ClusterFacts, stops: Sequence[ServiceStop]) -> tuple[str, ...]:
    """Return the nodes on which a stop may start a failover of a group that could not be read."""
    nodes = {stop.node for stop in stops if needs_ha_off(facts, stop.service)}
    groups = {group.name for group in facts.groups}
    return tuple(
        node.name
        for node in facts.nodes
        if node.name in nodes
        and (not node.group_known or node.redundancy_group not in (None, *groups))
    )


def is_ha_off(group: Group) -> bool:
    """Return whether high availability is off; that it was only discovered is no proof."""
    return group.ha_enabled is False and not group.switch_discovered


def _is_pair(facts: ClusterFacts, group: Group) -> bool:
    """Return whether a group may have a partner to fail over to."""
    planned = {node.name.casefold() for node in facts.nodes if node.planned}
    installed = [name for name in group.nodes if name.casefold() not in planned]
    return len(installed) > 1 or not facts.topology_observed
