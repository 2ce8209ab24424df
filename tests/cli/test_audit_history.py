"""Audits night after night: what the history adds to a report, and when it stops an audit."""

import json
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from auditor.resources import read_schema
from tests.history.conftest import postgresql_url, server
from tests.lab import PAIR, Lab

__all__ = ["postgresql_url", "server"]

Start = Callable[..., Lab]

SUB, SIP = "imp2.lab.test", "Cisco SIP Proxy"


class Clock:
    """The time that audits think it is; a night passes when the test says so."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 2, tzinfo=UTC)

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("auditor.soap.network.LiveNetwork.now", lambda _wire: clock.now)
    monkeypatch.setattr("auditor.cli.history.current_time", lambda: clock.now)
    return clock


def change(lab: Lab, what: str, service: str = SIP, node: str = SUB) -> None:
    lab.simulator.change({what: {"node": node, "service": service}})


def flat(result: Result) -> str:
    return " ".join(result.stdout.split())


def test_a_report_shows_the_age_of_a_finding(lab: Start, clock: Clock) -> None:
    """The nightly reader's first question."""
    running = lab(PAIR)
    assert "Since the run of" not in running.run("audit").stdout
    change(running, "stop")
    for _ in range(4):
        clock.pass_by(days=1)
        result = running.run("audit")
    assert result.exit_code == 3
    assert "since 3 days, 4 runs (first seen 2026-03-02T02:00:00Z)" in flat(result)
    assert "Since the run of 2026-03-04T02:00:00Z: 1 difference is still there." in flat(result)
    change(running, "start")
    clock.pass_by(days=1)
    assert "Since the run of 2026-03-05T02:00:00Z: 1 difference is resolved." in flat(
        running.run("audit")
    )


def test_the_record_is_in_the_users_data_folder_and_the_report_names_it(
    lab: Start, clock: Clock
) -> None:
    """Nobody has to set anything up; and only its owner reads it."""
    del clock
    running = lab(PAIR)
    told = running.json()
    path = Path(os.environ["HOME"]) / ".local/share/auditor/history.sqlite3"
    assert told["run"]["history"] == f"sqlite:///{path}"
    assert path.stat().st_mode & 0o777 == 0o600


def test_json_of_two_nights_differs_only_inside_run(lab: Start, clock: Clock) -> None:
    """And there it holds what the history adds."""
    running = lab(PAIR)
    change(running, "stop")
    first = running.json()
    clock.pass_by(days=1)
    second = running.json()
    jsonschema.validate(second, json.loads(read_schema("audit")))
    past = second["run"]["past"]["pair"]
    assert past["previous_run"] == first["run"]["id"]
    assert {c["direction"] for c in past["changes"]} == {"persisting"}
    (sip,) = [c for c in past["changes"] if c["recommendation"] == "SIP-01"]
    assert past["standings"][sip["finding"]] == {"since": "2026-03-01T02:00:00Z", "runs": 2}
    assert _lasting(first) == _lasting(second)


def _lasting(report: dict[str, Any]) -> str:
    lasting: dict[str, Any] = json.loads(json.dumps(report))
    lasting.pop("run")
    for cluster in lasting["clusters"]:
        for entry in cluster["coverage"]:
            del entry["requests"], entry["elapsed_ms"]
        for node in cluster["nodes"]:
            for service in node["services"]:
                del service["uptime_s"]
    return json.dumps(lasting)


def test_a_service_that_is_starting_two_nights_in_a_row_is_unstable(
    lab: Start, clock: Clock
) -> None:
    """One night it may be on its way; the next it is an outage."""
    starting = {"name": SUB, "service": {SIP: {"status": "Starting"}}}
    running = lab({**PAIR, "node": [starting]})
    first = running.run("audit")
    assert first.exit_code == 4, first.output
    clock.pass_by(days=1)
    second = running.run("audit")
    assert second.exit_code == 3
    assert "CRITICAL SIP-01 Cisco SIP Proxy: does not stay up" in second.stdout
    assert "is starting, as it was in the run before" in flat(second)
    assert "`utils service restart Cisco SIP Proxy`" in flat(second)


def test_without_history_a_starting_service_stays_unknown(lab: Start, clock: Clock) -> None:
    """What was not recorded cannot be held against it."""
    starting = {"name": SUB, "service": {SIP: {"status": "Starting"}}}
    running = lab({**PAIR, "node": [starting]})
    for _ in range(2):
        clock.pass_by(days=1)
        assert running.run("audit", "--history", "off").exit_code == 4


def test_history_can_be_off(lab: Start, clock: Clock, tmp_path: Path) -> None:
    """By option, by variable, by key; nothing is written then."""
    del clock
    running = lab(PAIR)
    assert running.json("--history", "off")["run"]["history"] is None
    runner = CliRunner(env={**running.environment, "AUDITOR_HISTORY": "off"})
    assert runner.invoke(app, ["audit", "-c", str(running.config)]).exit_code == 0
    running.defaults = {**running.defaults, "history": "off"}
    told = running.json()
    assert told["run"]["history"] is None
    assert told["run"]["past"] is None
    assert list((tmp_path / "home").rglob("*.sqlite3")) == []


