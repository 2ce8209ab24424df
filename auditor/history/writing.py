"""Records a run: new rows for what changed, one run more on the spans of what did not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from auditor.facts import RunState
from auditor.findings import ClusterReport, Finding, Verdict
from auditor.history import reading
from auditor.history.schema import cluster_runs, findings, moving, runs, spans, unread
from auditor.history.standing import Span, Trace, follow
from auditor.runs import Report

_MOVING = (RunState.STARTING, RunState.STOPPING)
_OWN = ("first", "last", "first_at", "last_at", "runs", "since", "carried")


@dataclass(frozen=True, slots=True)
class _Put:
    """A finding of this run, the span that it is in now, and its trace before this run."""

    finding: Finding
    span: Span
    trace: Trace | None


def record(connection: Connection, report: Report) -> None:
    """Write a run; one that is on record already, after an answer that got lost, stays as it is."""
    told = report.run
    if connection.execute(select(runs.c.seq).where(runs.c.id == told.id)).first():
        return
    row = insert(runs).values(
        id=told.id,
        started_at=told.started_at,
        finished_at=told.finished_at,
        fail_on=told.fail_on.value,
        exit_code=int(report.exit_code),
        insecure=told.insecure,
        allow_unknown=told.allow_unknown,
    )
    run = connection.execute(row.returning(runs.c.seq)).scalar_one()
    for cluster in report.clusters:
        before = reading.latest_run(connection, cluster.name)
        _cluster(connection, cluster, run)
        _findings(connection, cluster, before=before, run=run, at=told.started_at)


def _cluster(connection: Connection, cluster: ClusterReport, run: int) -> None:
    verdicts = [finding.verdict for finding in cluster.findings]
    counts = {verdict.value: verdicts.count(verdict) for verdict in Verdict}
    about = {"run": run, "cluster": cluster.name}
    told = {
        "release": cluster.release,
        "status": cluster.status.value,
        "publisher": cluster.publisher,
    }
    connection.execute(insert(cluster_runs), [about | told | counts])
    on_the_way = [
        about | {"node": node.name.lower(), "service": service.name, "state": service.state.value}
        for node in cluster.nodes
        for service in node.services.values()
        if service.state in _MOVING
    ]
    if on_the_way:
        connection.execute(insert(moving), on_the_way)
    silent = [about | {"node": name} for name in {name.lower() for name in cluster.unread}]
    if silent:
        connection.execute(insert(unread), silent)


def _findings(
    connection: Connection, cluster: ClusterReport, *, before: int | None, run: int, at: str
) -> None:
    traces = reading.traces(connection, cluster.name)
    put = [
        _Put(finding, follow(trace, finding, before=before, run=run, at=at), trace)
        for finding in cluster.findings
        for trace in [traces.get(finding.id)]
    ]
    begun = [one for one in put if one.span.first == run]
    _introduce(connection, [one for one in begun if one.trace is None])
    _point(connection, [one for one in begun if one.trace is not None])
    if begun:
        connection.execute(insert(spans), [_row(one) for one in begun])
    _lengthen(connection, [one for one in put if one.span.first != run])


def _pointers(one: _Put) -> Mapping[str, int | None]:
    """Return which spans are a finding's last one, and its last that is not unknown."""
    earlier = one.trace.known.first if one.trace and one.trace.known else None
    known = earlier if one.span.verdict is Verdict.UNKNOWN else one.span.first
    return {"latest": one.span.first, "known": known}


def _introduce(connection: Connection, new: list[_Put]) -> None:
    rows = [
        {
            "id": one.finding.id,
            "cluster": one.finding.cluster,
            "recommendation": one.finding.recommendation,
            "service": one.finding.service,
            "subject_kind": one.finding.subject.kind.value,
            "subject": one.finding.subject.name,
            **_pointers(one),
        }
        for one in new
    ]
    if rows:
        connection.execute(insert(findings), rows)


def _point(connection: Connection, moved: list[_Put]) -> None:
    if moved:
        connection.execute(
            update(findings).where(findings.c.id == bindparam("of")),
            [{"of": one.finding.id, **_pointers(one)} for one in moved],
        )


def _row(one: _Put) -> dict[str, Any]:
    span = one.span
    kept = {name: getattr(span, name) for name in _OWN}
    return kept | {
        "finding": one.finding.id,
        "verdict": span.verdict.value,
        "kind": span.kind.value if span.kind else None,
        "severity": span.severity.value,
    }


def _lengthen(connection: Connection, same: list[_Put]) -> None:
    if same:
        connection.execute(
            update(spans).where(
                spans.c.finding == bindparam("of"), spans.c.first == bindparam("begun")
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
