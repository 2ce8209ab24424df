"""The one action for how a group stands, and what not to do meanwhile.

Sources: IM&P configuration guide 15, chapter on high availability; administration guide 15,
"Services" (a stopped XCP Router); CLI reference guide 15, `utils ha`.
"""

from auditor.errors import Reason
from auditor.failover.model import (
    ClusterCheck,
    FailoverCheck,
    GroupCheck,
    GroupStatus,
    NodeCheck,
    NodeCheckType,
    SourceFailure,
)
from auditor.failover.priority import most_urgent_check, worst_check
from auditor.failover.remedies import (
    REDUNDANCY_GROUPS_PAGE,
    USER_CHANGES,
    down_node_action,
    down_nodes,
    fix_axl_action,
    is_idle_without_partner,
    moving_pair_action,
    open_check_remedy,
    recover_pair_action,
    server_recovery_action,
    source_failure_remedy,
    start_services_action,
)
from auditor.models.facts import HaState, Origin
from auditor.models.findings import Verdict
from auditor.service_names import SERVER_RECOVERY_MANAGER
from auditor.text import join_names


def choose_action(check: FailoverCheck) -> str:
    """Return the second line: what to do now, and what not to do meanwhile."""
    first_of_all = worst_check(check)
    match first_of_all:
        case GroupCheck():
            return choose_group_action(first_of_all)
        case NodeCheck():
            return _choose_node_action(first_of_all, check)
        case ClusterCheck() if first_of_all.obstacles:
            return source_failure_action(first_of_all.obstacles[0], "the groups are known")
    return (
        f"Do: put the nodes into redundancy groups ({REDUNDANCY_GROUPS_PAGE}), or declare their"
        " groups ([[cluster.node]]), and check again. Do not: fail over or fall back before the"
        " groups are known."
    )


def _choose_node_action(point: NodeCheck, check: FailoverCheck) -> str:
    """Return the action for a node that is in no group, or of which nobody can tell."""
    of = next(cluster for cluster in check.clusters if point in cluster.alone)
    if point.verdict is Verdict.UNKNOWN and of.obstacles:
        return source_failure_action(of.obstacles[0], "the groups are known")
    return (
        f"Do: put {point.node} into a redundancy group ({REDUNDANCY_GROUPS_PAGE}), or list it in"
        " `planned_nodes` until it is installed. Do not: assign users to it before."
    )


def source_failure_action(obstacle: SourceFailure, until: str) -> str:
    """Return the action that clears an obstacle away."""
    lock = "try the same password again, which may lock the account, or "
    careful = lock if obstacle.reason is Reason.CREDENTIALS else ""
    return (
        f"Do: {source_failure_remedy(obstacle)}; then check again. Do not: {careful}fail over or"
        f" fall back before {until}."
    )


def choose_group_action(group: GroupCheck) -> str:
    """Return the one action for how a group stands."""
    wrong = group.of(Verdict.DRIFT)
    services = [
        p
        for p in wrong
        if p.aspect in (NodeCheckType.CRITICAL, NodeCheckType.KEEPERS, NodeCheckType.OTHERS)
    ]
    if group.standing is GroupStatus.MOVING:
        return moving_pair_action(group)
    if group.standing is GroupStatus.BROKEN and down_nodes(group):
        return down_node_action(group)
    if is_idle_without_partner(group):
        unread = any(node.state is None for node in group.nodes)
        return _read_states_action(group) if unread else server_recovery_action(group)
    if services:
        return start_services_action(services, group)
    axl = [point for point in wrong if point.aspect is NodeCheckType.AXL]
    if axl:
        return fix_axl_action(axl[0])
    if _needs_longer_watch(group):
        return (
            "Do: look again with a longer `--wait`, until the pair is stable. Do not: fail over or "
            f"fall back, or {USER_CHANGES}, before it is."
        )
    return _action_by_status(group)


