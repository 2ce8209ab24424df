"""The work of a run beside its requests begins when the first one has left, and is done once."""

import threading
from contextlib import closing
from dataclasses import replace

import pytest

from auditor.credentials import Credentials, Secret
from auditor.errors import Interrupted, TlsFailed
from auditor.soap.client import Client
from auditor.soap.messages import Endpoint, RequestLimits
from auditor.soap.network import LiveNetwork
from tests.soap.certs import Authority
from tests.soap.conftest import NODE, PASSWORD, Recorded
from tests.soap.loopback import Loopback, Raw, http

HANGS = Raw(hang=True)


def _ask(place: Endpoint, network: LiveNetwork) -> None:
    login = Credentials("audit-ro", Secret(PASSWORD))
    with Client(place, login, RequestLimits(timeout_s=20), network) as client:
        client.service_status()


def _network(server: Loopback, begun: list[bool]) -> LiveNetwork:
    """Return a network whose work notes that the server has the request, and then interrupts it."""
    network: LiveNetwork

    def work() -> None:
        begun.append(server.asked.wait(30))
        network.interrupt()

    network = LiveNetwork(work)
    return network


def test_it_begins_before_the_first_reply_is_there(
    endpoint: Endpoint, authority: Authority
) -> None:
    begun: list[bool] = []
    with (
        Loopback(authority.issue(NODE).context(), [HANGS]) as server,
        closing(_network(server, begun)) as network,
        pytest.raises(Interrupted),
    ):
        _ask(replace(endpoint, host=server.host, port=server.port), network)
    assert begun == [True]


def test_it_does_not_begin_where_the_password_was_not_sent(
    endpoint: Endpoint, authority: Authority
) -> None:
    begun: list[bool] = []
    with (
        Loopback(authority.issue("other.example.test").context(), [HANGS]) as server,
        closing(_network(server, begun)) as network,
        pytest.raises(TlsFailed),
    ):
        _ask(replace(endpoint, host=server.host, port=server.port), network)
    assert begun == []


def test_it_is_done_once(endpoint: Endpoint, authority: Authority, recorded: Recorded) -> None:
    done: list[str] = []
    begun = threading.Event()

    def work() -> None:
        done.append(threading.current_thread().name)
        begun.set()

    reply = http(recorded("control-center/service-status.xml"))
    with (
        Loopback(authority.issue(NODE).context(), [reply]) as server,
        closing(LiveNetwork(work)) as network,
    ):
        for _ in range(2):
            _ask(replace(endpoint, host=server.host, port=server.port), network)
            assert begun.wait(20)
    assert len(done) == 1
    assert done != [threading.current_thread().name]


def test_it_is_waited_for(endpoint: Endpoint, authority: Authority, recorded: Recorded) -> None:
    done: list[bool] = []
    asked = threading.Event()
    reply = http(recorded("control-center/service-status.xml"))
    with (
        Loopback(authority.issue(NODE).context(), [reply]) as server,
        closing(LiveNetwork(lambda: done.append(asked.wait(20)))) as network,
    ):
        _ask(replace(endpoint, host=server.host, port=server.port), network)
        assert done == []
        threading.Timer(0.1, asked.set).start()
        network.wait_for_background_work()
    assert done == [True]


def test_a_machine_without_room_for_a_thread_loses_no_reply(
    endpoint: Endpoint, authority: Authority, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start

    def start_few(thread: threading.Thread) -> None:
        if thread.name == "auditor-background":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_few)
    reply = http(recorded("control-center/service-status.xml"))
    with (
        Loopback(authority.issue(NODE).context(), [reply]) as server,
        closing(LiveNetwork(lambda: None)) as network,
    ):
        _ask(replace(endpoint, host=server.host, port=server.port), network)
        network.wait_for_background_work()
    assert len(server.requests) == 1
