"""What the answers of a server's web services say of the account, its roles and the services.

From a name to a server that is believed: look-up, connection, certificate; nothing is sent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auditor.config.hosts import is_ip
from auditor.errors import BadCredentials, ExchangeError, Reason
from auditor.models.facts import Identity, Reach
from auditor.setup.doctor.advice import (
    APPLICATION_USER_PAGE,
    CheckedServer,
    bad_certificate_step,
    failing_service_step,
    missing_role_step,
    no_common_version_step,
    no_connection_step,
    refused_login_step,
    unknown_name_step,
)
from auditor.setup.doctor.model import CheckupStep, DoctorCheck, StepOutcome
from auditor.soap.messages import HandshakeResult
from auditor.soap.network import Network

_REACHABILITY_CHECKS = (DoctorCheck.NAME, DoctorCheck.CONNECTION, DoctorCheck.CERTIFICATE)
NOT_CHECKED_PREFIX = "not checked: "
"""How the text of a step begins that hangs on a failed one."""


def reachability_steps(wire: Network, about: CheckedServer, timeout_s: float) -> list[CheckupStep]:
    """Return the three steps; those after a failed one are skipped."""
    if about.endpoint.proxy:
        text = "left to the proxy of the environment, which opens the connections."
        return [CheckupStep(check, StepOutcome.NOTE, text) for check in _REACHABILITY_CHECKS]
    steps = [_name_step(wire, about, timeout_s)]
    if steps[-1].outcome is StepOutcome.OK:
        steps.append(_connection_step(wire, about, timeout_s))
    if steps[-1].outcome is StepOutcome.OK:
        steps.append(_certificate_step(wire, about, timeout_s))
    missing = _REACHABILITY_CHECKS[len(steps) :]
    return [*steps, *(skipped_step(check, steps[-1].check) for check in missing)]


def skipped_step(check: DoctorCheck, after: DoctorCheck) -> CheckupStep:
    """Return a step that hangs on one that failed."""
    return CheckupStep(check, StepOutcome.SKIPPED, f"{NOT_CHECKED_PREFIX}hangs on {after}.")


def _name_step(wire: Network, about: CheckedServer, timeout_s: float) -> CheckupStep:
    host = about.endpoint.host
    if is_ip(host):
        return CheckupStep(DoctorCheck.NAME, StepOutcome.OK, f"dialled at the address {host}.")
    try:
        found = wire.look_up(host, timeout_s)
    except ExchangeError as error:
        return unknown_name_step(about, error)
    return CheckupStep(DoctorCheck.NAME, StepOutcome.OK, f"{host} is {', '.join(found)}.")


def _connection_step(wire: Network, about: CheckedServer, timeout_s: float) -> CheckupStep:
    tried = wire.tcp(about.endpoint.host, about.endpoint.port, timeout_s)
    if tried.reach is not Reach.REACHED:
        return no_connection_step(about, tried)
    return CheckupStep(DoctorCheck.CONNECTION, StepOutcome.OK, tried.text)


def _certificate_step(wire: Network, about: CheckedServer, timeout_s: float) -> CheckupStep:
    now = wire.now()
    try:
        shown = wire.certificate(about.endpoint, timeout_s)
    except ExchangeError as error:
        return bad_certificate_step(about, HandshakeResult(None), error, now)
    if shown.refused is not None or shown.certificate is None:
        refused = shown.refused
        assert refused is not None  # noqa: S101 - `Shown` has one of the two
        return bad_certificate_step(about, shown, refused, now)
    return CheckupStep(
        DoctorCheck.CERTIFICATE,
        StepOutcome.OK,
        _trust_reason(about, shown),
        certificate=shown.certificate,
    )


def _trust_reason(about: CheckedServer, shown: HandshakeResult) -> str:
    endpoint = about.endpoint
    if endpoint.pins:
        why = "pinned in [cluster.pins]"
    elif endpoint.ca_bundle:
        why = f"vouched for by {endpoint.ca_bundle.name}"
    else:
        why = "vouched for by this machine's authorities"
    if shown.identity is not Identity.CERTIFICATE:
        return f"{why}, but it names other nodes too, so it does not prove who answers."
    return f"{why}; it proves {endpoint.verify_name}."


_REASONS_SERVICE_EXISTS = frozenset(
    {Reason.NOT_AUTHORISED, Reason.SOAP_FAULT, Reason.UNSUPPORTED_VERSION}
)
"""Failures of a service that is there; each may come before the password is looked at."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What became of one question: nothing in the way, or the error; `label` is who was asked."""

    label: str
    error: ExchangeError | None = None


