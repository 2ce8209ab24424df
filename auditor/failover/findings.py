"""What the check finds: points on nodes, a standing for each redundancy group, an exit code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

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


class Aspect(StrEnum):
    """What is looked at on each node, in the order in which it is told."""

    AXL = "AXL"
    CRITICAL = "critical services"
    KEEPERS = "sync and recovery"
    OTHERS = "other services"
    MEMBER = "group member"


@dataclass(frozen=True, slots=True)
class Point:
    """One thing seen on one node. `not_applicable`: told, and without weight.

    `service` is empty where it is about none; `text` is a sentence; `word` is for a narrow cell.
    """

    aspect: Aspect
    node: str
    verdict: Verdict
    text: str
    word: str
    service: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """What watching a group came to.

    `stable`: the same pair and services in two looks; `outlasted`: it still moved at the end.
    """

    stable: bool
    outlasted: bool


@dataclass(frozen=True, slots=True)
class Sessions:
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
class NodeSeen:
    """One node of a group, as it is told.

    `state` is the token of its HA state, None if nobody could read it; `state_source` says where
    from. `answered`: some interface of it did. `replication` is the number of `Replicate_State`,
    `requests` how many it was sent.
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


@dataclass(frozen=True, slots=True)
class GroupCheck:
    """A redundancy group as it stands. `settled` None: it was looked at once."""

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

    @property
    def outlasted(self) -> bool:
        """Tell whether a transition outlasted the wait."""
        return self.settled is not None and self.settled.outlasted

    def of(self, *verdicts: Verdict) -> tuple[Point, ...]:
        """Return the points of these verdicts."""
        return tuple(point for point in self.points if point.verdict in verdicts)

    def code(self, *, accept_failed_over: bool) -> ExitCode:
        """Return 0, 3 or 4 for this group alone (contract, section 6)."""
        accepted = accept_failed_over and self.standing is Standing.FAILED_OVER
        broken = self.verdict is Verdict.DRIFT and not accepted
        if broken or self.outlasted or self.of(Verdict.DRIFT):
            return ExitCode.DRIFT
        unsettled = self.settled is not None and not self.settled.stable
        if self.verdict is Verdict.UNKNOWN or unsettled or self.of(Verdict.UNKNOWN):
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
    """One cluster. `gaps` are sentences on what kept it from being looked at."""

    name: str
    groups: tuple[GroupCheck, ...]
    gaps: tuple[str, ...] = ()
    alone: tuple[Point, ...] = ()
    cucm_requests: int = 0


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

    @property
    def exit_code(self) -> ExitCode:
        """Return the code of everything: the gravest counts."""
        codes = [group.code(accept_failed_over=self.accept_failed_over) for group in self.groups]
        for cluster in self.clusters:
            if cluster.gaps or not (cluster.groups or cluster.alone):
                codes.append(ExitCode.INCOMPLETE)
            codes += [_code(point.verdict) for point in cluster.alone]
        return gravest(codes)


def _code(verdict: Verdict) -> ExitCode:
    if verdict is Verdict.DRIFT:
        return ExitCode.DRIFT
    return ExitCode.INCOMPLETE if verdict is Verdict.UNKNOWN else ExitCode.COMPLIANT


def gravest(codes: Iterable[ExitCode]) -> ExitCode:
    """Return 3 before 4 before 0; nothing looked at is 4."""
    found = set(codes)
    for code in (ExitCode.DRIFT, ExitCode.INCOMPLETE, ExitCode.COMPLIANT):
        if code in found:
            return code
    return ExitCode.INCOMPLETE
