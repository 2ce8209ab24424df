"""Readiness before a failover: what is in its way, what it would lose, and what to fix first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from auditor.failover.action_texts import Action, make_action
from auditor.failover.actions import choose_action, choose_group_action
from auditor.failover.group_check import GroupCheck, GroupStatus
from auditor.failover.impacts import (
    STATUSES_AFTER_FAILOVER,
    Capability,
    FailoverImpact,
    failover_impacts,
)
from auditor.failover.judged import JudgedCluster
from auditor.failover.model import FailoverCheck
from auditor.failover.node_checks import verdict_exit_code
from auditor.failover.summary import (
    INCOMPLETE,
    NOT_HEALTHY,
    UNKNOWN,
    summarize_check,
    summarize_group,
)
from auditor.failover.wording import pair_states_clause
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Finding, Verdict
from auditor.report.sentences import render_clause
from auditor.text import is_or_are, join_names

PREREQUISITE_ROWS = ("REPL-01", "REL-01")
"""What must hold before a failover beside the services: good replication, and one version."""


@dataclass(frozen=True, slots=True)
class FailoverObstacle:
    """A prerequisite of a failover that a group lacks, or may lack (verdict unknown)."""

    group: GroupCheck
    finding: Finding

    @property
    def clause(self) -> str:
        """Return what is in the way, as a clause."""
        return render_clause(self.finding.observed)

    @property
    def action(self) -> Action:
        """Return what to do before a failover."""
        situation = _SITUATIONS.get((self.finding.recommendation, self.finding.verdict))
        return make_action(
            situation or "settle_impact",
            nodes=self.finding.subject.name,
            group=self.group.name,
            clause=self.clause,
            remedy="; ".join(map(render_clause, self.finding.remedy)),
        )


_SITUATIONS = {
    ("REPL-01", Verdict.DRIFT): "bad_replication",
    ("REPL-01", Verdict.UNKNOWN): "read_replication",
    ("REL-01", Verdict.DRIFT): "different_versions",
}


def find_obstacles(group: GroupCheck, judged: JudgedCluster) -> Iterator[FailoverObstacle]:
    """Yield the prerequisites of a group that differ, then those that are unknown."""
    subjects = (group.name, *(node.name for node in group.nodes))
    prerequisites = [judged.finding(row, name) for row in PREREQUISITE_ROWS for name in subjects]
    for verdict in (Verdict.DRIFT, Verdict.UNKNOWN):
        for finding in prerequisites:
            if finding is not None and finding.verdict is verdict:
                yield FailoverObstacle(group, finding)


@dataclass(frozen=True, slots=True)
class FailoverReadiness:
    """The check of now, what is in the way of a failover, and what it would lose."""

    check: FailoverCheck
    impacts: tuple[FailoverImpact, ...] = field(default=())
    obstacles: tuple[FailoverObstacle, ...] = field(default=())

    @property
    def exit_code(self) -> ExitCode:
        """Return 0 if nothing would be lost, 3 if something would, 4 if that is unknown."""
        verdicts = (
            *(impact.verdict for impact in self.impacts),
            *(obstacle.finding.verdict for obstacle in self.obstacles),
        )
        codes = map(verdict_exit_code, verdicts)
        return ExitCode.worst((self.check.exit_code, *codes), default=ExitCode.INCOMPLETE)

    @property
    def summary(self) -> str:
        """Return the summary."""
        return self._first_lines[0]

    @property
    def action(self) -> str:
        """Return the second line, which is about the same as the first."""
        return self._first_lines[1]

    @property
    def _first_lines(self) -> tuple[str, str]:
        """Return both lines: what is worst decides them together."""
        match self.exit_code:
            case ExitCode.COMPLIANT:
                pairs = self._pairs_clause()
                summary = f"Ready: a failover{pairs} would lose nothing that can be checked."
                return summary, make_action("ready").render()
            case ExitCode.DRIFT:
                return self._explain_not_ready()
        return self._explain_unknown()

    def _explain_not_ready(self) -> tuple[str, str]:
        losses = [*self._certain_losses()]
        groups = [p for p in self.check.parts_worst_first if isinstance(p, GroupCheck)]
        # Whatever else is wrong, such a pair cannot fail over before it is whole again.
        after_failover = [g for g in groups if g.status in STATUSES_AFTER_FAILOVER]
        if after_failover:
            clauses = [*self._failed_over_clauses(after_failover), *losses]
            reasons = "; ".join([*clauses, *self._obstacle_clauses(after_failover[0])])
            return f"Not ready: {reasons}.", self._render(after_failover[0])
        faulty = [group for group in groups if self._is_faulty(group)]
        if faulty:
            group = faulty[0]
            why = "; ".join(summarize_group(group, self.check.title(group)).clauses)
            others = self._obstacle_clauses(group)
            reasons = "; ".join([": ".join([*losses, why]), *others])
            return f"Not ready: {reasons}.", self._render(group)
        obstacles = [o for o in self.obstacles if o.finding.verdict is Verdict.DRIFT]
        if obstacles:
            place = self._place(obstacles[0].group)
            others = self._obstacle_clauses(obstacles[0].group)
            reasons = "; ".join([f"{place}{obstacles[0].clause}", *losses, *others])
            action = obstacles[0].action.render(self._cluster(obstacles[0].group))
            return f"Not ready: {reasons}.", action
        if losses:
            first = next(i for i in self.impacts if i.verdict is Verdict.DRIFT)
            reasons = ": ".join([*losses, first.because])
            return f"Not ready: {reasons}.", first.action.render(self._cluster(first.group))
        return f"Not ready: {self._check_explanation()}", choose_action(self.check)

    def _explain_unknown(self) -> tuple[str, str]:
        unknown = f"Unknown whether a failover{self._pairs_clause()} would lose anything:"
        if self.check.exit_code is not ExitCode.COMPLIANT:
            return f"{unknown} {self._check_explanation()}", choose_action(self.check)
        if self.obstacles:
            obstacle = self.obstacles[0]
            why, group, action = obstacle.clause, obstacle.group, obstacle.action
        else:
            impact = self.impacts[0]
            why, group, action = impact.because, impact.group, impact.action
        line = f"{unknown} {self._place(group)}{why}."
        return line, action.render(self._cluster(group))

    @staticmethod
    def _is_faulty(group: GroupCheck) -> bool:
        is_drift = group.exit_code(accept_failed_over=False) is ExitCode.DRIFT
        return is_drift or group.status is GroupStatus.SWITCHED_OFF

    def _cluster(self, group: GroupCheck) -> str:
        return group.cluster if len(self.check.clusters) > 1 else ""

    def _place(self, group: GroupCheck) -> str:
        return f"in {self.check.title(group)} " if self._cluster(group) else ""

    def _render(self, group: GroupCheck) -> str:
        return choose_group_action(group).render(self._cluster(group))

    def _pairs_clause(self) -> str:
        groups = self.check.groups
        return f" of {join_names(map(self.check.title, groups))}" if groups else ""

    def _failed_over_clauses(self, groups: Sequence[GroupCheck]) -> Iterator[str]:
        yield self._failed_over_clause(groups[0])
        others = [self.check.title(group) for group in groups[1:]]
        if others:
            names = join_names(others, limit=_MAX_GROUPS)
            yield f"{names} {is_or_are(len(others))} failed over or broken too"

    def _obstacle_clauses(self, first: GroupCheck) -> Iterator[str]:
        """Yield which other groups lack a prerequisite of a failover."""
        obstacles = [
            obstacle
            for obstacle in self.obstacles
            if obstacle.finding.verdict is Verdict.DRIFT
            and obstacle.group is not first
            and obstacle.group.status not in STATUSES_AFTER_FAILOVER
        ]
        groups = list(dict.fromkeys(self.check.title(obstacle.group) for obstacle in obstacles))
        if groups:
            rows = join_names(dict.fromkeys(o.finding.recommendation for o in obstacles))
            verb = is_or_are(len(groups))
            yield f"{join_names(groups, limit=_MAX_GROUPS)} {verb} not ready either ({rows})"

    def verdict_of(self, group: GroupCheck) -> Verdict:
        """Return whether a group is ready for a failover: drift if it is not."""
        verdicts = [
            *(impact.verdict for impact in self.impacts if impact.group is group),
            *(o.finding.verdict for o in self.obstacles if o.group is group),
        ]
        return min(verdicts, key=lambda verdict: verdict.rank, default=Verdict.PASS)

    def action_of(self, group: GroupCheck) -> Action | None:
        """Return what to do first before a failover of a group, None if nothing is in its way."""
        verdict = self.verdict_of(group)
        obstacles = [o for o in self.obstacles if o.group is group]
        actions = (
            *(o.action for o in obstacles if o.finding.verdict is verdict),
            *(i.action for i in self.impacts if i.group is group and i.verdict is verdict),
        )
        return next(iter(actions), None)

    def _failed_over_clause(self, group: GroupCheck) -> str:
        is_broken = group.status is GroupStatus.BROKEN
        return (
            f"{self.check.title(group)} is {'broken' if is_broken else 'failed over'} already"
            f" ({pair_states_clause(group)}), so a second failure has no partner left"
        )

    def _certain_losses(self) -> Iterator[str]:
        losses = [
            impact
            for impact in self.impacts
            if impact.verdict is Verdict.DRIFT
            and impact.group.status not in STATUSES_AFTER_FAILOVER
        ]
        groups: dict[Capability, list[str]] = {}
        for impact in losses:
            titles = groups.setdefault(impact.what, [])
            if self.check.title(impact.group) not in titles:
                titles.append(self.check.title(impact.group))
        if not groups:
            return
        if all(titles == losing for losing in groups.values()):
            names = join_names(titles, limit=_MAX_GROUPS)
            yield f"a failover of {names} would lose {join_names(groups)}"
            return
        # Each group loses something else, so one sentence for all of them would be false.
        (worst, first), *rest = sorted(
            groups.items(), key=lambda item: list(Capability).index(item[0])
        )
        more = join_names(f"{what} in {_count_groups(len(losing))}" for what, losing in rest)
        names = join_names(first, limit=_MAX_GROUPS)
        yield f"a failover would lose {worst} in {names}, {more}"

    def _check_explanation(self) -> str:
        """Return the summary of the check as an explanation of the readiness."""
        summary = summarize_check(self.check)
        # These labels would repeat how the line begins.
        if summary.label in (UNKNOWN, NOT_HEALTHY, INCOMPLETE):
            return summary.explanation
        return f"{summary.label}: {summary.explanation}"


_MAX_GROUPS = 3
"""How many groups a line names; the lists below have the rest."""


def _count_groups(number: int) -> str:
    return "one group" if number == 1 else f"{number} groups"


def assess_readiness(
    check: FailoverCheck, judged_clusters: Mapping[str, JudgedCluster]
) -> FailoverReadiness:
    """Return what a failover of each group would lose; `judged_clusters` are by name."""
    judged_groups = [(group, judged_clusters[group.cluster]) for group in check.groups]
    return FailoverReadiness(
        check,
        tuple(impact for pair in judged_groups for impact in failover_impacts(*pair)),
        tuple(obstacle for pair in judged_groups for obstacle in find_obstacles(*pair)),
    )
