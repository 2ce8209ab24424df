"""The facts of a cluster: its nodes, services, groups and settings, and what could not be read.

Frozen data: the survey fills it, the engine judges it. Whatever is unknown is explicit: `None`, an
`unknown` token or a failed `Coverage`. The names of fields are the keys of a snapshot file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from auditor.errors import Reason
from auditor.failures import Failure, failure_detail, failure_text
from auditor.models.certificates import DEFAULT_CERTIFICATE_DAYS
from auditor.models.statements import Statement
from auditor.problems import Problem

# A judgement: Cisco's table gives no time after which the XCP Directory Service has stayed up. One
# constant for survey and engine, or a service that is read once could never count as steady.
STEADY_UPTIME_S = 600
"""An uptime that counts as "stays up" when it is read once."""


class Origin(StrEnum):
    """How a fact is known, the most trusted first."""

    OBSERVED = "observed"
    DECLARED = "declared"
    DISCOVERED = "discovered"


class Role(StrEnum):
    """A node's role in the cluster; `publisher` is Cisco's "first node"."""

    PUBLISHER = "publisher"
    SUBSCRIBER = "subscriber"
    UNKNOWN = "unknown"


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


class Identity(StrEnum):
    """Whether a certificate or pin proves which node answered, or something shows another node."""

    CERTIFICATE = "certificate"
    UNPROVEN = "unproven"
    CONTRADICTED = "contradicted"


class Source(StrEnum):
    """The interface that is asked."""

    CUCM_AXL = "cucm-axl"
    CONTROL_CENTER = "control-center"
    PERFMON = "perfmon"
    IMP_AXL = "imp-axl"
    TCP = "tcp"


class Outcome(StrEnum):
    """The result of asking a source."""

    COLLECTED = "collected"
    FAILED = "failed"
    SKIPPED = "skipped"


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


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that supports a finding, without durations, with its origin and source.

    `source` is a text where it is the name of a file, an option or a table.
    """

    origin: Origin
    source: str | Statement
    statement: Statement


@dataclass(frozen=True, slots=True)
class Coverage:
    """The result of asking one source about one node (or host).

    `reason` says why there is a gap; None: there is none. `failure` has the details of it, and
    `note` is a sentence where nothing failed, such as why a source did not have to be asked.
    `requests` counts the requests sent, and `elapsed_ms` is how long they took without pauses;
    only these two differ between two runs on an unchanged cluster.
    """

    source: Source
    node: str
    outcome: Outcome
    reason: Reason | None = None
    note: Annotated[str, Field(alias="detail")] = ""
    requests: int = 0
    elapsed_ms: int = 0
    failure: Annotated[Failure | None, Field(exclude=True)] = None

    @property
    def detail(self) -> str:
        """Return what happened, and what to do if it was asked, as sentences; may be empty."""
        if self.failure is None:
            return self.note
        # The advice belongs to the earlier failure, which has an entry of its own.
        if self.failure.problem is Problem.AFTER_FAILURE:
            return failure_detail(self.failure)
        return failure_text(self.failure)

    @property
    def explanation(self) -> str:
        """Return the detail; where there is none, what the reason means, and what to do."""
        if self.detail or self.reason is None:
            return self.detail
        return failure_text(Failure(self.reason, Problem.UNSPECIFIED, self.node))

    def rendered(self) -> "Coverage":
        """Return the entry with its sentences in place of the failure, as a file keeps it."""
        return replace(self, note=self.detail, failure=None)


def find_first_failure(coverage: Iterable[Coverage], node: str | None = None) -> Coverage | None:
    """Return the failure that best explains why a server, or any, gave nothing; None if none did.

    That a source was not asked after another failure explains least.
    """
    gaps = [
        entry
        for entry in coverage
        if entry.reason and (node is None or entry.node.lower() == node.lower())
    ]
    return min(gaps, key=_failure_weight, default=None)


