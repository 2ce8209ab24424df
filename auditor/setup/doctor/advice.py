"""What to change and where, for each way in which a step can fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from auditor.config.settings import ClusterSettings
from auditor.errors import ExchangeError, Reason, WrongNode
from auditor.models.facts import Reach
from auditor.report.wording import strip_digest
from auditor.setup.doctor.model import CheckupStep, DoctorCheck, StepOutcome
from auditor.soap.messages import Endpoint, HandshakeResult, TcpResult
from auditor.soap.operations import AXL_API, CONTROL_CENTER_API
from auditor.soap.tls import names_host

APPLICATION_USER_PAGE = "Cisco Unified CM Administration > User Management > Application User"
_ACCESS_CONTROL_GROUP_PAGE = (
    f"{APPLICATION_USER_PAGE} > Permissions Information > Add to Access Control Group"
)
_SERVICE_ACTIVATION_PAGES = {
    True: "Cisco Unified Serviceability > Tools > Service Activation",
    False: "Cisco Unified IM and Presence Serviceability > Tools > Service Activation",
}
_NETWORK_SERVICES_PAGE = (
    "Cisco Unified IM and Presence Serviceability > Tools > Control Center - Network Services"
)
_TRANSIENT_REASONS = frozenset(
    {Reason.TIMED_OUT, Reason.UNAVAILABLE, Reason.RATE_LIMITED, Reason.SOAP_FAULT, Reason.TOO_LARGE}
)
"""Failures that may be gone at the next look: nothing is known to be wrong with the set-up."""


@dataclass(frozen=True, slots=True)
class CheckedServer:
    """Whom a step is about: the server, whether it is the CUCM publisher, and the cluster."""

    endpoint: Endpoint
    cucm: bool
    cluster: str
    username: str

    @property
    def address_key(self) -> str:
        """Return the key of the configuration file that says where it is dialled."""
        return "`cucm_publisher` or [cluster.addresses]" if self.cucm else "[cluster.addresses]"


def build_checked_server(
    settings: ClusterSettings, endpoint: Endpoint, *, cucm: bool
) -> CheckedServer:
    """Return whom the steps of a server are about."""
    return CheckedServer(endpoint, cucm, settings.name, settings.username)


def unknown_name_step(about: CheckedServer, error: ExchangeError) -> CheckupStep:
    """Return the step of a name that has no address."""
    return CheckupStep(
        DoctorCheck.NAME,
        StepOutcome.UNCLEAR if error.reason is Reason.TIMED_OUT else StepOutcome.MEND,
        error.detail,
        "Correct the name, add it to the name service, or give its address in the file.",
        f'{about.address_key}: "{about.endpoint.name}" = "ADDRESS"',
        error.reason,
    )


def no_connection_step(about: CheckedServer, tried: TcpResult) -> CheckupStep:
    """Return the step of a port that takes no connection."""
    port = about.endpoint.port
    remedy = "Check the route to it, that it is up, and that its address and port are right."
    where = f"the network, or {about.address_key}"
    if tried.reach is Reach.REFUSED:
        remedy = "Check the address and port, and that Cisco Tomcat runs there."
        where = f"{about.address_key}; on the server `utils service list` shows Cisco Tomcat"
    elif tried.reach is Reach.TIMED_OUT:
        remedy = f"Let TCP port {port} through from this machine, or correct its address."
        where = f"the firewalls on the way, or {about.address_key}"
    return CheckupStep(
        DoctorCheck.CONNECTION, StepOutcome.MEND, tried.text, remedy, where, tried.reason
    )


def bad_certificate_step(
    about: CheckedServer, shown: HandshakeResult, error: ExchangeError, now: datetime
) -> CheckupStep:
    """Return the step of a server that is not believed; its digest is told with the rest."""
    unclear = shown.certificate is None and error.reason in _TRANSIENT_REASONS
    return CheckupStep(
        DoctorCheck.CERTIFICATE,
        StepOutcome.UNCLEAR if unclear else StepOutcome.MEND,
        strip_digest(error.detail) if shown.certificate else error.detail,
        error.advice,
        _certificate_remedy_place(about, shown, error, now),
        error.reason,
        shown.certificate,
    )


def _certificate_remedy_place(
    about: CheckedServer, shown: HandshakeResult, error: ExchangeError, now: datetime
) -> str:
    endpoint, certificate = about.endpoint, shown.certificate
    trust = f"`auditor trust {endpoint.name} --cluster {about.cluster}`"
    if isinstance(error, WrongNode):
        return about.address_key
    if certificate is None:
        return "Cisco Unified OS Administration > Security, or `legacy_tls`"
    if endpoint.pins:
        return f"[cluster.pins]; {trust} shows and records it"
    if certificate.self_signed:
        return f"[cluster.pins]; {trust} shows and records it"
    if not certificate.not_before <= now <= certificate.not_after:
        return "Cisco Unified OS Administration > Security > Certificate Management > tomcat"
    if not names_host(certificate, endpoint.verify_name):
        return f"[cluster.addresses], or [cluster.pins] by {trust}"
    return f"`ca_bundle`, or [cluster.pins] by {trust}"


def refused_login_step(about: CheckedServer, error: ExchangeError) -> CheckupStep:
    """Return the step of an account that was not let in."""
    source = error.failure.password_source
    told = f" The password came from {source}." if source else ""
    return CheckupStep(
        DoctorCheck.CREDENTIALS,
        StepOutcome.MEND,
        f"{error.detail}{told} It was tried once.",
        f"Correct the user name or the password of {about.username}, then `auditor login "
        f"{about.cluster}`; unlock the account if it is locked."
        + ("" if about.cucm else " Application users reach IM and Presence by Cisco Sync Agent."),
        f"`username` in the file; {APPLICATION_USER_PAGE}",
        error.reason,
    )


def missing_role_step(
    about: CheckedServer, check: DoctorCheck, error: ExchangeError
) -> CheckupStep:
    """Return the step of an account that lacks a role."""
    role = f'"{AXL_API.role}"' if check is DoctorCheck.AXL_ROLE else f'"{CONTROL_CENTER_API.role}"'
    enough = ' (from 11.5 "Standard AXL Read Only API Access" is enough here)'
    return CheckupStep(
        check,
        StepOutcome.MEND,
        error.detail,
        f"Put {about.username} into an access control group that holds the role {role}"
        f"{enough if check is DoctorCheck.AXL_ROLE and about.cucm else ''}.",
        _ACCESS_CONTROL_GROUP_PAGE,
        error.reason,
    )


def failing_service_step(
    about: CheckedServer, check: DoctorCheck, error: ExchangeError
) -> CheckupStep:
    """Return the step of a web service that does not answer as it should."""
    outcome = StepOutcome.UNCLEAR if error.reason in _TRANSIENT_REASONS else StepOutcome.MEND
    remedy, where = error.advice, f"`utils service list` on {about.endpoint.name}"
    if error.reason is Reason.NO_SUCH_SERVICE and check is DoctorCheck.AXL_SERVICE:
        remedy = f"Activate Cisco AXL Web Service on {about.endpoint.name}."
        where = _SERVICE_ACTIVATION_PAGES[about.cucm]
    elif error.reason is Reason.NO_SUCH_SERVICE:
        remedy = "Start the SOAP services there, and check that the address is a node's own."
        where = (
            f"{_NETWORK_SERVICES_PAGE} > SOAP -Real-Time Service APIs, SOAP -Performance Monitoring"
            " APIs"
        )
    elif error.reason in (Reason.BAD_REPLY, Reason.WRONG_NODE, Reason.TLS, Reason.UNREACHABLE):
        where = about.address_key
    return CheckupStep(check, outcome, error.detail, remedy, where, error.reason)


def optional_axl_step(about: CheckedServer, error: ExchangeError) -> CheckupStep:
    """Return the step of a subscriber without AXL, which may be meant so (table, AXL-03)."""
    return CheckupStep(
        DoctorCheck.AXL_SERVICE,
        StepOutcome.NOTE,
        f"{error.detail} On a subscriber that may be meant so; the audit judges it.",
        f"Needed where intercluster peers sync from: activate Cisco AXL Web Service on "
        f"{about.endpoint.name}.",
        _SERVICE_ACTIVATION_PAGES[False],
        error.reason,
    )


def no_common_version_step(error: ExchangeError) -> CheckupStep:
    """Return the step of an AXL that speaks none of our versions, or not the configured one."""
    return CheckupStep(
        DoctorCheck.VERSION,
        StepOutcome.MEND,
        error.detail,
        error.advice,
        "`axl_version`",
        error.reason,
    )


def no_nodes_step(error: ExchangeError | None, known: Sequence[str]) -> CheckupStep:
    """Return the step of a CUCM that does not tell the nodes.

    `error` None: it could not be asked. `known` are the nodes that the file names.
    """
    checked = f"those that the file names are checked: {', '.join(known)}"
    instead = f"{checked if known else 'the file names none, so none is checked'}."
    if error is None:
        return CheckupStep(
            DoctorCheck.NODES, StepOutcome.SKIPPED, f"CUCM could not tell them; {instead}"
        )
    return CheckupStep(
        DoctorCheck.NODES,
        StepOutcome.MEND,
        f"{error.detail} Instead {instead}",
        error.advice,
        "[[cluster.node]]",
        error.reason,
    )


def no_groups_step(error: ExchangeError, nodes: Sequence[str]) -> CheckupStep:
    """Return the step of a CUCM that tells the nodes and not their redundancy groups."""
    return CheckupStep(
        DoctorCheck.NODES,
        StepOutcome.UNCLEAR if error.reason in _TRANSIENT_REASONS else StepOutcome.MEND,
        f"{', '.join(nodes)}; but not their redundancy groups: {error.detail}",
        error.advice,
        "[[cluster.node]]",
        error.reason,
    )
