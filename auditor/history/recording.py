"""Writes runs: a new period for each finding that changed, a longer one for the others.

Deletes what is older than the operator wants to keep, but never the latest results.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from auditor.history.queries import read_finding_records, read_latest_run
from auditor.history.schema import (
    cluster_run_table,
    finding_table,
    moving_service_table,
    period_table,
    run_table,
    topology_table,
    unread_node_table,
    waiver_table,
)
from auditor.history.trends import FindingPeriod, FindingRecord, next_period
from auditor.models.cluster_report import ClusterReport
from auditor.models.counts import count_results
from auditor.models.coverage import find_first_failure
from auditor.models.findings import Finding, Verdict
from auditor.models.nodes import CHANGING_STATES
from auditor.models.report import Report

_PERIOD_COLUMNS = ("first", "last", "first_at", "last_at", "runs", "since", "carried")


@dataclass(frozen=True, slots=True)
class _FindingUpsert:
    """A finding of this run, its period now, and its record before this run."""

    finding: Finding
    period: FindingPeriod
    record: FindingRecord | None


def record_run(connection: sa.Connection, report: Report) -> None:
    """Write a run, unless it was written before and only the confirmation got lost."""
    metadata = report.run
    if connection.execute(sa.select(run_table.c.seq).where(run_table.c.id == metadata.id)).first():
        return
    row = sa.insert(run_table).values(
        id=metadata.id,
        started_at=metadata.started_at,
        finished_at=metadata.finished_at,
        fail_on=metadata.fail_on.value,
        exit_code=int(report.exit_code),
        insecure=metadata.insecure,
        allow_unknown=metadata.allow_unknown,
    )
    run = connection.execute(row.returning(run_table.c.seq)).scalar_one()
    for cluster in report.clusters:
        # Before the insert, or it would be this run itself.
        before = read_latest_run(connection, cluster.name)
        _insert_cluster_run(connection, cluster, run)
        if cluster.are_nodes_listed:
            _replace_topology(connection, cluster, metadata.started_at)
        _record_findings(connection, cluster, before=before, run=run, at=metadata.started_at)


def _insert_cluster_run(connection: sa.Connection, cluster: ClusterReport, run: int) -> None:
    numbers = count_results(cluster)
    counts = {verdict.value: number for verdict, number in numbers.by_verdict.items()}
    row = {"run": run, "cluster": cluster.name}
    result = {
        "release": cluster.release,
        "status": cluster.status.value,
        "publisher": cluster.cucm_publisher,
        "causes": numbers.causes,
        "reason": _failure_reason(cluster, cluster.cucm_publisher),
    }
    connection.execute(sa.insert(cluster_run_table), [row | result | counts])
    moving = [
        row | {"node": node.name.lower(), "service": service.name, "state": service.state.value}
        for node in cluster.nodes
        for service in node.services.values()
        if service.state in CHANGING_STATES
    ]
    if moving:
        connection.execute(sa.insert(moving_service_table), moving)
    unread = [
        row | {"node": name, "reason": _failure_reason(cluster, name)}
        for name in {name.lower() for name in cluster.unread}
    ]
    if unread:
        connection.execute(sa.insert(unread_node_table), unread)


def _failure_reason(cluster: ClusterReport, node: str | None) -> str | None:
    """Return why a server gave nothing; None if nothing failed, or no server was asked."""
    failed = find_first_failure(cluster.coverage, node) if node else None
    return failed.reason.value if failed and failed.reason else None


def _replace_topology(connection: sa.Connection, cluster: ClusterReport, at: str) -> None:
    connection.execute(sa.delete(topology_table).where(topology_table.c.cluster == cluster.name))
    rows = [
        {
            "cluster": cluster.name,
            "node": node.name,
            "position": position,
            "role": node.role.value,
            "redundancy_group": node.redundancy_group,
            "group_known": node.group_known,
            "publisher": cluster.cucm_publisher,
            "listed_at": at,
        }
        for position, node in enumerate(cluster.nodes)
    ]
    if rows:
        connection.execute(sa.insert(topology_table), rows)


def _record_findings(
    connection: sa.Connection, cluster: ClusterReport, *, before: int | None, run: int, at: str
) -> None:
    records = read_finding_records(connection, cluster.name)
    upserts = [
        _FindingUpsert(finding, next_period(record, finding, before=before, run=run, at=at), record)
        for finding in cluster.findings
        for record in [records.get(finding.id)]
    ]
    begun = [upsert for upsert in upserts if upsert.period.first == run]
    _insert_findings(connection, [upsert for upsert in begun if upsert.record is None])
    _update_period_pointers(connection, [upsert for upsert in begun if upsert.record is not None])
    if begun:
        connection.execute(sa.insert(period_table), [_period_row(upsert) for upsert in begun])
    _extend_periods(connection, [upsert for upsert in upserts if upsert.period.first != run])
    _replace_waivers(connection, cluster, run)


def _replace_waivers(connection: sa.Connection, cluster: ClusterReport, run: int) -> None:
    """Keep the waivers of the findings that this run judged; a run that judged none ends none."""
    judged = {f.id for f in cluster.findings if f.verdict is not Verdict.UNKNOWN}
    of_cluster = (
        sa.select(waiver_table.c.finding)
        .join(finding_table, finding_table.c.id == waiver_table.c.finding)
        .where(finding_table.c.cluster == cluster.name)
    )
    ended = judged.intersection(connection.execute(of_cluster).scalars())
    if ended:
        connection.execute(
            sa.delete(waiver_table).where(waiver_table.c.finding == sa.bindparam("of")),
            [{"of": finding} for finding in ended],
        )
    waived = [
        {
            "finding": finding.id,
            "run": run,
            "reason": finding.waiver.reason,
            "owner": finding.waiver.owner,
            "expires": finding.waiver.expires,
            "verdict": finding.waiver.verdict.value,
        }
        for finding in cluster.findings
        if finding.waiver and finding.verdict is Verdict.WAIVED
    ]
    if waived:
        connection.execute(sa.insert(waiver_table), waived)


def _period_pointers(upsert: _FindingUpsert) -> Mapping[str, int | None]:
    """Return the first runs of a finding's last period, and of its last that is not unknown."""
    earlier = upsert.record.judged.first if upsert.record and upsert.record.judged else None
    judged = earlier if upsert.period.verdict is Verdict.UNKNOWN else upsert.period.first
    return {"latest": upsert.period.first, "known": judged}


