"""`auditor history` as its user runs it, on invented runs and on real audits."""

import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from auditor.history.opening import open_history
from auditor.report.estate_csv import HISTORY_COLUMNS
from auditor.resources import read_schema
from tests.history.conftest import postgresql_url, server
from tests.history.conftest import url as url
from tests.history.nights import NOW, record_nights
from tests.history.runs import DRIFT, PASS, UNKNOWN, cluster, finding, judged, report
from tests.lab import Lab

__all__ = ["postgresql_url", "server", "url"]

Start = Callable[..., Lab]

SIP, PE = "SIP-01", "PE-01"


@pytest.fixture(autouse=True)
def _on_the_fifth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "auditor.cli.history.current_time", lambda: datetime(2026, 3, 5, 2, tzinfo=UTC)
    )


def fill(url: str) -> None:
    """Record four nights of the cluster "lab"."""
    history = open_history(url)
    assert history is not None
    for day, sip in ((1, PASS), (2, DRIFT), (3, DRIFT), (4, DRIFT)):
        history.record(judged(day, {SIP: sip, PE: UNKNOWN if day == 4 else DRIFT}))


def run(url: str, *words: str) -> Result:
    return CliRunner(env={"AUDITOR_HISTORY": url}).invoke(app, ["history", *words])


def flat(text: str) -> str:
    return " ".join(text.split())


def test_runs_and_the_age_of_each_finding_are_listed(url: str) -> None:
    """The latest run first; on either kind of database."""
    fill(url)
    result = run(url)
    assert result.exit_code == 0, result.output
    assert result.stdout.index("2026-03-04 02:00") < result.stdout.index("2026-03-01 02:00")
    assert "drift since 3 days, 3 runs (stopped)" in flat(result.stdout)
    assert "unknown since 1 day, 1 run" in flat(result.stdout)
    assert result.stderr == ""


def test_changes_since_a_date_or_a_run_are_shown(url: str) -> None:
    """Both name the same night here."""
    fill(url)
    by_date, by_run = run(url, "--since", "2026-03-01"), run(url, "--since", "run-01")
    assert by_date.exit_code == 0, by_date.output
    later = run(url, "--since", "2026-03-01T12:00").stdout
    assert later == by_run.stdout
    assert "New: 1" in later
    assert "Unknown now: 1, so neither new nor resolved" in later
    assert "Resolved" not in later


def test_changes_since_a_run_are_in_json_too(url: str) -> None:
    """Those that the terminal shows, beside all else; null where nobody asks for them."""
    fill(url)
    document = json.loads(run(url, "--since", "run-01", "-o", "json").stdout)
    jsonschema.validate(document, json.loads(read_schema("history")))
    (entry,) = document["changes"]
    assert (entry["cluster"], entry["before"]["id"], entry["after"]["id"]) == (
        "lab",
        document["clusters"][0]["last_run"]["id"].replace("04", "01"),
        document["clusters"][0]["last_run"]["id"],
    )
    assert [
        (change["recommendation"], change["category"], change["before"], change["verdict"])
        for change in entry["changes"]
    ] == [(SIP, "new", "pass", "drift"), (PE, "unknown", "drift", "unknown")]
    assert json.loads(run(url, "-o", "json").stdout)["changes"] is None


def test_the_list_can_be_cut_and_kept_to_one_cluster(url: str) -> None:
    """Of several clusters, it says how to see the findings of one."""
    fill(url)
    history = open_history(url)
    assert history is not None
    history.record(report(4, cluster(finding(SIP, PASS, cluster="köln"), name="köln"), hour=3))
    both = run(url, "--limit", "2").stdout
    assert both.partition("Open differences")[0].count("2026-03-0") == 2
    assert "name one of köln, lab" in both
    one = run(url, "lab").stdout
    assert "köln" not in one
    assert "drift since" in flat(one)


