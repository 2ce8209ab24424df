"""The one seam between the program and the network: a recorder or a replay takes its place."""

import time
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from auditor.credentials import Credentials
from auditor.errors import TimedOut, Unreachable
from auditor.failures import Problem
from auditor.models.facts import Reach
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

__all__ = [
    "HandshakeResult",
    "LiveNetwork",
    "Network",
    "ServerSession",
    "SoapRequest",
    "SoapResponse",
    "TcpResult",
]


class ServerSession(Protocol):
    """One session with one server: one question at a time, cookie and connection kept."""

    @property
    def requests_sent(self) -> int:
        """Return how many requests went out, repeats included."""

    @property
    def elapsed_us(self) -> int:
        """Return the microseconds that all exchanges took together, failed ones included."""

    @property
    def cookies(self) -> tuple[str, ...]:
        """Return the values of the session's cookies, which no message may quote."""

    def post(self, question: SoapRequest) -> SoapResponse:
        """Send one question; raises an `ExchangeError`, or `Interrupted`."""

    def close(self) -> None:
        """End the session."""


class Network(Protocol):
    """All that the program asks of the world while it collects: exchanges, time, pauses."""

    def open_session(
        self, endpoint: Endpoint, credentials: Credentials, limits: RequestLimits
    ) -> ServerSession:
        """Return a session with a server; nothing is dialled before its first question."""

    def try_tcp(self, host: str, port: int, timeout_s: float) -> TcpResult:
        """Try a bare TCP connection, and say what it came to."""

    def resolve_name(self, host: str, timeout_s: float) -> tuple[str, ...]:
        """Return the addresses of a name; raises `Unreachable` if it is not known here."""

    def fetch_certificate(self, endpoint: Endpoint, timeout_s: float) -> HandshakeResult:
        """Shake hands and hang up: what the server shows, and whether it would be believed.

        Raises an `ExchangeError` where it did not come to a handshake, or `Interrupted`.
        """

    def now(self) -> datetime:
        """Return the time, in UTC."""

    def pause(self, seconds: float) -> None:
        """Wait; raises `Interrupted` when the run is being ended."""

    def interrupt(self) -> None:
        """End everything under way, and make every later exchange raise `Interrupted`."""

    def close(self) -> None:
        """Let go of everything, at the end of a run."""


class LiveNetwork(AbstractContextManager["LiveNetwork"]):
    """The network itself. Shared by all clients and threads of a run; a context manager."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._registry = DeadlineWatchdog()
        self._contexts = TlsContexts()

    def open_session(
        self, endpoint: Endpoint, credentials: Credentials, limits: RequestLimits
    ) -> ServerSession:
        """Return a session; raises `ConfigError` when its CA file cannot be used."""
        context = self._contexts.of(endpoint)
        return LiveSession(endpoint, credentials, limits, self._registry, context)

    def try_tcp(self, host: str, port: int, timeout_s: float) -> TcpResult:
        """Try a bare TCP connection from this machine."""
        began = time.monotonic()
        result = self._tried(host, port, timeout_s)
        return replace(result, elapsed_ms=round((time.monotonic() - began) * 1000))

    def _tried(self, host: str, port: int, timeout_s: float) -> TcpResult:
        place = f"{host}:{port}"
        try:
            with self._registry.call(place, timeout_s) as call:
                open_tcp_connection(call, host, port).close()
        except TimedOut:
            return TcpResult(Reach.TIMED_OUT, f"{place} did not answer in the time allowed.")
        except ConnectionRefusedError:
            return TcpResult(Reach.REFUSED, f"{place} refused the connection.")
        except OSError as exc:
            error = connection_error_text(exc)
            text = f"There is no connection to {place}: {error}."
            return TcpResult(Reach.UNKNOWN, text, error=error)
        return TcpResult(Reach.REACHED, f"{place} accepted a TCP connection.")

    def resolve_name(self, host: str, timeout_s: float) -> tuple[str, ...]:
        """Return the addresses of a name, each once, in the order in which they are tried."""
        try:
            with self._registry.call(f"The name service (for {host})", timeout_s) as call:
                return resolve_host(call, host)
        except OSError as exc:
            raise Unreachable(
                Problem.NO_ADDRESS, host, host=host, error=connection_error_text(exc)
            ) from exc

    def fetch_certificate(self, endpoint: Endpoint, timeout_s: float) -> HandshakeResult:
        """Shake hands and hang up, under a deadline; any proxy is left aside."""
        with self._registry.call(endpoint.name, timeout_s) as call:
            return perform_handshake(endpoint, call)

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    def pause(self, seconds: float) -> None:
        """Wait; raises `Interrupted` when the run is being ended."""
        self._registry.pause(seconds)

    def interrupt(self) -> None:
        """End everything under way at once; may be called from a signal handler."""
        self._registry.interrupt()

    def close(self) -> None:
        """End the watchdog and whatever is still under way."""
        self._registry.close()

    def __exit__(self, *_: object) -> None:
        self.close()
