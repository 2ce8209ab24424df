"""Folds changes between two runs by cause: what came or went with its cause is no line of its own.

History keeps no causes. The rules give them, from what changed in the same way.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auditor.models.findings import Verdict
from auditor.models.history import ChangeDirection, FindingChange
from auditor.models.nodes import NodeFacts
from auditor.recommendations.causes import find_causes


@dataclass(frozen=True, slots=True)
class CauseChange:
    """A change, and those of its effects that changed in the same way."""

    change: FindingChange
    effects: tuple[FindingChange, ...] = ()


def fold_changes(
    changes: Sequence[FindingChange], nodes: Iterable[NodeFacts] = ()
) -> tuple[CauseChange, ...]:
    """Return the changes of one cluster in their order, effects with the cause they changed with.

    `nodes` tell the redundancy group of a node, whose drift may be a cause, too.
    """
    placed = tuple(nodes)
    order = {change.finding.id: number for number, change in enumerate(changes)}
    folded: list[CauseChange] = []
    for direction in dict.fromkeys(change.direction for change in changes):
        folded += _fold_alike([c for c in changes if c.direction is direction], placed)
    return tuple(sorted(folded, key=lambda entry: order[entry.change.finding.id]))


def _fold_alike(changes: Iterable[FindingChange], nodes: Sequence[NodeFacts]) -> list[CauseChange]:
    by_id = {change.finding.id: change for change in changes}
    drifted = [change.finding for change in by_id.values() if _is_about_drift(change)]
    causes = find_causes(drifted, nodes)
    effects: dict[str, list[FindingChange]] = {}
    for id_, change in by_id.items():
        root = id_
        while first := next(iter(causes.get(root, ())), None):
            root = first.id
        effects.setdefault(root, [])
        if root != id_:
            effects[root].append(change)
    return [CauseChange(by_id[root], tuple(own)) for root, own in effects.items()]


def _is_about_drift(change: FindingChange) -> bool:
    """Return whether a change is about drift: what was waived or explained is no cause."""
    is_resolved = change.direction is ChangeDirection.RESOLVED
    return (change.before if is_resolved else change.finding.verdict) is Verdict.DRIFT
