"""The steps of a check-up as data: what was checked, what came of it, and why."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from auditor.errors import ExchangeError, Reason
from auditor.failures import Failure
from auditor.models.certificates import DEFAULT_CERTIFICATE_DAYS
from auditor.models.exit_codes import ExitCode
from auditor.soap.messages import Certificate, Endpoint


class DoctorCheck(StrEnum):
    """What is checked on a server, in this order."""

    NAME = "name"
    CONNECTION = "connection"
    CERTIFICATE = "certificate"
    CREDENTIALS = "credentials"
    SERVICEABILITY_SERVICE = "Serviceability service"
    SERVICEABILITY_ROLE = "Serviceability role"
    AXL_SERVICE = "AXL service"
    AXL_ROLE = "AXL role"
    VERSION = "version"
    NODES = "nodes"


class StepOutcome(StrEnum):
    """What came of a step. A note needs no action; a skipped step depends on a failed one."""

    OK = "ok"
    NOTE = "note"
    # Older words, kept because scripts read them in the JSON.
    TO_FIX = "mend"
    UNKNOWN = "cannot_tell"
    SKIPPED = "skipped"


class CheckupResult(StrEnum):
    """What the whole check-up comes to."""

    READY = "ready"
    TO_FIX = "mend"
    UNKNOWN = "cannot_tell"


CHECKUP_EXIT_CODES = {
    CheckupResult.READY: ExitCode.COMPLIANT,
    CheckupResult.TO_FIX: ExitCode.DRIFT,
    CheckupResult.UNKNOWN: ExitCode.INCOMPLETE,
}
"""0 ready, 3 something to fix, 4 unknown."""

_PASSING_REASONS = frozenset(
    {Reason.TIMED_OUT, Reason.UNAVAILABLE, Reason.RATE_LIMITED, Reason.SOAP_FAULT, Reason.TOO_LARGE}
)
"""Failures that may be gone the next time: they do not prove that the set-up is wrong."""


@dataclass(frozen=True, slots=True)
class CheckedServer:
    """A server that steps are about: the CUCM publisher, or a node of the cluster.

    `certificate_days` is for how many more days its certificate is to be valid.
    """

    endpoint: Endpoint
    is_cucm: bool
    cluster: str
    username: str
    certificate_days: int = DEFAULT_CERTIFICATE_DAYS

    def locate(self, error: ExchangeError) -> Failure:
        """Return the failure of an error under the server's own name, and with its product."""
        return replace(error.failure, server=self.endpoint.name, is_cucm=self.is_cucm)


@dataclass(frozen=True, slots=True)
class CheckupStep:
    """One step and what came of it.

    `failure` is what went wrong; the report takes the words for it, and what to do, from the table
    of failure reasons. `note` is a sentence beside it, or instead of it where nothing failed.
    `depends_on` is the failed step that this one was skipped for. `remedy` and `where` are what to
    do where there is no failure.
    """

    check: DoctorCheck
    outcome: StepOutcome
    note: str = ""
    failure: Failure | None = None
    depends_on: DoctorCheck | None = None
    certificate: Certificate | None = None
    remedy: str = ""
    where: str = ""

    @property
    def reason(self) -> Reason | None:
        """Return the reason of the failure, None where nothing failed."""
        return self.failure.reason if self.failure else None


def failed_step(
    server: CheckedServer,
    check: DoctorCheck,
    error: ExchangeError,
    note: str = "",
    certificate: Certificate | None = None,
) -> CheckupStep:
    """Return the step of an error: to fix, or unknown if the error may be gone the next time."""
    is_passing = error.reason in _PASSING_REASONS
    outcome = StepOutcome.UNKNOWN if is_passing else StepOutcome.TO_FIX
    return CheckupStep(check, outcome, note, server.locate(error), certificate=certificate)


def skipped_step(check: DoctorCheck, depends_on: DoctorCheck) -> CheckupStep:
    """Return a step that is skipped, because the one that it depends on failed."""
    return CheckupStep(check, StepOutcome.SKIPPED, depends_on=depends_on)


@dataclass(frozen=True, slots=True)
class ServerCheckup:
    """One server with its steps; `kind` says what it is, `place` is the host and port asked."""

    name: str
    kind: str
    place: str
    steps: tuple[CheckupStep, ...]


@dataclass(frozen=True, slots=True)
class Checkup:
    """The whole check-up of one cluster; `requests` counts what was sent to all servers."""

    cluster: str
    username: str
    servers: tuple[ServerCheckup, ...]
    requests: int

    @property
    def steps(self) -> Iterator[CheckupStep]:
        """Yield every step of every server."""
        return (step for server in self.servers for step in server.steps)

    @property
    def result(self) -> CheckupResult:
        """Return what it comes to: something to fix counts before anything unknown."""
        outcomes = {step.outcome for step in self.steps}
        if StepOutcome.TO_FIX in outcomes:
            return CheckupResult.TO_FIX
        unknown = outcomes & {StepOutcome.UNKNOWN, StepOutcome.SKIPPED}
        return CheckupResult.UNKNOWN if unknown or not outcomes else CheckupResult.READY

    @property
    def refused_by(self) -> str:
        """Return the first server that refused the password, "" if none did."""
        return next(
            (
                server.name
                for server in self.servers
                for step in server.steps
                if step.reason is Reason.CREDENTIALS
            ),
            "",
        )

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code for the result."""
        return CHECKUP_EXIT_CODES[self.result]
