"""What the database holds, as plain data; every question is answered from an index.

Which recorded run a user means: by its id, the beginning of its id, or a date.
"""

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, FromClause, RowMapping, ScalarSelect, Select, and_, func, select

from auditor.errors import ConfigError
from auditor.history.schema import (
    cluster_run_table,
    finding_table,
    moving_service_table,
    period_table,
    run_table,
    unread_node_table,
)
from auditor.history.trends import FindingPeriod, FindingRecord
from auditor.models.facts import RunState
from auditor.models.findings import (
    ClusterStatus,
    FindingKind,
    FindingSubject,
    Severity,
    SubjectKind,
    Verdict,
)
from auditor.models.history import PastRun
from auditor.text import escape_unprintable, shorten_text


def read_recorded_clusters(connection: Connection) -> tuple[str, ...]:
    """Return every cluster that has a run on record, sorted."""
    names = select(cluster_run_table.c.cluster).distinct().order_by(cluster_run_table.c.cluster)
    return tuple(connection.execute(names).scalars())


def read_latest_run(connection: Connection, cluster: str, by: int | None = None) -> int | None:
    """Return the sequence number of a cluster's last run, of those up to `by` if given."""
    question = select(func.max(cluster_run_table.c.run)).where(
        cluster_run_table.c.cluster == cluster
    )
    if by is not None:
        question = question.where(cluster_run_table.c.run <= by)
    return connection.execute(question).scalar()


def read_first_run(connection: Connection, cluster: str) -> int | None:
    """Return the sequence number of the oldest run of a cluster that is still on record."""
    question = select(func.min(cluster_run_table.c.run)).where(
        cluster_run_table.c.cluster == cluster
    )
    return connection.execute(question).scalar()


def read_past_runs(
    connection: Connection, cluster: str | None, *, limit: int | None, since: str | None
) -> tuple[PastRun, ...]:
    """Return recorded runs, one for each cluster that it audited, the latest first.

    `since` is the earliest start that counts, in the form of `started_at`.
    """
    question = _past_run_query().order_by(
        cluster_run_table.c.run.desc(), cluster_run_table.c.cluster
    )
    if cluster is not None:
        question = question.where(cluster_run_table.c.cluster == cluster)
    if since is not None:
        question = question.where(run_table.c.started_at >= since)
    return tuple(
        _past_run_from_row(row) for row in connection.execute(question.limit(limit)).mappings()
    )


def read_past_run(connection: Connection, cluster: str, run: int) -> PastRun:
    """Return what one recorded run came to on a cluster."""
    question = _past_run_query().where(
        cluster_run_table.c.cluster == cluster, cluster_run_table.c.run == run
    )
    return _past_run_from_row(connection.execute(question).mappings().one())


def _past_run_query() -> Select[Any]:
    about = (run_table.c.id, run_table.c.started_at, run_table.c.finished_at, run_table.c.exit_code)
    return select(*about, cluster_run_table).join(
        run_table, run_table.c.seq == cluster_run_table.c.run
    )


