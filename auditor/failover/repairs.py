"""What to do about a pair that moves or is broken, and about services that are down.

Sources: IM&P configuration guide 15, chapter on high availability; administration guide 15,
"Services" (a stopped XCP Router); CLI reference guide 15, `utils ha`.
"""

from collections.abc import Sequence

from auditor import names
from auditor.facts import HaState, RunState
from auditor.failover.findings import GroupCheck, Standing
from auditor.failover.order import first, rank
from auditor.failover.restarts import UNSTABLE
from auditor.failover.seen import Aspect, Point
from auditor.failover.states import listed, lost

PAGE = "System > Presence Redundancy Groups on CUCM"
NO_USERS = "add, move or delete users"


def moving(group: GroupCheck) -> str:
    """Return what to do while a pair moves, or when it does not stop moving."""
    if group.outlasted:
        return (
            "Do: run `utils ha status` on both nodes, and read the log of Cisco Server Recovery "
            f"Manager. Do not: fail over or fall back again, or {NO_USERS}."
        )
    return (
        "Do: wait, and look again (`--wait 15m` does). Do not: start or stop services, fail over "
        f"or fall back, or {NO_USERS} meanwhile."
    )


def gone(group: GroupCheck) -> list[str]:
    """Return the nodes that are down, or tell nothing while the partner serves or is down."""
    partner = any(node.state in (HaState.BACKUP, HaState.DOWN) for node in group.nodes)
    return [n.name for n in group.nodes if n.state == HaState.DOWN or (partner and lost(n))]


def _served(group: GroupCheck) -> bool:
    return any(node.state == HaState.BACKUP for node in group.nodes)


def bring_back(group: GroupCheck) -> str:
    """Return how to bring back a node that is down."""
    left = [node.name for node in group.nodes if node.name not in gone(group)]
    serving = ", which serves everybody" if _served(group) else ", which is left"
    keep = f"restart {listed(left)}{serving}, or " if left else ""
    return (
        f"Do: bring {listed(gone(group))} back (power, network, console), then check again. "
        f"Do not: {keep}{NO_USERS}."
    )


def idle_alone(group: GroupCheck) -> bool:
    """Tell whether a node is idle and no partner serves: then nobody serves its users."""
    open_ = group.standing in (Standing.UNKNOWN, Standing.BROKEN) and not _served(group)
    return open_ and any(node.state == HaState.IDLE for node in group.nodes)


def ask_recovery(group: GroupCheck) -> str:
    """Return what to do where high availability stopped services and nobody serves instead."""
    both = listed(node.name for node in group.nodes)
    return (
        f"Do: run `utils ha status` on {both}, and see that {names.SERVER_RECOVERY} runs on both: "
        "it stops and starts the services of an idle node. Do not: start services by hand, fail "
        f"over or fall back, or {NO_USERS}, before the states are understood."
    )


def look_into(point: Point) -> str:
    """Return how to settle a point that is open, as a sentence."""
    service, node = point.service, point.node
    if point.aspect in (Aspect.AXL, Aspect.MEMBER) or not service:
        return f"settle this first: {point.text}"
    match point.word:
        case RunState.STARTING | RunState.STOPPING:
            return (
                f"look again with `--wait 5m`; if {service} on {node} is still {point.word}, read "
                "its trace (RTMT, Trace & Log Central)."
            )
        case "stopped":
            return (
                f"see whether {service} is activated on {node} (Service Activation), and start it "
                "if it is."
            )
        case RunState.UNKNOWN:
            return (
                f"look for {service} in Control Center of {node} and with `utils service list`, "
                "then check again."
            )
    return f"settle this first: {point.text}"


def start(points: Sequence[Point], group: GroupCheck) -> str:
    """Return which services to start first, and how; of one that restarts, why it does."""
    points = [point for point in points if point.word != UNSTABLE] or points
    urgent = first(points)
    node = urgent.node
    if urgent.word == UNSTABLE:
        return _keep_up(urgent)
    if any(point.service == names.ROUTER for point in points):
        over = "fail over" if group.standing is Standing.NORMAL else "fall back"
        router = next(point for point in points if point.service == names.ROUTER)
        return (
            f"Do: start {names.ROUTER} on {router.node}, then every XCP service of that node by "
            f"hand: they stay down until somebody starts them. Do not: {over} or {NO_USERS} "
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
    run = "they run" if len(down) > 1 else "it runs"
    return f"Do: {how}{reason}. Do not: fail over, fall back or {NO_USERS} before {run}."


def _keep_up(point: Point) -> str:
    """Return how to find out why a service restarts again and again."""
    return (
        f"Do: read the trace of {point.service} on {point.node} (RTMT, Trace & Log Central) and "
        f"look for its core (`utils core active list`); mend what ends it. Do not: fail over, fall "
        f"back or {NO_USERS} before it stays up."
    )


def answer(point: Point) -> str:
    """Return how to make AXL answer."""
    how = {
        "NOT ACTIVATED": f"activate {names.AXL} on {point.node} (Service Activation)",
        "STOPPED": f"start {names.AXL} on {point.node} (Control Center)",
    }.get(point.word, f"restart {names.AXL} on {point.node} (Control Center)")
    return (
        f"Do: {how}, and check again. Do not: fail over or fall back before it answers: users "
        "would lose presence and IM."
    )


def recover(group: GroupCheck) -> str:
    """Return how a pair recovers whose nodes both tell their states."""
    down = [n.name for n in group.nodes if n.state == HaState.FAILED_OVER_SERVICES_DOWN]
    if down:
        return (
            f"Do: find what is down on {listed(down)} with `utils ha status` and `utils service "
            "list`, start it, and then fall back by hand. Do not: fall back before it runs, or "
            f"{NO_USERS}."
        )
    return (
        f"Do: read the reason with `utils ha status`, mend it, then use Recover ({PAGE}, or "
        f"`utils ha recover {group.name}`). Do not: {NO_USERS}, or fail over again, before it is "
        "normal."
    )
