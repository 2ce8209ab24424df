"""What to change, and where, for each reason why a server told nothing.

Sources: IM&P and CUCM administration guides (application users, access control groups, service
activation); the configuration file of this program.
"""

from auditor import names
from auditor.errors import Reason
from auditor.facts import Source
from auditor.failover.obstacles import Obstacle
from auditor.soap.wsdl import AXL, CONTROL_CENTER

_USERS = "User Management > Application User on CUCM"
_OF_AXL = (Source.CUCM_AXL, Source.IMP_AXL)


def remedy(obstacle: Obstacle) -> str:
    """Return what clears an obstacle away, as a clause that begins with a verb."""
    server = obstacle.server
    match obstacle.reason:
        case Reason.CREDENTIALS:
            return _account(obstacle)
        case Reason.NOT_AUTHORISED:
            role = AXL.role if obstacle.source in _OF_AXL else CONTROL_CENTER.role
            return f'give the account the role "{role}" ({_USERS} > Permissions Information)'
        case Reason.TLS:
            return (
                f"see the certificate of {server} with `auditor trust {server} --cluster "
                f"{obstacle.cluster}`, and pin it, give its authority as `ca_bundle`, or renew it"
            )
        case Reason.WRONG_NODE:
            return f"correct the address of {server} ({_address(obstacle)}), or the name service"
        case Reason.UNREACHABLE:
            return (
                f"see that {server} is up, and that its address ({_address(obstacle)}) and the "
                "network let this machine reach it"
            )
        case Reason.TIMED_OUT:
            return f"look at the load of {server} and at the network, or raise `timeout_s`"
        case Reason.RATE_LIMITED:
            return f"wait some minutes, and stop other programs that ask {server}"
    return _of_service(obstacle)


def _account(obstacle: Obstacle) -> str:
    name = obstacle.cluster
    on_cucm = obstacle.source is Source.CUCM_AXL
    if obstacle.elsewhere and not on_cucm:
        return (
            f"see that {names.SYNC_AGENT} runs on {obstacle.server} and has brought the account "
            "there, because another server took the same user name and password"
        )
    sync = (
        ""
        if on_cucm
        else f"; {names.SYNC_AGENT} brings accounts to {obstacle.server}, so see that it runs"
    )
    return (
        f"correct `username` of cluster {name} in the file, or the password (AUDITOR_PASSWORD, "
        f"`password_command` or `auditor login {name}`), and unlock the account if it is locked "
        f"({_USERS}){sync}"
    )


def _address(obstacle: Obstacle) -> str:
    return "`cucm_publisher`" if obstacle.source is Source.CUCM_AXL else "[cluster.addresses]"


def _of_service(obstacle: Obstacle) -> str:
    """Return what to do about a web service that does not answer as it should."""
    server = obstacle.server
    match obstacle.reason:
        case Reason.NO_SUCH_SERVICE if obstacle.source in _OF_AXL:
            return f"activate {names.AXL} on {server} (Service Activation)"
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
