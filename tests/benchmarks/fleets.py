"""How much faster two worker processes of a Dask cluster are than one, and whether that is linear.

The scheduler and the workers run already, as they do in a fleet; the audit is a whole process. The
simulators share the cores with them, so each answer takes as long as one over a long line.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.farm import CHECKOUT, Farm, farm
from tests.benchmarks.figures import Size, line, table

NODES = 4
THREADS = 8
ANSWER_S = 0.05


def measure(size: Size) -> str:
    """Audit few, some and many clusters on one machine, by one worker, and by two."""
    counts = (1, size.clusters, 5 * size.clusters)
    with farm(counts[-1], NODES, delay_s=ANSWER_S) as running:
        alone = [_seconds(running, count) for count in counts]
        one, two = (_on_workers(running, workers, counts) for workers in (1, 2))
    rows = [
        (f"{count}", (single, first, second, first / second))
        for count, single, first, second in zip(counts, alone, one, two, strict=True)
    ]
    return table(("clusters", "one machine, s", "one worker, s", "two, s", "one : two"), rows) + (
        _model("one worker", counts, one) + _model("two workers", counts, two)
    )


def _model(label: str, counts: Sequence[int], seconds: Sequence[float]) -> str:
    """Return what the first two measurements say of the third, and what it came to."""
    each = (seconds[1] - seconds[0]) / (counts[1] - counts[0])
    expected = seconds[1] + each * (counts[2] - counts[1])
    return (
        line(f"{label}: to begin and end with", seconds[0] - each, "s")
        + line(f"{label}: each cluster", each, "s")
        + line(f"{label}: {counts[2]} clusters, measured : expected", seconds[2] / expected, "")
    )


def _on_workers(running: Farm, workers: int, counts: Sequence[int]) -> list[float]:
    with _dask_cluster(running, workers) as address:
        _seconds(running, counts[1], address)  # each worker loads the program once
        return [_seconds(running, count, address) for count in counts]


def _seconds(running: Farm, count: int, scheduler: str = "") -> float:
    """Return how long an audit of the first clusters takes."""
    names = [f"c{number:02}" for number in range(1, count + 1)]
    where = ["--scheduler", scheduler] if scheduler else []
    command = [sys.executable, "-m", "auditor", "audit", "-c", str(running.config), *where]
    began = time.perf_counter()
    done = subprocess.run(
        [*command, "--history", "off", "-o", "json", *names],
        cwd=CHECKOUT,
        env={**os.environ, "AUDITOR_PASSWORD": running.password},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode() or f"the audit ended with {done.returncode}")
    return time.perf_counter() - began


@contextmanager
def _dask_cluster(running: Farm, workers: int) -> Iterator[str]:
    """Run a scheduler on loopback and workers, each a process of its own."""
    with ExitStack() as parts, TemporaryDirectory(prefix="auditor-dask-") as folder:
        place = Path(folder) / "scheduler.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        log = _start(parts, ["scheduler", *options, "--scheduler-file", str(place)], {})
        address = _wait_for(log, "Scheduler at:").split("Scheduler at:")[1].strip()
        options = ["--no-nanny", "--nthreads", str(THREADS), "--no-dashboard"]
        for _ in range(workers):
            words = ["worker", address, *options, "--local-directory", folder]
            _wait_for(_start(parts, words, {"AUDITOR_PASSWORD": running.password}), "Registered to")
        yield address


def _start(parts: ExitStack, words: Sequence[str], more: dict[str, str]) -> "subprocess.Popen[str]":
    process = parts.enter_context(
        subprocess.Popen(
            [sys.executable, "-m", "dask", *words],
            cwd=CHECKOUT,
            env={**os.environ, **more},
            stderr=subprocess.PIPE,
            text=True,
        )
    )
    parts.callback(process.kill)
    return process


def _wait_for(process: "subprocess.Popen[str]", word: str) -> str:
    assert process.stderr is not None
    for text in process.stderr:
        if word in text:
            return text
    raise RuntimeError(f"no {word!r} came")
