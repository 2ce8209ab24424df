"""Pages of the estate, made from recorded runs with fixed times."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from auditor.history.opening import open_history
from auditor.history.store import HistoryStore
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.estate import Estate
from auditor.models.findings import Verdict
from auditor.models.report import Report
from tests.history.nights import NOW, record_nights
from tests.history.runs import cluster, finding, report
from tests.history.test_history_migrations import first_schema


@contextmanager
def _history() -> Iterator[HistoryStore]:
    with TemporaryDirectory() as folder:
        opened = open_history(f"sqlite:///{Path(folder)}/history.sqlite3")
        assert opened is not None
        yield opened


@cache
def nights() -> Estate:
    with _history() as history:
        record_nights(history)
        return history.estate((), NOW)


@cache
def empty() -> Estate:
    with _history() as history:
        return history.estate((), NOW)


@cache
def first_run() -> Estate:
    with _history() as history:
        history.record(report(1, cluster(finding("SIP-01", Verdict.PASS))))
        return history.estate((), datetime(2026, 3, 1, 9, tzinfo=UTC))


@cache
def older_schema() -> Estate:
    """Return what is known of runs that an earlier auditor recorded, and of no later one."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder)}/history.sqlite3"
        first_schema(url)
        history = open_history(url)
        assert history is not None
        return history.estate((), datetime(2026, 3, 3, 9, tzinfo=UTC))


@cache
def years() -> Estate:
    """Return three hundred days, two publishers of one name, and a clock that was set back."""
    with _history() as history:
        for night in _long_nights():
            history.record(night)
        return history.estate((), datetime(2026, 12, 26, 9, tzinfo=UTC))


def _long_nights() -> Iterator[Report]:
    for night in range(300):
        moment = datetime(2026, 3, 1, 2, tzinfo=UTC) + timedelta(days=night)
        if night == 298:
            moment -= timedelta(days=2, hours=1)
        verdict = Verdict.DRIFT if night % 40 < 9 else Verdict.PASS
        made = report(1, cluster(finding("SIP-01", verdict)), name=f"night-{night:03}")
        publisher = "cucm-old.example.test" if night < 150 else "cucm-new.example.test"
        asked = Coverage(Source.CUCM_AXL, publisher, Outcome.COLLECTED)
        stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        yield replace(
            made,
            run=replace(made.run, started_at=stamp, finished_at=stamp),
            clusters=(replace(made.clusters[0], coverage=(asked,)),),
        )


@cache
def hostile(text: str = "<script>alert(1)</script>") -> Estate:
    """Return an estate in which every name that others choose is an attack."""
    with _history() as history:
        waived = finding("SIP-01", Verdict.WAIVED, cluster=text, subject=text)
        assert waived.waiver is not None
        waived = replace(
            waived, service=text, waiver=replace(waived.waiver, reason=text, owner=text)
        )
        drift = replace(finding("PE-01", Verdict.DRIFT, cluster=text, subject=text), service=text)
        for day, findings in ((1, (waived, drift)), (2, (waived,))):
            history.record(report(day, cluster(*findings, name=text)))
        return history.estate((), datetime(2026, 3, 5, 9, tzinfo=UTC))


ESTATES: dict[str, Callable[[], Estate]] = {
    "nights": nights,
    "empty": empty,
    "first-run": first_run,
    "older-schema": older_schema,
    "years": years,
    "hostile": hostile,
}

PERIOD = {
    "cluster": "emea",
    "recommendation": "SYNC-01",
    "service": None,
    "subject_kind": "node",
    "subject": "imp-a.emea.example.test",
    "verdict": "drift",
    "kind": "stopped",
    "severity": "critical",
    "first_seen": "2026-03-03T02:00:00Z",
    "last_seen": "2026-03-19T09:00:00Z",
    "runs": 14,
    "since": "2026-03-03T02:00:00Z",
    "runs_since": 14,
    "finding": "0123456789abcdef0123",
}
"""A row of the record, which all formats have as it is."""
