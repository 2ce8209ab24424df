"""Fills in what the database shows where nothing is declared or observed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from auditor.collect.declared import compare_declared_databases
from auditor.collect.discovery.interpret import (
    DiscoveredFacts,
    GroupMembership,
    interpret_probe_results,
)
from auditor.collect.discovery.reader import ProbeResults
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts, Group
from auditor.models.nodes import HaReading, Identity, NodeFacts
from auditor.models.settings import append_settings
from auditor.text import is_or_are, join_names


def apply_probe_results(facts: ClusterFacts, results: ProbeResults) -> ClusterFacts:
    """Return the facts with what the database shows, all of it of origin discovered.

    A declared value stays first, and a different one after it counts as a contradiction.
    """
    # A planned node is not installed, so no row can mean it.
    nodes = [node.name for node in facts.installed_nodes]
    discovered = interpret_probe_results(results, nodes)
    memberships = {member.node: member for member in discovered.memberships}
    filled = tuple(_fill_node(node, memberships.get(node.name)) for node in facts.nodes)
    compared = compare_declared_databases(facts.databases, discovered.databases)
    return replace(
        facts,
        nodes=filled,
        groups=_fill_groups(facts.groups, filled, memberships),
        settings=append_settings(facts.settings, discovered.settings),
        # Not both: a database that is declared and listed would be judged twice.
        databases=facts.databases or discovered.databases,
        peers=discovered.peers,
        compared={**facts.compared, **compared},
        coverage=tuple(
            _describe_probe_coverage(entry, results, discovered) for entry in facts.coverage
        ),
        notes=(*facts.notes, *_discovery_notes(facts, results, discovered)),
    )


def _fill_node(node: NodeFacts, membership: GroupMembership | None) -> NodeFacts:
    """Fill in the group if AXL did not list it, and the HA state if PerfMon gave none.

    The state of a node that answered nothing stays unknown: a stored one could be old.
    """
    if membership is None or node.planned or node.identity is Identity.CONTRADICTED:
        return node
    if not node.group_known and membership.group is not None:
        node = replace(node, redundancy_group=membership.group, group_known=True)
    if node.ha_state is None and node.services and membership.state is not None:
        state = HaReading(membership.state, Origin.DISCOVERED, membership.source)
        node = replace(node, ha_state=state)
    return node


def _fill_groups(
    groups: Sequence[Group],
    nodes: Sequence[NodeFacts],
    memberships: Mapping[str, GroupMembership],
) -> tuple[Group, ...]:
    """Return the groups with HA switches filled in, and the groups that only the database has."""
    switches = {(m.group or "").casefold(): m.switch for m in memberships.values()}
    filled = [_fill_ha_switch(group, switches.get(group.name.casefold())) for group in groups]
    names = {group.name.casefold() for group in groups}
    grouped = {node.casefold() for group in groups for node in group.nodes}
    for membership in memberships.values():
        name = membership.group
        if name is None or name.casefold() in names:
            continue
        names.add(name.casefold())
        members = tuple(m.node for m in memberships.values() if m.group == name)
        # The list of AXL outranks the database, and a node in two groups would be judged twice.
        is_elsewhere = any(node.casefold() in grouped for node in members)
        if not is_elsewhere and any(node.redundancy_group == name for node in nodes):
            filled.append(Group(name, members, membership.switch, Origin.DISCOVERED))
    return tuple(filled)


def _fill_ha_switch(group: Group, switch: bool | None) -> Group:
    if group.ha_enabled is not None or switch is None:
        return group
    return replace(group, ha_enabled=switch, switch_origin=Origin.DISCOVERED)


def _describe_probe_coverage(
    entry: Coverage, results: ProbeResults, discovered: DiscoveredFacts
) -> Coverage:
    """Return the coverage of the node's AXL with what was read; what was not is no gap."""
    if (entry.node, entry.source) != (results.node, Source.IMP_AXL):
        return entry
    if entry.outcome is not Outcome.COLLECTED:
        return entry
    read = len(results.probes) - len(discovered.gaps)
    sentences = [f"Best effort: {read} of {len(results.probes)} probes of the database were read."]
    probes_by_reason: dict[str, list[str]] = {}
    for probe_id, why in sorted(discovered.gaps.items()):
        probes_by_reason.setdefault(why, []).append(probe_id)
    sentences += [f"Not read: {', '.join(ids)} ({why})." for why, ids in probes_by_reason.items()]
    return replace(entry, note=" ".join((*sentences, *discovered.summaries)))


def _discovery_notes(
    facts: ClusterFacts, results: ProbeResults, discovered: DiscoveredFacts
) -> list[str]:
    """Return a sentence for keys that neither the file nor the database has, and the notices."""
    keys_with_value = facts.settings.keys() | discovered.settings.keys()
    keys_by_reason: dict[str, list[str]] = {}
    for probe in results.probes:
        unknown = [key for key in probe.keys if key not in keys_with_value]
        if probe.id in discovered.gaps and unknown:
            keys_by_reason.setdefault(discovered.gaps[probe.id], []).extend(unknown)
    notes = [
        f"{join_names(f'`{key}`' for key in keys)} {is_or_are(len(keys))} not declared and cannot "
        f"be read from the database of {results.node}: {why}."
        for why, keys in keys_by_reason.items()
    ]
    return [*notes, *discovered.notices]
