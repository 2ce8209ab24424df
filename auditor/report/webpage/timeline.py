"""The history of a cluster as a picture: a bar a run, drift below and unknown on top of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.findings import ClusterReport, Status, Verdict
from auditor.past import Past
from auditor.report import tally
from auditor.report.wording import MARKS, STATUS_VERDICTS
from auditor.runs import Run

_MOST_RUNS = 30
_STEP = 30
_BAR = 18
_LEFT = 34
_TOP = 24
_PLOT = 96
_BELOW = 24
_LEAST = 3
"""Pixels that a count other than 0 has at least, so that it can be seen beside a large one."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One run; places and sizes in pixels, `day` empty where the days would overlap."""

    x: int
    middle: int
    drift_y: int
    drift_height: int
    unknown_y: int
    unknown_height: int
    started_at: str
    day: str
    status: Status
    mark: str
    drift: int
    unknown: int
    passed: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """A picture of so many pixels; `base` is the line that bars stand on, `most` the top value."""

    width: int
    height: int
    left: int
    top: int
    base: int
    bar: int
    most: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class _Point:
    started_at: str
    status: Status
    drift: int
    unknown: int
    passed: int


def timeline(cluster: ClusterReport, run: Run, past: Past | None) -> Timeline | None:
    """Return the last runs up to this one, oldest first; None without history."""
    if past is None or not past.runs:
        return None
    points = [*_points(past), _this(cluster, run)][-_MOST_RUNS:]
    most = max(1, *(point.drift + point.unknown for point in points))
    return Timeline(
        width=_LEFT + _STEP * len(points) + _STEP,
        height=_TOP + _PLOT + _BELOW,
        left=_LEFT,
        top=_TOP,
        base=_TOP + _PLOT,
        bar=_BAR,
        most=most,
        bars=tuple(_bar(place, points, most) for place in range(len(points))),
    )


def _points(past: Past) -> list[_Point]:
    return [
        _Point(
            run.started_at,
            run.status,
            run.counts.get(Verdict.DRIFT, 0),
            run.counts.get(Verdict.UNKNOWN, 0),
            run.counts.get(Verdict.PASS, 0),
        )
        for run in reversed(past.runs)
    ]


def _this(cluster: ClusterReport, run: Run) -> _Point:
    counts = [tally.of(cluster, v) for v in (Verdict.DRIFT, Verdict.UNKNOWN, Verdict.PASS)]
    return _Point(run.started_at, cluster.status, *counts)


def _bar(place: int, points: Sequence[_Point], most: int) -> Bar:
    point = points[place]
    x = _LEFT + _STEP * place + (_STEP - _BAR) // 2
    drift, unknown = _height(point.drift, most), _height(point.unknown, most)
    drift_y = _TOP + _PLOT - drift
    return Bar(
        x=x,
        middle=x + _BAR // 2,
        drift_y=drift_y,
        drift_height=drift,
        unknown_y=drift_y - unknown,
        unknown_height=unknown,
        started_at=point.started_at,
        day=_day(place, points),
        status=point.status,
        mark=MARKS[STATUS_VERDICTS[point.status]],
        drift=point.drift,
        unknown=point.unknown,
        passed=point.passed,
    )


def _height(number: int, most: int) -> int:
    return max(_LEAST, round((_PLOT - 2 * _LEAST) * number / most)) if number else 0


def _day(place: int, points: Sequence[_Point]) -> str:
    """Return month and day for every second run, counted from the latest, if the day is new."""
    day = points[place].started_at[5:10]
    if (len(points) - 1 - place) % 2:
        return ""
    return "" if place >= 2 and points[place - 2].started_at[5:10] == day else day
