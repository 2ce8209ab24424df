"""A cluster as it is known: its nodes and groups, what its deployment is, and what failed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.facts import Coverage, Evidence, NodeFacts, Origin, Role, RunState, Source


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


@dataclass(frozen=True, slots=True)
class Setting:
    """One telling of one deployment key.

    `on` is False for `false` and for an empty list. `nodes` None means that the key names no
    nodes (it holds for all of them); `expressway` is the word for federation by Expressway.
    `placed` False: it is on, and nobody can tell on which nodes.
    """

    on: bool
    origin: Origin
    source: str
    nodes: frozenset[str] | None = None
    expressway: bool = False
    placed: bool = True


class Reach(StrEnum):
    """What a TCP connection from this machine came to."""

    REACHED = "reached"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    NOT_TRIED = "not_tried"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Database:
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
class Comparison:
    """A key of the file that is no feature, held against the cluster; with what speaks for it."""

    agreement: Agreement
    because: str
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
    databases: tuple[Database, ...] = ()
    high_availability: bool | frozenset[str] | None = None
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    coverage: tuple[Coverage, ...] = ()
    peers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    axl_version: str | None = None
    moved_before: Mapping[tuple[str, str], RunState] = field(default_factory=dict)
    disputed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    compared: Mapping[str, Comparison] = field(default_factory=dict)

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
