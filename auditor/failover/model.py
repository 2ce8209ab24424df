"""What the check returns: groups, clusters, the whole, and their exit codes.

Everything here is data; `auditor.failover.wording` turns it into sentences.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.errors import Reason
from auditor.failover.failures import SourceFailure
from auditor.failover.node_checks import CheckState, CheckType, NodeCheck, most_urgent
from auditor.models.exit_codes import ExitCode
from auditor.models.facts import Coverage, HaState, Origin, Source
from auditor.models.findings import Verdict
from auditor.models.sessions import are_sessions_missing
from auditor.models.statements import Statement
from auditor.service_names import XCP_ROUTER


@dataclass(frozen=True, slots=True)
class Stability:
    """How watching a group ended.

    `stable`: the same pair and services in two readings. `outlasted`: the pair was still moving at
    the end. `restarting`: nodes and services that restarted more than once meanwhile.
    """

    stable: bool
    outlasted: bool
    restarting: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SessionComparison:
    """Users' sessions of a group: now and in a snapshot, None where they could not be read."""

    counter: str
    now: int | None
    before: int | None

    @property
    def is_short(self) -> bool:
        """Return whether more than a tenth of the earlier sessions are missing."""
        if self.now is None or self.before is None:
            return False
        return are_sessions_missing(self.before, self.now)


_UNREACHABLE_REASONS = (Reason.UNREACHABLE, Reason.TIMED_OUT)


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """One node of a group.

    `state` is None if it could not be read, and `state_source` where it was read. `no_state_reason`
    is a clause on PerfMon. `has_answered`: some interface of the node did. `failure` prevented
    PerfMon, or everything, from being read. `replication` is a key of `REPLICATION_STATES`, and bad
    where REPL-01 drifts. `requests` is how many the node was sent.
    """

    name: str
    role: str
    state: HaState | None
    state_source: Origin | None
    no_state_reason: Statement | None
    has_answered: bool
    sessions: Mapping[str, int]
    replication: int | None
    is_replication_bad: bool
    requests: int
    failure: SourceFailure | None = None

    @property
    def is_unreachable(self) -> bool:
        """Return whether no interface of the node could be reached."""
        unreachable = self.failure is not None and self.failure.reason in _UNREACHABLE_REASONS
        return self.state is None and not self.has_answered and unreachable


_GROUP_TITLE = re.compile(r"(?P<group>.+) \(cluster (?P<cluster>.+)\)")


def group_title(group: str, cluster: str) -> str:
    """Return the name of a group as a check of several clusters shows it."""
    return f"{group} (cluster {cluster})"


def parse_group_title(text: str) -> tuple[str, str | None]:
    """Return group and cluster of a title; of a group's name alone, the cluster is None."""
    match = _GROUP_TITLE.fullmatch(text)
    return (match["group"], match["cluster"]) if match else (text, None)


class GroupStatus(StrEnum):
    """The state of a redundancy group, from its switch and its HA states."""

    NORMAL = "normal"
    FAILED_OVER = "failed_over"
    BROKEN = "broken"
    MOVING = "moving"
    UNKNOWN = "unknown"
    NO_FAILOVER = "no_failover"
    SWITCHED_OFF = "switched_off"


