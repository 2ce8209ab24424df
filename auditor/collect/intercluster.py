"""Which nodes of a cluster other clusters of the file sync from, as their peer lists show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from auditor.config.hosts import NodeAddress, match_address
from auditor.config.settings import ClusterSettings
from auditor.models.deployment import INTERCLUSTER_KEY, SYNCED_FROM_KEY
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
from auditor.models.settings import Setting, append_settings


def lists_as_peer(settings: ClusterSettings, other: ClusterSettings, facts: ClusterFacts) -> bool:
    """Return whether a cluster declares a node of another, with these facts, as a peer."""
    nodes = _node_addresses(other, (node.name for node in facts.nodes))
    return any(match_address(address, nodes) for address in settings.peers)


def clusters_with_peer(settings: ClusterSettings, facts: ClusterFacts) -> frozenset[str]:
    """Return the other clusters of the file that declare a node of this one as a peer."""
    names = (node.name for node in facts.nodes)
    return frozenset(cluster for cluster, _ in _match_peers(settings, names, settings.peered_from))


def declared_peer_settings(
    settings: ClusterSettings, names: Iterable[str]
) -> Mapping[str, tuple[Setting, ...]]:
    """Return the cluster's settings with what the declared peers of other clusters add to them.

    A peer address that is one of this cluster's nodes, whose names are given, shows that the
    cluster has intercluster peers, and that they sync from that node's group.
    """
    references = _match_peers(settings, names, settings.peered_from)
    if not references:
        return settings.settings
    source = f"intercluster_peer of cluster {_cluster_names(references)}"
    extended = dict(settings.settings)
    declared = extended.get(INTERCLUSTER_KEY, ())
    if not declared:
        extended[INTERCLUSTER_KEY] = (Setting(True, Origin.DECLARED, source),)
    elif not declared[0].on:
        # The cluster's own file decides; the other's stays beside it as a contradiction.
        contradiction = Setting(True, Origin.DISCOVERED, source)
        extended[INTERCLUSTER_KEY] = (*declared, contradiction)
    own = extended.get(SYNCED_FROM_KEY, ())
    # Added to the file's own list: peers may sync from more groups than it names.
    nodes = frozenset(node for _, node in references).union(*(s.nodes or () for s in own))
    sources = "; ".join((*(setting.source for setting in own), source))
    extended[SYNCED_FROM_KEY] = (Setting(True, Origin.DECLARED, sources, nodes),)
    return extended


def add_peer_settings(
    clusters: Sequence[ClusterSettings], facts: Sequence[ClusterFacts]
) -> tuple[ClusterFacts, ...]:
    """Return the facts of all clusters with what the discovered peers of the others add to them.

    Takes both in the same order. Being discovered, it counts only for keys that are not declared.
    """
    return tuple(
        _add_discovered_peers(settings, own, [other for other in facts if other is not own])
        for settings, own in zip(clusters, facts, strict=True)
    )


def _add_discovered_peers(
    settings: ClusterSettings, facts: ClusterFacts, others: Sequence[ClusterFacts]
) -> ClusterFacts:
    peers = [(other.name, address) for other in others for address in other.peers]
    references = _match_peers(settings, (node.name for node in facts.nodes), peers)
    if not references:
        return facts
    clusters = _cluster_names(references)
    source = f"peers in the database of cluster {clusters} (meaning inferred)"
    nodes = frozenset(node for _, node in references)
    discovered = {
        INTERCLUSTER_KEY: Setting(True, Origin.DISCOVERED, source),
        SYNCED_FROM_KEY: Setting(True, Origin.DISCOVERED, source, nodes),
    }
    return replace(facts, settings=append_settings(facts.settings, discovered))


def _match_peers(
    settings: ClusterSettings, names: Iterable[str], peers: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return (cluster, node) for every (cluster, peer address) that is a node of this cluster."""
    nodes = _node_addresses(settings, names)
    return [
        (cluster, node.name) for cluster, address in peers for node in match_address(address, nodes)
    ]


def _node_addresses(settings: ClusterSettings, names: Iterable[str]) -> tuple[NodeAddress, ...]:
    return tuple(NodeAddress(name, settings.address_of(name).host) for name in names)


def _cluster_names(references: Iterable[tuple[str, str]]) -> str:
    return ", ".join(sorted({cluster for cluster, _ in references}))
