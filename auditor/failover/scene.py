"""What was found: the clusters judged, their groups, what watching came to."""

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.audit import iso
from auditor.cluster import ClusterFacts, Group
from auditor.failover.inquiry import Inquiry
from auditor.failover.judged import Judged, judged
from auditor.failover.scope import groups, with_groups
from auditor.failover.seen import Settled
from auditor.failover.watch import Key, Onlooker, Patience, Watch


@dataclass(frozen=True, slots=True)
class Scene:
    """What was found: each cluster judged, its groups that were looked at, what watching gave."""

    started_at: str
    finished_at: str
    clusters: Mapping[str, Judged]
    groups: Mapping[str, tuple[Group, ...]]
    settled: Mapping[Key, Settled]


def look(inquiry: Inquiry, tell: Onlooker) -> Scene:
    """Ask the clusters, as often as the request wants.

    Raises:
        ConfigError: no cluster has a group that is wanted.
        Interrupted: the user pressed Ctrl-C.
    """
    request, clock = inquiry.request, inquiry.world.clock
    started = clock()
    known = {facts.name: facts for facts in with_groups(inquiry.begin(), request.groups)}
    chosen = {name: groups(facts, request.groups) for name, facts in known.items()}
    settled: Mapping[Key, Settled] = {}
    if request.wait is not None:
        patience = Patience(request.wait, clock, inquiry.world.wire.pause, tell)
        known, settled = _watched(inquiry, patience, known, chosen)
    return Scene(
        iso(started),
        iso(clock()),
        {name: judged(facts, request.rows) for name, facts in known.items()},
        chosen,
        settled,
    )


def _watched(
    inquiry: Inquiry,
    patience: Patience,
    known: dict[str, ClusterFacts],
    chosen: Mapping[str, tuple[Group, ...]],
) -> tuple[dict[str, ClusterFacts], Mapping[Key, Settled]]:
    """Watch the groups until they are settled; return what is known then, and how it ended."""
    start = {(name, group.name): group for name, of in chosen.items() for group in of}
    watch = Watch(known, inquiry.again, patience, start)
    watch.run()
    return watch.known, watch.settled
