"""Which of several points is spoken of first."""

from collections.abc import Sequence

from auditor.failover.seen import Aspect, Point
from auditor.failover.services import CRITICAL


def first(points: Sequence[Point]) -> Point:
    """Return the point to speak of: services in the order of their start, then AXL, then rest."""
    return min(points, key=rank)


def rank(point: Point) -> int:
    """Return the place of a point among others: services in the order of their start first."""
    if point.service in CRITICAL:
        return CRITICAL.index(point.service)
    order = (Aspect.AXL, Aspect.KEEPERS, Aspect.OTHERS, Aspect.MEMBER, Aspect.CRITICAL)
    return len(CRITICAL) + order.index(point.aspect)
