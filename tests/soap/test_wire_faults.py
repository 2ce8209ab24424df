"""Faults of HTTP and TLS on each interface, live: the right reason, in time, with no trace."""

import gzip
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization

from auditor.errors import ExchangeError, Reason
from auditor.soap.client import Client
from auditor.soap.handshake import certificate_or_none
from auditor.soap.messages import Endpoint, RequestLimits
from tests.soap.certs import Authority
from tests.soap.conftest import NODE, NewClient, Recorded
from tests.soap.loopback import Loopback, Raw, http

SHORT_S, LONG_S = 0.4, 10.0
"""Time-outs: of a fault that must be waited for, and of one that a busy machine must not meet."""

INTERFACES: Mapping[str, tuple[str, Callable[[Client], object]]] = {
    "cucm-axl": ("axl/process-nodes.xml", Client.list_process_nodes),
    "control-center": ("control-center/service-status.xml", Client.service_status),
    "perfmon": (
        "perfmon/counters.xml",
        lambda client: client.perfmon_counters("Cisco Server Recovery Manager", NODE),
    ),
    "imp-axl": ("axl/sql-count.xml", lambda client: client.sql("select count(*) from systables")),
}

Spoil = Callable[[bytes], Raw]


def head(*lines: str, status: str = "HTTP/1.1 200 OK") -> bytes:
    return "\r\n".join([status, "Content-Type: text/xml", *lines]).encode("latin-1") + b"\r\n\r\n"


def chunked(*parts: bytes, close: bool = True) -> Raw:
    return Raw(head("Transfer-Encoding: chunked") + b"".join(parts), close=close)


def chunk(data: bytes, size: bytes | None = None) -> bytes:
    return (b"%x" % len(data) if size is None else size) + b"\r\n" + data + b"\r\n"


def with_length(body: bytes, *lines: str) -> bytes:
    return head(f"Content-Length: {len(body)}", *lines) + body


