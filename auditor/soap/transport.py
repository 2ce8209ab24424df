"""One kept-alive HTTPS session with one server: a question goes out, the bytes come back."""

import re
import socket
import ssl
import threading
import time
from datetime import UTC, datetime

import requests
import urllib3.exceptions
from requests.utils import get_environ_proxies, select_proxy

from auditor.credentials import Credentials
from auditor.errors import BadReply, ExchangeError, TooLarge, Unreachable
from auditor.facts import Identity
from auditor.soap import handshake, tls
from auditor.soap.connection import Adapter, BasicAccount, Session
from auditor.soap.dialling import dial
from auditor.soap.endpoint import Endpoint, Limits
from auditor.soap.messages import Answer, Certificate, LostConnection, Question
from auditor.soap.registry import Call, Registry

# Only these have a body worth reading: an answer, a SOAP fault, the list of AXL versions. Not
# waiting for the others means that a slow error page cannot hide a 401 behind a time-out.
_STATUSES_READ = {200, 500, 503, 599}
_CHUNK = 64 * 1024
_KEPT = 64 * 1024
"""How much of a reply that broke off, or was too large, its error takes along."""
# A name from a server's list must not smuggle a user, a path or another host into the address.
_HOST = re.compile(r"[\w.:-]+")


_PROXY_TROUBLE = (
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.InvalidSchema,
)