def credentials_step(about: CheckedServer, asked: Sequence[QueryResult]) -> CheckupStep:
    """Return what the answers say of the account itself."""
    for one in asked:
        if isinstance(one.error, BadCredentials):
            return refused_login_step(about, one.error)
    if any(one.error is None for one in asked):
        return CheckupStep(DoctorCheck.CREDENTIALS, StepOutcome.OK, f"{about.username} was let in.")
    why = "cannot be told: no service there answered a question."
    if any(error.reason is Reason.NOT_AUTHORISED for error in _query_errors(asked)):
        why = "not proven: HTTP 403 may come before the password is looked at."
    return CheckupStep(DoctorCheck.CREDENTIALS, StepOutcome.SKIPPED, why)


def service_step(
    about: CheckedServer, check: DoctorCheck, asked: Sequence[QueryResult]
) -> CheckupStep:
    """Return whether the web services behind one or two questions answer."""
    for error in _query_errors(asked):
        if isinstance(error, BadCredentials):
            return skipped_step(check, DoctorCheck.CREDENTIALS)
        if error.reason not in _REASONS_SERVICE_EXISTS:
            return failing_service_step(about, check, error)
    return CheckupStep(check, StepOutcome.OK, f"{_responding_services_text(asked)}.")


def _responding_services_text(asked: Sequence[QueryResult]) -> str:
    verb = "answer" if len(asked) > 1 else "answers"
    return f"{' and '.join(one.label for one in asked)} {verb}"


def role_step(
    about: CheckedServer, check: DoctorCheck, asked: Sequence[QueryResult], after: CheckupStep
) -> CheckupStep:
    """Return whether the account may ask; `after` is the step on the service."""
    errors = list(_query_errors(asked))
    for error in errors:
        if error.reason is Reason.NOT_AUTHORISED:
            return missing_role_step(about, check, error)
    if errors and after.outcome is StepOutcome.OK and errors[0].reason is Reason.SOAP_FAULT:
        return CheckupStep(
            check,
            StepOutcome.UNCLEAR,
            errors[0].detail,
            "Look the fault up; it may hide a missing role.",
            APPLICATION_USER_PAGE,
            errors[0].reason,
        )
    if errors:
        return _dependent_step(check, after)
    return CheckupStep(check, StepOutcome.OK, f"{about.username} may read.")


def versions_sentence(release: str, axl_version: str | None) -> str:
    """Return what is known of a server's versions in a sentence, empty if nothing is."""
    known = [f"release {release}" if release else "", f"AXL {axl_version}" if axl_version else ""]
    told = ", ".join(text for text in known if text)
    return f"{told}." if told else ""


def _dependent_step(check: DoctorCheck, after: CheckupStep) -> CheckupStep:
    """Return a step that hangs on the service, or on whatever that hangs on itself."""
    if after.outcome is StepOutcome.SKIPPED:
        return CheckupStep(check, StepOutcome.SKIPPED, after.text)
    return skipped_step(
        check, DoctorCheck.VERSION if after.outcome is StepOutcome.OK else after.check
    )


def version_step(asked: Sequence[QueryResult], told: str, after: CheckupStep) -> CheckupStep:
    """Return the step on versions; `told` is what is known of them, empty if nothing is."""
    for error in _query_errors(asked):
        if error.reason is Reason.UNSUPPORTED_VERSION:
            return no_common_version_step(error)
    if told:
        return CheckupStep(DoctorCheck.VERSION, StepOutcome.OK, told)
    if after.outcome is StepOutcome.OK:
        return CheckupStep(
            DoctorCheck.VERSION, StepOutcome.UNCLEAR, "the server answered and told no release."
        )
    return _dependent_step(DoctorCheck.VERSION, after)


def _query_errors(asked: Iterable[QueryResult]) -> Iterable[ExchangeError]:
    return (one.error for one in asked if one.error is not None)
