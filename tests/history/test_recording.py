"""What is kept: listing, export, forgetting, odd text, and the schema itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from auditor.history.opening import open_history
from auditor.history.schema import metadata
from auditor.history.schema_version import HEAD_REVISION, VERSION_TABLE
from auditor.history.store import HistoryStore
from auditor.history.trends import (
    DIFFERING_VERDICTS,
    FindingPeriod,
    FindingRecord,
    next_period,
    to_historical_finding,
)
from auditor.models.cluster_report import ClusterStatus
from auditor.models.findings import Finding, Verdict
from auditor.models.history import VERDICTS_WITHOUT_AGE, FindingAge
from tests.history.runs import DRIFT, NODE, PASS, UNKNOWN, at, cluster, finding, judged, report

SIP = "SIP-01"
NOW = datetime(2026, 3, 20, 2, tzinfo=UTC)


def nights(history: HistoryStore, *verdicts: Verdict) -> None:
    for day, verdict in enumerate(verdicts, 1):
        history.record(judged(day, {SIP: verdict}))


def test_runs_are_listed_with_their_results_latest_first(history: HistoryStore) -> None:
    history.record(report(1, cluster(finding(SIP, DRIFT), finding("PE-01", UNKNOWN))))
    history.record(report(2, cluster(finding(SIP, PASS)), cluster(name="b")))

    latest, other, first = history.runs()
    assert (latest.cluster, other.cluster, first.cluster) == ("b", "lab", "lab")
    assert (first.id, first.started_at, first.finished_at) == (
        "run-01-02",
        at(1),
        at(1)[:-2] + "9Z",
    )
    assert (first.status, first.exit_code, first.release) == (ClusterStatus.DRIFT, 3, "14.0.1")
    assert {verdict: number for verdict, number in first.counts.items() if number} == {
        DRIFT: 1,
        UNKNOWN: 1,
    }
    assert (other.status, other.exit_code) == (ClusterStatus.COMPLIANT, 0)


def test_runs_are_selected_by_cluster_and_number(history: HistoryStore) -> None:
    nights(history, PASS, PASS, PASS, PASS)
    history.record(report(5, cluster(name="b")))
    assert [run.id for run in history.runs("lab", limit=2)] == ["run-04-02", "run-03-02"]
    assert [run.started_at for run in history.runs(limit=2)] == [at(5), at(4)]


def test_a_report_has_the_runs_before_it(history: HistoryStore) -> None:
    nights(history, PASS, DRIFT)
    past = history.past(judged(3, {SIP: DRIFT}))["lab"]
    assert [run.status for run in past.runs] == [ClusterStatus.DRIFT, ClusterStatus.COMPLIANT]


def test_an_export_has_a_row_for_each_period(history: HistoryStore) -> None:
    nights(history, DRIFT, DRIFT, UNKNOWN, DRIFT)
    rows = history.export("lab")
    assert rows == history.export()
    assert rows[0] == {
        "cluster": "lab",
        "recommendation": SIP,
        "service": "Service of SIP-01",
        "subject_kind": "node",
        "subject": NODE,
        "verdict": "drift",
        "kind": "stopped",
        "severity": "high",
        "first_seen": at(1),
        "last_seen": at(2),
        "runs": 2,
        "since": at(1),
        "runs_since": 2,
        "finding": finding(SIP, DRIFT).id,
    }
    assert [(r["verdict"], r["first_seen"], r["runs"], r["runs_since"]) for r in rows[1:]] == [
        ("unknown", at(3), 1, 1),
        ("drift", at(4), 1, 3),
    ]


def test_drift_keeps_its_beginning_when_its_runs_are_pruned(history: HistoryStore) -> None:
    nights(history, PASS, DRIFT, DRIFT, DRIFT)
    assert history.prune(timedelta(days=16, hours=12), NOW) == 3

    assert [run.id for run in history.runs()] == ["run-04-02"]
    assert history.latest_findings("lab")[0].age == FindingAge(at(2), 3)
    history.record(judged(5, {SIP: DRIFT}))
    assert history.latest_findings("lab")[0].age == FindingAge(at(2), 4)
    assert len(history.export()) == 1


def test_the_latest_results_are_never_pruned(history: HistoryStore) -> None:
    nights(history, DRIFT, UNKNOWN)
    history.record(report(3, cluster(finding(SIP, PASS, cluster="b"), name="b")))
    assert history.prune(timedelta(0), NOW) == 1

    assert [run.id for run in history.runs()] == ["run-03-02", "run-02-02"]
    past = history.past(judged(4, {SIP: DRIFT}))["lab"]
    assert [str(change.direction) for change in past.changes] == ["persisting"]
    assert list(past.ages.values()) == [FindingAge(at(1), 2)]


def test_recent_runs_are_not_pruned(history: HistoryStore) -> None:
    nights(history, PASS, DRIFT)
    before = history.export(), history.runs()
    assert history.prune(timedelta(days=19), NOW) == 0
    assert (history.export(), history.runs()) == before


def test_a_subject_that_no_longer_exists_is_pruned(history: HistoryStore) -> None:
    history.record(report(1, cluster(finding(SIP, DRIFT), finding(SIP, DRIFT, subject="gone"))))
    history.record(judged(2, {SIP: DRIFT}))
    history.prune(timedelta(days=19), NOW)
    assert {row["subject"] for row in history.export()} == {NODE, "gone"}
    history.prune(timedelta(days=18, hours=12), NOW)
    assert {row["subject"] for row in history.export()} == {NODE}
    assert [str(c.direction) for c in history.past(judged(3, {SIP: DRIFT}))["lab"].changes] == [
        "persisting"
    ]


@pytest.mark.parametrize("name", ["köln", "'; DROP TABLE auditor_run; --", "50%", "\x1b[31m", "💥"])
def test_any_text_can_be_recorded_and_read(history: HistoryStore, name: str) -> None:
    recorded = report(1, cluster(finding("X-1", DRIFT, cluster="x", subject=name), name="x"))
    history.record(recorded)
    (row,) = history.latest_findings("x")
    assert history.runs("x")
    assert row.subject.name == name


def test_the_migrations_make_the_tables_that_the_program_uses(history: HistoryStore) -> None:
    with history.database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_program_knows_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "auditor.history:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD_REVISION


def test_ages_are_read_by_an_index(tmp_path_factory: pytest.TempPathFactory) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('plan')}/history.sqlite3"
    history = open_history(url)
    assert history is not None
    nights(history, DRIFT, PASS, DRIFT)
    queries: list[tuple[str, Any]] = []
    engine = history.database.engine

    def note(_connection: object, _cursor: object, sql: str, bound: object, *_: object) -> None:
        queries.append((sql, bound))

    event.listen(engine, "before_cursor_execute", note)
    tonight = judged(4, {SIP: DRIFT})
    history.past(tonight)
    history.changing_services("lab")
    history.latest_findings("lab")
    history.changes("lab", "2026-03-02")
    history.record(tonight)
    selects = [(sql, bound) for sql, bound in queries if sql.startswith(("SELECT", "UPDATE"))]
    assert len(selects) > 15
    with engine.connect() as connection:
        for sql, bound in selects:
            for one in bound if isinstance(bound, list) else [bound]:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", one).all()
                assert not [row for row in plan if str(row[-1]).startswith("SCAN")], (sql, plan)


VERDICTS = st.lists(st.sampled_from([*Verdict, None]), min_size=1, max_size=14)


def walk(verdicts: list[Verdict | None]) -> list[FindingRecord | None]:
    """Follow a finding through runs 1, 2, ...; return its trace after each."""
    trace, traces = None, []
    for run, verdict in enumerate(verdicts, 1):
        if verdict is not None:
            result = finding(SIP, verdict)
            period = next_period(trace, result, before=run - 1, run=run, at=at(run))
            judged = period if verdict is not UNKNOWN else trace.judged if trace else None
            trace = _trace(result, period, judged)
        traces.append(trace)
    return traces


def _trace(result: Finding, latest: FindingPeriod, judged: FindingPeriod | None) -> FindingRecord:
    return FindingRecord(
        result.id,
        result.cluster,
        result.recommendation,
        result.service,
        result.subject,
        latest,
        judged,
    )


@given(VERDICTS)
def test_an_age_equals_a_count_over_all_runs(
    verdicts: list[Verdict | None],
) -> None:
    trace = walk(verdicts)[-1]
    if verdicts[-1] is None or trace is None:
        return
    last, states = verdicts[-1], []
    for run in range(len(verdicts), 0, -1):
        verdict = verdicts[run - 1]
        if verdict is last:
            states.append(run)
        elif last not in DIFFERING_VERDICTS or verdict not in (UNKNOWN, None):
            break
    assert to_historical_finding(trace).age == FindingAge(at(min(states)), len(states))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([*Verdict, None]), min_size=1, max_size=8))
def test_the_database_holds_the_same_ages(
    tmp_path_factory: pytest.TempPathFactory, verdicts: list[Verdict | None]
) -> None:
    history = open_history(f"sqlite:///{tmp_path_factory.mktemp('same')}/h.sqlite3")
    assert history is not None
    for day, verdict in enumerate(verdicts, 1):
        tonight = judged(day, {} if verdict is None else {SIP: verdict})
        promised = history.past(tonight)["lab"].ages
        history.record(tonight)
        assert {
            row.id: row.age
            for row in history.latest_findings("lab")
            if row.verdict not in VERDICTS_WITHOUT_AGE
        } == promised
    last = walk(verdicts)[-1]
    assert [row.age for row in history.latest_findings("lab")] == (
        [to_historical_finding(last).age] if last and verdicts[-1] is not None else []
    )
