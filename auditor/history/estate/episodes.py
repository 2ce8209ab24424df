"""Differences from when they came to when they went: open ones, flapping, and time to fix.

Only a run that judged a finding as recommended shows that it is fixed. Unknown, or not judged, it
is as open as before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median_low

from auditor.history.estate.records import EstateRecord, RecordedFinding
from auditor.history.trends import DIFFERING_VERDICTS, FindingPeriod
from auditor.models.estate import (
    FindingState,
    FixTimes,
    FlappingFinding,
    OpenDifference,
)
from auditor.models.findings import Severity, Verdict


@dataclass(frozen=True, slots=True)
class Episode:
    """A difference from the first run that found it; `end` is None while it is open.

    `end` is the period that ended it: a pass, or not applicable. `severity` is the gravest that its
    drift had, None if it never was drift (waived or explained throughout).
    """

    since: str
    severity: Severity | None
    end: FindingPeriod | None

    @property
    def is_fixed(self) -> bool:
        """Return whether a run found it as recommended."""
        return self.end is not None and self.end.verdict is Verdict.PASS


def find_episodes(finding: RecordedFinding) -> tuple[Episode, ...]:
    """Return the episodes of a finding, oldest first."""
    return tuple(_split_episodes(finding.periods))


def _split_episodes(periods: Iterable[FindingPeriod]) -> Iterator[Episode]:
    differing: list[FindingPeriod] = []
    for period in periods:
        if period.verdict in DIFFERING_VERDICTS:
            differing.append(period)
        elif period.verdict is not Verdict.UNKNOWN and differing:
            yield _build_episode(differing, period)
            differing = []
    if differing:
        yield _build_episode(differing, None)


def _build_episode(differing: Sequence[FindingPeriod], end: FindingPeriod | None) -> Episode:
    severities = [period.severity for period in differing if period.verdict is Verdict.DRIFT]
    # `since` reaches back before what is left of the record after old runs were deleted.
    gravest = min(severities, key=lambda severity: severity.rank, default=None)
    return Episode(differing[0].since, gravest, end)


def find_open_differences(record: EstateRecord) -> tuple[OpenDifference, ...]:
    """Return what no run has shown to be fixed, gravest and oldest first."""
    last_runs = {cluster: runs[-1].seq for cluster, runs in record.runs.items()}
    differences = [_find_open_difference(finding, last_runs) for finding in record.findings]
    return tuple(sorted(filter(None, differences), key=_open_sort_key))


def _find_open_difference(
    finding: RecordedFinding, last_runs: Mapping[str, int]
) -> OpenDifference | None:
    judged, latest = finding.judged, finding.periods[-1]
    if judged is None or judged.verdict not in DIFFERING_VERDICTS:
        return None
    state = FindingState.CONFIRMED
    if latest.last < last_runs.get(finding.identity.cluster, latest.last):
        state = FindingState.NOT_JUDGED
    elif latest.verdict is Verdict.UNKNOWN:
        state = FindingState.UNKNOWN
    return OpenDifference(
        finding=finding.identity,
        verdict=judged.verdict,
        kind=judged.kind,
        severity=judged.severity,
        state=state,
        age=judged.age,
        exists_since=find_episodes(finding)[-1].since,
        last_judged=judged.last_at,
        waiver=finding.waiver if judged.verdict is Verdict.WAIVED else None,
    )


def _open_sort_key(entry: OpenDifference) -> tuple[int, int, str, str, str, str]:
    finding = entry.finding
    name = finding.subject.name.lower()
    where = finding.cluster, finding.recommendation, name
    return entry.verdict.rank, entry.severity.rank, entry.exists_since, *where


def find_flapping(record: EstateRecord) -> tuple[FlappingFinding, ...]:
    """Return the drift that came back after it was fixed, what came most often first."""
    returns = (_find_returns(finding) for finding in record.findings)
    return tuple(sorted(filter(None, returns), key=_flapping_sort_key))


def _find_returns(finding: RecordedFinding) -> FlappingFinding | None:
    drifted = [episode for episode in find_episodes(finding) if episode.severity]
    # What ended because it no longer applied did not come back: it applies again.
    if not any(episode.is_fixed for episode in drifted[:-1]):
        return None
    last = drifted[-1]
    gravest = min((e.severity for e in drifted if e.severity), key=lambda s: s.rank)
    return FlappingFinding(
        finding=finding.identity,
        severity=gravest,
        times=len(drifted),
        first_at=drifted[0].since,
        last_at=last.end.first_at if last.end else finding.periods[-1].last_at,
        is_open=last.end is None,
    )


def _flapping_sort_key(entry: FlappingFinding) -> tuple[int, int, str, str, str]:
    finding = entry.finding
    name = finding.subject.name.lower()
    return -entry.times, entry.severity.rank, finding.cluster, finding.recommendation, name


def measure_fix_times(record: EstateRecord, now: str) -> tuple[FixTimes, ...]:
    """Return how long drift of each severity took to be fixed, the gravest first."""
    episodes = [e for finding in record.findings for e in find_episodes(finding) if e.severity]
    return tuple(
        _measure_severity(severity, [e for e in episodes if e.severity is severity], now)
        for severity in Severity
    )


def _measure_severity(severity: Severity, episodes: Sequence[Episode], now: str) -> FixTimes:
    fixed = [_seconds_between(e.since, e.end.first_at) for e in episodes if e.end and e.is_fixed]
    # Of a clock that was set back in between, no time can be measured.
    measured = [seconds for seconds in fixed if seconds >= 0]
    open_ages = [_seconds_between(episode.since, now) for episode in episodes if not episode.end]
    return FixTimes(
        severity=severity,
        fixed=len(fixed),
        median_s=median_low(measured) if measured else None,
        worst_s=max(measured, default=None),
        open=len(open_ages),
        oldest_open_s=max(0, *open_ages) if open_ages else None,
        not_applicable=sum(e.end is not None and not e.is_fixed for e in episodes),
        unmeasured=len(fixed) - len(measured),
    )


def _seconds_between(begin: str, end: str) -> int:
    return int((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds())
