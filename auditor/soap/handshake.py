"""Reads a server's certificate in a handshake of its own, in which nothing else is sent."""

import ssl

from auditor.errors import ExchangeError, TlsFailed, Unreachable
from auditor.facts import Identity
from auditor.soap import tls
from auditor.soap.certificates import read_certificate
from auditor.soap.dialling import dial, words
from auditor.soap.endpoint import Endpoint
from auditor.soap.messages import Certificate, Shown
from auditor.soap.registry import Call
from auditor.soap.tunnel import tunnel


def shown(endpoint: Endpoint, call: Call) -> Shown:
    """Connect, judge the certificate as before a request, and hang up.

    Raises `Unreachable`, `TimedOut`, `Interrupted`, and `TlsFailed` for a name that TLS cannot
    ask for; `ConfigError` for a CA file that cannot be used.
    """
    context = tls.context_for(endpoint)
    tls.check_name(context, endpoint)
    try:
        return _greeted(endpoint, context, call)
    except OSError as exc:
        call.check()  # ending the call shuts the socket down, which looks like many a failure
        if isinstance(exc, TimeoutError):
            raise call.timed_out() from exc
        refused = isinstance(exc, ssl.SSLCertVerificationError)
        certificate = peek(endpoint, call) if refused else None
        return Shown(certificate, refused=tls.handshake_error(endpoint, exc, certificate))


def _greeted(endpoint: Endpoint, context: ssl.SSLContext, call: Call) -> Shown:
    try:
        raw = dial(call, endpoint.host, endpoint.port)
    except OSError as exc:
        raise unreachable(endpoint, endpoint.host, endpoint.port, exc) from exc
    with raw, context.wrap_socket(raw, server_hostname=endpoint.verify_name) as wrapped:
        call.check()
        certificate = readable(wrapped.getpeercert(binary_form=True))
    if certificate is None:
        return Shown(None, refused=illegible(endpoint))
    try:
        return Shown(certificate, tls.admit(endpoint, certificate))
    except ExchangeError as error:
        return Shown(certificate, Identity.UNPROVEN, error)


def peek(endpoint: Endpoint, call: Call, proxy: str | None = None) -> Certificate | None:
    """Read the certificate without trusting it; nothing is sent but the handshake.

    `proxy` is the URL of the proxy that stands between, None for none.
    """
    host, port = endpoint.host, endpoint.port
    try:
        with (
            tunnel(call, proxy, host, port) if proxy else dial(call, host, port) as raw,
            tls.unverified_context(endpoint).wrap_socket(
                raw, server_hostname=endpoint.verify_name
            ) as wrapped,
        ):
            return readable(wrapped.getpeercert(binary_form=True))
    except OSError:
        call.check()
        return None


def readable(der: bytes | None) -> Certificate | None:
    """Return the facts of a certificate, None if it cannot be read."""
    try:
        return read_certificate(der) if der else None
    except ValueError:
        return None


def illegible(endpoint: Endpoint) -> TlsFailed:
    """Return the error for a certificate that cannot be read."""
    return TlsFailed(
        f"{endpoint.name} showed a certificate that cannot be read; nothing was sent.",
        "Renew its Tomcat certificate.",
    )


def unreachable(endpoint: Endpoint, host: str, port: int, failure: OSError) -> Unreachable:
    """Return the error for a connection to an address of the endpoint that did not come about."""
    return Unreachable(
        f"No connection to {endpoint.name} at {host}:{port}: {words(failure)}.",
        "Check its address in [cluster.addresses], the network, and that it is up.",
    )