def _failure_weight(entry: Coverage) -> tuple[bool, bool]:
    main_sources = (Source.CUCM_AXL, Source.CONTROL_CENTER)
    return entry.reason is Reason.NOT_ASKED, entry.source not in main_sources


def asked_cucm_servers(coverage: Iterable[Coverage]) -> tuple[str, ...]:
    """Return the CUCM servers that were asked, in turn: the publisher is always the first."""
    return tuple(entry.node for entry in coverage if entry.source is Source.CUCM_AXL)


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


@dataclass(frozen=True, slots=True)
class HaReading:
    """A node's HA state and where it was read: PerfMon is observed, the database discovered."""

    state: HaState
    origin: Origin
    source: str


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


def list_unread_servers(
    nodes: Iterable[NodeFacts], coverage: Iterable[Coverage]
) -> tuple[str, ...]:
    """Return the CUCM servers that failed, then the unread nodes."""
    cucm = (
        entry.node
        for entry in coverage
        if entry.source is Source.CUCM_AXL and entry.outcome is Outcome.FAILED
    )
    return tuple(dict.fromkeys((*cucm, *(node.name for node in nodes if node.is_unread))))


@dataclass(frozen=True, slots=True)
class Group:
    """A presence redundancy group; `ha_enabled` None means that it is unknown.

    `switch_origin` is the origin of `ha_enabled` where it differs from that of the group.
    """

    name: str
    nodes: tuple[str, ...]
    ha_enabled: bool | None
    origin: Origin
    switch_origin: Origin | None = None

    @property
    def switch_discovered(self) -> bool:
        """Return whether the HA switch is known only from a database."""
        return (self.switch_origin or self.origin) is Origin.DISCOVERED


TRUE_ON_SOME_NODES = "true on some nodes"
"""The value of a feature that the cluster shows, without showing on which nodes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of a deployment key, from one source.

    `on` is False for `false` and for an empty list. `nodes` None means that the value holds for
    all nodes. `expressway`: the federation runs on Expressway. `placed` False: it is on, but it is
    unknown on which nodes. `from_option`: it was given with --feature, and is in no file.
    """

    on: bool
    origin: Origin
    source: str
    nodes: frozenset[str] | None = None
    expressway: bool = False
    placed: bool = True
    from_option: Annotated[bool, Field(exclude=True)] = False

    def as_toml(self) -> str:
        """Return the value as the configuration file spells it; node names in lower case.

        A feature that is on for unknown nodes is `TRUE_ON_SOME_NODES`, which no file has.
        """
        if self.expressway:
            return '"expressway"'
        if not self.on:
            return "false"
        if not self.placed:
            return TRUE_ON_SOME_NODES
        if self.nodes is None:
            return "true"
        return "[" + ", ".join(f'"{name}"' for name in sorted(n.lower() for n in self.nodes)) + "]"


class Reach(StrEnum):
    """The result of a TCP connection from this machine."""

    REACHED = "reached"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    NOT_TRIED = "not_tried"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ExternalDatabase:
    """An external database that the profile declares, or that the cluster's own tables list.

    `nodes` None: every node. `host` is empty and `port` 0 where they are unknown. `used_by` holds
    `permanent_chat`, `compliance` or `managed_file_transfer`. `reach` is the result of the TCP
    check from this machine; NOT_TRIED if `probe` is false in the profile.
    """

    name: str
    host: str
    port: int
    type: str
    used_by: frozenset[str]
    nodes: frozenset[str] | None
    reach: Reach
    origin: Origin
    reach_text: str = ""


class Agreement(StrEnum):
    """The result of comparing a key of the file with the cluster.

    UNREADABLE: the CUCM publisher should have shown it and did not. NOT_COMPARABLE: nothing was
    read that it could be compared with.
    """

    AGREES = "agrees"
    DIFFERS = "differs"
    # Snapshots hold these values, so they stay although the names have changed.
    UNREADABLE = "untold"
    NOT_COMPARABLE = "silent"


