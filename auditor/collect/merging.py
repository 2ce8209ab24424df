"""Puts what a later look told over what was known before."""

from collections.abc import Mapping
from dataclasses import replace

from auditor.cluster import ClusterFacts
from auditor.collect.topics import Errand, Topic
from auditor.facts import Coverage, NodeFacts, Source

_SOURCES = {
    Topic.PRODUCT: Source.CONTROL_CENTER,
    Topic.SERVICES: Source.CONTROL_CENTER,
    Topic.HA: Source.PERFMON,
    Topic.SESSIONS: Source.PERFMON,
    Topic.REPLICATION: Source.PERFMON,
    Topic.AXL: Source.IMP_AXL,
}


def merged(known: ClusterFacts, new: ClusterFacts, errand: Errand) -> ClusterFacts:
    """Return what is known after an errand: all that it asked about is as it told it.

    What was asked about and not told is not known any more. Requests add up.
    """
    fresh = {
        node.name: node
        for node in new.nodes
        if errand.wants(node.name, node.redundancy_group) and not node.planned
    }
    return replace(
        known,
        nodes=tuple(_node(node, fresh.get(node.name), errand.topics) for node in known.nodes),
        coverage=_coverage(known, new, errand, fresh),
    )


def _node(old: NodeFacts, new: NodeFacts | None, topics: frozenset[Topic]) -> NodeFacts:
    if new is None:
        return old
    told = replace(old, identity=new.identity)
    if Topic.SERVICES in topics:
        told = replace(told, services=new.services, replied_at=new.replied_at)
    if Topic.HA in topics:
        told = replace(told, ha_state=new.ha_state)
    if Topic.AXL in topics:
        told = replace(told, axl=new.axl)
    if Topic.SESSIONS in topics:
        told = replace(told, sessions=new.sessions)
    if Topic.REPLICATION in topics:
        told = replace(told, replication=new.replication)
    return told


def _coverage(
    known: ClusterFacts, new: ClusterFacts, errand: Errand, fresh: Mapping[str, NodeFacts]
) -> tuple[Coverage, ...]:
    nodes = {node.name for node in new.nodes}
    asked = {_SOURCES[topic] for topic in errand.topics if topic in _SOURCES}
    entries = {(entry.node, entry.source): entry for entry in known.coverage}
    for entry in new.coverage:
        if entry.node in nodes and (entry.node not in fresh or entry.source not in asked):
            continue
        old = entries.get((entry.node, entry.source))
        entries[entry.node, entry.source] = entry if old is None else _added(entry, old)
    return tuple(entries.values())


def _added(entry: Coverage, old: Coverage) -> Coverage:
    return replace(
        entry,
        requests=entry.requests + old.requests,
        elapsed_ms=entry.elapsed_ms + old.elapsed_ms,
    )
