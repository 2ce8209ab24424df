"""The one action for how a group stands, and what not to do meanwhile.

Sources: IM&P configuration guide 15, chapter on high availability; administration guide 15,
"Services" (a stopped XCP Router); CLI reference guide 15, `utils ha`.
"""

from auditor import names
from auditor.errors import Reason
from auditor.facts import HaState, Origin
from auditor.failover.findings import Check, ClusterCheck, GroupCheck, Standing
from auditor.failover.lead import lead
from auditor.failover.obstacles import Obstacle
from auditor.failover.order import first
from auditor.failover.remedies import remedy
from auditor.failover.repairs import (
    NO_USERS,
    PAGE,
    answer,
    ask_recovery,
    bring_back,
    gone,
    idle_alone,
    look_into,
    moving,
    recover,
    start,
)
from auditor.failover.seen import Aspect, Point
from auditor.failover.states import listed
from auditor.findings import Verdict


def of_all(check: Check) -> str:
    """Return the second line: what to do now, and what not to do meanwhile."""
    first_of_all = lead(check)
    match first_of_all:
        case GroupCheck():
            return of_group(first_of_all)
        case Point():
            return _of_node(first_of_all, check)
        case ClusterCheck() if first_of_all.obstacles:
            return clear(first_of_all.obstacles[0], "the groups are known")
    return (
        f"Do: put the nodes into redundancy groups ({PAGE}), or declare their groups "
        "([[cluster.node]]), and check again. Do not: fail over or fall back before the groups "
        "are known."
    )


def _of_node(point: Point, check: Check) -> str:
    """Return the action for a node that is in no group, or of which nobody can tell."""
    of = next(cluster for cluster in check.clusters if point in cluster.alone)
    if point.verdict is Verdict.UNKNOWN and of.obstacles:
        return clear(of.obstacles[0], "the groups are known")
    return (
        f"Do: put {point.node} into a redundancy group ({PAGE}), or list it in `planned_nodes` "
        "until it is installed. Do not: assign users to it before."
    )


def clear(obstacle: Obstacle, until: str) -> str:
    """Return the action that clears an obstacle away."""
    lock = "try the same password again, which may lock the account, or "
    careful = lock if obstacle.reason is Reason.CREDENTIALS else ""
    return (
        f"Do: {remedy(obstacle)}; then check again. Do not: {careful}fail over or fall back before "
        f"{until}."
    )


def of_group(group: GroupCheck) -> str:
    """Return the one action for how a group stands."""
    wrong = group.of(Verdict.DRIFT)
    services = [p for p in wrong if p.aspect in (Aspect.CRITICAL, Aspect.KEEPERS, Aspect.OTHERS)]
    if group.standing is Standing.MOVING:
        return moving(group)
    if group.standing is Standing.BROKEN and gone(group):
        return bring_back(group)
    if idle_alone(group):
        unread = any(node.state is None for node in group.nodes)
        return _read_states(group) if unread else ask_recovery(group)
    if services:
        return start(services, group)
    axl = [point for point in wrong if point.aspect is Aspect.AXL]
    if axl:
        return answer(axl[0])
    if _seen_once(group):
        return (
            "Do: look again with a longer `--wait`, until the pair is stable. Do not: fail over or "
            f"fall back, or {NO_USERS}, before it is."
        )
    return _by_standing(group)


def _seen_once(group: GroupCheck) -> bool:
    """Tell whether all there is to do is to look on: a good state was seen, and not for long."""
    good = group.standing in (Standing.NORMAL, Standing.FAILED_OVER, Standing.NO_FAILOVER)
    open_ = group.settled is not None and not group.settled.stable
    return good and open_ and not group.of(Verdict.UNKNOWN)


def _by_standing(group: GroupCheck) -> str:
    unread = any(node.state is None for node in group.nodes)
    match group.standing:
        case Standing.FAILED_OVER:
            return _fall_back(group)
        case Standing.SWITCHED_OFF:
            return (
                f"Do: turn high availability of {group.name} on ({PAGE}) once all critical "
                "services run on both nodes. Do not: stop a node before it is on."
            )
        case Standing.BROKEN if not unread:
            return recover(group)
        case Standing.UNKNOWN if all(node.state == HaState.UNKNOWN for node in group.nodes):
            return (
                f"Do: restart {names.SERVER_RECOVERY} on both nodes, then run `utils ha status`. "
                "Do not: fail over or fall back before the states are known."
            )
        case Standing.BROKEN | Standing.UNKNOWN:
            return _read_states(group)
    return _in_peace(group)


def _in_peace(group: GroupCheck) -> str:
    """Return the action for a group whose states ask for none."""
    wrong, unknown = group.of(Verdict.DRIFT), group.of(Verdict.UNKNOWN)
    if wrong or unknown:
        point = first(wrong or unknown)
        obstacle = None if wrong else group.obstacle_to(point)
        if obstacle is not None:
            return clear(obstacle, "that is known")
        return f"Do: {look_into(point)} Do not: fail over before it is settled."
    if group.bad_replication:
        return (
            "Do: run `utils dbreplication runtimestate` on the publisher, and mend the replication "
            f"of {listed(group.bad_replication)}. Do not: fail over before it is good."
        )
    if group.sessions.short:
        return (
            "Do: give clients up to 30 minutes to sign in again, then check again. Do not: fail "
            "over or restart services meanwhile."
        )
    return "Do: nothing."


def _fall_back(group: GroupCheck) -> str:
    left = listed(n.name for n in group.nodes if n.state != HaState.BACKUP)
    serving = listed(n.name for n in group.nodes if n.state == HaState.BACKUP)
    unknown = group.of(Verdict.UNKNOWN)
    obstacle = group.obstacle_to(first(unknown)) if unknown else None
    before = f"{remedy(obstacle)}; check again, and " if obstacle else ""
    return (
        f"Do: {before}once the cause is mended and {left} is fit, fall back by hand ({PAGE}, or "
        f"`utils ha fallback {left}`); automatic fallback is off by default. Do not: {NO_USERS}, "
        f"or stop or restart {serving}, while failed over."
    )


def _read_states(group: GroupCheck) -> str:
    firm = all(node.state and node.state_source != Origin.DISCOVERED for node in group.nodes)
    if firm and any(node.state != HaState.NORMAL for node in group.nodes):
        return _undocumented(group)
    if group.obstacles:
        return clear(group.obstacles[0], "the states are known")
    return (
        "Do: run `utils ha status` on both nodes, and make PerfMon and Control Center of both "
        "answer. Do not: fail over or fall back before the states are known."
    )


def _undocumented(group: GroupCheck) -> str:
    """Return what to do about a pair of states that were read and make no sense together."""
    dumb = [node.name for node in group.nodes if node.state == HaState.UNKNOWN]
    how = (
        f"see that {names.SERVER_RECOVERY} runs on {listed(dumb)}, then run `utils ha status`"
        if dumb
        else "look again in 20 s (`--wait 1m`), then run `utils ha status` on both nodes, because "
        "Cisco documents no such pair of states"
    )
    return f"Do: {how}. Do not: fail over or fall back before the states are understood."
