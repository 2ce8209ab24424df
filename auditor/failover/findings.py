"""What the check finds: a standing for each redundancy group, and an exit code."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.facts import Source
from auditor.failover.obstacles import Obstacle
from auditor.failover.seen import BAD_REPLICATION, NodeSeen, Point, Sessions, Settled
from auditor.findings import ExitCode, Verdict


class Standing(StrEnum):
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
    standing: Standing
    verdict: Verdict
    pair: str
    because: str
    causes: tuple[str, ...]
    switch: bool | None
    nodes: tuple[NodeSeen, ...]
    points: tuple[Point, ...]
    sessions: Sessions
    settled: Settled | None = None
    obstacles: tuple[Obstacle, ...] = ()
    firm: bool = True

    @property
    def outlasted(self) -> bool:
        """Tell whether a transition outlasted the wait."""
        return self.settled is not None and self.settled.outlasted

    @property
    def bad_replication(self) -> tuple[str, ...]:
        """Return the nodes whose database replication is bad; it weighs nothing in the code."""
        return tuple(node.name for node in self.nodes if node.replication in BAD_REPLICATION)

    def of(self, *verdicts: Verdict) -> tuple[Point, ...]:
        """Return the points of these verdicts."""
        return tuple(point for point in self.points if point.verdict in verdicts)

    def obstacle_to(self, point: Point) -> Obstacle | None:
        """Return what kept a point from being known, None if nothing that was asked failed."""
        own = [o for o in self.obstacles if o.server == point.node]
        others = [o for o in self.obstacles if o.source is Source.CUCM_AXL]
        return next(iter((*own, *others)), None)

    def code(self, *, accept_failed_over: bool) -> ExitCode:
        """Return 0, 3 or 4 for this group alone (contract, section 6)."""
        accepted = accept_failed_over and self.standing is Standing.FAILED_OVER
        spent = self.standing in (Standing.FAILED_OVER, Standing.BROKEN)
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
    alone: tuple[Point, ...] = ()
    cucm_requests: int = 0
    obstacles: tuple[Obstacle, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
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
            if group.standing is Standing.FAILED_OVER
            and group.code(accept_failed_over=self.accept_failed_over) is ExitCode.COMPLIANT
        )

    @property
    def exit_code(self) -> ExitCode:
        """Return the code of everything: the gravest counts."""
        codes = [group.code(accept_failed_over=self.accept_failed_over) for group in self.groups]
        for cluster in self.clusters:
            if cluster.gaps or not (cluster.groups or cluster.alone):
                codes.append(ExitCode.INCOMPLETE)
            codes += [point_code(point) for point in cluster.alone]
        return gravest(codes)


def point_code(point: Point) -> ExitCode:
    """Return 0, 3 or 4 for one point alone."""
    if point.verdict is Verdict.DRIFT:
        return ExitCode.DRIFT
    return ExitCode.INCOMPLETE if point.verdict is Verdict.UNKNOWN else ExitCode.COMPLIANT


GRAVITY = (ExitCode.DRIFT, ExitCode.INCOMPLETE, ExitCode.COMPLIANT)
"""The codes of a group, gravest first."""


def gravest(codes: Iterable[ExitCode]) -> ExitCode:
    """Return 3 before 4 before 0; nothing looked at is 4."""
    return min(codes, key=GRAVITY.index, default=ExitCode.INCOMPLETE)
