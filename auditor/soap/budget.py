"""How long one server may keep a run waiting, whatever is asked of it and however it fails."""

_TIMEOUTS_PER_SERVER = 2

_SMALLEST_SHARE = 0.05
"""The part of a time-out below which a request is not worth its load on the server."""


def longest_wait_s(timeout_s: float) -> float:
    """Return the seconds that all requests to one server have in sum."""
    return _TIMEOUTS_PER_SERVER * timeout_s


class WaitBudget:
    """What is left of the seconds of one server: requests and pauses before repeats alike.

    Before a time-out a request may take the whole `timeout_s`. After one the server may be hanging,
    so each request has half of what is left: no interface can take the time of all the others.
    """

    def __init__(self, timeout_s: float, *, timed_out_before: bool = False) -> None:
        """Start with nothing spent, or as after a whole time-out."""
        self.timeout_s = timeout_s
        self._remaining_s = timeout_s if timed_out_before else longest_wait_s(timeout_s)
        self._has_timed_out = timed_out_before

    def next_limit_s(self) -> float | None:
        """Return the seconds that the next request may take; None: it is not to be sent."""
        share_s = self._remaining_s / 2 if self._has_timed_out else self._remaining_s
        limit_s = min(self.timeout_s, share_s)
        return limit_s if limit_s >= _SMALLEST_SHARE * self.timeout_s else None

    def has_room(self, seconds: float) -> bool:
        """Return whether a request could still be sent after a pause."""
        return self._remaining_s - seconds >= _SMALLEST_SHARE * self.timeout_s

    def charge(self, seconds: float) -> None:
        """Take what a request or a pause took."""
        self._remaining_s -= seconds

    def note_timeout(self) -> None:
        """Give each further request only a share of the rest."""
        self._has_timed_out = True
