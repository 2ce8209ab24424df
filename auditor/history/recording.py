"""Records a run: new rows for what changed, one run more on the spans of what did not.

Forgets what is older than the operator wants to keep, never how things stand now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from auditor.history.queries import read_finding_records, read_latest_run
from auditor.history.schema import (
    cluster_run_table,
    finding_table,
    moving_service_table,
    period_table,
    run_table,
    unread_node_table,
)
from auditor.history.trends import FindingPeriod, FindingRecord, next_period
from auditor.models.facts import RunState
from auditor.models.findings import ClusterReport, Finding, Verdict
from auditor.models.report import Report

_TRANSITIONAL_STATES = (RunState.STARTING, RunState.STOPPING)
_PERIOD_COLUMNS = ("first", "last", "first_at", "last_at", "runs", "since", "carried")


@dataclass(frozen=True, slots=True)
class _FindingUpsert:
    """A finding of this run, the span that it is in now, and its trace before this run."""

    finding: Finding
    span: FindingPeriod
    trace: FindingRecord | None


def record_run(connection: Connection, report: Report) -> None:
    """Write a run; one that is on record already, after an answer that got lost, stays as it is."""
    told = report.run
    if connection.execute(select(run_table.c.seq).where(run_table.c.id == told.id)).first():
        return
    row = insert(run_table).values(
        id=told.id,
        started_at=told.started_at,
        finished_at=told.finished_at,
        fail_on=told.fail_on.value,
        exit_code=int(report.exit_code),
        insecure=told.insecure,
        allow_unknown=told.allow_unknown,
    )
    run = connection.execute(row.returning(run_table.c.seq)).scalar_one()
    for cluster in report.clusters:
        before = read_latest_run(connection, cluster.name)
        _insert_cluster_run(connection, cluster, run)
        _record_findings(connection, cluster, before=before, run=run, at=told.started_at)


def _insert_cluster_run(connection: Connection, cluster: ClusterReport, run: int) -> None:
    verdicts = [finding.verdict for finding in cluster.findings]
    counts = {verdict.value: verdicts.count(verdict) for verdict in Verdict}
    about = {"run": run, "cluster": cluster.name}
    told = {
        "release": cluster.release,
        "status": cluster.status.value,
        "publisher": cluster.publisher,
    }
    connection.execute(insert(cluster_run_table), [about | told | counts])
    on_the_way = [
        about | {"node": node.name.lower(), "service": service.name, "state": service.state.value}
        for node in cluster.nodes
        for service in node.services.values()
        if service.state in _TRANSITIONAL_STATES
    ]
    if on_the_way:
        connection.execute(insert(moving_service_table), on_the_way)
    silent = [about | {"node": name} for name in {name.lower() for name in cluster.unread}]
    if silent:
        connection.execute(insert(unread_node_table), silent)


def _record_findings(
    connection: Connection, cluster: ClusterReport, *, before: int | None, run: int, at: str
) -> None:
    traces = read_finding_records(connection, cluster.name)
    put = [
        _FindingUpsert(finding, next_period(trace, finding, before=before, run=run, at=at), trace)
        for finding in cluster.findings
        for trace in [traces.get(finding.id)]
    ]
    begun = [one for one in put if one.span.first == run]
    _insert_findings(connection, [one for one in begun if one.trace is None])
    _update_period_pointers(connection, [one for one in begun if one.trace is not None])
    if begun:
        connection.execute(insert(period_table), [_period_row(one) for one in begun])
    _extend_periods(connection, [one for one in put if one.span.first != run])


def _period_pointers(one: _FindingUpsert) -> Mapping[str, int | None]:
    """Return which spans are a finding's last one, and its last that is not unknown."""
    earlier = one.trace.known.first if one.trace and one.trace.known else None
    known = earlier if one.span.verdict is Verdict.UNKNOWN else one.span.first
    return {"latest": one.span.first, "known": known}


