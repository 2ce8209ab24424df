"""The steps of one server: name, connection and certificate; then account, roles and services."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from auditor.config.hosts import is_ip
from auditor.errors import BadCredentials, ExchangeError, NotAsked, Reason, TlsFailed, Unreachable
from auditor.failure_reasons import Interface
from auditor.models.certificates import certificate_days_left
from auditor.models.nodes import Identity
from auditor.models.settings import Reach
from auditor.problems import Problem
from auditor.setup.doctor.model import (
    CheckedServer,
    CheckupStep,
    DoctorCheck,
    StepOutcome,
    failed_step,
    skipped_step,
)
from auditor.soap.budget import WaitBudget, longest_wait_s
from auditor.soap.messages import Certificate, HandshakeResult, TcpResult
from auditor.soap.network import Network
from auditor.text import join_names


def reachability_steps(
    network: Network, server: CheckedServer, budget: WaitBudget
) -> list[CheckupStep]:
    """Return the steps before any request; those after a failed one are skipped."""
    # Behind a proxy this machine may resolve no name and reach no node, and yet all is well.
    if server.endpoint.proxy:
        note = "left to the proxy of the environment, which opens the connections."
        return [CheckupStep(check, StepOutcome.NOTE, note) for check in _STEPS]
    steps: list[CheckupStep] = []
    for check, make_step in _STEPS.items():
        if steps and steps[-1].outcome is not StepOutcome.OK:
            steps.append(skipped_step(check, steps[-1].depends_on or steps[-1].check))
            continue
        limit_s = budget.next_limit_s()
        if limit_s is None:
            spent = NotAsked(Problem.TIME_SPENT, seconds=f"{longest_wait_s(budget.timeout_s):g}")
            steps.append(failed_step(server, check, spent))
            continue
        began = time.monotonic()
        steps.append(make_step(network, server, limit_s))
        budget.charge(time.monotonic() - began)
    return steps


def _name_step(network: Network, server: CheckedServer, timeout_s: float) -> CheckupStep:
    host = server.endpoint.host
    if is_ip(host):
        return CheckupStep(DoctorCheck.NAME, StepOutcome.OK, f"connected to the address {host}.")
    try:
        addresses = network.resolve_name(host, timeout_s)
    except ExchangeError as error:
        return failed_step(server, DoctorCheck.NAME, error)
    return CheckupStep(DoctorCheck.NAME, StepOutcome.OK, f"{host} is {', '.join(addresses)}.")


def _connection_step(network: Network, server: CheckedServer, timeout_s: float) -> CheckupStep:
    result = network.try_tcp(server.endpoint.host, server.endpoint.port, timeout_s)
    if result.reach is Reach.REACHED:
        return CheckupStep(DoctorCheck.CONNECTION, StepOutcome.OK, result.text)
    return failed_step(server, DoctorCheck.CONNECTION, _connection_error(server, result))


def _connection_error(server: CheckedServer, result: TcpResult) -> Unreachable:
    problem = {
        Reach.REFUSED: Problem.CONNECTION_REFUSED,
        Reach.TIMED_OUT: Problem.CONNECTION_TIMED_OUT,
    }.get(result.reach, Problem.NO_ROUTE)
    host, port = server.endpoint.host, server.endpoint.port
    return Unreachable(problem, place=f"{host}:{port}", port=port, error=result.error)


def _certificate_step(network: Network, server: CheckedServer, timeout_s: float) -> CheckupStep:
    check = DoctorCheck.CERTIFICATE
    try:
        handshake = network.fetch_certificate(server.endpoint, timeout_s)
    except ExchangeError as error:
        return failed_step(server, check, error)
    certificate = handshake.certificate
    if handshake.refused is not None:
        return failed_step(server, check, handshake.refused, certificate=certificate)
    if certificate is None:
        return failed_step(server, check, TlsFailed(Problem.UNREADABLE_CERTIFICATE))
    note = _trust_reason(server, handshake)
    if warning := _end_warning(server, certificate, network.now()):
        note = f"{note} {warning}"
        return CheckupStep(check, StepOutcome.NOTE, note, certificate=certificate)
    return CheckupStep(check, StepOutcome.OK, note, certificate=certificate)


def _end_warning(server: CheckedServer, certificate: Certificate, now: datetime) -> str:
    """Return a sentence on a certificate that `audit` would report, empty for any other."""
    ends, days = certificate.not_after, server.certificate_days
    if certificate_days_left(ends, now) >= days:
        return ""
    verb = "expired" if ends <= now else "expires"
    rule = "CERT-02" if server.is_cucm else "CERT-01"
    return f"It {verb} on {ends.date()}: renew it (`auditor explain {rule}`)."


_STEPS: Mapping[DoctorCheck, Callable[[Network, CheckedServer, float], CheckupStep]] = {
    DoctorCheck.NAME: _name_step,
    DoctorCheck.CONNECTION: _connection_step,
    DoctorCheck.CERTIFICATE: _certificate_step,
}
"""The steps before any request, in order."""


def _trust_reason(server: CheckedServer, handshake: HandshakeResult) -> str:
    endpoint = server.endpoint
    if endpoint.pins:
        reason = "pinned in [cluster.pins]"
    elif endpoint.ca_bundle:
        reason = f"signed by an authority in {endpoint.ca_bundle.name}"
    else:
        reason = "signed by an authority that this machine trusts"
    if handshake.identity is not Identity.CERTIFICATE:
        return f"{reason}, but it names other nodes too, so it does not prove who answers."
    return f"{reason}; it proves {endpoint.verify_name}."


_REASONS_SERVICE_EXISTS = frozenset(
    {Reason.NOT_AUTHORISED, Reason.SOAP_FAULT, Reason.UNSUPPORTED_VERSION}
)
"""Failures of a service that exists; each may come before the password is checked."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What came of one request to an interface: a reply, or the error."""

    interface: Interface
    error: ExchangeError | None = None


