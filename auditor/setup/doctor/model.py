"""The steps of a check-up, what came of each, and what that makes of the whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from auditor.errors import Reason
from auditor.models.findings import ExitCode
from auditor.soap.messages import Certificate


class DoctorCheck(StrEnum):
    """What is looked at on a server, in this order."""

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
    """What came of a step: one that hangs on a failed one is skipped, a note asks for nothing."""

    OK = "ok"
    NOTE = "note"
    MEND = "mend"
    UNCLEAR = "cannot_tell"
    SKIPPED = "skipped"


class CheckupResult(StrEnum):
    """What the check-up comes to."""

    READY = "ready"
    MEND = "mend"
    CANNOT_TELL = "cannot_tell"


CHECKUP_EXIT_CODES = {
    CheckupResult.READY: ExitCode.COMPLIANT,
    CheckupResult.MEND: ExitCode.DRIFT,
    CheckupResult.CANNOT_TELL: ExitCode.INCOMPLETE,
}
"""0 ready, 3 something to mend, 4 could not tell (contract, section 6)."""

_RESULTS_BY_OUTCOME = {
    StepOutcome.OK: CheckupResult.READY,
    StepOutcome.NOTE: CheckupResult.READY,
    StepOutcome.MEND: CheckupResult.MEND,
    StepOutcome.UNCLEAR: CheckupResult.CANNOT_TELL,
    StepOutcome.SKIPPED: CheckupResult.CANNOT_TELL,
}


@dataclass(frozen=True, slots=True)
class CheckupStep:
    """One step: what was found in a sentence, what to change, and where.

    `where` is a page of Cisco's administration, a command on the node or a key of the
    configuration file. `reason` is the token of the failure, None where there was none.
    """

    check: DoctorCheck
    outcome: StepOutcome
    text: str
    remedy: str = ""
    where: str = ""
    reason: Reason | None = None
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class ServerCheckup:
    """One server with its steps; `kind` is what it is, `place` the host and port dialled."""

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
    def answer(self) -> CheckupResult:
        """Return what it comes to: what is to be mended wins over what could not be told."""
        results = (_RESULTS_BY_OUTCOME[step.outcome] for step in self.steps)
        return min(
            results,
            key=lambda result: CHECKUP_EXIT_CODES[result].rank,
            default=CheckupResult.CANNOT_TELL,
        )

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code for the answer."""
        return CHECKUP_EXIT_CODES[self.answer]
