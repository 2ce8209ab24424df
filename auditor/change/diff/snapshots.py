"""The comparison of two snapshots, put together from what may be compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.change.diff.compare import compare_clusters
from auditor.change.diff.load import Snapshot, SnapshotRun, parse_snapshot, to_compared_clusters
from auditor.change.diff.model import (
    NO_EXPECTATION,
    ChangeExpectation,
    ComparedCluster,
    Difference,
    differences_exit_code,
)
from auditor.errors import ConfigError
from auditor.models.facts import Coverage
from auditor.models.findings import ExitCode
from auditor.snapshots import reason_nothing_read
from auditor.text import join_sorted_names


@dataclass(frozen=True, slots=True)
class SnapshotComparison:
    """The differences of every cluster that both snapshots hold, by cluster name.

    `unasked` is why one of the snapshots holds nothing at all, empty where both hold something.
    """

    before: str
    after: str
    clusters: Mapping[str, tuple[Difference, ...]]
    unasked: str = ""

    @property
    def found(self) -> tuple[Difference, ...]:
        """Return the differences of all clusters."""
        return tuple(d for found in self.clusters.values() for d in found)

    @property
    def exit_code(self) -> ExitCode:
        """Return 0 nothing unexpected, 3 unexpected, 4 newly unknown (contract, section 6)."""
        return differences_exit_code(self.found)


def compare_snapshots(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    announced: Mapping[str, ChangeExpectation],
    *,
    live: bool = False,
) -> SnapshotComparison:
    """Compare two snapshots; `announced` is what a precheck wrote, by cluster name.

    `live`: the later one was taken just now, whatever the clocks say.

    Raises:
        ConfigError: one is not whole, or they cannot be compared: of different clusters, judged by
            different packs, the same one twice, or in the wrong order.
    """
    earlier, later = parse_snapshot(before, "before"), parse_snapshot(after, "after")
    was, now = to_compared_clusters(earlier), to_compared_clusters(later)
    problems = [
        *_cluster_mismatches(was, now),
        *_pack_mismatches(earlier.report.run, later.report.run),
        *(() if live else _order_problems(earlier.report.run, later.report.run)),
    ]
    if problems:
        raise ConfigError(problems)
    return SnapshotComparison(
        before=before["report"]["run"]["finished_at"],
        after=after["report"]["run"]["finished_at"],
        clusters={
            name: compare_clusters(was[name], now[name], announced.get(name, NO_EXPECTATION))
            for name in was
        },
        unasked=_reason_snapshot_empty(later) or _reason_snapshot_empty(earlier),
    )


def _reason_snapshot_empty(snapshot: Snapshot) -> str:
    """Return why a snapshot holds nothing of any cluster, empty where it holds something."""
    told = [
        reason_nothing_read(
            Coverage(e.source, e.node, e.outcome, e.reason, e.detail) for e in one.coverage
        )
        for one in snapshot.report.clusters
    ]
    return ", ".join(told) if all(told) else ""


def require_expected_clusters(before: Mapping[str, Any], announced: Iterable[str]) -> None:
    """Raise ConfigError where something is announced for a cluster that the snapshot has not."""
    held = {cluster.name for cluster in parse_snapshot(before, "before").report.clusters}
    if strangers := set(announced) - held:
        text = (
            f"the expectation is for cluster {join_sorted_names(strangers)}, the snapshots are of "
        )
        raise ConfigError([f"{text}{join_sorted_names(held)}."])


def _cluster_mismatches(
    was: Mapping[str, ComparedCluster], now: Mapping[str, ComparedCluster]
) -> Iterable[str]:
    if set(was) != set(now):
        yield (
            f"the snapshots are of different clusters: {join_sorted_names(was)} before,"
            f" {join_sorted_names(now)} after."
        )
        return
    for name, cluster in was.items():
        ours, theirs = cluster.nodes, now[name].nodes
        if cluster.complete and now[name].complete and ours and not ours.keys() & theirs.keys():
            nodes = f"{join_sorted_names(ours)} before, {join_sorted_names(theirs)} after"
            yield f"the snapshots of {name} have no node in common: {nodes}."


def _pack_mismatches(was: SnapshotRun, now: SnapshotRun) -> Iterable[str]:
    if set(was.packs) != set(now.packs):
        yield (
            f"the snapshots are judged by different packs: {join_sorted_names(was.packs)}"
            f" before, {join_sorted_names(now.packs)} after; take both with the same --pack."
        )


def _order_problems(was: SnapshotRun, now: SnapshotRun) -> Iterable[str]:
    if was.id == now.id:
        yield "before and after are the same snapshot."
    elif now.finished_at < was.finished_at:
        yield "the snapshot from after is older than the one from before: name the older one first."
