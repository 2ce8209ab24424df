"""What happened between two snapshots: a change and all that follows from it is one event.

A service that stops changes its state, the verdicts on it, those that depend on it and the users'
sessions. Where it is not certain what a difference follows from, it stays an event of its own.
"""

from collections.abc import Iterable, Sequence

from auditor.change.diff.model import (
    ChangeEvent,
    ComparedCluster,
    Difference,
    EventDirection,
)
from auditor.change.diff.origins import EventOrigins


def group_events(
    differences: Sequence[Difference], before: ComparedCluster, after: ComparedCluster
) -> tuple[ChangeEvent, ...]:
    """Return the events of a cluster, in the order of the differences that begin them."""
    origins = EventOrigins(differences, before, after)
    consequences: dict[int, list[Difference]] = {}
    for index, difference in enumerate(differences):
        first = origins.first_of(index)
        follows = consequences.setdefault(first, [])
        if first != index:
            follows.append(difference)
    return tuple(
        _begin_with_own(differences[first], follows)
        for first, follows in sorted(consequences.items())
    )


def _begin_with_own(difference: Difference, consequences: Sequence[Difference]) -> ChangeEvent:
    """Return an event whose first consequences are those on its own service."""
    own = (difference.about, difference.service)
    return ChangeEvent(
        difference, tuple(sorted(consequences, key=lambda d: (d.about, d.service) != own))
    )


def count_directions(events: Iterable[ChangeEvent]) -> dict[EventDirection, int]:
    """Return how many events there are of each direction.

    What is still there did not happen, so it is counted by its differences, as an audit does.
    """
    listed = tuple(events)
    return {
        direction: count_listed([e for e in listed if e.direction is direction])
        for direction in EventDirection
    }


def count_listed(events: Iterable[ChangeEvent]) -> int:
    """Return how many events there are, or differences of those that are still there."""
    return sum(
        len(event.differences) if event.direction is EventDirection.STILL_THERE else 1
        for event in events
    )
