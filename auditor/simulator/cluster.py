"""The simulated cluster as it stands now: nodes, groups, HA states, and how they change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from auditor.simulator.activation import activated
from auditor.simulator.catalogue import STOPPED_WHEN_IDLE, Kind, services_of
from auditor.simulator.scenario import (
    HA_STATES,
    GroupEntry,
    NodeEntry,
    Scenario,
    ScenarioError,
    release_of,
)
from auditor.simulator.service import NOT_ACTIVATED, REASONS, Clock, Service

IDLE = HA_STATES.index("idle")
TAKING_BACK = HA_STATES.index("taking_back")
_UPTIME_S = 41 * 86400


@dataclass(slots=True)
class Node:
    """One IM&P node. `ha` is the number of its `SRMState`; `position` counts from 0.

    `sessions` are those that it holds now, `home` those of the users that are assigned to it.
    """

    name: str
    position: int
    release: str
    group: str | None
    ha: int
    services: dict[str, Service]
    perfmon: dict[str, dict[str, int]] = field(default_factory=dict)
    corrupted_product_row: bool = False
    home: int = 0
    sessions: int = 0
    replication: int = 2

    @property
    def address(self) -> str:
        """Return the address that the node thinks it has (a documentation range)."""
        return f"198.51.100.{self.position % 250 + 10}"

    def service(self, name: str) -> Service:
        """Return a service by name, case apart; raise ScenarioError if the node has none such."""
        found = self.services.get(name.lower())
        if found is None:
            raise ScenarioError(f"{self.name} has no service '{name}'")
        return found


class Cluster:
    """All nodes and groups of a scenario, as they stand at this moment."""

    def __init__(self, scenario: Scenario, clock: Clock) -> None:
        """Bring a scenario to life."""
        self.scenario = scenario
        self.clock = clock
        self.groups: dict[str, GroupEntry] = {group.name: group for group in scenario.group}
        differing = {entry.name: entry for entry in scenario.node}
        self.nodes: dict[str, Node] = {}
        for position, name in enumerate(scenario.node_names):
            entry = differing.get(name) or NodeEntry(name=name)
            self.nodes[name] = self._node(entry, position)
        for node in self.nodes.values():
            self._follow_ha(node)
        for group in self.groups:
            self._settle_sessions(group)

    @property
    def publisher(self) -> Node:
        """Return the database publisher."""
        return next(iter(self.nodes.values()))

    def node(self, name: str) -> Node:
        """Return a node by name; raise ScenarioError if there is none such."""
        if name not in self.nodes:
            raise ScenarioError(f"no node '{name}'; there are {', '.join(self.nodes)}")
        return self.nodes[name]

    def neighbour(self, name: str) -> Node:
        """Return the node after this one (after the last, the first)."""
        names = list(self.nodes)
        position = names.index(name) if name in names else -1
        return self.nodes[names[(position + 1) % len(names)]]

    def members(self, group: str) -> Iterator[Node]:
        """Yield the nodes of a redundancy group; raise ScenarioError for an unknown group."""
        if group not in self.groups:
            raise ScenarioError(f"no group '{group}'; there are {', '.join(self.groups)}")
        return (self.nodes[name] for name in self.groups[group].nodes)

    def set_ha(self, node: Node, state: int) -> None:
        """Put a node into an HA state; services follow it.

        Idle stops services, a node that takes its users back has them Starting, and any other
        state has them running again.
        """
        node.ha = state
        self._follow_ha(node)

    def _follow_ha(self, node: Node) -> None:
        for service in node.services.values():
            if node.ha == IDLE and service.runs and service.kind.name in STOPPED_WHEN_IDLE:
                service.stop()
                service.stopped_by_idle = True
            elif node.ha == TAKING_BACK and service.stopped_by_idle:
                service.status = "Starting"
            elif node.ha != IDLE and service.stopped_by_idle:
                service.start(self.clock.now())

    def _settle_sessions(self, group: str) -> None:
        """Put the sessions of an idle node's users where a scenario's states say that they are."""
        nodes = list(self.members(group))
        if any(node.ha == IDLE for node in nodes):
            for node in nodes:
                node.sessions = 0 if node.ha == IDLE else sum(n.home for n in nodes)

    def _node(self, entry: NodeEntry, position: int) -> Node:
        release = entry.release or self.scenario.cluster.release
        group = next((g for g in self.groups.values() if entry.name in g.nodes), None)
        wanted = activated(self.scenario)
        node = Node(
            name=entry.name,
            position=position,
            release=release,
            group=group.name if group else None,
            ha=_ha_of(entry.name, group),
            services={
                kind.name.lower(): _service(kind, entry.name, wanted, _booted(position, index))
                for index, kind in enumerate(services_of(release_of(release)))
            },
            perfmon={name: dict(counters) for name, counters in entry.perfmon.items()},
            corrupted_product_row=entry.corrupted_product_row,
            home=entry.sessions,
            sessions=entry.sessions,
            replication=entry.replication,
        )
        _differ(node, entry, self.clock)
        return node


def _booted(position: int, index: int) -> float:
    """Return a start on the clock that no two nodes share."""
    return -_UPTIME_S - position * 5400 + index * 2


def _ha_of(name: str, group: GroupEntry | None) -> int:
    if group is None or len(group.nodes) == 1 or not group.ha_enabled:
        return HA_STATES.index("unknown")
    if group.ha is None:
        return HA_STATES.index("normal")
    return group.ha[group.nodes.index(name)]


def _service(
    kind: Kind, node: str, wanted: Mapping[str, frozenset[str]], started: float
) -> Service:
    service = Service(kind, "Started", -1, REASONS[-1], started, active_in_axl=True)
    if kind.deployable and node not in wanted[kind.name]:
        service.stop(NOT_ACTIVATED)
    return service


def _differ(node: Node, entry: NodeEntry, clock: Clock) -> None:
    """Make the node differ in what the scenario says of it."""
    for name in entry.activated:
        node.service(name).start(_booted(node.position, len(node.services)))
    for name in entry.not_activated:
        node.service(name).stop(NOT_ACTIVATED)
    for name in entry.stopped:
        node.service(name).stop()
    for status, names in (("Starting", entry.starting), ("Stopping", entry.stopping)):
        for name in names:
            node.service(name).status = status
    for name, changed in entry.service.items():
        node.service(name).become(changed, clock.now())
    for name in entry.missing:
        del node.services[node.service(name).kind.name.lower()]