def _insert_findings(connection: sa.Connection, new: list[_FindingUpsert]) -> None:
    rows = [
        {
            "id": upsert.finding.id,
            "cluster": upsert.finding.cluster,
            "recommendation": upsert.finding.recommendation,
            "service": upsert.finding.service,
            "subject_kind": upsert.finding.subject.kind.value,
            "subject": upsert.finding.subject.name,
            **_period_pointers(upsert),
        }
        for upsert in new
    ]
    if rows:
        connection.execute(sa.insert(finding_table), rows)


def _update_period_pointers(connection: sa.Connection, moved: list[_FindingUpsert]) -> None:
    if moved:
        connection.execute(
            # Names of parameters that are columns too would be taken for new values.
            sa.update(finding_table).where(finding_table.c.id == sa.bindparam("of")),
            [{"of": upsert.finding.id, **_period_pointers(upsert)} for upsert in moved],
        )


def _period_row(upsert: _FindingUpsert) -> dict[str, Any]:
    period = upsert.period
    values = {name: getattr(period, name) for name in _PERIOD_COLUMNS}
    return values | {
        "finding": upsert.finding.id,
        "verdict": period.verdict.value,
        "kind": period.kind.value if period.kind else None,
        "severity": period.severity.value,
    }


def _extend_periods(connection: sa.Connection, same: list[_FindingUpsert]) -> None:
    if same:
        connection.execute(
            sa.update(period_table).where(
                period_table.c.finding == sa.bindparam("of"),
                period_table.c.first == sa.bindparam("begun"),
            ),
            [
                {
                    "of": upsert.finding.id,
                    "begun": upsert.period.first,
                    "last": upsert.period.last,
                    "last_at": upsert.period.last_at,
                    "runs": upsert.period.runs,
                }
                for upsert in same
            ],
        )


def prune_runs(connection: sa.Connection, before: str) -> int:
    """Delete runs that started before a moment, and return how many.

    The last run of each cluster stays, and so do the latest periods of its findings: "drift since"
    may reach back further than the runs that are kept. A finding that was last judged before the
    moment, and not by the last run, is deleted.
    """
    _delete_old_cluster_runs(connection, before)
    # A run of several clusters stays as long as it is the last one of any of them.
    empty = ~sa.exists().where(cluster_run_table.c.run == run_table.c.seq)
    deleted = connection.execute(
        sa.delete(run_table).where(run_table.c.started_at < before, empty)
    ).rowcount
    _delete_old_findings(connection, before)
    _delete_old_periods(connection, before)
    return deleted


def _delete_old_cluster_runs(connection: sa.Connection, before: str) -> None:
    old = sa.select(run_table.c.seq).where(run_table.c.started_at < before)
    connection.execute(
        sa.delete(cluster_run_table).where(
            cluster_run_table.c.run.in_(old),
            cluster_run_table.c.run < _last_run_query(cluster_run_table.c.cluster),
        )
    )
    for table in (moving_service_table, unread_node_table):
        of_run = sa.and_(
            cluster_run_table.c.run == table.c.run, cluster_run_table.c.cluster == table.c.cluster
        )
        connection.execute(sa.delete(table).where(table.c.run.in_(old), ~sa.exists().where(of_run)))


def _last_run_query(cluster: sa.ColumnElement[str]) -> sa.ScalarSelect[int | None]:
    later = cluster_run_table.alias("later")
    query = sa.select(sa.func.max(later.c.run)).where(later.c.cluster == cluster)
    return query.correlate_except(later).scalar_subquery()


def _delete_old_findings(connection: sa.Connection, before: str) -> None:
    latest = sa.and_(
        period_table.c.finding == finding_table.c.id, period_table.c.first == finding_table.c.latest
    )
    left = sa.exists().where(
        latest,
        period_table.c.last_at < before,
        period_table.c.last < _last_run_query(finding_table.c.cluster),
    )
    of = sa.select(finding_table.c.id).where(left)
    connection.execute(sa.delete(period_table).where(period_table.c.finding.in_(of)))
    bare = ~sa.exists().where(period_table.c.finding == finding_table.c.id)
    connection.execute(sa.delete(finding_table).where(bare))


def _delete_old_periods(connection: sa.Connection, before: str) -> None:
    pointed = sa.exists().where(
        finding_table.c.id == period_table.c.finding,
        sa.or_(
            finding_table.c.latest == period_table.c.first,
            finding_table.c.known == period_table.c.first,
        ),
    )
    connection.execute(sa.delete(period_table).where(period_table.c.last_at < before, ~pointed))
