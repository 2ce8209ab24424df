"""The first line: one sentence on how everything stands."""

from collections.abc import Sequence

from auditor.failover import sentence
from auditor.failover.findings import Check, GroupCheck, Point, Standing
from auditor.failover.states import listed
from auditor.findings import ExitCode, Verdict


def of_all(check: Check) -> str:
    """Return the first line: one sentence on how everything stands."""
    group = worst(check)
    gaps = [gap for cluster in check.clusters for gap in cluster.gaps]
    lone = [point for cluster in check.clusters for point in cluster.alone]
    if group is None:
        return f"Cannot tell: {gaps[0] if gaps else _no_group(lone)}"
    told = sentence.of_group(group)
    if len(check.groups) > 1:
        told = f"{told[:-1]}; {_rest(check, group)}."
    return told


def worst(check: Check) -> GroupCheck | None:
    """Return the group that the first lines speak of: the first of those that stand worst."""

    def weight(group: GroupCheck) -> tuple[int, ...]:
        code = group.code(accept_failed_over=check.accept_failed_over)
        order = (ExitCode.DRIFT, ExitCode.INCOMPLETE, ExitCode.COMPLIANT)
        broken = group.outlasted or group.standing is Standing.BROKEN
        calm = group.standing in (Standing.NORMAL, Standing.NO_FAILOVER)
        wrong = bool(group.of(Verdict.DRIFT))
        return (order.index(code), not broken, not wrong, calm, not group.sessions.short)

    return min(check.groups, key=weight, default=None)


def _no_group(lone: Sequence[Point]) -> str:
    return lone[0].text if lone else "there is no redundancy group to look at."


def _rest(check: Check, group: GroupCheck) -> str:
    others = [other for other in check.groups if other is not group]
    bad = [o for o in others if o.code(accept_failed_over=check.accept_failed_over)]
    accepted = [o.name for o in others if o.standing is Standing.FAILED_OVER]
    if not bad and accepted:
        verb = "is" if len(accepted) == 1 else "are"
        return f"{listed(accepted)} {verb} failed over too, which --accept allows"
    if not bad:
        return f"the other {_count(len(others), 'group')} {_is(len(others))} as expected"
    return f"{listed(o.name for o in bad)} also {'needs' if len(bad) == 1 else 'need'} a look"


def _count(number: int, noun: str) -> str:
    return noun if number == 1 else f"{number} {noun}s"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
