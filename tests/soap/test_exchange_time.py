"""The connection measures what an exchange takes, and an error has what was received before it."""

from dataclasses import replace

import pytest

from auditor.errors import BadReply, NotAuthorised, TooLarge
from auditor.soap.messages import Endpoint, RequestLimits
from auditor.soap.operations import CONTROL_CENTER_API
from tests.soap.certs import Authority
from tests.soap.conftest import NODE, NewClient, PatientNetwork, Play
from tests.soap.loopback import Loopback, Raw

NAME = "control-center/service-status.xml"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every reading of the clock five milliseconds later than the last."""
    readings = iter(range(0, 1_000_000_000, 5_000_000))
    monkeypatch.setattr("auditor.soap.transport.time.monotonic_ns", lambda: next(readings))


@pytest.mark.usefixtures("clock")
def test_the_time_of_exchanges_includes_failed_ones(new_client: NewClient, play: Play) -> None:
    client = new_client()
    assert client.elapsed_us == 0
    play(CONTROL_CENTER_API, NAME)
    client.service_status()
    assert client.elapsed_us == 5000
    play(CONTROL_CENTER_API, NAME, status=403)
    with pytest.raises(NotAuthorised):
        client.service_status()
    assert client.elapsed_us == 10_000


@pytest.mark.usefixtures("clock")
def test_the_time_of_exchanges_excludes_pauses(
    new_client: NewClient, play: Play, network: PatientNetwork
) -> None:
    client = new_client(limits=RequestLimits(timeout_s=100, backoff_s=(100,)))
    play(CONTROL_CENTER_API, NAME, status=503, content_type="text/html")
    play(CONTROL_CENTER_API, NAME)
    client.service_status()
    assert len(network.pauses) == 1
    assert client.elapsed_us == 10_000


def test_an_error_has_the_beginning_of_a_broken_reply(
    endpoint: Endpoint, authority: Authority, new_client: NewClient
) -> None:
    cut = Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<soapenv:Env", close=True)
    with Loopback(authority.issue(NODE).context(), [cut]) as server:
        client = new_client(replace(endpoint, host=server.host, port=server.port))
        with pytest.raises(BadReply) as caught:
            client.service_status()
    assert caught.value.received == b"<soapenv:Env"


def test_no_more_than_the_beginning_of_a_reply_is_kept(
    endpoint: Endpoint, authority: Authority, new_client: NewClient
) -> None:
    body = b"x" * 200_000
    large = Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + body, close=True)
    with Loopback(authority.issue(NODE).context(), [large]) as server:
        place = replace(endpoint, host=server.host, port=server.port)
        client = new_client(place, RequestLimits(timeout_s=5, max_bytes=100_000))
        with pytest.raises(TooLarge) as caught:
            client.service_status()
    assert caught.value.received == body[: 64 * 1024]
