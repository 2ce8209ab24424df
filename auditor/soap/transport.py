"""One kept-alive HTTPS session with one server: a request goes out, the bytes come back.

A session of requests whose connections are opened, judged and ended by `LiveSession`, because the
certificate must be judged (pins, names of other nodes) after the handshake and before a byte of the
request, which holds the password, is sent.
"""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import requests
import urllib3.exceptions
from requests.utils import get_environ_proxies, select_proxy

from auditor.credentials import Credentials
from auditor.errors import (
    BadReply,
    ExchangeError,
    NotConnected,
    TimedOut,
    TooLarge,
    Unreachable,
)
from auditor.models.nodes import Identity
from auditor.problems import Problem
from auditor.soap import messages
from auditor.soap.connections import BasicAuth, HttpsAdapter, HttpSession
from auditor.soap.deadlines import Deadline, DeadlineWatchdog, open_tcp_connection
from auditor.soap.handshake import (
    certificate_or_none,
    read_unverified_certificate,
    unreachable_error,
    unreadable_certificate_error,
)
from auditor.soap.tls import check_server_name, to_handshake_error, verify_identity

# Only these have a body worth reading: a reply, a SOAP fault, the list of AXL versions. Not
# waiting for the others means that a slow error page cannot hide a 401 behind a time-out.
_STATUSES_WITH_BODY = {200, 500, 503, 599}
_CHUNK_BYTES = 64 * 1024
_MAX_PARTIAL_REPLY_BYTES = 64 * 1024
"""How much of a reply that broke off, or was too large, its error takes along."""
# A name from a server's list must not smuggle a user, a path or another host into the address.
_HOST_PATTERN = re.compile(r"[\w.:-]+")
_PROXY_ERRORS = (
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.InvalidSchema,
)


