"""A server that hangs costs its own two time-outs at most, and no other server anything."""

import socket
from collections.abc import Callable, Mapping

import pytest

from auditor.config.loader import load_configuration
from auditor.errors import ExchangeError
from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Outcome, Source
from auditor.models.nodes import AxlAvailability
from auditor.models.settings import Reach
from auditor.problems import Problem
from auditor.soap.messages import SoapRequest, SoapResponse, TcpResult
from auditor.soap.network import LiveNetwork
from auditor.soap.transport import LiveSession
from tests.lab import CUCM, PAIR, PUB, SUB, Lab, coverage

Start = Callable[..., Lab]

TIMEOUT_S = 0.8
IMP3, IMP4 = "imp3.lab.test", "imp4.lab.test"
TWO_PAIRS = {
    "cluster": {"name": "lab"},
    "group": [
        {"name": "West", "nodes": [PUB, SUB]},
        {"name": "East", "nodes": [IMP3, IMP4]},
    ],
}
NODE_SOURCES = (Source.CONTROL_CENTER, Source.PERFMON, Source.IMP_AXL)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[float]]:
    """Return the seconds that each request without a reply was allowed, by server.

    No clock is read, so that a slow machine changes nothing.
    """
    allowed: dict[str, list[float]] = {}
    post = LiveSession.post

    def post_and_note(session: LiveSession, request: SoapRequest) -> SoapResponse:
        try:
            return post(session, request)
        except ExchangeError:
            assert request.timeout_s is not None
            allowed.setdefault(session._endpoint.name, []).append(request.timeout_s)
            raise

    monkeypatch.setattr(LiveSession, "post", post_and_note)
    return allowed


def hanging(
    start: Start,
    node: str,
    interface: str = "all",
    scenario: Mapping[str, object] = PAIR,
) -> Lab:
    """Return a running cluster with a server of which an interface never answers."""
    lab = start(scenario)
    lab.defaults = {**lab.defaults, "timeout_s": TIMEOUT_S}
    lab.simulator.change({"fault": {"fault": "hang", "node": node, "interface": interface}})
    return lab


def outcomes(cluster: ClusterReport, node: str) -> list[str]:
    """Return what came of the sources of a node: the reason of a gap, or that it was read."""
    entries = [coverage(cluster, node, source) for source in NODE_SOURCES]
    return [str(entry.reason or entry.outcome) for entry in entries]


@pytest.mark.parametrize(
    ("interface", "expected"),
    [
        ("all", ["timed_out", "timed_out"]),
        ("control-center", ["timed_out", "collected", "collected"]),
        ("perfmon", ["collected", "timed_out", "collected"]),
        ("imp-axl", ["collected", "collected", "timed_out"]),
    ],
)
def test_a_node_that_hangs_has_two_timeouts_and_its_other_interfaces_are_read(
    lab: Start, waits: dict[str, list[float]], interface: str, expected: list[str]
) -> None:
    cluster = hanging(lab, SUB, interface).cluster()
    # Of a node that answers nothing, a slow machine leaves the last no share worth asking for.
    assert outcomes(cluster, SUB)[: len(expected)] == expected
    assert outcomes(cluster, PUB) == ["collected"] * 3
    assert sum(waits[SUB]) <= 2 * TIMEOUT_S


def test_axl_that_had_only_the_rest_of_the_time_is_unknown(lab: Start) -> None:
    """Control Center and PerfMon hang now and then: AXL may be slow, and is not called dead."""
    running = hanging(lab, SUB, "perfmon")
    running.simulator.change({"fault": {"fault": "hang", "node": SUB, "interface": "imp-axl"}})
    cluster = running.cluster()
    (node,) = [node for node in cluster.nodes if node.name == SUB]
    assert node.axl is not None
    assert node.axl.answer is AxlAvailability.UNKNOWN
    failure = coverage(cluster, SUB, Source.IMP_AXL).failure
    assert failure is not None
    assert failure.problem is Problem.SHARE_PASSED


def test_a_node_that_completes_no_connection_is_asked_once(
    lab: Start, waits: dict[str, list[float]]
) -> None:
    """Its listener accepts, as a kernel does for a process that hangs, and TLS never begins."""
    running = hanging(lab, SUB)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        running.edit = lambda text: "\n".join(
            f'"{SUB}" = "{place}"' if line.startswith(f'"{SUB}" = "127') else line
            for line in text.splitlines()
        )
        cluster = running.cluster()
    assert outcomes(cluster, SUB) == ["timed_out", "not_asked", "not_asked"]
    assert waits[SUB] == [TIMEOUT_S]
    failure = coverage(cluster, SUB, Source.CONTROL_CENTER).failure
    assert failure is not None
    assert failure.problem is Problem.NO_CONNECTION_IN_TIME


def test_a_cucm_that_hangs_gives_way_to_its_subscriber(
    lab: Start, waits: dict[str, list[float]]
) -> None:
    standby = "cucm-sub.lab.test"
    scenario = {**PAIR, "cluster": {"name": "pair", "cucm_subscribers": [standby]}}
    cluster = hanging(lab, CUCM, scenario=scenario).cluster()
    assert outcomes(cluster, PUB) == ["collected"] * 3
    assert coverage(cluster, standby, Source.CUCM_AXL).outcome is Outcome.COLLECTED
    assert waits[CUCM] == [TIMEOUT_S]