def test_the_option_outranks_the_variable_and_that_the_file(
    lab: Start, clock: Clock, tmp_path: Path
) -> None:
    """And the file's own database stands beside the file."""
    del clock
    running = lab(PAIR)
    running.defaults = {**running.defaults, "history": "sqlite:///runs.sqlite3"}
    running.run("audit")
    assert (running.folder / "runs.sqlite3").exists()
    url = f"sqlite:///{tmp_path}/variable.sqlite3"
    runner = CliRunner(env={**running.environment, "AUDITOR_HISTORY": url})
    words = ["audit", "-c", str(running.config)]
    assert runner.invoke(app, words).exit_code == 0
    assert (tmp_path / "variable.sqlite3").exists()
    runner.invoke(app, [*words, "--history", f"sqlite:///{tmp_path}/option.sqlite3"])
    assert (tmp_path / "option.sqlite3").exists()


def _newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE auditor_schema (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO auditor_schema VALUES ('9999')")
    connection.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://root:s3cret@db/x", 'no history can be kept in "mysql"://'),
        ("nonsense", "is not a database URL"),
        ("sqlite:///{folder}/missing/h.sqlite3", "No such file or directory"),
        ("sqlite:///{folder}/newer.sqlite3", "a newer auditor wrote it"),
        ("sqlite:///{folder}/text.sqlite3", "file is not a database"),
        ("postgresql://u:s3cret@127.0.0.1:1/x", "connection"),
    ],
)
def test_a_history_that_cannot_be_used_stops_before_any_request(
    lab: Start, tmp_path: Path, url: str, said: str
) -> None:
    """With the choice that there is; and no password in the sentence."""
    running = lab(PAIR)
    _newer(tmp_path / "newer.sqlite3")
    (tmp_path / "text.sqlite3").write_text("no database at all, but a text " * 99)
    held = {path: path.read_bytes() for path in tmp_path.glob("*.sqlite3")}
    result = running.run("audit", "--history", url.format(folder=tmp_path))
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert "off" in result.stderr
    assert "s3cret" not in result.output
    assert "Traceback" not in result.output
    assert running.simulator.requests == []
    assert {path: path.read_bytes() for path in held} == held


def test_a_locked_history_stops_before_any_request(
    lab: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program holds it for longer than anybody waits."""
    running = lab(PAIR)
    url = f"sqlite:///{tmp_path}/h.sqlite3"
    running.run("audit", "--history", url)
    asked = len(running.simulator.requests)
    monkeypatch.setattr("auditor.history.database.LOCK_TIMEOUT_S", 0.1)
    holder = sqlite3.connect(tmp_path / "h.sqlite3", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        result = running.run("audit", "--history", url)
    finally:
        holder.close()
    assert result.exit_code == 2
    assert "another program holds it" in result.stderr
    assert len(running.simulator.requests) == asked


def test_a_history_that_fails_at_the_end_leaves_the_reports(
    lab: Start, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit took place: its report is written, and 1 says that the program failed besides."""
    running = lab(PAIR)
    url = f"sqlite:///{tmp_path}/h.sqlite3"
    change(running, "stop")
    monkeypatch.setattr("auditor.history.database.LOCK_TIMEOUT_S", 0.1)
    real = clock.now
    holders: list[sqlite3.Connection] = []

    def lock_once_asked(_wire: object) -> datetime:
        if running.simulator.requests and not holders:
            holders.append(sqlite3.connect(tmp_path / "h.sqlite3", isolation_level=None))
            holders[0].execute("BEGIN EXCLUSIVE")
        return real

    monkeypatch.setattr("auditor.soap.network.LiveNetwork.now", lock_once_asked)
    result = running.run("audit", "--history", url, "-o", f"json:{tmp_path}/report.json")
    holders[0].close()
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert any("This run is not recorded" in line for line in lines)
    assert lines[-1] == "auditor: The audit itself ended with exit code 3."
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["summary"]["exit_code"] == 3
    assert told["run"]["past"] is None


def test_an_interrupted_audit_is_not_recorded(
    lab: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a night is none."""
    running = lab(PAIR)
    url = f"sqlite:///{tmp_path}/h.sqlite3"
    with monkeypatch.context() as patched:

        def interrupt(_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr("auditor.collect.survey.wait_for_all", interrupt)
        assert running.run("audit", "--history", url).exit_code == 130
    past = json.loads(running.run("audit", "--history", url, "-o", "json").stdout)["run"]["past"]
    assert past["pair"]["previous_run"] is None


def test_the_demonstration_and_the_plugin_record_nothing(lab: Start, tmp_path: Path) -> None:
    """The one is no audit, the other runs every few minutes."""
    running = lab(PAIR)
    assert running.run("nagios").exit_code == 0
    assert CliRunner().invoke(app, ["demo"]).exit_code == 0
    assert list((tmp_path / "home").rglob("*.sqlite3")) == []


def test_postgresql_keeps_the_history_of_a_team(
    lab: Start, clock: Clock, postgresql_url: str
) -> None:
    """Its URL stands in the report without the password."""
    running = lab(PAIR)
    change(running, "stop")
    runner = CliRunner(env={**running.environment, "AUDITOR_HISTORY": postgresql_url})
    words = ["audit", "-c", str(running.config)]
    runner.invoke(app, words)
    clock.pass_by(hours=5)
    result = runner.invoke(app, [*words, "-o", "json"])
    assert result.exit_code == 3, result.output
    told = json.loads(result.stdout)
    assert told["run"]["history"].startswith("postgresql+psycopg://auditor:***@127.0.0.1")
    assert {s["runs"] for s in told["run"]["past"]["pair"]["standings"].values()} == {2}
