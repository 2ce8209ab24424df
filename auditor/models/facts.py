"""What is known of a node: values with their origin, services, states, and what failed.

Everything here is frozen data without behaviour towards the world; the collectors fill it, the
engine reads it. Unknown is always explicit: `None`, an `unknown` token or a failed `Coverage`.


A cluster as it is known: its nodes and groups, what its deployment is, and what failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from auditor.errors import Reason
from auditor.failures import Failure, Problem, failure_detail, failure_text
from auditor.models.statements import Statement

STEADY_UPTIME_S = 600
"""An uptime that passes for "stays up" at one look (contract, DIR-03)."""


class Origin(StrEnum):
    """How a fact is known; the order of trust is observed, declared, discovered."""

    OBSERVED = "observed"
    DECLARED = "declared"
    DISCOVERED = "discovered"


class Role(StrEnum):
    """A node's place in the cluster; `publisher` is Cisco's "first node"."""

    PUBLISHER = "publisher"
    SUBSCRIBER = "subscriber"
    UNKNOWN = "unknown"


class RunState(StrEnum):
    """Whether a service runs (contract, section 2)."""

    STARTED = "started"
    STOPPED = "stopped"
    STARTING = "starting"
    STOPPING = "stopping"
    UNKNOWN = "unknown"


class Identity(StrEnum):
    """Who answered: proven by a certificate or pin, not proven, or shown to be another node."""

    CERTIFICATE = "certificate"
    UNPROVEN = "unproven"
    CONTRADICTED = "contradicted"


class Source(StrEnum):
    """Where an answer comes from."""

    CUCM_AXL = "cucm-axl"
    CONTROL_CENTER = "control-center"
    PERFMON = "perfmon"
    IMP_AXL = "imp-axl"
    TCP = "tcp"


class Outcome(StrEnum):
    """What came of asking a source."""

    COLLECTED = "collected"
    FAILED = "failed"
    SKIPPED = "skipped"


class HaState(StrEnum):
    """A node's high availability state; the number of PerfMon's `SRMState` is its position.

    Source: Cisco RTMT guide 15, counters of "Cisco Server Recovery Manager" (contract, 10).
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
class Evidence:
    """One fact that supports a finding, without durations, with its origin and source.

    `source` is a text where it is the name of a file, an option or a table.
    """

    origin: Origin
    source: str | Statement
    statement: Statement


@dataclass(frozen=True, slots=True)
class Coverage:
    """What asking one source about one node (or host) came to.

    `reason` is None exactly when the outcome is collected; `failure` is what is known of it beyond
    that, and `note` a sentence where there is no failure, such as why a source was not due.
    `requests` counts what was sent, and `elapsed_ms` is what these exchanges took, pauses apart.
    Only these two differ between two runs on an unchanged cluster.
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
        if self.failure.problem is Problem.AFTER_FAILURE:
            return failure_detail(self.failure)
        return failure_text(self.failure)

    def rendered(self) -> "Coverage":
        """Return the entry with its sentences in place of the failure, as a file keeps it."""
        return replace(self, note=self.detail, failure=None)


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One service on one node, on the two axes of contract section 2.

    `activated` is None for network services (they cannot be activated; `deployable` is False) and
    where it could not be told. `reason`, `started_at` are the node's own words. `note` says why
    something is unknown or what another source tells differently. `restarted` compares two looks
    in this run; None when there was one look, or when a look failed.
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
    """A node's HA state and where it was read; PerfMon is observed, SQL is discovered."""

    state: HaState
    origin: Origin
    source: str


