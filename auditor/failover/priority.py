"""Which of several points is spoken of first.

What the first lines speak of: whatever stands worst.
"""

from collections.abc import Iterator, Sequence

from auditor.failover.model import (
    ClusterCheck,
    FailoverCheck,
    GroupCheck,
    GroupStatus,
    NodeCheck,
    NodeCheckType,
    node_check_exit_code,
)
from auditor.failover.services import CRITICAL_SERVICES
from auditor.models.findings import ExitCode, Verdict


def most_urgent_check(points: Sequence[NodeCheck]) -> NodeCheck:
    """Return the point to speak of: services in the order of their start, then AXL, then rest."""
    return min(points, key=urgency_rank)


def urgency_rank(point: NodeCheck) -> int:
    """Return the place of a point among others: services in the order of their start first."""
    if point.service in CRITICAL_SERVICES:
        return CRITICAL_SERVICES.index(point.service)
    order = (
        NodeCheckType.AXL,
        NodeCheckType.KEEPERS,
        NodeCheckType.OTHERS,
        NodeCheckType.MEMBER,
        NodeCheckType.CRITICAL,
    )
    return len(CRITICAL_SERVICES) + order.index(point.aspect)


UngroupedCheck = ClusterCheck | NodeCheck
"""What stands outside the groups: a cluster without any that is known, a node in none."""


def worst_check(check: FailoverCheck) -> GroupCheck | UngroupedCheck | None:
    """Return the group that stands worst, or what stands outside the groups and is graver."""
    group = _worst_group(check)
    aside = min(
        ungrouped_problems(check),
        key=lambda one: _ungrouped_exit_code(one).rank,
        default=None,
    )
    if group is None or aside is None:
        return group or aside
    own = group.code(accept_failed_over=check.accept_failed_over)
    return aside if _ungrouped_exit_code(aside).rank < own.rank else group


def ungrouped_problems(check: FailoverCheck) -> Iterator[UngroupedCheck]:
    """Yield what stands outside the groups and is not good."""
    for cluster in check.clusters:
        if cluster.gaps:
            yield cluster
        yield from (p for p in cluster.alone if node_check_exit_code(p) is not ExitCode.COMPLIANT)


def _ungrouped_exit_code(aside: UngroupedCheck) -> ExitCode:
    return node_check_exit_code(aside) if isinstance(aside, NodeCheck) else ExitCode.INCOMPLETE


def _worst_group(check: FailoverCheck) -> GroupCheck | None:
    """Return the first of the groups that stand worst."""

    def weight(group: GroupCheck) -> tuple[int, ...]:
        code = group.code(accept_failed_over=check.accept_failed_over)
        broken = group.outlasted or group.standing is GroupStatus.BROKEN
        calm = group.standing in (GroupStatus.NORMAL, GroupStatus.NO_FAILOVER)
        wrong = bool(group.of(Verdict.DRIFT))
        aside = not (group.bad_replication or group.sessions.short)
        return (code.rank, not broken, not wrong, calm, aside)

    return min(check.groups, key=weight, default=None)
