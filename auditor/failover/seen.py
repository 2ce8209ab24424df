"""What is seen: points on nodes, the nodes themselves, their sessions, how watching ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.failover.obstacles import Obstacle
from auditor.findings import Verdict


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

    `stable`: the same pair and services in two looks; `outlasted`: it still moved at the end;
    `restarting`: nodes and services of theirs that restarted more than once meanwhile.
    """

    stable: bool
    outlasted: bool
    restarting: tuple[tuple[str, str], ...] = ()


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
    obstacle: Obstacle | None = None


BAD_REPLICATION = (3, 4)
"""Numbers of `Replicate_State` that do not mend themselves (RTMT guide)."""
