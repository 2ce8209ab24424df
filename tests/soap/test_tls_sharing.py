"""Endpoints share TLS settings only where they trust alike, and none weakens another's."""

from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import TlsFailed
from auditor.soap.messages import Endpoint
from auditor.soap.tls import TlsContexts
from tests.soap.certs import Authority
from tests.soap.conftest import NODE, NewClient, Recorded
from tests.soap.loopback import Loopback, http


def test_nodes_with_the_same_authorities_share_a_context(endpoint: Endpoint) -> None:
    """Reading the machine's own for each of 200 nodes would take seconds and 200 MB."""
    contexts = TlsContexts()
    other = replace(endpoint, name="imp-b.example.test", verify_name="imp-b.example.test", port=1)
    assert contexts.get(endpoint) is contexts.get(other)


@pytest.mark.parametrize("way", ["ca_bundle", "machine", "legacy_tls", "insecure", "pins"])
def test_nodes_with_different_trust_never_share_a_context(
    way: str, endpoint: Endpoint, tmp_path: Path
) -> None:
    """They differ in the authorities, in the oldest TLS, or in whether they verify."""
    other = {
        "ca_bundle": replace(endpoint, ca_bundle=Authority(tmp_path).pem),
        "machine": replace(endpoint, ca_bundle=None),
        "legacy_tls": replace(endpoint, legacy_tls=True),
        "insecure": replace(endpoint, insecure=True),
        "pins": replace(endpoint, pins=("00:11",)),
    }[way]
    for first, second in ((endpoint, other), (other, endpoint)):
        contexts = TlsContexts()
        assert contexts.get(first) is not contexts.get(second)


def test_a_node_is_still_verified_after_others_were_not(
    endpoint: Endpoint,
    authority: Authority,
    new_client: NewClient,
    recorded: Recorded,
    tmp_path: Path,
) -> None:
    """All on one network, to one server that only the careless and the pinned may accept."""
    stranger = Authority(tmp_path).issue(NODE)
    reply = http(recorded("control-center/service-status.xml"))
    with Loopback(stranger.context(), [reply]) as server:
        place = replace(endpoint, host=server.host, port=server.port)
        for lax in (replace(place, insecure=True), replace(place, pins=(stranger.pin,))):
            assert new_client(lax).service_status().rows
        for _ in range(2):
            with pytest.raises(TlsFailed):
                new_client(place).service_status()
    with Loopback(authority.issue(NODE).context(), [reply]) as server:
        place = replace(endpoint, host=server.host, port=server.port)
        assert new_client(place).service_status().rows
