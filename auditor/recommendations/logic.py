"""Three-valued truth that remembers why it holds and what would settle it (Kleene's logic)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from auditor.models.facts import Evidence

T = TypeVar("T")

_SENTENCE_END = re.compile(r"(?<=\.) (?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """True, False or unknown (None), with a clause that says why.

    `clause` is the middle of a sentence, empty for what needs no saying; `more` holds the others
    of a combination. `hint` is a sentence that
    tells how to settle an unknown, or how to confirm what was only discovered.
    """

    value: bool | None
    clause: str = ""
    hint: str = ""
    evidence: tuple[Evidence, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Return the clauses as one sentence, empty if there are none."""
        text = " and ".join(_unique_nonempty((self.clause, *self.more)))
        return f"{text[0].upper()}{text[1:]}." if text else ""


ALWAYS_TRUE = Evaluation(True)


def negate_evaluation(truth: Evaluation) -> Evaluation:
    """Return the opposite; unknown stays unknown, and the clause, a statement of fact, stays."""
    if truth.value is None:
        return truth
    return Evaluation(not truth.value, truth.clause, truth.hint, truth.evidence, truth.more)


def negate_exception(truth: Evaluation) -> Evaluation:
    """Return the opposite of an exception, without a word on an exception that is not made."""
    if truth.value is False:
        return Evaluation(True, hint=truth.hint)
    return negate_evaluation(truth)


def all_of(*truths: Evaluation) -> Evaluation:
    """Return the conjunction: one False decides, else one unknown does."""
    return _combine_evaluations(truths, decisive=False)


def any_of(*truths: Evaluation) -> Evaluation:
    """Return the disjunction: one True decides, else one unknown does."""
    return _combine_evaluations(truths, decisive=True)


def _combine_evaluations(truths: tuple[Evaluation, ...], *, decisive: bool) -> Evaluation:
    for truth in truths:
        if truth.value is decisive:
            return truth
    telling = [truth for truth in truths if truth is not ALWAYS_TRUE]
    if len(telling) == 1:
        return telling[0]
    open_ones = [truth for truth in truths if truth.value is None]
    if open_ones:
        return _join_evaluations(None, open_ones)
    return _join_evaluations(not decisive, telling)


def _join_evaluations(value: bool | None, truths: Sequence[Evaluation]) -> Evaluation:
    first, *more = _unique_nonempty(c for truth in truths for c in (truth.clause, *truth.more)) or [
        ""
    ]
    return Evaluation(
        value,
        first,
        join_hints(*(truth.hint for truth in truths)),
        tuple(_unique_nonempty(piece for truth in truths for piece in truth.evidence)),
        tuple(more),
    )


def join_hints(*told: str) -> str:
    """Return hints as one text that says no sentence twice."""
    given = [hint for hint in told if hint]
    return " ".join(_unique_nonempty(part for hint in given for part in _SENTENCE_END.split(hint)))


def _unique_nonempty(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(value for value in values if value))
