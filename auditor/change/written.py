"""The parts of a snapshot that a comparison reads, in the shape in which they are written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from auditor.errors import ConfigError, Reason
from auditor.facts import Outcome, Source
from auditor.findings import Severity


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Service(_Part):
    """A service of the report."""

    name: str
    deployable: bool | None
    activated: bool | None
    state: str
    uptime_s: int | None


class Node(_Part):
    """A node of the report."""

    name: str
    role: str
    ha_state: str | None
    identity: str
    release: str | None
    services: tuple[Service, ...]


class Subject(_Part):
    """What a finding is about."""

    kind: str
    name: str


class Waiver(_Part):
    """What a waived finding would be without its waiver."""

    verdict: str


class Finding(_Part):
    """A finding of the report."""

    id: str
    recommendation: str
    subject: Subject
    verdict: str
    kind: str | None
    severity: Severity
    observed: str
    waiver: Waiver | None


class Coverage(_Part):
    """What asking one source came to."""

    source: Source
    node: str
    outcome: Outcome
    reason: Reason | None
    detail: str


class Cluster(_Part):
    """A cluster of the report."""

    name: str
    nodes: tuple[Node, ...]
    findings: tuple[Finding, ...]
    coverage: tuple[Coverage, ...]


class Run(_Part):
    """When and by what the clusters were judged."""

    id: str
    finished_at: datetime
    packs: tuple[str, ...]


class Report(_Part):
    """The report."""

    run: Run
    clusters: tuple[Cluster, ...]


class Axl(_Part):
    """What a node's own AXL did when it was asked."""

    answer: Literal["answered", "not_answering", "unknown"]


class NodeKnown(_Part):
    """A node of the facts."""

    name: str
    redundancy_group: str | None
    group_known: bool
    planned: bool
    axl: Axl | None
    replied_at: datetime | None


class Group(_Part):
    """A redundancy group of the facts."""

    name: str
    nodes: tuple[str, ...]
    ha_enabled: bool | None


class Telling(_Part):
    """One telling of a deployment key."""

    on: bool
    origin: str
    nodes: tuple[str, ...] | None
    expressway: bool
    placed: bool


class Database(_Part):
    """An external database of the facts."""

    name: str
    type: str
    used_by: tuple[str, ...]
    nodes: tuple[str, ...] | None
    reach: str
    origin: str


class Facts(_Part):
    """The facts of a cluster."""

    nodes: tuple[NodeKnown, ...]
    groups: tuple[Group, ...]
    groups_known: bool
    topology_observed: bool
    settings: Mapping[str, tuple[Telling, ...]]
    databases: tuple[Database, ...]
    high_availability: bool | tuple[str, ...] | None
    peers: tuple[str, ...]


class Snapshot(_Part):
    """A snapshot."""

    report: Report
    facts: Mapping[str, Facts]


def understand(content: Mapping[str, Any], origin: str) -> Snapshot:
    """Return what a comparison reads of a snapshot; `origin` is what errors call it.

    Raises:
        ConfigError: something that every snapshot holds is not there.
    """
    try:
        snapshot = Snapshot.model_validate(content)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        text = f"{origin}: is not whole: {where} is not as `auditor snapshot` writes it."
        raise ConfigError([text]) from error
    names = [cluster.name for cluster in snapshot.report.clusters]
    if sorted(names) != sorted(snapshot.facts):
        text = f"{origin}: is not whole: its report and its facts are of different clusters."
        raise ConfigError([text])
    return snapshot
