"""The history as the rest of the program uses it: read and written, a transaction at a time."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from auditor.errors import ConfigError, OutputError
from auditor.history import queries
from auditor.history.database import HistoryDatabase
from auditor.history.recording import prune_runs, record_run
from auditor.history.trends import (
    FindingRecord,
    find_changes_since,
    next_period,
    to_historical_finding,
)
from auditor.models.cluster_report import ClusterReport
from auditor.models.estate import Estate
from auditor.models.history import (
    VERDICTS_WITHOUT_AGE,
    ClusterHistory,
    FindingAge,
    HistoricalFinding,
    PastRun,
    RunChanges,
)
from auditor.models.nodes import RecordedTopology, RunState
from auditor.models.report import Report
from auditor.text import (
    did_you_mean,
    escape_unprintable,
    join_names,
    printable_excerpt,
    utc_timestamp,
)

RECORDED_MODE = "audit"
"""The only mode that is recorded: others ask only a part, or judge facts that are not true yet."""

MAX_PAST_RUNS = 60
"""How many earlier runs of each cluster a report shows."""


@dataclass(frozen=True, slots=True)
class HistoryStore:
    """The record of earlier runs. Each method is one transaction; none keeps a connection.

    If the database cannot be used, methods raise ConfigError, and OutputError if they take a
    report: then the clusters have been asked already.
    """

    database: HistoryDatabase

    @property
    def shown(self) -> str:
        """Return the database's URL without password or options, fit for a report."""
        return self.database.address.shown

    def prepare(self) -> None:
        """Run the queries of a report for no cluster, so that they are compiled when it needs them.

        Raises:
            ConfigError: the database could not be read.
        """
        self.changing_services("")
        with self.database.reading() as connection:
            queries.read_finding_records(connection, "")
            queries.read_past_runs(connection, [""], limit=MAX_PAST_RUNS)

    def record(self, report: Report) -> None:
        """Write a run, as a whole or not at all; only runs of mode `audit` are recorded.

        Raises:
            OutputError: it could not be written.
        """
        if report.run.mode == RECORDED_MODE:
            with self.database.writing(_recording_error) as connection:
                record_run(connection, report)

    def past(self, report: Report) -> dict[str, ClusterHistory]:
        """Return what history adds to a report that is not recorded yet, by cluster name.

        Raises:
            OutputError: the database could not be read.
        """
        if report.run.mode != RECORDED_MODE:
            return {}
        with self.database.reading(OutputError) as connection:
            return {
                c.name: _build_cluster_history(connection, c, report.run.started_at)
                for c in report.clusters
            }

    def changing_services(
        self, cluster: str, publisher: str | None = None
    ) -> Mapping[tuple[str, str], RunState]:
        """Return the services that the last run on a cluster found Starting or Stopping.

        They are keyed by node in lower case and service. `publisher` is the CUCM publisher that
        will be asked now. If the last run asked another, there are none: it may have been another
        cluster of the same name.
        """
        with self.database.reading() as connection:
            run = queries.read_latest_run(connection, cluster)
            if run is None or _find_other_publisher(connection, cluster, run, publisher):
                return {}
            return queries.read_moving_services(connection, cluster, run)

    def recorded_topology(
        self, cluster: str, publisher: str | None = None
    ) -> RecordedTopology | None:
        """Return the nodes of a cluster as CUCM last listed them, None if no run recorded any.

        `publisher` is as in `changing_services`.
        """
        with self.database.reading() as connection:
            return queries.read_recorded_topology(connection, cluster, publisher)

    def clusters(self) -> tuple[str, ...]:
        """Return the names of all clusters that have runs on record."""
        with self.database.reading() as connection:
            return queries.read_recorded_clusters(connection)

    def find_clusters(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the names as they are recorded, whatever the case that they were typed in.

        Raises:
            ConfigError: of one of them no run is recorded; names those of which there are.
        """
        recorded = {name.casefold(): name for name in self.clusters()}
        chosen = tuple(dict.fromkeys(recorded.get(name.casefold(), name) for name in names))
        with self.database.reading() as connection:
            _require_recorded_clusters(connection, chosen)
        return chosen

    def runs(self, *clusters: str, limit: int | None = None) -> tuple[PastRun, ...]:
        """Return recorded runs, one entry for each cluster of a run, the latest first.

        Only those of the named clusters, if any is named.
        """
        with self.database.reading() as connection:
            _require_recorded_clusters(connection, clusters)
            return queries.read_past_runs(connection, clusters, limit=limit)

    def latest_findings(self, cluster: str) -> tuple[HistoricalFinding, ...]:
        """Return every finding of a cluster's last run, with its age."""
        with self.database.reading() as connection:
            run = _require_latest_run(connection, cluster)
            return _select_run_findings(queries.read_finding_records(connection, cluster), run)

    def changes(self, cluster: str, since: str) -> RunChanges:
        """Return what changed on a cluster between an earlier run and its last one.

        `since` is a run id, the beginning of one, or a date; see `find_baseline_run`.
        """
        with self.database.reading() as connection:
            last = _require_latest_run(connection, cluster)
            baseline = queries.find_baseline_run(connection, cluster, since)
            records = queries.read_finding_records(connection, cluster, by=baseline)
            findings = _select_run_findings(records, last)
            return RunChanges(
                before=queries.read_past_run(connection, cluster, baseline),
                after=queries.read_past_run(connection, cluster, last),
                changes=find_changes_since(records, baseline, findings),
            )

    def estate(self, clusters: Collection[str], now: datetime) -> Estate:
        """Return what the runs on record add up to, of some clusters or (none named) of all."""
        # An audit needs none of these, and starts sooner without them.
        from auditor.history.estate.figures import build_estate
        from auditor.history.estate.reading import read_estate_record

        with self.database.reading() as connection:
            _require_recorded_clusters(connection, clusters)
            record = read_estate_record(connection, clusters)
        return build_estate(record, utc_timestamp(now))

    def export(self, *clusters: str) -> tuple[dict[str, Any], ...]:
        """Return the whole history as flat rows, one for each period of a finding.

        Only that of the named clusters, if any is named.
        """
        with self.database.reading() as connection:
            _require_recorded_clusters(connection, clusters)
            return queries.read_period_rows(connection, clusters)

    def prune(self, keep: timedelta, now: datetime) -> int:
        """Delete runs that started longer ago than `keep`; return how many. See `prune_runs`."""
        with self.database.writing() as connection:
            return prune_runs(connection, utc_timestamp(now - keep))


def _recording_error(line: str) -> OutputError:
    return OutputError(f"This run is not recorded: {line}")


def _build_cluster_history(
    connection: Connection, cluster: ClusterReport, at: str
) -> ClusterHistory:
    before = queries.read_latest_run(connection, cluster.name)
    records = queries.read_finding_records(connection, cluster.name)
    findings = _to_historical_findings(cluster, records, before, at)
    # Hardly any two differ, and a fleet has a hundred thousand.
    ages: dict[FindingAge, FindingAge] = {}
    return ClusterHistory(
        ages={
            finding.id: ages.setdefault(finding.age, finding.age)
            for finding in findings
            if finding.verdict not in VERDICTS_WITHOUT_AGE
        },
        changes=() if before is None else find_changes_since(records, before, findings),
        runs=queries.read_past_runs(connection, [cluster.name], limit=MAX_PAST_RUNS),
        unread=queries.read_unread_nodes(connection, cluster.name, before),
        other_publisher=_find_other_publisher(
            connection, cluster.name, before, cluster.cucm_publisher
        ),
    )


def _find_other_publisher(
    connection: Connection, cluster: str, run: int | None, publisher: str | None
) -> str | None:
    """Return the CUCM publisher of a run, None if it is the given one, or either is unknown."""
    recorded = queries.read_run_publisher(connection, cluster, run)
    if not recorded or not publisher or recorded.casefold() == publisher.casefold():
        return None
    return recorded


def _to_historical_findings(
    cluster: ClusterReport, records: Mapping[str, FindingRecord], before: int | None, at: str
) -> tuple[HistoricalFinding, ...]:
    """Return the findings of a run that is not recorded yet, as they would be recorded."""
    # Only the age of the periods is read, so this need not be the number that it will get.
    run = (before or 0) + 1
    return tuple(
        HistoricalFinding(
            id=finding.id,
            cluster=finding.cluster,
            recommendation=finding.recommendation,
            service=finding.service,
            subject=finding.subject,
            verdict=finding.verdict,
            kind=finding.kind,
            severity=finding.severity,
            age=next_period(records.get(finding.id), finding, before=before, run=run, at=at).age,
        )
        for finding in cluster.findings
    )


def _select_run_findings(
    records: Mapping[str, FindingRecord], run: int
) -> tuple[HistoricalFinding, ...]:
    return tuple(to_historical_finding(r) for r in records.values() if r.latest.last == run)


def _require_latest_run(connection: Connection, cluster: str) -> int:
    """Return a cluster's last run; ConfigError names the clusters that have one."""
    run = queries.read_latest_run(connection, cluster)
    if run is None:
        names = queries.read_recorded_clusters(connection)
        hint = did_you_mean(cluster, names) or f"; recorded are {join_names(names)}"
        if not names:
            hint = "; nothing is recorded yet"
        text = f'history: no run of cluster "{printable_excerpt(cluster)}" is recorded{hint}'
        raise ConfigError([escape_unprintable(text)])
    return run


def _require_recorded_clusters(connection: Connection, clusters: Collection[str]) -> None:
    for cluster in clusters:
        _require_latest_run(connection, cluster)