# Each with what it comes to; None: the reply is read all the same.
FAULTS: Mapping[str, tuple[Spoil, Reason | None]] = {
    "chunk length negative": (lambda b: chunked(chunk(b, b"-5")), Reason.BAD_REPLY),
    "chunk length very negative": (
        lambda b: chunked(chunk(b, b"-ffffffffffffffff")),
        Reason.BAD_REPLY,
    ),
    "chunk length huge": (lambda b: chunked(chunk(b, b"f" * 16)), Reason.BAD_REPLY),
    "chunk length of 10,000 digits": (lambda b: chunked(chunk(b, b"f" * 10_000)), Reason.BAD_REPLY),
    "chunk length missing": (lambda b: chunked(chunk(b, b"")), Reason.BAD_REPLY),
    "chunk length no number": (lambda b: chunked(chunk(b, b"xyz")), Reason.BAD_REPLY),
    "second chunk length negative": (
        lambda b: chunked(chunk(b[:50]), chunk(b[50:], b"-1")),
        Reason.BAD_REPLY,
    ),
    "last chunk missing": (lambda b: chunked(chunk(b)), Reason.BAD_REPLY),
    "last chunk waited for": (
        lambda b: replace(chunked(chunk(b), close=False), hang=True),
        Reason.TIMED_OUT,
    ),
    "chunk longer than what comes": (lambda b: chunked(chunk(b, b"ffff")), Reason.BAD_REPLY),
    "trailers without an end": (
        lambda b: replace(chunked(chunk(b), b"0\r\n", b"X: y\r\n" * 50, close=False), hang=True),
        Reason.TIMED_OUT,
    ),
    "chunk extension of 1 MB": (
        lambda b: chunked(b"%x;" % len(b) + b"x" * 1_000_000 + b"\r\n" + b + b"\r\n0\r\n\r\n"),
        Reason.BAD_REPLY,
    ),
    "chunks of one byte": (
        lambda b: chunked(*(chunk(b[i : i + 1]) for i in range(len(b))), b"0\r\n\r\n"),
        None,
    ),
    "100 Continue for ever": (
        lambda _: Raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 2000, hang=True),
        Reason.TIMED_OUT,
    ),
    "100 Continue, then the reply": (
        lambda b: Raw(b"HTTP/1.1 100 Continue\r\n\r\n" + with_length(b)),
        None,
    ),
    "head line of 1 MB": (lambda b: Raw(with_length(b, "X: " + "x" * 1_000_000)), Reason.BAD_REPLY),
    "head of 200 lines": (
        lambda b: Raw(with_length(b, *(f"X-{n}: y" for n in range(200)))),
        Reason.BAD_REPLY,
    ),
    "60 cookies": (
        lambda b: Raw(with_length(b, *(f"Set-Cookie: c{n}=v; Secure" for n in range(60)))),
        None,
    ),
    "compressed bomb": (
        lambda _: http(gzip.compress(b" " * 20_000_000), 200, "text/xml", "Content-Encoding: gzip"),
        Reason.BAD_REPLY,
    ),
    "unknown compression": (
        lambda b: http(b, 200, "text/xml", "Content-Encoding: x"),
        Reason.BAD_REPLY,
    ),
    "two lengths": (
        lambda b: Raw(head(f"Content-Length: {len(b)}", "Content-Length: 7") + b),
        Reason.BAD_REPLY,
    ),
    "length negative": (lambda b: Raw(head("Content-Length: -7") + b, close=True), None),
    "length no number": (lambda b: Raw(head("Content-Length: many") + b, close=True), None),
    "length too long": (
        lambda b: Raw(head(f"Content-Length: {len(b) + 9}") + b, close=True),
        Reason.BAD_REPLY,
    ),
    "length too short": (
        lambda b: Raw(head(f"Content-Length: {len(b) - 9}") + b),
        Reason.BAD_REPLY,
    ),
    "length and chunks": (
        lambda b: Raw(
            head("Content-Length: 5", "Transfer-Encoding: chunked") + chunk(b) + b"0\r\n\r\n"
        ),
        None,
    ),
    "HTTP/0.9": (lambda b: Raw(b, close=True), Reason.BAD_REPLY),
    "HTTP/2": (
        lambda _: Raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", close=True),
        Reason.BAD_REPLY,
    ),
    "no status": (lambda b: Raw(b"HTTP/1.1\r\n\r\n" + b, close=True), Reason.BAD_REPLY),
    "status no number": (
        lambda b: Raw(head(status="HTTP/1.1 OK") + b, close=True),
        Reason.BAD_REPLY,
    ),
    "status too long": (
        lambda b: Raw(head(status="HTTP/1.1 99999 OK") + b, close=True),
        Reason.BAD_REPLY,
    ),
    "status negative": (
        lambda b: Raw(head(status="HTTP/1.1 -200 OK") + b, close=True),
        Reason.BAD_REPLY,
    ),
    "nothing, closed": (lambda _: Raw(close=True), Reason.UNREACHABLE),
    "nothing, reset": (lambda _: Raw(reset=True), Reason.UNREACHABLE),
    "reset in the head": (lambda _: Raw(b"HTTP/1.1 200 OK\r\nConte", reset=True), Reason.BAD_REPLY),
    "reset in the body": (
        lambda b: Raw(with_length(b)[: -len(b) // 2], reset=True),
        Reason.BAD_REPLY,
    ),
    "hang before the head": (lambda _: Raw(hang=True), Reason.TIMED_OUT),
    "hang in the head": (lambda _: Raw(b"HTTP/1.1 200 OK\r\nConte", hang=True), Reason.TIMED_OUT),
    "hang in the body": (lambda b: Raw(with_length(b)[:-20], hang=True), Reason.TIMED_OUT),
    "head byte by byte": (lambda b: Raw(with_length(b), drip_s=0.05), Reason.TIMED_OUT),
    "head without a colon": (
        lambda b: Raw(head("Nonsense", f"Content-Length: {len(b)}") + b, close=True),
        None,
    ),
    "head with a NUL": (lambda b: Raw(with_length(b, "X: \x00")), None),
    "bare line feeds": (
        lambda b: Raw(b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % len(b) + b),
        None,
    ),
    "204 with a body": (
        lambda b: Raw(with_length(b).replace(b"200 OK", b"204 No"), close=True),
        Reason.BAD_REPLY,
    ),
    "redirect to itself": (lambda _: http(b"", 302, "text/html", "Location: /"), Reason.BAD_REPLY),
    "9 MB": (lambda _: http(b" " * 9_000_000), Reason.TOO_LARGE),
    "a second reply after it": (lambda b: Raw(with_length(b) + with_length(b)), None),
    "no length, no goodbye": (lambda b: Raw(head() + b, close=True), None),
    "no length, cut": (lambda b: Raw(head() + b[:-9], close=True), Reason.BAD_REPLY),
}


@pytest.fixture(scope="module")
def server_context(authority: Authority) -> ssl.SSLContext:
    return authority.issue(NODE).context()


def ask(
    new_client: NewClient,
    server: Loopback,
    authority: Authority,
    interface: str,
    expected: Reason | None,
) -> tuple[Reason | None, bool]:
    """Return why the request failed, None if it did not, and whether it ended in time."""
    timeout_s = SHORT_S if expected is Reason.TIMED_OUT else LONG_S
    place = Endpoint(NODE, server.host, server.port, NODE, ca_bundle=authority.pem)
    client = new_client(place, RequestLimits(timeout_s, ()), axl_version="14.0")
    started = time.monotonic()
    try:
        INTERFACES[interface][1](client)
    except ExchangeError as error:
        return error.reason, time.monotonic() - started < LONG_S
    return None, time.monotonic() - started < LONG_S


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_http_has_its_reason(
    fault: str,
    interface: str,
    new_client: NewClient,
    recorded: Recorded,
    authority: Authority,
    server_context: ssl.SSLContext,
) -> None:
    spoil, reason = FAULTS[fault]
    body = recorded(INTERFACES[interface][0])
    with Loopback(server_context, [spoil(body)]) as server:
        found, is_in_time = ask(new_client, server, authority, interface, reason)
    assert found == reason
    assert is_in_time


@pytest.mark.parametrize("offset", [0, 8192, 8193, 14_393])
def test_a_reply_after_the_reply_is_not_the_next_one(
    offset: int,
    new_client: NewClient,
    recorded: Recorded,
    authority: Authority,
    server_context: ssl.SSLContext,
) -> None:
    """What comes unasked on a kept connection must not pass for the answer to the next request.

    From 8192 bytes on, TLS has decrypted what http.client did not read with the first reply.
    """
    body = recorded("axl/sql-count.xml")
    good, other = with_length(body), with_length(re.sub(rb">\d+<", b">77<", body))
    assert good != other
    with Loopback(server_context, [Raw(good.ljust(offset) + other), Raw(good)]) as server:
        place = Endpoint(NODE, server.host, server.port, NODE, ca_bundle=authority.pem)
        client = new_client(place, RequestLimits(LONG_S, ()), axl_version="14.0")
        first = client.sql("select count(*) from systables")
        assert client.sql("select count(*) from systables") == first


TLS_RECORD = b"\x16\x03\x03\x00\x7a\x02"
"""The beginning of a server's hello."""

# What a server that speaks no TLS sends after the client's hello, or None: it never says a word.
TLS_FAULTS: Mapping[str, tuple[Raw | None, Reason]] = {
    "plain HTTP": (http(b"<x/>"), Reason.TLS),
    "no byte, closed": (Raw(close=True), Reason.UNREACHABLE),
    "no byte, reset": (Raw(reset=True), Reason.UNREACHABLE),
    "half a hello, closed": (Raw(TLS_RECORD, close=True), Reason.UNREACHABLE),
    "half a hello, reset": (Raw(TLS_RECORD, reset=True), Reason.UNREACHABLE),
    "half a hello, then nothing": (Raw(TLS_RECORD, hang=True), Reason.TIMED_OUT),
    "a hello of noise": (Raw(TLS_RECORD + bytes(range(256)), close=True), Reason.TLS),
    "an alert": (Raw(b"\x15\x03\x03\x00\x02\x02\x28", close=True), Reason.TLS),
    "a record of 64 KB": (Raw(b"\x16\x03\x03\xff\xff" + b"x" * 65535, close=True), Reason.TLS),
    "silence": (None, Reason.TIMED_OUT),
}


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("fault", TLS_FAULTS)
def test_a_fault_of_tls_has_its_reason(
    fault: str, interface: str, new_client: NewClient, authority: Authority
) -> None:
    reply, reason = TLS_FAULTS[fault]
    with Loopback(None, [reply or Raw()], silent=reply is None) as server:
        found, is_in_time = ask(new_client, server, authority, interface, reason)
    assert found == reason
    assert is_in_time


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_no_changed_byte_of_a_certificate_is_a_fault_of_ours(authority: Authority) -> None:
    """A certificate that a byte spoilt is read or is none; it never ends in another error."""
    der = authority.issue(NODE, "127.0.0.1").certificate.public_bytes(serialization.Encoding.DER)
    read = 0
    for place in range(len(der)):
        for value in (0x00, 0x7F, 0xFF, der[place] ^ 0x01, der[place] ^ 0x20):
            spoilt = der[:place] + bytes([value]) + der[place + 1 :]
            read += certificate_or_none(spoilt) is not None
    assert 0 < read < 5 * len(der)