def _insert_findings(connection: Connection, new: list[_FindingUpsert]) -> None:
    rows = [
        {
            "id": one.finding.id,
            "cluster": one.finding.cluster,
            "recommendation": one.finding.recommendation,
            "service": one.finding.service,
            "subject_kind": one.finding.subject.kind.value,
            "subject": one.finding.subject.name,
            **_period_pointers(one),
        }
        for one in new
    ]
    if rows:
        connection.execute(insert(finding_table), rows)


def _update_period_pointers(connection: Connection, moved: list[_FindingUpsert]) -> None:
    if moved:
        connection.execute(
            update(finding_table).where(finding_table.c.id == bindparam("of")),
            [{"of": one.finding.id, **_period_pointers(one)} for one in moved],
        )


def _period_row(one: _FindingUpsert) -> dict[str, Any]:
    span = one.span
    kept = {name: getattr(span, name) for name in _PERIOD_COLUMNS}
    return kept | {
        "finding": one.finding.id,
        "verdict": span.verdict.value,
        "kind": span.kind.value if span.kind else None,
        "severity": span.severity.value,
    }


def _extend_periods(connection: Connection, same: list[_FindingUpsert]) -> None:
    if same:
        connection.execute(
            update(period_table).where(
                period_table.c.finding == bindparam("of"),
                period_table.c.first == bindparam("begun"),
            ),
            [
                {
                    "of": one.finding.id,
                    "begun": one.span.first,
                    "last": one.span.last,
                    "last_at": one.span.last_at,
                    "runs": one.span.runs,
                }
                for one in same
            ],
        )


def prune_runs(connection: Connection, before: str) -> int:
    """Drop runs that started before a moment, and return how many are gone.

    The last run of each cluster stays, and so does how each finding stands, with its beginning:
    "drift since" reaches back further than the runs that are kept. A finding that later runs did
    not judge any more goes, once it was last judged before the moment.
    """
    _delete_old_cluster_runs(connection, before)
    empty = ~exists().where(cluster_run_table.c.run == run_table.c.seq)
    gone = connection.execute(
        delete(run_table).where(run_table.c.started_at < before, empty)
    ).rowcount
    _delete_old_findings(connection, before)
    _delete_old_periods(connection, before)
    return gone


def _delete_old_cluster_runs(connection: Connection, before: str) -> None:
    old = select(run_table.c.seq).where(run_table.c.started_at < before)
    connection.execute(
        delete(cluster_run_table).where(
            cluster_run_table.c.run.in_(old),
            cluster_run_table.c.run < _last_run_query(cluster_run_table.c.cluster),
        )
    )
    for table in (moving_service_table, unread_node_table):
        kept = and_(
            cluster_run_table.c.run == table.c.run, cluster_run_table.c.cluster == table.c.cluster
        )
        connection.execute(delete(table).where(table.c.run.in_(old), ~exists().where(kept)))


def _last_run_query(cluster: ColumnElement[str]) -> ScalarSelect[int | None]:
    later = cluster_run_table.alias("later")
    question = select(func.max(later.c.run)).where(later.c.cluster == cluster)
    return question.correlate_except(later).scalar_subquery()


def _delete_old_findings(connection: Connection, before: str) -> None:
    latest = and_(
        period_table.c.finding == finding_table.c.id, period_table.c.first == finding_table.c.latest
    )
    left = exists().where(
        latest,
        period_table.c.last_at < before,
        period_table.c.last < _last_run_query(finding_table.c.cluster),
    )
    of = select(finding_table.c.id).where(left)
    connection.execute(delete(period_table).where(period_table.c.finding.in_(of)))
    bare = ~exists().where(period_table.c.finding == finding_table.c.id)
    connection.execute(delete(finding_table).where(bare))


def _delete_old_periods(connection: Connection, before: str) -> None:
    pointed = exists().where(
        finding_table.c.id == period_table.c.finding,
        or_(
            finding_table.c.latest == period_table.c.first,
            finding_table.c.known == period_table.c.first,
        ),
    )
    connection.execute(delete(period_table).where(period_table.c.last_at < before, ~pointed))
