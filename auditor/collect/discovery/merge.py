"""Fills what nobody declared or observed with what was discovered; nothing else is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from auditor.collect.declared import compare_declared_databases
from auditor.collect.discovery.interpret import (
    DiscoveredFacts,
    GroupMembership,
    interpret_probe_results,
)
from auditor.collect.discovery.probes import Probe
from auditor.collect.discovery.reader import ProbeResults
from auditor.models.facts import (
    ClusterFacts,
    Coverage,
    Group,
    HaReading,
    Identity,
    NodeFacts,
    Origin,
    Outcome,
    Setting,
    Source,
)


def apply_probe_results(facts: ClusterFacts, reading: ProbeResults) -> ClusterFacts:
    """Return the facts with what the database told, all of it of origin discovered.

    A declared value stays in its place, and a differing one stands behind it as a contradiction.
    """
    found = interpret_probe_results(
        reading, [node.name for node in facts.nodes if not node.planned]
    )
    places = {place.node: place for place in found.places}
    nodes = tuple(_fill_node(node, places.get(node.name)) for node in facts.nodes)
    return replace(
        facts,
        nodes=nodes,
        groups=_fill_groups(facts.groups, nodes, places),
        settings=append_settings(facts.settings, found.settings),
        databases=facts.databases or found.databases,
        peers=found.peers,
        compared={**facts.compared, **compare_declared_databases(facts.databases, found.databases)},
        coverage=tuple(_describe_probe_coverage(entry, reading, found) for entry in facts.coverage),
        notes=(*facts.notes, *_discovery_notes(facts, reading, found)),
    )


def append_settings(
    told: Mapping[str, tuple[Setting, ...]], discovered: Mapping[str, Setting]
) -> Mapping[str, tuple[Setting, ...]]:
    """Return the tellings of every key with a discovered one after those that were there."""
    return {**told, **{key: (*told.get(key, ()), new) for key, new in discovered.items()}}


def _fill_node(node: NodeFacts, place: GroupMembership | None) -> NodeFacts:
    """Fill the group that AXL did not tell, and the state of a node whose PerfMon has none.

    A node that gives no answer at all keeps its silence: it says more than a stored state.
    """
    if place is None or node.planned or node.identity is Identity.CONTRADICTED:
        return node
    if not node.group_known and place.group is not None:
        node = replace(node, redundancy_group=place.group, group_known=True)
    if node.ha_state is None and node.services and place.state is not None:
        state = HaReading(place.state, Origin.DISCOVERED, place.source)
        node = replace(node, ha_state=state)
    return node


def _fill_groups(
    known: Sequence[Group], nodes: Sequence[NodeFacts], places: Mapping[str, GroupMembership]
) -> tuple[Group, ...]:
    """Return the groups with the HA switch where nobody told it, and those that nobody told."""
    switches = {(p.group or "").casefold(): p.switch for p in places.values()}
    groups = [_fill_ha_switch(group, switches.get(group.name.casefold())) for group in known]
    names = {group.name.casefold() for group in known}
    listed = {node.casefold() for group in known for node in group.nodes}
    for place in places.values():
        name = place.group
        if name is None or name.casefold() in names:
            continue
        names.add(name.casefold())
        inside = [p.node for p in places.values() if p.group == name]
        elsewhere = listed & {node.casefold() for node in inside}
        if not elsewhere and any(node.redundancy_group == name for node in nodes):
            groups.append(Group(name, tuple(inside), place.switch, Origin.DISCOVERED))
    return tuple(groups)


def _fill_ha_switch(group: Group, switch: bool | None) -> Group:
    if group.ha_enabled is not None or switch is None:
        return group
    return replace(group, ha_enabled=switch, switch_origin=Origin.DISCOVERED)


def _describe_probe_coverage(
    entry: Coverage, reading: ProbeResults, found: DiscoveredFacts
) -> Coverage:
    """Say in the coverage what the database told; what it did not is no gap of the audit."""
    if (entry.node, entry.source) != (reading.node, Source.IMP_AXL):
        return entry
    if entry.outcome is not Outcome.COLLECTED:
        return entry
    read = len(reading.probes) - len(found.gaps)
    sentences = [f"Best effort: {read} of {len(reading.probes)} probes of the database were read."]
    by_reason: dict[str, list[str]] = {}
    for name, why in sorted(found.gaps.items()):
        by_reason.setdefault(why, []).append(name)
    sentences += [f"Not read: {', '.join(names)} ({why})." for why, names in by_reason.items()]
    return replace(entry, note=" ".join((*sentences, *found.told)))


def _discovery_notes(
    facts: ClusterFacts, reading: ProbeResults, found: DiscoveredFacts
) -> list[str]:
    """Return what the operator should know: a key that neither the file nor the database tells."""
    open_ones = [
        (probe, keys)
        for probe in reading.probes
        if probe.id in found.gaps and (keys := _undiscovered_keys(facts, probe, found))
    ]
    by_reason: dict[str, list[str]] = {}
    for probe, keys in open_ones:
        by_reason.setdefault(found.gaps[probe.id], []).extend(keys)
    notes = [
        f"Nobody declared {', '.join(f'`{key}`' for key in keys)}, and the database of "
        f"{reading.node} does not tell: {why}."
        for why, keys in by_reason.items()
    ]
    return [*notes, *found.notices]


def _undiscovered_keys(facts: ClusterFacts, probe: Probe, found: DiscoveredFacts) -> list[str]:
    told = facts.settings.keys() | found.settings.keys()
    return [key for key in probe.keys if key not in told]
