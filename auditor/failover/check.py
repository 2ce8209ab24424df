"""The use case: clusters in, how their redundancy groups stand out; once, or until settled.

What was found: the clusters judged, their groups, what watching came to.

Which clusters and redundancy groups a check is about.

Asks the clusters what tells how a pair stands, and the database for what PerfMon keeps back.

What the command line asks of the check.

Reads how long to wait, such as `15m`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from auditor.audit import RunContext, RunOptions, survey_clusters, utc_timestamp
from auditor.collect.scope import FAILOVER_TOPICS, SurveyScope, SurveyTopic
from auditor.config.settings import ClusterSettings
from auditor.credentials import Credentials
from auditor.errors import ConfigError, Reason
from auditor.failover.group_status import (
    SessionCounts,
    check_group,
    check_group_membership,
    group_node_facts,
    sessions_from_snapshot,
)
from auditor.failover.model import (
    ClusterCheck,
    FailoverCheck,
    SourceFailure,
    Stability,
    source_failures,
)
from auditor.failover.peers import check_peerings, unchecked_peer_notes
from auditor.failover.readiness import FailoverReadiness, assess_readiness
from auditor.failover.services import FailoverFindings, judge_for_failover
from auditor.failover.watch import GroupKey, GroupWatch, ProgressLineCallback, WatchOptions
from auditor.models.facts import ClusterFacts, Group, NodeFacts, Role
from auditor.recommendations.packs import Recommendation
from auditor.text import did_you_mean, join_names


@dataclass(frozen=True, slots=True)
class FailoverCheckOptions:
    """What the command line asks for.

    `groups`: these alone; none: all. `wait`: watch until settled, at most so long; None: look once.
    `since` is a snapshot as `auditor.snapshots.read_snapshot_file` returns it.
    """

    rows: Mapping[str, Recommendation]
    groups: tuple[str, ...] = ()
    wait: timedelta | None = None
    since: Mapping[str, Any] | None = None
    accept_failed_over: bool = False
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class FailoverSurveyor:
    """Who is asked, with which accounts, by which way."""

    clusters: Sequence[ClusterSettings]
    logins: Mapping[str, Credentials]
    request: FailoverCheckOptions
    world: RunContext

    def begin(self) -> Sequence[ClusterFacts]:
        """Ask every cluster about all that matters, in the groups that are wanted or in all."""
        only = frozenset(group.casefold() for group in self.request.groups) or None
        return self._ask(
            self.clusters, SurveyScope(FAILOVER_TOPICS, groups=only, hurries=True), None
        )

    def again(
        self, errand: SurveyScope, known: Mapping[str, ClusterFacts]
    ) -> Sequence[ClusterFacts]:
        """Ask the known clusters once more, and put what they tell over it."""
        chosen = [settings for settings in self.clusters if settings.name in known]
        return self._ask(chosen, errand, known)

    def _ask(
        self,
        chosen: Sequence[ClusterSettings],
        errand: SurveyScope,
        known: Mapping[str, ClusterFacts] | None,
    ) -> Sequence[ClusterFacts]:
        options = RunOptions((), insecure=self.request.insecure, discover=False, scope=errand)
        found = survey_clusters(chosen, self.logins, options, self.world, known)
        return [
            self._with_database(settings, facts, options)
            for settings, facts in zip(chosen, found, strict=True)
        ]

    def _with_database(
        self, settings: ClusterSettings, facts: ClusterFacts, options: RunOptions
    ) -> ClusterFacts:
        """Fill HA states that PerfMon did not tell from the IM&P database, if there is one to ask.

        PerfMon documents the state from release 12.5 on; the database's word is only discovered.
        """
        publisher = next((n for n in facts.nodes if n.role is Role.PUBLISHER), None)
        if publisher is None or not _needs_states_from_database(facts, options.scope):
            return facts
        errand = SurveyScope(
            frozenset({SurveyTopic.AXL}), nodes=frozenset({publisher.name.casefold()})
        )
        asking = replace(options, discover=True, only_probes=frozenset({"groups"}), scope=errand)
        known = {settings.name: facts}
        (told,) = survey_clusters([settings], self.logins, asking, self.world, known)
        return told


def _needs_states_from_database(facts: ClusterFacts, errand: SurveyScope) -> bool:
    """Tell whether states were asked for and are missing, and no password was refused."""
    refused = any(entry.reason is Reason.CREDENTIALS for entry in facts.coverage)
    lacking = any(_nodes_without_ha_state(facts, group) for group in facts.groups)
    return lacking and not refused and SurveyTopic.HA in errand.topics


def _nodes_without_ha_state(facts: ClusterFacts, group: Group) -> Sequence[NodeFacts]:
    """Return the nodes of a pair that answered, and did not tell their HA state."""
    if group.ha_enabled is False or len(group.nodes) < 2:
        return ()
    return [n for n in group_node_facts(facts, group) if n.services and n.ha_state is None]


def clusters_with_groups(
    found: Sequence[ClusterFacts], wanted: Sequence[str]
) -> Sequence[ClusterFacts]:
    """Return the clusters that have one of the groups, or where one that nobody has may be.

    Raises:
        ConfigError: the groups of all are known, and one that is wanted is not among them.
    """
    if not wanted:
        return found
    lacking = unmatched_groups(found, wanted)
    if lacking and all(map(_are_groups_complete, found)):
        there = [known.name for facts in found for known in facts.groups]
        raise ConfigError([_unknown_group_message(group, there) for group in lacking])
    return [
        facts
        for facts in found
        if select_groups(facts, wanted) or (lacking and not _are_groups_complete(facts))
    ]


def unmatched_groups(found: Iterable[ClusterFacts], wanted: Iterable[str]) -> tuple[str, ...]:
    """Return the groups that are wanted and known in no cluster."""
    there = {known.name.casefold() for facts in found for known in facts.groups}
    return tuple(group for group in wanted if group.casefold() not in there)


def possibly_present_groups(facts: ClusterFacts, lacking: Sequence[str]) -> tuple[str, ...]:
    """Return the groups that are missing everywhere and may be in this cluster."""
    return () if _are_groups_complete(facts) else tuple(dict.fromkeys(lacking))


def _are_groups_complete(facts: ClusterFacts) -> bool:
    """Tell whether the cluster itself told its groups: a file may declare a part of them."""
    return facts.groups_known and facts.topology_observed


def select_groups(facts: ClusterFacts, only: Collection[str]) -> tuple[Group, ...]:
    """Return the groups of a cluster, or those of these names; case makes no difference."""
    names = {name.casefold() for name in only}
    return tuple(group for group in facts.groups if not only or group.name.casefold() in names)


def _unknown_group_message(group: str, names: Sequence[str]) -> str:
    there = ", ".join(dict.fromkeys(names)) or "none"
    hint = did_you_mean(group, names) or "."
    return f"--group {group}: no redundancy group of that name{hint} There is {there}."


@dataclass(frozen=True, slots=True)
class FailoverSurveyResult:
    """What was found: each cluster judged, its groups that were looked at, what watching gave."""

    started_at: str
    finished_at: str
    clusters: Mapping[str, FailoverFindings]
    groups: Mapping[str, tuple[Group, ...]]
    settled: Mapping[GroupKey, Stability]


def survey_for_failover(
    inquiry: FailoverSurveyor, tell: ProgressLineCallback
) -> FailoverSurveyResult:
    """Ask the clusters, as often as the request wants.

    Raises:
        ConfigError: no cluster has a group that is wanted.
        Interrupted: the user pressed Ctrl-C.
    """
    request, clock = inquiry.request, inquiry.world.clock
    started = clock()
    known = {facts.name: facts for facts in clusters_with_groups(inquiry.begin(), request.groups)}
    chosen = {name: select_groups(facts, request.groups) for name, facts in known.items()}
    settled: Mapping[GroupKey, Stability] = {}
    if request.wait is not None:
        patience = WatchOptions(request.wait, clock, inquiry.world.network.pause, tell)
        known, settled = _watch_groups(inquiry, patience, known, chosen)
    return FailoverSurveyResult(
        utc_timestamp(started),
        utc_timestamp(clock()),
        {name: judge_for_failover(facts, request.rows) for name, facts in known.items()},
        chosen,
        settled,
    )


def _watch_groups(
    inquiry: FailoverSurveyor,
    patience: WatchOptions,
    known: dict[str, ClusterFacts],
    chosen: Mapping[str, tuple[Group, ...]],
) -> tuple[dict[str, ClusterFacts], Mapping[GroupKey, Stability]]:
    """Watch the groups until they are settled; return what is known then, and how it ended."""
    start = {(name, group.name): group for name, of in chosen.items() for group in of}
    watch = GroupWatch(known, inquiry.again, patience, start)
    watch.run()
    return watch.known, watch.settled


def run_failover_check(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    request: FailoverCheckOptions,
    world: RunContext,
    tell: ProgressLineCallback,
) -> FailoverCheck:
    """Look at the groups of the clusters and say how they stand.

    Raises:
        ConfigError: no cluster has a group that is wanted, or the snapshot is of other clusters.
        Interrupted: the user pressed Ctrl-C.
    """
    before = sessions_from_snapshot(clusters, request.since)
    inquiry = FailoverSurveyor(clusters, logins, request, world)
    return _build_failover_check(survey_for_failover(inquiry, tell), inquiry, before)


def run_readiness_check(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    request: FailoverCheckOptions,
    world: RunContext,
) -> FailoverReadiness:
    """Look once, and say what a failover would lose.

    Raises as `run_failover_check` does.
    """
    before = sessions_from_snapshot(clusters, request.since)
    inquiry = FailoverSurveyor(clusters, logins, request, world)
    scene = survey_for_failover(inquiry, lambda _: None)
    return assess_readiness(_build_failover_check(scene, inquiry, before), scene.clusters)


def _build_failover_check(
    scene: FailoverSurveyResult, inquiry: FailoverSurveyor, before: Mapping[str, SessionCounts]
) -> FailoverCheck:
    request = inquiry.request
    lacking = unmatched_groups((known.facts for known in scene.clusters.values()), request.groups)
    return FailoverCheck(
        started_at=scene.started_at,
        finished_at=scene.finished_at,
        clusters=tuple(
            _build_cluster_check(known, scene, before.get(name), request.groups, lacking)
            for name, known in scene.clusters.items()
        ),
        peerings=check_peerings(inquiry.clusters, scene.clusters),
        since=request.since["report"]["run"]["finished_at"] if request.since else None,
        accept_failed_over=request.accept_failed_over,
        insecure=request.insecure,
        waited=request.wait is not None,
        notes=unchecked_peer_notes(inquiry.clusters),
    )


def _build_cluster_check(
    known: FailoverFindings,
    scene: FailoverSurveyResult,
    before: SessionCounts | None,
    wanted: Sequence[str],
    lacking: Sequence[str],
) -> ClusterCheck:
    facts = known.facts
    own = {n.name for n in facts.nodes}
    lone = () if wanted else _ungrouped_nodes(facts)
    barriers = source_failures(facts, ())
    return ClusterCheck(
        name=facts.name,
        groups=tuple(
            check_group(known, group, before, scene.settled.get((facts.name, group.name)))
            for group in scene.groups[facts.name]
        ),
        gaps=tuple(
            _missing_group_reasons(
                facts, scene.groups[facts.name], possibly_present_groups(facts, lacking), barriers
            )
        ),
        alone=tuple(check_group_membership(known, node) for node in lone),
        cucm_requests=sum(e.requests for e in facts.coverage if e.node not in own),
        obstacles=barriers,
    )


def _missing_group_reasons(
    facts: ClusterFacts,
    chosen: Sequence[Group],
    unseen: Sequence[str],
    barriers: Sequence[SourceFailure],
) -> Iterator[str]:
    """Yield why there is no group to look at, or fewer than are wanted."""
    why = f" {barriers[0].text}" if barriers else ""
    if chosen and unseen:
        yield f"whether {facts.name} has {join_names(unseen)} (--group) is not known.{why}"
    elif not chosen and barriers:
        yield f"the redundancy groups of {facts.name} are not known.{why}"
    elif not chosen:
        yield f"{facts.name} has no redundancy group that is known."


def _ungrouped_nodes(facts: ClusterFacts) -> tuple[NodeFacts, ...]:
    grouped = {name.casefold() for group in facts.groups for name in group.nodes}
    return tuple(n for n in facts.nodes if not n.planned and n.name.casefold() not in grouped)


MIN_WAIT = timedelta(seconds=20)
"""Less than this cannot show that a pair stays as it is."""

_WAIT_PATTERN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", re.IGNORECASE)


def parse_wait(text: str, *, readiness: bool = False) -> timedelta:
    """Return a duration of hours, minutes and seconds; a bare number is seconds.

    Raises:
        ConfigError: it has another form, or is too short; or waiting makes no sense.
    """
    if readiness:
        raise ConfigError(["--wait and --readiness exclude each other: readiness is one look."])
    found = _WAIT_PATTERN.fullmatch(text.strip())
    if not text.strip() or found is None:
        raise ConfigError([f"--wait {text}: give a duration such as 15m, 90s or 1h30m."])
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    try:
        wait = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        wait = timedelta.max
    if not MIN_WAIT <= wait <= timedelta(days=1):
        raise ConfigError([f"--wait {text}: give at least 20s, and at most 24h."])
    return wait