def declare_nodes(text: str) -> str:
    """Name the nodes in the file, for a cluster whose CUCM does not answer."""
    nodes = "".join(
        f'[[cluster.node]]\nname = "{name}"\nrole = "{role}"\nredundancy_group = "Default"\n'
        for name, role in ((PUB, "publisher"), (SUB, "subscriber"))
    )
    return f"{text}\n{nodes}"


def test_a_hanging_node_gives_way_while_the_password_is_not_proven(
    lab: Start, waits: dict[str, list[float]]
) -> None:
    """The next node proves it; only then is the first asked the rest, within its time."""
    running = hanging(lab, PUB)
    running.simulator.change({"fault": {"fault": "connection-refused", "node": CUCM}})
    running.edit = declare_nodes
    cluster = running.cluster()
    to_nodes = [node for node, _ in running.asked() if node != CUCM]
    assert to_nodes[:2] == [PUB, SUB]
    assert outcomes(cluster, PUB)[:2] == ["timed_out"] * 2
    assert outcomes(cluster, SUB) == ["collected"] * 3
    assert running.asked().count((PUB, "getProductInformationList")) == 1
    assert sum(waits[PUB]) <= 2 * TIMEOUT_S


def test_a_node_that_accepts_no_connection_takes_no_turn_of_the_login(
    lab: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A data centre that is off, CUCM with it, must not cost the other one its time-outs."""
    running = lab(PAIR)
    running.simulator.change({"fault": {"fault": "connection-refused", "node": CUCM}})
    running.edit = declare_nodes
    port = load_configuration(running.config).clusters[0].address_of(PUB).port
    try_tcp = LiveNetwork.try_tcp

    def drop(network: LiveNetwork, host: str, to_port: int, timeout_s: float) -> TcpResult:
        if to_port == port:
            return TcpResult(Reach.TIMED_OUT, "dropped")
        return try_tcp(network, host, to_port, timeout_s)

    monkeypatch.setattr(LiveNetwork, "try_tcp", drop)
    cluster = running.cluster()
    assert next(node for node, _ in running.asked() if node != CUCM) == SUB
    assert outcomes(cluster, SUB) == ["collected"] * 3
    assert outcomes(cluster, PUB) == ["collected"] * 3


def test_a_refused_password_is_not_sent_to_a_node_that_was_put_aside(lab: Start) -> None:
    running = hanging(lab, PUB)
    running.simulator.change({"fault": {"fault": "connection-refused", "node": CUCM}})
    running.simulator.change({"fault": {"fault": "http-401", "node": SUB}})
    running.edit = declare_nodes
    cluster = running.cluster()
    assert [node for node, _ in running.asked() if node != CUCM] == [PUB, SUB]
    assert outcomes(cluster, PUB) == ["timed_out", "not_asked", "not_asked"]
    assert outcomes(cluster, SUB) == ["credentials", "not_asked", "not_asked"]


def test_where_every_node_hangs_each_has_its_own_time(
    lab: Start, waits: dict[str, list[float]]
) -> None:
    running = hanging(lab, PUB)
    running.simulator.change({"fault": {"fault": "hang", "node": SUB}})
    running.simulator.change({"fault": {"fault": "connection-refused", "node": CUCM}})
    running.edit = declare_nodes
    cluster = running.cluster()
    for node in (PUB, SUB):
        assert outcomes(cluster, node)[:2] == ["timed_out"] * 2
    assert all(sum(waits[node]) <= 2 * TIMEOUT_S for node in (PUB, SUB))


def test_a_failover_check_of_one_group_does_not_wait_for_another(lab: Start) -> None:
    running = hanging(lab, IMP3, scenario=TWO_PAIRS)
    result = running.run("failover-check", "--group", "West")
    assert result.exit_code == 0, result.output
    assert {node for node, _ in running.asked()} == {CUCM, PUB, SUB}


def test_doctor_gives_a_hanging_node_two_timeouts(
    lab: Start, waits: dict[str, list[float]]
) -> None:
    result = hanging(lab, SUB).run("doctor")
    assert result.exit_code == 4, result.output
    assert len(waits[SUB]) == 3
    assert sum(waits[SUB]) <= 2 * TIMEOUT_S


def test_doctor_waits_for_hanging_nodes_at_the_same_time(
    lab: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a node took the password; the second node is asked while the first still hangs."""
    running = hanging(lab, IMP3, scenario=TWO_PAIRS)
    running.simulator.change({"fault": {"fault": "hang", "node": IMP4, "interface": "all"}})
    waiting: set[str] = set()
    at_once: set[str] = set()
    post = LiveSession.post

    def post_and_note(session: LiveSession, request: SoapRequest) -> SoapResponse:
        name = session._endpoint.name
        waiting.add(name)
        at_once.update(waiting if len(waiting) > 1 else ())
        try:
            return post(session, request)
        finally:
            waiting.discard(name)

    monkeypatch.setattr(LiveSession, "post", post_and_note)
    assert running.run("doctor").exit_code == 4
    assert {IMP3, IMP4} <= at_once
    assert CUCM not in at_once
