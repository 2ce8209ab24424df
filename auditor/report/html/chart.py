"""The recorded runs of a cluster as a bar chart: drift below, unknown checks above it."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.history import ClusterHistory
from auditor.models.report import RunMetadata
from auditor.report.html.bars import BarScale
from auditor.report.html.runs import RunCounts, list_run_counts
from auditor.report.wording import STATUS_VERDICTS, VERDICT_MARKS

_MAX_CHART_RUNS = 30
_BAR_STEP = 30
_BAR_WIDTH = 18
_LEFT_MARGIN = 34
_TOP_MARGIN = 24
_PLOT_HEIGHT = 96
_BOTTOM_MARGIN = 24
_SCALE = BarScale(_PLOT_HEIGHT, least=3, parts=2)


@dataclass(frozen=True, slots=True)
class ChartBar:
    """One run; positions and sizes in pixels, `day` empty where the labels would overlap."""

    x: int
    middle: int
    drift_y: int
    drift_height: int
    unknown_y: int
    unknown_height: int
    started_at: str
    day: str
    status: ClusterStatus
    mark: str
    drift: int
    unknown: int
    passed: int


@dataclass(frozen=True, slots=True)
class RunChart:
    """The chart; sizes in pixels, `base` is the zero line, `most` the top value."""

    width: int
    height: int
    left: int
    top: int
    base: int
    bar: int
    most: int
    bars: tuple[ChartBar, ...]


def build_run_chart(
    cluster: ClusterReport, run: RunMetadata, past: ClusterHistory | None
) -> RunChart | None:
    """Return the last runs up to this one, oldest first; None without history."""
    points = list_run_counts(cluster, run, past, _MAX_CHART_RUNS)
    if not points:
        return None
    # At least 1, because heights are divided by it.
    most = max(1, *(point.drift + point.unknown for point in points))
    return RunChart(
        width=_LEFT_MARGIN + _BAR_STEP * len(points) + _BAR_STEP,
        height=_TOP_MARGIN + _PLOT_HEIGHT + _BOTTOM_MARGIN,
        left=_LEFT_MARGIN,
        top=_TOP_MARGIN,
        base=_TOP_MARGIN + _PLOT_HEIGHT,
        bar=_BAR_WIDTH,
        most=most,
        bars=tuple(_build_chart_bar(place, points, most) for place in range(len(points))),
    )


def _build_chart_bar(place: int, points: Sequence[RunCounts], most: int) -> ChartBar:
    point = points[place]
    x = _LEFT_MARGIN + _BAR_STEP * place + (_BAR_STEP - _BAR_WIDTH) // 2
    drift, unknown = _SCALE.height(point.drift, most), _SCALE.height(point.unknown, most)
    drift_y = _TOP_MARGIN + _PLOT_HEIGHT - drift
    return ChartBar(
        x=x,
        middle=x + _BAR_WIDTH // 2,
        drift_y=drift_y,
        drift_height=drift,
        unknown_y=drift_y - unknown,
        unknown_height=unknown,
        started_at=point.started_at,
        day=_bar_day_label(place, points),
        status=point.status,
        mark=VERDICT_MARKS[STATUS_VERDICTS[point.status]],
        drift=point.drift,
        unknown=point.unknown,
        passed=point.passed,
    )


def _bar_day_label(place: int, points: Sequence[RunCounts]) -> str:
    """Return month and day for every second run, counted from the latest, if the day is new."""
    day = points[place].started_at[5:10]
    if (len(points) - 1 - place) % 2:
        return ""
    return "" if place >= 2 and points[place - 2].started_at[5:10] == day else day
