"""Three-valued truth: Kleene's tables, and what survives a combination."""

from hypothesis import given
from hypothesis import strategies as st

from auditor.recommendations.logic import (
    ALWAYS_TRUE,
    Evaluation,
    all_of,
    any_of,
    negate_evaluation,
    negate_exception,
)

VALUES = st.sampled_from([True, False, None])
TRUTHS = st.builds(
    Evaluation, VALUES, st.sampled_from(["", "a", "b"]), st.sampled_from(["", "Ask."])
)
MANY = st.lists(TRUTHS | st.just(ALWAYS_TRUE), max_size=5)


def _and(values: list[bool | None]) -> bool | None:
    if False in values:
        return False
    return None if None in values else True


@given(MANY)
def test_a_conjunction_is_false_by_one_and_unknown_by_one(truths: list[Evaluation]) -> None:
    assert all_of(*truths).value is _and([t.value for t in truths])


@given(MANY)
def test_a_disjunction_is_the_conjunction_of_opposites(truths: list[Evaluation]) -> None:
    assert any_of(*truths).value is negate_evaluation(all_of(*map(negate_evaluation, truths))).value


@given(MANY, MANY)
def test_grouping_does_not_change_the_value(one: list[Evaluation], other: list[Evaluation]) -> None:
    assert all_of(all_of(*one), all_of(*other)).value is all_of(*one, *other).value
    assert any_of(any_of(*one), any_of(*other)).value is any_of(*one, *other).value


@given(TRUTHS)
def test_an_exception_that_is_not_made_is_not_mentioned(truth: Evaluation) -> None:
    spared = negate_exception(truth)

    assert spared.value is negate_evaluation(truth).value
    assert spared.sentence == ("" if truth.value is False else truth.sentence)


def test_what_is_unknown_names_all_that_would_settle_it() -> None:
    truth = all_of(
        Evaluation(None, "nobody declared `chat`", "Declare `chat`."),
        Evaluation(True, "it is so"),
        Evaluation(None, "nobody declared `compliance`", "Declare `compliance`."),
    )

    assert truth.sentence == "Nobody declared `chat` and nobody declared `compliance`."
    assert truth.hint == "Declare `chat`. Declare `compliance`."


def test_what_is_false_says_only_what_decided() -> None:
    truth = all_of(Evaluation(None, "who knows", "Ask."), Evaluation(False, "`chat` is false"))

    assert (truth.sentence, truth.hint) == ("`chat` is false.", "")
