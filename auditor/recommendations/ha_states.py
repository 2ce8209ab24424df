"""High availability: the states of a redundancy group's nodes and what a pair of them means.

Source: IM&P configuration guide 15, chapter on high availability (states and pairs); RTMT guide
15 (numbers of `SRMState`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.models.facts import (
    ClusterFacts,
    Evidence,
    Group,
    HaReading,
    HaState,
    Identity,
    NodeFacts,
    Origin,
    Source,
)
from auditor.recommendations.view import explain_no_response
from auditor.service_names import (
    AUTHENTICATION_SERVICE,
    CONNECTION_MANAGER,
    DIRECTORY_SERVICE,
    FILE_TRANSFER_MANAGER,
    MESSAGE_ARCHIVER,
    PRESENCE_ENGINE_SERVICE,
    SIP_PROXY_SERVICE,
    TEXT_CONFERENCE_MANAGER,
    WEB_CONNECTION_MANAGER,
)


class PairClass(StrEnum):
    """What two states say of a redundancy group (contract, section 10)."""

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

GROUP_HINT = (
    "Make AXL of the CUCM publisher answer, or declare `redundancy_group` of the nodes in "
    "[[cluster.node]]."
)
"""What to do where nobody can tell the redundancy groups."""

_FAILED_STATES = frozenset({HaState.FAILED, HaState.DOWN})

SERVICES_STOPPED_WHEN_IDLE = frozenset(
    {
        SIP_PROXY_SERVICE,
        PRESENCE_ENGINE_SERVICE,
        TEXT_CONFERENCE_MANAGER,
        WEB_CONNECTION_MANAGER,
        CONNECTION_MANAGER,
        MESSAGE_ARCHIVER,
        DIRECTORY_SERVICE,
        AUTHENTICATION_SERVICE,
        FILE_TRANSFER_MANAGER,
    }
)
"""The services that are stopped on purpose on a node that is Idle after a failover."""

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


def classify_pair(one: HaState | None, other: HaState | None) -> PairClass:
    """Return what a pair of states means; None is a node whose state could not be read."""
    states = {one, other}
    if states == {HaState.NORMAL}:
        return PairClass.HEALTHY
    if states & _FAILED_STATES:
        return PairClass.BROKEN
    if states & TRANSITION_STATES:
        return PairClass.MOVING
    if HaState.BACKUP not in states:
        return PairClass.UNKNOWN
    if states & {HaState.IDLE, HaState.FAILED_OVER}:
        return PairClass.FAILED_OVER
    if states & {HaState.FAILED_OVER_SERVICES_DOWN, None}:
        return PairClass.BROKEN
    return PairClass.UNKNOWN


def pair_causes(one: HaState | None, other: HaState | None) -> tuple[str, ...]:
    """Return every documented cause of a pair, none for a pair that no guide lists."""
    return _PAIR_CAUSES.get(frozenset({one, other}), ())


_STATES_WITHOUT_HA = frozenset({None, HaState.UNKNOWN, HaState.NORMAL})
"""The states that a node may have, or keep to itself, where high availability is off."""


@dataclass(frozen=True, slots=True)
class HaMember:
    """A node of a group with its HA reading, None if it could not be read."""

    name: str
    reading: HaReading | None
    silence: str = ""

    @property
    def state(self) -> HaState | None:
        """Return the state alone."""
        return self.reading.state if self.reading else None

    @property
    def observed(self) -> HaState | None:
        """Return the state if PerfMon told it; what SQL tells explains nothing."""
        seen = self.reading is not None and self.reading.origin is Origin.OBSERVED
        return self.state if seen else None


def installed_members(facts: ClusterFacts, group: Group) -> tuple[HaMember, ...]:
    """Return the members of a group that are not only planned."""
    known = {node.name.casefold(): node for node in facts.nodes}
    members = []
    for name in group.nodes:
        node = known.get(name.casefold())
        if node is None:
            members.append(HaMember(name, None, f"{name} is not among the nodes of the cluster"))
        elif not node.planned:
            members.append(_ha_member(facts, node))
    return tuple(members)


def _ha_member(facts: ClusterFacts, node: NodeFacts) -> HaMember:
    if node.identity is Identity.CONTRADICTED:
        return HaMember(node.name, None, f"another machine answered for {node.name} (wrong_node)")
    if node.ha_state is None:
        return HaMember(node.name, None, explain_no_response(facts, node, Source.PERFMON))
    return HaMember(node.name, node.ha_state)


def find_group(facts: ClusterFacts, name: str) -> Group | None:
    """Return the group of a name."""
    return next((g for g in facts.groups if g.name.casefold() == name.casefold()), None)


def is_ha_declared(facts: ClusterFacts, name: str) -> bool | None:
    """Return whether HA of a group is meant to be on, None where nobody declared it."""
    meant = facts.high_availability
    if meant is None or isinstance(meant, bool):
        return meant
    return name.casefold() in {group.casefold() for group in meant}


def is_without_ha(facts: ClusterFacts, group: Group) -> bool:
    """Tell whether a group has no HA to judge: it is declared off, and nothing says otherwise.

    Where nobody read the switch, a state that only HA gives a node (one of a failover, or of a
    failure) says otherwise.
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


_HA_OFF_TEXT = "high availability is off."


def ha_switch_evidence(group: Group) -> tuple[Evidence, ...]:
    """Return what was read of the switch, nothing if it was not."""
    if group.ha_enabled is None:
        return ()
    text = f"{group.name}: {'high availability is on.' if group.ha_enabled else _HA_OFF_TEXT}"
    origin = group.switch_origin or group.origin
    return (Evidence(origin, "presence redundancy groups", text),)


def is_ha_switched_off(told: Iterable[Evidence]) -> bool:
    """Tell whether evidence of HA-01 says that high availability of the group is switched off."""
    return any(entry.text.endswith(f": {_HA_OFF_TEXT}") for entry in told)


def ha_state_evidence(members: tuple[HaMember, ...]) -> tuple[Evidence, ...]:
    """Return what was read of each member."""
    return tuple(
        Evidence(m.reading.origin, m.reading.source, f"{m.name}: HA state {m.reading.state}.")
        if m.reading
        else Evidence(Origin.OBSERVED, f"PerfMon of {m.name}", f"{m.name}: no HA state.")
        for m in members
    )


def member_states_text(*members: HaMember) -> str:
    """Return the states of members as words for a sentence."""
    return " and ".join(f"{m.name} is {_ha_state_text(m.state)}" for m in members)


def _ha_state_text(state: HaState | None) -> str:
    return "in no readable state" if state is None else f"in state {state}"