def test_it_exports_the_whole_record(url: str, tmp_path: Path) -> None:
    """As JSON and as CSV, to standard output and to a file."""
    fill(url)
    told: dict[str, Any] = json.loads(run(url, "-o", "JSON").stdout)
    assert told["schema_version"] == "1.1"
    sip = [row for row in told["record"] if row["recommendation"] == SIP]
    assert [(row["verdict"], row["runs"]) for row in sip] == [("pass", 1), ("drift", 3)]
    assert set(told["record"][0]) < set(HISTORY_COLUMNS)
    path = tmp_path / "record.csv"
    result = run(url, "-o", f"csv:{path}", "lab")
    assert (result.exit_code, result.output) == (0, "")
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert sum(row["record"] == "period" for row in rows) == len(told["record"])
    assert rows[0].keys() == dict.fromkeys(HISTORY_COLUMNS).keys()


def test_pruning_deletes_runs_but_not_the_age_of_a_finding(url: str) -> None:
    """Retention is by age."""
    fill(url)
    result = run(url, "--prune", "2")
    assert result.stdout == "2 runs older than 2 days deleted.\n"
    after = run(url).stdout
    assert "2026-03-02" not in after
    assert "drift since 3 days, 3 runs" in flat(after)
    assert run(url, "--prune", "2").stdout == "0 runs older than 2 days deleted.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "1"], 'no run "1" is recorded'),
        (["--since", "run"], 'several runs begin with "run"'),
        (["--since", "2026-02-30"], "is not a date"),
        (["lap"], "did you mean `lab`?"),
        (["-o", "xml"], "formats are terminal, json, csv"),
        (["-o", "csv:"], "the path is empty"),
        (["-o", "csv:/no/such/folder/x.csv"], "/no/such/folder does not exist"),
        (["--since", "run-01", "--prune", "3"], "--since and --prune cannot go together"),
        (["--since", "run-01", "-o", "csv"], "--since and --output csv cannot go together"),
        (["--prune", "3", "-o", "json"], "--output json and --prune cannot go together"),
        (["--prune", "0"], "--prune"),
        (["--limit", "0"], "--limit"),
        (["--history", "off"], "name a database"),
        (["-c", "missing.toml", "--history", ""], "missing.toml"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_exit_2_and_loses_nothing(tmp_path: Path, words: list[str], said: str) -> None:
    url = f"sqlite:///{tmp_path}/h.sqlite3"
    fill(url)
    held = run(url, "-o", "json").stdout
    environment = {} if "missing.toml" in words else {"AUDITOR_HISTORY": url}
    words = [word for word in words if word] if "missing.toml" not in words else words[:2]
    result = CliRunner(env=environment).invoke(app, ["history", *words])
    assert result.exit_code == 2, result.output
    assert said in flat(result.stderr)
    assert "Traceback" not in result.output
    assert run(url, "-o", "json").stdout == held


def test_a_missing_history_is_reported_and_not_created(tmp_path: Path) -> None:
    """Neither where it was asked for, nor in the user's own folder."""
    result = run(f"sqlite:///{tmp_path}/none.sqlite3")
    assert result.exit_code == 2
    assert "nothing is recorded there yet" in result.stderr
    assert CliRunner().invoke(app, ["history"]).exit_code == 2
    assert list(tmp_path.rglob("*.sqlite3")) == []


def test_it_reads_the_database_that_the_configuration_names(lab: Start) -> None:
    """The one that the audits of that file write to."""
    running = lab("healthy")
    running.defaults = {**running.defaults, "history": "sqlite:///runs.sqlite3"}
    assert running.run("audit").exit_code == 0
    asked = len(running.simulator.requests)
    result = running.run("history")
    assert result.exit_code == 0, result.output
    assert "compliant" in result.stdout
    assert len(running.simulator.requests) == asked


DIES = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def before(connection, cursor, statement, *_):
    if statement.startswith("INSERT INTO auditor_span"):
        die()
event.listen(Engine, "before_cursor_execute", before)
from auditor.__main__ import main
main()
"""
"""The program, killed in the middle of recording a run."""


def test_a_kill_in_the_middle_of_a_record_leaves_history_and_files_whole(
    lab: Start, tmp_path: Path
) -> None:
    """The reports stand, the run before is the last one, and the next run is recorded."""
    running = lab("healthy")
    path = tmp_path / "h.sqlite3"
    url, out = f"sqlite:///{path}", tmp_path / "out"
    out.mkdir()
    assert running.run("audit", "--history", url).exit_code == 0
    node = list(running.simulator.nodes)[1]
    running.simulator.change({"stop": {"node": node, "service": "Cisco SIP Proxy"}})
    ended = subprocess.run(
        [
            *(sys.executable, "-c", DIES, "audit", "-c", str(running.config)),
            *("--history", url, "-o", f"json:{out}/report.json"),
        ],
        env={**os.environ, **running.environment},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    assert json.loads((out / "report.json").read_text())["summary"]["exit_code"] == 3
    assert [file.name for file in out.iterdir()] == ["report.json"]
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    told = json.loads(run(url, "-o", "json").stdout)["record"]
    assert {(row["verdict"], row["runs"]) for row in told if row["recommendation"] == SIP} == {
        ("pass", 1)
    }
    assert running.run("audit", "--history", url).exit_code == 3
    assert "✗ SIP-01" in flat(run(url).stdout)


SLOW = """
import sys, threading
import auditor.files
def slow(number):
    print("written beside", flush=True)
    threading.Event().wait()
auditor.files.os.fsync = slow
from auditor.__main__ import main
main()
"""
"""The program, which stops after it wrote a report beside its file."""


def test_a_kill_in_the_middle_of_a_report_leaves_the_old_file(lab: Start, tmp_path: Path) -> None:
    """Whoever reads it next finds yesterday's, whole; and the run is not on record."""
    running = lab("healthy")
    url, path = f"sqlite:///{tmp_path}/h.sqlite3", tmp_path / "report.json"
    assert running.run("audit", "--history", url, "-o", f"json:{path}").exit_code == 0
    before = path.read_text()
    words = ["audit", "-c", str(running.config), "--history", url, "-o", f"json:{path}"]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, *words],
        env={**os.environ, **running.environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written beside\n"
        process.kill()
    assert path.read_text() == before
    assert run(url).stdout.count("compliant") == 1


GOLDEN = Path(__file__).parent / "golden" / "history"


@pytest.mark.parametrize("columns", [80, 100, 160])
@pytest.mark.parametrize("words", [[], ["emea"], ["us", "--limit", "3"]], ids=" ".join)
def test_whole_output(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    compare_golden: Callable[[Path, str], None],
    words: list[str],
    columns: int,
) -> None:
    url = f"sqlite:///{tmp_path}/h.sqlite3"
    history = open_history(url)
    assert history is not None
    record_nights(history)
    monkeypatch.setattr("auditor.cli.history.current_time", lambda: NOW)
    monkeypatch.setenv("COLUMNS", str(columns))
    result = run(url, *words)
    assert (result.exit_code, result.stderr) == (0, "")
    assert max(map(len, result.stdout.splitlines())) <= columns
    compare_golden(GOLDEN / f"{words[0] if words else 'all'}.{columns}.txt", result.stdout)


def test_a_last_run_that_read_nothing_hides_no_difference(url: str) -> None:
    """What was found before is listed, for nothing shows that it is fixed."""
    fill(url)
    history = open_history(url)
    assert history is not None
    history.record(report(5, cluster(nodes=()), hour=1))
    shown = flat(run(url, "lab").stdout)
    assert "Differences that the last run did not judge (2)" in shown
    assert "was drift (stopped), not judged since 1 day" in shown
    assert "nothing could be read (not recorded)" in shown


def test_it_writes_the_estate_as_a_page(url: str, tmp_path: Path) -> None:
    """Of the clusters that are named, else of all on record."""
    fill(url)
    history = open_history(url)
    assert history is not None
    history.record(report(4, cluster(finding(SIP, PASS, cluster="b"), name="b"), hour=3))
    path = tmp_path / "estate.html"
    result = run(url, "-o", f"html:{path}")
    assert (result.exit_code, result.output) == (0, "")
    page = path.read_text()
    assert "cluster lab" not in page
    assert '<th scope="row">lab</th>' in page
    assert '<th scope="row">b</th>' in page
    one = run(url, "b", "-o", "html").stdout
    assert "At its last run, cluster b: compliant." in one
    assert ">lab<" not in one