@dataclass(frozen=True, slots=True)
class KeyComparison:
    """The comparison of a key that is not a feature, why it ended so, and the evidence."""

    agreement: Agreement
    because: Statement
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """Everything that the engine judges.

    `settings` maps each deployment key to its values, in order of trust; an unknown key is
    absent. `high_availability` is where HA is declared on: a bool, group names, or None if
    undeclared. `named` maps keys of the file (`deployment.chat`, `addresses`, ...) to the nodes,
    groups and addresses that they name.

    `nodes_listed_by` is the CUCM server that listed nodes to this run, None where none did.
    `topology_observed`: the nodes are known to be all of the cluster, because the CUCM publisher
    listed them, or because it is older than AXL 10.0, cannot list IM&P nodes, and the file
    declares them. `peers` are the addresses of intercluster peers in the cluster's database.
    `notes` are sentences on what the database does not show, or shows and no recommendation
    covers. `axl_version` is the one that was used with CUCM, and `cucm_release` is what its
    publisher reports of itself. `topology_recorded_at` is the start of the earlier run from which
    nodes and groups are, None if they are not from the history. `cucm_subscribers` are the CUCM
    servers that CUCM lists beside its publisher.

    `changing_before` holds the services that the previous run found Starting or Stopping, by node
    in lower case and service. `disputed` holds, by key of the file, in what declared nodes differ
    from the list of CUCM; `compared` has the results for declared keys that are not features.

    `cucm_certificate_not_after` is when the certificate that the CUCM publisher presented ends (as
    for a node), `certificate_days` for how many more days certificates are to be valid, and
    `started_at` when the run began, from which these days count; None: unknown.
    """

    name: str
    nodes: tuple[NodeFacts, ...]
    groups: tuple[Group, ...] = ()
    groups_known: bool = False
    topology_observed: bool = False
    settings: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    databases: tuple[ExternalDatabase, ...] = ()
    high_availability: bool | frozenset[str] | None = None
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    coverage: tuple[Coverage, ...] = ()
    peers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    axl_version: str | None = None
    changing_before: Mapping[tuple[str, str], RunState] = field(default_factory=dict)
    disputed: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    compared: Mapping[str, KeyComparison] = field(default_factory=dict)
    topology_recorded_at: str | None = None
    cucm_certificate_not_after: str | None = None
    certificate_days: int = DEFAULT_CERTIFICATE_DAYS
    started_at: Annotated[datetime | None, Field(exclude=True)] = None
    cucm_subscribers: tuple[str, ...] = ()
    cucm_release: str | None = None
    nodes_listed_by: Annotated[str | None, Field(exclude=True)] = None

    @property
    def installed_nodes(self) -> tuple[NodeFacts, ...]:
        """Return the nodes that are not only planned."""
        return tuple(node for node in self.nodes if not node.planned)

    @property
    def release(self) -> str | None:
        """Return the IM&P release: the publisher's, else that of all other nodes if they agree."""
        # Nodes differ during an upgrade, and a guess could judge by the wrong table.
        publishers = {n.release for n in self.nodes if n.role is Role.PUBLISHER and n.release}
        releases = publishers or {n.release for n in self.nodes if n.release}
        return releases.pop() if len(releases) == 1 else None

    @property
    def cucm_stand_in(self) -> str | None:
        """Return the CUCM server that listed the nodes in place of the publisher, None if none."""
        return None if self.nodes_listed_by == self.cucm_publisher else self.nodes_listed_by

    @property
    def are_nodes_listed(self) -> bool:
        """Return whether the nodes are known to be all of the cluster today."""
        return self.topology_observed and self.topology_recorded_at is None

    @property
    def cucm_publisher(self) -> str | None:
        """Return the CUCM publisher that was asked for the nodes, None where none was."""
        return next(iter(asked_cucm_servers(self.coverage)), None)

    def gap(self, node: str, source: Source) -> Coverage | None:
        """Return why a source of a node was not read, None if it was, or did not have to be."""
        for entry in self.coverage:
            if (entry.node, entry.source) == (node, source) and entry.reason is not None:
                return entry
        return None
