"""Scenes: documented pairs of states one after the other, on a clock that the test moves."""

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from auditor.simulator import ManualClock, ScenarioError, Simulator, write_joint_config

if TYPE_CHECKING:
    from tests.simulator.conftest import Start, Wire

FIRST, SECOND = "imp1.lab.test", "imp2.lab.test"
NODES = [{"name": FIRST, "sessions": 300}, {"name": SECOND, "sessions": 200}]


def look(wire: "Wire") -> tuple[list[str | None], list[str | None]]:
    """Return the HA states and the sessions of both nodes, as PerfMon shows them."""
    states = [wire.perfmon(node).texts("Value")[0] for node in (FIRST, SECOND)]
    held = [
        wire.perfmon(node, "Cisco Presence Engine").texts("Value")[0] for node in (FIRST, SECOND)
    ]
    return states, held


def engine(wire: "Wire") -> str | None:
    """Return the status of the first node's Presence Engine."""
    answer = wire.control_center(FIRST)
    names = answer.texts("ServiceName")
    return answer.texts("ServiceStatus")[names.index("Cisco Presence Engine")]


def test_a_failover_and_the_fallback_pass_through_the_documented_pairs(start: "Start") -> None:
    wire = start(node=NODES, clock=ManualClock())
    states = [(*look(wire), engine(wire))]
    for sequence, moves in (("failover", 4), ("fallback", 3)):
        wire.sim.change({"play": {"group": "Pair", "sequence": sequence, "step_s": 10}})
        for _ in range(moves):
            states.append((*look(wire), engine(wire)))
            wire.sim.advance(10)

    assert states == [
        (["3", "3"], ["300", "200"], "Started"),
        (["7", "5"], ["150", "200"], "Started"),
        (["2", "4"], ["0", "230"], "Stopped"),
        (["2", "4"], ["0", "380"], "Stopped"),
        (["2", "4"], ["0", "500"], "Stopped"),
        (["6", "10"], ["0", "350"], "Starting"),
        (["3", "3"], ["30", "200"], "Started"),
        (["3", "3"], ["300", "200"], "Started"),
    ]


def test_nothing_happens_while_the_clock_is_stopped(start: "Start") -> None:
    wire = start(clock=ManualClock())
    wire.sim.change({"play": {"group": "Pair", "sequence": "failover"}})
    wire.sim.advance(9.9)
    assert look(wire)[0] == ["7", "5"]


def test_a_node_that_died_refuses_connections_until_it_returns(start: "Start") -> None:
    wire = start(clock=ManualClock())
    wire.sim.change({"play": {"group": "Pair", "sequence": "node_dies"}})
    wire.sim.advance(20)
    with pytest.raises(ConnectionRefusedError):
        wire.perfmon(FIRST)
    assert wire.perfmon(SECOND).texts("Value") == ["4"]

    wire.sim.change({"play": {"group": "Pair", "sequence": "node_returns"}})
    wire.sim.advance(10)
    assert look(wire)[0] == ["8", "4"]


def test_a_critical_service_that_fails_stays_down_after_the_failover(start: "Start") -> None:
    wire = start(clock=ManualClock())
    wire.sim.change({"play": {"group": "Pair", "sequence": "service_fails"}})
    wire.sim.advance(20)
    assert (look(wire)[0], engine(wire)) == (["9", "4"], "Stopped")


def test_a_sequence_takes_its_time_on_a_running_clock(start: "Start") -> None:
    wire = start()
    wire.sim.change({"play": {"group": "Pair", "sequence": "fallback", "step_s": 0.01}})
    for _ in range(100):
        if look(wire)[0] == ["3", "3"]:
            break
    assert look(wire)[0] == ["3", "3"]


def test_a_running_clock_cannot_be_moved_and_a_single_node_has_no_sequence(start: "Start") -> None:
    wire = start(group=[{"name": "Alone", "nodes": [FIRST]}])
    with pytest.raises(ScenarioError, match="not moved by hand"):
        wire.sim.advance(1)
    with pytest.raises(ScenarioError, match="group Alone is no pair"):
        wire.sim.change({"play": {"group": "Alone", "sequence": "failover"}})


def test_an_external_database_closes_and_reopens_at_its_address(start: "Start") -> None:
    wire = start(external_database=[{"name": "archive", "used_by": ["compliance"]}])
    config = wire.sim.write_config(wire.sim.ca_path.with_name("auditor.toml")).read_text()
    port = int(config.partition("[[cluster.external_database]]")[2].split("port = ")[1].split()[0])

    wire.sim.change({"database": {"name": "archive", "listening": False}})
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    wire.sim.change({"database": {"name": "archive", "listening": True}})
    socket.create_connection(("127.0.0.1", port)).close()

    with pytest.raises(ScenarioError, match="no database 'nowhere'"):
        wire.sim.change({"database": {"name": "nowhere", "listening": True}})


def test_two_clusters_share_one_configuration(tmp_path: Path) -> None:
    def cluster(name: str) -> Simulator:
        nodes = [f"imp1.{name}.test"]
        scenario = {"cluster": {"name": name}, "group": [{"name": "G", "nodes": nodes}]}
        return Simulator(scenario, tmp_path / name)

    with cluster("here") as one, cluster("there") as other:
        text = write_joint_config([one, other], tmp_path / "auditor.toml").read_text()
    assert text.count("[defaults]") == 1
    assert [line for line in text.splitlines() if line.startswith("name = ")] == [
        'name = "here"',
        'name = "there"',
    ]
    assert {path.name for path in tmp_path.glob("*.pem")} == {"here-ca.pem", "there-ca.pem"}
