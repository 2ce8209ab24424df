"""The use case: ask the clusters, judge their groups, once or until every pair is stable."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from auditor.audit import survey_clusters
from auditor.collect.scope import FAILOVER_TOPICS, SurveyScope, SurveyTopic
from auditor.config.settings import ClusterSettings
from auditor.credentials import Credentials
from auditor.errors import Reason
from auditor.failover.failures import source_failures
from auditor.failover.group_check import Stability
from auditor.failover.group_names import (
    are_groups_complete,
    clusters_with_groups,
    parse_group_title,
    select_groups,
    unmatched_groups,
)
from auditor.failover.group_status import (
    SessionCounts,
    check_group,
    group_node_facts,
    sessions_from_snapshot,
)
from auditor.failover.judged import JudgedCluster, judge_for_failover
from auditor.failover.model import ClusterCheck, FailoverCheck
from auditor.failover.nodes import check_group_membership
from auditor.failover.peers import check_peerings, unchecked_peers
from auditor.failover.readiness import FailoverReadiness, assess_readiness
from auditor.failover.watch import GroupKey, GroupWatch
from auditor.models.coverage import Source
from auditor.models.facts import ClusterFacts, Group
from auditor.models.nodes import NodeFacts, Role
from auditor.recommendations.packs import Recommendation
from auditor.run import RunContext, RunOptions
from auditor.snapshots import Snapshot
from auditor.text import utc_timestamp


@dataclass(frozen=True, slots=True)
class FailoverCheckOptions:
    """What the command line decides.

    `rows` are all recommendations by id. `groups`: only these; none means all. `wait`: how long to
    wait for stable pairs; None: read once. `since` is the snapshot to compare with.
    `asked_clusters` are those that the command named.
    """

    rows: Mapping[str, Recommendation]
    groups: tuple[str, ...] = ()
    wait: timedelta | None = None
    since: Snapshot | None = None
    accept_failed_over: bool = False
    insecure: bool = False
    asked_clusters: tuple[str, ...] = ()


def run_failover_check(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    options: FailoverCheckOptions,
    context: RunContext,
    print_progress: Callable[[str], None],
) -> FailoverCheck:
    """Check the redundancy groups of the clusters.

    Raises:
        ConfigError: no cluster has a group of `options`, or the snapshot is of other clusters.
        Interrupted: the user pressed Ctrl-C.
    """
    surveyor = FailoverSurveyor(clusters, logins, options, context)
    check, _ = _check_clusters(surveyor, print_progress)
    return check


def run_readiness_check(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    options: FailoverCheckOptions,
    context: RunContext,
) -> FailoverReadiness:
    """Check the groups once, and return what a failover would lose.

    Raises as `run_failover_check` does.
    """
    surveyor = FailoverSurveyor(clusters, logins, options, context)
    return assess_readiness(*_check_clusters(surveyor, lambda _: None))


@dataclass(frozen=True, slots=True)
class FailoverSurveyor:
    """Asks the clusters for what a failover check needs."""

    clusters: Sequence[ClusterSettings]
    logins: Mapping[str, Credentials]
    options: FailoverCheckOptions
    context: RunContext

    def survey(self) -> Sequence[ClusterFacts]:
        """Ask every cluster for everything, in the groups of the options only."""
        names = (parse_group_title(name)[0] for name in self.options.groups)
        groups = frozenset(map(str.casefold, names)) or None
        # `hurries`: whoever asks has a failover under way, and can read again with --wait.
        scope = SurveyScope(FAILOVER_TOPICS, groups=groups, hurries=True)
        return self._survey(self.clusters, scope, None)

    def resurvey(
        self, scope: SurveyScope, facts: Mapping[str, ClusterFacts]
    ) -> Sequence[ClusterFacts]:
        """Ask the clusters of these facts again, and return the facts with the new replies."""
        clusters = [settings for settings in self.clusters if settings.name in facts]
        return self._survey(clusters, scope, facts)

    def _survey(
        self,
        clusters: Sequence[ClusterSettings],
        scope: SurveyScope,
        facts: Mapping[str, ClusterFacts] | None,
    ) -> Sequence[ClusterFacts]:
        options = RunOptions((), insecure=self.options.insecure, discover=False, scope=scope)
        surveyed = survey_clusters(clusters, self.logins, options, self.context, facts)
        return [
            self._add_states_from_database(settings, cluster, options)
            for settings, cluster in zip(clusters, surveyed, strict=True)
        ]

    def _add_states_from_database(
        self, settings: ClusterSettings, facts: ClusterFacts, options: RunOptions
    ) -> ClusterFacts:
        """Read HA states that PerfMon did not return from the IM&P database.

        PerfMon documents the state from release 12.5 on. A state from the database is only
        discovered.
        """
        publisher = next((node for node in facts.nodes if node.role is Role.PUBLISHER), None)
        if publisher is None or not _needs_states_from_database(facts, options.scope):
            return facts
        # It has had its time, and would be waited for once more.
        gap = facts.gap(publisher.name, Source.IMP_AXL)
        if gap is not None and gap.reason in (Reason.TIMED_OUT, Reason.NOT_ASKED):
            return facts
        # One request to the publisher is enough: the table has a row for each node.
        nodes = frozenset({publisher.name.casefold()})
        options = replace(
            options,
            discover=True,
            only_probes=frozenset({"groups"}),
            scope=SurveyScope(frozenset({SurveyTopic.AXL}), nodes=nodes),
        )
        (updated,) = survey_clusters(
            [settings], self.logins, options, self.context, {settings.name: facts}
        )
        return updated


def _needs_states_from_database(facts: ClusterFacts, scope: SurveyScope) -> bool:
    """Return whether HA states were asked for and are missing, and no password was refused."""
    # Another request with a refused password may lock the account.
    is_refused = any(entry.reason is Reason.CREDENTIALS for entry in facts.coverage)
    is_missing = any(_nodes_without_ha_state(facts, group) for group in facts.groups)
    return is_missing and not is_refused and SurveyTopic.HA in scope.topics


def _nodes_without_ha_state(facts: ClusterFacts, group: Group) -> Sequence[NodeFacts]:
    """Return the nodes of a pair that returned services, but no HA state."""
    if group.ha_enabled is False or len(group.nodes) < 2:
        return ()
    # A node that returned nothing may be down, and the database may still have its last state.
    return [n for n in group_node_facts(facts, group) if n.services and n.ha_state is None]


def _check_clusters(
    surveyor: FailoverSurveyor, print_progress: Callable[[str], None]
) -> tuple[FailoverCheck, Mapping[str, JudgedCluster]]:
    """Survey, wait until stable if the options say so, judge, check each group."""
    clusters, options, context = surveyor.clusters, surveyor.options, surveyor.context
    # Before the first request, so that a snapshot of other clusters is refused at once.
    sessions_before = sessions_from_snapshot(clusters, options.since)
    started_at = utc_timestamp(context.clock())
    facts = {
        cluster.name: cluster for cluster in clusters_with_groups(surveyor.survey(), options.groups)
    }
    groups = {name: select_groups(cluster, options.groups) for name, cluster in facts.items()}
    stability: Mapping[GroupKey, Stability] = {}
    if options.wait is not None:
        watch = GroupWatch(
            facts,
            {(name, group.name): group for name in groups for group in groups[name]},
            surveyor.resurvey,
            wait=options.wait,
            clock=context.clock,
            pause=context.network.pause,
            print_progress=print_progress,
        )
        watch.run()
        facts, stability = watch.facts, watch.stability
    finished_at = utc_timestamp(context.clock())
    judged_clusters = {
        name: judge_for_failover(cluster, options.rows) for name, cluster in facts.items()
    }
    unmatched = unmatched_groups(
        (judged.facts for judged in judged_clusters.values()), options.groups
    )
    check = FailoverCheck(
        started_at=started_at,
        finished_at=finished_at,
        clusters=tuple(
            _check_cluster(
                judged,
                groups[name],
                stability,
                sessions_before.get(name),
                () if are_groups_complete(judged.facts) else unmatched,
                # With --group, nodes outside the groups were not asked.
                include_ungrouped=not options.groups,
            )
            for name, judged in judged_clusters.items()
        ),
        peerings=check_peerings(clusters, judged_clusters),
        since=options.since.finished_at if options.since else None,
        accept_failed_over=options.accept_failed_over,
        insecure=options.insecure,
        waited=options.wait is not None,
        unchecked_peers=unchecked_peers(clusters, judged_clusters),
        asked_clusters=options.asked_clusters,
    )
    return check, judged_clusters


def _check_cluster(
    judged: JudgedCluster,
    groups: Sequence[Group],
    stability: Mapping[GroupKey, Stability],
    sessions_before: SessionCounts | None,
    possible_groups: Sequence[str],
    *,
    include_ungrouped: bool,
) -> ClusterCheck:
    facts = judged.facts
    nodes = {node.name for node in facts.nodes}
    ungrouped = _ungrouped_nodes(facts) if include_ungrouped else ()
    return ClusterCheck(
        name=facts.name,
        groups=tuple(
            check_group(judged, group, sessions_before, stability.get((facts.name, group.name)))
            for group in groups
        ),
        possible_groups=tuple(dict.fromkeys(possible_groups)),
        ungrouped=tuple(check_group_membership(judged, node) for node in ungrouped),
        # What is no node of the cluster in the coverage is the CUCM publisher, or a database.
        cucm_requests=sum(
            entry.requests
            for entry in facts.coverage
            if entry.node not in nodes and entry.source is not Source.TCP
        ),
        failures=source_failures(facts, ()),
        topology_recorded_at=facts.topology_recorded_at,
        cucm_stand_in=facts.cucm_stand_in,
        unreached_cucm=tuple(
            entry
            for entry in facts.coverage
            if facts.cucm_stand_in not in (None, entry.node)
            and entry.source is Source.CUCM_AXL
            and entry.reason
        ),
    )


def _ungrouped_nodes(facts: ClusterFacts) -> tuple[NodeFacts, ...]:
    grouped = {name.casefold() for group in facts.groups for name in group.nodes}
    return tuple(n for n in facts.installed_nodes if n.name.casefold() not in grouped)
