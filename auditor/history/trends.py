"""How a finding stands from run to run, and what that makes of it between two runs. Pure.

A difference (drift, explained, waived) that nobody could see for a while, because it was unknown
or was not judged, stands on when it is seen again: nobody saw it mended. Only the runs that saw it
count. Everything else begins anew after such a gap; above all, no pass reaches across one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from auditor.models.findings import Finding, FindingKind, FindingSubject, Severity, Verdict
from auditor.models.history import ChangeDirection, FindingAge, FindingChange, HistoricalFinding

DIFFERENCE_VERDICTS = frozenset({Verdict.DRIFT, Verdict.EXPLAINED, Verdict.WAIVED})


@dataclass(frozen=True, slots=True)
class FindingPeriod:
    """Consecutive runs of a cluster that saw a finding alike; see `schema.spans`."""

    first: int
    last: int
    first_at: str
    last_at: str
    runs: int
    verdict: Verdict
    kind: FindingKind | None
    severity: Severity
    since: str
    carried: int

    @property
    def standing(self) -> FindingAge:
        """Return since when the verdict stands, earlier spans of the same verdict included."""
        return FindingAge(self.since, self.carried + self.runs)


@dataclass(frozen=True, slots=True)
class FindingRecord:
    """What is recorded of a finding: its last span, and the last one that is not unknown.

    Both may be the same span. `known` is None for what was never anything but unknown.
    """

    id: str
    cluster: str
    recommendation: str
    service: str | None
    subject: FindingSubject
    latest: FindingPeriod
    known: FindingPeriod | None


def next_period(
    trace: FindingRecord | None, finding: Finding, *, before: int | None, run: int, at: str
) -> FindingPeriod:
    """Return the span that a run puts a finding in: its last one, longer by one run, or a new one.

    `before` is the cluster's last recorded run; `at` is when this run started.
    """
    latest = trace.latest if trace and trace.latest.last == before else None
    if latest and _continues_period(latest, finding):
        return replace(latest, last=run, last_at=at, runs=latest.runs + 1)
    origin = _find_origin_period(latest, trace.known if trace else None, finding.verdict)
    return FindingPeriod(
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


def _continues_period(span: FindingPeriod, finding: Finding) -> bool:
    seen = (finding.verdict, finding.kind, finding.severity)
    return (span.verdict, span.kind, span.severity) == seen


def _find_origin_period(
    latest: FindingPeriod | None, known: FindingPeriod | None, verdict: Verdict
) -> FindingPeriod | None:
    """Return the span whose standing a new span of this verdict continues."""
    if latest and latest.verdict is verdict:
        return latest
    return known if known and known.verdict is verdict and verdict in DIFFERENCE_VERDICTS else None


def to_historical_finding(trace: FindingRecord) -> HistoricalFinding:
    """Return a finding as its last span has it."""
    span = trace.latest
    return _build_historical_finding(trace, span.verdict, span.kind, span.severity, span.standing)


def _build_historical_finding(
    trace: FindingRecord,
    verdict: Verdict,
    kind: FindingKind | None,
    severity: Severity,
    standing: FindingAge,
) -> HistoricalFinding:
    return HistoricalFinding(
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


def find_changes_since(
    traces: Mapping[str, FindingRecord], then: int, now: Iterable[HistoricalFinding]
) -> tuple[FindingChange, ...]:
    """Return what became of every difference between the run `then` and now.

    `traces` are by finding id; their `known` spans must be the last ones that began by `then`.
    Sorted by direction, severity, recommendation and subject.
    """
    present = {finding.id: finding for finding in now}
    found = [
        *_judged_finding_changes(traces, then, present),
        *_unjudged_finding_changes(traces, present),
    ]
    return tuple(sorted(found, key=_history_change_sort_key))


def _judged_finding_changes(
    traces: Mapping[str, FindingRecord], then: int, present: Mapping[str, HistoricalFinding]
) -> Iterator[FindingChange]:
    for finding in present.values():
        trace = traces.get(finding.id)
        known = trace.known if trace else None
        direction = _change_direction(known, finding, seen_then=bool(known and known.last >= then))
        if direction:
            yield FindingChange(direction, finding, known.verdict if known else None)


def _unjudged_finding_changes(
    traces: Mapping[str, FindingRecord], present: Mapping[str, HistoricalFinding]
) -> Iterator[FindingChange]:
    """Give the differences that the later run did not judge at all."""
    for trace in traces.values():
        if trace.id not in present and trace.known and trace.known.verdict in DIFFERENCE_VERDICTS:
            unseen = FindingAge(trace.latest.last_at, 0)
            finding = _build_historical_finding(
                trace, Verdict.UNKNOWN, None, trace.known.severity, unseen
            )
            yield FindingChange(ChangeDirection.UNSEEN, finding, trace.known.verdict)


def _change_direction(
    known: FindingPeriod | None, now: HistoricalFinding, *, seen_then: bool
) -> ChangeDirection | None:
    """Return how a finding moved, None for one that was no difference and is none.

    A pass that became unknown is unseen too, but only in the first run that could not tell.
    """
    differed = known is not None and known.verdict in DIFFERENCE_VERDICTS
    if now.verdict is Verdict.UNKNOWN:
        newly = seen_then and known is not None and known.verdict is Verdict.PASS
        return ChangeDirection.UNSEEN if differed or newly else None
    if now.verdict not in DIFFERENCE_VERDICTS:
        return _end_direction(now) if differed else None
    if known is None or not differed:
        return ChangeDirection.NEW
    return ChangeDirection.WORSENED if _has_worsened(known, now) else ChangeDirection.PERSISTING


def _end_direction(now: HistoricalFinding) -> ChangeDirection:
    return (
        ChangeDirection.UNASKED
        if now.verdict is Verdict.NOT_APPLICABLE
        else ChangeDirection.RESOLVED
    )


def _has_worsened(known: FindingPeriod, now: HistoricalFinding) -> bool:
    """Tell whether an accepted or explained difference became drift, or a drift weighs more."""
    if now.verdict is not Verdict.DRIFT:
        return False
    return known.verdict is not Verdict.DRIFT or now.severity.rank < known.severity.rank


def _history_change_sort_key(change: FindingChange) -> tuple[int, int, str, str]:
    finding = change.finding
    return (
        tuple(ChangeDirection).index(change.direction),
        finding.severity.rank,
        finding.recommendation,
        finding.subject.name.lower(),
    )
