"""The days of the estate as a chart and as rows; days without a run are in both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from auditor.models.estate import EstateDay
from auditor.models.findings import Verdict
from auditor.report.html.bars import BarScale
from auditor.text import count_noun

MAX_DAYS = 92
"""How many days are shown one by one; those before are summed up by month."""

_LEFT_MARGIN = 34
_TOP_MARGIN = 24
_PLOT_HEIGHT = 110
_BOTTOM_MARGIN = 24
_SCALE = BarScale(_PLOT_HEIGHT, least=3, parts=3)
_PLOT_WIDTH = 1012
_WIDEST_STEP = 30
_LABEL_WIDTH = 38


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day, or the consecutive days without a run from `first` to `last`."""

    first: str
    last: str
    day: EstateDay | None
    differences: int
    unknown: int
    not_judged: int

    @property
    def is_idle(self) -> bool:
        """Return whether nothing ran."""
        return self.day is None


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month: the most on any of its days with a run, and the last of these."""

    month: str
    runs: int
    days: int
    most_differences: int
    most_unknown: int
    last_differences: int


@dataclass(frozen=True, slots=True)
class BarPart:
    """A part of a bar, in pixels; `look` is its class."""

    look: str
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class DayBar:
    """One day; `label` is empty where labels would overlap."""

    x: int
    middle: int
    parts: tuple[BarPart, ...]
    top: int
    label: str
    title: str
    is_idle: bool
    is_unauditable: bool


@dataclass(frozen=True, slots=True)
class DayChart:
    """The chart; sizes in pixels, `base` is the zero line, `most` the top value."""

    width: int
    height: int
    left: int
    top: int
    base: int
    step: int
    bar: int
    most: int
    bars: tuple[DayBar, ...]


def list_days(days: Sequence[EstateDay], until: str) -> list[DayRow]:
    """Return the last days up to `until`, oldest first, those without a run among them."""
    if not days:
        return []
    # A clock that was ahead may have recorded days to come.
    end = max(until, days[-1].counted.day)
    earliest = (date.fromisoformat(end) - timedelta(days=MAX_DAYS - 1)).isoformat()
    before = [day for day in days if day.counted.day < earliest]
    shown = {day.counted.day: day for day in days[len(before) :]}
    rows = []
    carried = _open_after(before[-1]) if before else 0
    for day in _each_day(max(earliest, days[0].counted.day), end):
        row = _build_day_row(day, shown.get(day), carried)
        rows.append(row)
        carried = row.differences + row.not_judged
    return rows


def _each_day(first: str, last: str) -> Iterator[str]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return ((begin + timedelta(days=n)).isoformat() for n in range((end - begin).days + 1))


def _open_after(day: EstateDay) -> int:
    """Return how many differences nobody has shown to be fixed after a day."""
    return day.counted.counts[Verdict.DRIFT] + day.counted.not_judged


def _build_day_row(name: str, day: EstateDay | None, carried: int) -> DayRow:
    if day is None:
        return DayRow(name, name, None, 0, 0, carried)
    counts = day.counted.counts
    unknown, not_judged = counts[Verdict.UNKNOWN], day.counted.not_judged
    return DayRow(name, name, day, counts[Verdict.DRIFT], unknown, not_judged)


def fold_idle_days(rows: Sequence[DayRow]) -> list[DayRow]:
    """Return the rows latest first, with consecutive days without a run as one."""
    folded: list[DayRow] = []
    for is_idle, group in groupby(rows, key=lambda row: row.is_idle):
        some = list(group)
        if is_idle:
            some = [DayRow(some[0].first, some[-1].last, None, 0, 0, some[-1].not_judged)]
        folded += some
    return folded[::-1]


def list_months(days: Sequence[EstateDay], rows: Sequence[DayRow]) -> list[MonthRow]:
    """Return the months before the days that are shown one by one, latest first."""
    earlier = [day for day in days if rows and day.counted.day < rows[0].first]
    months = [(m, list(g)) for m, g in groupby(earlier, key=lambda day: day.counted.day[:7])]
    return [_build_month_row(month, group) for month, group in reversed(months)]


def _build_month_row(month: str, days: Sequence[EstateDay]) -> MonthRow:
    differences = [day.counted.counts[Verdict.DRIFT] for day in days]
    return MonthRow(
        month=month,
        runs=sum(day.counted.runs for day in days),
        days=len(days),
        most_differences=max(differences),
        most_unknown=max(day.counted.counts[Verdict.UNKNOWN] for day in days),
        last_differences=differences[-1],
    )


def build_day_chart(rows: Sequence[DayRow]) -> DayChart | None:
    """Return the days as bars; None without any."""
    if not rows:
        return None
    step = min(_WIDEST_STEP, _PLOT_WIDTH // len(rows))
    most = max(1, *(row.differences + row.unknown + row.not_judged for row in rows))
    return DayChart(
        width=_LEFT_MARGIN + step * len(rows) + _LABEL_WIDTH // 2,
        height=_TOP_MARGIN + _PLOT_HEIGHT + _BOTTOM_MARGIN,
        left=_LEFT_MARGIN,
        top=_TOP_MARGIN,
        base=_TOP_MARGIN + _PLOT_HEIGHT,
        step=step,
        bar=max(3, step * 2 // 3),
        most=most,
        bars=tuple(_build_bar(place, rows, most, step) for place in range(len(rows))),
    )


def _build_bar(place: int, rows: Sequence[DayRow], most: int, step: int) -> DayBar:
    row = rows[place]
    top = _TOP_MARGIN + _PLOT_HEIGHT
    parts = []
    counts = (row.differences, row.unknown, row.not_judged)
    for look, number in zip(("drift", "unknown", "not_judged"), counts, strict=True):
        if number:
            height = _SCALE.height(number, most)
            top -= height
            parts.append(BarPart(look, top, height))
    x = _LEFT_MARGIN + step * place
    every = -(-_LABEL_WIDTH // step)
    # Counted from the latest, which always has a label.
    is_labelled = (len(rows) - 1 - place) % every == 0
    return DayBar(
        x=x,
        middle=x + step // 2,
        parts=tuple(parts),
        top=top,
        label=row.first[5:] if is_labelled else "",
        title=_day_title(row),
        is_idle=row.is_idle,
        is_unauditable=bool(row.day and row.day.unauditable),
    )


def _day_title(row: DayRow) -> str:
    day = "no run" if row.day is None else count_noun(row.differences, "difference")
    unknown = f", {row.unknown} unknown" if row.unknown else ""
    earlier = count_noun(row.not_judged, "earlier difference")
    return f"{row.first}: {day}{unknown}" + (f", {earlier} not judged" if row.not_judged else "")
