"""Three-valued truth: Kleene's tables, and what survives a combination."""

from hypothesis import given
from hypothesis import strategies as st

from auditor.models.statements import Form, make_statement
from auditor.recommendations.logic import (
    ALWAYS_TRUE,
    Evaluation,
    all_of,
    any_of,
    negate_evaluation,
    negate_exception,
)
from auditor.report.sentences import render_sentence

CHAT = make_statement(Form.KEY_NOT_DECLARED, key="chat")
COMPLIANCE = make_statement(Form.KEY_NOT_DECLARED, key="compliance")
ASK = make_statement(Form.DECLARE_KEY, key="chat")
VALUES = st.sampled_from([True, False, None])
TRUTHS = st.builds(
    Evaluation, VALUES, st.sampled_from([(), (CHAT,), (COMPLIANCE,)]), st.sampled_from([(), (ASK,)])
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
    assert spared.reasons == (() if truth.value is False else truth.reasons)


def test_what_is_unknown_names_all_that_would_settle_it() -> None:
    truth = all_of(
        Evaluation(None, (CHAT,), (ASK,)),
        Evaluation(True, (make_statement(Form.STAYED_UP),)),
        Evaluation(None, (COMPLIANCE,), (make_statement(Form.DECLARE_HA),)),
        Evaluation(None, (COMPLIANCE,), (ASK,)),
    )

    assert render_sentence(truth.because) == (
        "`chat` is not declared and `compliance` is not declared."
    )
    assert truth.hints == (ASK, make_statement(Form.DECLARE_HA))


def test_what_is_false_says_only_what_decided() -> None:
    truth = all_of(Evaluation(None, (CHAT,), (ASK,)), Evaluation(False, (COMPLIANCE,)))

    assert (truth.reasons, truth.hints) == ((COMPLIANCE,), ())
