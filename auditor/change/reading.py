"""A snapshot as a comparison sees it: what may not change, node by node and key by key."""

from collections.abc import Iterable, Iterator, Mapping

from auditor.change.words import worded, words
from auditor.change.written import (
    Cluster,
    Coverage,
    Database,
    Facts,
    Finding,
    Node,
    NodeKnown,
    Snapshot,
)
from auditor.cluster import Reach
from auditor.compare.seen import ClusterSeen, FindingSeen, NodeSeen, ServiceSeen
from auditor.facts import HaState, Identity, Origin, Role

_AXL = {"answered": True, "not_answering": False, "unknown": None}


def clusters(snapshot: Snapshot) -> dict[str, ClusterSeen]:
    """Return what a snapshot holds, by cluster name."""
    return {
        told.name: _cluster(told, snapshot.facts[told.name]) for told in snapshot.report.clusters
    }


def _cluster(told: Cluster, known: Facts) -> ClusterSeen:
    facts = {node.name: node for node in known.nodes}
    return ClusterSeen(
        name=told.name,
        groups=_groups(known) if known.groups_known else None,
        nodes={node.name.casefold(): _node(node, facts.get(node.name)) for node in told.nodes},
        findings={finding.id: _finding(finding) for finding in told.findings},
        complete=known.topology_observed,
        profile=dict(_profile(known)),
        shown=dict(_shown(known)),
        around=dict(_around(known)),
        reached=frozenset(d.name for d in known.databases if d.reach == Reach.REACHED),
        gaps=dict(_gap(entry) for entry in told.coverage if entry.reason is not None),
    )


def _groups(known: Facts) -> dict[str, Mapping[str, str]]:
    switch = {True: {"high availability": "on"}, False: {"high availability": "off"}, None: {}}
    return {
        group.name: {"nodes": _listed(group.nodes)} | switch[group.ha_enabled]
        for group in known.groups
    }


def _node(node: Node, known: NodeKnown | None) -> NodeSeen:
    services = {
        s.name: ServiceSeen(s.activated, s.state, s.uptime_s, s.deployable) for s in node.services
    }
    return NodeSeen(
        name=node.name,
        traits=dict(_traits(node, known)),
        services=services,
        replied_at=known.replied_at if known else None,
        axl=_AXL[known.axl.answer] if known and known.axl else None,
        planned=known is not None and known.planned,
    )


def _traits(node: Node, known: NodeKnown | None) -> Iterator[tuple[str, str]]:
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


def _finding(finding: Finding) -> FindingSeen:
    return FindingSeen(
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


def _gap(entry: Coverage) -> tuple[tuple[str, str], str]:
    reason = (entry.reason or "").replace("_", " ")
    return (entry.node, entry.source), f"{reason}. {entry.detail}".strip()


def _profile(known: Facts) -> Iterator[tuple[str, str]]:
    """Yield what the operator declares."""
    for key, tellings in known.settings.items():
        yield from ((key, words(t)) for t in tellings if t.origin == Origin.DECLARED)
    meant = known.high_availability
    if isinstance(meant, tuple):
        yield "high_availability", worded(on=bool(meant), nodes=meant)
    elif meant is not None:
        yield "high_availability", worded(on=meant, nodes=None)
    yield from _databases(known.databases, declared=True)


def _shown(known: Facts) -> Iterator[tuple[str, str]]:
    """Yield what the cluster itself tells of its features."""
    for key, tellings in known.settings.items():
        yield from ((key, words(t)) for t in tellings if t.origin != Origin.DECLARED)


def _around(known: Facts) -> Iterator[tuple[str, str]]:
    """Yield what stands beside the cluster: its peers, and the databases that it lists."""
    if any(t.origin != Origin.DECLARED for t in known.settings.get("intercluster", ())):
        yield "intercluster peers", _listed(known.peers)
    yield from _databases(known.databases, declared=False)


def _databases(databases: Iterable[Database], *, declared: bool) -> Iterator[tuple[str, str]]:
    for one in databases:
        if (one.origin == Origin.DECLARED) is declared:
            where = "every node" if one.nodes is None else _listed(one.nodes)
            told = f"{one.type} for {_listed(one.used_by)} on {where}"
            yield f"external database {one.name}", told


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names, key=str.casefold)) or "none"
