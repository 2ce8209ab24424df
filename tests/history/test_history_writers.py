"""Several writers at once, and writers that die: every run is there as a whole or not at all."""

import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from auditor.errors import OutputError
from auditor.history.opening import open_history
from auditor.history.store import HistoryStore
from auditor.models.history import FindingAge
from tests.history.runs import DRIFT, at, cluster, finding, judged, report

ROOT = Path(__file__).parents[2]


def writer(url: str, name: str, count: int, *die_at: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.history.writing_process", url, name, str(count)]
    process = subprocess.Popen(
        [*command, *die_at],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def start(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def communicate(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for the end of a process; return its code and what it said on standard error."""
    _, errors = process.communicate(timeout=120)
    return process.returncode, errors


def at_once(url: str, *names: str, count: int) -> HistoryStore:
    processes = [writer(url, name, count) for name in names]
    for process in processes:
        start(process)
    assert [communicate(process) for process in processes] == [(0, "")] * len(names)
    history = open_history(url)
    assert history is not None
    return history


def test_a_full_disk_loses_this_run_and_no_other(tmp_path: Path) -> None:
    """A limit on the size of files takes the place of a full disk."""
    file = tmp_path / "history.sqlite3"
    history = open_history(f"sqlite:///{file}")
    assert history is not None
    history.record(judged(1, {"SIP-01": DRIFT}))
    large = cluster(*(finding(f"X-{n}", DRIFT, subject="n" * 2000) for n in range(100)))
    signals = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size, limits[1]))
    try:
        with pytest.raises(OutputError, match="This run is not recorded: "):
            history.record(report(2, large))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, signals)
    assert [run.id for run in history.runs()] == ["run-01-02"]
    history.record(report(2, large))
    assert len(history.runs()) == 2


def test_simultaneous_first_starts_create_one_history(url: str) -> None:
    history = at_once(url, "a", "b", "c", count=1)
    assert history.clusters() == ("a", "b", "c", "lab")
    assert len(history.runs("lab")) == 3


def test_simultaneous_writers_lose_no_run(url: str) -> None:
    history = at_once(url, "a", "b", count=12)

    assert len(history.runs("lab")) == 24
    for name in ("a", "b"):
        (row,) = history.latest_findings(name)
        assert row.age == FindingAge(at(1), 12)
    periods = [row for row in history.export("lab") if row["recommendation"] == "R-000"]
    assert sum(row["runs"] for row in periods) == 24


@pytest.mark.parametrize(
    "moment",
    [
        "INSERT INTO auditor_cluster_run",
        "INSERT INTO auditor_finding",
        "INSERT INTO auditor_span",
        "UPDATE auditor_finding",
        "COMMIT",
    ],
)
def test_a_writer_that_is_killed_leaves_the_last_whole_run(url: str, moment: str) -> None:
    history = open_history(url)
    assert history is not None
    findings = [finding(f"R-{i:03}", DRIFT) for i in range(60)]
    history.record(report(1, cluster(*findings)))
    before = history.export(), history.runs()

    victim = writer(url, "a", 2, moment)
    start(victim)
    assert communicate(victim) == (-signal.SIGKILL, "")

    assert (history.export(), history.runs()) == before
    history.record(judged(2, {"R-000": DRIFT}))
    assert history.latest_findings("lab")[0].age == FindingAge(at(1), 2)


@pytest.mark.parametrize("moment", ["CREATE TABLE auditor_finding", "INSERT INTO auditor_schema"])
def test_a_first_start_that_is_killed_does_not_stop_the_next(url: str, moment: str) -> None:
    code = (
        "import os, signal, sys\n"
        "from sqlalchemy import Engine, event\n"
        "def die(c, cursor, statement, *_):\n"
        "    if statement.strip().startswith(sys.argv[2]): os.kill(os.getpid(), signal.SIGKILL)\n"
        "event.listen(Engine, 'before_cursor_execute', die)\n"
        "from auditor.history.opening import open_history\n"
        "open_history(sys.argv[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, url, moment], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL

    history = open_history(url)
    assert history is not None
    history.record(judged(1, {"R-000": DRIFT}))
    assert len(history.runs()) == 1


def test_a_half_written_file_is_really_left_behind(tmp_path: Path) -> None:
    """The tests above mean little if nothing reached the disk before the kill."""
    file = tmp_path / "history.sqlite3"
    open_history(f"sqlite:///{file}")
    victim = writer(f"sqlite:///{file}", "a", 2, "COMMIT")
    start(victim)
    communicate(victim)
    assert Path(f"{file}-journal").stat().st_size > 512


def test_an_interrupted_recording_leaves_nothing(history: HistoryStore) -> None:
    history.record(judged(1, {"R-000": DRIFT}))

    def interrupt(*execution: Any) -> None:
        if execution[2].startswith("UPDATE auditor_span "):
            raise KeyboardInterrupt

    engine = history.database.engine
    event.listen(engine, "before_cursor_execute", interrupt)
    with pytest.raises(KeyboardInterrupt):
        history.record(judged(2, {"R-000": DRIFT}))
    event.remove(engine, "before_cursor_execute", interrupt)
    assert [run.id for run in history.runs()] == ["run-01-02"]
    assert history.latest_findings("lab")[0].age == FindingAge(at(1), 1)


def test_a_run_that_is_recorded_twice_counts_once(history: HistoryStore) -> None:
    for _ in range(2):
        history.record(judged(1, {"R-000": DRIFT}))
    assert history.latest_findings("lab")[0].age == FindingAge(at(1), 1)
