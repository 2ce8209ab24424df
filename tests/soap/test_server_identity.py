"""Who answers is proven before a byte of the request is sent, or nothing is sent at all."""

import base64
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest
import requests.adapters

from auditor.errors import ConfigError, TlsFailed, WrongNode
from auditor.models.nodes import Identity
from auditor.soap.client import Client
from auditor.soap.deadlines import DeadlineWatchdog
from auditor.soap.handshake import read_unverified_certificate
from auditor.soap.messages import Endpoint
from tests.soap.certs import Authority
from tests.soap.certs import Identity as Shown
from tests.soap.conftest import NODE, NewClient, Recorded
from tests.soap.loopback import Loopback, Raw, http
from tests.soap.relay import relaying

OTHER = "imp-b.example.test"
Serve = Callable[[Shown], Loopback]


@pytest.fixture
def serve(recorded: Recorded) -> Iterator[Serve]:
    """Return a function that serves a good reply behind a certificate."""
    reply = http(recorded("control-center/service-status.xml"))
    with ExitStack() as servers:
        yield lambda shown: servers.enter_context(Loopback(shown.context(), [reply]))


def at(endpoint: Endpoint, server: Loopback) -> Endpoint:
    """Return the endpoint at the server's address."""
    return replace(endpoint, host=server.host, port=server.port)


def refused(client: Client, server: Loopback, kind: type[TlsFailed | WrongNode]) -> str:
    """Return the message of a refusal, after making sure that nothing was sent."""
    with pytest.raises(kind) as caught:
        client.service_status()
    assert (server.requests, server.application_bytes, client.requests_sent) == ([], 0, 0)
    assert client.identity is Identity.UNPROVEN
    return str(caught.value)


def test_a_certificate_that_names_the_node_proves_it_at_any_address(
    endpoint: Endpoint, authority: Authority, serve: Serve, new_client: NewClient
) -> None:
    client = new_client(at(endpoint, serve(authority.issue(NODE))))
    assert client.service_status().rows
    assert client.identity is Identity.CERTIFICATE


def test_an_address_in_the_certificate_proves_a_node_that_is_named_by_it(
    endpoint: Endpoint, authority: Authority, serve: Serve, new_client: NewClient
) -> None:
    server = serve(authority.issue("127.0.0.1"))
    client = new_client(replace(at(endpoint, server), verify_name="127.0.0.1"))
    assert client.service_status().rows


def test_a_certificate_for_another_host_is_refused(
    endpoint: Endpoint, authority: Authority, serve: Serve, new_client: NewClient
) -> None:
    server = serve(authority.issue("mail.example.test", "www.example.test"))
    message = refused(new_client(at(endpoint, server)), server, TlsFailed)
    assert "for mail.example.test, www.example.test, not for imp-a.example.test" in message
    assert "[cluster.addresses]" in message


@pytest.mark.parametrize("trusted", [True, False])
def test_the_certificate_of_another_node_is_the_wrong_node(
    trusted: bool,
    endpoint: Endpoint,
    authority: Authority,
    serve: Serve,
    new_client: NewClient,
    tmp_path: Path,
) -> None:
    signer = authority if trusted else Authority(tmp_path)
    server = serve(signer.issue(OTHER.upper()))
    place = replace(at(endpoint, server), other_names=frozenset({OTHER, NODE}))
    message = refused(new_client(place), server, WrongNode)
    assert f"address of {NODE} is answered with the certificate of {OTHER}" in message


@pytest.mark.parametrize("way", ["pin", "insecure"])
def test_neither_pin_nor_insecure_accepts_the_certificate_of_another_node(
    way: str, endpoint: Endpoint, authority: Authority, serve: Serve, new_client: NewClient
) -> None:
    shown = authority.issue(common_name=OTHER)
    server = serve(shown)
    place = replace(at(endpoint, server), other_names=frozenset({OTHER}))
    place = (
        replace(place, insecure=True) if way == "insecure" else replace(place, pins=(shown.pin,))
    )
    refused(new_client(place), server, WrongNode)


