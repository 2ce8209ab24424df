"""What the first lines speak of: whatever stands worst."""

from collections.abc import Iterator

from auditor.failover.findings import GRAVITY, Check, ClusterCheck, GroupCheck, Standing, point_code
from auditor.failover.seen import Point
from auditor.findings import ExitCode, Verdict

Aside = ClusterCheck | Point
"""What stands outside the groups: a cluster without any that is known, a node in none."""


def lead(check: Check) -> GroupCheck | Aside | None:
    """Return the group that stands worst, or what stands outside the groups and is graver."""
    group = _worst(check)
    aside = min(asides(check), key=lambda one: GRAVITY.index(_code(one)), default=None)
    if group is None or aside is None:
        return group or aside
    own = group.code(accept_failed_over=check.accept_failed_over)
    return aside if GRAVITY.index(_code(aside)) < GRAVITY.index(own) else group


def asides(check: Check) -> Iterator[Aside]:
    """Yield what stands outside the groups and is not good."""
    for cluster in check.clusters:
        if cluster.gaps:
            yield cluster
        yield from (p for p in cluster.alone if point_code(p) is not ExitCode.COMPLIANT)


def _code(aside: Aside) -> ExitCode:
    return point_code(aside) if isinstance(aside, Point) else ExitCode.INCOMPLETE


def _worst(check: Check) -> GroupCheck | None:
    """Return the first of the groups that stand worst."""

    def weight(group: GroupCheck) -> tuple[int, ...]:
        code = group.code(accept_failed_over=check.accept_failed_over)
        broken = group.outlasted or group.standing is Standing.BROKEN
        calm = group.standing in (Standing.NORMAL, Standing.NO_FAILOVER)
        wrong = bool(group.of(Verdict.DRIFT))
        aside = not (group.bad_replication or group.sessions.short)
        return (GRAVITY.index(code), not broken, not wrong, calm, aside)

    return min(check.groups, key=weight, default=None)
