"""All that the program asks of the outside while it collects: a replay can take its place."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from auditor.credentials import Credentials
from auditor.errors import TimedOut, Unreachable
from auditor.models.settings import Reach
from auditor.problems import Problem
from auditor.soap.deadlines import (
    DeadlineWatchdog,
    connection_error_text,
    open_tcp_connection,
    resolve_host,
)
from auditor.soap.handshake import perform_handshake
from auditor.soap.messages import (
    Endpoint,
    HandshakeResult,
    RequestLimits,
    SoapRequest,
    SoapResponse,
    TcpResult,
)
from auditor.soap.tls import TlsContexts
from auditor.soap.transport import LiveSession


class ServerSession(Protocol):
    """One session with one server: one request at a time, cookie and connection kept."""

    @property
    def requests_sent(self) -> int:
        """Return how many requests went out, repeats included."""

    @property
    def elapsed_us(self) -> int:
        """Return the microseconds that all exchanges took together, failed ones included."""

    @property
    def cookies(self) -> tuple[str, ...]:
        """Return the values of the session's cookies, which no message may quote."""

    def post(self, request: SoapRequest) -> SoapResponse:
        """Send one request; raises an `ExchangeError`, or `Interrupted`."""

    def close(self) -> None:
        """End the session."""


class Network(Protocol):
    """Exchanges, TCP tests, time and pauses: what a survey needs from outside the program."""

    def open_session(
        self, endpoint: Endpoint, credentials: Credentials, limits: RequestLimits
    ) -> ServerSession:
        """Return a session with a server; it connects with its first request."""

    def try_tcp(self, host: str, port: int, timeout_s: float) -> TcpResult:
        """Open a TCP connection and close it; a refusal is a result, not an error."""

    def resolve_name(self, host: str, timeout_s: float) -> tuple[str, ...]:
        """Return the addresses of a name; raises `Unreachable` if it is not known here."""

    def fetch_certificate(self, endpoint: Endpoint, timeout_s: float) -> HandshakeResult:
        """Do a TLS handshake and no more: which certificate is presented, and is it accepted?

        Raises an `ExchangeError` where there was no handshake, or `Interrupted`.
        """

    def now(self) -> datetime:
        """Return the time, in UTC."""

    def pause(self, seconds: float) -> None:
        """Wait; raises `Interrupted` when the run is being ended."""

    def wait_for_background_work(self) -> None:
        """Wait for what is done beside the requests, so that no import of it is under way.

        A Ctrl-C within an import that waits for another thread's may leave Python's lock on imports
        taken, and the program would never end.
        """

    def interrupt(self) -> None:
        """End everything under way, and make every later exchange raise `Interrupted`."""

    def close(self) -> None:
        """End everything, at the end of a run."""


class LiveNetwork(AbstractContextManager["LiveNetwork"]):
    """The network itself. Shared by all clients and threads of a run; a context manager."""

    def __init__(self, background_work: Callable[[], object] | None = None) -> None:
        """Open nothing yet.

        `background_work` is done once, in a thread of its own, as soon as the first request has
        left: not sooner, because it would keep that request waiting for the processor.
        """
        self._watchdog = DeadlineWatchdog()
        self._contexts = TlsContexts()
        self._background_work = background_work
        self._background_thread: threading.Thread | None = None
        # Never released: exactly one thread gets it.
        self._first_request = threading.Lock()

    def open_session(
        self, endpoint: Endpoint, credentials: Credentials, limits: RequestLimits
    ) -> ServerSession:
        """Return a session; raises `ConfigError` when its CA file cannot be used."""
        context = self._contexts.get(endpoint)
        return LiveSession(
            endpoint, credentials, limits, self._watchdog, context, self._note_request_sent
        )

    def _note_request_sent(self) -> None:
        if self._background_work is None or not self._first_request.acquire(blocking=False):
            return
        # No daemon: Python's end would tear it out of a compiled library, and abort the process.
        thread = threading.Thread(target=self._background_work, name="auditor-background")
        # The reply to a request is not to be lost because this machine has no room for a thread:
        # what is not loaded now loads when it is needed.
        with suppress(RuntimeError):
            thread.start()
            self._background_thread = thread

    def wait_for_background_work(self) -> None:
        """Wait until the background work is done; Ctrl-C ends the wait."""
        while self._background_thread is not None and self._background_thread.is_alive():
            # In short waits, because Windows handles Ctrl-C only between them.
            self._background_thread.join(0.5)

    def try_tcp(self, host: str, port: int, timeout_s: float) -> TcpResult:
        """Try a bare TCP connection from this machine."""
        started = time.monotonic()
        result = self._connect(host, port, timeout_s)
        return replace(result, elapsed_ms=round((time.monotonic() - started) * 1000))

    def _connect(self, host: str, port: int, timeout_s: float) -> TcpResult:
        address = f"{host}:{port}"
        try:
            with self._watchdog.start(address, timeout_s) as deadline:
                open_tcp_connection(deadline, host, port).close()
        except TimedOut:
            return TcpResult(Reach.TIMED_OUT, f"{address} did not answer in the time allowed.")
        except ConnectionRefusedError:
            return TcpResult(Reach.REFUSED, f"{address} refused the connection.")
        except OSError as exc:
            # The network of this machine may be at fault, so it proves nothing about the node.
            error = connection_error_text(exc)
            text = f"There is no connection to {address}: {error}."
            return TcpResult(Reach.UNKNOWN, text, error=error)
        return TcpResult(Reach.REACHED, f"{address} accepted a TCP connection.")

    def resolve_name(self, host: str, timeout_s: float) -> tuple[str, ...]:
        """Return the addresses of a name, each once, in the order in which they are tried."""
        try:
            with self._watchdog.start(f"The name service (for {host})", timeout_s) as deadline:
                return resolve_host(deadline, host)
        except OSError as exc:
            raise Unreachable(
                Problem.NO_ADDRESS, host, host=host, error=connection_error_text(exc)
            ) from exc

    def fetch_certificate(self, endpoint: Endpoint, timeout_s: float) -> HandshakeResult:
        """Do a TLS handshake under a deadline; no proxy is used."""
        with self._watchdog.start(endpoint.name, timeout_s) as deadline:
            return perform_handshake(endpoint, deadline)

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    def pause(self, seconds: float) -> None:
        """Wait; raises `Interrupted` when the run is being ended."""
        self._watchdog.pause(seconds)

    def interrupt(self) -> None:
        """End everything under way at once; may be called from a signal handler."""
        self._watchdog.interrupt()

    def close(self) -> None:
        """End the watchdog and whatever is still under way."""
        self._watchdog.close()

    def __exit__(self, *_: object) -> None:
        self.close()
