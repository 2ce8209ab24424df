"""Patience with a busy server: pauses with jitter, few repeats, and none that could do harm."""

from collections.abc import Callable
from typing import TypeVar

from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_chain,
    wait_fixed,
    wait_none,
    wait_random,
)

from auditor.errors import RateLimited
from auditor.soap.messages import ConnectionDropped
from auditor.soap.reply_checks import ServerBusy

_PAUSE_JITTER = 0.25
_ReturnT = TypeVar("_ReturnT")


def with_retries(
    ask: Callable[[], _ReturnT], backoff_s: tuple[float, ...], pause: Callable[[float], None]
) -> _ReturnT:
    """Ask, and ask again after each pause while the server says that it is busy.

    A connection lost before any byte of the reply is asked once more, without a pause. Nothing
    else is repeated: not a refusal, and not a request that timed out, on which the node may
    still be working. Each pause is up to a quarter longer than given.
    """
    pauses = [
        wait_fixed(seconds) + wait_random(0, seconds * _PAUSE_JITTER) for seconds in backoff_s
    ]
    busy = Retrying(
        retry=retry_if_exception_type((RateLimited, ServerBusy)),
        stop=stop_after_attempt(len(backoff_s) + 1),
        wait=wait_chain(*pauses) if pauses else wait_none(),
        sleep=pause,
        reraise=True,
    )
    lost = Retrying(
        retry=retry_if_exception_type(ConnectionDropped),
        stop=stop_after_attempt(2),
        wait=wait_none(),
        sleep=pause,
        reraise=True,
    )
    return busy(lambda: lost(ask))
