"""How long each finding has had its verdict, and what changed between two runs. No I/O.

What differs (drift, explained or waived) may be unknown, or not judged, for some runs. When it is
judged again, its age includes the time before: nothing showed that it was fixed in between. Only
the runs that judged it count. Any other verdict, above all a pass, starts anew after such a gap.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from auditor.models.counts import ACCEPTED_VERDICTS
from auditor.models.findings import Finding, FindingKind, FindingSubject, Severity, Verdict
from auditor.models.history import ChangeDirection, FindingAge, FindingChange, HistoricalFinding

DIFFERING_VERDICTS = frozenset({Verdict.DRIFT}) | ACCEPTED_VERDICTS
"""The verdicts of what differs. Only drift is counted as a difference; see `models.counts`."""


@dataclass(frozen=True, slots=True)
class FindingPeriod:
    """Consecutive runs of a cluster with the same verdict, kind and severity of a finding.

    `carried` are the runs of earlier periods that its age includes; see `schema.period_table`.
    """

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
    def age(self) -> FindingAge:
        """Return the age of the verdict, earlier periods of the same verdict included."""
        return FindingAge(self.since, self.carried + self.runs)


@dataclass(frozen=True, slots=True)
class FindingRecord:
    """What is recorded of a finding: its last period, and its last one that is not unknown.

    Both may be the same. `judged` is None if the finding was never anything but unknown.
    """

    id: str
    cluster: str
    recommendation: str
    service: str | None
    subject: FindingSubject
    latest: FindingPeriod
    judged: FindingPeriod | None


def next_period(
    record: FindingRecord | None, finding: Finding, *, before: int | None, run: int, at: str
) -> FindingPeriod:
    """Return the period of a finding in a run: its last one, longer by one run, or a new one.

    `before` is the cluster's last recorded run; `at` is when this run started.
    """
    # If the last run did not judge the finding, its period is over.
    latest = record.latest if record and record.latest.last == before else None
    if latest and _continues_period(latest, finding):
        return replace(latest, last=run, last_at=at, runs=latest.runs + 1)
    origin = _find_origin_period(latest, record.judged if record else None, finding.verdict)
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
        carried=origin.age.runs if origin else 0,
    )


def _continues_period(period: FindingPeriod, finding: Finding) -> bool:
    result = (finding.verdict, finding.kind, finding.severity)
    return (period.verdict, period.kind, period.severity) == result


def _find_origin_period(
    latest: FindingPeriod | None, judged: FindingPeriod | None, verdict: Verdict
) -> FindingPeriod | None:
    """Return the earlier period whose age a new period of this verdict includes."""
    # Only kind or severity changed, and the age is that of the verdict.
    if latest and latest.verdict is verdict:
        return latest
    return (
        judged if judged and judged.verdict is verdict and verdict in DIFFERING_VERDICTS else None
    )


def to_historical_finding(record: FindingRecord) -> HistoricalFinding:
    """Return a finding with the result and age of its last period."""
    latest = record.latest
    return HistoricalFinding(
        id=record.id,
        cluster=record.cluster,
        recommendation=record.recommendation,
        service=record.service,
        subject=record.subject,
        verdict=latest.verdict,
        kind=latest.kind,
        severity=latest.severity,
        age=latest.age,
    )


def find_changes_since(
    records: Mapping[str, FindingRecord], baseline: int, findings: Iterable[HistoricalFinding]
) -> tuple[FindingChange, ...]:
    """Return what became of every difference between the run `baseline` and the given findings.

    `records` are by finding id; their `judged` periods must be the last ones that began by the
    baseline. Sorted by direction, severity, recommendation and subject.
    """
    current = {finding.id: finding for finding in findings}
    changes = [
        *_judged_finding_changes(records, baseline, current),
        *_unjudged_finding_changes(records, current),
    ]
    return tuple(sorted(changes, key=_history_change_sort_key))


def _judged_finding_changes(
    records: Mapping[str, FindingRecord], baseline: int, current: Mapping[str, HistoricalFinding]
) -> Iterator[FindingChange]:
    for finding in current.values():
        record = records.get(finding.id)
        judged = record.judged if record else None
        was_judged = judged is not None and judged.last >= baseline
        direction = _change_direction(judged, finding, was_judged=was_judged)
        if direction:
            yield FindingChange(direction, finding, judged.verdict if judged else None)


def _unjudged_finding_changes(
    records: Mapping[str, FindingRecord], current: Mapping[str, HistoricalFinding]
) -> Iterator[FindingChange]:
    """Yield the differences that the later run did not judge at all."""
    for record in records.values():
        judged = record.judged
        if record.id not in current and judged and judged.verdict in DIFFERING_VERDICTS:
            finding = replace(
                to_historical_finding(record),
                verdict=Verdict.UNKNOWN,
                kind=None,
                severity=judged.severity,
                age=FindingAge(record.latest.last_at, 0),
            )
            yield FindingChange(ChangeDirection.UNKNOWN, finding, judged.verdict)


def _change_direction(
    judged: FindingPeriod | None, now: HistoricalFinding, *, was_judged: bool
) -> ChangeDirection | None:
    """Return how a finding changed, None if it is a difference in neither run.

    A pass that became unknown is reported too, but only by the first run that found it unknown.
    """
    was_difference = judged is not None and judged.verdict in DIFFERING_VERDICTS
    if now.verdict is Verdict.UNKNOWN:
        was_pass = was_judged and judged is not None and judged.verdict is Verdict.PASS
        return ChangeDirection.UNKNOWN if was_difference or was_pass else None
    if now.verdict not in DIFFERING_VERDICTS:
        if not was_difference:
            return None
        is_applicable = now.verdict is not Verdict.NOT_APPLICABLE
        return ChangeDirection.RESOLVED if is_applicable else ChangeDirection.NOT_APPLICABLE
    if judged is None or not was_difference:
        return ChangeDirection.NEW
    return ChangeDirection.WORSENED if _has_worsened(judged, now) else ChangeDirection.PERSISTING


def _has_worsened(judged: FindingPeriod, now: HistoricalFinding) -> bool:
    """Return whether an accepted or explained difference became drift, or drift more severe."""
    if now.verdict is not Verdict.DRIFT:
        return False
    return judged.verdict is not Verdict.DRIFT or now.severity.rank < judged.severity.rank


def _history_change_sort_key(change: FindingChange) -> tuple[int, int, str, str]:
    finding = change.finding
    return (
        tuple(ChangeDirection).index(change.direction),
        finding.severity.rank,
        finding.recommendation,
        finding.subject.name.lower(),
    )
