"""A process of its own that records runs: `writing_process.py URL NAME COUNT [DIE_AT]`.

It says "ready", waits for a line on standard input, opens the history and records COUNT runs. With
DIE_AT it kills itself with SIGKILL when the statement that begins so is about to be sent; COMMIT
stands for the end of the transaction. Its SQLite spills to disk at once, so that it leaves a
half-written file behind.
"""

import os
import signal
import sys
from collections.abc import Callable
from sqlite3 import Connection

from sqlalchemy import event

from auditor.history.opening import open_history
from auditor.history.store import HistoryStore
from tests.history.runs import DRIFT, PASS, cluster, finding, report


def main(url: str, name: str, count: int, die_at: str = "") -> None:
    sys.stdout.write("ready\n")  # the signal that its parent waits for
    sys.stdout.flush()
    sys.stdin.readline()
    history = open_history(url)
    if history is None:
        raise SystemExit("no history")
    if die_at:
        _arm(history, die_at)
    for number in range(count):
        verdicts = (PASS, DRIFT) if number % 2 else (DRIFT, PASS)
        findings = [finding(f"R-{i:03}", verdicts[i % 2]) for i in range(120)]
        own = cluster(finding("OWN", DRIFT, cluster=name), name=name)
        history.record(report(1, cluster(*findings), own, name=f"{name}-{number}"))


def _arm(history: HistoryStore, die_at: str) -> None:
    engine = history.database.engine
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _spill)
    if die_at == "COMMIT":
        event.listen(engine, "commit", _die)
    else:
        event.listen(engine, "before_cursor_execute", _die_before(die_at))


def _spill(connection: Connection, _entry: object) -> None:
    connection.execute("PRAGMA cache_size = 1")


def _die_before(beginning: str) -> Callable[..., None]:
    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(beginning):
            _die()

    return look


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
