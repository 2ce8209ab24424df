"""Many audits in one process, and one long `failover-check --wait`: nothing of it grows."""

import gc
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from typer.testing import CliRunner

from auditor.cli.app import app
from tests.nights.kills import CHECKOUT
from tests.nights.result import NightResult

_LEAST_WARM_UP = 4
_WARM_UP_SHARE = 0.4
"""Of 500: by then the caches are full that keep patterns for the cookies of sessions."""
_MAX_MORE_OBJECTS = 2000
"""Of 500 audits; what each left behind would be more than that."""
_MAX_MORE_MB = 16.0
"""Of 500 audits, or of the first few in a process whose threads fill their arenas only then."""
_MAX_MORE_THREADS = 4
"""A survey does not wait for its last threads to end."""
_SCENARIO = """
[cluster]
name = "soak"

[[group]]
name = "Default"
nodes = ["imp1.lab.test", "imp2.lab.test"]
"""
_NEVER_STABLE = f'{_SCENARIO}ha = ["taking_over", "failing_over"]\n'


@dataclass(frozen=True, slots=True)
class Usage:
    """What this process holds."""

    threads: int
    files: int
    objects: int
    resident_mb: float

    @classmethod
    def now(cls) -> "Usage":
        """Measure it, once what is only waiting for the collector is gone."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return cls(
            threads=threading.active_count(),
            files=len(list(Path("/proc/self/fd").iterdir())),
            objects=len(gc.get_objects()),
            resident_mb=pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        )


@dataclass(frozen=True, slots=True)
class _Lab:
    config: Path
    password: str

    def run(self, *words: str) -> int:
        """Run a command in this process; return its exit code."""
        runner = CliRunner(env={"AUDITOR_PASSWORD": self.password})
        return runner.invoke(app, [words[0], "-c", str(self.config), *words[1:]]).exit_code


def run(count: int, seed: int) -> NightResult:
    """Audit `count` times, and look as often at a pair that never becomes stable."""
    del seed
    result = NightResult(tried=2 * count)
    with TemporaryDirectory(prefix="auditor-nights-") as name:
        home = Path(name)
        with _simulated(home / "audits", _SCENARIO) as lab:
            _audit_again_and_again(lab, count, result)
        with _simulated(home / "watch", _NEVER_STABLE) as lab:
            _watch(lab, count, result)
    return result


@contextmanager
def _simulated(folder: Path, scenario: str) -> Iterator[_Lab]:
    """Serve a cluster from another process, whose memory is not counted."""
    folder.mkdir()
    source, config = folder / "scenario.toml", folder / "auditor.toml"
    source.write_text(scenario, encoding="utf-8")
    command = [sys.executable, "-m", "auditor", "simulate", str(source)]
    with subprocess.Popen(
        [*command, "--write-config", str(config)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "AUDITOR_PASSWORD=" in line)
        (setting,) = (word for word in shlex.split(line) if word.startswith("AUDITOR_PASSWORD="))
        try:
            yield _Lab(config, setting.partition("=")[2])
        finally:
            process.terminate()
            process.stdout.read()


def _audit_again_and_again(lab: _Lab, count: int, result: NightResult) -> None:
    out = lab.config.parent
    words = ["audit", "-o", f"json:{out}/r.json", "-o", f"html:{out}/r.html", "-o", "terminal"]
    codes = {lab.run(*words) for _ in range(_warm_up(count))}
    before = Usage.now()
    codes |= {lab.run(*words) for _ in range(count)}
    result.expect(len(codes) == 1 and codes <= {0, 3, 4}, f"audits ended with {codes}")
    _judge(f"{count} audits", before, Usage.now(), result)


def _watch(lab: _Lab, count: int, result: NightResult) -> None:
    """Wait for a pair, on a clock that moves only in pauses."""
    clock = [datetime.now(UTC)]
    usages: list[Usage] = []
    rounds = [0]

    def pause(_network: object, seconds: float) -> None:
        clock[0] += timedelta(seconds=seconds)
        rounds[0] += 1
        if rounds[0] in (_warm_up(count), count):
            usages.append(Usage.now())

    now: Callable[[object], datetime] = lambda _network: clock[0]  # noqa: E731 - it is patched in
    with (
        patch("auditor.soap.network.LiveNetwork.pause", pause),
        patch("auditor.soap.network.LiveNetwork.now", now),
    ):
        code = lab.run("failover-check", "--wait", f"{10 * count}s")
    result.expect(code == 3, f"the watch ended with {code}")
    result.expect(len(usages) == 2, f"the watch looked {rounds[0]} times")
    if len(usages) == 2:
        _judge(f"a watch of {rounds[0]} readings", usages[0], usages[1], result)


def _warm_up(count: int) -> int:
    return max(_LEAST_WARM_UP, round(count * _WARM_UP_SHARE))


def _judge(what: str, before: Usage, after: Usage, result: NightResult) -> None:
    more_objects = after.objects - before.objects
    more_mb = after.resident_mb - before.resident_mb
    result.figures.append(
        f"{what}: threads {before.threads} to {after.threads}, files {before.files} to "
        f"{after.files}, objects {more_objects:+}, memory {more_mb:+.1f} MB"
    )
    more_threads = after.threads - before.threads
    result.expect(more_threads <= _MAX_MORE_THREADS, f"{what}: {more_threads} threads are left")
    result.expect(after.files <= before.files, f"{what}: files or sockets are left")
    result.expect(more_objects <= _MAX_MORE_OBJECTS, f"{what}: {more_objects} objects are left")
    result.expect(more_mb <= _MAX_MORE_MB, f"{what}: the memory grew by {more_mb:.1f} MB")
