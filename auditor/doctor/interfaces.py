"""What the answers of a server's web services say of the account, its roles and the services."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auditor.doctor import advice
from auditor.doctor.advice import Subject
from auditor.doctor.reaching import skipped
from auditor.doctor.steps import Check, Outcome, Step
from auditor.errors import BadCredentials, ExchangeError, Reason

_THERE = frozenset({Reason.NOT_AUTHORISED, Reason.SOAP_FAULT, Reason.UNSUPPORTED_VERSION})
"""Failures of a service that is there; each may come before the password is looked at."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of one question: nothing in the way, or the error; `label` is who was asked."""

    label: str
    error: ExchangeError | None = None


def credentials(about: Subject, asked: Sequence[Asked]) -> Step:
    """Return what the answers say of the account itself."""
    for one in asked:
        if isinstance(one.error, BadCredentials):
            return advice.refused_login(about, one.error)
    if any(one.error is None for one in asked):
        return Step(Check.CREDENTIALS, Outcome.OK, f"{about.username} was let in.")
    why = "cannot be told: no service there answered a question."
    if any(error.reason is Reason.NOT_AUTHORISED for error in _errors(asked)):
        why = "not proven: HTTP 403 may come before the password is looked at."
    return Step(Check.CREDENTIALS, Outcome.SKIPPED, why)


def service(about: Subject, check: Check, asked: Sequence[Asked]) -> Step:
    """Return whether the web services behind one or two questions answer."""
    for error in _errors(asked):
        if isinstance(error, BadCredentials):
            return skipped(check, Check.CREDENTIALS)
        if error.reason not in _THERE:
            return advice.silent_service(about, check, error)
    return Step(check, Outcome.OK, f"{_listed(asked)}.")


def _listed(asked: Sequence[Asked]) -> str:
    verb = "answer" if len(asked) > 1 else "answers"
    return f"{' and '.join(one.label for one in asked)} {verb}"


def role(about: Subject, check: Check, asked: Sequence[Asked], after: Step) -> Step:
    """Return whether the account may ask; `after` is the step on the service."""
    errors = list(_errors(asked))
    for error in errors:
        if error.reason is Reason.NOT_AUTHORISED:
            return advice.missing_role(about, check, error)
    if errors and after.outcome is Outcome.OK and errors[0].reason is Reason.SOAP_FAULT:
        return Step(
            check,
            Outcome.UNCLEAR,
            errors[0].detail,
            "Look the fault up; it may hide a missing role.",
            advice.ACCOUNT,
            errors[0].reason,
        )
    if errors:
        return _hanging(check, after)
    return Step(check, Outcome.OK, f"{about.username} may read.")


def versions(release: str, axl_version: str | None) -> str:
    """Return what is known of a server's versions in a sentence, empty if nothing is."""
    known = [f"release {release}" if release else "", f"AXL {axl_version}" if axl_version else ""]
    told = ", ".join(text for text in known if text)
    return f"{told}." if told else ""


def _hanging(check: Check, after: Step) -> Step:
    """Return a step that hangs on the service, or on whatever that hangs on itself."""
    if after.outcome is Outcome.SKIPPED:
        return Step(check, Outcome.SKIPPED, after.text)
    return skipped(check, Check.VERSION if after.outcome is Outcome.OK else after.check)


def version(asked: Sequence[Asked], told: str, after: Step) -> Step:
    """Return the step on versions; `told` is what is known of them, empty if nothing is."""
    for error in _errors(asked):
        if error.reason is Reason.UNSUPPORTED_VERSION:
            return advice.no_common_version(error)
    if told:
        return Step(Check.VERSION, Outcome.OK, told)
    if after.outcome is Outcome.OK:
        return Step(Check.VERSION, Outcome.UNCLEAR, "the server answered and told no release.")
    return _hanging(Check.VERSION, after)


def _errors(asked: Iterable[Asked]) -> Iterable[ExchangeError]:
    return (one.error for one in asked if one.error is not None)
