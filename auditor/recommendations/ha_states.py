"""High availability: the states of a redundancy group's nodes and what a pair of them means.

Source: IM&P configuration guide 15, chapter on high availability (states and pairs); RTMT guide
15 (numbers of `SRMState`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor import service_names
from auditor.models.coverage import Source
from auditor.models.evidence import Evidence, Origin
from auditor.models.facts import ClusterFacts, Group
from auditor.models.forms import Form
from auditor.models.nodes import HaReading, HaState, Identity, NodeFacts, ServiceState
from auditor.models.statements import Statement, join_statements, make_statement
from auditor.recommendations.view import explain_no_response


class PairClass(StrEnum):
    """What two states mean for a redundancy group."""

    HEALTHY = "healthy"
    FAILED_OVER = "failed over, stable"
    BROKEN = "broken, or failed over with a node down"
    MOVING = "moving"
    UNKNOWN = "unknown"


TRANSITION_STATES = frozenset(
    {
        HaState.INITIALIZING,
        HaState.TAKING_OVER,
        HaState.TAKING_BACK,
        HaState.FAILING_OVER,
        HaState.FALLING_BACK,
    }
)
"""The states of a transition."""

GROUP_HINT = make_statement(Form.READ_GROUPS)
"""What to do where the redundancy groups are unknown."""

_FAILED_STATES = frozenset({HaState.FAILED, HaState.DOWN})

# A closed list: the configuration guide 15 says that a failover stops services, but does not name
# them there. Whatever is not in it stays drift, so that no failure is explained away.
SERVICES_STOPPED_WHEN_IDLE = frozenset(
    {
        service_names.SIP_PROXY_SERVICE,
        service_names.PRESENCE_ENGINE_SERVICE,
        service_names.TEXT_CONFERENCE_MANAGER,
        service_names.WEB_CONNECTION_MANAGER,
        service_names.CONNECTION_MANAGER,
        service_names.MESSAGE_ARCHIVER,
        service_names.DIRECTORY_SERVICE,
        service_names.AUTHENTICATION_SERVICE,
        service_names.FILE_TRANSFER_MANAGER,
    }
)
"""The feature services that are stopped on purpose on a node that is Idle after a failover."""

NETWORK_SERVICES_STOPPED_WHEN_IDLE = frozenset(
    {service_names.XCP_ROUTER, service_names.CLIENT_PROFILE_AGENT, service_names.SYNC_AGENT}
)
"""The network services that the Server Recovery Manager stops in a failover, because they are
critical (configuration guide 15, chapter on high availability)."""

# The code alone explains nothing: it also appears after a restart of the node with high
# availability on, or of a service that stopped others (TAC document 217304).
_COMMANDED_OUT_OF_SERVICE = -1069


def may_stop_when_idle(state: ServiceState) -> bool:
    """Return whether a failover may have stopped this service, by its name and reason.

    A network service that stopped for another reason than a command failed by itself.
    """
    if state.name in NETWORK_SERVICES_STOPPED_WHEN_IDLE:
        return state.reason_code == _COMMANDED_OUT_OF_SERVICE
    return state.name in SERVICES_STOPPED_WHEN_IDLE


# A set, because the guides list a pair in either order; a set of one is two equal states.
HaStatePair = frozenset[HaState | None]

_PAIR_CAUSES: Mapping[HaStatePair, tuple[str, ...]] = {
    frozenset({HaState.IDLE, HaState.BACKUP}): (
        "a failover by hand",
        "a restart of the Server Recovery Manager, or of a node, while failed over by hand",
    ),
    frozenset({HaState.FAILED_OVER, HaState.BACKUP}): (
        "a critical service that was down and has come back",
        "a start of the node after its users had moved",
        "a partner that did not see the node when it started",
    ),
    frozenset({HaState.FAILED_OVER_SERVICES_DOWN, HaState.BACKUP}): (
        "a critical service that is down on the failed node",
        "a database failure on the failed node",
        "a partner that did not see the node when it started",
        "an automatic recovery that is still at work",
    ),
    frozenset({HaState.FAILED}): (
        "critical services that did not start while users were taken back",
        "a critical service that went down on the node in backup mode",
        "users that could not be taken over or taken back",
        "a restart of the Server Recovery Manager while failed",
    ),
    frozenset({HaState.DOWN, HaState.BACKUP}): (
        "a lost heartbeat",
        "a restart or a power loss of the node that is down",
    ),
    frozenset({None, HaState.BACKUP}): (
        "a lost heartbeat",
        "a restart or a power loss of the node that does not answer",
    ),
    frozenset({HaState.FAILING_OVER, HaState.TAKING_OVER}): (
        "a failover by hand that is under way",
        "a restart of the Server Recovery Manager during the take-over",
    ),
    frozenset({HaState.TAKING_BACK, HaState.FALLING_BACK}): (
        "a fallback, by hand or automatic, that is under way",
        "a restart of the Server Recovery Manager during the fallback",
    ),
    frozenset({HaState.UNKNOWN}): ("high availability that is not enabled properly",),
}
"""Documented causes by pair; which one it is cannot be read over SOAP."""


def classify_pair(first: HaState | None, second: HaState | None) -> PairClass:
    """Return what a pair of states means; None is a node whose state could not be read."""
    states = {first, second}
    if states == {HaState.NORMAL}:
        return PairClass.HEALTHY
    # Before the transitions: a failed node is drift, whatever its partner does.
    if states & _FAILED_STATES:
        return PairClass.BROKEN
    if states & TRANSITION_STATES:
        return PairClass.MOVING
    # Every documented pair after a failover has a node in backup mode; no guide explains the rest.
    if HaState.BACKUP not in states:
        return PairClass.UNKNOWN
    if states & {HaState.IDLE, HaState.FAILED_OVER}:
        return PairClass.FAILED_OVER
    # None beside backup is the documented "node down": the partner lost its heartbeat and took
    # over.
    if states & {HaState.FAILED_OVER_SERVICES_DOWN, None}:
        return PairClass.BROKEN
    return PairClass.UNKNOWN


def pair_causes(first: HaState | None, second: HaState | None) -> tuple[str, ...]:
    """Return every documented cause of a pair, none for a pair that no guide lists."""
    return _PAIR_CAUSES.get(frozenset({first, second}), ())


_STATES_WITHOUT_HA = frozenset({None, HaState.UNKNOWN, HaState.NORMAL})
"""The states of a node without high availability; None: it reports no state."""


@dataclass(frozen=True, slots=True)
class HaMember:
    """A node of a group with its HA reading, None if unread.

    `unread_because` says why PerfMon did not return it, whether or not the database has it.
    """

    name: str
    reading: HaReading | None
    unread_because: Statement | None = None

    @property
    def state(self) -> HaState | None:
        """Return the state alone."""
        return self.reading.state if self.reading else None

    @property
    def observed(self) -> HaState | None:
        """Return the state if PerfMon returned it; a state from SQL explains nothing."""
        # The numbers of `SRMState` are documented (RTMT guide 15), those of the database are not.
        by_perfmon = self.reading is not None and self.reading.origin is Origin.OBSERVED
        return self.state if by_perfmon else None


def installed_members(facts: ClusterFacts, group: Group) -> tuple[HaMember, ...]:
    """Return the members of a group that are not only planned."""
    nodes = {node.name.casefold(): node for node in facts.nodes}
    members = []
    for name in group.nodes:
        node = nodes.get(name.casefold())
        # It stays a member: without it the pair would look like a group of one node, which has
        # nothing to judge.
        if node is None:
            unread_because = make_statement(Form.MEMBER_UNKNOWN_NODE, node=name)
            members.append(HaMember(name, None, unread_because))
        elif not node.planned:
            members.append(_ha_member(facts, node))
    return tuple(members)


def _ha_member(facts: ClusterFacts, node: NodeFacts) -> HaMember:
    if node.identity is Identity.CONTRADICTED:
        return HaMember(node.name, None, make_statement(Form.WRONG_NODE, node=node.name))
    by_perfmon = node.ha_state is not None and node.ha_state.origin is Origin.OBSERVED
    because = None if by_perfmon else explain_no_response(facts, node, Source.PERFMON)
    return HaMember(node.name, node.ha_state, because)


def find_group(facts: ClusterFacts, name: str) -> Group | None:
    """Return the group of a name."""
    return next((g for g in facts.groups if g.name.casefold() == name.casefold()), None)


def is_ha_declared(facts: ClusterFacts, name: str) -> bool | None:
    """Return whether HA of a group should be on, None where it is not declared."""
    declared = facts.high_availability
    if declared is None or isinstance(declared, bool):
        return declared
    return name.casefold() in {group.casefold() for group in declared}


def is_without_ha(facts: ClusterFacts, group: Group) -> bool:
    """Return whether a group has no HA to judge: it is declared off, and nothing contradicts that.

    Where the switch was not read, a state that only HA gives a node contradicts it: one of a
    failover, or of a failure.
    """
    if is_ha_declared(facts, group.name) is not False or group.ha_enabled is True:
        return False
    read_off = group.ha_enabled is False and not group.switch_discovered
    return read_off or all(
        member.state in _STATES_WITHOUT_HA for member in installed_members(facts, group)
    )


def find_node_group(facts: ClusterFacts, node: NodeFacts) -> Group | None:
    """Return the group that lists a node."""
    name = node.name.casefold()
    return next((g for g in facts.groups if name in {n.casefold() for n in g.nodes}), None)


def ha_switch_evidence(group: Group) -> tuple[Evidence, ...]:
    """Return what was read of the switch, nothing if it was not."""
    if group.ha_enabled is None:
        return ()
    form = Form.HA_SWITCH_ON if group.ha_enabled else Form.HA_SWITCH_OFF
    origin = group.switch_origin or group.origin
    fact = make_statement(form, group=group.name)
    return (Evidence(origin, "presence redundancy groups", fact),)


def ha_state_evidence(members: tuple[HaMember, ...]) -> tuple[Evidence, ...]:
    """Return what was read of each member."""
    return tuple(_member_evidence(member) for member in members)


def _member_evidence(member: HaMember) -> Evidence:
    if member.reading is None:
        fact = make_statement(Form.NO_HA_STATE, node=member.name)
        return Evidence(Origin.OBSERVED, make_statement(Form.PERFMON_OF, node=member.name), fact)
    reading = member.reading
    fact = make_statement(Form.HA_STATE, node=member.name, state=reading.state)
    return Evidence(reading.origin, reading.source, fact)


def member_states(*members: HaMember) -> Statement:
    """Return the states of members as one statement."""
    return join_statements(
        make_statement(Form.MEMBER_UNREADABLE, node=member.name)
        if member.state is None
        else make_statement(Form.MEMBER_STATE, node=member.name, state=member.state)
        for member in members
    )
