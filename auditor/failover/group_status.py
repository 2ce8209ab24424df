"""The state of a redundancy group: its HA states, its switch, its nodes, and its sessions."""

from collections.abc import Iterable, Mapping, Sequence

from auditor.config.settings import ClusterSettings
from auditor.errors import ConfigError, Reason
from auditor.failover.failures import SourceFailure, source_failures
from auditor.failover.group_check import (
    GroupCheck,
    GroupStatus,
    NodeStatus,
    SessionComparison,
    Stability,
)
from auditor.failover.judged import JudgedCluster
from auditor.failover.node_checks import CheckType, NodeCheck
from auditor.failover.nodes import check_node
from auditor.failover.services import mark_restarting
from auditor.models.coverage import Outcome, Source
from auditor.models.facts import ClusterFacts, Group
from auditor.models.findings import Finding, Verdict
from auditor.models.nodes import HaState, NodeFacts, Role
from auditor.models.sessions import CLIENT_SOCKETS, PRESENCE_SESSIONS
from auditor.models.statements import Statement
from auditor.recommendations.groups import (
    HaMember,
    installed_members,
    is_without_ha,
)
from auditor.recommendations.ha_states import PairClass, classify_pair, pair_causes
from auditor.recommendations.view import explain_no_response
from auditor.snapshots import Snapshot

SessionCounts = Mapping[str, Mapping[str, int]]
"""Sessions by counter, by node name in lower case."""


def sessions_from_snapshot(
    clusters: Sequence[ClusterSettings], snapshot: Snapshot | None
) -> Mapping[str, SessionCounts]:
    """Return the sessions that a snapshot holds, by cluster and lower-case node name.

    Raises:
        ConfigError: it is of other clusters.
    """
    if snapshot is None:
        return {}
    facts = snapshot.facts
    missing = [settings.name for settings in clusters if settings.name not in facts]
    if missing:
        text = f"--since: the snapshot is of {', '.join(sorted(facts))}, not of {missing[0]}."
        raise ConfigError([text])
    return {
        name: {node.name.casefold(): node.sessions for node in facts[name].nodes}
        for name in (settings.name for settings in clusters)
    }


def count_group_sessions(
    nodes: Sequence[NodeFacts], earlier: SessionCounts | None
) -> SessionComparison:
    """Count the sessions of a group, now and in the snapshot, by the first complete counter.

    A node that is down has none, nor has an unreachable node whose partner is in backup mode.
    Any other missing count leaves the sum unknown.
    """
    # Presence sessions first: Cisco counts the sessions of users by them (upgrade guides, HA
    # chapter).
    counts = [(name, _count_sessions(nodes, name)) for name in (PRESENCE_SESSIONS, CLIENT_SOCKETS)]
    counter, now = next((count for count in counts if count[1] is not None), counts[0])
    if earlier is None:
        return SessionComparison(counter, now, None)
    # The same counter as now: numbers of sessions and of sockets cannot be compared.
    before = (earlier.get(node.name.casefold(), {}).get(counter) for node in nodes)
    return SessionComparison(counter, now, _sum_if_complete(before))


def _count_sessions(nodes: Sequence[NodeFacts], counter: str) -> int | None:
    states = [node.ha_state.state if node.ha_state else None for node in nodes]
    numbers = []
    for node, state in zip(nodes, states, strict=True):
        is_taken_over = state is None and not node.services and HaState.BACKUP in states
        has_none = state is HaState.DOWN or is_taken_over
        numbers.append(0 if has_none else node.sessions.get(counter))
    return _sum_if_complete(numbers)


def _sum_if_complete(counts: Iterable[int | None]) -> int | None:
    numbers = list(counts)
    readable = [number for number in numbers if number is not None]
    return sum(readable) if readable and len(readable) == len(numbers) else None


_STATUS_BY_PAIR_CLASS = {
    PairClass.HEALTHY: GroupStatus.NORMAL,
    PairClass.FAILED_OVER: GroupStatus.FAILED_OVER,
    PairClass.BROKEN: GroupStatus.BROKEN,
    PairClass.MOVING: GroupStatus.MOVING,
    PairClass.UNKNOWN: GroupStatus.UNKNOWN,
}


def check_group(
    judged: JudgedCluster,
    group: Group,
    sessions_before: SessionCounts | None,
    stability: Stability | None = None,
) -> GroupCheck:
    """Return the state of a group; `sessions_before` are those of a snapshot."""
    facts = judged.facts
    members = installed_members(facts, group)
    nodes = group_node_facts(facts, group)
    finding = judged.finding("HA-01", group.name)
    status = _confirm_group_status(facts, group, finding)
    restarting = stability.restarting if stability else ()
    checks = tuple(
        mark_restarting(check, restarting) for node in nodes for check in check_node(judged, node)
    )
    member_by_name = {member.name: member for member in members}
    versions = _differing_versions(judged, group)
    return GroupCheck(
        cluster=facts.name,
        name=group.name,
        status=status,
        verdict=finding.verdict if finding else Verdict.UNKNOWN,
        because=_status_reason(status, finding, versions),
        causes=_documented_causes(members) if status not in _STATUSES_WITHOUT_CAUSES else (),
        is_switched_on=group.ha_enabled,
        nodes=tuple(_build_node_status(judged, node, member_by_name[node.name]) for node in nodes),
        checks=checks,
        sessions=count_group_sessions(nodes, sessions_before),
        absent=tuple(sorted(member_by_name.keys() - {node.name for node in nodes})),
        stability=stability,
        failures=_group_failures(facts, checks),
        is_observed=_is_status_observed(group, members),
        versions=versions,
    )


