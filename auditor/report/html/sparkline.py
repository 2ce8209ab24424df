"""The last runs of a cluster as a strip of bars in a row of the fleet table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.history import ClusterHistory
from auditor.models.report import RunMetadata
from auditor.report.html.bars import BarScale
from auditor.report.html.runs import RunCounts, list_run_counts
from auditor.text import count_noun

MAX_RUNS = 14
_STEP = 7
_BAR = 5
_HEIGHT = 24
_SCALE = BarScale(_HEIGHT, least=3, parts=2)


@dataclass(frozen=True, slots=True)
class Sparkline:
    """The strip, in pixels; each path draws one kind of bar, so that no reader needs its colour.

    Solid bars are drift, framed ones unknown, dots compliant runs, and crosses runs that could
    audit nothing. `label` says it in words.
    """

    width: int
    height: int
    paths: Mapping[str, str]
    label: str


def build_sparkline(
    cluster: ClusterReport, run: RunMetadata, past: ClusterHistory | None
) -> Sparkline | None:
    """Return the last 14 runs up to this one, oldest first; None without history."""
    points = list_run_counts(cluster, run, past, MAX_RUNS)
    if not points:
        return None
    most = max(1, *(point.drift + point.unknown for point in points))
    paths: dict[str, list[str]] = {}
    # The last run is at the right end, however few there are.
    first = (MAX_RUNS - len(points)) * _STEP
    for place, point in enumerate(points):
        _add_bar(paths, first + place * _STEP, point, most)
    drawn = {kind: "".join(pieces) for kind, pieces in paths.items()}
    return Sparkline(MAX_RUNS * _STEP, _HEIGHT, drawn, _describe_runs(points))


def _add_bar(paths: dict[str, list[str]], x: int, point: RunCounts, most: int) -> None:
    if point.status is ClusterStatus.UNAUDITABLE:
        paths.setdefault("unauditable", []).append(f"M{x} {_HEIGHT - 6}l5 5m0-5l-5 5")
        return
    if point.status is ClusterStatus.COMPLIANT and not point.drift:
        paths.setdefault("compliant", []).append(f"M{x + 2.5} {_HEIGHT - 2.5}h0")
        return
    drift, unknown = _SCALE.height(point.drift, most), _SCALE.height(point.unknown, most)
    if not drift:
        # A source that gave nothing leaves a run incomplete without any check.
        unknown = max(unknown, _SCALE.least)
    if drift:
        paths.setdefault("drift", []).append(f"M{x} {_HEIGHT}v-{drift}h{_BAR}v{drift}z")
    if unknown:
        # Half a pixel inwards, because the frame is drawn on both sides of the line.
        low = _HEIGHT - drift - 0.5
        paths.setdefault("unknown", []).append(
            f"M{x + 0.5} {low}v-{unknown - 1}h{_BAR - 1}v{unknown - 1}z"
        )


def _describe_runs(points: Sequence[RunCounts]) -> str:
    """Return `The last 7 runs: 3 drift, 4 compliant; this one has 2 drift, 1 unknown`."""
    tally = Counter(point.status for point in points)
    statuses = ", ".join(f"{tally[status]} {status}" for status in ClusterStatus if tally[status])
    last = points[-1]
    runs = "The last run" if len(points) == 1 else f"The last {count_noun(len(points), 'run')}"
    return f"{runs}: {statuses}; this one has {last.drift} drift, {last.unknown} unknown"
