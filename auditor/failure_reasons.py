"""The one table of failure reasons: what each means, what to do about it, and where.

Errors, reports, `doctor`, `init` and `failover-check` take their words from here, and so does the
page `auditor/docs/troubleshooting.md`.

Every text is a template of a clause, without a capital and without a full stop, so that a renderer
can begin a sentence with it or put it behind a "because". `auditor.failures` fills them in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Reason(StrEnum):
    """Why a source gave no answer: the closed list of `coverage.reason`."""

    # The tokens are in JSON reports and in evidence, whose readers a new spelling would break.
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    TLS = "tls"
    CREDENTIALS = "credentials"
    NOT_AUTHORISED = "not_authorised"
    NO_SUCH_SERVICE = "no_such_service"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    SOAP_FAULT = "soap_fault"
    BAD_REPLY = "bad_reply"
    TOO_LARGE = "too_large"
    WRONG_NODE = "wrong_node"
    UNSUPPORTED_VERSION = "unsupported_version"
    WORKER_LOST = "worker_lost"
    NO_WORKER = "no_worker"
    WORKER_VERSION = "worker_version"
    NO_PASSWORD = "no_password"  # noqa: S105 - a token
    SCHEDULER_LOST = "scheduler_lost"
    NOT_ASKED = "not_asked"
    BUG = "bug"

    @property
    def words(self) -> str:
        """Return the reason as people call it."""
        return _REASON_WORDS.get(self.value, self.value.replace("_", " "))


_REASON_WORDS = {
    "tls": "certificate not trusted",
    "credentials": "password refused",
    "soap_fault": "SOAP fault",
    "unsupported_version": "no common AXL version",
    "bug": "fault of auditor itself",
}
"""Where the token says little to a reader of a report."""


class Interface(StrEnum):
    """A web service of a server, by its name in messages."""

    AXL = "AXL"
    CONTROL_CENTER = "Control Center"
    PERFMON = "PerfMon"


INTERFACE_ROLES: Mapping[Interface, str] = {
    Interface.AXL: "Standard AXL API Access",
    # Cisco publishes no role for only reading these two; monitoring templates use this one.
    Interface.CONTROL_CENTER: "Standard CCM Server Monitoring",
    Interface.PERFMON: "Standard CCM Server Monitoring",
}
"""The role that an account needs for each interface, as Cisco calls it."""


@dataclass(frozen=True, slots=True)
class ReasonText:
    """What happened, what to do, and where: a page, a command, or a key of the configuration.

    Of a problem, an empty cause and an `advice` or `where` of None are those of the reason.
    """

    cause: str
    advice: str | None = None
    where: str | None = None


APPLICATION_USER_PAGE = "Cisco Unified CM Administration > User Management > Application User"
_ACCESS_CONTROL_GROUP_PAGE = (
    f"{APPLICATION_USER_PAGE} > Permissions Information > Add to Access Control Group"
)
_NETWORK_SERVICES_PAGE = (
    "Cisco Unified IM and Presence Serviceability > Tools > Control Center - Network Services"
)
_SERVICE_LIST = "`utils service list` on {server}"

REASONS: Mapping[Reason, ReasonText] = {
    Reason.UNREACHABLE: ReasonText(
        "{server} could not be reached",
        "check its address, the network on the way (TCP port 8443), and that it is up",
        "{addresses}; the firewalls on the way",
    ),
    Reason.TIMED_OUT: ReasonText(
        "{server} did not answer in time",
        "check its load and the network, or raise `timeout_s`; then audit again",
        _SERVICE_LIST,
    ),
    Reason.TLS: ReasonText(
        "{server} showed no certificate that is trusted here",
        "look at its certificate with `auditor trust{config} {server} {cluster}`, then pin it, "
        "give its authority as `ca_bundle`, or renew it{with_ha_off}",
        "[cluster.pins] or `ca_bundle`",
    ),
    Reason.CREDENTIALS: ReasonText(
        "{server} refused the user name or password",
        "correct the user name or the password, or unlock the account{sync_agent}; it was not "
        "tried again, because repeated failures lock accounts",
        f"`username` in the file, `auditor login{{config}} {{cluster}}`; {APPLICATION_USER_PAGE}",
    ),
    Reason.NOT_AUTHORISED: ReasonText(
        "{server} did not let the account ask, because it lacks a role",
        "give the account the role that this interface needs",
        _ACCESS_CONTROL_GROUP_PAGE,
    ),
    Reason.NO_SUCH_SERVICE: ReasonText(
        "the web service is missing on {server}",
        "check that the web service is activated and runs there",
        _SERVICE_LIST,
    ),
    Reason.RATE_LIMITED: ReasonText(
        "{server} received too many requests",
        "wait a few minutes, and look for other programs that ask {server}",
        "the other programs that use its web services",
    ),
    Reason.UNAVAILABLE: ReasonText(
        "the web service of {server} was not available",
        "look at its web server (Cisco Tomcat), and ask again later",
        _SERVICE_LIST,
    ),
    Reason.SOAP_FAULT: ReasonText(
        "{server} answered with a SOAP fault",
        "look up the fault in the logs of {server}; the request only reads",
        "the logs of Cisco Tomcat on {server}; `auditor --verbose` logs the request",
    ),
    Reason.BAD_REPLY: ReasonText(
        "{server} sent a reply that cannot be used",
        "look for a proxy or a login page between this machine and {server}",
        "{addresses}",
    ),
    Reason.TOO_LARGE: ReasonText(
        "{server} sent too large a reply",
        "check what answers at that address; no reply that auditor asks for is that large",
        "{addresses}",
    ),
    Reason.WRONG_NODE: ReasonText(
        "another node answered for {server}",
        "correct the address of {server} or the name service: each node needs its own address",
        "{addresses}",
    ),
    Reason.UNSUPPORTED_VERSION: ReasonText(
        "{server} spoke no AXL version that auditor speaks",
        "set `axl_version` to one that {server} speaks, or declare the nodes and their groups",
        "`axl_version`, [[cluster.node]]",
    ),
    Reason.WORKER_LOST: ReasonText(
        "each worker that asked {server} died, or the scheduler could not reach it",
        "look what became of the worker, then audit again",
        "the log of the worker's service, and the memory of its machine",
    ),
    Reason.NO_WORKER: ReasonText(
        "no worker was there to ask {server}",
        "start a worker for its site, then audit again",
        "`site` in the file, `--resources` of the worker",
    ),
    Reason.WORKER_VERSION: ReasonText(
        "the worker that was to ask {server} runs another version of auditor",
        "install the same version on this machine, the scheduler and every worker",
        "`auditor --version` on each of them",
    ),
    Reason.NO_PASSWORD: ReasonText(
        "the worker that was to ask {server} has no password for it",
        "give that worker the password, then audit again",
        "the environment of the worker's service, its keyring, or `password_command`",
    ),
    Reason.SCHEDULER_LOST: ReasonText(
        "the scheduler went away before the answers of {server} came",
        "look why the scheduler ended, then audit again",
        "the log of the scheduler's service",
    ),
    Reason.NOT_ASKED: ReasonText(
        "nothing was asked of {server}",
        "fix what stopped the audit before it, then audit again",
        "the first failure in the coverage",
    ),
    Reason.BUG: ReasonText(
        "auditor itself failed on {server}",
        "run again with --verbose for the trace, and report it",
        "the log of `auditor --verbose`",
    ),
}
"""What each reason means, and what to do where no more is known than the reason."""

_VARIANT: TypeAlias = tuple[Reason, Interface]

REASONS_BY_INTERFACE: Mapping[_VARIANT, ReasonText] = {
    **{
        (Reason.NOT_AUTHORISED, interface): ReasonText(
            f"{interface} of {{server}} did not let the account ask, because it lacks a role",
            f'give the account the role "{role}"'
            + ("{read_only_role}" if interface is Interface.AXL else ""),
            _ACCESS_CONTROL_GROUP_PAGE,
        )
        for interface, role in INTERFACE_ROLES.items()
    },
    # AXL is a feature service, which is activated; the SOAP services are network services, which
    # can only be started. The odd blank in their names is Cisco's.
    (Reason.NO_SUCH_SERVICE, Interface.AXL): ReasonText(
        "the AXL web service is missing on {server}",
        "activate Cisco AXL Web Service on {server} if it is not activated, start it if it is "
        "stopped, else restart it",
        "{activation_page}, then Control Center - Feature Services",
    ),
    (Reason.NO_SUCH_SERVICE, Interface.CONTROL_CENTER): ReasonText(
        "Control Center's web service is missing on {server}",
        "start the SOAP services of {server}, and check that the address is its own",
        f"{_NETWORK_SERVICES_PAGE} > SOAP -Real-Time Service APIs",
    ),
    (Reason.NO_SUCH_SERVICE, Interface.PERFMON): ReasonText(
        "PerfMon's web service is missing on {server}",
        "start the SOAP services of {server}, and check that the address is its own",
        f"{_NETWORK_SERVICES_PAGE} > SOAP -Performance Monitoring APIs",
    ),
}
"""Where the interface decides what to do."""


def reason_text(reason: Reason, interface: Interface | None = None) -> ReasonText:
    """Return what a reason means, of one interface where that makes a difference."""
    if interface is not None and (reason, interface) in REASONS_BY_INTERFACE:
        return REASONS_BY_INTERFACE[reason, interface]
    return REASONS[reason]
