"""The comparison of two snapshots, put together from what may be compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.change import holes
from auditor.change.reading import clusters
from auditor.change.written import Run, Snapshot, understand
from auditor.compare.announced import NOTHING, Announced
from auditor.compare.comparing import compare
from auditor.compare.difference import Difference, exit_code
from auditor.compare.seen import ClusterSeen
from auditor.errors import ConfigError
from auditor.facts import Coverage
from auditor.findings import ExitCode


@dataclass(frozen=True, slots=True)
class Comparison:
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
        return exit_code(self.found)


def compared(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    announced: Mapping[str, Announced],
    *,
    live: bool = False,
) -> Comparison:
    """Compare two snapshots; `announced` is what a precheck wrote, by cluster name.

    `live`: the later one was taken just now, whatever the clocks say.

    Raises:
        ConfigError: one is not whole, or they cannot be compared: of different clusters, judged by
            different packs, the same one twice, or in the wrong order.
    """
    earlier, later = understand(before, "before"), understand(after, "after")
    was, now = clusters(earlier), clusters(later)
    problems = [
        *_different_clusters(was, now),
        *_different_packs(earlier.report.run, later.report.run),
        *(() if live else _wrong_order(earlier.report.run, later.report.run)),
    ]
    if problems:
        raise ConfigError(problems)
    return Comparison(
        before=before["report"]["run"]["finished_at"],
        after=after["report"]["run"]["finished_at"],
        clusters={
            name: compare(was[name], now[name], announced.get(name, NOTHING)) for name in was
        },
        unasked=_unasked(later) or _unasked(earlier),
    )


def _unasked(snapshot: Snapshot) -> str:
    """Return why a snapshot holds nothing of any cluster, empty where it holds something."""
    told = [
        holes.unasked(
            Coverage(e.source, e.node, e.outcome, e.reason, e.detail) for e in one.coverage
        )
        for one in snapshot.report.clusters
    ]
    return ", ".join(told) if all(told) else ""


def refuse_stranger(before: Mapping[str, Any], announced: Iterable[str]) -> None:
    """Raise ConfigError where something is announced for a cluster that the snapshot has not."""
    held = {cluster.name for cluster in understand(before, "before").report.clusters}
    if strangers := set(announced) - held:
        text = f"the expectation is for cluster {_names(strangers)}, the snapshots are of "
        raise ConfigError([f"{text}{_names(held)}."])


def _different_clusters(
    was: Mapping[str, ClusterSeen], now: Mapping[str, ClusterSeen]
) -> Iterable[str]:
    if set(was) != set(now):
        yield f"the snapshots are of different clusters: {_names(was)} before, {_names(now)} after."
        return
    for name, cluster in was.items():
        ours, theirs = cluster.nodes, now[name].nodes
        if cluster.complete and now[name].complete and ours and not ours.keys() & theirs.keys():
            nodes = f"{_names(ours)} before, {_names(theirs)} after"
            yield f"the snapshots of {name} have no node in common: {nodes}."


def _different_packs(was: Run, now: Run) -> Iterable[str]:
    if set(was.packs) != set(now.packs):
        yield (
            f"the snapshots are judged by different packs: {_names(was.packs)} before, "
            f"{_names(now.packs)} after; take both with the same --pack."
        )


def _wrong_order(was: Run, now: Run) -> Iterable[str]:
    if was.id == now.id:
        yield "before and after are the same snapshot."
    elif now.finished_at < was.finished_at:
        yield "the snapshot from after is older than the one from before: name the older one first."


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
