"""The estate day by day: the last run of each cluster on each day, and what nobody confirmed."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from auditor.history.estate.records import ClusterRun, EstateRecord, RecordedFinding
from auditor.models.cluster_report import ClusterStatus
from auditor.models.estate import ClusterDay, DayCounts, EstateDay
from auditor.models.findings import Verdict


def build_cluster_days(record: EstateRecord) -> tuple[ClusterDay, ...]:
    """Return the days on which each cluster was audited, by cluster and day."""
    not_judged = count_not_judged(record)
    return tuple(
        ClusterDay(cluster, runs[-1].past.status, _count_day(day, runs, not_judged))
        for cluster, all_runs in record.runs.items()
        for day, runs in sorted(_runs_by_day(all_runs).items())
    )


def _runs_by_day(runs: Iterable[ClusterRun]) -> dict[str, list[ClusterRun]]:
    days: dict[str, list[ClusterRun]] = defaultdict(list)
    for run in runs:
        days[run.day].append(run)
    return days


def _count_day(
    day: str, runs: Sequence[ClusterRun], not_judged: Mapping[tuple[str, int], int]
) -> DayCounts:
    last = runs[-1]
    return DayCounts(day, len(runs), last.past.counts, not_judged[last.past.cluster, last.seq])


def count_not_judged(record: EstateRecord) -> dict[tuple[str, int], int]:
    """Return how much drift of earlier runs each run did not judge, by cluster and run."""
    changes: dict[str, Counter[int]] = defaultdict(Counter)
    for finding in record.findings:
        _note_unjudged_runs(finding, changes[finding.identity.cluster])
    counts = {}
    for cluster, runs in record.runs.items():
        ordered = sorted(changes[cluster].items())
        places = [run for run, _ in ordered]
        totals = [0, *accumulate(change for _, change in ordered)]
        for run in runs:
            counts[cluster, run.seq] = totals[bisect_right(places, run.seq)]
    return counts


def _note_unjudged_runs(finding: RecordedFinding, changes: Counter[int]) -> None:
    """Add one from the run after each period on, and take it away where the next one begins."""
    judged = None
    for period, following in zip(finding.periods, (*finding.periods[1:], None), strict=True):
        judged = judged if period.verdict is Verdict.UNKNOWN else period.verdict
        if judged is Verdict.DRIFT:
            changes[period.last + 1] += 1
            if following:
                changes[following.first] -= 1


def build_estate_days(
    record: EstateRecord, cluster_days: Iterable[ClusterDay]
) -> tuple[EstateDay, ...]:
    """Return the days on which any cluster was audited, the first one first."""
    days: dict[str, dict[str, ClusterDay]] = defaultdict(dict)
    for entry in cluster_days:
        days[entry.counted.day][entry.cluster] = entry
    latest: dict[str, ClusterDay] = {}
    runs = _count_runs(record)
    built = []
    for day, audited in sorted(days.items()):
        latest.update(audited)
        built.append(_build_estate_day(day, runs[day], audited, latest))
    return tuple(built)


def _count_runs(record: EstateRecord) -> Counter[str]:
    """Return the number of runs on each day; one that audits several clusters is one."""
    seen = {run.seq: run.day for runs in record.runs.values() for run in runs}
    return Counter(seen.values())


def _build_estate_day(
    day: str, runs: int, audited: Mapping[str, ClusterDay], latest: Mapping[str, ClusterDay]
) -> EstateDay:
    counts = Counter(dict.fromkeys(Verdict, 0))
    for entry in audited.values():
        counts.update(entry.counted.counts)
    # Yesterday's passes say nothing about today, but yesterday's drift is not fixed either.
    carried = sum(
        entry.counted.counts[Verdict.DRIFT]
        for cluster, entry in latest.items()
        if cluster not in audited
    )
    not_judged = carried + sum(entry.counted.not_judged for entry in latest.values())
    return EstateDay(
        counted=DayCounts(day, runs, dict(counts), not_judged),
        audited=len(audited),
        expected=len(latest),
        unauditable=tuple(
            cluster
            for cluster, entry in audited.items()
            if entry.status is ClusterStatus.UNAUDITABLE
        ),
    )
