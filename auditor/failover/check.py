"""The use case: clusters in, how their redundancy groups stand out; once, or until settled."""

from collections.abc import Iterator, Mapping, Sequence

from auditor.audit import World
from auditor.cluster import ClusterFacts, Group
from auditor.config.settings import ClusterSettings
from auditor.credentials import Credentials
from auditor.facts import NodeFacts
from auditor.failover import groups, peers, sessions
from auditor.failover.findings import Check, ClusterCheck
from auditor.failover.inquiry import Inquiry
from auditor.failover.judged import Judged
from auditor.failover.obstacles import Obstacle, obstacles
from auditor.failover.points import member
from auditor.failover.readiness import Readiness, readiness
from auditor.failover.request import Request
from auditor.failover.scene import Scene, look
from auditor.failover.scope import hidden, missing
from auditor.failover.sessions import Counts
from auditor.failover.states import listed
from auditor.failover.watch import Onlooker


def run(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    request: Request,
    world: World,
    tell: Onlooker,
) -> Check:
    """Look at the groups of the clusters and say how they stand.

    Raises:
        ConfigError: no cluster has a group that is wanted, or the snapshot is of other clusters.
        Interrupted: the user pressed Ctrl-C.
    """
    before = sessions.before(clusters, request.since)
    inquiry = Inquiry(clusters, logins, request, world)
    return _told(look(inquiry, tell), inquiry, before)


def run_readiness(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    request: Request,
    world: World,
) -> Readiness:
    """Look once, and say what a failover would lose.

    Raises as `run` does.
    """
    before = sessions.before(clusters, request.since)
    inquiry = Inquiry(clusters, logins, request, world)
    scene = look(inquiry, lambda _: None)
    return readiness(_told(scene, inquiry, before), scene.clusters)


def _told(scene: Scene, inquiry: Inquiry, before: Mapping[str, Counts]) -> Check:
    request = inquiry.request
    lacking = missing((known.facts for known in scene.clusters.values()), request.groups)
    return Check(
        started_at=scene.started_at,
        finished_at=scene.finished_at,
        clusters=tuple(
            _cluster(known, scene, before.get(name), request.groups, lacking)
            for name, known in scene.clusters.items()
        ),
        peerings=peers.peerings(inquiry.clusters, scene.clusters),
        since=request.since["report"]["run"]["finished_at"] if request.since else None,
        accept_failed_over=request.accept_failed_over,
        insecure=request.insecure,
        waited=request.wait is not None,
        notes=peers.unasked(inquiry.clusters),
    )


def _cluster(
    known: Judged,
    scene: Scene,
    before: Counts | None,
    wanted: Sequence[str],
    lacking: Sequence[str],
) -> ClusterCheck:
    facts = known.facts
    own = {n.name for n in facts.nodes}
    lone = () if wanted else _alone(facts)
    barriers = obstacles(facts, ())
    return ClusterCheck(
        name=facts.name,
        groups=tuple(
            groups.check(known, group, before, scene.settled.get((facts.name, group.name)))
            for group in scene.groups[facts.name]
        ),
        gaps=tuple(_gaps(facts, scene.groups[facts.name], hidden(facts, lacking), barriers)),
        alone=tuple(member(known, node) for node in lone),
        cucm_requests=sum(e.requests for e in facts.coverage if e.node not in own),
        obstacles=barriers,
    )


def _gaps(
    facts: ClusterFacts,
    chosen: Sequence[Group],
    unseen: Sequence[str],
    barriers: Sequence[Obstacle],
) -> Iterator[str]:
    """Yield why there is no group to look at, or fewer than are wanted."""
    why = f" {barriers[0].text}" if barriers else ""
    if chosen and unseen:
        yield f"whether {facts.name} has {listed(unseen)} (--group) is not known.{why}"
    elif not chosen and barriers:
        yield f"the redundancy groups of {facts.name} are not known.{why}"
    elif not chosen:
        yield f"{facts.name} has no redundancy group that is known."


def _alone(facts: ClusterFacts) -> tuple[NodeFacts, ...]:
    grouped = {name.casefold() for group in facts.groups for name in group.nodes}
    return tuple(n for n in facts.nodes if not n.planned and n.name.casefold() not in grouped)
