"""Audits that are killed at any moment: whole runs and whole files stay, and the next run works.

A third of the kills fall anywhere, a third while the reports are written, a third after that, while
the run is recorded.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from auditor.history.opening import open_history
from auditor.simulator import Simulator
from tests.history import postgresql
from tests.lab import DRIFTED_PAIR
from tests.nights.result import NightResult

CHECKOUT = Path(__file__).parents[2]
DRIFT = 3
_SIDE_BY_SIDE = 3
_SHORT_S = 2.0


@dataclass(frozen=True, slots=True)
class Target:
    """What the audits of one history share: the simulator's account, folder and history."""

    config: Path
    password: str
    url: str
    out: Path

    def start(self, name: str) -> "subprocess.Popen[str]":
        """Start an audit that writes two reports of this name and records its run."""
        reports = [f"json:{self.out}/{name}.json", f"html:{self.out}/{name}.html"]
        words = [word for report in reports for word in ("-o", report)]
        command = [sys.executable, "-m", "auditor", "audit", "-c", str(self.config), *words]
        return subprocess.Popen(
            [*command, "--history", self.url],
            cwd=CHECKOUT,
            env={**os.environ, "AUDITOR_PASSWORD": self.password},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def run(count: int, seed: int, *, short: bool = False) -> NightResult:
    """Kill `count` audits that record in SQLite and, unless `short`, as many with PostgreSQL."""
    result = NightResult()
    with ExitStack() as opened:
        home = Path(opened.enter_context(TemporaryDirectory(prefix="auditor-nights-")))
        simulator = opened.enter_context(Simulator(DRIFTED_PAIR, home / "simulator"))
        config = simulator.write_config(home / "auditor.toml", {"settle_s": 0})
        urls = [f"sqlite:///{home}/history.sqlite3"]
        folder = None if short else postgresql.binaries()
        if folder:
            urls.append(opened.enter_context(postgresql.running(folder)).url())
        for number, url in enumerate(urls):
            out = home / f"out{number}"
            out.mkdir()
            target = Target(config, simulator.password, url, out)
            _kill_audits(target, count, seed, result, short=short)
    return result


def _kill_audits(
    target: Target, count: int, seed: int, result: NightResult, *, short: bool
) -> None:
    chance = random.Random(seed)  # noqa: S311 - reproducible moments
    began = time.monotonic()
    whole = 0 if short else _run_whole(target, result)
    longest_s = _SHORT_S if short else 1.5 * (time.monotonic() - began)
    moments = [chance.uniform(0, longest_s) for _ in range(count)]
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        ended = list(pool.map(lambda n: _kill_once(target, n, moments[n]), range(count)))
    result.tried += count
    whole += sum(code == DRIFT for code in ended)
    odd = {code for code in ended if code not in (DRIFT, -signal.SIGKILL)}
    result.expect(not odd, f"audits ended with {odd}")
    whole += _run_whole(target, result)
    _check_files(target, result)
    _check_history(target, whole, whole + count, result)
    kind = target.url.partition(":")[0]
    killed = sum(code == -signal.SIGKILL for code in ended)
    result.figures.append(f"{kind}: {killed} killed, {count - killed} ended before")


def _run_whole(target: Target, result: NightResult) -> int:
    audit = target.start("whole")
    told, _ = audit.communicate(timeout=120)
    result.expect(audit.returncode == DRIFT, f"a whole audit ended with {audit.returncode}: {told}")
    return int(audit.returncode == DRIFT)


def _kill_once(target: Target, number: int, after_s: float) -> int:
    """Start an audit and kill it; return how it ended, which may be by itself."""
    # Some share a name, so that a whole file of another stands there before.
    name = f"late{number}" if number % 3 == 2 else f"killed{number % 7}"
    audit = target.start(name)
    if number % 3:
        _wait_for_file(target, audit, ".auditor-*.tmp" if number % 3 == 1 else f"{name}.html")
        after_s /= 50
    try:
        audit.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        audit.kill()
        audit.communicate()
    return audit.returncode


def _wait_for_file(target: Target, audit: "subprocess.Popen[str]", pattern: str) -> None:
    while audit.poll() is None and not list(target.out.glob(pattern)):
        time.sleep(0.005)


def _check_files(target: Target, result: NightResult) -> None:
    for path in sorted(target.out.iterdir()):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            try:
                is_whole = json.loads(text)["summary"]["exit_code"] == DRIFT
            except ValueError:
                is_whole = False
            result.expect(is_whole, f"{path.name} is not whole")
        elif path.suffix == ".html":
            result.expect(text.rstrip().endswith("</html>"), f"{path.name} is not whole")
        else:
            result.found.append(f"{path.name} is left")


def _check_history(target: Target, least: int, most: int, result: NightResult) -> None:
    history = open_history(target.url)
    assert history is not None
    runs = history.runs()
    result.figures.append(f"{len(runs) - least} killed ones were recorded, each as a whole")
    result.expect(least <= len(runs) <= most, f"{len(runs)} runs of {least} to {most}")
    counts = {tuple(sorted(run.counts.items())) for run in runs}
    result.expect(len(counts) == 1, f"runs differ: {counts}")
    ages = {finding.age.runs for finding in history.latest_findings("pair")}
    result.expect(ages == {len(runs)}, f"findings of {ages} runs, of {len(runs)}")
    sums: dict[str, int] = {}
    for row in history.export():
        sums[row["finding"]] = sums.get(row["finding"], 0) + row["runs"]
    result.expect(set(sums.values()) == {len(runs)}, f"periods of {set(sums.values())} runs")
    if target.url.startswith("sqlite"):
        journal = Path(f"{target.url.removeprefix('sqlite:///')}-journal")
        result.expect(not journal.exists(), "a journal of SQLite is left")
