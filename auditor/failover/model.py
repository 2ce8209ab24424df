"""What the check returns: clusters, the whole, and their exit codes.

Everything here is data; `auditor.failover.wording` turns it into sentences.
"""

from dataclasses import dataclass

from auditor.failover.failures import SourceFailure
from auditor.failover.group_check import GroupCheck, GroupStatus
from auditor.failover.group_names import group_title
from auditor.failover.node_checks import NodeCheck
from auditor.models.coverage import Coverage
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Verdict


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

    `unchecked_peers` are clusters of the file that have peers here and were not checked;
    `asked_clusters` those that the command named, none if all were asked.
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
    asked_clusters: tuple[str, ...] = ()

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
