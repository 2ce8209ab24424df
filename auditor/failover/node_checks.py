"""Checks of one node: what is checked, what was found, and its verdict as an exit code."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Verdict
from auditor.models.statements import Statement
from auditor.recommendations.critical_services import CRITICAL_SERVICES


class CheckType(StrEnum):
    """What is checked on each node, in the order of the rows of the table."""

    AXL = "AXL"
    CRITICAL = "critical services"
    SYNC_AND_RECOVERY = "sync and recovery"
    OTHER = "other services"
    MEMBER = "group member"


SERVICE_CHECK_TYPES = (CheckType.CRITICAL, CheckType.SYNC_AND_RECOVERY, CheckType.OTHER)


class CheckState(StrEnum):
    """What a check found. `UNREAD`: the node returned no services at all."""

    RUNS = "runs"
    STARTING = "starting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    NOT_ACTIVATED = "not activated"
    RESTARTING = "unstable"
    ANSWERS = "answers"
    ANSWERS_WITH_FAULT = "answers with a fault"
    NO_ANSWER = "no answer"
    IN_GROUP = "yes"
    IN_NO_GROUP = "in no group"
    UNKNOWN = "unknown"
    UNREAD = "unread"
    NOT_ASKED = "not asked"


class Doubt(StrEnum):
    """Why the verdict of a check differs from what its state alone would give."""

    ACTIVATION = "activation"
    """It is not known whether the service is activated."""

    IDLE_NODE = "idle node"
    """High availability may have stopped the service, but the node is not certainly idle."""

    OPTIONAL = "optional"
    """AXL need not run on the node."""

    REQUIREMENT = "requirement"
    """It is not known whether AXL must run on the node."""

    PEERS = "peers"
    """The service is needed with intercluster peers only; `because` says what is known of them."""


@dataclass(frozen=True, slots=True)
class NodeCheck:
    """One check on one node; verdict `not_applicable` counts for nothing.

    `service` is empty for group membership. `detail` is the node's own reason for the state of a
    service, or the group that the node is in; `because` is the reason of `Doubt.PEERS`. `notes` are
    further sentences of the engine or of the coverage, which are only printed.
    """

    type: CheckType
    node: str
    verdict: Verdict
    state: CheckState
    service: str = ""
    detail: str = ""
    doubt: Doubt | None = None
    because: Statement | None = None
    notes: tuple[str | Statement, ...] = ()

    @property
    def urgency(self) -> int:
        """Return a sort key: critical services in the order of their start, then AXL, then rest."""
        if self.service in CRITICAL_SERVICES:
            return CRITICAL_SERVICES.index(self.service)
        return len(CRITICAL_SERVICES) + _TYPES_BY_URGENCY.index(self.type)

    @property
    def exit_code(self) -> ExitCode:
        """Return 0, 3 or 4 for this check alone."""
        return verdict_exit_code(self.verdict)


_TYPES_BY_URGENCY = (
    CheckType.AXL,
    CheckType.SYNC_AND_RECOVERY,
    CheckType.OTHER,
    CheckType.MEMBER,
    # Last only to be complete: critical services have an order of their own.
    CheckType.CRITICAL,
)


def verdict_exit_code(verdict: Verdict) -> ExitCode:
    """Return 3 for drift, 4 for unknown, 0 for anything else."""
    codes = {Verdict.DRIFT: ExitCode.DRIFT, Verdict.UNKNOWN: ExitCode.INCOMPLETE}
    return codes.get(verdict, ExitCode.COMPLIANT)


def most_urgent(checks: Iterable[NodeCheck]) -> NodeCheck:
    """Return the check to mention first."""
    return min(checks, key=lambda check: check.urgency)
