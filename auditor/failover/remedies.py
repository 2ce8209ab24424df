"""What to change, and where, for each reason why a server told nothing.

Sources: IM&P and CUCM administration guides (application users, access control groups, service
activation); the configuration file of this program.


What to do about a pair that moves or is broken, and about services that are down.

Sources: IM&P configuration guide 15, chapter on high availability; administration guide 15,
"Services" (a stopped XCP Router); CLI reference guide 15, `utils ha`.
"""

from collections.abc import Sequence

from auditor.errors import Reason
from auditor.failover.ha_states import is_node_unreachable
from auditor.failover.model import GroupCheck, GroupStatus, NodeCheck, NodeCheckType, SourceFailure
from auditor.failover.priority import most_urgent_check, urgency_rank
from auditor.failover.services import UNSTABLE_LABEL
from auditor.models.facts import HaState, RunState, Source
from auditor.service_names import AXL_WEB_SERVICE, SERVER_RECOVERY_MANAGER, SYNC_AGENT, XCP_ROUTER
from auditor.soap.operations import AXL_API, CONTROL_CENTER_API
from auditor.text import join_names

_USER_MANAGEMENT_PAGE = "User Management > Application User on CUCM"
_AXL_SOURCES = (Source.CUCM_AXL, Source.IMP_AXL)


def source_failure_remedy(obstacle: SourceFailure) -> str:
    """Return what clears an obstacle away, as a clause that begins with a verb."""
    server = obstacle.server
    match obstacle.reason:
        case Reason.CREDENTIALS:
            return _credentials_remedy(obstacle)
        case Reason.NOT_AUTHORISED:
            role = AXL_API.role if obstacle.source in _AXL_SOURCES else CONTROL_CENTER_API.role
            return (
                f'give the account the role "{role}" ({_USER_MANAGEMENT_PAGE} > Permissions'
                " Information)"
            )
        case Reason.TLS:
            return (
                f"see the certificate of {server} with `auditor trust {server} --cluster "
                f"{obstacle.cluster}`, and pin it, give its authority as `ca_bundle`, or renew it"
            )
        case Reason.WRONG_NODE:
            return (
                f"correct the address of {server} ({_address_config_key(obstacle)}), or the name"
                " service"
            )
        case Reason.UNREACHABLE:
            return (
                f"see that {server} is up, and that its address ({_address_config_key(obstacle)})"
                " and the network let this machine reach it"
            )
        case Reason.TIMED_OUT:
            return f"look at the load of {server} and at the network, or raise `timeout_s`"
        case Reason.RATE_LIMITED:
            return f"wait some minutes, and stop other programs that ask {server}"
    return _web_service_remedy(obstacle)


def _credentials_remedy(obstacle: SourceFailure) -> str:
    name = obstacle.cluster
    on_cucm = obstacle.source is Source.CUCM_AXL
    if obstacle.elsewhere and not on_cucm:
        return (
            f"see that {SYNC_AGENT} runs on {obstacle.server} and has brought the account "
            "there, because another server took the same user name and password"
        )
    sync = (
        ""
        if on_cucm
        else f"; {SYNC_AGENT} brings accounts to {obstacle.server}, so see that it runs"
    )
    return (
        f"correct `username` of cluster {name} in the file, or the password (AUDITOR_PASSWORD, "
        f"`password_command` or `auditor login {name}`), and unlock the account if it is locked "
        f"({_USER_MANAGEMENT_PAGE}){sync}"
    )


def _address_config_key(obstacle: SourceFailure) -> str:
    return "`cucm_publisher`" if obstacle.source is Source.CUCM_AXL else "[cluster.addresses]"


def _web_service_remedy(obstacle: SourceFailure) -> str:
    """Return what to do about a web service that does not answer as it should."""
    server = obstacle.server
    match obstacle.reason:
        case Reason.NO_SUCH_SERVICE if obstacle.source in _AXL_SOURCES:
            return f"activate {AXL_WEB_SERVICE} on {server} (Service Activation)"
        case Reason.NO_SUCH_SERVICE:
            return f"start the SOAP services of {server} (Control Center - Network Services)"
        case Reason.UNSUPPORTED_VERSION:
            return (
                f"set `axl_version` of cluster {obstacle.cluster} to one that {server} speaks, or "
                "declare the nodes and their groups ([[cluster.node]])"
            )
        case Reason.UNAVAILABLE:
            return f"look at Cisco Tomcat of {server} (`utils service list`)"
        case Reason.BUG:
            return "report this fault of auditor, with the log of `auditor --verbose`"
        case _ if obstacle.source is Source.PERFMON:
            return "run `utils ha status` on both nodes, because PerfMon does not tell the state"
    return f"find out with `auditor doctor {obstacle.cluster}` why {server} tells nothing"


REDUNDANCY_GROUPS_PAGE = "System > Presence Redundancy Groups on CUCM"
USER_CHANGES = "add, move or delete users"


def moving_pair_action(group: GroupCheck) -> str:
    """Return what to do while a pair moves, or when it does not stop moving."""
    if group.outlasted:
        return (
            "Do: run `utils ha status` on both nodes, and read the log of Cisco Server Recovery "
            f"Manager. Do not: fail over or fall back again, or {USER_CHANGES}."
        )
    return (
        "Do: wait, and look again (`--wait 15m` does). Do not: start or stop services, fail over "
        f"or fall back, or {USER_CHANGES} meanwhile."
    )


