"""Runs a command on a terminal of its own, and types at it."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence


def interruptible() -> None:
    """Take Ctrl-C as a terminal's program does, even where the tests run in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def on_terminal(
    command: Sequence[str], environment: Mapping[str, str], answers: Mapping[str, str]
) -> tuple[int, str]:
    """Return the exit code and the screen; each answer is typed once its question is seen."""
    master, slave = pty.openpty()

    def own_terminal() -> None:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        interruptible()

    process = subprocess.Popen(
        list(command),
        env=dict(environment),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        preexec_fn=own_terminal,
    )
    os.close(slave)
    screen, open_questions = b"", dict(answers)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([master], [], [], 0.1)[0]:
            continue
        try:
            screen += os.read(master, 65536)
        except OSError:  # the other side has ended
            break
        for question in [q for q in open_questions if q.encode() in screen]:
            os.write(master, open_questions.pop(question).encode() + b"\n")
    os.close(master)
    try:
        return process.wait(30), screen.decode()
    finally:
        process.kill()
