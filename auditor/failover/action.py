"""The one action for how a group stands, and what not to do meanwhile.

Sources: IM&P configuration guide 15, chapter on high availability; administration guide 15,
"Services" (a stopped XCP Router); CLI reference guide 15, `utils ha`.
"""

from collections.abc import Sequence

from auditor import names
from auditor.facts import HaState
from auditor.failover.findings import Aspect, Check, GroupCheck, Point, Standing
from auditor.failover.order import first, rank
from auditor.failover.states import listed
from auditor.failover.verdict import worst
from auditor.findings import Verdict

_PAGE = "System > Presence Redundancy Groups on CUCM"
_FALL_BACK = f"fall back by hand ({_PAGE}, or `utils ha fallback`)"
_NO_USERS = "add, move or delete users"


def of_all(check: Check) -> str:
    """Return the second line: what to do now, and what not to do meanwhile."""
    group = worst(check)
    if group is None:
        return (
            "Do: make AXL of the CUCM publisher answer, or declare the nodes and their groups, and "
            "check again. Do not: fail over or fall back before the groups are known."
        )
    return of_group(group)


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
    return _by_standing(group, wrong)


def _by_standing(group: GroupCheck, wrong: Sequence[Point]) -> str:
    match group.standing:
        case Standing.FAILED_OVER:
            left = listed(n.name for n in group.nodes if n.state != HaState.BACKUP)
            return (
                f"Do: once the cause is mended and {left} is fit, {_FALL_BACK}; automatic fallback "
                f"is off by default. Do not: {_NO_USERS} while failed over."
            )
        case Standing.SWITCHED_OFF:
            return (
                f"Do: turn high availability of {group.name} on ({_PAGE}) once all critical "
                "services run on both nodes. Do not: stop a node before it is on."
            )
        case Standing.BROKEN if any(node.state is None for node in group.nodes):
            return _read_states()
        case Standing.BROKEN:
            return _recover(group)
        case Standing.UNKNOWN if all(node.state == HaState.UNKNOWN for node in group.nodes):
            return (
                f"Do: restart {names.SERVER_RECOVERY} on both nodes, then run `utils ha status`. "
                "Do not: fail over or fall back before the states are known."
            )
        case Standing.UNKNOWN:
            return _read_states()
    if wrong or group.of(Verdict.UNKNOWN):
        point = first(wrong or group.of(Verdict.UNKNOWN))
        return f"Do: settle this first: {point.text} Do not: fail over before it is settled."
    if group.sessions.short:
        return (
            "Do: give clients up to 30 minutes to sign in again, then check again. Do not: fail "
            "over or restart services meanwhile."
        )
    return "Do: nothing."


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
    return [
        node.name
        for node in group.nodes
        if node.state == HaState.DOWN or (node.state is None and not node.answered)
    ]


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


def _read_states() -> str:
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
