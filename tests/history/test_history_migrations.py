"""A history that an earlier auditor kept: it is brought up to date, and nothing of it is lost."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from auditor.history.database import HistoryDatabase, connect_database
from auditor.history.migrations import __file__
from auditor.history.opening import open_history
from auditor.history.store import HistoryStore
from auditor.history.url import locate_database
from auditor.models.cluster_report import ClusterStatus
from auditor.models.history import ChangeDirection, FindingAge
from tests.history.runs import DRIFT, NODE, PASS, at, finding, judged

SIP, PE = finding("SIP-01", DRIFT), finding("PE-01", PASS)
RUNS = (
    (1, "run-01-02", "drift", 1),
    (2, "run-02-02", "drift", 1),
)


def row(content: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    names = ", ".join(f'"{name}"' for name in content)
    return f"({names}) VALUES ({', '.join(f':{name}' for name in content)})", content


def first_schema(url: str) -> HistoryDatabase:
    """Return the database as the first auditor left it: two nights of the same drift."""
    address = locate_database(url)
    assert address is not None
    database = connect_database(address)
    with database.writing(lock="SELECT 1") as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(__file__).parent))
        command.upgrade(config, "0001")
        for table, content in _content():
            into, values = row(content)
            connection.execute(text(f"INSERT INTO {table} {into}"), values)
    return database


def _content() -> list[tuple[str, dict[str, Any]]]:
    rows: list[tuple[str, dict[str, Any]]] = []
    for seq, (day, name, status, drift) in enumerate(RUNS, start=1):
        run = {"id": name, "started_at": at(day), "finished_at": at(day)}
        options = {"fail_on": "low", "exit_code": 3, "insecure": False, "allow_unknown": False}
        rows.append(("auditor_run", run | options))
        about = {"run": seq, "cluster": "lab", "release": "14.0.1", "status": status}
        counts = {"pass": 1, "drift": drift, "unknown": 0, "not_applicable": 0}
        rows.append(("auditor_cluster_run", about | counts | {"explained": 0, "waived": 0}))
    for one in (SIP, PE):
        about = {"id": one.id, "cluster": "lab", "recommendation": one.recommendation}
        subject = {"service": one.service, "subject_kind": "node", "subject": NODE}
        rows.append(("auditor_finding", about | subject | {"latest": 1, "known": 1}))
        kind = {"verdict": one.verdict.value, "kind": one.kind, "severity": "high"}
        span = {"finding": one.id, "first": 1, "last": 2, "runs": 2, "carried": 0}
        times = {"first_at": at(1), "last_at": at(2), "since": at(1)}
        rows.append(("auditor_span", span | kind | times))
    rows.append(
        (
            "auditor_moving",
            {"run": 2, "cluster": "lab", "node": NODE, "service": "SIP", "state": "starting"},
        )
    )
    return rows


def opened(url: str, *, writes: bool = True) -> HistoryStore:
    history = open_history(url, writes=writes)
    assert history is not None
    return history


@pytest.mark.parametrize("writes", [True, False], ids=["audit", "history"])
def test_a_migration_keeps_everything_of_the_first_schema(url: str, writes: bool) -> None:
    first_schema(url)
    history = opened(url, writes=writes)
    assert [(run.id, run.status) for run in history.runs("lab")] == [
        ("run-02-02", ClusterStatus.DRIFT),
        ("run-01-02", ClusterStatus.DRIFT),
    ]
    stood = {row.recommendation: row.age for row in history.latest_findings("lab")}
    assert stood == {"SIP-01": FindingAge(at(1), 2), "PE-01": FindingAge(at(1), 2)}
    assert list(history.changing_services("lab", "cucm-pub.example.test")) == [(NODE, "SIP")]
    assert history.past(judged(3, {}))["lab"].other_publisher is None


def test_the_next_run_goes_on_where_the_first_schema_ended(url: str) -> None:
    first_schema(url)
    tonight = judged(3, {"SIP-01": PASS, "PE-01": PASS})
    history = opened(url)
    past = history.past(tonight)["lab"]
    assert [change.direction for change in past.changes] == [ChangeDirection.RESOLVED]
    assert past.unread is None, "nobody recorded which nodes could be read"
    history.record(tonight)
    stood = {row.recommendation: row.age for row in opened(url).latest_findings("lab")}
    assert stood == {"SIP-01": FindingAge(at(3), 1), "PE-01": FindingAge(at(1), 3)}


def test_an_interrupted_migration_leaves_the_first_schema(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = first_schema(url)
    upgrade = command.upgrade

    def fall_over(config: Config, revision: str) -> None:
        upgrade(config, revision)
        raise MemoryError

    monkeypatch.setattr(command, "upgrade", fall_over)
    with pytest.raises(MemoryError):
        opened(url)
    with database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM auditor_schema")).scalar() == "0001"
        assert connection.execute(text("SELECT count(*) FROM auditor_cluster_run")).scalar() == 2
    monkeypatch.undo()
    assert len(opened(url).runs("lab")) == 2
