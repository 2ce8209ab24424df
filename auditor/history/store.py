"""The history as the rest of the program uses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from auditor.errors import ConfigError, OutputError
from auditor.facts import RunState
from auditor.findings import ClusterReport, Verdict
from auditor.history import moments, reading, retention, writing
from auditor.history.database import Database
from auditor.history.standing import Trace, changes, follow, stood
from auditor.names import nearest
from auditor.past import ChangesSince, Past, PastRun, Stood
from auditor.runs import Report
from auditor.showing import short, visible

AUDIT = "audit"
"""The one mode that is recorded: others ask only a part, or judge what is not so yet."""

TIMELINE = 60
"""How many earlier runs of each cluster a report gets to see."""


@dataclass(frozen=True, slots=True)
class Previous:
    """What the run before this one said of a cluster.

    `moving` holds services found Starting or Stopping, by node in lower case and service;
    `verdicts` are by finding id.
    """

    run: PastRun
    moving: Mapping[tuple[str, str], RunState]
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True, slots=True)
class History:
    """The record of earlier runs. Each method is one transaction; none keeps a connection.

    Methods raise ConfigError when the database cannot be used, those that take a report
    OutputError, for then the clusters have been asked already.
    """

    database: Database

    @property
    def shown(self) -> str:
        """Return the database's URL without password or options, fit for a report."""
        return self.database.address.shown

    def record(self, report: Report) -> None:
        """Keep a run, as a whole or not at all; a run of another mode than `audit` is not kept.

        Raises:
            OutputError: it could not be written.
        """
        if report.run.mode == AUDIT:
            with self.database.writing(_not_recorded) as connection:
                writing.record(connection, report)

    def past(self, report: Report) -> dict[str, Past]:
        """Return what history adds to a report that is not recorded yet, by cluster name.

        Raises:
            OutputError: the database could not be read.
        """
        if report.run.mode != AUDIT:
            return {}
        with self.database.reading(OutputError) as connection:
            return {c.name: _past(connection, c, report.run.started_at) for c in report.clusters}

    def previous(self, cluster: str, publisher: str | None = None) -> Previous | None:
        """Return what the last recorded run said of a cluster, None without one.

        `publisher` is the CUCM publisher that will be asked now. Where the last run asked another,
        nothing was moving, for it may have been another cluster of that name.
        """
        with self.database.reading() as connection:
            run = reading.latest_run(connection, cluster)
            if run is None:
                return None
            traces = reading.traces(connection, cluster).values()
            known = _stranger(connection, cluster, run, publisher) is None
            return Previous(
                run=reading.past_run(connection, cluster, run),
                moving=reading.moving_services(connection, cluster, run) if known else {},
                verdicts={t.id: t.latest.verdict for t in traces if t.latest.last == run},
            )

    def clusters(self) -> tuple[str, ...]:
        """Return the names of all clusters that have runs on record."""
        with self.database.reading() as connection:
            return reading.cluster_names(connection)

    def runs(
        self, cluster: str | None = None, *, limit: int | None = None, since: str | None = None
    ) -> tuple[PastRun, ...]:
        """Return recorded runs, one entry for each cluster of a run, the latest first.

        `since` is a date, or date and time; UTC where it names no zone.
        """
        start = None if since is None else moments.moment(since)
        if since is not None and start is None:
            raise ConfigError(
                [visible(f'"{short(since)}" is no date; write 2026-03-01 or 2026-03-01T06:00')]
            )
        with self.database.reading() as connection:
            _check(connection, cluster)
            return reading.past_runs(connection, cluster, limit=limit, since=start)

    def standings(self, cluster: str) -> tuple[Stood, ...]:
        """Return every finding of a cluster's last run, with since when it stands."""
        with self.database.reading() as connection:
            run = _last(connection, cluster)
            return _present(reading.traces(connection, cluster), run)

    def changes(self, cluster: str, since: str) -> ChangesSince:
        """Return what moved on a cluster between an earlier run and its last one.

        `since` is a run id, the beginning of one, or a date; see `moments.run_of`.
        """
        with self.database.reading() as connection:
            last = _last(connection, cluster)
            then = moments.run_of(connection, cluster, since)
            traces = reading.traces(connection, cluster, by=then)
            return ChangesSince(
                before=reading.past_run(connection, cluster, then),
                after=reading.past_run(connection, cluster, last),
                changes=changes(traces, then, _present(traces, last)),
            )

    def export(self, cluster: str | None = None) -> tuple[dict[str, Any], ...]:
        """Return the whole record as flat rows: one for each time that a finding stood alike."""
        with self.database.reading() as connection:
            _check(connection, cluster)
            return reading.periods(connection, cluster)

    def prune(self, keep: timedelta, now: datetime) -> int:
        """Forget runs that started longer ago than `keep`; return how many. See `retention`."""
        with self.database.writing() as connection:
            return retention.prune(connection, moments.stamp(now - keep))


def _not_recorded(line: str) -> OutputError:
    return OutputError(f"This run is not recorded: {line}")


def _past(connection: Connection, cluster: ClusterReport, at: str) -> Past:
    before = reading.latest_run(connection, cluster.name)
    traces = reading.traces(connection, cluster.name)
    now = _judged(cluster, traces, before, at)
    return Past(
        standings={finding.id: finding.standing for finding in now},
        changes=() if before is None else changes(traces, before, now),
        runs=reading.past_runs(connection, cluster.name, limit=TIMELINE, since=None),
        unread=reading.unread_nodes(connection, cluster.name, before),
        stranger=_stranger(connection, cluster.name, before, cluster.publisher),
    )


def _stranger(
    connection: Connection, cluster: str, run: int | None, publisher: str | None
) -> str | None:
    """Return the CUCM publisher that a run asked, None if it is this one or one is not known."""
    asked = reading.publisher_of(connection, cluster, run)
    same = not (asked and publisher) or asked.casefold() == publisher.casefold()
    return None if same else asked


def _judged(
    cluster: ClusterReport, traces: Mapping[str, Trace], before: int | None, at: str
) -> tuple[Stood, ...]:
    """Return the findings of a run that is not recorded yet, as they would be recorded."""
    run = (before or 0) + 1
    return tuple(
        Stood(
            id=finding.id,
            cluster=finding.cluster,
            recommendation=finding.recommendation,
            service=finding.service,
            subject=finding.subject,
            verdict=finding.verdict,
            kind=finding.kind,
            severity=finding.severity,
            standing=follow(
                traces.get(finding.id), finding, before=before, run=run, at=at
            ).standing,
        )
        for finding in cluster.findings
    )


def _present(traces: Mapping[str, Trace], run: int) -> tuple[Stood, ...]:
    return tuple(stood(trace) for trace in traces.values() if trace.latest.last == run)


def _last(connection: Connection, cluster: str) -> int:
    """Return a cluster's last run; ConfigError names the clusters that have one."""
    run = reading.latest_run(connection, cluster)
    if run is None:
        known = reading.cluster_names(connection)
        close = nearest(cluster, known)
        meant = f'; did you mean "{close}"?' if close else f"; there are: {', '.join(known)}"
        told = meant if known else "; nothing is recorded yet"
        raise ConfigError(
            [visible(f'history: no run of cluster "{short(cluster)}" is recorded{told}')]
        )
    return run


def _check(connection: Connection, cluster: str | None) -> None:
    if cluster is not None:
        _last(connection, cluster)