def _status_reason(
    status: GroupStatus, finding: Finding | None, versions: Statement | None
) -> Statement | None:
    """Return what HA-01 says of a status, but no praise of a pair that runs two versions."""
    if status is GroupStatus.NORMAL and versions is not None:
        return versions
    return finding.because if finding else None


def _differing_versions(judged: JudgedCluster, group: Group) -> Statement | None:
    finding = judged.finding("REL-01", group.name)
    is_drift = finding is not None and finding.verdict is Verdict.DRIFT
    return finding.observed if finding is not None and is_drift else None


_STATUSES_WITHOUT_CAUSES = (GroupStatus.NORMAL, GroupStatus.NO_FAILOVER, GroupStatus.SWITCHED_OFF)


def _is_status_observed(group: Group, members: Sequence[HaMember]) -> bool:
    switched_on = group.ha_enabled is True and not group.switch_discovered
    return switched_on and all(member.observed is not None for member in members)


def _group_failures(facts: ClusterFacts, checks: Sequence[NodeCheck]) -> tuple[SourceFailure, ...]:
    nodes = {check.node for check in checks}
    # A refused AXL request matters only where it left the check of AXL unknown.
    axl_unknown = {
        check.node
        for check in checks
        if check.type is CheckType.AXL and check.verdict is Verdict.UNKNOWN
    }
    return source_failures(facts, nodes, axl_not_needed=nodes - axl_unknown)


def _documented_causes(members: Sequence[HaMember]) -> tuple[str, ...]:
    return pair_causes(members[0].state, members[1].state) if len(members) == 2 else ()


def group_node_facts(facts: ClusterFacts, group: Group) -> tuple[NodeFacts, ...]:
    """Return the installed nodes of a group, in its order."""
    nodes = {node.name.casefold(): node for node in facts.installed_nodes}
    return tuple(nodes[name.casefold()] for name in group.nodes if name.casefold() in nodes)


def group_status_from_states(facts: ClusterFacts, group: Group) -> GroupStatus:
    """Return the status by switch and states alone; fewer than two nodes cannot fail over."""
    members = installed_members(facts, group)
    if len(members) < 2 or is_without_ha(facts, group):
        return GroupStatus.NO_FAILOVER
    if group.ha_enabled is False and group.is_ha_declared(facts.high_availability) is not False:
        return GroupStatus.SWITCHED_OFF
    return _STATUS_BY_PAIR_CLASS[classify_pair(members[0].state, members[1].state)]


_CONFIRMING_VERDICTS = {
    GroupStatus.NORMAL: Verdict.PASS,
    GroupStatus.NO_FAILOVER: Verdict.NOT_APPLICABLE,
}
"""Statuses that need the verdict of HA-01 too, because it knows the origin of each fact."""


def _confirm_group_status(
    facts: ClusterFacts, group: Group, finding: Finding | None
) -> GroupStatus:
    status = group_status_from_states(facts, group)
    verdict = finding.verdict if finding else Verdict.UNKNOWN
    is_confirmed = _CONFIRMING_VERDICTS.get(status, verdict) is verdict
    return status if is_confirmed else GroupStatus.UNKNOWN


def _build_node_status(judged: JudgedCluster, node: NodeFacts, member: HaMember) -> NodeStatus:
    facts, replication = judged.facts, judged.finding("REPL-01", node.name)
    coverage = [entry for entry in facts.coverage if entry.node == node.name]
    return NodeStatus(
        name=node.name,
        role=str(node.role) if node.role is not Role.UNKNOWN else "role unknown",
        state=member.state,
        state_source=member.reading.origin if member.reading else None,
        no_state_reason=_no_state_reason(facts, node, member),
        has_answered=any(entry.outcome is Outcome.COLLECTED for entry in coverage),
        sessions=node.sessions,
        replication=node.replication,
        is_replication_bad=replication is not None and replication.verdict is Verdict.DRIFT,
        requests=sum(entry.requests for entry in coverage),
        failure=_perfmon_failure(facts, node),
    )


def _perfmon_failure(facts: ClusterFacts, node: NodeFacts) -> SourceFailure | None:
    """Return why PerfMon failed or was not asked; a failure of its own comes first."""
    failures = [
        failure
        for failure in source_failures(facts, [node.name], axl_not_needed=[node.name])
        if failure.server == node.name
    ]
    # A request that was not made is a consequence; the failure before it is the cause.
    perfmon = [
        failure
        for failure in failures
        if failure.source is Source.PERFMON and failure.reason is not Reason.NOT_ASKED
    ]
    return next(iter((*perfmon, *failures)), None)


def _no_state_reason(facts: ClusterFacts, node: NodeFacts, member: HaMember) -> Statement | None:
    """Return why PerfMon gave no state, even if the database gave one."""
    gap = facts.gap(node.name, Source.PERFMON)
    return explain_no_response(facts, node, Source.PERFMON) if gap else member.unread_because
