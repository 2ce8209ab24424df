"""Forgets what is older than the operator wants to keep, never how things stand now."""

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
)

from auditor.history.schema import cluster_runs, findings, moving, runs, spans, unread


def prune(connection: Connection, before: str) -> int:
    """Drop runs that started before a moment, and return how many are gone.

    The last run of each cluster stays, and so does how each finding stands, with its beginning:
    "drift since" reaches back further than the runs that are kept. A finding that later runs did
    not judge any more goes, once it was last judged before the moment.
    """
    _cluster_runs(connection, before)
    empty = ~exists().where(cluster_runs.c.run == runs.c.seq)
    gone = connection.execute(delete(runs).where(runs.c.started_at < before, empty)).rowcount
    _findings(connection, before)
    _spans(connection, before)
    return gone


def _cluster_runs(connection: Connection, before: str) -> None:
    old = select(runs.c.seq).where(runs.c.started_at < before)
    connection.execute(
        delete(cluster_runs).where(
            cluster_runs.c.run.in_(old), cluster_runs.c.run < _last_run(cluster_runs.c.cluster)
        )
    )
    for table in (moving, unread):
        kept = and_(cluster_runs.c.run == table.c.run, cluster_runs.c.cluster == table.c.cluster)
        connection.execute(delete(table).where(table.c.run.in_(old), ~exists().where(kept)))


def _last_run(cluster: ColumnElement[str]) -> ScalarSelect[int | None]:
    later = cluster_runs.alias("later")
    question = select(func.max(later.c.run)).where(later.c.cluster == cluster)
    return question.correlate_except(later).scalar_subquery()


def _findings(connection: Connection, before: str) -> None:
    latest = and_(spans.c.finding == findings.c.id, spans.c.first == findings.c.latest)
    left = exists().where(
        latest, spans.c.last_at < before, spans.c.last < _last_run(findings.c.cluster)
    )
    of = select(findings.c.id).where(left)
    connection.execute(delete(spans).where(spans.c.finding.in_(of)))
    bare = ~exists().where(spans.c.finding == findings.c.id)
    connection.execute(delete(findings).where(bare))


def _spans(connection: Connection, before: str) -> None:
    pointed = exists().where(
        findings.c.id == spans.c.finding,
        or_(findings.c.latest == spans.c.first, findings.c.known == spans.c.first),
    )
    connection.execute(delete(spans).where(spans.c.last_at < before, ~pointed))
