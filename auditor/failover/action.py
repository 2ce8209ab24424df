"""The one action for how a group stands, and what not to do meanwhile.

Sources: IM&P configuration guide 15, chapter on high availability; administration guide 15,
"Services" (a stopped XCP Router); CLI reference guide 15, `utils ha`.
"""

from collections.abc import Sequence

from auditor import names
from auditor.errors import Reason
from auditor.facts import HaState
from auditor.failover.findings import Aspect, Check, ClusterCheck, GroupCheck, Point, Standing
from auditor.failover.lead import lead
from auditor.failover.obstacles import Obstacle
from auditor.failover.order import first, rank
from auditor.failover.remedies import remedy
from auditor.failover.states import listed, lost
from auditor.findings import Verdict

_PAGE = "System > Presence Redundancy Groups on CUCM"
_FALL_BACK = f"fall back by hand ({_PAGE}, or `utils ha fallback`)"
_NO_USERS = "add, move or delete users"


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
        f"Do: put the nodes into redundancy groups ({_PAGE}), or declare their groups "
        "([[cluster.node]]), and check again. Do not: fail over or fall back before the groups "
        "are known."
    )


def _of_node(point: Point, check: Check) -> str:
    """Return the action for a node that is in no group, or of which nobody can tell."""
    of = next(cluster for cluster in check.clusters if point in cluster.alone)
    if point.verdict is Verdict.UNKNOWN and of.obstacles:
        return clear(of.obstacles[0], "the groups are known")
    return (
        f"Do: put {point.node} into a redundancy group ({_PAGE}), or list it in `planned_nodes` "
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
        return _moving(group)
    if group.standing is Standing.BROKEN and _gone(group):
        return _bring_back(group)
    if services:
        return _start(services)
    axl = [point for point in wrong if point.aspect is Aspect.AXL]
    if axl:
        return _answer(axl[0])
    return _by_standing(group)


def _by_standing(group: GroupCheck) -> str:
    unread = any(node.state is None for node in group.nodes)
    match group.standing:
        case Standing.FAILED_OVER:
            return _fall_back(group)
        case Standing.SWITCHED_OFF:
            return (
                f"Do: turn high availability of {group.name} on ({_PAGE}) once all critical "
                "services run on both nodes. Do not: stop a node before it is on."
            )
        case Standing.BROKEN if not unread:
            return _recover(group)
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
        return f"Do: settle this first: {point.text} Do not: fail over before it is settled."
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
        f"Do: {before}once the cause is mended and {left} is fit, {_FALL_BACK}; automatic fallback "
        f"is off by default. Do not: {_NO_USERS}, or stop or restart {serving}, while failed over."
    )


def _moving(group: GroupCheck) -> str:
    if group.outlasted:
        return (
            "Do: run `utils ha status` on both nodes, and read the log of Cisco Server Recovery "
            f"Manager. Do not: fail over or fall back again, or {_NO_USERS}."
        )
    return (
        "Do: wait, and look again (`--wait 15m` does). Do not: start or stop services, fail over "
        f"or fall back, or {_NO_USERS} meanwhile."
    )


def _gone(group: GroupCheck) -> list[str]:
    """Return the nodes that are down, or tell nothing while the partner serves."""
    if not any(node.state == HaState.BACKUP for node in group.nodes):
        return []
    return [node.name for node in group.nodes if node.state == HaState.DOWN or lost(node)]


def _bring_back(group: GroupCheck) -> str:
    left = [node.name for node in group.nodes if node.name not in _gone(group)]
    return (
        f"Do: bring {listed(_gone(group))} back (power, network, console), then check again. "
        f"Do not: restart {listed(left)}, which serves everybody, or {_NO_USERS}."
    )


def _start(points: Sequence[Point]) -> str:
    urgent = first(points)
    node = urgent.node
    if any(point.service == names.ROUTER for point in points):
        router = next(point for point in points if point.service == names.ROUTER)
        return (
            f"Do: start {names.ROUTER} on {router.node}, then every XCP service of that node by "
            f"hand: they stay down until somebody starts them. Do not: fall back or {_NO_USERS} "
            "before they run."
        )
    down = [point.service for point in sorted(points, key=rank) if point.node == node]
    named = listed(down[:3]) + (f" and {len(down) - 3} more" if len(down) > 3 else "")
    if urgent.word == "NOT ACTIVATED":
        how = f"activate {named} on {node} (Service Activation)"
    else:
        how = f"start {named} on {node} (Control Center, or `utils service start`)"
    why = "; after a stop of Cisco XCP Router they stay down until started by hand"
    reason = why if all(service.startswith("Cisco XCP") for service in down) else ""
    return f"Do: {how}{reason}. Do not: fail over, fall back or {_NO_USERS} before it runs."


def _answer(point: Point) -> str:
    how = {
        "NOT ACTIVATED": f"activate {names.AXL} on {point.node} (Service Activation)",
        "STOPPED": f"start {names.AXL} on {point.node} (Control Center)",
    }.get(point.word, f"restart {names.AXL} on {point.node} (Control Center)")
    return (
        f"Do: {how}, and check again. Do not: fail over or fall back before it answers: users "
        "would lose presence and IM."
    )


def _read_states(group: GroupCheck) -> str:
    if group.obstacles:
        return clear(group.obstacles[0], "the states are known")
    return (
        "Do: run `utils ha status` on both nodes, and make PerfMon and Control Center of both "
        "answer. Do not: fail over or fall back before the states are known."
    )


def _recover(group: GroupCheck) -> str:
    down = [n.name for n in group.nodes if n.state == HaState.FAILED_OVER_SERVICES_DOWN]
    if down:
        return (
            f"Do: find what is down on {listed(down)} with `utils ha status` and `utils service "
            "list`, start it, and then fall back by hand. Do not: fall back before it runs, or "
            f"{_NO_USERS}."
        )
    return (
        f"Do: read the reason with `utils ha status`, mend it, then use Recover ({_PAGE}, or "
        f"`utils ha recover`). Do not: {_NO_USERS}, or fail over again, before it is normal."
    )
