"""Between the clusters of one file: does AXL answer where each syncs from the other?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from auditor.collect.intercluster import lists_as_peer
from auditor.config.settings import ClusterSettings
from auditor.failover.model import NodeCheck, Peering
from auditor.failover.services import FailoverFindings, check_node_axl
from auditor.models.facts import ClusterFacts, NodeFacts, Outcome
from auditor.models.findings import Verdict
from auditor.recommendations.engine import evaluate_applicability
from auditor.recommendations.view import NodeView


def check_peerings(
    clusters: Sequence[ClusterSettings], known: Mapping[str, FailoverFindings]
) -> tuple[Peering, ...]:
    """Return both directions of every two clusters that were looked at and are peers."""
    seen = [(settings, known[settings.name]) for settings in clusters if settings.name in known]
    found = []
    for position, (settings, own) in enumerate(seen):
        for other, theirs in seen[position + 1 :]:
            if lists_as_peer(settings, other, theirs.facts) or lists_as_peer(
                other, settings, own.facts
            ):
                found.append(_check_peering_direction(own, theirs))
                found.append(_check_peering_direction(theirs, own))
    return tuple(found)


def unchecked_peer_notes(clusters: Sequence[ClusterSettings]) -> tuple[str, ...]:
    """Return a sentence on each cluster of the file that is a peer and was not looked at."""
    names = {settings.name for settings in clusters}
    peering = {by for settings in clusters for by, _ in settings.peered_from if by not in names}
    return tuple(
        f"Cluster {name} of the file has peers too and was not looked at: leave the names of "
        "clusters out to see whether AXL answers in both directions."
        for name in sorted(peering)
    )


def _check_peering_direction(asker: FailoverFindings, asked: FailoverFindings) -> Peering:
    points = list(_check_axl_for_peers(asked))
    verdict = min(
        (point.verdict for point in points),
        key=lambda verdict: verdict.rank,
        default=Verdict.UNKNOWN,
    )
    told = ", ".join(f"{point.node} {point.word}" for point in points)
    text = told or "no node is known that must answer"
    return Peering(asker.facts.name, asked.facts.name, verdict, text)


def _check_axl_for_peers(known: FailoverFindings) -> Iterator[NodeCheck]:
    """Yield AXL of every node that peers sync from."""
    for node in known.facts.nodes:
        view = NodeView(known.facts, node, known.rows["AXL-02"])
        if not node.planned and evaluate_applicability(view).value:
            point = check_node_axl(known, node)
            yield (
                point if _was_node_queried(known.facts, node) else replace(point, word="not asked")
            )


def _was_node_queried(facts: ClusterFacts, node: NodeFacts) -> bool:
    entries = (entry for entry in facts.coverage if entry.node == node.name)
    return any(entry.outcome is not Outcome.SKIPPED for entry in entries)
