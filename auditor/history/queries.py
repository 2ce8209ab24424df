"""Reads the history as plain data, each query by an index, and finds the run that a user names."""

import re
from collections.abc import Collection
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, FromClause, RowMapping, ScalarSelect, Select, and_, func, select

from auditor.errors import ConfigError
from auditor.history.schema import (
    cluster_run_table,
    finding_table,
    moving_service_table,
    period_table,
    run_table,
    topology_table,
    unread_node_table,
)
from auditor.history.trends import FindingPeriod, FindingRecord
from auditor.models.findings import (
    FindingSubject,
    SubjectKind,
    Verdict,
)
from auditor.models.history import PastRun
from auditor.models.nodes import RecordedNode, RecordedTopology, Role, RunState
from auditor.text import printable_excerpt, utc_timestamp

# The columns of the tables are the fields of these.
_PAST_RUN = TypeAdapter(PastRun)
_PERIOD = TypeAdapter(FindingPeriod)
_PERIOD_NAMES = tuple(field.name for field in fields(FindingPeriod))


def read_recorded_clusters(connection: Connection) -> tuple[str, ...]:
    """Return every cluster that has a run on record, sorted."""
    names = select(cluster_run_table.c.cluster).distinct().order_by(cluster_run_table.c.cluster)
    return tuple(connection.execute(names).scalars())


def read_latest_run(connection: Connection, cluster: str, by: int | None = None) -> int | None:
    """Return the sequence number of a cluster's last run, of those up to `by` if given."""
    query = select(func.max(cluster_run_table.c.run)).where(cluster_run_table.c.cluster == cluster)
    if by is not None:
        query = query.where(cluster_run_table.c.run <= by)
    return connection.execute(query).scalar()


def read_first_run(connection: Connection, cluster: str) -> int | None:
    """Return the sequence number of the oldest run of a cluster that is still on record."""
    query = select(func.min(cluster_run_table.c.run)).where(cluster_run_table.c.cluster == cluster)
    return connection.execute(query).scalar()


def read_past_runs(
    connection: Connection, clusters: Collection[str], *, limit: int | None
) -> tuple[PastRun, ...]:
    """Return recorded runs of these clusters, of all if none is named, the latest first.

    There is an entry for each cluster that a run audited.
    """
    query = _past_run_query().order_by(cluster_run_table.c.run.desc(), cluster_run_table.c.cluster)
    if clusters:
        query = query.where(cluster_run_table.c.cluster.in_(clusters))
    return tuple(
        _past_run_from_row(row) for row in connection.execute(query.limit(limit)).mappings()
    )


def read_past_run(connection: Connection, cluster: str, run: int) -> PastRun:
    """Return the result of one recorded run on a cluster."""
    query = _past_run_query().where(
        cluster_run_table.c.cluster == cluster, cluster_run_table.c.run == run
    )
    return _past_run_from_row(connection.execute(query).mappings().one())


def _past_run_query() -> Select[Any]:
    run = run_table.c
    return select(run.id, run.started_at, run.finished_at, run.exit_code, cluster_run_table).join(
        run_table, run_table.c.seq == cluster_run_table.c.run
    )


def _past_run_from_row(row: RowMapping) -> PastRun:
    return _PAST_RUN.validate_python(
        {**row, "counts": {verdict: row[verdict] for verdict in Verdict}}
    )


def read_moving_services(
    connection: Connection, cluster: str, run: int
) -> dict[tuple[str, str], RunState]:
    """Return the services Starting or Stopping in a run, by node (lower case) and name."""
    query = select(moving_service_table).where(
        moving_service_table.c.cluster == cluster, moving_service_table.c.run == run
    )
    return {
        (row["node"], row["service"]): RunState(row["state"])
        for row in connection.execute(query).mappings()
    }


def read_unread_nodes(
    connection: Connection, cluster: str, run: int | None
) -> frozenset[str] | None:
    """Return the nodes that a run could not read, in lower case; None if it did not record them.

    A run of the first schema recorded neither them nor the publisher that it asked.
    """
    query = select(unread_node_table.c.node).where(
        unread_node_table.c.cluster == cluster, unread_node_table.c.run == run
    )
    nodes = frozenset(connection.execute(query).scalars())
    if nodes or run is None or read_run_publisher(connection, cluster, run) is not None:
        return nodes
    return None


def read_run_publisher(connection: Connection, cluster: str, run: int | None) -> str | None:
    """Return the CUCM publisher that a run asked, None if it did not record one."""
    query = select(cluster_run_table.c.publisher).where(
        cluster_run_table.c.cluster == cluster, cluster_run_table.c.run == run
    )
    return connection.execute(query).scalar()