class LiveLine:
    """The connection to one endpoint; one question at a time, whoever asks."""

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials,
        limits: Limits,
        registry: Registry,
        context: ssl.SSLContext,
    ) -> None:
        """Prepare the session; nothing is dialled before the first question."""
        self._endpoint = endpoint
        self._limits = limits
        self._registry = registry
        self._lock = threading.Lock()
        self._under_way = Call(endpoint.name, limits.timeout_s)
        self._sent = 0
        self._elapsed_us = 0
        self._identity = Identity.UNPROVEN
        self._certificate: Certificate | None = None
        self._session = Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.headers.update({"User-Agent": "auditor", "Accept-Encoding": "identity"})
        self._session.auth = BasicAccount(credentials)
        self._context = context
        self._session.verify = self._context.verify_mode is ssl.CERT_REQUIRED
        self._session.mount("https://", Adapter(self, self._context, endpoint.verify_name))
        if endpoint.proxy:
            self._session.proxies.update(get_environ_proxies(endpoint.origin))

    @property
    def sent(self) -> int:
        """Return how many requests went out, repeats included."""
        return self._sent

    @property
    def elapsed_us(self) -> int:
        """Return the microseconds that all exchanges took together, failed ones included."""
        return self._elapsed_us

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the values of the session's cookies."""
        return tuple(cookie.value for cookie in self._session.cookies if cookie.value)

    def post(self, question: Question) -> Answer:
        """Send one question; raises an `ExchangeError`, or `Interrupted`."""
        if not _HOST.fullmatch(self._endpoint.host):
            raise Unreachable(
                f"The address of {self._endpoint.name} is no host name.",
                "Give its address in [cluster.addresses].",
            )
        with self._lock, self._registry.call(self._endpoint.name, self._limits.timeout_s) as call:
            self._under_way = call
            began = time.monotonic_ns()
            try:
                answer = self._exchange(question, call)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as exc:
                call.check()
                raise self._failure(exc, call) from exc
            finally:
                self._elapsed_us += (time.monotonic_ns() - began) // 1000
            call.check()  # a shutdown may look like the end of the reply
            return answer

    def close(self) -> None:
        """End the session and its connection."""
        with self._lock:
            self._session.close()

    def _exchange(self, question: Question, call: Call) -> Answer:
        response = self._session.post(
            question.url,
            data=question.body,
            headers=dict(question.headers),
            timeout=call.remaining_s,
            allow_redirects=False,
            stream=True,
        )
        try:
            return Answer(
                status=response.status_code,
                content_type=response.headers.get("Content-Type", ""),
                body=self._read(response, call) if response.status_code in _STATUSES_READ else b"",
                received_at=datetime.now(UTC),
                identity=self._identity,
                certificate=self._certificate,
            )
        finally:
            response.close()

    def _read(self, response: requests.Response, call: Call) -> bytes:
        """Return the body; a cap on bytes means nothing for a body that expands, so none may."""
        if response.headers.get("Content-Encoding", "identity").lower() not in {"", "identity"}:
            raise BadReply(
                f"{self._endpoint.name} sent a compressed reply, which was not asked for.",
                "Look for a proxy or load balancer between this machine and the node.",
            )
        body = bytearray()
        try:
            self._fill(body, response, call)
        except ExchangeError as error:
            error.received = bytes(body[:_KEPT])
            raise
        return bytes(body)

    def _fill(self, body: bytearray, response: requests.Response, call: Call) -> None:
        try:
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                body += chunk
                if len(body) > self._limits.max_bytes:
                    raise TooLarge(
                        f"{self._endpoint.name} sent more than {self._limits.max_bytes} bytes.",
                        "Check what answers at that address; no Cisco reply here is that large.",
                    )
        except (urllib3.exceptions.HTTPError, OSError) as exc:
            call.check()
            raise BadReply(
                f"{self._endpoint.name} ended the connection in the middle of its reply.",
                "Ask again; if it stays so, look at the node's web server (Cisco Tomcat).",
            ) from exc

    def _failure(self, exc: Exception, call: Call) -> ExchangeError:
        """Name what went wrong before the head of the reply was complete."""
        causes = _chain(exc)
        if any(
            isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError) for cause in causes
        ):
            return call.timed_out()
        if isinstance(exc, _PROXY_TROUBLE):
            return Unreachable(
                f"The proxy opened no connection to {self._endpoint.name}.",
                "Check the proxy in the environment, or set proxy = false.",
            )
        if any(isinstance(cause, ConnectionError | ssl.SSLError) for cause in causes):
            return LostConnection(
                f"{self._endpoint.name} ended the connection without answering.",
                "Check that its web server (Cisco Tomcat) is not being restarted.",
            )
        return BadReply(
            f"{self._endpoint.name} did not answer in HTTP.",
            "Check the address and port; Cisco's web services use 8443.",
        )

    # The line is its connections' doorkeeper, within the call that is under way.

    def dial(self, host: str, port: int) -> socket.socket:
        """Open the TCP connection."""
        tls.check_name(self._context, self._endpoint)
        try:
            return dial(self._under_way, host, port)
        except OSError as exc:
            raise handshake.unreachable(self._endpoint, host, port, exc) from exc

    def starting(self, sock: socket.socket) -> None:
        """Put the connection under the call's deadline, and count the request."""
        self._under_way.attach(sock.fileno())
        self._under_way.check()
        self._sent += 1

    def admit(self, sock: ssl.SSLSocket) -> None:
        """Judge the certificate that the server showed."""
        self._certificate = handshake.readable(sock.getpeercert(binary_form=True))
        if self._certificate is None:
            raise handshake.illegible(self._endpoint)
        self._identity = tls.admit(self._endpoint, self._certificate)

    def handshake_failed(self, exc: Exception) -> ExchangeError:
        """Return the error of a handshake; a refused certificate is fetched once more, to read."""
        self._under_way.check()
        refused = isinstance(exc, ssl.SSLCertVerificationError)
        proxy = select_proxy(self._endpoint.origin, self._session.proxies)
        certificate = handshake.peek(self._endpoint, self._under_way, proxy) if refused else None
        return tls.handshake_error(self._endpoint, exc, certificate)


def _chain(exc: BaseException) -> list[BaseException]:
    """Return an exception and everything wrapped in it: as cause, context, argument or reason."""
    found: list[BaseException] = []
    todo: list[object] = [exc]
    while todo:
        item = todo.pop()
        if isinstance(item, BaseException) and item not in found:
            found.append(item)
            todo += [*item.args, item.__cause__, item.__context__, getattr(item, "reason", None)]
    return found
