"""A snapshot as a comparison sees it: what may not change, node by node and key by key.

The parts of a snapshot that a comparison reads, in the shape in which they are written.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from auditor.change.diff.model import (
    ComparedCluster,
    ComparedFinding,
    ComparedNode,
    ComparedService,
)
from auditor.change.diff.nodes import setting_as_toml, setting_value_as_toml
from auditor.errors import ConfigError, Reason
from auditor.models.facts import HaState, Identity, Origin, Outcome, Reach, Role, Source
from auditor.models.findings import Severity


class _SnapshotModel(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class SnapshotService(_SnapshotModel):
    """A service of the report."""

    name: str
    deployable: bool | None
    activated: bool | None
    state: str
    uptime_s: int | None


class SnapshotNode(_SnapshotModel):
    """A node of the report."""

    name: str
    role: str
    ha_state: str | None
    identity: str
    release: str | None
    services: tuple[SnapshotService, ...]


class SnapshotSubject(_SnapshotModel):
    """What a finding is about."""

    kind: str
    name: str


class SnapshotWaiver(_SnapshotModel):
    """What a waived finding would be without its waiver."""

    verdict: str


class SnapshotFinding(_SnapshotModel):
    """A finding of the report."""

    id: str
    recommendation: str
    subject: SnapshotSubject
    verdict: str
    kind: str | None
    severity: Severity
    observed: str
    waiver: SnapshotWaiver | None


class SnapshotCoverage(_SnapshotModel):
    """What asking one source came to."""

    source: Source
    node: str
    outcome: Outcome
    reason: Reason | None
    detail: str


class SnapshotCluster(_SnapshotModel):
    """A cluster of the report."""

    name: str
    nodes: tuple[SnapshotNode, ...]
    findings: tuple[SnapshotFinding, ...]
    coverage: tuple[SnapshotCoverage, ...]


class SnapshotRun(_SnapshotModel):
    """When and by what the clusters were judged."""

    id: str
    finished_at: datetime
    packs: tuple[str, ...]


class SnapshotReport(_SnapshotModel):
    """The report."""

    run: SnapshotRun
    clusters: tuple[SnapshotCluster, ...]


class SnapshotAxlProbe(_SnapshotModel):
    """What a node's own AXL did when it was asked."""

    answer: Literal["answered", "not_answering", "unknown"]


class SnapshotNodeFacts(_SnapshotModel):
    """A node of the facts."""

    name: str
    redundancy_group: str | None
    group_known: bool
    planned: bool
    axl: SnapshotAxlProbe | None
    replied_at: datetime | None


class SnapshotGroup(_SnapshotModel):
    """A redundancy group of the facts."""

    name: str
    nodes: tuple[str, ...]
    ha_enabled: bool | None


class SnapshotSetting(_SnapshotModel):
    """One telling of a deployment key."""

    on: bool
    origin: str
    nodes: tuple[str, ...] | None
    expressway: bool
    placed: bool


class SnapshotDatabase(_SnapshotModel):
    """An external database of the facts."""

    name: str
    type: str
    used_by: tuple[str, ...]
    nodes: tuple[str, ...] | None
    reach: str
    origin: str


class SnapshotFacts(_SnapshotModel):
    """The facts of a cluster."""

    nodes: tuple[SnapshotNodeFacts, ...]
    groups: tuple[SnapshotGroup, ...]
    groups_known: bool
    topology_observed: bool
    settings: Mapping[str, tuple[SnapshotSetting, ...]]
    databases: tuple[SnapshotDatabase, ...]
    high_availability: bool | tuple[str, ...] | None
    peers: tuple[str, ...]


class Snapshot(_SnapshotModel):
    """A snapshot."""

    report: SnapshotReport
    facts: Mapping[str, SnapshotFacts]


def parse_snapshot(content: Mapping[str, Any], origin: str) -> Snapshot:
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


_AXL_HAS_RESPONDED = {"answered": True, "not_answering": False, "unknown": None}


def to_compared_clusters(snapshot: Snapshot) -> dict[str, ComparedCluster]:
    """Return what a snapshot holds, by cluster name."""
    return {
        told.name: _to_compared_cluster(told, snapshot.facts[told.name])
        for told in snapshot.report.clusters
    }