def read_recorded_topology(
    connection: Connection, cluster: str, publisher: str | None
) -> RecordedTopology | None:
    """Return the nodes that CUCM last listed, None if there are none, or of another publisher."""
    query = (
        select(topology_table)
        .where(topology_table.c.cluster == cluster)
        .order_by(topology_table.c.position)
    )
    rows = connection.execute(query).mappings().all()
    if not rows:
        return None
    recorded = rows[0]["publisher"]
    # It may have been another cluster of the same name.
    if recorded and publisher and recorded.casefold() != publisher.casefold():
        return None
    nodes = tuple(
        RecordedNode(row["node"], Role(row["role"]), row["redundancy_group"], row["group_known"])
        for row in rows
    )
    return RecordedTopology(rows[0]["listed_at"], nodes)


def read_finding_records(
    connection: Connection, cluster: str, by: int | None = None
) -> dict[str, FindingRecord]:
    """Return what is recorded of each finding of a cluster, by finding id.

    With `by`, `judged` is the last period that is not unknown and began by that run.
    """
    latest, judged = period_table.alias("latest"), period_table.alias("judged")
    query = (
        select(finding_table, *_label_columns(latest, "latest"), *_label_columns(judged, "judged"))
        .join(
            latest,
            and_(latest.c.finding == finding_table.c.id, latest.c.first == finding_table.c.latest),
        )
        .outerjoin(
            judged,
            and_(
                judged.c.finding == finding_table.c.id,
                judged.c.first
                == (finding_table.c.known if by is None else _latest_judged_period(by)),
            ),
        )
        .where(finding_table.c.cluster == cluster)
    )
    return {
        row["id"]: _finding_record_from_row(row) for row in connection.execute(query).mappings()
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
        judged=_judged_period(row, latest),
    )


def _judged_period(row: RowMapping, latest: FindingPeriod) -> FindingPeriod | None:
    first = row["judged_first"]
    # Most findings have one period that is both, and validating it twice takes twice as long.
    if first == latest.first:
        return latest
    return None if first is None else _period_from_row(row, "judged")


def _period_from_row(row: RowMapping, prefix: str) -> FindingPeriod:
    return _PERIOD.validate_python({name: row[f"{prefix}_{name}"] for name in _PERIOD_NAMES})


def read_period_rows(
    connection: Connection, clusters: Collection[str]
) -> tuple[dict[str, Any], ...]:
    """Return every period as a flat row, by cluster, recommendation, subject and time."""
    columns = (
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
    query = (
        select(*columns)
        .join(finding_table, finding_table.c.id == period_table.c.finding)
        .order_by(*columns[:2], *columns[3:5], period_table.c.first)
    )
    if clusters:
        query = query.where(finding_table.c.cluster.in_(clusters))
    return tuple(dict(row) for row in connection.execute(query).mappings())


_ISO_DATE_PATTERN = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?")


def _parse_moment(text: str) -> str | None:
    """Return a date, or date and time, in the form of `started_at`; None for any other text.

    Without a time zone it is UTC, as all times of the history are.

    Raises:
        ConfigError: it looks like a date and is not one.
    """
    if not _ISO_DATE_PATTERN.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        line = f'"{printable_excerpt(text)}" is not a date; write 2026-03-01 or 2026-03-01T06:00'
        raise ConfigError([line]) from None
    return utc_timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def find_baseline_run(connection: Connection, cluster: str, since: str) -> int:
    """Return the run of a cluster that "since" compares with; the cluster must have runs.

    For a run id, that run, or the cluster's last one before it. For a date, the last run that
    started by then, or the first one if the record begins later.

    Raises:
        ConfigError: no run has this id, or several ids begin with it.
    """
    moment = _parse_moment(since)
    if moment is None:
        by: int | None = _find_run_by_id(connection, since)
    else:
        started = select(run_table.c.seq).where(run_table.c.started_at <= moment)
        last = started.order_by(run_table.c.started_at.desc(), run_table.c.seq.desc()).limit(1)
        by = connection.execute(last).scalar()
    run = None if by is None else read_latest_run(connection, cluster, by)
    oldest = read_first_run(connection, cluster)
    if oldest is None:
        raise LookupError(cluster)
    return oldest if run is None else run


def _find_run_by_id(connection: Connection, name: str) -> int:
    """Return the run with an id, or the only one whose id begins with it."""
    query = (
        select(run_table.c.id, run_table.c.seq)
        .where(run_table.c.id.startswith(name, autoescape=True))
        # An exact id is the shortest that begins with the name, so it is among the first two.
        .order_by(func.length(run_table.c.id))
    )
    runs = connection.execute(query.limit(2)).all()
    exact = [seq for run_id, seq in runs if run_id == name]
    if len(exact or runs) == 1:
        return int(exact[0] if exact else runs[0].seq)
    shown = printable_excerpt(name)
    if runs:
        raise ConfigError([f'history: several runs begin with "{shown}"; write more of the id'])
    text = f'history: no run "{shown}" is recorded, and it is not a date'
    raise ConfigError([f"{text}; `auditor history` lists runs"])