class LiveSession:
    """The connection to one endpoint; one request at a time."""

    def __init__(
        self,
        endpoint: messages.Endpoint,
        credentials: Credentials,
        limits: messages.RequestLimits,
        watchdog: DeadlineWatchdog,
        context: ssl.SSLContext,
        note_request_sent: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare the session; it connects with the first request.

        `note_request_sent` is called when a request has left, before its reply is waited for.
        """
        self._endpoint = endpoint
        self._limits = limits
        self._watchdog = watchdog
        self._lock = threading.Lock()
        self._deadline = Deadline(endpoint.name, limits.timeout_s)
        self._requests_sent = 0
        self._elapsed_us = 0
        self._identity = Identity.UNPROVEN
        self._certificate: messages.Certificate | None = None
        self._session = HttpSession()
        # Or REQUESTS_CA_BUNDLE would replace the cluster's own authority, and .netrc the account.
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.headers.update({"User-Agent": "auditor", "Accept-Encoding": "identity"})
        self._session.auth = BasicAuth(credentials)
        self._context = context
        self._note_request_sent = note_request_sent
        # urllib3 sets the mode of the context from this, so the two must agree.
        self._session.verify = self._context.verify_mode is ssl.CERT_REQUIRED
        self._session.mount("https://", HttpsAdapter(self, self._context, endpoint.verify_name))
        if endpoint.proxy:
            # trust_env is off, so the proxies of the environment are read here; NO_PROXY counts.
            # A name that is no host has no proxy either, and fails when it is asked.
            with suppress(ValueError):
                self._session.proxies.update(get_environ_proxies(endpoint.origin))

    @property
    def requests_sent(self) -> int:
        """Return how many requests went out, repeats included."""
        return self._requests_sent

    @property
    def elapsed_us(self) -> int:
        """Return the microseconds that all exchanges took together, failed ones included."""
        return self._elapsed_us

    @property
    def cookies(self) -> tuple[str, ...]:
        """Return the values of the session's cookies."""
        return tuple(cookie.value for cookie in self._session.cookies if cookie.value)

    def post(self, request: messages.SoapRequest) -> messages.SoapResponse:
        """Send one request; raises an `ExchangeError`, or `Interrupted`."""
        if not _HOST_PATTERN.fullmatch(self._endpoint.host):
            raise Unreachable(Problem.NO_HOST_NAME, self._endpoint.name)
        timeout_s = self._limits.timeout_s if request.timeout_s is None else request.timeout_s
        with self._lock, self._watchdog.start(self._endpoint.name, timeout_s) as deadline:
            self._deadline = deadline
            sent_before = self._requests_sent
            started_ns = time.monotonic_ns()
            try:
                return self._exchange(request, deadline)
            except TimedOut as late:
                if self._requests_sent > sent_before:
                    raise
                raise NotConnected(
                    Problem.NO_CONNECTION_IN_TIME, self._endpoint.name, seconds=f"{timeout_s:g}"
                ) from late
            finally:
                self._elapsed_us += (time.monotonic_ns() - started_ns) // 1000

    def _exchange(self, request: messages.SoapRequest, deadline: Deadline) -> messages.SoapResponse:
        try:
            response = self._send(request, deadline)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as exc:
            deadline.check()
            raise self._to_exchange_error(exc, deadline) from exc
        deadline.check()  # a shutdown may look like the end of the reply
        return response

    def close(self) -> None:
        """End the session and its connection."""
        with self._lock:
            self._session.close()

    def _send(self, request: messages.SoapRequest, deadline: Deadline) -> messages.SoapResponse:
        response = self._session.post(
            request.url,
            data=request.body,
            headers=dict(request.headers),
            timeout=deadline.remaining_s,
            allow_redirects=False,
            # The body must not be read before its status and size can be judged.
            stream=True,
        )
        try:
            return messages.SoapResponse(
                status=response.status_code,
                content_type=response.headers.get("Content-Type", ""),
                body=self._read_body(response, deadline)
                if response.status_code in _STATUSES_WITH_BODY
                else b"",
                received_at=datetime.now(UTC),
                identity=self._identity,
                certificate=self._certificate,
            )
        finally:
            # Before the socket is closed: its number may be another connection's a moment later.
            deadline.release()
            # Ends a connection whose body was not read: the rest must not become the next reply.
            response.close()

    def _read_body(self, response: requests.Response, deadline: Deadline) -> bytes:
        """Return the body; a cap on bytes means nothing for a body that expands, so none may."""
        if response.headers.get("Content-Encoding", "identity").lower() not in {"", "identity"}:
            raise BadReply(Problem.COMPRESSED_REPLY, self._endpoint.name)
        body = bytearray()
        try:
            self._append_chunks(body, response, deadline)
        except ExchangeError as error:
            error.received = bytes(body[:_MAX_PARTIAL_REPLY_BYTES])
            raise
        return bytes(body)

    def _append_chunks(
        self, body: bytearray, response: requests.Response, deadline: Deadline
    ) -> None:
        try:
            for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=False):
                body += chunk
                if len(body) > self._limits.max_bytes:
                    raise TooLarge(
                        Problem.REPLY_TOO_LARGE, self._endpoint.name, limit=self._limits.max_bytes
                    )
        # http.client reads a chunk's length with int(), and passes a negative one to the socket.
        except (urllib3.exceptions.HTTPError, OSError, ValueError, OverflowError) as exc:
            deadline.check()
            raise BadReply(Problem.CUT_SHORT, self._endpoint.name) from exc

    def _to_exchange_error(self, exc: Exception, deadline: Deadline) -> ExchangeError:
        """Name what went wrong before the head of the reply was complete."""
        causes = _exception_chain(exc)
        if any(
            isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError) for cause in causes
        ):
            return deadline.timed_out()
        if isinstance(exc, _PROXY_ERRORS):
            return Unreachable(Problem.NO_PROXY_CONNECTION, self._endpoint.name)
        if any(isinstance(cause, ConnectionError | ssl.SSLError) for cause in causes):
            return messages.ConnectionDropped(Problem.CONNECTION_DROPPED, self._endpoint.name)
        return BadReply(Problem.NO_HTTP, self._endpoint.name)

    # The next five are called by the connection, within the exchange that is under way.

    def open_connection(self, host: str, port: int) -> socket.socket:
        """Open the TCP connection."""
        # Before there is a socket: the TLS layer would leave it open when it refuses the name.
        check_server_name(self._context, self._endpoint)
        try:
            return open_tcp_connection(self._deadline, host, port)
        except OSError as exc:
            raise unreachable_error(self._endpoint, host, port, exc) from exc

    def start_request(self, sock: socket.socket) -> None:
        """Put the connection under the deadline of this exchange, and count the request."""
        self._deadline.attach(sock)
        self._deadline.check()
        self._requests_sent += 1

    def note_request_sent(self) -> None:
        """Take note that a request has left, and its reply is waited for."""
        self._note_request_sent()

    def verify_server(self, sock: ssl.SSLSocket) -> None:
        """Judge the certificate that the server presented; raises to refuse it."""
        self._certificate = certificate_or_none(sock.getpeercert(binary_form=True))
        if self._certificate is None:
            raise unreadable_certificate_error(self._endpoint)
        self._identity = verify_identity(self._endpoint, self._certificate)

    def handshake_error(self, exc: Exception) -> ExchangeError:
        """Return the error of a handshake; a refused certificate is fetched once more, to read."""
        self._deadline.check()
        refused = isinstance(exc, ssl.SSLCertVerificationError)
        proxy = select_proxy(self._endpoint.origin, self._session.proxies)
        certificate = (
            read_unverified_certificate(self._endpoint, self._deadline, proxy) if refused else None
        )
        return to_handshake_error(self._endpoint, exc, certificate)


def _exception_chain(exc: BaseException) -> list[BaseException]:
    """Return an exception and everything wrapped in it: as cause, context, argument or reason."""
    chain: list[BaseException] = []
    todo: list[object] = [exc]
    while todo:
        item = todo.pop()
        if isinstance(item, BaseException) and item not in chain:
            chain.append(item)
            todo += [*item.args, item.__cause__, item.__context__, getattr(item, "reason", None)]
    return chain
