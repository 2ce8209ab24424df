"""A busy node gets pauses and few repeats; what could harm is asked once."""

import pytest
import responses

from auditor.errors import ExchangeError, Interrupted, RateLimited, Unavailable
from auditor.soap.client import Client
from auditor.soap.messages import RequestLimits
from auditor.soap.operations import AXL_API, CONTROL_CENTER_API, PERFMON_API
from tests.soap.conftest import NODE, NewClient, PatientNetwork, Play

URL = f"https://127.0.0.1:8443{CONTROL_CENTER_API.path}"


def pauses_follow(pauses: list[float], expected: tuple[float, ...]) -> bool:
    """Tell whether each pause is the wanted one or up to a quarter longer."""
    pairs = zip(pauses, expected, strict=True)
    return all(want <= pause <= want * 1.25 for pause, want in pairs)


def test_a_request_is_retried_after_growing_pauses(
    new_client: NewClient, mocked: responses.RequestsMock, play: Play, network: PatientNetwork
) -> None:
    mocked.post(URL, "<html/>", status=503, content_type="text/html")
    mocked.post(URL, "", status=503)
    play(CONTROL_CENTER_API, "control-center/service-status.xml")
    assert new_client().service_status().rows
    assert pauses_follow(network.pauses, (2, 5))


def test_pauses_differ_from_run_to_run(
    new_client: NewClient, mocked: responses.RequestsMock, network: PatientNetwork
) -> None:
    mocked.post(URL, status=503)
    for _ in range(5):
        with pytest.raises(Unavailable):
            new_client().service_status()
    assert len(set(network.pauses)) > 3


def counters(client: Client) -> object:
    """Ask PerfMon."""
    return client.perfmon_counters("Cisco Server Recovery Manager", NODE)


@pytest.mark.parametrize("status", [200, 500, 503])
def test_rate_control_is_recognised_by_its_text(
    status: int,
    new_client: NewClient,
    play: Play,
    mocked: responses.RequestsMock,
    network: PatientNetwork,
) -> None:
    play(PERFMON_API, "perfmon/fault-rate-text.xml", status=status)
    with pytest.raises(RateLimited, match="requests come too fast"):
        counters(new_client())
    assert len(mocked.calls) == 4
    assert pauses_follow(network.pauses, (2, 5, 10))


def test_rate_control_is_recognised_by_its_code(
    new_client: NewClient, play: Play, network: PatientNetwork
) -> None:
    play(CONTROL_CENTER_API, "control-center/fault-rate-code.xml", status=500)
    with pytest.raises(RateLimited, match="Too many"):
        new_client(limits=RequestLimits(backoff_s=(1,))).service_status()
    assert pauses_follow(network.pauses, (1,))


def test_axl_without_memory_is_retried_and_then_unavailable(
    new_client: NewClient, play: Play, network: PatientNetwork
) -> None:
    play(AXL_API, "axl/fault-memory.xml", status=500)
    with pytest.raises(Unavailable, match="no memory left"):
        new_client(axl_version="14.0").sql("select count(*) from enduser")
    assert len(network.pauses) == 3


def test_without_pauses_there_are_no_retries(
    new_client: NewClient, mocked: responses.RequestsMock, network: PatientNetwork
) -> None:
    mocked.post(URL, status=503)
    with pytest.raises(Unavailable):
        new_client(limits=RequestLimits(backoff_s=())).service_status()
    assert (len(mocked.calls), network.pauses) == (1, [])


@pytest.mark.parametrize("status", [401, 403, 404, 500, 302])
def test_a_refusal_is_not_asked_again(
    status: int, new_client: NewClient, mocked: responses.RequestsMock, network: PatientNetwork
) -> None:
    mocked.post(URL, status=status)
    with pytest.raises(ExchangeError):
        new_client().service_status()
    assert (len(mocked.calls), network.pauses) == (1, [])


def test_an_interrupt_ends_the_pauses(
    new_client: NewClient, mocked: responses.RequestsMock, network: PatientNetwork
) -> None:
    mocked.post(URL, status=503)
    network.interrupt_in_pause = True
    with pytest.raises(Interrupted):
        new_client().service_status()
    assert len(mocked.calls) == 1