def _past_run_from_row(row: RowMapping) -> PastRun:
    return PastRun(
        id=row["id"],
        cluster=row["cluster"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        release=row["release"],
        status=ClusterStatus(row["status"]),
        exit_code=row["exit_code"],
        counts={verdict: row[verdict] for verdict in Verdict},
    )


def read_moving_services(
    connection: Connection, cluster: str, run: int
) -> dict[tuple[str, str], RunState]:
    """Return what a run found Starting or Stopping, by node (lower case) and service."""
    question = select(moving_service_table).where(
        moving_service_table.c.cluster == cluster, moving_service_table.c.run == run
    )
    return {
        (row["node"], row["service"]): RunState(row["state"])
        for row in connection.execute(question).mappings()
    }


def read_unread_nodes(
    connection: Connection, cluster: str, run: int | None
) -> frozenset[str] | None:
    """Return the nodes that a run could not read, in lower case; None if it did not record them.

    A run of the first schema recorded neither them nor the publisher that it asked.
    """
    question = select(unread_node_table.c.node).where(
        unread_node_table.c.cluster == cluster, unread_node_table.c.run == run
    )
    found = frozenset(connection.execute(question).scalars())
    if found or run is None or read_run_publisher(connection, cluster, run) is not None:
        return found
    return None


def read_run_publisher(connection: Connection, cluster: str, run: int | None) -> str | None:
    """Return the CUCM publisher that a run asked, None where that is not on record."""
    question = select(cluster_run_table.c.publisher).where(
        cluster_run_table.c.cluster == cluster, cluster_run_table.c.run == run
    )
    return connection.execute(question).scalar()


def read_finding_records(
    connection: Connection, cluster: str, by: int | None = None
) -> dict[str, FindingRecord]:
    """Return what is recorded of each finding of a cluster, by finding id.

    With `by`, `known` is the last span that is not unknown and began by that run.
    """
    latest, known = period_table.alias("latest"), period_table.alias("known")
    question = (
        select(finding_table, *_label_columns(latest, "latest"), *_label_columns(known, "known"))
        .join(
            latest,
            and_(latest.c.finding == finding_table.c.id, latest.c.first == finding_table.c.latest),
        )
        .outerjoin(
            known,
            and_(
                known.c.finding == finding_table.c.id,
                known.c.first
                == (finding_table.c.known if by is None else _latest_judged_period(by)),
            ),
        )
        .where(finding_table.c.cluster == cluster)
    )
    return {
        row["id"]: _finding_record_from_row(row) for row in connection.execute(question).mappings()
    }


def _latest_judged_period(run: int) -> ScalarSelect[Any]:
    earlier = period_table.alias("earlier")
    return (
        select(func.max(earlier.c.first))
        .where(
            earlier.c.finding == finding_table.c.id,
            earlier.c.first <= run,
            earlier.c.verdict != Verdict.UNKNOWN.value,
        )
        .scalar_subquery()
    )


def _label_columns(table: FromClause, prefix: str) -> list[Any]:
    return [column.label(f"{prefix}_{column.key}") for column in table.c]


def _finding_record_from_row(row: RowMapping) -> FindingRecord:
    latest = _period_from_row(row, "latest")
    return FindingRecord(
        id=row["id"],
        cluster=row["cluster"],
        recommendation=row["recommendation"],
        service=row["service"],
        subject=FindingSubject(SubjectKind(row["subject_kind"]), row["subject"]),
        latest=latest,
        known=None if row["known_first"] is None else _period_from_row(row, "known"),
    )


def _period_from_row(row: RowMapping, prefix: str) -> FindingPeriod:
    kind = row[f"{prefix}_kind"]
    return FindingPeriod(
        first=row[f"{prefix}_first"],
        last=row[f"{prefix}_last"],
        first_at=row[f"{prefix}_first_at"],
        last_at=row[f"{prefix}_last_at"],
        runs=row[f"{prefix}_runs"],
        verdict=Verdict(row[f"{prefix}_verdict"]),
        kind=None if kind is None else FindingKind(kind),
        severity=Severity(row[f"{prefix}_severity"]),
        since=row[f"{prefix}_since"],
        carried=row[f"{prefix}_carried"],
    )


def read_period_rows(connection: Connection, cluster: str | None) -> tuple[dict[str, Any], ...]:
    """Return every span as a flat row, by cluster, recommendation, subject and time."""
    about = (
        finding_table.c.cluster,
        finding_table.c.recommendation,
        finding_table.c.service,
        finding_table.c.subject_kind,
        finding_table.c.subject,
        period_table.c.verdict,
        period_table.c.kind,
        period_table.c.severity,
        period_table.c.first_at.label("first_seen"),
        period_table.c.last_at.label("last_seen"),
        period_table.c.runs,
        period_table.c.since,
        (period_table.c.carried + period_table.c.runs).label("runs_since"),
        finding_table.c.id.label("finding"),
    )
    question = (
        select(*about)
        .join(finding_table, finding_table.c.id == period_table.c.finding)
        .order_by(*about[:2], *about[3:5], period_table.c.first)
    )
    if cluster is not None:
        question = question.where(finding_table.c.cluster == cluster)
    return tuple(dict(row) for row in connection.execute(question).mappings())


_ISO_DATE_PATTERN = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?")


def parse_moment(text: str) -> str | None:
    """Return a date, or date and time, in the form of `started_at`; None for something else.

    Without a zone it is UTC, as all times of history are.

    Raises:
        ConfigError: it looks like a date and is none.
    """
    if not _ISO_DATE_PATTERN.fullmatch(text):
        return None
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            [
                escape_unprintable(
                    f'"{shorten_text(text)}" is no date; write 2026-03-01 or 2026-03-01T06:00'
                )
            ]
        ) from None
    return utc_timestamp(told if told.tzinfo else told.replace(tzinfo=UTC))


def utc_timestamp(told: datetime) -> str:
    """Return a moment as runs are stamped: ISO 8601 in UTC, whole seconds, Z."""
    return told.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def find_baseline_run(connection: Connection, cluster: str, since: str) -> int:
    """Return the run of a cluster that "since" compares with.

    For a run id, that run, or the cluster's last one before it. For a moment, the last run that
    started by then; where the record begins later, the first one. The cluster has runs.

    Raises:
        ConfigError: no run has this id, or several begin so.
    """
    told = parse_moment(since)
    if told is None:
        by: int | None = _find_run_by_id(connection, since)
    else:
        started = select(run_table.c.seq).where(run_table.c.started_at <= told)
        last = started.order_by(run_table.c.started_at.desc(), run_table.c.seq.desc()).limit(1)
        by = connection.execute(last).scalar()
    found = None if by is None else read_latest_run(connection, cluster, by)
    oldest = read_first_run(connection, cluster)
    if oldest is None:
        raise LookupError(cluster)
    return oldest if found is None else found


def _find_run_by_id(connection: Connection, name: str) -> int:
    begins = run_table.c.id.startswith(name, autoescape=True)
    question = (
        select(run_table.c.id, run_table.c.seq).where(begins).order_by(func.length(run_table.c.id))
    )
    found = connection.execute(question.limit(2)).all()
    exact = [seq for told, seq in found if told == name]
    if len(exact or found) == 1:
        return int(exact[0] if exact else found[0].seq)
    word = escape_unprintable(shorten_text(name))
    if found:
        raise ConfigError([f'history: several runs begin with "{word}"; write more of the id'])
    raise ConfigError(
        [f'history: no run "{word}" is recorded, and it is no date; `auditor history` lists runs']
    )