def _needs_longer_watch(group: GroupCheck) -> bool:
    """Tell whether all there is to do is to look on: a good state was seen, and not for long."""
    good = group.standing in (GroupStatus.NORMAL, GroupStatus.FAILED_OVER, GroupStatus.NO_FAILOVER)
    open_ = group.settled is not None and not group.settled.stable
    return good and open_ and not group.of(Verdict.UNKNOWN)


def _action_by_status(group: GroupCheck) -> str:
    unread = any(node.state is None for node in group.nodes)
    match group.standing:
        case GroupStatus.FAILED_OVER:
            return _fallback_action(group)
        case GroupStatus.SWITCHED_OFF:
            return (
                f"Do: turn high availability of {group.name} on ({REDUNDANCY_GROUPS_PAGE}) once all"
                " critical services run on both nodes. Do not: stop a node before it is on."
            )
        case GroupStatus.BROKEN if not unread:
            return recover_pair_action(group)
        case GroupStatus.UNKNOWN if all(node.state == HaState.UNKNOWN for node in group.nodes):
            return (
                f"Do: restart {SERVER_RECOVERY_MANAGER} on both nodes, then run `utils ha status`. "
                "Do not: fail over or fall back before the states are known."
            )
        case GroupStatus.BROKEN | GroupStatus.UNKNOWN:
            return _read_states_action(group)
    return _action_for_good_states(group)


def _action_for_good_states(group: GroupCheck) -> str:
    """Return the action for a group whose states ask for none."""
    wrong, unknown = group.of(Verdict.DRIFT), group.of(Verdict.UNKNOWN)
    if wrong or unknown:
        point = most_urgent_check(wrong or unknown)
        obstacle = None if wrong else group.obstacle_to(point)
        if obstacle is not None:
            return source_failure_action(obstacle, "that is known")
        return f"Do: {open_check_remedy(point)} Do not: fail over before it is settled."
    if group.bad_replication:
        return (
            "Do: run `utils dbreplication runtimestate` on the publisher, and mend the replication "
            f"of {join_names(group.bad_replication)}. Do not: fail over before it is good."
        )
    if group.sessions.short:
        return (
            "Do: give clients up to 30 minutes to sign in again, then check again. Do not: fail "
            "over or restart services meanwhile."
        )
    return "Do: nothing."


def _fallback_action(group: GroupCheck) -> str:
    left = join_names(n.name for n in group.nodes if n.state != HaState.BACKUP)
    serving = join_names(n.name for n in group.nodes if n.state == HaState.BACKUP)
    unknown = group.of(Verdict.UNKNOWN)
    obstacle = group.obstacle_to(most_urgent_check(unknown)) if unknown else None
    before = f"{source_failure_remedy(obstacle)}; check again, and " if obstacle else ""
    return (
        f"Do: {before}once the cause is mended and {left} is fit, fall back by hand"
        f" ({REDUNDANCY_GROUPS_PAGE}, or `utils ha fallback {left}`); automatic fallback is off by"
        f" default. Do not: {USER_CHANGES}, or stop or restart {serving}, while failed over."
    )


def _read_states_action(group: GroupCheck) -> str:
    firm = all(node.state and node.state_source != Origin.DISCOVERED for node in group.nodes)
    if firm and any(node.state != HaState.NORMAL for node in group.nodes):
        return _undocumented_pair_action(group)
    if group.obstacles:
        return source_failure_action(group.obstacles[0], "the states are known")
    return (
        "Do: run `utils ha status` on both nodes, and make PerfMon and Control Center of both "
        "answer. Do not: fail over or fall back before the states are known."
    )


def _undocumented_pair_action(group: GroupCheck) -> str:
    """Return what to do about a pair of states that were read and make no sense together."""
    dumb = [node.name for node in group.nodes if node.state == HaState.UNKNOWN]
    how = (
        f"see that {SERVER_RECOVERY_MANAGER} runs on {join_names(dumb)}, then run `utils ha status`"
        if dumb
        else (
            "look again in 20 s (`--wait 1m`), then run `utils ha status` on both nodes, because "
            "Cisco documents no such pair of states"
        )
    )
    return f"Do: {how}. Do not: fail over or fall back before the states are understood."
