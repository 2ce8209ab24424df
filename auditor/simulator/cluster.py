"""The simulated cluster at this moment: nodes, groups, HA states, and how they change.

Which feature services a compliant cluster has activated where, given what it is used for.

This is the simulator's own reading of Cisco's table and guides, written apart from the
recommendations, so that the two can disagree and a test can notice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from auditor.simulator import catalogue
from auditor.simulator.scenario import (
    HA_STATES,
    USUAL_REPLICATION,
    CucmEntry,
    FeatureNodes,
    GroupEntry,
    NodeEntry,
    Scenario,
    ScenarioDeployment,
    ScenarioError,
    parse_release_text,
)
from auditor.simulator.service import (
    NOT_ACTIVATED_CODE,
    REASON_CODE_TEXTS,
    SimulatedService,
    SimulatorClock,
)


def activation_by_service(scenario: Scenario) -> Mapping[str, frozenset[str]]:
    """Return the nodes that have each feature service activated, by service name."""
    use = scenario.deployment
    every = frozenset(scenario.node_names)
    publisher = frozenset(scenario.node_names[:1])
    full = every - set(use.routing_nodes)
    return {
        catalogue.AXL_SERVICE: every,
        catalogue.BULK_SERVICE: publisher if use.bulk_administration else frozenset(),
        catalogue.REPORTER_SERVICE: publisher,
        catalogue.SIP_PROXY_SERVICE: every,
        catalogue.PRESENCE_ENGINE_SERVICE: full,
        catalogue.CHAT_SERVICE: full if use.permanent_chat else _select_nodes(use.chat, full),
        catalogue.WEB_SERVICE: _select_nodes(use.web_clients, full),
        catalogue.XMPP_SERVICE: full,
        catalogue.AUTHENTICATION_SERVICE: full,
        catalogue.DIRECTORY_SERVICE: _select_nodes(use.third_party_ldap_search, full),
        catalogue.SIP_FEDERATION_SERVICE: _sip_federation_nodes(scenario, full),
        catalogue.XMPP_FEDERATION_SERVICE: _xmpp_federation_nodes(use, full),
        catalogue.ARCHIVER_SERVICE: _select_nodes(use.compliance, full),
        catalogue.FILE_TRANSFER_SERVICE: _select_nodes(use.managed_file_transfer, full),
    }


def _select_nodes(where: FeatureNodes, nodes: frozenset[str]) -> frozenset[str]:
    if isinstance(where, bool):
        return nodes if where else frozenset()
    return nodes & set(where)


def _sip_federation_nodes(scenario: Scenario, nodes: frozenset[str]) -> frozenset[str]:
    use = scenario.deployment
    old_peer = use.intercluster_cup86 and parse_release_text(scenario.cluster.release)[0] == 9
    if use.partitioned_intradomain_federation or old_peer:
        return nodes
    return _select_nodes(use.sip_federation, nodes)


def _xmpp_federation_nodes(use: ScenarioDeployment, nodes: frozenset[str]) -> frozenset[str]:
    if use.xmpp_federation == "expressway":
        return frozenset()
    return _select_nodes(use.xmpp_federation, nodes)


HA_IDLE = HA_STATES.index("idle")
HA_TAKING_BACK = HA_STATES.index("taking_back")
# Long enough that no service looks as if it had just restarted.
_UPTIME_S = 41 * 86400


@dataclass(slots=True)
class SimulatedNode:
    """One IM&P node. `ha` is the number of its `SRMState`; `position` counts from 0.

    `sessions` are those that it holds now, `home` those of the users that are assigned to it.
    """

    name: str
    position: int
    release: str
    group: str | None
    ha: int
    services: dict[str, SimulatedService]
    perfmon: dict[str, dict[str, int]] = field(default_factory=dict)
    corrupted_product_row: bool = False
    home: int = 0
    sessions: int = 0
    replication: int = USUAL_REPLICATION

    @property
    def address(self) -> str:
        """Return the address that the node thinks it has (a documentation range)."""
        return f"198.51.100.{self.position % 250 + 10}"

    def service(self, name: str) -> SimulatedService:
        """Return a service by name, case apart; raise ScenarioError if the node has none such."""
        service = self.services.get(name.lower())
        if service is None:
            raise ScenarioError(f"{self.name} has no service '{name}'")
        return service


@dataclass(slots=True)
class CucmNode:
    """One CUCM node, the publisher or a subscriber; every one has the whole database to read."""

    name: str
    release: str
    replication: int = USUAL_REPLICATION


class SimulatedCluster:
    """All nodes and groups of a scenario, in their present state."""

    def __init__(self, scenario: Scenario, clock: SimulatorClock) -> None:
        """Bring a scenario to life."""
        self.scenario = scenario
        self.clock = clock
        self.groups: dict[str, GroupEntry] = {group.name: group for group in scenario.group}
        differing = {entry.name: entry for entry in scenario.node}
        self.nodes: dict[str, SimulatedNode] = {}
        for position, name in enumerate(scenario.node_names):
            entry = differing.get(name) or NodeEntry(name=name)
            self.nodes[name] = self._node(entry, position)
        self.cucm_nodes: dict[str, CucmNode] = {}
        apart = {entry.name: entry for entry in scenario.cucm_node}
        for name in scenario.cucm_names:
            cucm = apart.get(name) or CucmEntry(name=name)
            self.cucm_nodes[name] = CucmNode(name, scenario.cucm_release, cucm.replication)
        self.certificate_days: dict[str, int] = {}
        self.certificate_names: dict[str, Sequence[str]] = {}
        for name in (*self.nodes, *self.cucm_nodes):
            shown = apart.get(name) or differing.get(name) or CucmEntry(name=name)
            self.certificate_days[name] = shown.certificate_days
            self.certificate_names[name] = shown.certificate_names or [name]
        for node in self.nodes.values():
            self._follow_ha(node)
        for group in self.groups:
            self._settle_sessions(group)

    @property
    def publisher(self) -> SimulatedNode:
        """Return the database publisher."""
        return next(iter(self.nodes.values()))

    def node(self, name: str) -> SimulatedNode:
        """Return a node by name; raise ScenarioError if there is none such."""
        if name not in self.nodes:
            raise ScenarioError(f"no node '{name}'; there are {', '.join(self.nodes)}")
        return self.nodes[name]

    def server(self, name: str) -> SimulatedNode | CucmNode:
        """Return an IM&P or CUCM node by name; raise ScenarioError if there is none such."""
        servers: dict[str, SimulatedNode | CucmNode] = {**self.nodes, **self.cucm_nodes}
        if name not in servers:
            raise ScenarioError(f"no node '{name}'; there are {', '.join(servers)}")
        return servers[name]

    def neighbour(self, name: str) -> SimulatedNode:
        """Return the node after this one (after the last, the first)."""
        names = list(self.nodes)
        position = names.index(name) if name in names else -1
        return self.nodes[names[(position + 1) % len(names)]]

    def members(self, group: str) -> Iterator[SimulatedNode]:
        """Yield the nodes of a redundancy group; raise ScenarioError for an unknown group."""
        if group not in self.groups:
            raise ScenarioError(f"no group '{group}'; there are {', '.join(self.groups)}")
        return (self.nodes[name] for name in self.groups[group].nodes)

    def set_ha(self, node: SimulatedNode, state: int) -> None:
        """Put a node into an HA state; services follow it.

        Idle stops services, a node that takes its users back has them Starting, and any other
        state has them running again.
        """
        node.ha = state
        self._follow_ha(node)

    def _follow_ha(self, node: SimulatedNode) -> None:
        stopped_when_idle = self._stopped_when_idle(node)
        for service in node.services.values():
            if node.ha == HA_IDLE and service.runs and service.kind.name in stopped_when_idle:
                service.stop()
                # Only what idling stopped may come back: a service that was stopped by hand stays
                # so.
                service.stopped_by_idle = True
            elif node.ha == HA_TAKING_BACK and service.stopped_by_idle:
                service.status = "Starting"
            elif node.ha != HA_IDLE and service.stopped_by_idle:
                service.start(self.clock.now())

    def _stopped_when_idle(self, node: SimulatedNode) -> frozenset[str]:
        if node.group is not None and self.groups[node.group].idle_stops_critical:
            return catalogue.STOPPED_WHEN_IDLE | catalogue.CRITICAL_NETWORK_SERVICES
        return catalogue.STOPPED_WHEN_IDLE

    def _settle_sessions(self, group: str) -> None:
        """Put the sessions of an idle node's users where a scenario's states say that they are."""
        nodes = list(self.members(group))
        if any(node.ha == HA_IDLE for node in nodes):
            for node in nodes:
                node.sessions = 0 if node.ha == HA_IDLE else sum(n.home for n in nodes)

    def _node(self, entry: NodeEntry, position: int) -> SimulatedNode:
        release = entry.release or self.scenario.cluster.release
        group = next((g for g in self.groups.values() if entry.name in g.nodes), None)
        activation = activation_by_service(self.scenario)
        node = SimulatedNode(
            name=entry.name,
            position=position,
            release=release,
            group=group.name if group else None,
            ha=_initial_ha_state(entry.name, group),
            services={
                kind.name.lower(): _create_service(
                    kind, entry.name, activation, _boot_time(position, index)
                )
                for index, kind in enumerate(
                    catalogue.services_of_release(parse_release_text(release))
                )
            },
            perfmon={name: dict(counters) for name, counters in entry.perfmon.items()},
            corrupted_product_row=entry.corrupted_product_row,
            home=entry.sessions,
            sessions=entry.sessions,
            replication=entry.replication,
        )
        _apply_node_entry(node, entry, self.clock)
        return node


def _boot_time(position: int, index: int) -> float:
    """Return a start on the clock that no two nodes share."""
    return -_UPTIME_S - position * 5400 + index * 2


def _initial_ha_state(name: str, group: GroupEntry | None) -> int:
    if group is None or len(group.nodes) == 1 or not group.ha_enabled:
        # `utils ha status` shows Unknown where high availability is off (CLI reference 15).
        return HA_STATES.index("unknown")
    if group.ha is None:
        return HA_STATES.index("normal")
    return group.ha[group.nodes.index(name)]


def _create_service(
    kind: catalogue.ServiceKind, node: str, activation: Mapping[str, frozenset[str]], started: float
) -> SimulatedService:
    service = SimulatedService(
        kind, "Started", -1, REASON_CODE_TEXTS[-1], started, active_in_axl=True
    )
    if kind.deployable and node not in activation[kind.name]:
        service.stop(NOT_ACTIVATED_CODE)
    return service


def _apply_node_entry(node: SimulatedNode, entry: NodeEntry, clock: SimulatorClock) -> None:
    """Make the node differ in what the scenario says of it."""
    for name in entry.activated:
        node.service(name).start(_boot_time(node.position, len(node.services)))
    for name in entry.not_activated:
        node.service(name).stop(NOT_ACTIVATED_CODE)
    for name in entry.stopped:
        node.service(name).stop()
    for status, names in (("Starting", entry.starting), ("Stopping", entry.stopping)):
        for name in names:
            node.service(name).status = status
    for name, changed in entry.service.items():
        node.service(name).become(changed, clock.now())
    for name in entry.missing:
        del node.services[node.service(name).kind.name.lower()]
