"""The report as a textfile for Prometheus' node_exporter: gauges without timestamps."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from auditor import __version__
from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.counts import count_results
from auditor.models.findings import Verdict, finding_sort_key
from auditor.models.history import PastRun
from auditor.models.report import Report
from auditor.report.summary import count_nodes_read, is_complete
from auditor.text import printable

NO_TIMESTAMP = 0
"""The time where there is none: a rule on its age fires, one on a gap would not."""


def render(report: Report) -> str:
    """Return the report in Prometheus' text format; label values are made printable first.

    A recommendation that was judged and did not drift is there with 0, so that a rule can
    distinguish "none" from "not judged".
    """
    # A registry of its own: the default one has metrics of this process.
    registry = CollectorRegistry(auto_describe=False)
    _add_run_gauges(registry, report)
    _add_status_gauges(registry, report)
    _add_finding_gauges(registry, report)
    _add_time_gauges(registry, report)
    return generate_latest(registry).decode("utf-8")


def _add_gauge(registry: CollectorRegistry, name: str, description: str, *labels: str) -> Gauge:
    return Gauge(f"auditor_{name}", description, labels, registry=registry)


def _add_run_gauges(registry: CollectorRegistry, report: Report) -> None:
    build = _add_gauge(registry, "build_info", "The version of auditor; always 1.", "version")
    build.labels(__version__).set(1)
    code = _add_gauge(registry, "exit_code", "The exit code of the run: 0, 3, 4 or 5.")
    code.set(int(report.exit_code))
    ended = _add_gauge(registry, "run_timestamp_seconds", "When the run ended.")
    ended.set(_unix_timestamp(report.run.finished_at))
    insecure = _add_gauge(registry, "insecure", "1 when no certificate was verified.")
    insecure.set(report.run.insecure)


def _add_status_gauges(registry: CollectorRegistry, report: Report) -> None:
    status = _add_gauge(
        registry, "cluster_status", "1 for the status that a cluster has.", "cluster", "status"
    )
    expected = _add_gauge(registry, "nodes_expected", "Nodes that were to be read.", "cluster")
    audited = _add_gauge(registry, "nodes_audited", "Nodes that gave their services.", "cluster")
    for cluster in report.clusters:
        name = printable(cluster.name)
        # Every status, so that no series disappears when a cluster changes its status.
        for token in ClusterStatus:
            status.labels(name, token).set(cluster.status is token)
        read, due = count_nodes_read(cluster)
        expected.labels(name).set(due)
        audited.labels(name).set(read)


def _add_finding_gauges(registry: CollectorRegistry, report: Report) -> None:
    findings = _add_gauge(registry, "findings", "Findings by verdict.", "cluster", "verdict")
    causes = _add_gauge(registry, "causes", "Drift that no other drift explains.", "cluster")
    drift = _add_gauge(
        registry,
        "drift",
        "Subjects that drift from a recommendation.",
        "cluster",
        "recommendation",
        "severity",
    )
    for cluster in report.clusters:
        name = printable(cluster.name)
        counts = count_results(cluster)
        causes.labels(name).set(counts.causes)
        for verdict, number in counts.by_verdict.items():
            findings.labels(name, verdict).set(number)
        for finding in sorted(cluster.findings, key=finding_sort_key):
            sample = drift.labels(name, printable(finding.recommendation), finding.severity)
            sample.inc(finding.verdict is Verdict.DRIFT)


def _add_time_gauges(registry: CollectorRegistry, report: Report) -> None:
    whole = _add_gauge(
        registry,
        "last_complete_run_timestamp_seconds",
        "When the last run ended that got every answer of the cluster; 0: none is known.",
        "cluster",
    )
    waivers = _add_gauge(
        registry,
        "waiver_expiry_timestamp_seconds",
        "When the waiver of a difference ends.",
        "cluster",
        "recommendation",
        "subject",
    )
    certificates = _add_gauge(
        registry,
        "certificate_not_after_timestamp_seconds",
        "When the certificate of a node, or of the CUCM publisher, ends.",
        "cluster",
        "node",
    )
    for cluster in report.clusters:
        name = printable(cluster.name)
        for node, ends in cluster.certificate_ends.items():
            certificates.labels(name, printable(node)).set(ends.timestamp())
        whole.labels(name).set(_last_complete_timestamp(report, cluster))
        for finding in cluster.findings:
            if finding.waiver:
                place = name, printable(finding.recommendation), printable(finding.subject.name)
                waivers.labels(*place).set(_waiver_end_timestamp(finding.waiver.expires))


def _last_complete_timestamp(report: Report, cluster: ClusterReport) -> float:
    if is_complete(cluster):
        return _unix_timestamp(report.run.finished_at)
    past = report.past.get(cluster.name)
    return max(_complete_run_timestamps(past.runs if past else ()), default=NO_TIMESTAMP)


def _complete_run_timestamps(runs: Iterable[PastRun]) -> list[float]:
    return [
        _unix_timestamp(run.finished_at)
        for run in runs
        if run.status is ClusterStatus.COMPLIANT
        or (run.status is ClusterStatus.DRIFT and not run.counts.get(Verdict.UNKNOWN))
    ]


def _unix_timestamp(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _waiver_end_timestamp(day: str) -> float:
    """Return the end of the last day that a waiver holds, in UTC."""
    return (datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)).timestamp()
