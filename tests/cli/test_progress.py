"""What is shown while servers are asked: on a terminal, and in a pipe during a wait."""

import threading
from dataclasses import dataclass
from datetime import timedelta

import pytest

from auditor.cli.progress import ProgressBoard, print_while_waiting, show_progress
from auditor.collect.progress import (
    ClusterDone,
    ClusterSent,
    SchedulerAwaited,
    ServersListed,
    WaitBegan,
    WaitEnded,
    WorkerAwaited,
    WorkerCame,
    WorkersSilent,
)


@dataclass
class Clock:
    """A clock that moves only by hand."""

    seconds: float = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(clock: Clock) -> ProgressBoard:
    """Return a board on which CUCM answered, imp1 too, and imp3 and imp2 are waited for."""
    board = ProgressBoard(clock)
    board.note("lab", ServersListed(("cucm",)))
    board.note("lab", WaitBegan("cucm", 40))
    board.note("lab", WaitEnded("cucm"))
    board.note("lab", ServersListed(("imp1", "imp2", "imp3", "imp4")))
    for name in ("imp1", "imp3", "imp2"):
        board.note("lab", WaitBegan(name, 40))
        clock.seconds += 1
    board.note("lab", WaitEnded("imp1"))
    return board


def test_the_line_names_the_server_that_is_waited_for_the_longest(
    board: ProgressBoard, clock: Clock
) -> None:
    clock.seconds = 13
    assert board.line() == "2 of 5 servers asked; imp3 (lab): 12 of at most 40 s"


def test_the_line_never_names_a_server_that_is_done(board: ProgressBoard, clock: Clock) -> None:
    clock.seconds = 13
    board.note("lab", WaitEnded("imp3"))
    assert board.line() == "3 of 5 servers asked; imp2 (lab): 11 of at most 40 s"
    board.note("lab", WaitEnded("imp2"))
    assert board.line() == "4 of 5 servers asked"


def test_a_server_that_is_asked_again_is_not_done(board: ProgressBoard) -> None:
    board.note("lab", WaitBegan("imp1", 40))
    assert board.line().startswith("1 of 5 servers asked")


def test_one_server_has_its_noun_and_an_alien_name_no_escapes(clock: Clock) -> None:
    board = ProgressBoard(clock)
    board.note("lab", WaitBegan("\x1b[2Jcucm", 4))
    assert board.line().startswith("0 of 1 server asked; ")
    assert "\x1b" not in board.line()


def test_a_wait_in_a_pipe_says_how_long_and_what_was_read_last(
    board: ProgressBoard, clock: Clock
) -> None:
    clock.seconds = 73
    board.last_line = "1:00 Pair: imp1 normal"
    assert board.waiting_line(3) == (
        "  1:10  2 of 5 servers asked; imp3 (lab): 40 of at most 40 s; "
        "last reading: 1:00 Pair: imp1 normal"
    )


def test_a_wait_counts_down_and_says_what_it_waits_for(board: ProgressBoard, clock: Clock) -> None:
    """From the first reading on, in a pipe and on a terminal; never below nothing."""
    board.wait_s = 600
    assert "left" not in board.line()
    clock.seconds = 10
    board.keep_line("  0:00  Pair: imp1 normal")
    clock.seconds = 75
    head = "8:55 left of at most 10:00 for the groups to be stable; 2 of 5 servers asked; "
    assert board.line().startswith(head)
    assert board.waiting_line(5).startswith(f"  1:10  {head}")
    assert board.waiting_line(5).endswith("; last reading: 0:00 Pair: imp1 normal")
    clock.seconds = 700
    assert board.line().startswith("0:00 left of at most 10:00")


def test_a_wait_in_a_pipe_prints_lines_until_it_ends(
    board: ProgressBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    printed = threading.Event()

    class Pipe:
        def write(self, text: str) -> None:
            lines.append(text)
            if len(lines) == 3:
                printed.set()

        def flush(self) -> None:
            """Keep nothing back."""

    monkeypatch.setattr("sys.stderr", Pipe())
    with print_while_waiting(board, every_s=0.001):
        assert printed.wait(5)
    count = len(lines)
    assert all("of 5 servers asked; imp3 (lab): " in line for line in lines)
    assert len(lines) == count


def test_only_a_wait_prints_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun: list[float] = []
    monkeypatch.setattr("auditor.cli.progress.SECONDS_BETWEEN_LINES", 0.001)
    for quiet, wait in ((False, None), (True, timedelta(seconds=60))):
        with show_progress(quiet=quiet, wait=wait) as progress:
            progress.note("lab", WaitBegan("imp1", 40))
            begun.append(len(threading.enumerate()))
    assert capsys.readouterr().err == ""
    assert begun[0] == begun[1]


def test_a_fleet_counts_clusters_and_says_which_site_lacks_a_worker(clock: Clock) -> None:
    board = ProgressBoard(clock)
    board.note("", SchedulerAwaited("tls://dask.example.test:8786"))
    clock.seconds += 7
    assert board.line() == "connecting to the scheduler tls://dask.example.test:8786: 7 s"
    for cluster in ("oslo", "austin", "mars"):
        board.note(cluster, ClusterSent())
    board.note("mars", WorkerAwaited("mars", 60))
    board.note("oslo", ClusterDone())
    clock.seconds += 12
    assert board.line() == (
        "1 of 3 clusters asked; no worker of site mars (mars): 12 of at most 60 s"
    )
    board.note("mars", WorkerCame())
    assert board.line() == "1 of 3 clusters asked"
    board.note("austin", WorkerAwaited("", 60))
    assert "; no worker (austin): 0 of at most 60 s" in board.line()


def test_a_worker_that_is_silent_is_told_until_it_is_heard_of_again(clock: Clock) -> None:
    board = ProgressBoard(clock)
    board.note("oslo", ClusterSent())
    board.note("", WorkersSilent(("192.0.2.1",), 12.0))
    assert board.line() == "0 of 1 cluster asked; worker on 192.0.2.1 silent for 12 s"
    board.note("", WorkersSilent(()))
    assert board.line() == "0 of 1 cluster asked"
