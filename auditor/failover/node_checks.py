"""Checks of one node: what is checked, what was found, and its verdict as an exit code."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Severity, Verdict
from auditor.models.statements import Statement
from auditor.service_names import AXL_WEB_SERVICE, start_position


class CheckType(StrEnum):
    """What is checked on each node, in the order of the rows of the table."""

    AXL = "AXL"
    CRITICAL = "critical services"
    NETWORK = "network services"
    OTHER = "other services"
    MEMBER = "group member"


SERVICE_CHECK_TYPES = (CheckType.CRITICAL, CheckType.NETWORK, CheckType.OTHER)


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
    """What else is not known where the state of a service is."""

    ACTIVATION = "activation"
    """It is not known whether the service is activated."""

    IDLE_NODE = "idle node"
    """High availability may have stopped the service, but the node is not certainly idle."""

    OPTIONAL = "optional"
    """AXL need not run on the node."""

    REQUIREMENT = "requirement"
    """It is not known whether the service must run on the node."""


@dataclass(frozen=True, slots=True)
class NodeCheck:
    """One check on one node; verdict `not_applicable` counts for nothing.

    `service` is empty for group membership. `detail` is the node's own reason for the state of a
    service, or the group that the node is in. `severity` is that of the finding behind the check.
    `notes` are further sentences of the engine or of the coverage, which are only printed.
    `missing` is what the service needs and lacks, and `remedies` are what the engine advises: how
    to give it that, or how to find out what is unknown. `needs_ha_off`: high availability goes off
    before the service is started in order.
    """

    type: CheckType
    node: str
    verdict: Verdict
    state: CheckState
    service: str = ""
    detail: str = ""
    severity: Severity = Severity.INFO
    doubt: Doubt | None = None
    notes: tuple[str | Statement, ...] = ()
    missing: Statement | None = None
    remedies: tuple[Statement, ...] = ()
    needs_ha_off: bool = False

    @property
    def start_position(self) -> int:
        """Return a sort key: services in the order of their start, then what is no service."""
        is_axl = self.type is CheckType.AXL
        return start_position(AXL_WEB_SERVICE if is_axl else self.service)

    @property
    def exit_code(self) -> ExitCode:
        """Return 0, 3 or 4 for this check alone."""
        return verdict_exit_code(self.verdict)


_URGENCY = {
    CheckType.CRITICAL: 0,
    CheckType.NETWORK: 0,
    CheckType.AXL: 1,
    CheckType.OTHER: 2,
    CheckType.MEMBER: 3,
}
"""What to mention first: what others need, and what starts a failover; the lowest first."""


def verdict_exit_code(verdict: Verdict) -> ExitCode:
    """Return 3 for drift, 4 for unknown, 0 for anything else."""
    codes = {Verdict.DRIFT: ExitCode.DRIFT, Verdict.UNKNOWN: ExitCode.INCOMPLETE}
    return codes.get(verdict, ExitCode.COMPLIANT)


def most_urgent(checks: Collection[NodeCheck]) -> NodeCheck:
    """Return the check to mention first, which the action is about too.

    The node with the severest check comes first; on it, what is down before what restarts, in the
    order of their start.
    """
    severest: dict[str, int] = {}
    for check in checks:
        severest[check.node] = min(check.severity.rank, severest.get(check.node, 99))
    return min(
        checks,
        key=lambda check: (
            severest[check.node],
            check.state is CheckState.RESTARTING,
            _URGENCY[check.type],
            check.start_position,
        ),
    )
