"""Signals of a service manager or a lost terminal: the end is that of Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab import PAIR, SUB, Lab
from tests.nights.kills import CHECKOUT

Start = Callable[..., Lab]

LIMIT_S = 20.0
"""What the end may take on the slowest machine; the node that hangs is waited for for a minute."""


def start_hanging_audit(
    lab: Lab, folder: Path, ignored: tuple[signal.Signals, ...] = ()
) -> "subprocess.Popen[str]":
    """Return an audit that waits for a node; signals are as usual except those ignored."""

    def set_signals() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)

    lab.defaults = {"timeout_s": 60}
    words = ["audit", "-c", str(lab.config), "-o", f"json:{folder}/report.json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", *words],
        env={**os.environ, **lab.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=set_signals,
    )
    deadline = time.monotonic() + 60
    while not any(request.fault == "hang" for request in lab.simulator.requests):
        assert time.monotonic() < deadline, "the audit never asked the node"
        time.sleep(0.02)
    return process


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_an_audit_like_ctrl_c(
    lab: Start, folder: Path, number: signal.Signals
) -> None:
    running = lab({**PAIR, "fault": [{"fault": "hang", "node": SUB}]})
    process = start_hanging_audit(running, folder)
    began = time.monotonic()
    process.send_signal(number)
    try:
        told = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, *told) == (130, "", "auditor: interrupted; nothing was written.\n")
    assert time.monotonic() - began < LIMIT_S
    assert list(folder.iterdir()) == []


IN_AN_EXEC = """
exec("import os, signal, time; os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)")
"""
IN_A_CLEAN_UP = """
import os, signal, time, weakref

class Lock:
    pass

def clean_up(_):
    os.kill(os.getpid(), signal.SIGTERM)
    return [None for _ in range(9)]

lock = Lock()
reference = weakref.ref(lock, clean_up)
del lock
time.sleep(60)
"""


@pytest.mark.parametrize("where", [IN_AN_EXEC, IN_A_CLEAN_UP], ids=["exec", "clean-up"])
def test_an_interrupt_is_the_same_wherever_an_import_is(where: str, tmp_path: Path) -> None:
    """Python would end as killed by SIGINT, or drop the interrupt and go on."""
    command = "\n    ".join(["def command():", *where.strip().split("\n")])
    program = "import auditor.__main__ as program\nprogram._run_command_line = command"
    (tmp_path / "interrupted.py").write_text(f"{command}\n{program}\nprogram.main()\n")
    done = subprocess.run(
        [sys.executable, "-m", "interrupted"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(CHECKOUT), str(tmp_path)])},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (130, "auditor: interrupted.\n")


def test_a_lost_terminal_does_not_end_an_audit_under_nohup(lab: Start, folder: Path) -> None:
    running = lab({**PAIR, "fault": [{"fault": "hang", "node": SUB}]})
    process = start_hanging_audit(running, folder, ignored=(signal.SIGHUP,))
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
