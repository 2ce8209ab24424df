"""Audits that Ctrl-C or SIGTERM ends at any moment: each ends soon, in one line, without a trace.

Most moments fall where libraries load beside the survey: an interrupt in an import that waits for
another thread's once left the program hanging.
"""

import random
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from auditor.simulator import Simulator
from tests.lab import DRIFTED_PAIR
from tests.nights.kills import DRIFT, Target
from tests.nights.result import NightResult

INTERRUPTED = 130
_FIRST_SHARE = 0.2
"""Of a whole run, when Python has started and the program handles the signals."""
_MOST_S = 10.0
"""How long one may take to end."""


def run(count: int, seed: int) -> NightResult:
    """Interrupt `count` audits that record in SQLite."""
    result = NightResult(tried=count)
    chance = random.Random(seed)  # noqa: S311 - reproducible moments
    with ExitStack() as opened:
        home = Path(opened.enter_context(TemporaryDirectory(prefix="auditor-nights-")))
        simulator = opened.enter_context(Simulator(DRIFTED_PAIR, home / "simulator"))
        config = simulator.write_config(home / "auditor.toml", {"settle_s": 0})
        out = home / "out"
        out.mkdir()
        target = Target(config, simulator.password, f"sqlite:///{home}/history.sqlite3", out)
        target.start("first").communicate(timeout=120)  # makes the history
        began = time.monotonic()
        target.start("whole").communicate(timeout=120)
        whole_s = time.monotonic() - began
        longest_s = 0.0
        for _ in range(count):
            after_s = whole_s * chance.uniform(_FIRST_SHARE, 1)
            longest_s = max(longest_s, _interrupt(target, after_s, chance, result))
        last = target.start("last")
        said, _ = last.communicate(timeout=120)
        result.expect(last.returncode == DRIFT, f"the last audit ended with {said}")
        left = sorted(path.name for path in out.iterdir() if path.name.startswith("."))
        result.expect(not left, f"{left} are left")
    result.figures.append(f"the longest took {longest_s:.1f} s to end")
    return result


def _interrupt(target: Target, after_s: float, chance: random.Random, result: NightResult) -> float:
    """Interrupt an audit; return the seconds until it has ended."""
    audit = target.start("interrupted")
    number = chance.choice((signal.SIGINT, signal.SIGTERM))
    try:
        said, _ = audit.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        audit.send_signal(number)
    else:
        result.expect(audit.returncode == DRIFT, f"an audit ended by itself with {said}")
        return 0
    began = time.monotonic()
    try:
        said, _ = audit.communicate(timeout=_MOST_S)
    except subprocess.TimeoutExpired:
        audit.kill()
        audit.communicate()
        result.found.append(f"{number.name} after {after_s:.3f} s: it hangs")
        return _MOST_S
    where = f"{number.name} after {after_s:.3f} s"
    # On a busy machine Python itself may not have started by then, and ends by the signal.
    is_early = audit.returncode == -number
    is_told = audit.returncode == DRIFT or "auditor: interrupted" in said
    result.expect(
        is_early or (audit.returncode in (INTERRUPTED, DRIFT) and is_told),
        f"{where}: exit code {audit.returncode}: {said!r}",
    )
    result.expect(is_early or "Traceback" not in said, f"{where}: {said}")
    return time.monotonic() - began
