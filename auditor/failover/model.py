"""What the check finds: a standing for each redundancy group, and an exit code.

What is seen: points on nodes, the nodes themselves, their sessions, how watching ended.

What kept a server from telling something: the first thing to clear away.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.errors import Reason
from auditor.models.facts import ClusterFacts, Outcome, Source
from auditor.models.findings import ExitCode, Verdict


@dataclass(frozen=True, slots=True)
class SourceFailure:
    """Why a source of a server told nothing; `text` says it in plain sentences.

    `elsewhere`: another server took the same account.
    """

    cluster: str
    server: str
    source: Source
    reason: Reason
    text: str
    elsewhere: bool = False


_FAILURE_REASONS_BY_URGENCY = (
    Reason.CREDENTIALS,
    Reason.TLS,
    Reason.WRONG_NODE,
    Reason.UNREACHABLE,
    Reason.TIMED_OUT,
    Reason.NOT_AUTHORISED,
    Reason.NO_SUCH_SERVICE,
    Reason.UNSUPPORTED_VERSION,
    Reason.RATE_LIMITED,
    Reason.UNAVAILABLE,
    Reason.SOAP_FAULT,
    Reason.BAD_REPLY,
    Reason.TOO_LARGE,
    Reason.BUG,
    Reason.NOT_ASKED,
)
"""Which reason is cleared away first: one that keeps all the rest from being asked leads."""


def source_failures(
    facts: ClusterFacts, nodes: Collection[str], *, unneeded: Collection[str] = ()
) -> tuple[SourceFailure, ...]:
    """Return what kept the CUCM publisher and these nodes from telling, gravest first.

    `unneeded` are the nodes whose own AXL did not matter. Where a refused password kept a node
    from being asked at all, the server that refused it counts too.
    """
    own = {node.name for node in facts.nodes}
    taking = {
        entry.node
        for entry in facts.coverage
        if entry.outcome is Outcome.COLLECTED and entry.source is not Source.TCP
    }
    found = [
        SourceFailure(
            facts.name,
            entry.node,
            entry.source,
            entry.reason,
            entry.detail,
            elsewhere=bool(taking - {entry.node}),
        )
        for entry in facts.coverage
        if entry.reason is not None and entry.source is not Source.TCP
    ]
    near = [
        o
        for o in found
        if (o.server in nodes or o.server not in own)
        and not (o.source is Source.IMP_AXL and o.server in unneeded)
    ]
    if any(o.reason is Reason.NOT_ASKED for o in near):
        near += [o for o in found if o.reason is Reason.CREDENTIALS and o not in near]
    return tuple(sorted(near, key=lambda o: _FAILURE_REASONS_BY_URGENCY.index(o.reason)))


class NodeCheckType(StrEnum):
    """What is looked at on each node, in the order in which it is told."""

    AXL = "AXL"
    CRITICAL = "critical services"
    KEEPERS = "sync and recovery"
    OTHERS = "other services"
    MEMBER = "group member"


@dataclass(frozen=True, slots=True)
class NodeCheck:
    """One thing seen on one node. `not_applicable`: told, and without weight.

    `service` is empty where it is about none; `text` is a sentence; `word` is for a narrow cell.
    """

    aspect: NodeCheckType
    node: str
    verdict: Verdict
    text: str
    word: str
    service: str = ""


@dataclass(frozen=True, slots=True)
class Stability:
    """What watching a group came to.

    `stable`: the same pair and services in two looks; `outlasted`: it still moved at the end;
    `restarting`: nodes and services of theirs that restarted more than once meanwhile.
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
    def short(self) -> bool:
        """Tell whether a good part of those of before is missing."""
        if self.now is None or self.before is None:
            return False
        return self.now < 0.9 * self.before


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """One node of a group, as it is told.

    `state` is the token of its HA state, None if nobody could read it; `state_source` says where
    from. `answered`: some interface of it did; `obstacle` is what kept it from telling its state or
    its services. `replication` is the number of `Replicate_State`, `requests` how many it was sent.
    """

    name: str
    role: str
    state: str | None
    state_source: str
    silence: str
    answered: bool
    sessions: Mapping[str, int]
    replication: int | None
    requests: int
    obstacle: SourceFailure | None = None


BAD_REPLICATION_STATES = (3, 4)
"""Numbers of `Replicate_State` that do not mend themselves (RTMT guide)."""


class GroupStatus(StrEnum):
    """How a redundancy group stands; the first six are what its HA states say."""

    NORMAL = "normal"
    FAILED_OVER = "failed_over"
    BROKEN = "broken"
    MOVING = "moving"
    UNKNOWN = "unknown"
    NO_FAILOVER = "no_failover"
    SWITCHED_OFF = "switched_off"


