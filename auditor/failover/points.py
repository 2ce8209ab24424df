"""What is seen on one node: AXL, its services, and whether it belongs to the group."""

from collections.abc import Iterator

from auditor.facts import NodeFacts
from auditor.failover.axl import axl
from auditor.failover.judged import Judged
from auditor.failover.seen import Aspect, Point
from auditor.failover.services import CRITICAL, KEEPERS, OTHERS, critical, keeper, other
from auditor.findings import Verdict
from auditor.recommendations.view import look


def points(known: Judged, node: NodeFacts) -> Iterator[Point]:
    """Yield everything that is seen on a node."""
    yield axl(known, node)
    for service in CRITICAL:
        yield critical(known, node, service)
    for service in KEEPERS:
        yield keeper(known, node, service)
    if not node.services:
        why = look(known.facts, node, OTHERS[0]).why
        yield Point(Aspect.OTHERS, node.name, Verdict.UNKNOWN, why, "unknown")
    for service in OTHERS:
        point = other(known, node, service)
        if point is not None:
            yield point
    yield member(known, node)


def member(known: Judged, node: NodeFacts) -> Point:
    """Tell whether the node belongs to a redundancy group (HA-02)."""
    finding = known.finding("HA-02", node.name)
    verdict = finding.verdict if finding else Verdict.UNKNOWN
    text = finding.observed if finding else f"The group of {node.name} is not known."
    words = {Verdict.PASS: "yes", Verdict.DRIFT: "IN NO GROUP"}
    return Point(Aspect.MEMBER, node.name, verdict, text, words.get(verdict, "unknown"))
