"""A replay of kept evidence gives the report of the run, byte for byte, without a network."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from pytest_socket import disable_socket, enable_socket
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from auditor.resources import scenario_folder
from auditor.simulator import Simulator
from auditor.simulator.faults import LISTENER_FAULTS, Fault
from tests.lab import CUCM, PUB, QUICK, SUB, Lab

Start = Callable[..., Lab]


PLACES = (
    (CUCM, "cucm-axl", "listProcessNode"),
    (SUB, "control-center", "soapGetServiceStatus"),
    (CUCM, "cucm-axl", "listProcessNodeService"),
    (SUB, "perfmon", "perfmonCollectCounterData"),
    (PUB, "imp-axl", "executeSQLQuery"),
    (SUB, "control-center", "getProductInformationList"),
    (CUCM, "cucm-axl", "listPresenceRedundancyGroup"),
    (CUCM, "cucm-axl", "getCCMVersion"),
)
SLOW = (Fault.HANG, Fault.SLOW_DRIP)
ON_ROWS = {Fault.STARTING, Fault.STOPPING, Fault.OTHER_NODE}
"""Faults that only the rows of Control Center can show."""

FAULTS = [
    *zip(sorted(set(Fault) - LISTENER_FAULTS - ON_ROWS), cycle(PLACES)),
    *((fault, PLACES[1]) for fault in sorted(ON_ROWS)),
    *((fault, (SUB, None, None)) for fault in sorted(LISTENER_FAULTS)),
    *((fault, (CUCM, None, None)) for fault in sorted(LISTENER_FAULTS)),
]
"""Every fault once on one question, and those of a whole server on two of them."""


@contextmanager
def no_network() -> Iterator[None]:
    """Let no socket be opened."""
    disable_socket()
    try:
        yield
    finally:
        enable_socket()


def live(lab: Lab, place: Path, *words: str) -> Result:
    """Audit and keep the evidence."""
    return lab.run("audit", "--history", "off", "--evidence", str(place), "-o", "json", *words)


def again(place: Path, *words: str) -> Result:
    """Judge the evidence without a password, a configuration or a network."""
    with no_network():
        return CliRunner().invoke(app, ["audit", "--replay", str(place), "-o", "json", *words])


def outside_run(text: str) -> str:
    """Return the text of a JSON report without the lines of `run`."""
    before, separator, rest = text.partition('\n  "run": {\n')
    _, end, after = rest.partition("\n  },\n")
    assert separator
    assert end
    return before + after


def assert_same(lab: Lab, place: Path, *words: str) -> dict[str, Any]:
    """Audit, replay, compare; return the live report."""
    was = live(lab, place, *words)
    count = len(lab.simulator.requests)
    document = again(place)
    assert document.exit_code == was.exit_code, document.output
    assert outside_run(document.stdout) == outside_run(was.stdout)
    assert len(lab.simulator.requests) == count
    report: dict[str, Any] = json.loads(was.stdout)
    return report


@pytest.mark.parametrize("name", sorted(path.stem for path in scenario_folder().glob("*.toml")))
def test_every_scenario_is_replayed_as_it_was(lab: Start, tmp_path: Path, name: str) -> None:
    report = assert_same(lab(name), tmp_path / "kept")
    (cluster,) = report["clusters"]
    assert sum(entry["elapsed_ms"] for entry in cluster["coverage"]) > 0


def test_a_second_reading_is_replayed(lab: Start, tmp_path: Path) -> None:
    running = lab("all-drift")
    report = assert_same(running, tmp_path / "kept", "--settle", "0.01")
    assert "unstable" in json.dumps(report)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Yield a pair of nodes for which every question is asked."""
    undecided = {"status": "Stopped", "reason": -1, "text": "", "active_in_axl": False}
    scenario: Mapping[str, object] = {
        "cluster": {"name": "pair"},
        "group": [{"name": "Default", "nodes": [PUB, SUB]}],
        "node": [{"name": SUB, "service": {"Cisco Bulk Provisioning Service": undecided}}],
    }
    folder = tmp_path_factory.mktemp("pair")
    with Simulator(scenario, folder) as simulator:
        yield Lab(simulator, folder, {**QUICK, "backoff_s": [0]})


@pytest.mark.parametrize(
    ("fault", "place"), FAULTS, ids=lambda value: value if isinstance(value, str) else value[2]
)
def test_every_fault_is_replayed_as_it_was(
    pair: Lab, tmp_path: Path, fault: Fault, place: tuple[str, str | None, str | None]
) -> None:
    node, interface, operation = place
    laid: dict[str, object] = {"fault": fault, "node": node, "interval_s": 0.02, "megabytes": 9}
    if interface is not None:
        laid |= {"interface": interface, "operation": operation}
    pair.simulator.change({"clear": {}, "fault": laid})
    pair.defaults = {**pair.defaults, "timeout_s": 2 if fault in SLOW else 5}
    assert_same(pair, tmp_path / "kept")
