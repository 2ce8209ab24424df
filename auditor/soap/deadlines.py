"""The registry of everything under way, and the watchdog that ends it at its deadline.

Names looked up and TCP connections opened under a deadline that can also be interrupted.
"""

import errno
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum

from auditor.errors import Interrupted, TimedOut
from auditor.failures import Problem


class EndReason(StrEnum):
    """Why an exchange was ended from outside."""

    DEADLINE = "deadline"
    INTERRUPT = "interrupt"


class Deadline:
    """One exchange under way. Ending it shuts its socket down, in whatever phase it is.

    A read time-out bounds one read, never a slow drip of bytes; a shutdown from another thread
    ends connect, handshake, send and read alike.
    """

    def __init__(self, who: str, timeout_s: float) -> None:
        """Start the clock; `who` is named in the error."""
        self._who = who
        self._timeout_s = timeout_s
        self.deadline = time.monotonic() + timeout_s
        self._changed = threading.Condition()
        self._ending: EndReason | None = None
        self._socket: socket.socket | None = None

    @property
    def remaining_s(self) -> float:
        """Return the seconds left, never less than a millisecond (0 means "do not block")."""
        return max(self.deadline - time.monotonic(), 0.001)

    def attach(self, descriptor: int) -> None:
        """Take the socket that the exchange uses from here on.

        A duplicate is kept, because the TLS layer takes the original away in the handshake and
        both share one connection.
        """
        with self._changed:
            self._drop()
            self._socket = socket.socket(fileno=os.dup(descriptor))
            if self._ending is not None:
                self._shut()

    def end(self, ending: EndReason) -> None:
        """End the exchange now; safe from any thread, and only the first reason counts."""
        with self._changed:
            self._ending = self._ending or ending
            self._shut()
            self._changed.notify_all()

    def finish(self) -> None:
        """Let go of the socket."""
        with self._changed:
            self._drop()

    def wake(self) -> None:
        """Tell a thread in `wait` to look again."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, done: Callable[[], bool]) -> None:
        """Wait until `done()`, the deadline or the user; raises as `check` does."""
        with self._changed:
            self._changed.wait_for(lambda: done() or self._ending is not None, self.remaining_s)
        self.check()

    def check(self) -> None:
        """Raise `TimedOut` or `Interrupted` if the exchange has been ended."""
        if self._ending is EndReason.INTERRUPT:
            raise Interrupted(f"Interrupted while asking {self._who}.")
        if self._ending is EndReason.DEADLINE or time.monotonic() >= self.deadline:
            raise self.timed_out()

    def timed_out(self) -> TimedOut:
        """Return the error of a deadline that passed."""
        return TimedOut(Problem.DEADLINE_PASSED, self._who, seconds=f"{self._timeout_s:g}")

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it may have ended by itself
                self._socket.shutdown(socket.SHUT_RDWR)

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class DeadlineWatchdog:
    """All calls of a run. One watchdog thread ends each at its deadline; one interrupt, all."""

    def __init__(self) -> None:
        """Start empty; the watchdog starts with the first call."""
        # Reentrant, because a signal handler may interrupt a thread that holds it.
        self._changed = threading.Condition(threading.RLock())
        self._calls: set[Deadline] = set()
        self._interrupted = False
        self._closed = False
        self._watchdog: threading.Thread | None = None
        self._looks_at = math.inf

    @contextmanager
    def call(self, who: str, timeout_s: float) -> Iterator[Deadline]:
        """Enter an exchange; raises `Interrupted` at once when the run is being ended."""
        call = Deadline(who, timeout_s)
        with self._changed:
            self.check(who)
            self._calls.add(call)
            self._watch_over(call)
        try:
            yield call
        finally:
            with self._changed:
                self._calls.discard(call)
            call.finish()

    def check(self, who: str) -> None:
        """Raise `Interrupted` if the run is being ended."""
        if self._interrupted:
            raise Interrupted(f"Interrupted before asking {who}.")

    def pause(self, seconds: float) -> None:
        """Wait; raises `Interrupted` as soon as the run is being ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._interrupted, seconds)
            if self._interrupted:
                raise Interrupted("Interrupted during a pause.")

    def interrupt(self) -> None:
        """End every call, and refuse every later one."""
        with self._changed:
            self._interrupted = True
            for call in self._calls:
                call.end(EndReason.INTERRUPT)
            self._changed.notify_all()

    def close(self) -> None:
        """End everything and the watchdog with it."""
        self.interrupt()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            watchdog = self._watchdog
        if watchdog is not None:
            watchdog.join()

    def _watch_over(self, call: Deadline) -> None:
        """Wake the watchdog only for a deadline before the one that it sleeps towards."""
        if self._watchdog is None:
            self._watchdog = threading.Thread(target=self._watch, name="watchdog", daemon=True)
            self._watchdog.start()
        if call.deadline < self._looks_at:
            self._changed.notify_all()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                late = {call for call in self._calls if call.deadline <= now}
                for call in late:
                    call.end(EndReason.DEADLINE)
                self._calls -= late
                self._looks_at = min((call.deadline for call in self._calls), default=math.inf)
                self._changed.wait(None if self._looks_at == math.inf else self._looks_at - now)


