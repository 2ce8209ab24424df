"""A short form of each night, and what each would notice."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from auditor.history.opening import open_history
from tests.history.conftest import history, postgresql_url, server, url
from tests.history.runs import DRIFT, cluster, finding, report
from tests.nights import interrupts, kills, load, mutated_files, soak
from tests.nights.kills import CHECKOUT

__all__ = ["history", "postgresql_url", "server", "url"]

WRITERS = 8


def test_mutated_files_are_refused_in_single_lines() -> None:
    result = mutated_files.run(60, seed=1)
    assert result.found == []


def test_a_trace_instead_of_a_refusal_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(_: str) -> None:
        raise KeyError("cluster")

    monkeypatch.setattr("auditor.config.loader.tomllib.loads", stumble)
    with pytest.raises(AssertionError):
        mutated_files.run(1, seed=1)


def test_killed_audits_leave_whole_runs_and_files() -> None:
    assert kills.run(3, seed=1, short=True).found == []


def test_interrupted_audits_end_at_once() -> None:
    assert interrupts.run(3, seed=1).found == []


def test_eight_writers_at_once_lose_no_run(url: str) -> None:
    open_history(url)

    def record(number: int) -> None:
        history = open_history(url)
        assert history is not None
        for run in range(2):
            history.record(report(1, cluster(finding("A", DRIFT)), name=f"{number}-{run}"))

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(record, range(WRITERS)))
    history = open_history(url)
    assert history is not None
    assert len(history.runs()) == 2 * WRITERS


def test_a_few_clusters_are_audited_one_request_at_a_time_a_node() -> None:
    assert load.run(3, seed=1).found == []


def test_a_few_audits_and_readings_leave_nothing_in_the_process() -> None:
    assert soak.run(5, seed=1).found == []


def test_an_unknown_night_names_the_known_ones() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.nights", "kill"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "mutated-files, kills, interrupts" in done.stderr
