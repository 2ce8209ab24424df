"""Which services keep restarting, by the start times that look after look tells."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from auditor.facts import NodeFacts
from auditor.failover.seen import Aspect, Point
from auditor.findings import Verdict

Running = tuple[str, str]
"""A node and a service of it."""

_ENOUGH = 2
"""Moves of a start time that are no single restart, by hand or by high availability."""

UNSTABLE = "UNSTABLE"
"""The word for a service that keeps restarting."""


@dataclass(slots=True)
class Restarts:
    """Counts how often the start time of a service moved from one look to the next."""

    started: dict[Running, str] = field(default_factory=dict)
    moves: dict[Running, int] = field(default_factory=dict)

    def note(self, nodes: Iterable[NodeFacts]) -> None:
        """Take in what a look told; a service that tells no start time keeps its last one."""
        for node in nodes:
            for service in node.services.values():
                if service.started_at:
                    self._note((node.name, service.name), service.started_at)

    def _note(self, running: Running, started_at: str) -> None:
        if self.started.get(running, started_at) != started_at:
            self.moves[running] = self.moves.get(running, 0) + 1
        self.started[running] = started_at

    def of(self, nodes: Iterable[NodeFacts]) -> tuple[Running, ...]:
        """Return the services of these nodes that keep restarting."""
        own = {node.name for node in nodes}
        return tuple(
            sorted(one for one, count in self.moves.items() if count >= _ENOUGH and one[0] in own)
        )


def unsteady(point: Point, restarting: Iterable[Running]) -> Point:
    """Return a point as it is, or as drift if its service keeps restarting.

    One that is stopped stays told as that; one that need not run may restart as it likes.
    """
    weighs = point.verdict in (Verdict.PASS, Verdict.UNKNOWN) and point.aspect is not Aspect.AXL
    if not weighs or (point.node, point.service) not in restarting:
        return point
    text = f"{point.service} on {point.node} keeps restarting."
    return replace(point, verdict=Verdict.DRIFT, text=text, word=UNSTABLE)
