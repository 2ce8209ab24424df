"""One IM&P node, and what was read from it: services, HA state, sessions, replication and AXL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from auditor.models.evidence import Origin


class RunState(StrEnum):
    """Whether a service runs."""

    STARTED = "started"
    STOPPED = "stopped"
    STARTING = "starting"
    STOPPING = "stopping"
    UNKNOWN = "unknown"


CHANGING_STATES = frozenset({RunState.STARTING, RunState.STOPPING})
"""States that a service leaves by itself."""

RESTART_TOLERANCE = timedelta(seconds=120)
"""How far reply time minus uptime may move between two readings before it is a restart.

Nodes report uptimes in whole seconds of their own clocks, so the difference moves a little.
"""

# A judgement: Cisco's table gives no time after which the XCP Directory Service has stayed up. One
# constant for survey and engine, or a service that is read once could never count as steady.
STEADY_UPTIME_S = 600
"""An uptime that counts as "stays up" when it is read once."""


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One service on one node, on two axes: activated or not, and running or not.

    `activated` is None where it is unknown, and for network services, which cannot be activated
    (`deployable` False). `reason` and `started_at` are the node's own words. `note` says why
    something is unknown, or in what another source differs. `restarted` compares two readings of
    this run; None if there was only one.
    """

    name: str
    deployable: bool | None
    activated: bool | None
    state: RunState
    reason_code: int | None = None
    reason: str | None = None
    started_at: str | None = None
    uptime_s: int | None = None
    note: str = ""
    restarted: bool | None = None


class HaState(StrEnum):
    """A node's high availability state; the number of PerfMon's `SRMState` is its position.

    Source: Cisco RTMT guide 15, counters of "Cisco Server Recovery Manager".
    """

    UNKNOWN = "unknown"
    INITIALIZING = "initializing"
    IDLE = "idle"
    NORMAL = "normal"
    BACKUP = "backup"
    TAKING_OVER = "taking_over"
    TAKING_BACK = "taking_back"
    FAILING_OVER = "failing_over"
    FAILED_OVER = "failed_over"
    FAILED_OVER_SERVICES_DOWN = "failed_over_services_down"
    FALLING_BACK = "falling_back"
    FAILED = "failed"
    DOWN = "down"

    @classmethod
    def from_number(cls, number: int) -> "HaState | None":
        """Return the state for a counter value, None for a number outside 0 to 12."""
        states = tuple(cls)
        return states[number] if 0 <= number < len(states) else None


@dataclass(frozen=True, slots=True)
class HaReading:
    """A node's HA state and where it was read: PerfMon is observed, the database discovered."""

    state: HaState
    origin: Origin
    source: str


REPLICATION_STATES = {
    0: "initializing",
    1: "count wrong",
    2: "good",
    3: "bad",
    4: "setup failed",
}
"""Meanings of PerfMon's `Replicate_State` (RTMT guide 15, database replication)."""

REPLICATION_INITIALIZING = 0

REPLICATION_GOOD = 2


class AxlAvailability(StrEnum):
    """Whether a node's own AXL answers an authenticated SELECT."""

    ANSWERED = "answered"
    NOT_ANSWERING = "not_answering"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AxlProbe:
    """The result of the probe, with a sentence for evidence.

    `fault`: AXL reported that it cannot reach its database.
    """

    answer: AxlAvailability
    text: str
    fault: bool = False


class Role(StrEnum):
    """A node's role in the cluster; `publisher` is Cisco's "first node"."""

    PUBLISHER = "publisher"
    SUBSCRIBER = "subscriber"
    UNKNOWN = "unknown"


class Identity(StrEnum):
    """Whether a certificate or pin proves which node answered, or something shows another node."""

    CERTIFICATE = "certificate"
    UNPROVEN = "unproven"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """One IM&P node. `services` is keyed by canonical service name, and empty if not read.

    `redundancy_group` None means "in no group" if `group_known`, else "unknown". A planned node is
    declared in `planned_nodes` and accepted no connection: it is not asked anything. `replied_at`
    is when Control Center listed the services (UTC, ISO 8601); uptimes are counted back from it.
    `sessions` are counts of users' sessions by PerfMon counter, and `replication` is a key of
    `REPLICATION_STATES`; both only where they were asked for and read. `role_origin` is
    discovered where only the product information names the publisher.
    `certificate_not_after` is when the certificate that the node presented ends (UTC, ISO 8601).
    `has_strange_product`: a row of its product list names no service of IM&P, so that a service may
    be missing from that list.
    """

    name: str
    address: str
    role: Role
    redundancy_group: str | None = None
    group_known: bool = False
    planned: bool = False
    identity: Identity = Identity.UNPROVEN
    release: str | None = None
    ha_state: HaReading | None = None
    services: Mapping[str, ServiceState] = field(default_factory=dict)
    axl: AxlProbe | None = None
    replied_at: str | None = None
    sessions: Mapping[str, int] = field(default_factory=dict)
    replication: int | None = None
    role_origin: Origin = Origin.OBSERVED
    certificate_not_after: str | None = None
    has_strange_product: Annotated[bool, Field(exclude=True)] = False

    @property
    def is_unread(self) -> bool:
        """Return whether it is installed and no state of its services is known."""
        return not self.planned and all(
            service.state is RunState.UNKNOWN for service in self.services.values()
        )

    def without_readings(self) -> "NodeFacts":
        """Return the node as the topology lists it, without anything that was read from it."""
        # Built anew, so that a reading that is added to the class later is dropped too.
        return NodeFacts(
            self.name,
            self.address,
            self.role,
            self.redundancy_group,
            self.group_known,
            self.planned,
            role_origin=self.role_origin,
        )


@dataclass(frozen=True, slots=True)
class RecordedNode:
    """A node as an earlier run knew it; the last two are as in `NodeFacts`."""

    name: str
    role: Role
    redundancy_group: str | None
    group_known: bool


@dataclass(frozen=True, slots=True)
class RecordedTopology:
    """The nodes that CUCM listed to an earlier run, which started at `listed_at`."""

    listed_at: str
    nodes: tuple[RecordedNode, ...]


TopologyRecall = Callable[[str, str], RecordedTopology | None]
"""Returns what is recorded of a cluster, by its name and that of its CUCM publisher."""


def recall_nothing(_cluster: str, _publisher: str) -> RecordedTopology | None:
    """Return None: the recall of a run without history."""
    return None
