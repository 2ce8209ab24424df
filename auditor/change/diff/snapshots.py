"""The comparison of two snapshots, and which snapshots may be compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from auditor.change.diff.compare import compare_clusters
from auditor.change.diff.events import group_events
from auditor.change.diff.expected import NO_EXPECTATION, ChangeExpectation
from auditor.change.diff.model import (
    ChangeEvent,
    ComparedCluster,
    Difference,
    compared_clusters,
    differences_exit_code,
)
from auditor.errors import ConfigError
from auditor.models.exit_codes import ExitCode
from auditor.snapshots import Snapshot, SnapshotRun, reason_nothing_read
from auditor.text import join_sorted_names


@dataclass(frozen=True, slots=True)
class SnapshotComparison:
    """The events of every cluster by its name; both snapshots hold the same clusters.

    `before` and `after` are when the snapshots were finished (ISO 8601, UTC). `unread_reason` is
    why one of them holds nothing at all, empty if both hold something.
    """

    before: str
    after: str
    clusters: Mapping[str, tuple[ChangeEvent, ...]]
    unread_reason: str = ""

    @property
    def events(self) -> tuple[ChangeEvent, ...]:
        """Return the events of all clusters."""
        return tuple(event for events in self.clusters.values() for event in events)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Return the differences of all clusters."""
        return tuple(d for event in self.events for d in event.differences)

    @property
    def exit_code(self) -> ExitCode:
        """Return 0 nothing unexpected, 3 unexpected, 4 newly unknown."""
        return differences_exit_code(self.differences)


def compare_snapshots(
    before: Snapshot,
    after: Snapshot,
    expectation: ChangeExpectation = NO_EXPECTATION,
    *,
    is_live: bool = False,
) -> SnapshotComparison:
    """Compare two snapshots; `is_live`: the later one was taken just now, whatever the clocks say.

    Raises:
        ConfigError: they cannot be compared: they are of different clusters, judged by different
            packs, the same, or in the wrong order.
    """
    old, new = compared_clusters(before), compared_clusters(after)
    problems = [
        *_cluster_mismatches(old, new),
        *_pack_mismatches(before.report.run, after.report.run),
        # The clock of the machine that took the first snapshot may be ahead of this one.
        *(() if is_live else _order_problems(before.report.run, after.report.run)),
    ]
    if problems:
        raise ConfigError(problems)
    return SnapshotComparison(
        before=before.finished_at,
        after=after.finished_at,
        clusters={
            name: _compare_cluster(
                old[name],
                new[name],
                expectation if name == expectation.cluster else NO_EXPECTATION,
            )
            for name in old
        },
        # First the later one: its reason can still be dealt with.
        unread_reason=_snapshot_unread_reason(after) or _snapshot_unread_reason(before),
    )


def _compare_cluster(
    before: ComparedCluster, after: ComparedCluster, expectation: ChangeExpectation
) -> tuple[ChangeEvent, ...]:
    return group_events(compare_clusters(before, after, expectation), before, after)


def _snapshot_unread_reason(snapshot: Snapshot) -> str:
    """Return why a snapshot holds nothing of any cluster, empty if it holds something."""
    reasons = [reason_nothing_read(facts.coverage) for facts in snapshot.facts.values()]
    return ", ".join(reasons) if all(reasons) else ""


def require_expected_cluster(before: Snapshot, expectation: ChangeExpectation) -> None:
    """Raise ConfigError if the expectation is for a cluster that the snapshot does not hold."""
    if expectation.cluster not in before.facts:
        text = f"the expectation is for cluster {expectation.cluster}, the snapshots are of"
        raise ConfigError([f"{text} {join_sorted_names(before.facts)}."])


def _cluster_mismatches(
    old: Mapping[str, ComparedCluster], new: Mapping[str, ComparedCluster]
) -> Iterable[str]:
    if set(old) != set(new):
        yield (
            f"the snapshots are of different clusters: {join_sorted_names(old)} before,"
            f" {join_sorted_names(new)} after."
        )
        return
    for name, was in old.items():
        now = new[name]
        # Only then are they other nodes: two lists with gaps may just hold different parts of one.
        are_lists_complete = was.lists_all_nodes and now.lists_all_nodes
        if are_lists_complete and was.nodes and not was.nodes.keys() & now.nodes.keys():
            yield (
                f"the snapshots of {name} have no node in common: {join_sorted_names(was.nodes)}"
                f" before, {join_sorted_names(now.nodes)} after."
            )


def _pack_mismatches(was: SnapshotRun, now: SnapshotRun) -> Iterable[str]:
    # A pack that one side lacks would make its drift look new, or fixed.
    if set(was.packs) != set(now.packs):
        yield (
            f"the snapshots are judged by different packs: {join_sorted_names(was.packs)} before,"
            f" {join_sorted_names(now.packs)} after; take both with the same --pack."
        )


def _order_problems(was: SnapshotRun, now: SnapshotRun) -> Iterable[str]:
    if was.id == now.id:
        yield "before and after are the same snapshot."
    elif now.finished_at < was.finished_at:
        yield "the snapshot from after is older than the one from before: name the older one first."
