"""The first line: one sentence on how everything stands."""

from collections.abc import Iterator, Sequence

from auditor.failover import sentence
from auditor.failover.findings import Check, ClusterCheck, GroupCheck
from auditor.failover.lead import Aside, asides, lead
from auditor.failover.seen import Point
from auditor.failover.sentence import clause
from auditor.failover.states import listed
from auditor.findings import Verdict


def of_all(check: Check) -> str:
    """Return the first line: one sentence on how everything stands."""
    first = lead(check)
    if first is None:
        return "Cannot tell: there is no redundancy group to look at."
    told = sentence.of_group(first) if isinstance(first, GroupCheck) else _of_aside(first)
    return f"{'; '.join([told.rstrip('.'), *_rest(check, first)])}."


def _of_aside(aside: Aside) -> str:
    if isinstance(aside, Point):
        word = "Not sound" if aside.verdict is Verdict.DRIFT else "Not certain"
        return f"{word}: {clause(aside.text)}"
    return f"Cannot tell: {clause(aside.gaps[0])}{_because(aside)}"


def _because(cluster: ClusterCheck) -> str:
    return f", because {clause(cluster.obstacles[0].text)}" if cluster.obstacles else ""


def _rest(check: Check, first: GroupCheck | Aside) -> Iterator[str]:
    """Yield what else there is to say: other groups, and what stands outside the groups."""
    others = [group for group in check.groups if group is not first]
    bad = [check.title(o) for o in others if o.code(accept_failed_over=check.accept_failed_over)]
    accepted = [check.title(group) for group in check.accepted if group is not first]
    if first in check.accepted and isinstance(first, GroupCheck):
        worse = first.sessions.short or first.bad_replication
        yield f"--accept failed-over allows {'the failover alone' if worse else 'that'}"
    if bad:
        yield f"{listed(bad)} also {'needs' if len(bad) == 1 else 'need'} a look"
    if accepted:
        too = " too" if isinstance(first, GroupCheck) else ""
        yield f"{listed(accepted)} {_is(accepted)} failed over{too}, which --accept allows"
    for aside in asides(check):
        if aside is not first:
            yield _also(aside)
    if others and not (bad or accepted):
        names = [check.title(group) for group in others]
        yield _as_expected(names, besides=isinstance(first, GroupCheck))


def _also(aside: Aside) -> str:
    if isinstance(aside, Point):
        return clause(aside.text)
    if aside.groups:
        return clause(aside.gaps[0])
    return f"cluster {aside.name} could not be looked at"


def _as_expected(names: Sequence[str], *, besides: bool) -> str:
    if not besides:
        return f"{listed(names)} {_is(names)} as expected"
    count = "group" if len(names) == 1 else f"{len(names)} groups"
    return f"the other {count} {_is(names)} as expected"


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
