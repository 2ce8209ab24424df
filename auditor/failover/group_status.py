"""How a redundancy group stands: its HA states and switch, and its nodes.

What is seen on one node: AXL, its services, and whether it belongs to the group.

Users' sessions of a group: now, and in a snapshot.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from auditor.collect.perfmon import CLIENT_SOCKETS, PRESENCE_SESSIONS
from auditor.config.settings import ClusterSettings
from auditor.errors import ConfigError, Reason
from auditor.failover.model import (
    GroupCheck,
    GroupStatus,
    NodeCheck,
    NodeCheckType,
    NodeStatus,
    SessionComparison,
    SourceFailure,
    Stability,
    source_failures,
)
from auditor.failover.services import (
    CRITICAL_SERVICES,
    OTHER_SERVICES,
    SYNC_AND_RECOVERY_SERVICES,
    FailoverFindings,
    check_critical_service,
    check_node_axl,
    check_other_service,
    check_sync_and_recovery,
    mark_restarting,
)
from auditor.models.facts import ClusterFacts, Group, HaState, NodeFacts, Outcome, Role, Source
from auditor.models.findings import Finding, Verdict
from auditor.recommendations.ha_states import (
    HaMember,
    PairClass,
    classify_pair,
    installed_members,
    is_ha_declared,
    is_without_ha,
    pair_causes,
)
from auditor.recommendations.view import explain_no_response, view_service


def check_node(known: FailoverFindings, node: NodeFacts) -> Iterator[NodeCheck]:
    """Yield everything that is seen on a node."""
    yield check_node_axl(known, node)
    for service in CRITICAL_SERVICES:
        yield check_critical_service(known, node, service)
    for service in SYNC_AND_RECOVERY_SERVICES:
        yield check_sync_and_recovery(known, node, service)
    if not node.services:
        why = view_service(known.facts, node, OTHER_SERVICES[0]).why
        yield NodeCheck(NodeCheckType.OTHERS, node.name, Verdict.UNKNOWN, why, "unknown")
    for service in OTHER_SERVICES:
        point = check_other_service(known, node, service)
        if point is not None:
            yield point
    yield check_group_membership(known, node)


def check_group_membership(known: FailoverFindings, node: NodeFacts) -> NodeCheck:
    """Tell whether the node belongs to a redundancy group (HA-02)."""
    finding = known.finding("HA-02", node.name)
    verdict = finding.verdict if finding else Verdict.UNKNOWN
    text = finding.observed if finding else f"The group of {node.name} is not known."
    words = {Verdict.PASS: "yes", Verdict.DRIFT: "IN NO GROUP"}
    return NodeCheck(NodeCheckType.MEMBER, node.name, verdict, text, words.get(verdict, "unknown"))


SessionCounts = Mapping[str, Mapping[str, int]]
"""Sessions by counter, by node name in lower case."""


def sessions_from_snapshot(
    clusters: Sequence[ClusterSettings], snapshot: Mapping[str, Any] | None
) -> Mapping[str, SessionCounts]:
    """Return the sessions that a snapshot holds, by cluster and lower-case node name.

    Raises:
        ConfigError: it is of other clusters.
    """
    if snapshot is None:
        return {}
    facts = snapshot["facts"]
    missing = [settings.name for settings in clusters if settings.name not in facts]
    if missing:
        text = f"--since: the snapshot is of {', '.join(sorted(facts))}, not of {missing[0]}."
        raise ConfigError([text])
    return {
        name: {node["name"].casefold(): node.get("sessions", {}) for node in facts[name]["nodes"]}
        for name in (settings.name for settings in clusters)
    }


def count_group_sessions(
    nodes: Sequence[NodeFacts], earlier: SessionCounts | None
) -> SessionComparison:
    """Count the sessions of a group by the counter that both sides have, else by what is there.

    A node that is down holds none, nor does one that tells nothing while its partner serves in
    backup mode; any other whose count is missing leaves the sum unknown.
    """
    taken_over = any(n.ha_state and n.ha_state.state is HaState.BACKUP for n in nodes)
    for counter in (PRESENCE_SESSIONS, CLIENT_SOCKETS):
        now = _sum_if_complete(
            _node_session_count(node, counter, taken_over=taken_over) for node in nodes
        )
        old = _snapshot_session_count(nodes, earlier, counter)
        if now is not None:
            return SessionComparison(counter, now, old)
    return SessionComparison(
        PRESENCE_SESSIONS, None, _snapshot_session_count(nodes, earlier, PRESENCE_SESSIONS)
    )


def _node_session_count(node: NodeFacts, counter: str, *, taken_over: bool) -> int | None:
    down = node.ha_state is not None and node.ha_state.state is HaState.DOWN
    silent = not node.services and node.ha_state is None
    return 0 if down or (silent and taken_over) else node.sessions.get(counter)


def _snapshot_session_count(
    nodes: Iterable[NodeFacts], counts: SessionCounts | None, counter: str
) -> int | None:
    if counts is None:
        return None
    return _sum_if_complete(counts.get(node.name.casefold(), {}).get(counter) for node in nodes)


def _sum_if_complete(counts: Iterable[int | None]) -> int | None:
    told = list(counts)
    known = [one for one in told if one is not None]
    return sum(known) if known and len(known) == len(told) else None


_STATUS_BY_PAIR_CLASS = {
    PairClass.HEALTHY: GroupStatus.NORMAL,
    PairClass.FAILED_OVER: GroupStatus.FAILED_OVER,
    PairClass.BROKEN: GroupStatus.BROKEN,
    PairClass.MOVING: GroupStatus.MOVING,
    PairClass.UNKNOWN: GroupStatus.UNKNOWN,
}


def check_group(
    known: FailoverFindings,
    group: Group,
    before: SessionCounts | None,
    settled: Stability | None = None,
) -> GroupCheck:
    """Return how a group stands; `before` are the sessions of a snapshot."""
    facts = known.facts
    members = installed_members(facts, group)
    nodes = group_node_facts(facts, group)
    finding = known.finding("HA-01", group.name)
    standing = _confirm_group_status(facts, group, finding)
    restarting = settled.restarting if settled else ()
    seen = tuple(
        mark_restarting(point, restarting) for node in nodes for point in check_node(known, node)
    )
    return GroupCheck(
        cluster=facts.name,
        name=group.name,
        standing=standing,
        verdict=finding.verdict if finding else Verdict.UNKNOWN,
        pair=", ".join(f"{m.name} {m.state or 'unreadable'}" for m in members),
        because=finding.because if finding else "",
        causes=_documented_causes(members) if standing not in _STATUSES_WITHOUT_CAUSES else (),
        switch=group.ha_enabled,
        nodes=tuple(
            _build_node_status(facts, node, member)
            for node, member in _match_nodes_to_members(nodes, members)
        ),
        points=seen,
        sessions=count_group_sessions(nodes, before),
        settled=settled,
        obstacles=_group_source_failures(facts, seen),
        firm=_is_status_observed(group, members),
    )


_STATUSES_WITHOUT_CAUSES = (GroupStatus.NORMAL, GroupStatus.NO_FAILOVER, GroupStatus.SWITCHED_OFF)


def _is_status_observed(group: Group, members: Sequence[HaMember]) -> bool:
    switched_on = group.ha_enabled is True and not group.switch_discovered
    return switched_on and all(member.observed is not None for member in members)


def _group_source_failures(
    facts: ClusterFacts, seen: Sequence[NodeCheck]
) -> tuple[SourceFailure, ...]:
    nodes = {point.node for point in seen}
    axl = {p.node for p in seen if p.aspect is NodeCheckType.AXL and p.verdict is Verdict.UNKNOWN}
    return source_failures(facts, nodes, unneeded=nodes - axl)


def _documented_causes(members: Sequence[HaMember]) -> tuple[str, ...]:
    return pair_causes(members[0].state, members[1].state) if len(members) == 2 else ()


def group_node_facts(facts: ClusterFacts, group: Group) -> tuple[NodeFacts, ...]:
    """Return the installed nodes of a group, in its order."""
    known = {node.name.casefold(): node for node in facts.nodes if not node.planned}
    return tuple(known[name.casefold()] for name in group.nodes if name.casefold() in known)


def _match_nodes_to_members(
    nodes: Iterable[NodeFacts], members: Iterable[HaMember]
) -> Iterable[tuple[NodeFacts, HaMember]]:
    by_name = {member.name: member for member in members}
    return ((node, by_name[node.name]) for node in nodes)


def group_status_from_states(facts: ClusterFacts, group: Group) -> GroupStatus:
    """Return what switch and states say of a pair; of fewer nodes, that none can fail over."""
    members = installed_members(facts, group)
    if len(members) < 2 or is_without_ha(facts, group):
        return GroupStatus.NO_FAILOVER
    if group.ha_enabled is False and is_ha_declared(facts, group.name) is not False:
        return GroupStatus.SWITCHED_OFF
    return _STATUS_BY_PAIR_CLASS[classify_pair(members[0].state, members[1].state)]


_CONFIRMING_VERDICTS = {
    GroupStatus.NORMAL: Verdict.PASS,
    GroupStatus.NO_FAILOVER: Verdict.NOT_APPLICABLE,
}
"""Standings that hold only where HA-01 agrees, because it knows how firm each fact is."""


def _confirm_group_status(
    facts: ClusterFacts, group: Group, finding: Finding | None
) -> GroupStatus:
    standing = group_status_from_states(facts, group)
    verdict = finding.verdict if finding else Verdict.UNKNOWN
    return (
        standing if _CONFIRMING_VERDICTS.get(standing, verdict) is verdict else GroupStatus.UNKNOWN
    )


def _build_node_status(facts: ClusterFacts, node: NodeFacts, member: HaMember) -> NodeStatus:
    asked = [entry for entry in facts.coverage if entry.node == node.name]
    return NodeStatus(
        name=node.name,
        role=str(node.role) if node.role is not Role.UNKNOWN else "role unknown",
        state=str(member.state) if member.state is not None else None,
        state_source=str(member.reading.origin) if member.reading else "",
        silence=_reason_no_ha_state(facts, node, member),
        answered=any(entry.outcome is Outcome.COLLECTED for entry in asked),
        sessions=node.sessions,
        replication=node.replication,
        requests=sum(entry.requests for entry in asked),
        obstacle=_perfmon_failure(facts, node),
    )


def _perfmon_failure(facts: ClusterFacts, node: NodeFacts) -> SourceFailure | None:
    """Return what kept PerfMon from being heard, or from being asked."""
    own = [
        o
        for o in source_failures(facts, [node.name], unneeded=[node.name])
        if o.server == node.name
    ]
    heard = [o for o in own if o.source is Source.PERFMON and o.reason is not Reason.NOT_ASKED]
    return next(iter((*heard, *own)), None)


def _reason_no_ha_state(facts: ClusterFacts, node: NodeFacts, member: HaMember) -> str:
    """Return why PerfMon did not tell the state, though the database may have told it since."""
    gap = facts.gap(node.name, Source.PERFMON)
    return explain_no_response(facts, node, Source.PERFMON) if gap else member.silence
