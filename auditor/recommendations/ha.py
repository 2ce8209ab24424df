"""High availability: the states of a redundancy group's nodes and what a pair of them means.

Source: IM&P configuration guide 15, chapter on high availability (states and pairs); RTMT guide
15 (numbers of `SRMState`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor import names
from auditor.cluster import ClusterFacts, Group
from auditor.facts import Evidence, HaReading, HaState, Identity, NodeFacts, Origin, Source
from auditor.recommendations.view import silence


class PairClass(StrEnum):
    """What two states say of a redundancy group (contract, section 10)."""

    HEALTHY = "healthy"
    FAILED_OVER = "failed over, stable"
    BROKEN = "broken, or failed over with a node down"
    MOVING = "moving"
    UNKNOWN = "unknown"


MOVING = frozenset(
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

_WRECKED = frozenset({HaState.FAILED, HaState.DOWN})

IDLE_STOPS = frozenset(
    {
        names.SIP_PROXY,
        names.PRESENCE_ENGINE,
        names.TEXT_CONFERENCE,
        names.WEB_CONNECTION,
        names.CONNECTION,
        names.MESSAGE_ARCHIVER,
        names.DIRECTORY,
        names.AUTHENTICATION,
        names.FILE_TRANSFER,
    }
)
"""The services that are stopped on purpose on a node that is Idle after a failover."""

Pair = frozenset[HaState | None]

_CAUSES: Mapping[Pair, tuple[str, ...]] = {
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


def classify(one: HaState | None, other: HaState | None) -> PairClass:
    """Return what a pair of states means; None is a node whose state could not be read."""
    states = {one, other}
    if states == {HaState.NORMAL}:
        return PairClass.HEALTHY
    if states & _WRECKED:
        return PairClass.BROKEN
    if states & MOVING:
        return PairClass.MOVING
    if HaState.BACKUP not in states:
        return PairClass.UNKNOWN
    if states & {HaState.IDLE, HaState.FAILED_OVER}:
        return PairClass.FAILED_OVER
    if states & {HaState.FAILED_OVER_SERVICES_DOWN, None}:
        return PairClass.BROKEN
    return PairClass.UNKNOWN


def causes(one: HaState | None, other: HaState | None) -> tuple[str, ...]:
    """Return every documented cause of a pair, none for a pair that no guide lists."""
    return _CAUSES.get(frozenset({one, other}), ())


_CALM = frozenset({None, HaState.UNKNOWN, HaState.NORMAL})
"""The states that a node may have, or keep to itself, where high availability is off."""


@dataclass(frozen=True, slots=True)
class Member:
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


def installed(facts: ClusterFacts, group: Group) -> tuple[Member, ...]:
    """Return the members of a group that are not only planned."""
    known = {node.name.casefold(): node for node in facts.nodes}
    members = []
    for name in group.nodes:
        node = known.get(name.casefold())
        if node is None:
            members.append(Member(name, None, f"{name} is not among the nodes of the cluster"))
        elif not node.planned:
            members.append(_member(facts, node))
    return tuple(members)


def _member(facts: ClusterFacts, node: NodeFacts) -> Member:
    if node.identity is Identity.CONTRADICTED:
        return Member(node.name, None, f"another machine answered for {node.name} (wrong_node)")
    if node.ha_state is None:
        return Member(node.name, None, silence(facts, node, Source.PERFMON))
    return Member(node.name, node.ha_state)


def find(facts: ClusterFacts, name: str) -> Group | None:
    """Return the group of a name."""
    return next((g for g in facts.groups if g.name.casefold() == name.casefold()), None)


def declared(facts: ClusterFacts, name: str) -> bool | None:
    """Return whether HA of a group is meant to be on, None where nobody declared it."""
    meant = facts.high_availability
    if meant is None or isinstance(meant, bool):
        return meant
    return name.casefold() in {group.casefold() for group in meant}


def spared(facts: ClusterFacts, group: Group) -> bool:
    """Tell whether a group has no HA to judge: it is declared off, and nothing says otherwise.

    Where nobody read the switch, a state that only HA gives a node (one of a failover, or of a
    failure) says otherwise.
    """
    if declared(facts, group.name) is not False or group.ha_enabled is True:
        return False
    read_off = group.ha_enabled is False and not group.switch_discovered
    return read_off or all(member.state in _CALM for member in installed(facts, group))


def group_of(facts: ClusterFacts, node: NodeFacts) -> Group | None:
    """Return the group that lists a node."""
    name = node.name.casefold()
    return next((g for g in facts.groups if name in {n.casefold() for n in g.nodes}), None)


_OFF = "high availability is off."


def switch_evidence(group: Group) -> tuple[Evidence, ...]:
    """Return what was read of the switch, nothing if it was not."""
    if group.ha_enabled is None:
        return ()
    text = f"{group.name}: {'high availability is on.' if group.ha_enabled else _OFF}"
    origin = group.switch_origin or group.origin
    return (Evidence(origin, "presence redundancy groups", text),)


def tells_off(told: Iterable[Evidence]) -> bool:
    """Tell whether evidence of HA-01 says that high availability of the group is switched off."""
    return any(entry.text.endswith(f": {_OFF}") for entry in told)


def evidence(members: tuple[Member, ...]) -> tuple[Evidence, ...]:
    """Return what was read of each member."""
    return tuple(
        Evidence(m.reading.origin, m.reading.source, f"{m.name}: HA state {m.reading.state}.")
        if m.reading
        else Evidence(Origin.OBSERVED, f"PerfMon of {m.name}", f"{m.name}: no HA state.")
        for m in members
    )


def states(*members: Member) -> str:
    """Return the states of members as words for a sentence."""
    return " and ".join(f"{m.name} is {_word(m.state)}" for m in members)


def _word(state: HaState | None) -> str:
    return "in no readable state" if state is None else f"in state {state}"
