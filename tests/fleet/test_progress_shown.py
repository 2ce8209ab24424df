"""What a terminal shows while an audit waits for a scheduler or a worker that hangs."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fleet.audits import IMPATIENT, at_site, hung
from tests.fleet.parts import Fleet, audit_command, own_environment, until
from tests.lab import Lab


@contextmanager
def audit_on_terminal(fleet: Fleet, config: Path, change: str = "pass") -> Iterator[int]:
    """Run an audit until the block ends; give what its terminal can be read from."""
    program = f"{change}; from auditor.__main__ import main; main()"
    screen, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", program, *audit_command(config, fleet.address)[3:]],
        env=own_environment({**fleet.settings, "TERM": "xterm", "COLUMNS": "200"}),
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    try:
        yield screen
    finally:
        process.kill()
        process.wait()
        os.close(screen)


def read_until(screen: int, text: str) -> None:
    """Read a terminal until it shows a text, or fail at its end."""
    shown = ""
    while text not in shown:
        shown += os.read(screen, 4096).decode(errors="replace")


def test_a_connection_that_takes_long_is_shown(plain: Fleet, hanging: Lab) -> None:
    plain.scheduler.stop()
    with audit_on_terminal(plain, hanging.config) as screen:
        read_until(screen, f"connecting to the scheduler {plain.address}: ")


def test_a_worker_that_falls_silent_is_shown(fleet: Fleet, hanging: Lab) -> None:
    worker = fleet.add_worker("silent", environment=hanging.environment)
    sooner = f"{IMPATIENT}; worker_list._NOTED_CALLS = 5"
    with audit_on_terminal(fleet, at_site(hanging, "silent"), sooner) as screen:
        until(lambda: hung(hanging) == 1)
        worker.stop()
        read_until(screen, "0 of 1 cluster asked; worker on 127.0.0.1 silent for ")
