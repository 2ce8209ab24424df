"""Puts the answers of a cluster together into the facts that the engine judges.

Puts what a later look told over what was known before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from auditor.collect.declared import (
    compare_declared_databases,
    compare_declared_ha,
    compare_declared_peers,
)
from auditor.collect.discovery.merge import apply_probe_results
from auditor.collect.intercluster import declared_peer_settings
from auditor.collect.node import NodeResult
from auditor.collect.scope import SurveyScope, SurveyTopic
from auditor.collect.tcp_checks import TcpTarget, is_declared_planned, set_database_reach
from auditor.collect.topology import Topology
from auditor.config.settings import ClusterSettings, DeclaredNode
from auditor.models.facts import ClusterFacts, Coverage, NodeFacts, Role, Source
from auditor.soap.messages import TcpResult


def build_cluster_facts(
    settings: ClusterSettings,
    topology: Topology,
    results: Sequence[NodeResult],
    reached: Mapping[TcpTarget, TcpResult],
    coverage: Iterable[Coverage],
) -> ClusterFacts:
    """Return the facts of one cluster; `coverage` is that of the CUCM publisher and TCP tests."""
    return ClusterFacts(
        name=settings.name,
        nodes=tuple(result.node for result in results),
        groups=topology.groups,
        groups_known=topology.groups_known,
        topology_observed=topology.complete,
        settings=declared_peer_settings(settings, [node.name for node in topology.nodes]),
        databases=set_database_reach(settings.databases, reached),
        high_availability=settings.high_availability,
        named=settings.named,
        disputed={
            **_topology_contradictions(settings.nodes, topology),
            **_reachable_planned_nodes(settings, results),
        },
        compared={
            **compare_declared_ha(settings.high_availability, topology),
            **compare_declared_databases(settings.databases, ()),
            **compare_declared_peers(settings.peers, ()),
        },
        coverage=(*coverage, *(entry for result in results for entry in result.coverage)),
    )


def replace_profile(
    facts: ClusterFacts, told: ClusterSettings, file: ClusterSettings
) -> ClusterFacts:
    """Return the facts, assembled with the settings `told`, as those of the `file` make them."""
    names = [node.name for node in facts.nodes]
    gone, come = declared_peer_settings(told, names), declared_peer_settings(file, names)
    seen = {
        key: tuple(one for one in tellings if one not in gone.get(key, ()))
        for key, tellings in facts.settings.items()
    }
    keys = dict.fromkeys((*come, *(key for key, tellings in seen.items() if tellings)))
    settings = {key: (*come.get(key, ()), *seen.get(key, ())) for key in keys}
    return replace(facts, settings=settings, named=file.named)


def _topology_contradictions(
    declared: Sequence[DeclaredNode], topology: Topology
) -> Mapping[str, tuple[str, ...]]:
    """Return, by key of the file, where the declared nodes differ from those that AXL lists."""
    if not (declared and topology.complete):
        return {}
    listed = {m.name.casefold(): m for m in topology.nodes}
    named = {n.name.casefold() for n in declared}
    nodes = [f"CUCM lists {m.name} too" for key, m in listed.items() if key not in named]
    groups = []
    for one in declared:
        member = listed.get(one.name.casefold())
        if member and member.role not in (one.role, Role.UNKNOWN):
            nodes.append(f"{one.name} is declared {one.role}, and CUCM has it as {member.role}")
        if member and member.group_known and one.redundancy_group:
            has = member.redundancy_group or "no group"
            if has.casefold() != one.redundancy_group.casefold():
                where = one.redundancy_group
                groups.append(f"{one.name} is declared in {where}, and CUCM has it in {has}")
    told = {"node": tuple(nodes), "node.redundancy_group": tuple(groups)}
    return {key: sentences for key, sentences in told.items() if sentences}


def _reachable_planned_nodes(
    settings: ClusterSettings, results: Iterable[NodeResult]
) -> Mapping[str, tuple[str, ...]]:
    """Return the nodes that are declared as planned and accept connections."""
    reachable = tuple(
        f"{result.node.name} is declared as not installed yet, and accepts connections"
        for result in results
        if is_declared_planned(settings, result.node) and not result.node.planned
    )
    return {"planned_nodes": reachable} if reachable else {}


def add_discovered_facts(
    facts: ClusterFacts, results: Iterable[NodeResult], settings: ClusterSettings
) -> ClusterFacts:
    """Return the facts with what databases of the nodes filled in, where nobody else told it."""
    for result in results:
        if result.probe_results is not None:
            facts = apply_probe_results(facts, result.probe_results)
    listed = compare_declared_peers(settings.peers, facts.peers)
    return replace(facts, compared={**facts.compared, **listed})


_SOURCES_BY_TOPIC = {
    SurveyTopic.PRODUCT: Source.CONTROL_CENTER,
    SurveyTopic.SERVICES: Source.CONTROL_CENTER,
    SurveyTopic.HA: Source.PERFMON,
    SurveyTopic.SESSIONS: Source.PERFMON,
    SurveyTopic.REPLICATION: Source.PERFMON,
    SurveyTopic.AXL: Source.IMP_AXL,
}


def merge_survey_facts(known: ClusterFacts, new: ClusterFacts, scope: SurveyScope) -> ClusterFacts:
    """Return what is known after an errand: all that it asked about is as it told it.

    What was asked about and not told is not known any more. Requests add up.
    """
    fresh = {
        node.name: node
        for node in new.nodes
        if scope.includes(node.name, node.redundancy_group) and not node.planned
    }
    return replace(
        known,
        nodes=tuple(
            _merge_node_facts(node, fresh.get(node.name), scope.topics) for node in known.nodes
        ),
        coverage=_merge_coverage(known, new, scope, fresh),
    )


def _merge_node_facts(
    old: NodeFacts, new: NodeFacts | None, topics: frozenset[SurveyTopic]
) -> NodeFacts:
    if new is None:
        return old
    told = replace(old, identity=new.identity)
    if SurveyTopic.SERVICES in topics:
        told = replace(told, services=new.services, replied_at=new.replied_at)
    if SurveyTopic.HA in topics:
        told = replace(told, ha_state=new.ha_state)
    if SurveyTopic.AXL in topics:
        told = replace(told, axl=new.axl)
    if SurveyTopic.SESSIONS in topics:
        told = replace(told, sessions=new.sessions)
    if SurveyTopic.REPLICATION in topics:
        told = replace(told, replication=new.replication)
    return told


def _merge_coverage(
    known: ClusterFacts, new: ClusterFacts, scope: SurveyScope, fresh: Mapping[str, NodeFacts]
) -> tuple[Coverage, ...]:
    nodes = {node.name for node in new.nodes}
    asked = {_SOURCES_BY_TOPIC[topic] for topic in scope.topics if topic in _SOURCES_BY_TOPIC}
    entries = {(entry.node, entry.source): entry for entry in known.coverage}
    for entry in new.coverage:
        if entry.node in nodes and (entry.node not in fresh or entry.source not in asked):
            continue
        old = entries.get((entry.node, entry.source))
        entries[entry.node, entry.source] = (
            entry if old is None else _add_request_counts(entry, old)
        )
    return tuple(entries.values())


def _add_request_counts(entry: Coverage, old: Coverage) -> Coverage:
    return replace(
        entry,
        requests=entry.requests + old.requests,
        elapsed_ms=entry.elapsed_ms + old.elapsed_ms,
    )
