"""Repeats a request while the server is busy: pauses with jitter, and few repeats."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from auditor.errors import RateLimited
from auditor.soap.budget import WaitBudget
from auditor.soap.messages import ConnectionDropped
from auditor.soap.reply_checks import ServerBusy

if TYPE_CHECKING:
    import tenacity

_PAUSE_JITTER = 0.25
_ReturnT = TypeVar("_ReturnT")


def with_retries(
    send: Callable[[], _ReturnT],
    backoff_s: tuple[float, ...],
    pause: Callable[[float], None],
    budget: WaitBudget,
) -> _ReturnT:
    """Send a request, and repeat it after each pause while the server says that it is busy.

    If the connection ends before any byte of the reply, the request is sent once more, without a
    pause: the server often closes an idle connection in that moment. Nothing else is repeated. A
    refused password would lock the account; and after a time-out the node may still be working
    on the request, so that a second one would double its load. Each pause is up to a quarter
    longer than given, so that the requests of several runs do not meet again. No pause goes beyond
    the budget of the server.
    """

    try:
        return send()
    except (ConnectionDropped, RateLimited, ServerBusy) as error:
        # Hardly any request comes here, so what repeats is loaded and made only now.
        first_tries = iter((error,))
    import tenacity

    def send_again() -> _ReturnT:
        for error in first_tries:
            raise error
        return send()

    def longest_pause_s(attempt: "tenacity.RetryCallState") -> float:
        # The longest, not the drawn one: a replay must come to the same number of repeats.
        return backoff_s[attempt.attempt_number - 1] * (1 + _PAUSE_JITTER)

    pauses = [
        tenacity.wait_fixed(seconds) + tenacity.wait_random(0, seconds * _PAUSE_JITTER)
        for seconds in backoff_s
    ]
    busy = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((RateLimited, ServerBusy)),
        stop=lambda attempt: (
            attempt.attempt_number > len(backoff_s) or not budget.has_room(longest_pause_s(attempt))
        ),
        before_sleep=lambda attempt: budget.charge(longest_pause_s(attempt)),
        # tenacity accepts no empty chain.
        wait=tenacity.wait_chain(*pauses) if pauses else tenacity.wait_none(),
        sleep=pause,
        reraise=True,
    )
    dropped = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(ConnectionDropped),
        stop=tenacity.stop_after_attempt(2),
        wait=tenacity.wait_none(),
        sleep=pause,
        reraise=True,
    )
    # In this order: the server may close the idle connection in every pause, so each attempt has
    # a second try of its own.
    return busy(lambda: dropped(send_again))
