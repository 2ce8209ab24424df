"""The watchdog ends each exchange at its own deadline, whatever else is under way."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from auditor.errors import TimedOut
from auditor.soap.deadlines import Deadline, DeadlineWatchdog


@pytest.fixture
def registry() -> Iterator[DeadlineWatchdog]:
    """Return a registry whose watchdog ends with the test."""
    with closing(DeadlineWatchdog()) as registry:
        yield registry


def _hangs_until_ended(call: Deadline) -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(20)
    with ours, theirs:
        call.attach(ours.fileno())
        assert ours.recv(1) == b""


def test_a_deadline_is_kept_while_a_later_one_is_awaited(registry: DeadlineWatchdog) -> None:
    """The watchdog is woken for it, however long it meant to sleep."""
    with registry.call("patient", 60) as patient:
        with registry.call("first", 0.01) as first:
            _hangs_until_ended(first)
        # From here on the watchdog sleeps towards the patient one's deadline.
        with registry.call("short", 0.05) as short:
            _hangs_until_ended(short)
            with pytest.raises(TimedOut):
                short.check()
        patient.check()


def test_a_deadline_is_kept_after_a_quiet_time(registry: DeadlineWatchdog) -> None:
    """With nothing under way the watchdog sleeps without an end."""
    for name in ("first", "second"):
        with registry.call(name, 0.02) as call:
            _hangs_until_ended(call)
            with pytest.raises(TimedOut):
                call.check()
