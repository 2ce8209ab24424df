"""What 10,000 recorded runs cost against 100: the answers come from an index, so about as much.

One cluster of 150 findings, of which three change their verdict in every run.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, insert

from auditor.history.opening import open_history
from auditor.history.schema import cluster_run_table, finding_table, period_table, run_table
from auditor.history.store import HistoryStore
from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.findings import Finding, Severity, Verdict
from auditor.models.report import Report
from auditor.text import utc_timestamp
from tests.benchmarks.figures import Size, in_turn, line, ratio
from tests.factories import make_finding, make_run

MANY, FEW = 10_000, 100
_FINDINGS = 150
_LASTS = 50
START = datetime(2000, 1, 1, 2, tzinfo=UTC)
_numbers = count(1)


def measure(size: Size) -> str:
    """Load both histories, ask both the same in turn, and return the lines to print."""
    with tempfile.TemporaryDirectory() as folder:
        many, few = (
            load_history(Path(folder) / f"{number}.sqlite3", number) for number in (MANY, FEW)
        )
        return "".join(
            _compared(label, ask, many, few, size.runs) for label, ask in _QUESTIONS.items()
        )


def _compared(
    label: str,
    ask: Callable[[HistoryStore], object],
    many: HistoryStore,
    few: HistoryStore,
    times: int,
) -> str:
    def timed(history: HistoryStore) -> float:
        start = perf_counter()
        ask(history)
        return perf_counter() - start

    large, small = in_turn(times, lambda: timed(many), lambda: timed(few))
    return line(f"{label}: 10,000 runs", min(large) * 1000, "ms") + line(
        f"{label}: 10,000 runs against 100", ratio(large, small), "times", "aim: about 1"
    )


_QUESTIONS: Mapping[str, Callable[[HistoryStore], object]] = {
    "how long each finding has lasted": lambda history: history.latest_findings("lab"),
    "changes in the last ten runs": lambda history: history.changes("lab", _last_but(history)),
    "the latest twenty runs": lambda history: history.runs("lab", limit=20),
    "what an audit reads": lambda history: history.past(_tonight()),
    "recording a run": lambda history: history.record(_tonight()),
}


def _last_but(history: HistoryStore) -> str:
    return history.runs("lab", limit=10)[-1].id


def _tonight() -> Report:
    """Return a run after all that are loaded."""
    now = utc_timestamp(datetime.now(UTC))
    run = make_run(f"tonight-{next(_numbers)}", started_at=now, finished_at=now)
    findings = tuple(_finding(number, Verdict.DRIFT) for number in range(_FINDINGS))
    return Report(run, (ClusterReport("lab", None, Severity.LOW, findings=findings),))


def _finding(number: int, verdict: Verdict) -> Finding:
    return make_finding(f"R-{number:03}", verdict, subject="imp.example.test")


def load_history(file: Path, number: int) -> HistoryStore:
    """Return a history of so many runs, written in bulk as recording them would have done."""
    history = open_history(f"sqlite:///{file}")
    if history is None:
        raise RuntimeError("history is off")
    with history.database.writing() as connection:
        _load(connection, number)
    return history


def _load(connection: Connection, number: int) -> None:
    every = range(1, number + 1)
    options = {"fail_on": "low", "exit_code": 3, "insecure": False, "allow_unknown": False}
    connection.execute(
        insert(run_table),
        [
            {"seq": run, "id": f"run-{run}", "started_at": _at(run), "finished_at": _at(run)}
            | options
            for run in every
        ],
    )
    about: dict[str, Any] = {"cluster": "lab", "status": ClusterStatus.DRIFT.value}
    about.update(dict.fromkeys(Verdict, 1))
    connection.execute(insert(cluster_run_table), [{"run": run, **about} for run in every])
    of = {n: list(_spans(n, number)) for n in range(_FINDINGS)}
    connection.execute(insert(finding_table), [_row(n, of[n][-1]["first"]) for n in of])
    connection.execute(insert(period_table), [span for own in of.values() for span in own])


def _at(run: int) -> str:
    return utc_timestamp(START + timedelta(hours=run))


def _row(number: int, last: int) -> dict[str, Any]:
    finding = _finding(number, Verdict.DRIFT)
    return {
        "id": finding.id,
        "cluster": "lab",
        "recommendation": finding.recommendation,
        "service": None,
        "subject_kind": "node",
        "subject": finding.subject.name,
        "latest": last,
        "known": last,
    }


def _spans(number: int, last: int) -> Iterator[dict[str, Any]]:
    """Yield a finding's spans: drift and pass in turn, begun at different runs for each finding."""
    finding = _finding(number, Verdict.DRIFT).id
    begins = [1, *range(2 + number % _LASTS, last + 1, _LASTS)]
    for turn, (first, following) in enumerate(zip(begins, [*begins[1:], last + 1], strict=True)):
        yield {
            "finding": finding,
            "first": first,
            "last": following - 1,
            "first_at": _at(first),
            "last_at": _at(following - 1),
            "runs": following - first,
            "verdict": "pass" if turn % 2 else "drift",
            "kind": None if turn % 2 else "stopped",
            "severity": "high",
            "since": _at(first),
            "carried": 0,
        }
