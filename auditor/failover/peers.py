"""Between the clusters of one file: does AXL answer where each syncs from the other?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from auditor.cluster import ClusterFacts
from auditor.config.settings import ClusterSettings
from auditor.facts import NodeFacts, Outcome
from auditor.failover.axl import axl
from auditor.failover.findings import Peering
from auditor.failover.judged import Judged
from auditor.failover.seen import Point
from auditor.findings import Verdict
from auditor.recommendations.engine import applicability
from auditor.recommendations.view import View

_GRAVEST = (Verdict.DRIFT, Verdict.UNKNOWN, Verdict.PASS)


def peerings(
    clusters: Sequence[ClusterSettings], known: Mapping[str, Judged]
) -> tuple[Peering, ...]:
    """Return both directions of every two clusters that were looked at and are peers."""
    seen = [(settings, known[settings.name]) for settings in clusters if settings.name in known]
    found = []
    for position, (settings, own) in enumerate(seen):
        for other, theirs in seen[position + 1 :]:
            if _lists(settings, other, theirs.facts) or _lists(other, settings, own.facts):
                found.append(_direction(own, theirs))
                found.append(_direction(theirs, own))
    return tuple(found)


def unasked(clusters: Sequence[ClusterSettings]) -> tuple[str, ...]:
    """Return a sentence on each cluster of the file that is a peer and was not looked at."""
    names = {settings.name for settings in clusters}
    peering = {by for settings in clusters for by, _ in settings.peered_from if by not in names}
    return tuple(
        f"Cluster {name} of the file has peers too and was not looked at: leave the names of "
        "clusters out to see whether AXL answers in both directions."
        for name in sorted(peering)
    )


def _lists(one: ClusterSettings, other: ClusterSettings, facts: ClusterFacts) -> bool:
    """Tell whether a cluster lists a node of another, by name or address, among its peers."""
    places = {node.name.casefold() for node in facts.nodes}
    places |= {host for node in facts.nodes if (host := _own_host(other, node, facts))}
    return any(address.casefold() in places for address in one.peers)


def _own_host(settings: ClusterSettings, node: NodeFacts, facts: ClusterFacts) -> str:
    """Return the host at which this node alone is dialled, empty if others share it."""
    hosts = [settings.dial(other.name).host.casefold() for other in facts.nodes]
    host = settings.dial(node.name).host.casefold()
    return host if hosts.count(host) == 1 else ""


def _direction(asker: Judged, asked: Judged) -> Peering:
    points = list(_answers(asked))
    verdict = next(
        (v for v in _GRAVEST if any(point.verdict is v for point in points)), Verdict.UNKNOWN
    )
    told = ", ".join(f"{point.node} {point.word}" for point in points)
    text = told or "no node is known that must answer"
    return Peering(asker.facts.name, asked.facts.name, verdict, text)


def _answers(known: Judged) -> Iterator[Point]:
    """Yield AXL of every node that peers sync from."""
    for node in known.facts.nodes:
        view = View(known.facts, node, known.rows["AXL-02"])
        if not node.planned and applicability(view).value:
            point = axl(known, node)
            yield point if _asked(known.facts, node) else replace(point, word="not asked")


def _asked(facts: ClusterFacts, node: NodeFacts) -> bool:
    entries = (entry for entry in facts.coverage if entry.node == node.name)
    return any(entry.outcome is not Outcome.SKIPPED for entry in entries)
