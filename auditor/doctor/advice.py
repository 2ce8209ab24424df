"""What to change and where, for each way in which a step can fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from auditor.cluster import Reach
from auditor.config.settings import ClusterSettings
from auditor.doctor.steps import Check, Outcome, Step
from auditor.errors import BadCredentials, ExchangeError, Reason, WrongNode
from auditor.report.certificate import without_digest
from auditor.soap.certificates import names_host
from auditor.soap.endpoint import Endpoint
from auditor.soap.messages import Shown, TcpResult
from auditor.soap.wsdl import AXL, CONTROL_CENTER

ACCOUNT = "Cisco Unified CM Administration > User Management > Application User"
_GROUPS = f"{ACCOUNT} > Permissions Information > Add to Access Control Group"
_ACTIVATION = {
    True: "Cisco Unified Serviceability > Tools > Service Activation",
    False: "Cisco Unified IM and Presence Serviceability > Tools > Service Activation",
}
_NETWORK = (
    "Cisco Unified IM and Presence Serviceability > Tools > Control Center - Network Services"
)
_TRANSIENT = frozenset(
    {Reason.TIMED_OUT, Reason.UNAVAILABLE, Reason.RATE_LIMITED, Reason.SOAP_FAULT, Reason.TOO_LARGE}
)
"""Failures that may be gone at the next look: nothing is known to be wrong with the set-up."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a step is about: the server, whether it is the CUCM publisher, and the cluster."""

    endpoint: Endpoint
    cucm: bool
    cluster: str
    username: str

    @property
    def address_key(self) -> str:
        """Return the key of the configuration file that says where it is dialled."""
        return "`cucm_publisher` or [cluster.addresses]" if self.cucm else "[cluster.addresses]"


def subject(settings: ClusterSettings, endpoint: Endpoint, *, cucm: bool) -> Subject:
    """Return whom the steps of a server are about."""
    return Subject(endpoint, cucm, settings.name, settings.username)


def unknown_name(about: Subject, error: ExchangeError) -> Step:
    """Return the step of a name that has no address."""
    return Step(
        Check.NAME,
        Outcome.UNCLEAR if error.reason is Reason.TIMED_OUT else Outcome.MEND,
        error.detail,
        "Correct the name, add it to the name service, or give its address in the file.",
        f'{about.address_key}: "{about.endpoint.name}" = "ADDRESS"',
        error.reason,
    )


def no_connection(about: Subject, tried: TcpResult) -> Step:
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
    return Step(Check.CONNECTION, Outcome.MEND, tried.text, remedy, where, tried.reason)


def bad_certificate(about: Subject, shown: Shown, error: ExchangeError, now: datetime) -> Step:
    """Return the step of a server that is not believed; its digest is told with the rest."""
    unclear = shown.certificate is None and error.reason in _TRANSIENT
    return Step(
        Check.CERTIFICATE,
        Outcome.UNCLEAR if unclear else Outcome.MEND,
        without_digest(error.detail) if shown.certificate else error.detail,
        error.advice,
        _where_to_trust(about, shown, error, now),
        error.reason,
        shown.certificate,
    )


def _where_to_trust(about: Subject, shown: Shown, error: ExchangeError, now: datetime) -> str:
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


def refused_login(about: Subject, error: ExchangeError) -> Step:
    """Return the step of an account that was not let in."""
    source = error.source if isinstance(error, BadCredentials) else ""
    told = f" The password came from {source}." if source else ""
    return Step(
        Check.CREDENTIALS,
        Outcome.MEND,
        f"{error.detail}{told} It was tried once.",
        f"Correct the user name or the password of {about.username}, then `auditor login "
        f"{about.cluster}`; unlock the account if it is locked."
        + ("" if about.cucm else " Application users reach IM and Presence by Cisco Sync Agent."),
        f"`username` in the file; {ACCOUNT}",
        error.reason,
    )


def missing_role(about: Subject, check: Check, error: ExchangeError) -> Step:
    """Return the step of an account that lacks a role."""
    role = f'"{AXL.role}"' if check is Check.AXL_ROLE else f'"{CONTROL_CENTER.role}"'
    enough = ' (from 11.5 "Standard AXL Read Only API Access" is enough here)'
    return Step(
        check,
        Outcome.MEND,
        error.detail,
        f"Put {about.username} into an access control group that holds the role {role}"
        f"{enough if check is Check.AXL_ROLE and about.cucm else ''}.",
        _GROUPS,
        error.reason,
    )


def silent_service(about: Subject, check: Check, error: ExchangeError) -> Step:
    """Return the step of a web service that does not answer as it should."""
    outcome = Outcome.UNCLEAR if error.reason in _TRANSIENT else Outcome.MEND
    remedy, where = error.advice, f"`utils service list` on {about.endpoint.name}"
    if error.reason is Reason.NO_SUCH_SERVICE and check is Check.AXL_SERVICE:
        remedy = f"Activate Cisco AXL Web Service on {about.endpoint.name}."
        where = _ACTIVATION[about.cucm]
    elif error.reason is Reason.NO_SUCH_SERVICE:
        remedy = "Start the SOAP services there, and check that the address is a node's own."
        where = f"{_NETWORK} > SOAP -Real-Time Service APIs, SOAP -Performance Monitoring APIs"
    elif error.reason in (Reason.BAD_REPLY, Reason.WRONG_NODE, Reason.TLS, Reason.UNREACHABLE):
        where = about.address_key
    return Step(check, outcome, error.detail, remedy, where, error.reason)


def optional_axl(about: Subject, error: ExchangeError) -> Step:
    """Return the step of a subscriber without AXL, which may be meant so (table, AXL-03)."""
    return Step(
        Check.AXL_SERVICE,
        Outcome.NOTE,
        f"{error.detail} On a subscriber that may be meant so; the audit judges it.",
        f"Needed where intercluster peers sync from: activate Cisco AXL Web Service on "
        f"{about.endpoint.name}.",
        _ACTIVATION[False],
        error.reason,
    )


def no_common_version(error: ExchangeError) -> Step:
    """Return the step of an AXL that speaks none of our versions, or not the configured one."""
    return Step(
        Check.VERSION, Outcome.MEND, error.detail, error.advice, "`axl_version`", error.reason
    )


def no_nodes(error: ExchangeError | None, known: Sequence[str]) -> Step:
    """Return the step of a CUCM that does not tell the nodes.

    `error` None: it could not be asked. `known` are the nodes that the file names.
    """
    checked = f"those that the file names are checked: {', '.join(known)}"
    instead = f"{checked if known else 'the file names none, so none is checked'}."
    if error is None:
        return Step(Check.NODES, Outcome.SKIPPED, f"CUCM could not tell them; {instead}")
    return Step(
        Check.NODES,
        Outcome.MEND,
        f"{error.detail} Instead {instead}",
        error.advice,
        "[[cluster.node]]",
        error.reason,
    )


def no_groups(error: ExchangeError, nodes: Sequence[str]) -> Step:
    """Return the step of a CUCM that tells the nodes and not their redundancy groups."""
    return Step(
        Check.NODES,
        Outcome.UNCLEAR if error.reason in _TRANSIENT else Outcome.MEND,
        f"{', '.join(nodes)}; but not their redundancy groups: {error.detail}",
        error.advice,
        "[[cluster.node]]",
        error.reason,
    )
