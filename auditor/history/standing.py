"""How a finding stands from run to run, and what that makes of it between two runs. Pure.

A difference (drift, explained, waived) that nobody could see for a while, because it was unknown
or was not judged, stands on when it is seen again: nobody saw it mended. Only the runs that saw it
count. Everything else begins anew after such a gap; above all, no pass reaches across one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from auditor.findings import Finding, Kind, Severity, Subject, Verdict
from auditor.past import Change, Direction, Standing, Stood

DIFFERENCES = frozenset({Verdict.DRIFT, Verdict.EXPLAINED, Verdict.WAIVED})


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive runs of a cluster that saw a finding alike; see `schema.spans`."""

    first: int
    last: int
    first_at: str
    last_at: str
    runs: int
    verdict: Verdict
    kind: Kind | None
    severity: Severity
    since: str
    carried: int

    @property
    def standing(self) -> Standing:
        """Return since when the verdict stands, earlier spans of the same verdict included."""
        return Standing(self.since, self.carried + self.runs)


@dataclass(frozen=True, slots=True)
class Trace:
    """What is recorded of a finding: its last span, and the last one that is not unknown.

    Both may be the same span. `known` is None for what was never anything but unknown.
    """

    id: str
    cluster: str
    recommendation: str
    service: str | None
    subject: Subject
    latest: Span
    known: Span | None


def follow(trace: Trace | None, finding: Finding, *, before: int | None, run: int, at: str) -> Span:
    """Return the span that a run puts a finding in: its last one, longer by one run, or a new one.

    `before` is the cluster's last recorded run; `at` is when this run started.
    """
    latest = trace.latest if trace and trace.latest.last == before else None
    if latest and _alike(latest, finding):
        return replace(latest, last=run, last_at=at, runs=latest.runs + 1)
    origin = _origin(latest, trace.known if trace else None, finding.verdict)
    return Span(
        first=run,
        last=run,
        first_at=at,
        last_at=at,
        runs=1,
        verdict=finding.verdict,
        kind=finding.kind,
        severity=finding.severity,
        since=origin.since if origin else at,
        carried=origin.standing.runs if origin else 0,
    )


def _alike(span: Span, finding: Finding) -> bool:
    seen = (finding.verdict, finding.kind, finding.severity)
    return (span.verdict, span.kind, span.severity) == seen


def _origin(latest: Span | None, known: Span | None, verdict: Verdict) -> Span | None:
    """Return the span whose standing a new span of this verdict continues."""
    if latest and latest.verdict is verdict:
        return latest
    return known if known and known.verdict is verdict and verdict in DIFFERENCES else None


def stood(trace: Trace) -> Stood:
    """Return a finding as its last span has it."""
    span = trace.latest
    return _stood(trace, span.verdict, span.kind, span.severity, span.standing)


def _stood(
    trace: Trace, verdict: Verdict, kind: Kind | None, severity: Severity, standing: Standing
) -> Stood:
    return Stood(
        id=trace.id,
        cluster=trace.cluster,
        recommendation=trace.recommendation,
        service=trace.service,
        subject=trace.subject,
        verdict=verdict,
        kind=kind,
        severity=severity,
        standing=standing,
    )


def changes(traces: Mapping[str, Trace], then: int, now: Iterable[Stood]) -> tuple[Change, ...]:
    """Return what became of every difference between the run `then` and now.

    `traces` are by finding id; their `known` spans must be the last ones that began by `then`.
    Sorted by direction, severity, recommendation and subject.
    """
    present = {finding.id: finding for finding in now}
    found = [*_present(traces, then, present), *_absent(traces, present)]
    return tuple(sorted(found, key=_order))


def _present(
    traces: Mapping[str, Trace], then: int, present: Mapping[str, Stood]
) -> Iterator[Change]:
    for finding in present.values():
        trace = traces.get(finding.id)
        known = trace.known if trace else None
        direction = _direction(known, finding, seen_then=bool(known and known.last >= then))
        if direction:
            yield Change(direction, finding, known.verdict if known else None)


def _absent(traces: Mapping[str, Trace], present: Mapping[str, Stood]) -> Iterator[Change]:
    """Give the differences that the later run did not judge at all."""
    for trace in traces.values():
        if trace.id not in present and trace.known and trace.known.verdict in DIFFERENCES:
            unseen = Standing(trace.latest.last_at, 0)
            finding = _stood(trace, Verdict.UNKNOWN, None, trace.known.severity, unseen)
            yield Change(Direction.UNSEEN, finding, trace.known.verdict)


def _direction(known: Span | None, now: Stood, *, seen_then: bool) -> Direction | None:
    """Return how a finding moved, None for one that was no difference and is none.

    A pass that became unknown is unseen too, but only in the first run that could not tell.
    """
    differed = known is not None and known.verdict in DIFFERENCES
    if now.verdict is Verdict.UNKNOWN:
        newly = seen_then and known is not None and known.verdict is Verdict.PASS
        return Direction.UNSEEN if differed or newly else None
    if now.verdict not in DIFFERENCES:
        return _ended(now) if differed else None
    if known is None or not differed:
        return Direction.NEW
    return Direction.WORSENED if _worse(known, now) else Direction.PERSISTING


def _ended(now: Stood) -> Direction:
    return Direction.UNASKED if now.verdict is Verdict.NOT_APPLICABLE else Direction.RESOLVED


def _worse(known: Span, now: Stood) -> bool:
    """Tell whether an accepted or explained difference became drift, or a drift weighs more."""
    if now.verdict is not Verdict.DRIFT:
        return False
    return known.verdict is not Verdict.DRIFT or now.severity.rank < known.severity.rank


def _order(change: Change) -> tuple[int, int, str, str]:
    finding = change.finding
    return (
        tuple(Direction).index(change.direction),
        finding.severity.rank,
        finding.recommendation,
        finding.subject.name.lower(),
    )