def test_a_shared_certificate_is_accepted_and_proves_nothing(
    endpoint: Endpoint, authority: Authority, serve: Serve, new_client: NewClient
) -> None:
    for names in ([NODE, OTHER], ["*.example.test"]):
        place = replace(
            at(endpoint, serve(authority.issue(*names))), other_names=frozenset({OTHER})
        )
        client = new_client(place)
        assert client.service_status().rows
        assert client.identity is Identity.UNPROVEN


def test_a_pin_needs_no_authority(
    endpoint: Endpoint, authority: Authority, serve: Serve, new_client: NewClient
) -> None:
    shown = authority.issue(common_name="anything", self_signed=True)
    for pin in (shown.pin, shown.pin.replace(":", "").lower()):
        place = replace(at(endpoint, serve(shown)), pins=("00:11", pin), ca_bundle=None)
        client = new_client(place)
        assert client.service_status().rows
        assert client.identity is Identity.CERTIFICATE


def test_a_pin_that_does_not_match_refuses_what_the_authority_signed(
    endpoint: Endpoint, authority: Authority, serve: Serve, new_client: NewClient
) -> None:
    server, pinned = serve(authority.issue(NODE)), authority.issue(NODE)
    place = replace(at(endpoint, server), pins=(pinned.pin,))
    assert "not pinned for it" in refused(new_client(place), server, TlsFailed)


def test_a_pin_is_compared_on_every_new_connection(
    endpoint: Endpoint, authority: Authority, recorded: Recorded, new_client: NewClient
) -> None:
    first, second = authority.issue(NODE), authority.issue(NODE)
    reply = replace(http(recorded("control-center/service-status.xml")), close=True)
    with Loopback(first.context(), [reply]) as server:
        client = new_client(replace(at(endpoint, server), pins=(first.pin,)))
        assert client.service_status().rows
        server.context = second.context()
        with pytest.raises(TlsFailed, match="not pinned"):
            client.service_status()
        assert len(server.requests) == 1


def test_an_expired_certificate_is_refused_with_its_end(
    endpoint: Endpoint, authority: Authority, serve: Serve, new_client: NewClient
) -> None:
    shown = authority.issue(NODE, ends_in_days=-5)
    server = serve(shown)
    message = refused(new_client(at(endpoint, server)), server, TlsFailed)
    assert f"expired on {shown.certificate.not_valid_after_utc:%Y-%m-%d}" in message
    assert "Renew" in message


def test_a_certificate_not_yet_valid_is_refused_with_the_clock_as_cause(
    endpoint: Endpoint, authority: Authority, serve: Serve, new_client: NewClient
) -> None:
    server = serve(authority.issue(NODE, starts_in_days=5))
    message = refused(new_client(at(endpoint, server)), server, TlsFailed)
    assert "valid only from" in message
    assert "clock" in message


def test_a_self_signed_certificate_is_refused_with_advice_to_pin_it(
    endpoint: Endpoint, authority: Authority, serve: Serve, new_client: NewClient
) -> None:
    shown = authority.issue(NODE, self_signed=True)
    server = serve(shown)
    message = refused(new_client(at(endpoint, server)), server, TlsFailed)
    assert f"self-signed certificate that is not pinned (SHA-256 {shown.pin})" in message
    assert "pin it in [cluster.pins]" in message


def test_a_certificate_with_only_a_common_name_is_refused_with_advice_to_pin_it(
    endpoint: Endpoint, authority: Authority, serve: Serve, new_client: NewClient
) -> None:
    server = serve(authority.issue(common_name=NODE))
    message = refused(new_client(at(endpoint, server)), server, TlsFailed)
    assert f'names its host ("{NODE}") only as common name' in message
    assert "pin it in [cluster.pins]" in message


def test_an_unknown_authority_is_named(
    endpoint: Endpoint, serve: Serve, new_client: NewClient, tmp_path: Path
) -> None:
    server = serve(Authority(tmp_path, name="Somebody else").issue(NODE))
    message = refused(new_client(at(endpoint, server)), server, TlsFailed)
    assert 'signed by "Somebody else", which is not trusted here' in message
    assert "ca_bundle" in message


