"""Three-valued truth: Kleene's tables, and what survives a combination."""

from hypothesis import given
from hypothesis import strategies as st

from auditor.recommendations.truth import ALWAYS, Truth, both, either, negate, spares

VALUES = st.sampled_from([True, False, None])
TRUTHS = st.builds(Truth, VALUES, st.sampled_from(["", "a", "b"]), st.sampled_from(["", "Ask."]))
MANY = st.lists(TRUTHS | st.just(ALWAYS), max_size=5)


def _and(values: list[bool | None]) -> bool | None:
    if False in values:
        return False
    return None if None in values else True


@given(MANY)
def test_a_conjunction_is_false_by_one_and_unknown_by_one(truths: list[Truth]) -> None:
    assert both(*truths).value is _and([t.value for t in truths])


@given(MANY)
def test_a_disjunction_is_the_conjunction_of_opposites(truths: list[Truth]) -> None:
    assert either(*truths).value is negate(both(*map(negate, truths))).value


@given(MANY, MANY)
def test_grouping_does_not_change_the_value(one: list[Truth], other: list[Truth]) -> None:
    assert both(both(*one), both(*other)).value is both(*one, *other).value
    assert either(either(*one), either(*other)).value is either(*one, *other).value


@given(TRUTHS)
def test_an_exception_that_is_not_made_is_not_mentioned(truth: Truth) -> None:
    spared = spares(truth)

    assert spared.value is negate(truth).value
    assert spared.sentence == ("" if truth.value is False else truth.sentence)


def test_what_is_unknown_names_all_that_would_settle_it() -> None:
    truth = both(
        Truth(None, "nobody declared `chat`", "Declare `chat`."),
        Truth(True, "it is so"),
        Truth(None, "nobody declared `compliance`", "Declare `compliance`."),
    )

    assert truth.sentence == "Nobody declared `chat` and nobody declared `compliance`."
    assert truth.hint == "Declare `chat`. Declare `compliance`."


def test_what_is_false_says_only_what_decided() -> None:
    truth = both(Truth(None, "who knows", "Ask."), Truth(False, "`chat` is false"))

    assert (truth.sentence, truth.hint) == ("`chat` is false.", "")
