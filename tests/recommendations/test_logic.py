"""Three-valued logic: Kleene's tables, and what a combination keeps."""

from hypothesis import given
from hypothesis import strategies as st

from auditor.models.forms import Form
from auditor.models.statements import make_statement
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
EVALUATIONS = st.builds(
    Evaluation, VALUES, st.sampled_from([(), (CHAT,), (COMPLIANCE,)]), st.sampled_from([(), (ASK,)])
)
MANY = st.lists(EVALUATIONS | st.just(ALWAYS_TRUE), max_size=5)


def _and(values: list[bool | None]) -> bool | None:
    if False in values:
        return False
    return None if None in values else True


@given(MANY)
def test_a_conjunction_is_false_by_one_and_unknown_by_one(evaluations: list[Evaluation]) -> None:
    assert all_of(*evaluations).value is _and([e.value for e in evaluations])


@given(MANY)
def test_a_disjunction_is_the_conjunction_of_opposites(evaluations: list[Evaluation]) -> None:
    assert (
        any_of(*evaluations).value
        is negate_evaluation(all_of(*map(negate_evaluation, evaluations))).value
    )


@given(MANY, MANY)
def test_grouping_does_not_change_the_value(one: list[Evaluation], other: list[Evaluation]) -> None:
    assert all_of(all_of(*one), all_of(*other)).value is all_of(*one, *other).value
    assert any_of(any_of(*one), any_of(*other)).value is any_of(*one, *other).value


@given(EVALUATIONS)
def test_an_exception_that_is_not_made_is_not_mentioned(evaluation: Evaluation) -> None:
    spared = negate_exception(evaluation)

    assert spared.value is negate_evaluation(evaluation).value
    assert spared.reasons == (() if evaluation.value is False else evaluation.reasons)


def test_an_unknown_result_keeps_every_hint_once() -> None:
    evaluation = all_of(
        Evaluation(None, (CHAT,), (ASK,)),
        Evaluation(True, (make_statement(Form.STAYED_UP),)),
        Evaluation(None, (COMPLIANCE,), (make_statement(Form.DECLARE_HA),)),
        Evaluation(None, (COMPLIANCE,), (ASK,)),
    )

    assert render_sentence(evaluation.because) == (
        "`chat` is not declared and `compliance` is not declared."
    )
    assert evaluation.hints == (ASK, make_statement(Form.DECLARE_HA))


def test_a_false_result_keeps_only_the_reason_that_decided() -> None:
    evaluation = all_of(Evaluation(None, (CHAT,), (ASK,)), Evaluation(False, (COMPLIANCE,)))

    assert (evaluation.reasons, evaluation.hints) == ((COMPLIANCE,), ())
