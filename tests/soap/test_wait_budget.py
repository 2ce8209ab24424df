"""What one server has in sum: whole time-outs until one passes, then shares of the rest."""

import pytest

from auditor.errors import RateLimited
from auditor.problems import Problem
from auditor.soap.budget import WaitBudget
from auditor.soap.retry import with_retries


def test_a_server_that_never_answers_has_less_than_two_timeouts() -> None:
    budget, limits = WaitBudget(20), []
    while (limit := budget.next_limit_s()) is not None:
        limits.append(limit)
        budget.charge(limit)
        budget.note_timeout()
    assert limits == [20, 10, 5, 2.5, 1.25]


def test_a_server_that_timed_out_in_an_earlier_reading_has_one_timeout_less() -> None:
    budget = WaitBudget(20, timed_out_before=True)
    assert budget.next_limit_s() == 10
    budget.charge(10)
    assert budget.next_limit_s() == 5


def test_slow_replies_count_but_leave_whole_timeouts() -> None:
    budget, limits = WaitBudget(20), []
    while (limit := budget.next_limit_s()) is not None:
        limits.append(limit)
        budget.charge(15)
    assert limits == [20, 20, 10]


@pytest.mark.parametrize(("timeout_s", "pauses"), [(20, [2, 5, 10]), (5, [2, 5]), (1, [])])
def test_no_pause_before_a_repeat_goes_beyond_it(timeout_s: float, pauses: list[float]) -> None:
    taken: list[float] = []

    def send() -> None:
        raise RateLimited(Problem.TOO_FAST, "imp1", fault="")

    with pytest.raises(RateLimited):
        with_retries(send, (2, 5, 10), taken.append, WaitBudget(timeout_s))
    assert len(taken) == len(pauses)
    assert all(p <= took <= 1.25 * p for p, took in zip(pauses, taken, strict=True))