@dataclass(frozen=True, slots=True)
class GroupCheck:
    """A redundancy group and its checks; `stability` is None if it was read once.

    `verdict` and `because` are those of HA-01, and `causes` what Cisco documents for the pair of
    states. `is_switched_on` is None if the switch could not be read. `absent` are members that the
    cluster does not have. `failures` are sources that gave nothing, most urgent first.
    `is_observed`: that high availability is on and both states were read from the cluster itself,
    not only from its database. `versions`: which ones its nodes run, where they differ (REL-01).
    """

    cluster: str
    name: str
    status: GroupStatus
    verdict: Verdict
    because: Statement | None
    causes: tuple[str, ...]
    is_switched_on: bool | None
    nodes: tuple[NodeStatus, ...]
    checks: tuple[NodeCheck, ...]
    sessions: SessionComparison
    absent: tuple[str, ...] = ()
    stability: Stability | None = None
    failures: tuple[SourceFailure, ...] = ()
    is_observed: bool = True
    versions: Statement | None = None

    @property
    def has_outlasted(self) -> bool:
        """Return whether the pair was still moving when the wait ended."""
        return self.stability is not None and self.stability.outlasted

    @property
    def is_unstable(self) -> bool:
        """Return whether the pair was watched and did not become stable."""
        return self.stability is not None and not self.stability.stable

    @property
    def bad_replication(self) -> tuple[str, ...]:
        """Return the nodes whose database replication is bad; the exit code ignores it."""
        # Replication is read as best effort. If it counted, the exit code would depend on whether
        # it could be read.
        return tuple(node.name for node in self.nodes if node.is_replication_bad)

    @property
    def sessions_read(self) -> int:
        """Return the sessions of the nodes that returned theirs, to weigh groups by."""
        return sum(node.sessions.get(self.sessions.counter, 0) for node in self.nodes)

    @property
    def has_warning(self) -> bool:
        """Return whether something is wrong that the exit code ignores and the reader must see."""
        return bool(self.versions or self.bad_replication or self.sessions.is_short)

    @property
    def serving(self) -> tuple[str, ...]:
        """Return the nodes in backup mode, which serve the users of both."""
        return tuple(node.name for node in self.nodes if node.state is HaState.BACKUP)

    @property
    def not_serving(self) -> tuple[NodeStatus, ...]:
        """Return the nodes that are not in backup mode."""
        return tuple(node for node in self.nodes if node.state is not HaState.BACKUP)

    @property
    def down_nodes(self) -> tuple[NodeStatus, ...]:
        """Return the nodes that are down, or that this machine cannot reach."""
        return tuple(n for n in self.nodes if n.state is HaState.DOWN or n.is_unreachable)

    @property
    def is_severe(self) -> bool:
        """Return whether users may be without service, or soon are: such groups come first."""
        is_broken = self.has_outlasted or self.status is GroupStatus.BROKEN
        return is_broken or bool(self.down_nodes) or self.outage is not None

    @property
    def nodes_without_partner(self) -> tuple[str, ...]:
        """Return the nodes that have users, and whose users no other node can take over now."""
        if self.serving:
            return self.serving
        has_partner = self.is_switched_on is not False and len(self.nodes) > 1
        if has_partner and not self.down_nodes:
            return ()
        # An idle node has no users: high availability stopped its services.
        others = (node for node in self.nodes if node.state is not HaState.IDLE)
        return tuple(node.name for node in others if node not in self.down_nodes)

    @property
    def outage(self) -> NodeCheck | None:
        """Return the critical service that is down where no other node takes over the users."""
        without_partner = self.nodes_without_partner
        checks = [
            check
            for check in self.checks_with(Verdict.DRIFT)
            if check.node in without_partner
            and check.type in (CheckType.CRITICAL, CheckType.NETWORK)
            and check.needs_ha_off
        ]
        return most_urgent(checks) if checks else None

    @property
    def is_unserved(self) -> bool:
        """Return whether users have nothing: without Cisco XCP Router no XCP service runs."""
        return self.outage is not None and any(
            check.service == XCP_ROUTER and check.state is not CheckState.RESTARTING
            for check in self.checks_with(Verdict.DRIFT)
            if check.node == self.outage.node
        )

    @property
    def is_failed_over_and_broken(self) -> bool:
        """Return whether a broken pair has a node that serves the users of the other."""
        has_failed = any(node.state is HaState.FAILED for node in self.nodes)
        one_serves = bool(self.serving and self.not_serving)
        return self.status is GroupStatus.BROKEN and one_serves and not has_failed

    @property
    def first_check(self) -> NodeCheck | None:
        """Return the check that both first lines are about, None if there is nothing to say."""
        if self.outage is not None:
            return self.outage
        checks = self.checks_with(Verdict.DRIFT) or self.checks_with(Verdict.UNKNOWN)
        if self.status is GroupStatus.SWITCHED_OFF and not self.checks_with(Verdict.DRIFT):
            # High availability needs these before it is turned on, and no others.
            needed = (CheckType.CRITICAL, CheckType.NETWORK)
            checks = tuple(check for check in checks if check.type in needed)
        return most_urgent(checks) if checks else None

    def checks_with(self, *verdicts: Verdict) -> tuple[NodeCheck, ...]:
        """Return the checks of these verdicts."""
        return tuple(check for check in self.checks if check.verdict in verdicts)

    def failure_behind(self, check: NodeCheck) -> SourceFailure | None:
        """Return the failure that left a check unknown, None if every request succeeded."""
        own = [failure for failure in self.failures if failure.server == check.node]
        cucm = [failure for failure in self.failures if failure.source is Source.CUCM_AXL]
        return next(iter((*own, *cucm)), None)

    def exit_code(self, *, accept_failed_over: bool) -> ExitCode:
        """Return 0, 3 or 4 for this group alone."""
        # A pair that is failed over is stable to Cisco, but has no partner left for the next
        # failure. So it is 3, unless the user accepts exactly that.
        accepted = accept_failed_over and self.status is GroupStatus.FAILED_OVER
        after_failover = self.status in (GroupStatus.FAILED_OVER, GroupStatus.BROKEN)
        differs = (after_failover or self.verdict is Verdict.DRIFT) and not accepted
        if differs or self.has_outlasted or self.checks_with(Verdict.DRIFT):
            return ExitCode.DRIFT
        # An accepted failover must be observed: tables that Cisco does not document must not turn 3
        # into 0.
        uncertain = self.is_unstable or (accepted and not self.is_observed)
        if self.verdict is Verdict.UNKNOWN or uncertain or self.checks_with(Verdict.UNKNOWN):
            return ExitCode.INCOMPLETE
        return ExitCode.COMPLIANT


