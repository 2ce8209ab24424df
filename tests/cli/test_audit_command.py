"""`auditor audit` as its user runs it, against a simulated cluster over HTTPS."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from auditor.cli.app import app
from auditor.resources import read_schema
from tests.lab import Lab

Start = Callable[..., Lab]


def test_a_healthy_cluster_is_compliant_and_complete(lab: Start) -> None:
    """Exit code 0 is given only here."""
    result = lab("healthy").run("audit")
    assert result.exit_code == 0, result.output
    assert "COMPLIANT" in result.stdout


def test_the_json_report_follows_its_schema(lab: Start) -> None:
    """What others build on is what the schema says."""
    jsonschema.validate(lab("healthy").json(), json.loads(read_schema("audit")))


def test_two_runs_on_an_unchanged_cluster_differ_only_where_the_contract_says(lab: Start) -> None:
    """Otherwise nobody could compare reports."""
    running = lab("healthy")
    assert _lasting(running.json()) == _lasting(running.json())


def _lasting(report: dict[str, Any]) -> str:
    report = json.loads(json.dumps(report))
    report.pop("run")
    for cluster in report["clusters"]:
        for entry in cluster["coverage"]:
            del entry["requests"], entry["elapsed_ms"]
        for node in cluster["nodes"]:
            for service in node["services"]:
                del service["uptime_s"]
    return json.dumps(report)


def test_a_cluster_that_is_not_in_the_file_is_a_usage_error(lab: Start) -> None:
    """And nothing was asked."""
    running = lab("healthy")
    result = running.run("audit", "helthy")
    assert result.exit_code == 2
    assert "healthy" in result.stderr
    assert running.simulator.requests == []


def test_an_output_path_that_cannot_be_written_stops_before_any_request(
    lab: Start, tmp_path: Path
) -> None:
    """An audit whose report is lost was load for nothing."""
    running = lab("healthy")
    result = running.run("audit", "-o", f"json:{tmp_path}/missing/report.json")
    assert result.exit_code == 2
    assert running.simulator.requests == []


def test_no_password_names_the_four_ways(lab: Start) -> None:
    """Standard input of a test is no terminal."""
    running = lab("healthy")
    result = CliRunner().invoke(app, ["audit", "-c", str(running.config)])
    assert result.exit_code == 2
    for way in ("AUDITOR_PASSWORD", "keyring", "password_command", "terminal"):
        assert way in result.stderr
    assert running.simulator.requests == []


def test_a_wrong_password_is_tried_once_and_stops_the_cluster(
    lab: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking every node with it could lock the account."""
    running = lab("healthy")
    monkeypatch.setattr(type(running), "environment", {"AUDITOR_PASSWORD": "wrong"})
    result = running.run("audit")
    assert result.exit_code == 5
    assert len(running.simulator.requests) == 1


def test_files_are_written_beside_standard_output(lab: Start, tmp_path: Path) -> None:
    """Several reports of one run."""
    path = tmp_path / "report.json"
    result = lab("healthy").run("audit", "-o", "terminal", "-o", f"json:{path}")
    assert "COMPLIANT" in result.stdout
    assert json.loads(path.read_text())["summary"]["exit_code"] == 0


def test_a_node_is_asked_a_handful_of_times_and_never_twice_at_once(lab: Start) -> None:
    """The third fault is to put load on a cluster; the publisher's database is asked besides."""
    running = lab("healthy")
    running.audit()
    publisher, *_ = running.simulator.nodes
    for name in running.simulator.nodes:
        asked = [r for r in running.simulator.requests if r.node == name]
        assert 4 <= len(asked) <= (11 if name == publisher else 5)
        for earlier, later in pairwise(asked):
            assert earlier.ended is not None
            assert earlier.ended <= later.started


def test_insecure_is_reported_in_every_output(lab: Start) -> None:
    """It warns on standard error and marks the report."""
    running = lab("healthy")
    result = running.run("audit", "--insecure", "-o", "json")
    assert "--insecure" in result.stderr
    told = json.loads(result.stdout)
    assert told["run"]["insecure"] is True
    assert {n["identity"] for c in told["clusters"] for n in c["nodes"]} == {"unproven"}


def test_a_skipped_pack_is_reported_in_every_output(lab: Start) -> None:
    """Compliant with what other guides add is not compliant with Cisco's table."""
    running = lab("healthy")
    running.simulator.change({"stop": {"node": "imp4.lab.test", "service": "Cisco SIP Proxy"}})
    told = running.run("audit", "--pack", "guides")
    assert told.stdout.count("Cisco's own table was NOT judged") == 2
    assert running.json("--pack", "guides")["run"]["packs"] == ["guides"]


def test_a_quiet_run_reports_what_allow_unknown_hides(lab: Start) -> None:
    """Silence would be taken for health."""
    running = lab("healthy")
    fault = {"fault": "http-500", "node": "imp4.lab.test", "interface": "control-center"}
    running.simulator.change({"fault": fault})
    told = running.run("audit", "--quiet", "--allow-unknown", "--history", "off")
    assert told.exit_code == 0
    assert "checks are unknown" in told.stderr
