"""A clock that goes back, during a run and between runs: order and ages stay sane."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from tests.lab import DRIFTED_PAIR, Lab

Start = Callable[..., Lab]
Audit = Callable[..., Result]

NIGHT = datetime(2026, 3, 20, 2, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/h.sqlite3"


@pytest.fixture
def audit(lab: Start, url: str, monkeypatch: pytest.MonkeyPatch) -> Audit:
    """Return what audits a drifted pair on a day; every look at the clock is a second earlier."""
    running = lab(DRIFTED_PAIR)

    def run(day: int, *words: str) -> Result:
        seconds = count()
        start = NIGHT.replace(day=day)
        monkeypatch.setattr(
            "auditor.soap.network.LiveNetwork.now",
            lambda _network: start - timedelta(seconds=next(seconds)),
        )
        monkeypatch.setattr("auditor.cli.history.current_time", lambda: start)
        return running.run("audit", "--history", url, *words)

    return run


def history(url: str, *words: str) -> str:
    result = CliRunner().invoke(app, ["history", "--history", url, *words])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_runs_stay_in_their_order_and_no_age_is_negative(audit: Audit, url: str) -> None:
    for day in (20, 21, 10):
        assert audit(day).exit_code == 3
    listed = history(url)
    assert "The clock was set back 1 time" in listed
    _, _, runs = listed.partition("started (UTC)")
    days = [line.split()[1][-2:] for line in runs.splitlines() if "2026-03-" in line]
    assert days[:3] == ["10", "21", "20"], "the last run is the first line, whatever its date"
    assert "since 0 minutes, 3 runs" in listed
    report = json.loads(audit(22, "-o", "json").stdout)
    past = report["run"]["past"]["pair"]
    assert {one["runs"] for one in past["standings"].values()} == {4}
    assert {change["direction"] for change in past["changes"]} == {"persisting"}


def test_no_duration_of_a_run_is_negative(audit: Audit, tmp_path: Path) -> None:
    formats = ("junit", "html", "prometheus", "csv", "markdown", "sarif")
    words = [word for form in formats for word in ("-o", f"{form}:{tmp_path}/r.{form}")]
    assert audit(20, *words).exit_code == 3
    times = [
        float(value)
        for element in ElementTree.parse(tmp_path / "r.junit").iter()  # noqa: S314 - our own
        if (value := element.get("time"))
    ]
    assert all(value >= 0 for value in times)


def test_forgetting_by_a_clock_that_was_ahead_keeps_the_last_run(audit: Audit, url: str) -> None:
    for day in (20, 10, 11):
        audit(day)
    history(url, "--prune", "1")
    listed = history(url)
    assert "2026-03-11" in listed
    assert "3 runs" in listed
