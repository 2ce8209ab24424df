"""Reads all that is recorded of some clusters, with one query for each table."""

from collections import defaultdict
from collections.abc import Collection
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, Select, select

from auditor.history.estate.records import ClusterRun, EstateRecord, RecordedFinding
from auditor.history.schema import (
    cluster_run_table,
    finding_table,
    period_table,
    run_table,
    unread_node_table,
    waiver_table,
)
from auditor.history.trends import FindingPeriod
from auditor.models.cluster_report import ClusterStatus
from auditor.models.estate import FindingIdentity
from auditor.models.findings import (
    FindingKind,
    FindingSubject,
    Severity,
    SubjectKind,
    Verdict,
    Waiver,
)
from auditor.models.history import PastRun

_UnreadNodes = dict[tuple[int, str], dict[str, str | None]]


def read_estate_record(connection: Connection, clusters: Collection[str]) -> EstateRecord:
    """Return everything that is recorded of clusters; of all where none is named."""
    return EstateRecord(
        _read_cluster_runs(connection, clusters), _read_findings(connection, clusters)
    )


def _restrict(
    query: Select[Any], column: ColumnElement[str], clusters: Collection[str]
) -> Select[Any]:
    return query.where(column.in_(clusters)) if clusters else query


def _read_cluster_runs(
    connection: Connection, clusters: Collection[str]
) -> dict[str, tuple[ClusterRun, ...]]:
    unread = _read_unread_nodes(connection, clusters)
    run, of_cluster = run_table.c, cluster_run_table.c
    query = (
        select(run.id, run.started_at, run.finished_at, run.exit_code, cluster_run_table)
        .join(run_table, run.seq == of_cluster.run)
        .order_by(of_cluster.cluster, of_cluster.run)
    )
    rows = connection.execute(_restrict(query, of_cluster.cluster, clusters)).mappings()
    return {
        cluster: tuple(_cluster_run_from_row(row, unread) for row in group)
        for cluster, group in groupby(rows, key=lambda row: str(row["cluster"]))
    }


def _read_unread_nodes(connection: Connection, clusters: Collection[str]) -> _UnreadNodes:
    nodes: _UnreadNodes = defaultdict(dict)
    query = _restrict(select(unread_node_table), unread_node_table.c.cluster, clusters)
    for row in connection.execute(query):
        nodes[row.run, row.cluster][row.node] = row.reason
    return nodes


def _cluster_run_from_row(row: RowMapping, unread: _UnreadNodes) -> ClusterRun:
    nodes = unread.get((row["run"], row["cluster"]))
    # A run of the first schema recorded neither a publisher nor nodes.
    is_recorded = nodes is not None or row["publisher"] is not None
    return ClusterRun(
        seq=row["run"],
        past=PastRun(
            id=row["id"],
            cluster=row["cluster"],
            started_at=row["started_at"],
            finished_at=row["finished_at"],
            release=row["release"],
            status=ClusterStatus(row["status"]),
            exit_code=row["exit_code"],
            counts={verdict: row[verdict] for verdict in Verdict},
        ),
        publisher=row["publisher"],
        causes=row["causes"],
        reason=row["reason"],
        unread=(nodes or {}) if is_recorded else None,
    )


def _read_findings(
    connection: Connection, clusters: Collection[str]
) -> tuple[RecordedFinding, ...]:
    waivers = {
        row.finding: Waiver(row.reason, row.owner, row.expires, Verdict(row.verdict))
        for row in connection.execute(select(waiver_table))
    }
    query = (
        select(
            finding_table.c.id,
            finding_table.c.cluster,
            finding_table.c.recommendation,
            finding_table.c.service,
            finding_table.c.subject_kind,
            finding_table.c.subject,
            period_table,
        )
        .join(period_table, period_table.c.finding == finding_table.c.id)
        .order_by(finding_table.c.id, period_table.c.first)
    )
    rows = connection.execute(_restrict(query, finding_table.c.cluster, clusters))
    return tuple(
        _recorded_finding(tuple(group), waivers.get(id_))
        for id_, group in groupby(rows, key=lambda row: str(row.id))
    )


def _recorded_finding(rows: tuple[Row[Any], ...], waiver: Waiver | None) -> RecordedFinding:
    first = rows[0]
    subject = FindingSubject(SubjectKind(first.subject_kind), first.subject)
    return RecordedFinding(
        FindingIdentity(first.id, first.cluster, first.recommendation, first.service, subject),
        tuple(_finding_period(row) for row in rows),
        waiver,
    )


def _finding_period(row: Row[Any]) -> FindingPeriod:
    return FindingPeriod(
        first=row.first,
        last=row.last,
        first_at=row.first_at,
        last_at=row.last_at,
        runs=row.runs,
        verdict=Verdict(row.verdict),
        kind=FindingKind(row.kind) if row.kind else None,
        severity=Severity(row.severity),
        since=row.since,
        carried=row.carried,
    )
