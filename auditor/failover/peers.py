"""AXL between the clusters of one file: does it answer where each syncs from the other?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from auditor.collect.intercluster import clusters_with_peer, lists_as_peer
from auditor.config.settings import ClusterSettings
from auditor.failover.axl import check_node_axl
from auditor.failover.judged import JudgedCluster
from auditor.failover.model import Peering
from auditor.failover.node_checks import CheckState, NodeCheck
from auditor.models.coverage import Outcome
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import NodeFacts
from auditor.recommendations.engine import evaluate_applicability
from auditor.recommendations.view import NodeView


def check_peerings(
    clusters: Sequence[ClusterSettings], judged_clusters: Mapping[str, JudgedCluster]
) -> tuple[Peering, ...]:
    """Return both directions of every two checked clusters that are peers."""
    checked = [
        (settings, judged_clusters[settings.name])
        for settings in clusters
        if settings.name in judged_clusters
    ]
    peerings = []
    for position, (settings, own) in enumerate(checked):
        for other, theirs in checked[position + 1 :]:
            if lists_as_peer(settings, other, theirs.facts) or lists_as_peer(
                other, settings, own.facts
            ):
                # Each cluster reads from AXL of the other, so one direction can fail while the
                # other works.
                peerings.append(_check_direction(own, theirs))
                peerings.append(_check_direction(theirs, own))
    return tuple(peerings)


def unchecked_peers(
    clusters: Sequence[ClusterSettings], judged_clusters: Mapping[str, JudgedCluster]
) -> tuple[str, ...]:
    """Return the clusters of the file that declare a node of these as a peer, and are not these."""
    peers = {
        peer
        for settings in clusters
        if settings.name in judged_clusters
        for peer in clusters_with_peer(settings, judged_clusters[settings.name].facts)
    }
    return tuple(sorted(peers - {settings.name for settings in clusters}))


def _check_direction(cluster: JudgedCluster, peer: JudgedCluster) -> Peering:
    return Peering(cluster.facts.name, peer.facts.name, tuple(_check_axl_for_peers(peer)))


def _check_axl_for_peers(judged: JudgedCluster) -> Iterator[NodeCheck]:
    """Yield the AXL check of every node that peers sync from."""
    for node in judged.facts.installed_nodes:
        view = NodeView(judged.facts, node, judged.rows["AXL-02"])
        if evaluate_applicability(view).value:
            check = check_node_axl(judged, node)
            if not _was_node_queried(judged.facts, node):
                # A node outside the groups of --group was left out on purpose; "unknown" would look
                # like a failure.
                check = replace(check, state=CheckState.NOT_ASKED)
            yield check


def _was_node_queried(facts: ClusterFacts, node: NodeFacts) -> bool:
    entries = (entry for entry in facts.coverage if entry.node == node.name)
    return any(entry.outcome is not Outcome.SKIPPED for entry in entries)
