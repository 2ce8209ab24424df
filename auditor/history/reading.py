"""What the database holds, as plain data; every question is answered from an index."""

from typing import Any

from sqlalchemy import Connection, FromClause, RowMapping, ScalarSelect, Select, and_, func, select

from auditor.facts import RunState
from auditor.findings import Kind, Severity, Status, Subject, SubjectKind, Verdict
from auditor.history.schema import cluster_runs, findings, moving, runs, spans, unread
from auditor.history.standing import Span, Trace
from auditor.past import PastRun


def cluster_names(connection: Connection) -> tuple[str, ...]:
    """Return every cluster that has a run on record, sorted."""
    names = select(cluster_runs.c.cluster).distinct().order_by(cluster_runs.c.cluster)
    return tuple(connection.execute(names).scalars())


def latest_run(connection: Connection, cluster: str, by: int | None = None) -> int | None:
    """Return the sequence number of a cluster's last run, of those up to `by` if given."""
    question = select(func.max(cluster_runs.c.run)).where(cluster_runs.c.cluster == cluster)
    if by is not None:
        question = question.where(cluster_runs.c.run <= by)
    return connection.execute(question).scalar()


def first_run(connection: Connection, cluster: str) -> int | None:
    """Return the sequence number of the oldest run of a cluster that is still on record."""
    question = select(func.min(cluster_runs.c.run)).where(cluster_runs.c.cluster == cluster)
    return connection.execute(question).scalar()


def past_runs(
    connection: Connection, cluster: str | None, *, limit: int | None, since: str | None
) -> tuple[PastRun, ...]:
    """Return recorded runs, one for each cluster that it audited, the latest first.

    `since` is the earliest start that counts, in the form of `started_at`.
    """
    question = _past().order_by(cluster_runs.c.run.desc(), cluster_runs.c.cluster)
    if cluster is not None:
        question = question.where(cluster_runs.c.cluster == cluster)
    if since is not None:
        question = question.where(runs.c.started_at >= since)
    return tuple(_past_run(row) for row in connection.execute(question.limit(limit)).mappings())


def past_run(connection: Connection, cluster: str, run: int) -> PastRun:
    """Return what one recorded run came to on a cluster."""
    question = _past().where(cluster_runs.c.cluster == cluster, cluster_runs.c.run == run)
    return _past_run(connection.execute(question).mappings().one())


def _past() -> Select[Any]:
    about = (runs.c.id, runs.c.started_at, runs.c.finished_at, runs.c.exit_code)
    return select(*about, cluster_runs).join(runs, runs.c.seq == cluster_runs.c.run)


def _past_run(row: RowMapping) -> PastRun:
    return PastRun(
        id=row["id"],
        cluster=row["cluster"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        release=row["release"],
        status=Status(row["status"]),
        exit_code=row["exit_code"],
        counts={verdict: row[verdict] for verdict in Verdict},
    )


def moving_services(
    connection: Connection, cluster: str, run: int
) -> dict[tuple[str, str], RunState]:
    """Return what a run found Starting or Stopping, by node (lower case) and service."""
    question = select(moving).where(moving.c.cluster == cluster, moving.c.run == run)
    return {
        (row["node"], row["service"]): RunState(row["state"])
        for row in connection.execute(question).mappings()
    }


def unread_nodes(connection: Connection, cluster: str, run: int | None) -> frozenset[str] | None:
    """Return the nodes that a run could not read, in lower case; None if it did not record them.

    A run of the first schema recorded neither them nor the publisher that it asked.
    """
    question = select(unread.c.node).where(unread.c.cluster == cluster, unread.c.run == run)
    found = frozenset(connection.execute(question).scalars())
    if found or run is None or publisher_of(connection, cluster, run) is not None:
        return found
    return None


def publisher_of(connection: Connection, cluster: str, run: int | None) -> str | None:
    """Return the CUCM publisher that a run asked, None where that is not on record."""
    question = select(cluster_runs.c.publisher).where(
        cluster_runs.c.cluster == cluster, cluster_runs.c.run == run
    )
    return connection.execute(question).scalar()


def traces(connection: Connection, cluster: str, by: int | None = None) -> dict[str, Trace]:
    """Return what is recorded of each finding of a cluster, by finding id.

    With `by`, `known` is the last span that is not unknown and began by that run.
    """
    latest, known = spans.alias("latest"), spans.alias("known")
    question = (
        select(findings, *_labelled(latest, "latest"), *_labelled(known, "known"))
        .join(latest, and_(latest.c.finding == findings.c.id, latest.c.first == findings.c.latest))
        .outerjoin(
            known,
            and_(
                known.c.finding == findings.c.id,
                known.c.first == (findings.c.known if by is None else _known_by(by)),
            ),
        )
        .where(findings.c.cluster == cluster)
    )
    return {row["id"]: _trace(row) for row in connection.execute(question).mappings()}


def _known_by(run: int) -> ScalarSelect[Any]:
    earlier = spans.alias("earlier")
    return (
        select(func.max(earlier.c.first))
        .where(
            earlier.c.finding == findings.c.id,
            earlier.c.first <= run,
            earlier.c.verdict != Verdict.UNKNOWN.value,
        )
        .scalar_subquery()
    )


def _labelled(table: FromClause, prefix: str) -> list[Any]:
    return [column.label(f"{prefix}_{column.key}") for column in table.c]


def _trace(row: RowMapping) -> Trace:
    latest = _span(row, "latest")
    return Trace(
        id=row["id"],
        cluster=row["cluster"],
        recommendation=row["recommendation"],
        service=row["service"],
        subject=Subject(SubjectKind(row["subject_kind"]), row["subject"]),
        latest=latest,
        known=None if row["known_first"] is None else _span(row, "known"),
    )


def _span(row: RowMapping, prefix: str) -> Span:
    kind = row[f"{prefix}_kind"]
    return Span(
        first=row[f"{prefix}_first"],
        last=row[f"{prefix}_last"],
        first_at=row[f"{prefix}_first_at"],
        last_at=row[f"{prefix}_last_at"],
        runs=row[f"{prefix}_runs"],
        verdict=Verdict(row[f"{prefix}_verdict"]),
        kind=None if kind is None else Kind(kind),
        severity=Severity(row[f"{prefix}_severity"]),
        since=row[f"{prefix}_since"],
        carried=row[f"{prefix}_carried"],
    )


def periods(connection: Connection, cluster: str | None) -> tuple[dict[str, Any], ...]:
    """Return every span as a flat row, by cluster, recommendation, subject and time."""
    about = (
        findings.c.cluster,
        findings.c.recommendation,
        findings.c.service,
        findings.c.subject_kind,
        findings.c.subject,
        spans.c.verdict,
        spans.c.kind,
        spans.c.severity,
        spans.c.first_at.label("first_seen"),
        spans.c.last_at.label("last_seen"),
        spans.c.runs,
        spans.c.since,
        (spans.c.carried + spans.c.runs).label("runs_since"),
        findings.c.id.label("finding"),
    )
    question = (
        select(*about)
        .join(findings, findings.c.id == spans.c.finding)
        .order_by(*about[:2], *about[3:5], spans.c.first)
    )
    if cluster is not None:
        question = question.where(findings.c.cluster == cluster)
    return tuple(dict(row) for row in connection.execute(question).mappings())
