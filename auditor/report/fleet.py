"""The clusters of a report side by side, worst first: one row of data for each, no sentence.

Every format that lists clusters takes its order from here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from auditor.models.certificates import certificate_days_left
from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.counts import ResultCounts, count_results
from auditor.models.findings import Severity, Verdict
from auditor.models.history import ClusterHistory
from auditor.models.releases import nodes_by_version
from auditor.models.report import Report, RunMetadata
from auditor.report.summary import count_nodes_read
from auditor.report.unread import UnreadServer, find_unread_servers

ClusterSortKey: TypeAlias = tuple[int, tuple[int, ...], bool, int, int, str]


@dataclass(frozen=True, slots=True)
class CertificateEnd:
    """The first certificate of a cluster to end; `days` are whole, and negative after the end.

    `is_only_bound`: a server that was due presented none, so another one may end before.
    """

    server: str
    days: int
    is_only_bound: bool


@dataclass(frozen=True, slots=True)
class StatusAge:
    """Since when a cluster has its status: the start of the first run of an unbroken row of them.

    `since` is ISO 8601 in UTC. `runs` counts this run too.
    `is_only_bound`: every run on record has the status, so it may be older.
    """

    since: str
    runs: int
    is_only_bound: bool


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One cluster. `causes` are those of drift, by their gravest severity; no count is 0.

    `hidden` are the severities of which there may be more than is known. `versions` counts
    the nodes of each version that was read, most nodes first. `certificate` and
    `age` are None where nothing is known.
    """

    cluster: ClusterReport
    counts: ResultCounts
    causes: Mapping[Severity, int]
    hidden: frozenset[Severity]
    nodes_read: int
    nodes_due: int
    versions: Mapping[str, int]
    certificate: CertificateEnd | None
    age: StatusAge | None
    unread: tuple[UnreadServer, ...]

    @property
    def name(self) -> str:
        """Return the name of the cluster."""
        return self.cluster.name

    @property
    def status(self) -> ClusterStatus:
        """Return the status of the cluster."""
        return self.cluster.status

    @property
    def differs(self) -> bool:
        """Return whether there is more to say of the cluster than its row."""
        return self.status is not ClusterStatus.COMPLIANT or bool(self.causes)


def build_fleet(report: Report) -> tuple[FleetRow, ...]:
    """Return a row for each cluster, worst first."""
    clusters = sort_worst_first(report.clusters)
    return tuple(build_fleet_row(report, cluster) for cluster in clusters)


def build_fleet_row(report: Report, cluster: ClusterReport) -> FleetRow:
    """Return the row of one cluster."""
    counts = count_results(cluster)
    read, due = count_nodes_read(cluster)
    versions = nodes_by_version(node for node in cluster.nodes if not node.planned)
    return FleetRow(
        cluster=cluster,
        counts=counts,
        causes={severity: n for severity, n in counts.causes_by_severity.items() if n},
        hidden=_find_hidden_severities(cluster),
        nodes_read=read,
        nodes_due=due,
        versions={version: len(names) for version, names in versions.items()},
        certificate=find_first_certificate(cluster, datetime.fromisoformat(report.run.started_at)),
        age=find_status_age(cluster, report.run, report.past.get(cluster.name)),
        unread=find_unread_servers(cluster),
    )


def _find_hidden_severities(cluster: ClusterReport) -> frozenset[Severity]:
    # Without the nodes, there are no findings on them that could be unknown.
    if cluster.is_nothing_read:
        return frozenset(Severity)
    return frozenset(f.severity for f in cluster.findings if f.verdict is Verdict.UNKNOWN)


def sort_worst_first(clusters: Iterable[ClusterReport]) -> tuple[ClusterReport, ...]:
    """Return the clusters with the worst first; see `cluster_sort_key`."""
    return tuple(sorted(clusters, key=cluster_sort_key))


def cluster_sort_key(cluster: ClusterReport) -> ClusterSortKey:
    """Return the sort key of a cluster among others, lower for a worse one.

    By status as the contract adds clusters up (drift wins, then what could not be audited); of one
    status by the causes of drift, the gravest severity first, then by nodes and checks that nobody
    knows about.
    """
    counts = count_results(cluster)
    read, due = count_nodes_read(cluster)
    return (
        cluster.status.rank,
        tuple(-number for number in counts.causes_by_severity.values()),
        # Where not even the nodes are known, more is unknown than where some are unread.
        due > 0,
        read - due,
        -counts.unknown,
        cluster.name.casefold(),
    )


def find_first_certificate(cluster: ClusterReport, moment: datetime) -> CertificateEnd | None:
    """Return the certificate that ends first, None if none was read."""
    ends = cluster.certificate_ends
    if not ends:
        return None
    server = min(ends, key=lambda name: ends[name])
    due = {node.name for node in cluster.nodes if not node.planned}
    due.add(cluster.cucm_publisher or "CUCM")
    days = certificate_days_left(ends[server], moment)
    return CertificateEnd(server, days, is_only_bound=not due <= ends.keys())


def find_status_age(
    cluster: ClusterReport, run: RunMetadata, past: ClusterHistory | None
) -> StatusAge | None:
    """Return since when a cluster has its status, None without history."""
    # Runs that asked another publisher may have been of another cluster.
    if past is None or not past.runs or past.other_publisher:
        return None
    since, runs = run.started_at, 1
    for earlier in past.runs:
        if earlier.status is not cluster.status:
            break
        since, runs = earlier.started_at, runs + 1
    return StatusAge(since, runs, is_only_bound=runs > len(past.runs))