class AxlAvailability(StrEnum):
    """What a node's own AXL did with one authenticated SELECT (contract, AXL-04)."""

    ANSWERED = "answered"
    NOT_ANSWERING = "not_answering"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AxlProbe:
    """The outcome of the probe and a sentence on it, for evidence; `fault`: by a SOAP fault."""

    answer: AxlAvailability
    text: str
    fault: bool = False


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """One IM&P node. `services` is keyed by canonical service name and empty if none were read.

    `redundancy_group` None means "in no group" when `group_known`, else "nobody could tell".
    A planned node is declared in `planned_nodes`, and no connection was accepted: it is never
    asked. `replied_at` is when its services were told (UTC, ISO 8601), the clock that uptimes are
    held against; `sessions` are counts of users' sessions by counter, and `replication` the number
    of PerfMon's `Replicate_State`, where they were asked for and told.
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

    def without_readings(self) -> "NodeFacts":
        """Return the node as the topology has it, without anything that it was asked for."""
        return NodeFacts(
            self.name,
            self.address,
            self.role,
            self.redundancy_group,
            self.group_known,
            self.planned,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """A presence redundancy group; `ha_enabled` None means that it could not be read.

    `switch_origin` is that of `ha_enabled` where it is not known in the same way as the group.
    """

    name: str
    nodes: tuple[str, ...]
    ha_enabled: bool | None
    origin: Origin
    switch_origin: Origin | None = None

    @property
    def switch_discovered(self) -> bool:
        """Tell whether the HA switch was only discovered."""
        return (self.switch_origin or self.origin) is Origin.DISCOVERED


TRUE_ON_SOME_NODES = "true on some nodes"
"""The value of a feature that the cluster shows, without showing on which nodes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One telling of one deployment key.

    `on` is False for `false` and for an empty list. `nodes` None means that the key names no
    nodes (it holds for all of them); `expressway` is the word for federation by Expressway.
    `placed` False: it is on, and it is unknown on which nodes. `from_option`: it was given with
    --feature, and is in no file.
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
    """What a TCP connection from this machine came to."""

    REACHED = "reached"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    NOT_TRIED = "not_tried"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ExternalDatabase:
    """An external database that the profile declares, or that the cluster's own tables list.

    `nodes` None: every node. `host` is empty and `port` 0 where nobody told them.

    `used_by` holds `permanent_chat`, `compliance`, `managed_file_transfer`. `reach` is the TCP
    test from this machine; NOT_TRIED when `probe` is false in the profile.
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
    """What came of holding a key of the file against the cluster.

    `untold`: the cluster should have told and did not. `silent`: there was nothing to compare.
    """

    AGREES = "agrees"
    DIFFERS = "differs"
    UNTOLD = "untold"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class KeyComparison:
    """A key of the file that is no feature, held against the cluster; with what speaks for it."""

    agreement: Agreement
    because: Statement
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """All that the engine may look at.

    `settings` maps a deployment key to every telling of it, in order of trust; a key that nobody
    told is absent. `high_availability` is where HA is meant to be on: a bool, group names, or
    None when undeclared. `named` maps a key of the file (`deployment.chat`, `addresses`, ...) to
    the nodes, groups and addresses that it names. `topology_observed`: the nodes are the CUCM
    publisher's own answer, or (before AXL 10.0, which cannot list IM&P nodes) the declared
    ones, which then count as complete; otherwise they are only declared. `peers` are the
    addresses of intercluster peers that were discovered; `notes` are sentences for the reader on
    what could not be discovered, or on what was and no recommendation speaks of. `axl_version` is
    the one that the CUCM publisher speaks with us. `moved_before` holds the services that the run
    before this one found Starting or Stopping, by node in lower case and service; empty without
    history. `disputed` holds, by key of the file, where declared nodes differ from CUCM's list;
    `compared`, for declared keys that are no features, what came of comparing them.
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
    moved_before: Mapping[tuple[str, str], RunState] = field(default_factory=dict)
    disputed: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    compared: Mapping[str, KeyComparison] = field(default_factory=dict)

    @property
    def release(self) -> str | None:
        """Return the IM&P release: the publisher's, else the one that all others told alike."""
        publishers = {n.release for n in self.nodes if n.role is Role.PUBLISHER and n.release}
        told = publishers or {n.release for n in self.nodes if n.release}
        return told.pop() if len(told) == 1 else None

    def gap(self, node: str, source: Source) -> Coverage | None:
        """Return why a source gave nothing for a node, None if it answered or was not needed."""
        for entry in self.coverage:
            if (entry.node, entry.source) == (node, source) and entry.reason is not None:
                return entry
        return None
