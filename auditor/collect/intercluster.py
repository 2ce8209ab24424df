"""Lets clusters of one file tell of each other: whom one syncs from, as its database lists it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from auditor.collect.discovery.merge import append_settings
from auditor.config.settings import ClusterSettings
from auditor.models.facts import ClusterFacts, Origin, Setting


def add_peer_settings(
    clusters: Sequence[ClusterSettings], facts: Sequence[ClusterFacts]
) -> tuple[ClusterFacts, ...]:
    """Return the facts of all clusters with what the discovered peers of the others tell of them.

    A peer address that is a node of a cluster says that this cluster has intercluster peers, and
    that they sync from that node's group. Being discovered, it fills what nobody declared. Takes
    both in the same order.
    """
    return tuple(
        _add_cluster_peers(settings, own, [other for other in facts if other is not own])
        for settings, own in zip(clusters, facts, strict=True)
    )


def _add_cluster_peers(
    settings: ClusterSettings, facts: ClusterFacts, others: Sequence[ClusterFacts]
) -> ClusterFacts:
    names = _nodes_by_address(settings, facts)
    told = {
        (other.name, names[address.casefold()])
        for other in others
        for address in other.peers
        if address.casefold() in names
    }
    if not told:
        return facts
    by = ", ".join(sorted({name for name, _ in told}))
    source = f"peers in the database of cluster {by} (meaning inferred)"
    nodes = frozenset(node for _, node in told)
    new = {
        "intercluster": Setting(True, Origin.DISCOVERED, source),
        "intercluster_synced_from": Setting(True, Origin.DISCOVERED, source, nodes),
    }
    return replace(facts, settings=append_settings(facts.settings, new))


def _nodes_by_address(settings: ClusterSettings, facts: ClusterFacts) -> Mapping[str, str]:
    """Return the nodes by name, and by the host at which one of them alone is dialled."""
    nodes = [node.name for node in facts.nodes]
    hosts = [(settings.address_of(node).host.casefold(), node) for node in nodes]
    shared = Counter(host for host, _ in hosts)
    alone = {host: node for host, node in hosts if shared[host] == 1}
    return alone | {node.casefold(): node for node in nodes}