@dataclass(frozen=True, slots=True)
class GroupCheck:
    """A redundancy group as it stands. `settled` None: it was looked at once.

    `obstacles` are what kept something of it from being known, gravest first. `firm`: that high
    availability is on, and both states, were observed and not only discovered.
    """

    cluster: str
    name: str
    standing: GroupStatus
    verdict: Verdict
    pair: str
    because: str
    causes: tuple[str, ...]
    switch: bool | None
    nodes: tuple[NodeStatus, ...]
    points: tuple[NodeCheck, ...]
    sessions: SessionComparison
    settled: Stability | None = None
    obstacles: tuple[SourceFailure, ...] = ()
    firm: bool = True

    @property
    def outlasted(self) -> bool:
        """Tell whether a transition outlasted the wait."""
        return self.settled is not None and self.settled.outlasted

    @property
    def bad_replication(self) -> tuple[str, ...]:
        """Return the nodes whose database replication is bad; it weighs nothing in the code."""
        return tuple(node.name for node in self.nodes if node.replication in BAD_REPLICATION_STATES)

    def of(self, *verdicts: Verdict) -> tuple[NodeCheck, ...]:
        """Return the points of these verdicts."""
        return tuple(point for point in self.points if point.verdict in verdicts)

    def obstacle_to(self, point: NodeCheck) -> SourceFailure | None:
        """Return what kept a point from being known, None if nothing that was asked failed."""
        own = [o for o in self.obstacles if o.server == point.node]
        others = [o for o in self.obstacles if o.source is Source.CUCM_AXL]
        return next(iter((*own, *others)), None)

    def code(self, *, accept_failed_over: bool) -> ExitCode:
        """Return 0, 3 or 4 for this group alone (contract, section 6)."""
        accepted = accept_failed_over and self.standing is GroupStatus.FAILED_OVER
        spent = self.standing in (GroupStatus.FAILED_OVER, GroupStatus.BROKEN)
        broken = (spent or self.verdict is Verdict.DRIFT) and not accepted
        if broken or self.outlasted or self.of(Verdict.DRIFT):
            return ExitCode.DRIFT
        unsettled = self.settled is not None and not self.settled.stable
        guessed = accepted and not self.firm
        if self.verdict is Verdict.UNKNOWN or unsettled or guessed or self.of(Verdict.UNKNOWN):
            return ExitCode.INCOMPLETE
        return ExitCode.COMPLIANT


@dataclass(frozen=True, slots=True)
class Peering:
    """Whether AXL answers where one cluster syncs from another, in one direction."""

    asker: str
    asked: str
    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class ClusterCheck:
    """One cluster. `gaps` are sentences on what kept it from being looked at.

    `obstacles` are the same, gravest first, for who looks for a remedy.
    """

    name: str
    groups: tuple[GroupCheck, ...]
    gaps: tuple[str, ...] = ()
    alone: tuple[NodeCheck, ...] = ()
    cucm_requests: int = 0
    obstacles: tuple[SourceFailure, ...] = ()


@dataclass(frozen=True, slots=True)
class FailoverCheck:
    """The whole check; times are ISO 8601 in UTC, `since` that of the snapshot compared with."""

    started_at: str
    finished_at: str
    clusters: tuple[ClusterCheck, ...]
    peerings: tuple[Peering, ...] = ()
    since: str | None = None
    accept_failed_over: bool = False
    insecure: bool = False
    waited: bool = False
    notes: tuple[str, ...] = field(default=())

    @property
    def groups(self) -> tuple[GroupCheck, ...]:
        """Return the groups of all clusters."""
        return tuple(group for cluster in self.clusters for group in cluster.groups)

    def title(self, group: GroupCheck) -> str:
        """Return what tells a group from all others: its name, and its cluster if need be."""
        return group.name if len(self.clusters) < 2 else f"{group.name} of cluster {group.cluster}"

    @property
    def accepted(self) -> tuple[GroupCheck, ...]:
        """Return the groups that are good only because failed over is accepted."""
        return tuple(
            group
            for group in self.groups
            if group.standing is GroupStatus.FAILED_OVER
            and group.code(accept_failed_over=self.accept_failed_over) is ExitCode.COMPLIANT
        )

    @property
    def exit_code(self) -> ExitCode:
        """Return the code of everything: the gravest counts."""
        codes = [group.code(accept_failed_over=self.accept_failed_over) for group in self.groups]
        for cluster in self.clusters:
            if cluster.gaps or not (cluster.groups or cluster.alone):
                codes.append(ExitCode.INCOMPLETE)
            codes += [node_check_exit_code(point) for point in cluster.alone]
        return ExitCode.worst(codes, default=ExitCode.INCOMPLETE)


def node_check_exit_code(point: NodeCheck) -> ExitCode:
    """Return 0, 3 or 4 for one point alone."""
    if point.verdict is Verdict.DRIFT:
        return ExitCode.DRIFT
    return ExitCode.INCOMPLETE if point.verdict is Verdict.UNKNOWN else ExitCode.COMPLIANT
