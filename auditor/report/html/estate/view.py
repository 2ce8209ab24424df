"""What the page of the estate shows, as plain data in reading order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from auditor.models.cluster_report import ClusterStatus, overall_status
from auditor.models.estate import (
    ClusterSummary,
    Estate,
    FindingState,
    FixTimes,
    FlappingFinding,
    OpenDifference,
    Outage,
    RunGap,
)
from auditor.models.findings import Severity, Verdict
from auditor.report.durations import duration_text, elapsed_text
from auditor.report.estate_words import (
    NOT_RECORDED,
    difference_state_text,
    list_alarms,
    outage_reason_text,
    outage_text,
)
from auditor.report.html.estate.days import (
    DayChart,
    DayRow,
    MonthRow,
    build_day_chart,
    fold_idle_days,
    list_days,
    list_months,
)
from auditor.report.html.tiles import SummaryTile
from auditor.report.wording import STATUS_VERDICTS, STATUS_WORDS, count_statuses, kind_suffix
from auditor.text import count_noun, join_names

MAX_ROWS = 150
"""How many rows a table has; JSON has all."""

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Rows(Generic[_Row]):
    """The first rows of a table, and how many are left out."""

    shown: tuple[_Row, ...]
    more: int

    def __bool__(self) -> bool:
        return bool(self.shown)


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """A cluster at its last run."""

    summary: ClusterSummary
    look: Verdict
    causes: str
    unread: str

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """Return the numbers of its last run."""
        return self.summary.last.counts


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A difference that nobody has shown to be fixed; `look` is what is known of it now."""

    entry: OpenDifference
    look: Verdict
    state: str
    age: str


@dataclass(frozen=True, slots=True)
class WaiverRow:
    """What a waiver hides; `left` says how long it still does."""

    entry: OpenDifference
    hides: str = NOT_RECORDED
    until: str = ""
    left: str = NOT_RECORDED
    owner: str = NOT_RECORDED
    reason: str = NOT_RECORDED
    has_ended: bool = False


@dataclass(frozen=True, slots=True)
class FixRow:
    """Time to fix of one severity, in words."""

    times: FixTimes
    median: str
    worst: str
    oldest: str


@dataclass(frozen=True, slots=True)
class FlappingRow:
    """A finding that came and went."""

    entry: FlappingFinding
    window: str


@dataclass(frozen=True, slots=True)
class OutageRow:
    """What could not be read, in words."""

    outage: Outage
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class EstateView:
    """The whole page; `alarms` are what the reader must know before any number."""

    estate: Estate
    status: ClusterStatus | None
    look: Verdict
    headline: str
    alarms: tuple[str, ...]
    tiles: tuple[SummaryTile, ...]
    clusters: tuple[ClusterRow, ...]
    chart: DayChart | None
    days: tuple[DayRow, ...]
    months: Rows[MonthRow]
    differences: Rows[DifferenceRow]
    waivers: Rows[WaiverRow]
    flapping: Rows[FlappingRow]
    fix_times: tuple[FixRow, ...]
    outages: Rows[OutageRow]
    gaps: Rows[RunGap]


def build_estate_view(estate: Estate) -> EstateView:
    """Return what the page shows."""
    statuses = [cluster.last.status for cluster in estate.clusters]
    status = overall_status(statuses) if statuses else None
    days = list_days(estate.days, estate.at[:10])
    return EstateView(
        estate=estate,
        status=status,
        look=STATUS_VERDICTS[status] if status else Verdict.NOT_APPLICABLE,
        headline=_headline(estate),
        alarms=tuple(list_alarms(estate)),
        tiles=tuple(_tiles(estate)),
        clusters=tuple(sorted(map(_cluster_row, estate.clusters), key=_worst_first)),
        chart=build_day_chart(days),
        days=tuple(fold_idle_days(days)),
        months=_limit(list_months(estate.days, days)),
        differences=_limit(_difference_rows(estate)),
        waivers=_limit(_waiver_rows(estate)),
        flapping=_limit(_flapping_row(entry) for entry in estate.flapping),
        fix_times=tuple(_fix_row(times) for times in estate.fix_times if _has_any(times)),
        outages=_limit(_outage_row(outage) for outage in estate.outages),
        gaps=_limit(estate.gaps),
    )


def _limit(rows: Iterable[_Row]) -> Rows[_Row]:
    every = tuple(rows)
    return Rows(every[:MAX_ROWS], max(0, len(every) - MAX_ROWS))


def _headline(estate: Estate) -> str:
    statuses = [cluster.last.status for cluster in estate.clusters]
    if not statuses:
        return "No run is recorded. `auditor audit` records its runs."
    oldest = min((d.exists_since for d in _differences(estate)), default=None)
    oldest_text = f" The oldest difference exists since {oldest[:10]}." if oldest else ""
    if len(statuses) == 1:
        name = estate.clusters[0].cluster
        return f"At its last run, cluster {name}: {STATUS_WORDS[statuses[0]]}.{oldest_text}"
    clusters = count_noun(len(statuses), "cluster")
    return f"At the last run of each of {clusters}: {count_statuses(statuses)}.{oldest_text}"


