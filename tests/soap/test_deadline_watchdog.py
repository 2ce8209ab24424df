"""The watchdog ends each exchange at its own deadline, whatever else is under way."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from auditor.errors import TimedOut
from auditor.soap.deadlines import Deadline, DeadlineWatchdog


@pytest.fixture
def watchdog() -> Iterator[DeadlineWatchdog]:
    """Return a watchdog whose thread ends with the test."""
    with closing(DeadlineWatchdog()) as watchdog:
        yield watchdog


def _hangs_until_ended(deadline: Deadline) -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(20)
    with ours, theirs:
        deadline.attach(ours)
        assert ours.recv(1) == b""


def test_a_deadline_is_kept_while_a_later_one_is_awaited(watchdog: DeadlineWatchdog) -> None:
    """The watchdog is woken for it, however long it meant to sleep."""
    with watchdog.start("patient", 60) as patient:
        with watchdog.start("first", 0.01) as first:
            _hangs_until_ended(first)
        # From here on the watchdog sleeps towards the patient one's deadline.
        with watchdog.start("short", 0.05) as short:
            _hangs_until_ended(short)
            with pytest.raises(TimedOut):
                short.check()
        patient.check()


def test_a_deadline_is_kept_after_a_quiet_time(watchdog: DeadlineWatchdog) -> None:
    """With nothing under way the watchdog sleeps without an end."""
    for name in ("first", "second"):
        with watchdog.start(name, 0.02) as deadline:
            _hangs_until_ended(deadline)
            with pytest.raises(TimedOut):
                deadline.check()
