"""The nodes that wait to be asked: who may be asked now, and whether it was the last."""

from collections import deque
from dataclasses import dataclass
from threading import Lock

from auditor.collect.topology import Member


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is; `last`, told once: nobody waits, and nothing is under way any more."""

    members: tuple[Member, ...]
    last: bool


class Line:
    """Hands out nodes, one at a time until a server took the password; safe between threads."""

    def __init__(self, workers: int) -> None:
        """Hold nobody yet; `workers` nodes may be asked at the same time."""
        self.login_taken = False
        self._workers = workers
        self._lock = Lock()
        self._waiting: deque[Member] = deque()
        self._asked = 0
        self._tested = 0
        self._ended = False

    def add(self, member: Member) -> None:
        """Let a node wait."""
        self._waiting.append(member)

    def expect_tests(self, count: int) -> None:
        """Count so many TCP tests as under way."""
        self._tested = count

    def turn(self) -> Turn:
        """Return who may be asked now; each of them is under way until `leave`."""
        with self._lock:
            room = max(0, (self._workers if self.login_taken else 1) - self._asked)
            ready = [self._waiting.popleft() for _ in range(min(room, len(self._waiting)))]
            self._asked += len(ready)
            last = not (self._asked or self._tested or self._ended)
            self._ended = self._ended or last
        return Turn(tuple(ready), last)

    def drop(self) -> tuple[Member, ...]:
        """Return everybody who waits, and let nobody wait any more."""
        with self._lock:
            dropped = tuple(self._waiting)
            self._waiting.clear()
        return dropped

    def leave(self) -> None:
        """Say that a node was asked, and that its answers are kept."""
        with self._lock:
            self._asked -= 1

    def tested(self) -> None:
        """Say that a TCP test is over, and that its result is kept."""
        with self._lock:
            self._tested -= 1
