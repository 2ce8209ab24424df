"""Reads a server's certificate in a handshake of its own, in which nothing else is sent."""

import socket
import ssl
from contextlib import ExitStack
from http.client import HTTPException
from typing import cast
from urllib.parse import unquote

from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError
from urllib3.util import make_headers, parse_url

from auditor.errors import ExchangeError, TlsFailed, Unreachable
from auditor.models.nodes import Identity
from auditor.problems import Problem
from auditor.soap.deadlines import Deadline, connection_error_text, open_tcp_connection
from auditor.soap.messages import Certificate, Endpoint, HandshakeResult
from auditor.soap.tls import (
    check_server_name,
    create_tls_context,
    create_unverified_context,
    parse_certificate,
    to_handshake_error,
    verify_identity,
)


def open_proxy_tunnel(deadline: Deadline, proxy: str, host: str, port: int) -> socket.socket:
    """Return a connection that a proxy opened (CONNECT); the proxy's own account goes to it alone.

    Raises `OSError` for a proxy that is not reached by plain HTTP, or opens no connection, and what
    `open_tcp_connection` raises.
    """
    place = parse_url(proxy)
    if place.scheme not in (None, "http") or place.host is None:
        raise OSError("no plain HTTP proxy")
    # A URL holds the account with escapes, and the header needs it plain.
    headers = make_headers(proxy_basic_auth=unquote(place.auth)) if place.auth else {}

    class Tunnel(HTTPConnection):
        """A connection that is opened under the deadline."""

        def _new_conn(self) -> socket.socket:
            return open_tcp_connection(deadline, self._dns_host, self.port)

    connection = Tunnel(place.host, place.port or 80)
    connection.set_tunnel(host, port, headers)
    with ExitStack() as unless_open:
        unless_open.callback(connection.close)
        try:
            connection.connect()
        except (HTTPError, HTTPException) as exc:
            raise OSError("no answer in HTTP") from exc
        unless_open.pop_all()
    return cast(socket.socket, connection.sock)


def perform_handshake(endpoint: Endpoint, deadline: Deadline) -> HandshakeResult:
    """Connect, judge the certificate as before a request, and hang up.

    Raises `Unreachable`, `TimedOut`, `Interrupted`, and `TlsFailed` for a name that TLS cannot
    ask for; `ConfigError` for a CA file that cannot be used.
    """
    context = create_tls_context(endpoint)
    check_server_name(context, endpoint)
    try:
        return _connect_and_verify(endpoint, context, deadline)
    except OSError as exc:
        deadline.check()  # its end shuts the socket down, which looks like many other failures
        if isinstance(exc, TimeoutError):
            raise deadline.timed_out() from exc
        # Python gives no certificate after a handshake that it refused, so a second one reads it.
        refused = isinstance(exc, ssl.SSLCertVerificationError)
        certificate = read_unverified_certificate(endpoint, deadline) if refused else None
        return HandshakeResult(certificate, refused=to_handshake_error(endpoint, exc, certificate))


def _connect_and_verify(
    endpoint: Endpoint, context: ssl.SSLContext, deadline: Deadline
) -> HandshakeResult:
    try:
        raw = open_tcp_connection(deadline, endpoint.host, endpoint.port)
    except OSError as exc:
        raise unreachable_error(endpoint, endpoint.host, endpoint.port, exc) from exc
    with raw, context.wrap_socket(raw, server_hostname=endpoint.verify_name) as wrapped:
        deadline.check()
        certificate = certificate_or_none(wrapped.getpeercert(binary_form=True))
    if certificate is None:
        return HandshakeResult(None, refused=unreadable_certificate_error(endpoint))
    try:
        return HandshakeResult(certificate, verify_identity(endpoint, certificate))
    except ExchangeError as error:
        return HandshakeResult(certificate, Identity.UNPROVEN, error)


def read_unverified_certificate(
    endpoint: Endpoint, deadline: Deadline, proxy: str | None = None
) -> Certificate | None:
    """Read the certificate without trusting it; nothing is sent but the handshake.

    `proxy` is the URL of the proxy on the way, if there is one.
    """
    host, port = endpoint.host, endpoint.port
    try:
        with (
            open_proxy_tunnel(deadline, proxy, host, port)
            if proxy
            else open_tcp_connection(deadline, host, port) as raw,
            create_unverified_context(endpoint).wrap_socket(
                raw, server_hostname=endpoint.verify_name
            ) as wrapped,
        ):
            return certificate_or_none(wrapped.getpeercert(binary_form=True))
    except OSError:
        # The caller already has an error, and without the certificate only its advice is poorer.
        deadline.check()
        return None


def certificate_or_none(der: bytes | None) -> Certificate | None:
    """Return the facts of a certificate, None if it cannot be read."""
    try:
        return parse_certificate(der) if der else None
    except ValueError:
        return None


def unreadable_certificate_error(endpoint: Endpoint) -> TlsFailed:
    """Return the error for a certificate that cannot be read."""
    return TlsFailed(Problem.UNREADABLE_CERTIFICATE, endpoint.name)


def unreachable_error(endpoint: Endpoint, host: str, port: int, failure: OSError) -> Unreachable:
    """Return the error for a connection to an address of the endpoint that did not come about."""
    return Unreachable(
        Problem.NO_CONNECTION,
        endpoint.name,
        place=f"{host}:{port}",
        error=connection_error_text(failure),
    )
