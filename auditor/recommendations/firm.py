"""Facts reduced to what may be believed, and to what does not hang on discovery."""

from dataclasses import replace

from auditor.cluster import ClusterFacts, Setting
from auditor.facts import HaReading, Identity, NodeFacts, Origin


def believable(facts: ClusterFacts) -> ClusterFacts:
    """Return the facts without anything that another machine answered in a node's place."""
    return replace(facts, nodes=tuple(_own(node) for node in facts.nodes))


def _own(node: NodeFacts) -> NodeFacts:
    if node.identity is not Identity.CONTRADICTED:
        return node
    return replace(node, services={}, ha_state=None, axl=None, release=None)


def firm(facts: ClusterFacts) -> ClusterFacts:
    """Return the facts as they would be if nothing had been discovered.

    A verdict that is compliant with all facts and not with these hangs on discovery alone.

    Subjects stay: nodes and groups that were only discovered are still there to be judged.
    """
    guessed = {g.name.casefold() for g in facts.groups if g.origin is Origin.DISCOVERED}
    return replace(
        facts,
        nodes=tuple(_node(node, guessed) for node in facts.nodes),
        groups=tuple(
            replace(group, ha_enabled=None) if group.switch_discovered else group
            for group in facts.groups
        ),
        settings={key: kept for key, told in facts.settings.items() if (kept := _told(told))},
        databases=tuple(d for d in facts.databases if d.origin is not Origin.DISCOVERED),
    )


def _told(tellings: tuple[Setting, ...]) -> tuple[Setting, ...]:
    return tuple(told for told in tellings if told.origin is not Origin.DISCOVERED)


def _node(node: NodeFacts, guessed: set[str]) -> NodeFacts:
    grouped = (node.redundancy_group or "").casefold() not in guessed
    return replace(
        node,
        redundancy_group=node.redundancy_group if grouped else None,
        group_known=node.group_known and grouped,
        ha_state=_reading(node.ha_state),
    )


def _reading(reading: HaReading | None) -> HaReading | None:
    return None if reading is None or reading.origin is Origin.DISCOVERED else reading