def credentials_step(server: CheckedServer, results: Sequence[QueryResult]) -> CheckupStep:
    """Return what the replies show of the account itself."""
    check = DoctorCheck.CREDENTIALS
    for error in _query_errors(results):
        if isinstance(error, BadCredentials):
            return failed_step(server, check, error)
    if any(result.error is None for result in results):
        return CheckupStep(check, StepOutcome.OK, f"{server.username} was let in.")
    note = "unknown: no service there answered a request."
    if any(error.reason is Reason.NOT_AUTHORISED for error in _query_errors(results)):
        note = "not proven: HTTP 403 may come before the password is checked."
    return CheckupStep(check, StepOutcome.SKIPPED, note)


def service_step(
    server: CheckedServer, check: DoctorCheck, results: Sequence[QueryResult]
) -> CheckupStep:
    """Return whether the web services behind one or two requests answer."""
    for error in _query_errors(results):
        if isinstance(error, BadCredentials):
            return skipped_step(check, DoctorCheck.CREDENTIALS)
        if error.reason not in _REASONS_SERVICE_EXISTS:
            return failed_step(server, check, error)
    names = join_names(result.interface for result in results)
    verb = "answer" if len(results) > 1 else "answers"
    return CheckupStep(check, StepOutcome.OK, f"{names} {verb}.")


def role_step(
    server: CheckedServer,
    check: DoctorCheck,
    results: Sequence[QueryResult],
    service: CheckupStep,
) -> CheckupStep:
    """Return whether the account may ask; `service` is the step on the service."""
    errors = list(_query_errors(results))
    for error in errors:
        if error.reason is Reason.NOT_AUTHORISED:
            return failed_step(server, check, error)
    if errors and service.outcome is StepOutcome.OK and errors[0].reason is Reason.SOAP_FAULT:
        return failed_step(server, check, errors[0], "It may hide a missing role.")
    if errors:
        return _dependent_step(check, service)
    return CheckupStep(check, StepOutcome.OK, f"{server.username} may read.")


def versions_sentence(release: str, axl_version: str | None) -> str:
    """Return what is known of a server's versions as a sentence, empty if nothing is."""
    versions = [f"release {release}"] if release else []
    versions += [f"AXL {axl_version}"] if axl_version else []
    return f"{', '.join(versions)}." if versions else ""


def _dependent_step(check: DoctorCheck, service: CheckupStep) -> CheckupStep:
    """Return a skipped step that depends on the service, or on what the service depends on."""
    if service.outcome is StepOutcome.OK:
        return skipped_step(check, DoctorCheck.VERSION)
    return skipped_step(check, service.depends_on or service.check)


def version_step(
    server: CheckedServer, results: Sequence[QueryResult], versions: str, service: CheckupStep
) -> CheckupStep:
    """Return the step on versions; `versions` says what is known, empty if nothing is."""
    check = DoctorCheck.VERSION
    for error in _query_errors(results):
        if error.reason is Reason.UNSUPPORTED_VERSION:
            return failed_step(server, check, error)
    if versions:
        return CheckupStep(check, StepOutcome.OK, versions)
    if service.outcome is StepOutcome.OK:
        return CheckupStep(check, StepOutcome.UNKNOWN, "the server answered without its release.")
    return _dependent_step(check, service)


def _query_errors(results: Iterable[QueryResult]) -> Iterable[ExchangeError]:
    return (result.error for result in results if result.error is not None)
