"""Days on which nothing ran, and clocks that were set back."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import pairwise
from statistics import median_low

from auditor.history.estate.records import ClusterRun, EstateRecord
from auditor.models.estate import ClockStep, RunGap


def find_gaps(record: EstateRecord, now: str) -> tuple[RunGap, ...]:
    """Return the gaps of all clusters together, then those of single ones, the latest first.

    A gap is at least one whole UTC day without a run, in a step of at least twice the usual one.
    """
    every = [run for runs in record.runs.values() for run in runs]
    together = _sort_latest_first(_gaps_between(None, every, now))
    single = _sort_latest_first(
        gap
        for cluster, runs in record.runs.items()
        for gap in _gaps_between(cluster, runs, now)
        if not _is_covered(gap, together)
    )
    return (*together, *single)


def _gaps_between(cluster: str | None, runs: Iterable[ClusterRun], now: str) -> Iterator[RunGap]:
    last_of_day: dict[str, str] = {}
    first_of_day: dict[str, str] = {}
    # By time, not in the order of recording: a clock may have been set back.
    for run in sorted(runs, key=lambda run: run.past.started_at):
        first_of_day.setdefault(run.day, run.past.started_at)
        last_of_day[run.day] = run.past.started_at
    steps = [
        (before, after, _days_between(before, after)) for before, after in pairwise(last_of_day)
    ]
    usual = median_low([days for *_, days in steps]) if steps else 1
    for before, after, days in steps:
        if _is_gap(days, usual):
            yield RunGap(cluster, last_of_day[before], first_of_day[after], days - 1, usual)
    if last_of_day:
        last = max(last_of_day)
        days = _days_between(last, now[:10])
        # Today is not over: the run of today may still come.
        if _is_gap(days, usual):
            yield RunGap(cluster, last_of_day[last], None, days - 1, usual)


def _days_between(before: str, after: str) -> int:
    return (date.fromisoformat(after) - date.fromisoformat(before)).days


def _is_gap(days: int, usual: int) -> bool:
    return days >= 2 * usual


def _is_covered(gap: RunGap, others: Sequence[RunGap]) -> bool:
    """Return whether nothing at all ran in the same days."""
    return any(gap.before_at[:10] == o.before_at[:10] and gap.days == o.days for o in others)


def _sort_latest_first(gaps: Iterable[RunGap]) -> list[RunGap]:
    return sorted(gaps, key=lambda gap: (gap.before_at, gap.cluster or ""), reverse=True)


def find_clock_steps(record: EstateRecord) -> tuple[ClockStep, ...]:
    """Return the runs that began before one that was recorded earlier, the latest first."""
    runs = {run.seq: run.past for of_cluster in record.runs.values() for run in of_cluster}
    steps: list[ClockStep] = []
    latest: str | None = None
    for _, run in sorted(runs.items()):
        if latest is not None and _is_earlier(run.started_at, latest):
            steps.append(ClockStep(run.id, run.started_at, latest))
        # From a step on the new clock counts, or each later run would be a step too.
        latest = run.started_at
    return tuple(reversed(steps))


def _is_earlier(moment: str, other: str) -> bool:
    return datetime.fromisoformat(moment) < datetime.fromisoformat(other)
