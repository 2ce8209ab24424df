"""How a redundancy group stands: its HA states and switch, its nodes, their sessions."""

from collections.abc import Iterable, Mapping, Sequence

from auditor.cluster import ClusterFacts, Group
from auditor.collect.counters import CLIENT_SOCKETS, PRESENCE_SESSIONS
from auditor.facts import HaState, NodeFacts, Outcome, Role
from auditor.failover.findings import GroupCheck, NodeSeen, Sessions, Settled, Standing
from auditor.failover.points import Judged, points
from auditor.findings import Finding, Verdict
from auditor.recommendations.ha import Member, PairClass, causes, classify, installed

Counts = Mapping[str, Mapping[str, int]]
"""Sessions by counter, by node name in lower case."""

_STANDINGS = {
    PairClass.HEALTHY: Standing.NORMAL,
    PairClass.FAILED_OVER: Standing.FAILED_OVER,
    PairClass.BROKEN: Standing.BROKEN,
    PairClass.MOVING: Standing.MOVING,
    PairClass.UNKNOWN: Standing.UNKNOWN,
}


def check(
    known: Judged, group: Group, before: Counts | None, settled: Settled | None = None
) -> GroupCheck:
    """Return how a group stands; `before` are the sessions of a snapshot."""
    facts = known.facts
    members = installed(facts, group)
    nodes = nodes_of(facts, group)
    finding = known.finding("HA-01", group.name)
    standing = _standing(group, members, finding)
    return GroupCheck(
        cluster=facts.name,
        name=group.name,
        standing=standing,
        verdict=finding.verdict if finding else Verdict.UNKNOWN,
        pair=", ".join(f"{m.name} {m.state or 'unreadable'}" for m in members),
        because=finding.because if finding else "",
        causes=_causes(members) if standing not in _CALM else (),
        switch=group.ha_enabled,
        nodes=tuple(_seen(facts, node, member) for node, member in _pairs(nodes, members)),
        points=tuple(point for node in nodes for point in points(known, node)),
        sessions=sessions(nodes, before),
        settled=settled,
    )


_CALM = (Standing.NORMAL, Standing.NO_FAILOVER, Standing.SWITCHED_OFF)


def _causes(members: Sequence[Member]) -> tuple[str, ...]:
    return causes(members[0].state, members[1].state) if len(members) == 2 else ()


def nodes_of(facts: ClusterFacts, group: Group) -> tuple[NodeFacts, ...]:
    """Return the installed nodes of a group, in its order."""
    known = {node.name.casefold(): node for node in facts.nodes if not node.planned}
    return tuple(known[name.casefold()] for name in group.nodes if name.casefold() in known)


def _pairs(
    nodes: Iterable[NodeFacts], members: Iterable[Member]
) -> Iterable[tuple[NodeFacts, Member]]:
    by_name = {member.name: member for member in members}
    return ((node, by_name[node.name]) for node in nodes)


def standing_of(facts: ClusterFacts, group: Group) -> Standing:
    """Return what the states alone say of a pair; of fewer nodes, that none can fail over."""
    members = installed(facts, group)
    if len(members) < 2:
        return Standing.NO_FAILOVER
    if group.ha_enabled is False:
        return Standing.SWITCHED_OFF
    return _STANDINGS[classify(members[0].state, members[1].state)]


def _standing(group: Group, members: Sequence[Member], finding: Finding | None) -> Standing:
    if len(members) < 2 or (finding and finding.verdict is Verdict.NOT_APPLICABLE):
        return Standing.NO_FAILOVER
    if group.ha_enabled is False:
        return Standing.SWITCHED_OFF
    standing = _STANDINGS[classify(members[0].state, members[1].state)]
    if standing is Standing.NORMAL and (finding is None or finding.verdict is not Verdict.PASS):
        return Standing.UNKNOWN
    return standing


def _seen(facts: ClusterFacts, node: NodeFacts, member: Member) -> NodeSeen:
    asked = [entry for entry in facts.coverage if entry.node == node.name]
    return NodeSeen(
        name=node.name,
        role=str(node.role) if node.role is not Role.UNKNOWN else "role unknown",
        state=str(member.state) if member.state is not None else None,
        state_source=str(member.reading.origin) if member.reading else "",
        silence=member.silence,
        answered=any(entry.outcome is Outcome.COLLECTED for entry in asked),
        sessions=node.sessions,
        replication=node.replication,
        requests=sum(entry.requests for entry in asked),
    )


def sessions(nodes: Sequence[NodeFacts], before: Counts | None) -> Sessions:
    """Count the sessions of a group by the counter that both sides have, else by what is there.

    A node that is down holds none, nor does one that tells nothing while its partner serves in
    backup mode; any other whose count is missing leaves the sum unknown.
    """
    taken_over = any(n.ha_state and n.ha_state.state is HaState.BACKUP for n in nodes)
    for counter in (PRESENCE_SESSIONS, CLIENT_SOCKETS):
        now = _sum(_count(node, counter, taken_over=taken_over) for node in nodes)
        old = _before(nodes, before, counter)
        if now is not None:
            return Sessions(counter, now, old)
    return Sessions(PRESENCE_SESSIONS, None, _before(nodes, before, PRESENCE_SESSIONS))


def _count(node: NodeFacts, counter: str, *, taken_over: bool) -> int | None:
    down = node.ha_state is not None and node.ha_state.state is HaState.DOWN
    silent = not node.services and node.ha_state is None
    return 0 if down or (silent and taken_over) else node.sessions.get(counter)


def _before(nodes: Iterable[NodeFacts], before: Counts | None, counter: str) -> int | None:
    if before is None:
        return None
    return _sum(before.get(node.name.casefold(), {}).get(counter) for node in nodes)


def _sum(counts: Iterable[int | None]) -> int | None:
    told = list(counts)
    known = [count for count in told if count is not None]
    return sum(known) if known and len(known) == len(told) else None