def _differences(estate: Estate) -> list[OpenDifference]:
    """Return what is drift, or was when it was last judged; not what is waived or explained."""
    return [entry for entry in estate.differences if entry.verdict is Verdict.DRIFT]


def _tiles(estate: Estate) -> Iterator[SummaryTile]:
    differences = _differences(estate)
    confirmed = [d for d in differences if d.state is FindingState.CONFIRMED]
    unjudged = len(differences) - len(confirmed)
    unknown = sum(c.last.counts[Verdict.UNKNOWN] for c in estate.clusters)
    waived = sum(c.last.counts[Verdict.WAIVED] for c in estate.clusters)
    yield _tile("Differences", len(confirmed), _severities(confirmed), Verdict.DRIFT, "open")
    yield _tile("No longer judged", unjudged, "were differences before", Verdict.UNKNOWN, "open")
    yield _tile("Unknown", unknown, "at the last runs", Verdict.UNKNOWN, "clusters")
    yield _tile("Waived", waived, _first_end(estate), Verdict.WAIVED, "waived")
    yield _tile("Flapping", len(estate.flapping), "came back", Verdict.UNKNOWN, "flapping")
    fixed = sum(times.fixed for times in estate.fix_times)
    yield _tile("Fixed", fixed, "found as recommended", Verdict.PASS, "fixed")


def _tile(label: str, number: int, note: str, look: Verdict, place: str) -> SummaryTile:
    # A zero has no colour: one in red would alarm.
    return SummaryTile(label, str(number), note, look if number else Verdict.NOT_APPLICABLE, place)


def _severities(entries: Sequence[OpenDifference]) -> str:
    every = [entry.severity for entry in entries]
    counts = (f"{every.count(s)} {s}" for s in Severity if s in every)
    return ", ".join(counts) or "none at the last runs"


def _first_end(estate: Estate) -> str:
    ends = sorted(entry.waiver.expires for entry in estate.differences if entry.waiver)
    return f"first ends {ends[0]}" if ends else "no waiver on record"


def _cluster_row(summary: ClusterSummary) -> ClusterRow:
    return ClusterRow(
        summary,
        STATUS_VERDICTS[summary.last.status],
        NOT_RECORDED if summary.causes is None else str(summary.causes),
        NOT_RECORDED if summary.unread is None else join_names(summary.unread, 5),
    )


def _worst_first(row: ClusterRow) -> tuple[int, int, str]:
    last = row.summary.last
    return last.status.rank, -last.counts[Verdict.DRIFT], row.summary.cluster.lower()


def _difference_rows(estate: Estate) -> Iterator[DifferenceRow]:
    for entry in estate.differences:
        if entry.verdict is not Verdict.WAIVED:
            look = entry.verdict if entry.state is FindingState.CONFIRMED else Verdict.UNKNOWN
            state = difference_state_text(entry, estate.at)
            yield DifferenceRow(entry, look, state, elapsed_text(entry.exists_since, estate.at))


def _waiver_rows(estate: Estate) -> Iterator[WaiverRow]:
    waived = [entry for entry in estate.differences if entry.verdict is Verdict.WAIVED]
    for entry in sorted(waived, key=lambda e: e.waiver.expires if e.waiver else ""):
        yield _waiver_row(entry, estate.at[:10])


def _waiver_row(entry: OpenDifference, today: str) -> WaiverRow:
    if entry.waiver is None:
        return WaiverRow(entry)
    days = (date.fromisoformat(entry.waiver.expires) - date.fromisoformat(today)).days
    # On its last day a waiver still holds.
    left = f"{count_noun(days, 'day')} left" if days else "ends today"
    return WaiverRow(
        entry,
        hides=f"{entry.waiver.verdict.words}{kind_suffix(entry.kind)}",
        until=entry.waiver.expires,
        left=left if days >= 0 else "ended; the next audit shows it",
        owner=entry.waiver.owner,
        reason=entry.waiver.reason,
        has_ended=days < 0,
    )


def _flapping_row(entry: FlappingFinding) -> FlappingRow:
    return FlappingRow(entry, elapsed_text(entry.first_at, entry.last_at))


def _has_any(times: FixTimes) -> bool:
    return bool(times.fixed or times.open or times.not_applicable)


def _fix_row(times: FixTimes) -> FixRow:
    none = "not measured" if times.fixed else "none fixed"
    median, worst = (
        none if seconds is None else duration_text(seconds)
        for seconds in (times.median_s, times.worst_s)
    )
    oldest = "" if times.oldest_open_s is None else duration_text(times.oldest_open_s)
    return FixRow(times, median, worst, oldest)


def _outage_row(outage: Outage) -> OutageRow:
    return OutageRow(outage, outage_text(outage), outage_reason_text(outage))
