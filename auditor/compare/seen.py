"""A cluster as a snapshot holds it: words and tokens of the JSON report, and of the facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """A service on both axes; `deployable` False: it cannot be activated, which is no gap."""

    activated: bool | None
    state: str
    uptime_s: int | None
    deployable: bool | None = None


@dataclass(frozen=True, slots=True)
class NodeSeen:
    """A node. `replied_at` is None where its services were not read.

    `axl` tells whether its AXL answered, None where it was not asked or nobody can tell. A planned
    node is never asked.
    """

    name: str
    traits: Mapping[str, str]
    services: Mapping[str, ServiceSeen]
    replied_at: datetime | None
    axl: bool | None = None
    planned: bool = False


@dataclass(frozen=True, slots=True)
class FindingSeen:
    """A finding by its fingerprint; `subject_kind` is node, group, cluster or key.

    `verdict` is that without a waiver: what somebody accepts still is as it is.
    """

    id: str
    recommendation: str
    subject: str
    verdict: str
    kind: str | None
    severity: str
    observed: str
    subject_kind: str = "node"
    waived: bool = False


@dataclass(frozen=True, slots=True)
class ClusterSeen:
    """A cluster. `groups` are the traits of its redundancy groups, None where nobody told them.

    `complete`: these are all its nodes; otherwise the CUCM publisher did not tell them. `profile`
    is what the operator declares and `shown` what the cluster itself tells of the same keys;
    `around` is what stands beside it: peers, and databases that it lists. `reached` are external
    databases that accepted a connection. `gaps` are reasons by server and source, for every
    source that gave nothing.
    """

    name: str
    groups: Mapping[str, Mapping[str, str]] | None
    nodes: Mapping[str, NodeSeen]
    findings: Mapping[str, FindingSeen]
    complete: bool = True
    profile: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    around: Mapping[str, str] = field(default_factory=dict)
    reached: frozenset[str] = frozenset()
    gaps: Mapping[tuple[str, str], str] = field(default_factory=dict)
