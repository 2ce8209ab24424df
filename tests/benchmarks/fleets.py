"""How long fleets take on the workers of a Dask cluster, and what that follows from.

The scheduler and the workers run already, as they do in a fleet; the audit is a whole process. Here
they share the cores with each other and with the simulators, so the processor time of each part is
measured too. From that, and from the pace of one worker, follows what larger fleets take.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from tests.benchmarks import processes
from tests.benchmarks.farm import CHECKOUT, Farm, farm
from tests.benchmarks.figures import Size, line, table

NODES = 4
THREADS = 8
ANSWER_S = 0.05
EXPECTED = (10, 100, 1_000, 10_000)
WORKERS = (1, 2, 4)


@dataclass(frozen=True, slots=True)
class Cost:
    """What an audit of so many clusters took: seconds, and processor time by part."""

    clusters: int
    seconds: float
    worker_s: float
    audit_s: float
    others_s: float
    """The scheduler and the simulators."""
    free_cores: float
    """How many cores of this machine no other program took meanwhile."""

    @property
    def processor_s(self) -> float:
        """Return the processor time of all parts."""
        return self.worker_s + self.audit_s + self.others_s


@dataclass(frozen=True, slots=True)
class Model:
    """What follows from audits of one cluster and of some by one worker: a fixed part, and each."""

    one: Cost
    some: Cost

    def _each(self, part: str) -> float:
        more = getattr(self.some, part) - getattr(self.one, part)
        return float(more) / (self.some.clusters - self.one.clusters)

    @property
    def worker_s(self) -> float:
        """Return the processor time of a worker for each cluster."""
        return self._each("worker_s")

    @property
    def audit_s(self) -> float:
        """Return the processor time of the audit itself for each cluster."""
        return self._each("audit_s")

    @property
    def others_s(self) -> float:
        """Return what scheduler and simulators take for each cluster."""
        return self._each("others_s")

    def expect_processor_s(self, clusters: int) -> float:
        """Return the processor time of all parts for an audit."""
        return self.one.processor_s + (clusters - 1) * self._each("processor_s")

    @property
    def pace_s(self) -> float:
        """Return how long a worker takes for each cluster, with its waiting for answers."""
        return self._each("seconds")

    def expect(self, clusters: int, workers: int, shared_cores: float = 0) -> float:
        """Return the seconds of an audit: as long as the part takes that has most to do.

        Each worker and the audit have a core; or all, simulators too, share some.
        """
        parts = [self.pace_s / workers, self.audit_s]
        if shared_cores:
            parts.append(self._each("processor_s") / shared_cores)
        return self.one.seconds + (clusters - 1) * max(parts)


def measure(size: Size) -> str:
    """Audit few, some and many clusters on one machine, by one worker, and by two."""
    counts = (1, size.clusters, 5 * size.clusters)
    with farm(counts[-1], NODES, delay_s=ANSWER_S if size.runs > 1 else 0) as running:
        alone = [_audit(running, count).seconds for count in counts]
        one, two = (_on_workers(running, workers, counts) for workers in (1, 2))
    measured = [
        (f"{count}", (single, first.seconds, second.seconds, first.seconds / second.seconds))
        for count, single, first, second in zip(counts, alone, one, two, strict=True)
    ]
    model = Model(*one[:2])
    return (
        table(("clusters", "one machine, s", "one worker, s", "two, s", "one : two"), measured)
        + line("each cluster: processor time of its worker", model.worker_s, "s")
        + line("each cluster: of the audit, which judges", model.audit_s, "s")
        + line("each cluster: of the scheduler and the simulators", model.others_s, "s")
        + line("each cluster: one worker's pace, its waiting included", model.pace_s, "s")
        + _compare(model, {1: one, 2: two})
        + "  expected where every part has a core of its own, seconds\n"
        + _predict(model)
    )


def _compare(model: Model, measured: Mapping[int, Sequence[Cost]]) -> str:
    """Return how the model holds here, where all parts share the cores that others leave."""
    rows = [
        (
            f"{cost.clusters} by {workers}",
            (
                cost.processor_s / model.expect_processor_s(cost.clusters),
                cost.seconds / model.expect(cost.clusters, workers, cost.free_cores),
                cost.free_cores,
            ),
        )
        for workers, costs in measured.items()
        for cost in costs[1:]
    ]
    heads = ("measured : expected", "processor", "seconds", "free cores")
    return table(heads, rows)


def _predict(model: Model) -> str:
    rows = [
        (f"{count:,}", [model.expect(count, workers) for workers in WORKERS]) for count in EXPECTED
    ]
    return table(("clusters", *(f"by {workers}" for workers in WORKERS)), rows)


def _on_workers(running: Farm, workers: int, counts: Sequence[int]) -> list[Cost]:
    with _dask_cluster(running, workers) as fleet:
        _audit(running, counts[1], fleet)  # each worker loads the program once
        return [_audit(running, count, fleet) for count in counts]


@dataclass(frozen=True, slots=True)
class Fleet:
    """A scheduler and workers that run."""

    address: str
    scheduler: int
    workers: Sequence[int]


def _audit(running: Farm, count: int, fleet: Fleet | None = None) -> Cost:
    """Audit the first clusters, and return what it took."""
    names = [f"c{number:02}" for number in range(1, count + 1)]
    where = ["--scheduler", fleet.address] if fleet else []
    command = [*processes.AUDITOR, "audit", "-c", str(running.config), *where]
    command += ["--history", "off", "-o", "json", *names]
    workers, others = (fleet.workers, [fleet.scheduler, running.process_id]) if fleet else ([], [])
    before = _processor_s(workers), _processor_s(others), _busy_s()
    with TemporaryDirectory(prefix="auditor-home-") as home:
        done = processes.run(command, Path(home), running.password)
    if done.code:
        raise RuntimeError(f"the audit ended with {done.code}")
    worker_s, others_s = _processor_s(workers) - before[0], _processor_s(others) - before[1]
    foreign_s = _busy_s() - before[2] - worker_s - others_s - done.processor_s
    free_cores = max(0.1, (os.cpu_count() or 1) - foreign_s / done.seconds)
    return Cost(count, done.seconds, worker_s, done.processor_s, others_s, free_cores)


def _processor_s(process_ids: Sequence[int]) -> float:
    """Return the processor time that processes have taken until now."""
    times = [psutil.Process(number).cpu_times() for number in process_ids]
    return sum(float(one.user + one.system) for one in times)


def _busy_s() -> float:
    """Return the processor time that all programs of this machine have taken until now."""
    times = psutil.cpu_times()
    return float(times.user + times.system + getattr(times, "nice", 0))


@contextmanager
def _dask_cluster(running: Farm, workers: int) -> Iterator[Fleet]:
    """Run a scheduler on loopback and workers, each a process of its own."""
    with ExitStack() as parts, TemporaryDirectory(prefix="auditor-dask-") as folder:
        place = Path(folder) / "scheduler.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        scheduler = _start(parts, ["scheduler", *options, "--scheduler-file", str(place)], {})
        address = _wait_for(scheduler, "Scheduler at:").split("Scheduler at:")[1].strip()
        options = ["--no-nanny", "--nthreads", str(THREADS), "--no-dashboard"]
        words = ["worker", address, *options, "--local-directory", folder]
        started = [
            _start(parts, words, {"AUDITOR_PASSWORD": running.password}) for _ in range(workers)
        ]
        for worker in started:
            _wait_for(worker, "Registered to")
        yield Fleet(address, scheduler.pid, [worker.pid for worker in started])


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
