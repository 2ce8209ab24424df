"""The use case: clusters in, how their redundancy groups stand out; once, or until settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from auditor.audit import Options, World, iso, survey
from auditor.cluster import ClusterFacts, Group
from auditor.collect.topics import FAILOVER, Errand, Topic
from auditor.config.settings import ClusterSettings
from auditor.credentials import Credentials
from auditor.errors import ConfigError, Reason
from auditor.facts import NodeFacts, Role, Source
from auditor.failover import peers
from auditor.failover.findings import Check, ClusterCheck, Settled
from auditor.failover.groups import Counts, check, nodes_of
from auditor.failover.points import Judged, judged, member
from auditor.failover.readiness import Readiness, readiness
from auditor.failover.watch import Key, Onlooker, Patience, Watch
from auditor.names import nearest
from auditor.recommendations.model import Recommendation


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for.

    `group`: this one alone. `wait`: watch until settled, at most so long; None: look once.
    `since` is a snapshot as `auditor.snapshots.read` returns it.
    """

    rows: Mapping[str, Recommendation]
    group: str | None = None
    wait: timedelta | None = None
    since: Mapping[str, Any] | None = None
    accept_failed_over: bool = False
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What was found: each cluster judged, its groups that were looked at, what watching gave."""

    started_at: str
    finished_at: str
    clusters: Mapping[str, Judged]
    groups: Mapping[str, tuple[Group, ...]]
    settled: Mapping[Key, Settled]


def run(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    request: Request,
    world: World,
    tell: Onlooker,
) -> Check:
    """Look at the groups of the clusters and say how they stand.

    Raises:
        ConfigError: no cluster has the group, or the snapshot is of other clusters.
        Interrupted: the user pressed Ctrl-C.
    """
    before = sessions_before(clusters, request.since)
    return _told(look(clusters, logins, request, world, tell), clusters, request, before)


def run_readiness(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    request: Request,
    world: World,
) -> Readiness:
    """Look once, and say what a failover would lose.

    Raises as `run` does.
    """
    before = sessions_before(clusters, request.since)
    scene = look(clusters, logins, request, world, lambda _: None)
    return readiness(_told(scene, clusters, request, before), scene.clusters)


def _told(
    scene: Scene,
    clusters: Sequence[ClusterSettings],
    request: Request,
    before: Mapping[str, Counts],
) -> Check:
    return Check(
        started_at=scene.started_at,
        finished_at=scene.finished_at,
        clusters=tuple(
            _cluster(known, scene, before.get(name), whole=request.group is None)
            for name, known in scene.clusters.items()
        ),
        peerings=peers.peerings(clusters, scene.clusters),
        since=request.since["report"]["run"]["finished_at"] if request.since else None,
        accept_failed_over=request.accept_failed_over,
        insecure=request.insecure,
        waited=request.wait is not None,
        notes=peers.unasked(clusters),
    )


def look(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    request: Request,
    world: World,
    tell: Onlooker,
) -> Scene:
    """Ask the clusters, as often as the request wants.

    Raises as `run` does.
    """
    started = world.clock()
    only = None if request.group is None else frozenset({request.group.casefold()})
    by_name = {settings.name: settings for settings in clusters}

    def ask(errand: Errand, known: Mapping[str, ClusterFacts]) -> Sequence[ClusterFacts]:
        chosen = [by_name[name] for name in known]
        options = Options((), insecure=request.insecure, discover=False, errand=errand)
        found = survey(chosen, logins, options, world, known)
        return [
            _with_database(settings, facts, logins, options, world)
            for settings, facts in zip(chosen, found, strict=True)
        ]

    options = Options(
        (),
        insecure=request.insecure,
        discover=False,
        errand=Errand(FAILOVER, groups=only, hurries=True),
    )
    found = [
        _with_database(settings, facts, logins, options, world)
        for settings, facts in zip(clusters, survey(clusters, logins, options, world), strict=True)
    ]
    known = {facts.name: facts for facts in _with_group(found, request.group)}
    groups = {name: _groups(facts, request.group) for name, facts in known.items()}
    settled: Mapping[Key, Settled] = {}
    if request.wait is not None:
        patience = Patience(request.wait, world.clock, world.wire.pause, tell)
        start = {(name, group.name): group for name, of in groups.items() for group in of}
        watch = Watch(known, ask, patience, start)
        watch.run()
        known, settled = watch.known, watch.settled
    return Scene(
        iso(started),
        iso(world.clock()),
        {name: judged(facts, request.rows) for name, facts in known.items()},
        groups,
        settled,
    )


def _with_database(
    settings: ClusterSettings,
    facts: ClusterFacts,
    logins: Mapping[str, Credentials],
    options: Options,
    world: World,
) -> ClusterFacts:
    """Fill HA states that PerfMon did not tell from the IM&P database, where there is one to ask.

    PerfMon documents the state from release 12.5 on; the database's word is only discovered.
    """
    lacking = [node for group in facts.groups for node in _silent(facts, group)]
    publisher = next((n for n in facts.nodes if n.role is Role.PUBLISHER), None)
    refused = any(entry.reason is Reason.CREDENTIALS for entry in facts.coverage)
    if not lacking or publisher is None or refused or Topic.HA not in options.errand.topics:
        return facts
    errand = Errand(frozenset({Topic.AXL}), nodes=frozenset({publisher.name.casefold()}))
    asking = replace(options, discover=True, only_probes=frozenset({"groups"}), errand=errand)
    (told,) = survey([settings], logins, asking, world, {settings.name: facts})
    return told


def _silent(facts: ClusterFacts, group: Group) -> Sequence[NodeFacts]:
    """Return the nodes of a pair that answered, and did not tell their HA state."""
    if group.ha_enabled is False or len(group.nodes) < 2:
        return ()
    return [n for n in nodes_of(facts, group) if n.services and n.ha_state is None]


def _with_group(found: Sequence[ClusterFacts], group: str | None) -> Sequence[ClusterFacts]:
    """Return the clusters that have the group, or whose groups nobody could tell.

    Raises:
        ConfigError: the groups of all are known, and none is called so.
    """
    if group is None:
        return found
    having = [facts for facts in found if _groups(facts, group)]
    unclear = [facts for facts in found if not facts.groups_known and facts not in having]
    if having or unclear:
        return having or unclear
    names = [known.name for facts in found for known in facts.groups]
    near = nearest(group, names)
    meant = f" Did you mean {near}?" if near else ""
    there = ", ".join(dict.fromkeys(names)) or "none"
    raise ConfigError(
        [f"--group {group}: no redundancy group of that name.{meant} There is {there}."]
    )


def _groups(facts: ClusterFacts, only: str | None) -> tuple[Group, ...]:
    return tuple(
        group for group in facts.groups if only is None or group.name.casefold() == only.casefold()
    )


def _cluster(known: Judged, scene: Scene, before: Counts | None, *, whole: bool) -> ClusterCheck:
    facts = known.facts
    groups = scene.groups[facts.name]
    sent = {n.name for n in facts.nodes}
    return ClusterCheck(
        name=facts.name,
        groups=tuple(
            check(known, group, before, scene.settled.get((facts.name, group.name)))
            for group in groups
        ),
        gaps=() if groups else (_gap(facts),),
        alone=tuple(member(known, node) for node in _alone(facts)) if whole else (),
        cucm_requests=sum(e.requests for e in facts.coverage if e.node not in sent),
    )


def _gap(facts: ClusterFacts) -> str:
    told = [e for e in facts.coverage if e.source is Source.CUCM_AXL and e.reason is not None]
    if told:
        return f"the redundancy groups of {facts.name} are not known. {told[0].detail}"
    return f"{facts.name} has no redundancy group that is known."


def _alone(facts: ClusterFacts) -> tuple[NodeFacts, ...]:
    grouped = {name.casefold() for group in facts.groups for name in group.nodes}
    return tuple(n for n in facts.nodes if not n.planned and n.name.casefold() not in grouped)


def sessions_before(
    clusters: Sequence[ClusterSettings], snapshot: Mapping[str, Any] | None
) -> Mapping[str, Counts]:
    """Return the sessions that a snapshot holds, by cluster and lower-case node name.

    Raises:
        ConfigError: it is of other clusters.
    """
    if snapshot is None:
        return {}
    facts = snapshot["facts"]
    missing = [settings.name for settings in clusters if settings.name not in facts]
    if missing:
        text = f"--since: the snapshot is of {', '.join(sorted(facts))}, not of {missing[0]}."
        raise ConfigError([text])
    return {
        name: {node["name"].casefold(): node.get("sessions", {}) for node in facts[name]["nodes"]}
        for name in (settings.name for settings in clusters)
    }
