"""Passwords that are words of every answer: they cost no fact, live and in a replay."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auditor.cli.app import app
from auditor.simulator import Simulator
from tests.lab import PAIR, SUB, Lab

Start = Callable[[str], Lab]

STOPPED_PAIR: dict[str, Any] = {
    **PAIR,
    "node": [{"name": SUB, "service": {"Cisco SIP Proxy": {"status": "Stopped"}}}],
}
ORDINARY = (
    *("Cisco", "XCP", "Service", "Started", "Commanded", "SIP Proxy", "Publisher"),
    *("imp", "imp2", "lab.test", "imp2.lab.test", "pair", "127.0.0.1"),
    *("12", "-1", "3", "1069", "2026", "true", "t"),
    *("name", "row", "Envelope", "utf-8", "select", "processnode"),
)


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    with ExitStack() as stack:

        def start(password: str) -> Lab:
            place = tmp_path_factory.mktemp("lab")
            simulator = stack.enter_context(Simulator(STOPPED_PAIR, place, password=password))
            return Lab(simulator, place)

        yield start


@pytest.fixture(scope="module")
def usual(labs: Start) -> list[Any]:
    """Return what an audit finds with a password that is in no reply."""
    return judged(labs("Kj7#mQ2!vX9p").json("--history", "off"))


def judged(report: dict[str, Any]) -> list[Any]:
    """Return what is known and found of the one cluster."""
    (cluster,) = report["clusters"]
    findings = [(f["recommendation"], f["subject"], f["verdict"]) for f in cluster["findings"]]
    states = [
        (node["name"], node["ha_state"], s["name"], s["state"], s["activated"], s["reason"])
        for node in cluster["nodes"]
        for s in node["services"]
    ]
    return [*findings, *states]


@pytest.mark.parametrize("password", ORDINARY)
def test_a_password_that_is_a_common_word_loses_no_fact(
    labs: Start, usual: list[Any], tmp_path: Path, password: str
) -> None:
    """Hiding it would lose facts, and what is missing would reveal the password."""
    kept = tmp_path / "kept"
    running = labs(password)
    live = running.run("audit", "-o", "json", "--history", "off", "--evidence", str(kept))
    assert judged(json.loads(live.stdout)) == usual
    assert "***" not in live.stdout
    assert "sent the password" not in live.stderr
    assert live.stderr.count("it is not hidden") == 1
    again = CliRunner().invoke(app, ["audit", "--replay", str(kept), "-o", "json"])
    assert json.loads(again.stdout)["clusters"] == json.loads(live.stdout)["clusters"]
    assert again.exit_code == live.exit_code
