"""How a redundancy group stands: its HA states and switch, and its nodes."""

from collections.abc import Iterable, Sequence

from auditor.cluster import ClusterFacts, Group
from auditor.errors import Reason
from auditor.facts import NodeFacts, Outcome, Role, Source
from auditor.failover import sessions
from auditor.failover.findings import GroupCheck, Standing
from auditor.failover.judged import Judged
from auditor.failover.obstacles import Obstacle, obstacles
from auditor.failover.points import points
from auditor.failover.restarts import unsteady
from auditor.failover.seen import Aspect, NodeSeen, Point, Settled
from auditor.failover.sessions import Counts
from auditor.findings import Finding, Verdict
from auditor.recommendations.ha import (
    Member,
    PairClass,
    causes,
    classify,
    declared,
    installed,
    spared,
)
from auditor.recommendations.view import silence

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
    standing = _standing(facts, group, finding)
    restarting = settled.restarting if settled else ()
    seen = tuple(unsteady(point, restarting) for node in nodes for point in points(known, node))
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
        points=seen,
        sessions=sessions.count(nodes, before),
        settled=settled,
        obstacles=_obstacles(facts, seen),
        firm=_firm(group, members),
    )


_CALM = (Standing.NORMAL, Standing.NO_FAILOVER, Standing.SWITCHED_OFF)


def _firm(group: Group, members: Sequence[Member]) -> bool:
    switched_on = group.ha_enabled is True and not group.switch_discovered
    return switched_on and all(member.observed is not None for member in members)


def _obstacles(facts: ClusterFacts, seen: Sequence[Point]) -> tuple[Obstacle, ...]:
    nodes = {point.node for point in seen}
    axl = {p.node for p in seen if p.aspect is Aspect.AXL and p.verdict is Verdict.UNKNOWN}
    return obstacles(facts, nodes, unneeded=nodes - axl)


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
    """Return what switch and states say of a pair; of fewer nodes, that none can fail over."""
    members = installed(facts, group)
    if len(members) < 2 or spared(facts, group):
        return Standing.NO_FAILOVER
    if group.ha_enabled is False and declared(facts, group.name) is not False:
        return Standing.SWITCHED_OFF
    return _STANDINGS[classify(members[0].state, members[1].state)]


_CONFIRMED = {
    Standing.NORMAL: Verdict.PASS,
    Standing.NO_FAILOVER: Verdict.NOT_APPLICABLE,
}
"""Standings that hold only where HA-01 agrees, because it knows how firm each fact is."""


def _standing(facts: ClusterFacts, group: Group, finding: Finding | None) -> Standing:
    standing = standing_of(facts, group)
    verdict = finding.verdict if finding else Verdict.UNKNOWN
    return standing if _CONFIRMED.get(standing, verdict) is verdict else Standing.UNKNOWN


def _seen(facts: ClusterFacts, node: NodeFacts, member: Member) -> NodeSeen:
    asked = [entry for entry in facts.coverage if entry.node == node.name]
    return NodeSeen(
        name=node.name,
        role=str(node.role) if node.role is not Role.UNKNOWN else "role unknown",
        state=str(member.state) if member.state is not None else None,
        state_source=str(member.reading.origin) if member.reading else "",
        silence=_silence(facts, node, member),
        answered=any(entry.outcome is Outcome.COLLECTED for entry in asked),
        sessions=node.sessions,
        replication=node.replication,
        requests=sum(entry.requests for entry in asked),
        obstacle=_obstacle(facts, node),
    )


def _obstacle(facts: ClusterFacts, node: NodeFacts) -> Obstacle | None:
    """Return what kept PerfMon from being heard, or from being asked."""
    own = [o for o in obstacles(facts, [node.name], unneeded=[node.name]) if o.server == node.name]
    heard = [o for o in own if o.source is Source.PERFMON and o.reason is not Reason.NOT_ASKED]
    return next(iter((*heard, *own)), None)


def _silence(facts: ClusterFacts, node: NodeFacts, member: Member) -> str:
    """Return why PerfMon did not tell the state, though the database may have told it since."""
    gap = facts.gap(node.name, Source.PERFMON)
    return silence(facts, node, Source.PERFMON) if gap else member.silence