def down_nodes(group: GroupCheck) -> list[str]:
    """Return the nodes that are down, or tell nothing while the partner serves or is down."""
    partner = any(node.state in (HaState.BACKUP, HaState.DOWN) for node in group.nodes)
    return [
        n.name
        for n in group.nodes
        if n.state == HaState.DOWN or (partner and is_node_unreachable(n))
    ]


def _has_backup_node(group: GroupCheck) -> bool:
    return any(node.state == HaState.BACKUP for node in group.nodes)


def down_node_action(group: GroupCheck) -> str:
    """Return how to bring back a node that is down."""
    left = [node.name for node in group.nodes if node.name not in down_nodes(group)]
    serving = ", which serves everybody" if _has_backup_node(group) else ", which is left"
    keep = f"restart {join_names(left)}{serving}, or " if left else ""
    return (
        f"Do: bring {join_names(down_nodes(group))} back (power, network, console), then check"
        f" again. Do not: {keep}{USER_CHANGES}."
    )


def is_idle_without_partner(group: GroupCheck) -> bool:
    """Tell whether a node is idle and no partner serves: then nobody serves its users."""
    open_ = group.standing in (GroupStatus.UNKNOWN, GroupStatus.BROKEN) and not _has_backup_node(
        group
    )
    return open_ and any(node.state == HaState.IDLE for node in group.nodes)


def server_recovery_action(group: GroupCheck) -> str:
    """Return what to do where high availability stopped services and nobody serves instead."""
    both = join_names(node.name for node in group.nodes)
    return (
        f"Do: run `utils ha status` on {both}, and see that {SERVER_RECOVERY_MANAGER} runs on both:"
        " it stops and starts the services of an idle node. Do not: start services by hand, fail"
        f" over or fall back, or {USER_CHANGES}, before the states are understood."
    )


def open_check_remedy(point: NodeCheck) -> str:
    """Return how to settle a point that is open, as a sentence."""
    service, node = point.service, point.node
    if point.aspect in (NodeCheckType.AXL, NodeCheckType.MEMBER) or not service:
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


def start_services_action(points: Sequence[NodeCheck], group: GroupCheck) -> str:
    """Return which services to start first, and how; of one that restarts, why it does."""
    points = [point for point in points if point.word != UNSTABLE_LABEL] or points
    urgent = most_urgent_check(points)
    node = urgent.node
    if urgent.word == UNSTABLE_LABEL:
        return _restarting_service_action(urgent)
    if any(point.service == XCP_ROUTER for point in points):
        over = "fail over" if group.standing is GroupStatus.NORMAL else "fall back"
        router = next(point for point in points if point.service == XCP_ROUTER)
        return (
            f"Do: start {XCP_ROUTER} on {router.node}, then every XCP service of that node by "
            f"hand: they stay down until somebody starts them. Do not: {over} or {USER_CHANGES} "
            "before they run."
        )
    down = [point.service for point in sorted(points, key=urgency_rank) if point.node == node]
    named = join_names(down, limit=3)
    if urgent.word == "NOT ACTIVATED":
        how = f"activate {named} on {node} (Service Activation)"
    else:
        how = f"start {named} on {node} (Control Center, or `utils service start`)"
    why = "; after a stop of Cisco XCP Router they stay down until started by hand"
    reason = why if all(service.startswith("Cisco XCP") for service in down) else ""
    run = "they run" if len(down) > 1 else "it runs"
    return f"Do: {how}{reason}. Do not: fail over, fall back or {USER_CHANGES} before {run}."


def _restarting_service_action(point: NodeCheck) -> str:
    """Return how to find out why a service restarts again and again."""
    return (
        f"Do: read the trace of {point.service} on {point.node} (RTMT, Trace & Log Central) and "
        f"look for its core (`utils core active list`); mend what ends it. Do not: fail over, fall "
        f"back or {USER_CHANGES} before it stays up."
    )


def fix_axl_action(point: NodeCheck) -> str:
    """Return how to make AXL answer."""
    how = {
        "NOT ACTIVATED": f"activate {AXL_WEB_SERVICE} on {point.node} (Service Activation)",
        "STOPPED": f"start {AXL_WEB_SERVICE} on {point.node} (Control Center)",
    }.get(point.word, f"restart {AXL_WEB_SERVICE} on {point.node} (Control Center)")
    return (
        f"Do: {how}, and check again. Do not: fail over or fall back before it answers: users "
        "would lose presence and IM."
    )


def recover_pair_action(group: GroupCheck) -> str:
    """Return how a pair recovers whose nodes both tell their states."""
    down = [n.name for n in group.nodes if n.state == HaState.FAILED_OVER_SERVICES_DOWN]
    if down:
        return (
            f"Do: find what is down on {join_names(down)} with `utils ha status` and `utils"
            " service list`, start it, and then fall back by hand. Do not: fall back before it"
            f" runs, or {USER_CHANGES}."
        )
    return (
        "Do: read the reason with `utils ha status`, mend it, then use Recover"
        f" ({REDUNDANCY_GROUPS_PAGE}, or `utils ha recover {group.name}`). Do not: {USER_CHANGES},"
        " or fail over again, before it is normal."
    )
