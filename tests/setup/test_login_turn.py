"""Whose turn it is to send a password: one at a time, but no wait for a node that hangs."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from auditor.setup.doctor.login_turn import LoginTurn

LONG_S = 60
"""Longer than a test may last: who waits for it fails the test."""


class Queue:
    """Nodes that each want the turn; a node keeps it until it is told to let go."""

    def __init__(self, turn: LoginTurn, pool: ThreadPoolExecutor) -> None:
        """Ask from threads of the pool."""
        self._turn, self._pool = turn, pool
        self.may_end = Event()

    def enter(self) -> tuple[Future[None], Event]:
        """Let one more node want the turn; the event says that it has it."""
        has_turn = Event()

        def hold() -> None:
            with self._turn.hold():
                has_turn.set()
                self.may_end.wait(LONG_S)

        return self._pool.submit(hold), has_turn


@pytest.fixture(name="in_queue")
def _in_queue() -> Callable[[LoginTurn], Queue]:
    return lambda turn: Queue(turn, ThreadPoolExecutor(4))


def test_a_node_waits_for_the_reply_to_the_one_before_it(
    in_queue: Callable[[LoginTurn], Queue],
) -> None:
    """Else two refusals could count towards a locked account."""
    queue = in_queue(LoginTurn(LONG_S))
    first, has_first = queue.enter()
    assert has_first.wait(10)
    second, has_second = queue.enter()
    assert not has_second.wait(0.2)
    queue.may_end.set()
    first.result(10)
    second.result(10)
    assert has_second.is_set()


def test_a_node_that_hangs_keeps_the_turn_for_one_time_out(
    in_queue: Callable[[LoginTurn], Queue],
) -> None:
    """A time-out is no refusal."""
    queue = in_queue(LoginTurn(0.1))
    assert queue.enter()[1].wait(10)
    assert queue.enter()[1].wait(10)
    queue.may_end.set()


def test_it_keeps_it_for_less_where_cucm_took_the_password(
    in_queue: Callable[[LoginTurn], Queue],
) -> None:
    """A right password is hardly refused."""
    turn = LoginTurn(4 * 0.5)
    turn.note_cucm_took_it()
    queue = in_queue(turn)
    assert queue.enter()[1].wait(10)
    assert queue.enter()[1].wait(1.5)
    queue.may_end.set()


@pytest.mark.parametrize("note", [LoginTurn.note_node_took_it, lambda t: t.note_refusal("imp1")])
def test_nobody_waits_once_it_is_known(
    in_queue: Callable[[LoginTurn], Queue], note: Callable[[LoginTurn], None]
) -> None:
    """Neither after a password that was taken nor after one that was refused."""
    turn = LoginTurn(LONG_S)
    queue = in_queue(turn)
    assert queue.enter()[1].wait(10)
    _, has_turn = queue.enter()
    assert not has_turn.wait(0.1)
    note(turn)
    assert has_turn.wait(10)
    queue.may_end.set()


def test_the_first_server_that_refused_is_named() -> None:
    """Others only follow from it."""
    turn = LoginTurn(LONG_S)
    turn.note_refusal("imp1")
    turn.note_refusal("imp2")
    assert turn.refused_by == "imp1"
