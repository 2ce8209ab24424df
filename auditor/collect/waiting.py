"""Waits that Ctrl-C ends on every system."""

from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

_INTERRUPT_CHECK_S = 0.5


def wait_for_all(futures: Iterable[Future[Any]]) -> None:
    """Wait until all are done; raise the first exception of one at once."""
    pending = set(futures)
    while pending:
        # Windows handles Ctrl-C only between waits.
        done, pending = wait(pending, _INTERRUPT_CHECK_S, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