_SocketAddress = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
_AddressInfos = Sequence[tuple[socket.AddressFamily, socket.SocketKind, int, str, _SocketAddress]]


def open_tcp_connection(call: Deadline, host: str, port: int) -> socket.socket:
    """Return a connected socket that `call` can end.

    Raises `OSError` (`socket.gaierror` for a name that is not found) of the last address tried,
    `TimedOut`, `Interrupted`.
    """
    found = _resolve_in_thread(call, host, port)
    failure = OSError(f"no address for {host}")
    for tried, (family, kind, protocol, _, address) in enumerate(found):
        attempt = socket.socket(family, kind, protocol)
        try:
            # A silent address must leave time for the next one.
            _connect_socket(call, attempt, address, call.remaining_s / (len(found) - tried))
        except OSError as exc:
            attempt.close()
            call.check()
            failure = exc
        else:
            return attempt
    if isinstance(failure, TimeoutError):
        raise call.timed_out() from failure
    raise failure


def resolve_host(call: Deadline, host: str) -> tuple[str, ...]:
    """Return the addresses of a host, each once.

    Raises `socket.gaierror` for a name that is not found, `TimedOut`, `Interrupted`.
    """
    found = _resolve_in_thread(call, host, 0)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def connection_error_text(failure: OSError) -> str:
    """Return why no connection came about, in a few words that are the same on every machine."""
    if isinstance(failure, socket.gaierror):
        return "the name is not known here"
    known = {
        errno.ECONNREFUSED: "refused",
        errno.EHOSTUNREACH: "no route to it",
        errno.ENETUNREACH: "no route to it",
        errno.ECONNRESET: "ended by the other side",
    }
    return known.get(failure.errno or 0, "it could not be opened")


def _connect_socket(
    call: Deadline, attempt: socket.socket, address: _SocketAddress, timeout_s: float
) -> None:
    attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    attempt.settimeout(timeout_s)
    call.attach(attempt.fileno())
    attempt.connect(address)
    # An ended call shuts the socket down, which may look like a connection that came about.
    attempt.getpeername()
    attempt.settimeout(call.remaining_s)


def _resolve_in_thread(call: Deadline, host: str, port: int) -> _AddressInfos:
    """Resolve in a thread of its own, because nothing else ends a name server's silence."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        pass
    found: list[_AddressInfos | OSError] = []

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as exc:
            found.append(exc)
        except UnicodeError:
            found.append(socket.gaierror(socket.EAI_NONAME, "not a host name"))
        call.wake()

    threading.Thread(target=ask, name=f"look up {host}", daemon=True).start()
    call.wait(lambda: bool(found))
    if isinstance(found[0], OSError):
        raise found[0]
    return found[0]
