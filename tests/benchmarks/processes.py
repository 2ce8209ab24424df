"""Programs run as a user runs them, with the time and memory that they took."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.farm import CHECKOUT

AUDITOR = (sys.executable, "-m", "auditor")

# A process counts the memory of the one that it was forked from as its own peak. So it is
# started from a small one, and told by that.
_SMALL = """
import json, os, sys, time
began = time.monotonic()
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[
    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
])
_, status, used = os.wait4(process, 0)
print(json.dumps({
    "began": began,
    "seconds": time.monotonic() - began,
    "processor_s": used.ru_utime + used.ru_stime,
    "peak_mb": used.ru_maxrss / 1024,
    "code": os.waitstatus_to_exitcode(status),
}))
"""


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that ended; `began` is on the clock `time.monotonic()` of this machine."""

    began: float
    seconds: float
    processor_s: float
    peak_mb: float
    code: int


def run(command: Sequence[str], home: Path, password: str = "") -> Finished:
    """Run a program to its end, its output thrown away, with a folder as the user's home.

    So nobody's own history is read or written, and the first run starts an empty one.
    """
    completed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _SMALL, *command],
        cwd=CHECKOUT,
        env={
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(home),
            "AUDITOR_PASSWORD": password,
        },
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    return Finished(**json.loads(completed))
