"""What a server shows in a handshake, read without sending it anything."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from auditor.errors import Interrupted, TimedOut, TlsFailed, Unreachable, WrongNode
from auditor.models.nodes import Identity
from auditor.soap.handshake import certificate_or_none
from auditor.soap.messages import Endpoint
from tests.soap.certs import Authority
from tests.soap.certs import Identity as Presented
from tests.soap.conftest import NODE, PatientNetwork
from tests.soap.loopback import Loopback

Serve = Callable[[Presented | None], Loopback]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that serves a certificate (None: no TLS), and never an answer."""
    with ExitStack() as servers:

        def start(presented: Presented | None) -> Loopback:
            context = presented.context() if presented else None
            return servers.enter_context(Loopback(context, [], silent=presented is None))

        yield start


def at(endpoint: Endpoint, server: Loopback) -> Endpoint:
    """Return the endpoint at the server's address."""
    return replace(endpoint, host=server.host, port=server.port)


def test_a_good_certificate_is_returned_with_its_proof(
    endpoint: Endpoint, authority: Authority, serve: Serve, network: PatientNetwork
) -> None:
    presented = authority.issue(NODE)
    server = serve(presented)
    shown = network.fetch_certificate(at(endpoint, server), 5)
    assert shown.refused is None
    assert shown.identity is Identity.CERTIFICATE
    assert shown.certificate is not None
    assert shown.certificate.sha256 == presented.pin
    assert shown.certificate.names == (NODE,)
    assert (server.requests, server.application_bytes) == ([], 0)


@pytest.mark.parametrize(
    ("name", "self_signed", "days", "kind", "said"),
    [
        (NODE, True, 30, TlsFailed, "self-signed"),
        (NODE, False, -1, TlsFailed, "expired on"),
        ("mail.example.test", False, 30, TlsFailed, "for mail.example.test"),
        ("imp-b.example.test", False, 30, WrongNode, "certificate of imp-b.example.test"),
    ],
)
def test_a_bad_certificate_is_returned_too(
    name: str,
    self_signed: bool,
    days: int,
    kind: type[Exception],
    said: str,
    endpoint: Endpoint,
    authority: Authority,
    serve: Serve,
    network: PatientNetwork,
) -> None:
    presented = authority.issue(name, self_signed=self_signed, ends_in_days=days)
    server = serve(presented)
    named = replace(at(endpoint, server), other_names=frozenset({"imp-b.example.test"}))
    shown = network.fetch_certificate(named, 5)
    assert isinstance(shown.refused, kind)
    assert said in str(shown.refused)
    assert shown.identity is Identity.UNPROVEN
    assert shown.certificate is not None
    assert shown.certificate.sha256 == presented.pin
    assert server.application_bytes == 0


def test_a_pin_is_compared_with_the_certificate(
    endpoint: Endpoint, authority: Authority, serve: Serve, network: PatientNetwork
) -> None:
    presented = authority.issue(NODE, self_signed=True)
    place = at(endpoint, serve(presented))
    assert network.fetch_certificate(replace(place, pins=(presented.pin,)), 5).refused is None
    other = network.fetch_certificate(replace(place, pins=("ab" * 32,)), 5)
    assert "not pinned" in str(other.refused)
    assert other.certificate is not None


def test_a_server_without_tls_has_no_certificate(
    endpoint: Endpoint, serve: Serve, network: PatientNetwork
) -> None:
    with pytest.raises(TimedOut):
        network.fetch_certificate(at(endpoint, serve(None)), 0.3)


def test_a_closed_port_has_no_certificate(endpoint: Endpoint, network: PatientNetwork) -> None:
    server = Loopback(None, [])
    with server:
        place = at(endpoint, server)
    with pytest.raises(Unreachable, match="refused"):
        network.fetch_certificate(place, 5)


def test_an_interrupt_ends_a_handshake_at_once(
    endpoint: Endpoint, serve: Serve, network: PatientNetwork
) -> None:
    server = serve(None)
    threading.Timer(0.2, network.interrupt).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        network.fetch_certificate(at(endpoint, server), 60)
    assert time.monotonic() - began < 30


def test_a_name_is_resolved_without_a_connection(network: PatientNetwork) -> None:
    assert network.resolve_name("127.0.0.1", 5) == ("127.0.0.1",)
    assert "127.0.0.1" in network.resolve_name("localhost", 5)


def test_an_unknown_name_is_refused_with_the_key_for_its_address(
    network: PatientNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match=r"imp\.nowhere\.test has no address.*cluster.addresses"):
        network.resolve_name("imp.nowhere.test", 5)


# Of the version in a certificate: an explicit tag 0 with the whole number 2, which means 3.
_VERSION_3, _VERSION_8 = bytes.fromhex("a003020102"), bytes.fromhex("a003020107")


def test_a_certificate_of_an_unknown_version_cannot_be_read(authority: Authority) -> None:
    """The library has an exception of its own for it, which is no ValueError."""
    der = authority.issue(NODE).certificate.public_bytes(Encoding.DER)
    strange = der.replace(_VERSION_3, _VERSION_8, 1)

    assert certificate_or_none(der) is not None
    assert certificate_or_none(strange) is None