def _to_compared_cluster(told: SnapshotCluster, known: SnapshotFacts) -> ComparedCluster:
    facts = {node.name: node for node in known.nodes}
    return ComparedCluster(
        name=told.name,
        groups=_group_attributes(known) if known.groups_known else None,
        nodes={
            node.name.casefold(): _to_compared_node(node, facts.get(node.name))
            for node in told.nodes
        },
        findings={finding.id: _to_compared_finding(finding) for finding in told.findings},
        complete=known.topology_observed,
        profile=dict(_declared_settings(known)),
        shown=dict(_observed_settings(known)),
        around=dict(_peer_and_database_attributes(known)),
        reached=frozenset(d.name for d in known.databases if d.reach == Reach.REACHED),
        gaps=dict(_coverage_failure(entry) for entry in told.coverage if entry.reason is not None),
    )


def _group_attributes(known: SnapshotFacts) -> dict[str, Mapping[str, str]]:
    switch = {True: {"high availability": "on"}, False: {"high availability": "off"}, None: {}}
    return {
        group.name: {"nodes": _join_names_or_none(group.nodes)} | switch[group.ha_enabled]
        for group in known.groups
    }


def _to_compared_node(node: SnapshotNode, known: SnapshotNodeFacts | None) -> ComparedNode:
    services = {
        s.name: ComparedService(s.activated, s.state, s.uptime_s, s.deployable)
        for s in node.services
    }
    return ComparedNode(
        name=node.name,
        traits=dict(_node_attributes(node, known)),
        services=services,
        replied_at=known.replied_at if known else None,
        axl=_AXL_HAS_RESPONDED[known.axl.answer] if known and known.axl else None,
        planned=known is not None and known.planned,
    )


def _node_attributes(
    node: SnapshotNode, known: SnapshotNodeFacts | None
) -> Iterator[tuple[str, str]]:
    """Yield what is known of a node; who answered is told only of a node that did."""
    if node.role != Role.UNKNOWN:
        yield "role", node.role
    if known and known.group_known:
        yield "redundancy group", known.redundancy_group or "none"
    if node.ha_state not in (None, HaState.UNKNOWN):
        yield "HA state", node.ha_state
    if node.services and node.identity != Identity.UNPROVEN:
        yield "identity", node.identity
    if node.release is not None:
        yield "release", node.release


def _to_compared_finding(finding: SnapshotFinding) -> ComparedFinding:
    return ComparedFinding(
        id=finding.id,
        recommendation=finding.recommendation,
        subject=finding.subject.name,
        verdict=finding.waiver.verdict if finding.waiver else finding.verdict,
        kind=finding.kind,
        severity=finding.severity,
        observed=finding.observed,
        subject_kind=finding.subject.kind,
        waived=finding.waiver is not None,
    )


def _coverage_failure(entry: SnapshotCoverage) -> tuple[tuple[str, str], str]:
    reason = (entry.reason or "").replace("_", " ")
    return (entry.node, entry.source), f"{reason}. {entry.detail}".strip()


def _declared_settings(known: SnapshotFacts) -> Iterator[tuple[str, str]]:
    """Yield what the operator declares."""
    for key, tellings in known.settings.items():
        yield from ((key, setting_as_toml(t)) for t in tellings if t.origin == Origin.DECLARED)
    meant = known.high_availability
    if isinstance(meant, tuple):
        yield "high_availability", setting_value_as_toml(on=bool(meant), nodes=meant)
    elif meant is not None:
        yield "high_availability", setting_value_as_toml(on=meant, nodes=None)
    yield from _database_attributes(known.databases, declared=True)


def _observed_settings(known: SnapshotFacts) -> Iterator[tuple[str, str]]:
    """Yield what the cluster itself tells of its features."""
    for key, tellings in known.settings.items():
        yield from ((key, setting_as_toml(t)) for t in tellings if t.origin != Origin.DECLARED)


def _peer_and_database_attributes(known: SnapshotFacts) -> Iterator[tuple[str, str]]:
    """Yield what stands beside the cluster: its peers, and the databases that it lists."""
    if any(t.origin != Origin.DECLARED for t in known.settings.get("intercluster", ())):
        yield "intercluster peers", _join_names_or_none(known.peers)
    yield from _database_attributes(known.databases, declared=False)


def _database_attributes(
    databases: Iterable[SnapshotDatabase], *, declared: bool
) -> Iterator[tuple[str, str]]:
    for one in databases:
        if (one.origin == Origin.DECLARED) is declared:
            where = "every node" if one.nodes is None else _join_names_or_none(one.nodes)
            told = f"{one.type} for {_join_names_or_none(one.used_by)} on {where}"
            yield f"external database {one.name}", told


def _join_names_or_none(names: Iterable[str]) -> str:
    return ", ".join(sorted(names, key=str.casefold)) or "none"