@dataclass(frozen=True, slots=True)
class Peering:
    """AXL of the nodes from which a cluster syncs with a peer."""

    cluster: str
    peer: str
    checks: tuple[NodeCheck, ...]

    @property
    def verdict(self) -> Verdict:
        """Return the worst verdict of the nodes, unknown if there are none."""
        verdicts = (check.verdict for check in self.checks)
        return min(verdicts, key=lambda verdict: verdict.rank, default=Verdict.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ClusterCheck:
    """One cluster. `possible_groups` were asked for with --group, and may or may not exist here.

    `ungrouped` are checks of nodes in no group; `failures` are sources that gave nothing, most
    urgent first. `topology_recorded_at` and `cucm_stand_in` are as in `ClusterFacts`, and
    `unreached_cucm` has the servers in whose place that one answered, and why they did not.
    """

    name: str
    groups: tuple[GroupCheck, ...]
    possible_groups: tuple[str, ...] = ()
    ungrouped: tuple[NodeCheck, ...] = ()
    cucm_requests: int = 0
    failures: tuple[SourceFailure, ...] = ()
    topology_recorded_at: str | None = None
    cucm_stand_in: str | None = None
    unreached_cucm: tuple[Coverage, ...] = ()

    @property
    def lacks_groups(self) -> bool:
        """Return whether no group, or not every group that was asked for, is known."""
        return not self.groups or bool(self.possible_groups)


CheckPart = GroupCheck | ClusterCheck | NodeCheck
"""What the first two lines can be about: a group, a cluster without groups, a node in no group."""


@dataclass(frozen=True, slots=True)
class FailoverCheck:
    """The whole check; times are ISO 8601 in UTC, `since` that of the snapshot compared with.

    `unchecked_peers` are clusters of the file that have peers here and were not checked.
    """

    started_at: str
    finished_at: str
    clusters: tuple[ClusterCheck, ...]
    peerings: tuple[Peering, ...] = ()
    since: str | None = None
    accept_failed_over: bool = False
    insecure: bool = False
    waited: bool = False
    unchecked_peers: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[GroupCheck, ...]:
        """Return the groups of all clusters."""
        return tuple(group for cluster in self.clusters for group in cluster.groups)

    def title(self, group: GroupCheck) -> str:
        """Return the name of a group, with its cluster if there are several."""
        return group.name if len(self.clusters) < 2 else group_title(group.name, group.cluster)

    def exit_code_of(self, part: CheckPart) -> ExitCode:
        """Return 0, 3 or 4 for one part of the check."""
        if isinstance(part, GroupCheck):
            return part.exit_code(accept_failed_over=self.accept_failed_over)
        if isinstance(part, NodeCheck):
            return part.exit_code
        return ExitCode.INCOMPLETE if part.lacks_groups else ExitCode.COMPLIANT

    @property
    def accepted(self) -> tuple[GroupCheck, ...]:
        """Return the groups that are good only because failed over is accepted."""
        return tuple(
            group
            for group in self.groups
            if group.status is GroupStatus.FAILED_OVER
            and self.exit_code_of(group) is ExitCode.COMPLIANT
        )

    @property
    def ungrouped_problems(self) -> tuple[ClusterCheck | NodeCheck, ...]:
        """Return the clusters that lack groups and the nodes in no group."""
        parts: list[ClusterCheck | NodeCheck] = []
        for cluster in self.clusters:
            parts += (cluster, *cluster.ungrouped)
        return tuple(part for part in parts if self.exit_code_of(part) is not ExitCode.COMPLIANT)

    @property
    def worst(self) -> CheckPart | None:
        """Return what the first two lines are about."""
        return next(iter(self.parts_worst_first), None)

    @property
    def parts_worst_first(self) -> tuple[CheckPart, ...]:
        """Return the groups, and what is in none, the worst first; a group first at equal weight.

        Of groups alike the one with the most users is the worst.
        """
        groups = sorted(self.groups, key=self._group_weight)
        return tuple(sorted((*groups, *self.ungrouped_problems), key=self._part_weight))

    def cluster_of(self, part: CheckPart) -> str:
        """Return the name of the cluster that a part belongs to."""
        if isinstance(part, NodeCheck):
            return next(cluster.name for cluster in self.clusters if part in cluster.ungrouped)
        return part.cluster if isinstance(part, GroupCheck) else part.name

    def _part_weight(self, part: CheckPart) -> tuple[int, ...]:
        group = part if isinstance(part, GroupCheck) else None
        is_severe = group is not None and group.is_severe
        is_unserved = group is not None and group.is_unserved
        users = group.sessions_read if is_severe and group is not None else 0
        return not is_unserved, not is_severe, self.exit_code_of(part).rank, -users

    @property
    def cluster_of_worst(self) -> str:
        """Return the cluster that the first two lines are about, empty if it is the only one."""
        worst = self.worst
        if worst is None or len(self.clusters) < 2:
            return ""
        return self.cluster_of(worst)

    def _group_weight(self, group: GroupCheck) -> tuple[int | str, ...]:
        """Return a sort key: lower is worse."""
        # `not`, because False sorts first. Replication, sessions and versions come last: the exit
        # code ignores them, so they only decide between groups that are equal otherwise.
        return (
            *self._part_weight(group),
            not group.checks_with(Verdict.DRIFT),
            group.status in (GroupStatus.NORMAL, GroupStatus.NO_FAILOVER),
            -group.sessions_read,
            not (group.bad_replication or group.sessions.is_short),
            group.versions is None,
            group.name.casefold(),
        )

    @property
    def exit_code(self) -> ExitCode:
        """Return the worst code of all parts."""
        codes = map(self.exit_code_of, (*self.groups, *self.ungrouped_problems))
        return ExitCode.worst(codes, default=ExitCode.INCOMPLETE)
