"""Three-valued logic (Kleene): values with the reasons for them and with what would settle them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from auditor.models.evidence import Evidence
from auditor.models.statements import Statement, join_statements

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """True, False or unknown (None).

    `reasons` is empty for what needs no explanation. `hints` say how to settle an unknown, or how
    to confirm what was only discovered.
    """

    value: bool | None
    reasons: tuple[Statement, ...] = ()
    hints: tuple[Statement, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def because(self) -> Statement | None:
        """Return the reasons as one statement, None if there are none."""
        return join_statements(self.reasons) if self.reasons else None


ALWAYS_TRUE = Evaluation(True)


def negate_evaluation(evaluation: Evaluation) -> Evaluation:
    """Return the opposite with the same reasons, which are facts; unknown stays unknown."""
    if evaluation.value is None:
        return evaluation
    return replace(evaluation, value=not evaluation.value)


def negate_exception(evaluation: Evaluation) -> Evaluation:
    """Negate an exception. If it does not apply, its reasons are dropped: they explain nothing."""
    if evaluation.value is False:
        return Evaluation(True, hints=evaluation.hints)
    return negate_evaluation(evaluation)


def all_of(*evaluations: Evaluation) -> Evaluation:
    """Return False if any is False, else unknown if any is unknown, else True."""
    return _combine_evaluations(evaluations, decisive=False)


def any_of(*evaluations: Evaluation) -> Evaluation:
    """Return True if any is True, else unknown if any is unknown, else False."""
    return _combine_evaluations(evaluations, decisive=True)


def _combine_evaluations(evaluations: tuple[Evaluation, ...], *, decisive: bool) -> Evaluation:
    remaining = []
    for evaluation in evaluations:
        # One reason decides. The others would not change the value, and would hide what matters.
        if evaluation.value is decisive:
            return evaluation
        # By identity: another true has reasons and evidence that the reader must see.
        if evaluation is not ALWAYS_TRUE:
            remaining.append(evaluation)
    if evaluations and not remaining:
        return ALWAYS_TRUE
    if len(remaining) == 1:
        return remaining[0]
    # Of an unknown result only the unknown parts count: the others are settled.
    unknown = [evaluation for evaluation in remaining if evaluation.value is None]
    return Evaluation(
        None if unknown else not decisive,
        unique(reason for evaluation in unknown or remaining for reason in evaluation.reasons),
        unique(hint for evaluation in unknown or remaining for hint in evaluation.hints),
        unique(piece for evaluation in unknown or remaining for piece in evaluation.evidence),
    )


def unique(values: Iterable[T]) -> tuple[T, ...]:
    """Return each value once, in the order in which it first comes."""
    return tuple(dict.fromkeys(values))
