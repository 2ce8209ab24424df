"""Builds the facts of a cluster from what was read, and merges those of a later survey."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from auditor.collect.declared import (
    compare_declared_databases,
    compare_declared_ha,
    compare_declared_peers,
)
from auditor.collect.intercluster import declared_peer_settings
from auditor.collect.node import NodeResult
from auditor.collect.roles import dispute_declared_roles
from auditor.collect.scope import SurveyScope, SurveyTopic
from auditor.collect.service_rows import keep_listed_services
from auditor.collect.tcp_checks import TcpTarget, is_declared_planned, set_database_reach
from auditor.collect.topology import Topology
from auditor.config.settings import ClusterSettings, DeclaredNode
from auditor.models.coverage import Coverage, Source
from auditor.models.facts import ClusterFacts
from auditor.models.forms import Form
from auditor.models.nodes import NodeFacts, Role
from auditor.models.statements import Statement, make_statement
from auditor.soap.messages import TcpResult


def build_cluster_facts(
    settings: ClusterSettings,
    topology: Topology,
    results: Sequence[NodeResult],
    reached: Mapping[TcpTarget, TcpResult],
    coverage: Iterable[Coverage],
) -> ClusterFacts:
    """Return the facts of one cluster; `coverage` is that of CUCM and of TCP tests."""
    return ClusterFacts(
        name=settings.name,
        nodes=tuple(result.node for result in results),
        groups=topology.groups,
        groups_known=topology.groups_known,
        topology_observed=topology.complete,
        topology_recorded_at=topology.recorded_at,
        nodes_listed_by=topology.listed_by,
        cucm_subscribers=topology.cucm_subscribers,
        settings=declared_peer_settings(settings, [node.name for node in topology.nodes]),
        databases=set_database_reach(settings.databases, reached),
        high_availability=settings.high_availability,
        named=settings.named,
        disputed={
            **_node_contradictions(settings.nodes, topology, results),
            **_reachable_planned_nodes(settings, results),
        },
        compared={
            **compare_declared_ha(settings.high_availability, topology),
            # Nothing is listed yet. The keys are here all the same, so that a database that cannot
            # be read leaves a finding and not silence.
            **compare_declared_databases(settings.databases, ()),
            **compare_declared_peers(settings.peers, ()),
        },
        coverage=(*coverage, *(entry for result in results for entry in result.coverage)),
        certificate_days=settings.certificate_days,
        notes=tuple(
            f"Redundancy group {group.name} has no node, so nothing in it is judged."
            for group in topology.groups
            if not group.nodes
        ),
    )


def replace_profile(
    facts: ClusterFacts, tested: ClusterSettings, filed: ClusterSettings
) -> ClusterFacts:
    """Return facts that were built with a tested profile, with that of the file in its place."""
    names = [node.name for node in facts.nodes]
    tested, filed = tested.with_listed_names(names), filed.with_listed_names(names)
    removed = declared_peer_settings(tested, names)
    added = declared_peer_settings(filed, names)
    # What the cluster itself showed holds whatever the profile says.
    remaining = {
        key: tuple(setting for setting in settings if setting not in removed.get(key, ()))
        for key, settings in facts.settings.items()
    }
    keys = dict.fromkeys((*added, *(key for key, settings in remaining.items() if settings)))
    settings = {key: (*added.get(key, ()), *remaining.get(key, ())) for key in keys}
    return replace(facts, settings=settings, named=filed.named)


def _node_contradictions(
    declared: Sequence[DeclaredNode], topology: Topology, results: Sequence[NodeResult]
) -> Mapping[str, tuple[Statement, ...]]:
    """Return, by key of the file, where the declared nodes differ from what was read."""
    disputed = dict(_topology_contradictions(declared, topology))
    if roles := dispute_declared_roles(declared, results):
        disputed["node"] = (*disputed.get("node", ()), *roles)
    return disputed


def _topology_contradictions(
    declared: Sequence[DeclaredNode], topology: Topology
) -> Mapping[str, tuple[Statement, ...]]:
    """Return, by key of the file, where the declared nodes differ from those that AXL lists."""
    # An incomplete topology lacks nodes or is the file's own, so it contradicts nothing.
    if not (declared and topology.complete):
        return {}
    listed = {node.name.casefold(): node for node in topology.nodes}
    named = {node.name.casefold() for node in declared}
    nodes = [
        make_statement(Form.NODE_NOT_DECLARED, node=node.name)
        for key, node in listed.items()
        if key not in named
    ]
    groups = []
    for entry in declared:
        node = listed.get(entry.name.casefold())
        # A role that AXL did not give contradicts nothing.
        if node and node.role not in (entry.role, Role.UNKNOWN):
            nodes.append(
                make_statement(
                    Form.ROLE_DIFFERS, node=entry.name, declared=entry.role, listed=node.role
                )
            )
        if node and node.group_known and entry.redundancy_group:
            group, declared_group = node.redundancy_group or "no group", entry.redundancy_group
            if group.casefold() != declared_group.casefold():
                groups.append(
                    make_statement(
                        Form.GROUP_DIFFERS, node=entry.name, declared=declared_group, listed=group
                    )
                )
    statements = {"node": tuple(nodes), "node.redundancy_group": tuple(groups)}
    return {key: of_key for key, of_key in statements.items() if of_key}


def _reachable_planned_nodes(
    settings: ClusterSettings, results: Iterable[NodeResult]
) -> Mapping[str, tuple[Statement, ...]]:
    """Return the nodes that are declared as planned and accept connections."""
    reachable = tuple(
        make_statement(Form.PLANNED_NODE_REPLIES, node=result.node.name)
        for result in results
        if is_declared_planned(settings, result.node) and not result.node.planned
    )
    return {"planned_nodes": reachable} if reachable else {}


def add_discovered_facts(
    facts: ClusterFacts, results: Iterable[NodeResult], settings: ClusterSettings
) -> ClusterFacts:
    """Return the facts with what was read from databases, for what is not known otherwise."""
    for result in results:
        if result.probe_results is not None:
            # Late: only a survey that reads the database needs it.
            from auditor.collect.discovery.merge import apply_probe_results

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


def merge_survey_facts(
    earlier: ClusterFacts, new: ClusterFacts, scope: SurveyScope
) -> ClusterFacts:
    """Return the earlier facts, with those in the scope of the new survey replaced.

    What was asked for and not read is unknown again. Requests add up.
    """
    reread = {
        node.name: node
        for node in new.nodes
        if scope.includes(node.name, node.redundancy_group) and not node.planned
    }
    return replace(
        earlier,
        nodes=tuple(
            _merge_node_facts(node, reread.get(node.name), scope.topics) for node in earlier.nodes
        ),
        coverage=_merge_coverage(earlier, new, scope, reread),
    )


def _merge_node_facts(
    earlier: NodeFacts, new: NodeFacts | None, topics: frozenset[SurveyTopic]
) -> NodeFacts:
    if new is None:
        return earlier
    # Whatever the topics: the newest connection shows which machine answers now.
    merged = replace(
        earlier, identity=new.identity, certificate_not_after=new.certificate_not_after
    )
    if SurveyTopic.PRODUCT in topics:
        merged = replace(merged, release=new.release, has_strange_product=new.has_strange_product)
    if SurveyTopic.SERVICES in topics:
        services = new.services
        if SurveyTopic.PRODUCT not in topics:
            services = keep_listed_services(earlier.services, services)
        merged = replace(merged, services=services, replied_at=new.replied_at)
    if SurveyTopic.HA in topics:
        merged = replace(merged, ha_state=new.ha_state)
    if SurveyTopic.AXL in topics:
        merged = replace(merged, axl=new.axl)
    if SurveyTopic.SESSIONS in topics:
        merged = replace(merged, sessions=new.sessions)
    if SurveyTopic.REPLICATION in topics:
        merged = replace(merged, replication=new.replication)
    return merged


def _merge_coverage(
    earlier: ClusterFacts, new: ClusterFacts, scope: SurveyScope, reread: Mapping[str, NodeFacts]
) -> tuple[Coverage, ...]:
    nodes = {node.name for node in new.nodes}
    sources = {_SOURCES_BY_TOPIC[topic] for topic in scope.topics if topic in _SOURCES_BY_TOPIC}
    entries = {(entry.node, entry.source): entry for entry in earlier.coverage}
    for entry in new.coverage:
        # Nodes and sources out of scope have entries too ("not asked"), which replace nothing.
        if entry.node in nodes and (entry.node not in reread or entry.source not in sources):
            continue
        old = entries.get((entry.node, entry.source))
        entries[entry.node, entry.source] = (
            entry if old is None else _add_request_counts(entry, old)
        )
    return tuple(entries.values())


def _add_request_counts(entry: Coverage, earlier: Coverage) -> Coverage:
    return replace(
        entry,
        requests=entry.requests + earlier.requests,
        elapsed_ms=entry.elapsed_ms + earlier.elapsed_ms,
    )
