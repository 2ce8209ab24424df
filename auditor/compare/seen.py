"""A cluster as a snapshot holds it: nodes, services and findings, in words of the JSON report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """A service as a snapshot holds it; words and tokens of the JSON report."""

    activated: bool | None
    state: str
    uptime_s: int | None


@dataclass(frozen=True, slots=True)
class NodeSeen:
    """A node as a snapshot holds it. `replied_at` is None where its services were not read."""

    name: str
    traits: Mapping[str, str]
    services: Mapping[str, ServiceSeen]
    replied_at: datetime | None


@dataclass(frozen=True, slots=True)
class FindingSeen:
    """A finding as a snapshot holds it, by its fingerprint."""

    id: str
    recommendation: str
    subject: str
    verdict: str
    kind: str | None
    severity: str
    observed: str


@dataclass(frozen=True, slots=True)
class ClusterSeen:
    """A cluster as a snapshot holds it; `traits` are what holds of it as a whole.

    `complete`: these are all its nodes; otherwise the CUCM publisher did not tell them.
    """

    name: str
    traits: Mapping[str, str]
    nodes: Mapping[str, NodeSeen]
    findings: Mapping[str, FindingSeen]
    complete: bool = True
