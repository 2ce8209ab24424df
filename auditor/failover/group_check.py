"""What the check returns for a redundancy group: its state, its nodes, its exit code.

Everything here is data; `auditor.failover.wording` turns it into sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.errors import Reason
from auditor.failover.failures import SourceFailure
from auditor.failover.node_checks import CheckState, CheckType, NodeCheck, most_urgent
from auditor.models.coverage import Source
from auditor.models.evidence import Origin
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Verdict
from auditor.models.nodes import HaState
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
        """Return the check that the summary and the action are about, None if there is none."""
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
