"""Deadlines for everything that waits on the network, and one interrupt that ends it all.

A watchdog thread ends an exchange at its deadline, because no time-out of sockets, urllib3 or
requests covers a whole exchange: each bounds one connect or one read, and a server that sends a
byte every few seconds never exceeds it.
"""

import errno
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum

from auditor.errors import Interrupted, TimedOut
from auditor.problems import Problem

_INTERRUPT_CHECK_S = 0.5


class EndReason(StrEnum):
    """Why an exchange was ended from outside."""

    DEADLINE = "deadline"
    INTERRUPT = "interrupt"


class Deadline:
    """One exchange under way, and when it must end.

    Ending it shuts its socket down from another thread, which stops connect, handshake, send and
    read alike.
    """

    def __init__(self, server: str, timeout_s: float) -> None:
        """Start the clock; `server` is named in the error."""
        self._server = server
        self._timeout_s = timeout_s
        self.ends_at = time.monotonic() + timeout_s
        self._changed = threading.Condition()
        self._end_reason: EndReason | None = None
        self._socket: socket.socket | None = None
        self._duplicate: socket.socket | None = None

    @property
    def remaining_s(self) -> float:
        """Return the seconds left, never less than a millisecond (0 means "do not block")."""
        return max(self.ends_at - time.monotonic(), 0.001)

    def attach_duplicate(self, original: socket.socket) -> None:
        """Remember a socket by a duplicate, because the TLS handshake takes the socket itself away.

        Both share one connection.
        """
        duplicate = socket.fromfd(original.fileno(), original.family, original.type)
        self._keep(duplicate, duplicate)

    def attach(self, sock: socket.socket) -> None:
        """Remember the socket that the exchange uses from here on, in place of another one."""
        # TLS within TLS, to a proxy that is asked by HTTPS, is no socket: it has one below it.
        self._keep(getattr(sock, "socket", sock))

    def _keep(self, sock: socket.socket, duplicate: socket.socket | None = None) -> None:
        with self._changed:
            self._drop()
            self._socket, self._duplicate = sock, duplicate
            # The end may have come before there was a socket to shut down.
            if self._end_reason is not None:
                self._shut()

    def end(self, reason: EndReason) -> None:
        """End the exchange now; safe from any thread, and only the first reason counts."""
        with self._changed:
            self._end_reason = self._end_reason or reason
            self._shut()
            self._changed.notify_all()

    def release(self) -> None:
        """Forget the socket, and close the duplicate."""
        with self._changed:
            self._drop()

    def wake(self) -> None:
        """Make a thread in `wait` call its `is_done` again."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, is_done: Callable[[], bool]) -> None:
        """Wait until `is_done()`, the deadline or Ctrl-C; raises as `check` does."""
        with self._changed:
            self._changed.wait_for(
                lambda: is_done() or self._end_reason is not None, self.remaining_s
            )
        self.check()

    def check(self) -> None:
        """Raise `TimedOut` or `Interrupted` if the exchange has been ended."""
        if self._end_reason is EndReason.INTERRUPT:
            raise Interrupted(f"Interrupted while asking {self._server}.")
        # The clock counts too, because the watchdog may wake late.
        if self._end_reason is EndReason.DEADLINE or time.monotonic() >= self.ends_at:
            raise self.timed_out()

    def timed_out(self) -> TimedOut:
        """Return the error of a deadline that passed."""
        return TimedOut(Problem.DEADLINE_PASSED, self._server, seconds=f"{self._timeout_s:g}")

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # the other side may have closed it already
                # close() would wake no thread that waits in a read. A TLS socket's own method would
                # also drop what that thread reads with, so the plain socket's is called.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _drop(self) -> None:
        self._socket = None
        if self._duplicate is not None:
            self._duplicate.close()
            self._duplicate = None


class DeadlineWatchdog:
    """All exchanges of a run: one thread ends each at its deadline, one interrupt ends all."""

    def __init__(self) -> None:
        """Start without a thread; it starts with the first exchange."""
        # Reentrant, because a signal handler may interrupt a thread that holds it.
        self._changed = threading.Condition(threading.RLock())
        self._deadlines: set[Deadline] = set()
        self._interrupted = False
        self._closed = False
        self._thread: threading.Thread | None = None
        self._wakes_at = math.inf

    @contextmanager
    def start(self, server: str, timeout_s: float) -> Iterator[Deadline]:
        """Start an exchange; raises `Interrupted` at once when the run is being ended."""
        deadline = Deadline(server, timeout_s)
        with self._changed:
            # Under the lock: an interrupt between the check and the entry would miss this exchange.
            self.check(server)
            self._deadlines.add(deadline)
            self._watch_over(deadline)
        try:
            yield deadline
        finally:
            with self._changed:
                self._deadlines.discard(deadline)
            deadline.release()

    def check(self, server: str) -> None:
        """Raise `Interrupted` if the run is being ended."""
        if self._interrupted:
            raise Interrupted(f"Interrupted before asking {server}.")

    def pause(self, seconds: float) -> None:
        """Wait; raises `Interrupted` as soon as the run is being ended."""
        ends_at = time.monotonic() + seconds
        with self._changed:
            # In short waits, because Windows handles Ctrl-C only between them.
            while not self._interrupted and (left := ends_at - time.monotonic()) > 0:
                self._changed.wait(min(left, _INTERRUPT_CHECK_S))
            if self._interrupted:
                raise Interrupted("Interrupted during a pause.")

    def interrupt(self) -> None:
        """End every exchange, and refuse every later one."""
        with self._changed:
            self._interrupted = True
            for deadline in self._deadlines:
                deadline.end(EndReason.INTERRUPT)
            self._changed.notify_all()

    def close(self) -> None:
        """End every exchange, and the thread."""
        self.interrupt()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        # Outside the lock, which the thread needs in order to end.
        if thread is not None:
            thread.join()

    def _watch_over(self, deadline: Deadline) -> None:
        """Wake the thread only for a deadline before the one that it sleeps until."""
        if self._thread is None:
            # A daemon: a run that fails before `close` must not hang at its end.
            self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
            self._thread.start()
        # Most requests have the same time-out, so a new one is rarely due first; waking the thread
        # for each would cost a change of threads per request.
        if deadline.ends_at < self._wakes_at:
            self._changed.notify_all()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                late = {deadline for deadline in self._deadlines if deadline.ends_at <= now}
                for deadline in late:
                    deadline.end(EndReason.DEADLINE)
                # The exchange leaves later by itself. Until then it would be due on every turn, and
                # the loop would not sleep.
                self._deadlines -= late
                self._wakes_at = min(
                    (deadline.ends_at for deadline in self._deadlines), default=math.inf
                )
                self._changed.wait(None if self._wakes_at == math.inf else self._wakes_at - now)


_SocketAddress = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
_AddressInfos = Sequence[tuple[socket.AddressFamily, socket.SocketKind, int, str, _SocketAddress]]


def open_tcp_connection(deadline: Deadline, host: str, port: int) -> socket.socket:
    """Return a connected socket that `deadline` can shut down.

    Raises `OSError` (`socket.gaierror` for a name that is not found) of the last address tried,
    `TimedOut`, `Interrupted`.
    """
    addresses = _resolve_in_thread(deadline, host, port)
    failure = OSError(f"no address for {host}")
    for tried, (family, kind, protocol, _, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        try:
            # An address that does not answer must leave time for the next one.
            _connect_socket(
                deadline, sock, address, deadline.remaining_s / (len(addresses) - tried)
            )
        except OSError as exc:
            sock.close()
            # First the deadline: its end makes a connect fail like an unreachable host.
            deadline.check()
            failure = exc
        else:
            return sock
    if isinstance(failure, TimeoutError):
        raise deadline.timed_out() from failure
    raise failure


def resolve_host(deadline: Deadline, host: str) -> tuple[str, ...]:
    """Return the addresses of a host, each once.

    Raises `socket.gaierror` for a name that is not found, `TimedOut`, `Interrupted`.
    """
    addresses = _resolve_in_thread(deadline, host, 0)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in addresses))


def connection_error_text(failure: OSError) -> str:
    """Return why no connection came about, in a few words that are the same on every machine."""
    if isinstance(failure, socket.gaierror):
        return "the name is not known here"
    texts = {
        errno.ECONNREFUSED: "refused",
        errno.EHOSTUNREACH: "no route to it",
        errno.ENETUNREACH: "no route to it",
        errno.ECONNRESET: "ended by the other side",
    }
    return texts.get(failure.errno or 0, "it could not be opened")


def _connect_socket(
    deadline: Deadline, sock: socket.socket, address: _SocketAddress, timeout_s: float
) -> None:
    # As urllib3 does: head and body are sent apart, and the body must not wait for an ACK.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(timeout_s)
    deadline.attach_duplicate(sock)
    sock.connect(address)
    # A deadline that has ended shuts the socket down, which may look like a connection.
    sock.getpeername()
    sock.settimeout(deadline.remaining_s)


def _resolve_in_thread(deadline: Deadline, host: str, port: int) -> _AddressInfos:
    """Resolve in a thread of its own, because getaddrinfo cannot be interrupted."""
    try:
        # An address needs no name server, and so no thread.
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        pass
    results: list[_AddressInfos | OSError] = []

    def resolve() -> None:
        try:
            results.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as exc:
            results.append(exc)
        except UnicodeError:
            results.append(socket.gaierror(socket.EAI_NONAME, "not a host name"))
        deadline.wake()

    # A daemon: a look-up that never returns must not keep the program from ending.
    threading.Thread(target=resolve, name=f"look up {host}", daemon=True).start()
    deadline.wait(lambda: bool(results))
    if isinstance(results[0], OSError):
        raise results[0]
    return results[0]