def test_insecure_verifies_nothing_and_proves_nothing(
    endpoint: Endpoint, authority: Authority, serve: Serve, new_client: NewClient
) -> None:
    server = serve(authority.issue("mail.example.test", self_signed=True))
    client = new_client(replace(at(endpoint, server), insecure=True))
    assert client.service_status().rows
    assert client.identity is Identity.UNPROVEN


def test_only_the_authorities_that_were_asked_for_are_trusted(
    endpoint: Endpoint,
    authority: Authority,
    serve: Serve,
    new_client: NewClient,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    stranger = Authority(tmp_path, name="Stranger")
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(variable, str(stranger.pem))
    # What requests brings along is trusted only where neither a file nor the machine has any.
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(stranger.pem))
    assert new_client(at(endpoint, serve(authority.issue(NODE)))).service_status().rows
    for bundle in (authority.pem, None):
        server = serve(stranger.issue(NODE))
        place = replace(at(endpoint, server), ca_bundle=bundle)
        refused(new_client(place), server, TlsFailed)


@pytest.mark.parametrize("content", [None, "", "no certificate\n"])
def test_a_ca_file_that_cannot_be_used_is_a_configuration_error(
    content: str | None, endpoint: Endpoint, new_client: NewClient, tmp_path: Path
) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_text(content)
    with pytest.raises(ConfigError, match="ca_bundle") as caught:
        new_client(replace(endpoint, ca_bundle=bundle))
    assert "\n" not in str(caught.value)


def test_a_port_without_tls_has_its_own_error(endpoint: Endpoint, new_client: NewClient) -> None:
    with Loopback(None, [Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n", close=True)]) as server:
        client = new_client(at(endpoint, server))
        with pytest.raises(TlsFailed) as caught:
            client.service_status()
    assert f"does not speak TLS on port {server.port}" in str(caught.value)


def test_old_tls_is_used_only_if_allowed(
    endpoint: Endpoint, authority: Authority, recorded: Recorded, new_client: NewClient
) -> None:
    context = authority.issue(NODE).context()
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    reply = http(recorded("control-center/service-status.xml"))
    with Loopback(context, [reply]) as server:
        message = refused(new_client(at(endpoint, server)), server, TlsFailed)
        assert "legacy_tls = true" in message
        client = new_client(replace(at(endpoint, server), legacy_tls=True))
        assert client.service_status().rows


@pytest.mark.parametrize("name", [".imp", "", "imp..test", "a" * 64 + ".test", "imp\0"])
def test_a_name_that_no_certificate_can_prove_is_handled(
    name: str, endpoint: Endpoint, authority: Authority, serve: Serve, new_client: NewClient
) -> None:
    server = serve(authority.issue(NODE))
    place = replace(at(endpoint, server), verify_name=name)
    assert "not a name that a certificate can prove" in refused(
        new_client(place), server, TlsFailed
    )


def test_a_certificate_refused_behind_a_proxy_is_named(
    endpoint: Endpoint,
    serve: Serve,
    new_client: NewClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is read through the proxy too, whose own account goes along and nothing else."""
    server = serve(Authority(tmp_path).issue(NODE))
    with relaying((server.host, server.port)) as relay:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:a%20word@127.0.0.1:{relay.port}")
        place = replace(endpoint, host=NODE, proxy=True)
        message = refused(new_client(place), server, TlsFailed)
    assert "which is not trusted here (SHA-256 " in message
    account = base64.b64encode(b"me:a word")
    for head in relay.heads:
        assert head.startswith(f"CONNECT {NODE}:8443 ".encode())
        assert b"Basic " + account in head
    assert len(relay.heads) == 2


@pytest.mark.parametrize("head", [b"HTTP/1.1 407 no\r\n\r\n", b"", b"nonsense\r\n\r\n"])
def test_a_certificate_unreadable_behind_a_proxy_has_a_general_error(
    head: bytes, endpoint: Endpoint
) -> None:
    with (
        Loopback(None, [Raw(head, close=True)]) as proxy,
        closing(DeadlineWatchdog()) as registry,
        registry.start("x", 5) as call,
    ):
        place = replace(endpoint, host=NODE)
        assert read_unverified_certificate(place, call, f"127.0.0.1:{proxy.port}") is None
