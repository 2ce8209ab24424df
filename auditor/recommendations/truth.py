"""Three-valued truth that remembers why it holds and what would settle it (Kleene's logic)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from auditor.facts import Evidence

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Truth:
    """True, False or unknown (None), with a clause that says why.

    `clause` is the middle of a sentence, empty for what needs no saying. `hint` is a sentence that
    tells how to settle an unknown, or how to confirm what was only discovered.
    """

    value: bool | None
    clause: str = ""
    hint: str = ""
    evidence: tuple[Evidence, ...] = ()


ALWAYS = Truth(True)


def negate(truth: Truth) -> Truth:
    """Return the opposite; unknown stays unknown, and the clause, a statement of fact, stays."""
    return truth if truth.value is None else replace(truth, value=not truth.value)


def both(*truths: Truth) -> Truth:
    """Return the conjunction: one False decides, else one unknown does."""
    return _combine(truths, decisive=False)


def either(*truths: Truth) -> Truth:
    """Return the disjunction: one True decides, else one unknown does."""
    return _combine(truths, decisive=True)


def _combine(truths: tuple[Truth, ...], *, decisive: bool) -> Truth:
    for truth in truths:
        if truth.value is decisive:
            return truth
    open_ones = [truth for truth in truths if truth.value is None]
    if open_ones:
        return _joined(None, open_ones)
    return _joined(not decisive, truths)


def _joined(value: bool | None, truths: Sequence[Truth]) -> Truth:
    return Truth(
        value,
        " and ".join(_unique(truth.clause for truth in truths)),
        " ".join(_unique(truth.hint for truth in truths)),
        tuple(_unique(piece for truth in truths for piece in truth.evidence)),
    )


def _unique(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(value for value in values if value))
