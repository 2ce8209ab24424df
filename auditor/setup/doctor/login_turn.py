"""Whose turn it is to send a password that no node has taken yet."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

_SHARE_OF_TIMEOUT = 0.25
"""How long a node that does not reply keeps the turn, once CUCM took the password."""


class LoginTurn:
    """Lets one node at a time send the password until one took it; then all at once.

    Refusals side by side could lock the account: CUCM may know it and IM and Presence not yet. So a
    node waits for the reply to the one before it, but not for all the time that a hanging one has.
    """

    def __init__(self, timeout_s: float) -> None:
        """Begin with a password that no server has taken."""
        self._timeout_s = timeout_s
        self._changed = Condition()
        self._pending = 0
        self._next_turn = 0.0
        self._is_known_to_cucm = False
        self._is_over = False
        self.refused_by = ""

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Wait for the turn, and keep it for as long as the body asks one node."""
        with self._changed:
            while not self._is_over and self._pending:
                left_s = self._next_turn - time.monotonic()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
            self._pending += 1
            # A right password is hardly refused, so a slow node then keeps the turn for less.
            share = _SHARE_OF_TIMEOUT if self._is_known_to_cucm else 1.0
            self._next_turn = time.monotonic() + share * self._timeout_s
        try:
            yield
        finally:
            with self._changed:
                self._pending -= 1
                self._changed.notify_all()

    def note_cucm_took_it(self) -> None:
        """Wait less for a node that does not reply."""
        self._is_known_to_cucm = True

    def note_node_took_it(self) -> None:
        """Let all nodes send it at once."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def note_refusal(self, server: str) -> None:
        """Let no node wait any more: `refused_by` keeps each from sending it."""
        with self._changed:
            self.refused_by = self.refused_by or server
            self._is_over = True
            self._changed.notify_all()
