"""The report as a textfile for Prometheus' node_exporter: gauges without timestamps."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from auditor import __version__
from auditor.findings import ClusterReport, Status, Verdict, order
from auditor.past import PastRun
from auditor.report import tally
from auditor.report.screen import printable
from auditor.runs import Report

NEVER = 0
"""Stands for a time when there was none: a rule on its age fires, one on a gap would not."""


def render(report: Report) -> str:
    """Return the report in Prometheus' text format; label values are made printable first.

    A recommendation that was judged and did not drift is there with 0, so that a rule can tell
    "none" from "not judged".
    """
    registry = CollectorRegistry(auto_describe=False)
    _run(registry, report)
    _states(registry, report)
    _counts(registry, report)
    _times(registry, report)
    return generate_latest(registry).decode("utf-8")


def _gauge(registry: CollectorRegistry, name: str, told: str, *labels: str) -> Gauge:
    return Gauge(f"auditor_{name}", told, labels, registry=registry)


def _run(registry: CollectorRegistry, report: Report) -> None:
    build = _gauge(registry, "build_info", "The version of auditor; always 1.", "version")
    build.labels(__version__).set(1)
    code = _gauge(registry, "exit_code", "The exit code of the run: 0, 3, 4 or 5.")
    code.set(int(report.exit_code))
    ended = _gauge(registry, "run_timestamp_seconds", "When the run ended.")
    ended.set(_moment(report.run.finished_at))
    insecure = _gauge(registry, "insecure", "1 when no certificate was verified.")
    insecure.set(report.run.insecure)


def _states(registry: CollectorRegistry, report: Report) -> None:
    status = _gauge(
        registry, "cluster_status", "1 for the status that a cluster has.", "cluster", "status"
    )
    expected = _gauge(registry, "nodes_expected", "Nodes that were to be read.", "cluster")
    audited = _gauge(registry, "nodes_audited", "Nodes that gave their services.", "cluster")
    for cluster in report.clusters:
        name = printable(cluster.name)
        for token in Status:
            status.labels(name, token).set(cluster.status is token)
        read, due = tally.nodes_read(cluster)
        expected.labels(name).set(due)
        audited.labels(name).set(read)


def _counts(registry: CollectorRegistry, report: Report) -> None:
    findings = _gauge(registry, "findings", "Findings by verdict.", "cluster", "verdict")
    drift = _gauge(
        registry,
        "drift",
        "Subjects that drift from a recommendation.",
        "cluster",
        "recommendation",
        "severity",
    )
    for cluster in report.clusters:
        name = printable(cluster.name)
        for verdict in Verdict:
            findings.labels(name, verdict).set(tally.of(cluster, verdict))
        for finding in sorted(cluster.findings, key=order):
            sample = drift.labels(name, printable(finding.recommendation), finding.severity)
            sample.inc(finding.verdict is Verdict.DRIFT)


def _times(registry: CollectorRegistry, report: Report) -> None:
    whole = _gauge(
        registry,
        "last_complete_run_timestamp_seconds",
        "When the last run ended that got every answer of the cluster; 0: none is known.",
        "cluster",
    )
    waivers = _gauge(
        registry,
        "waiver_expiry_timestamp_seconds",
        "When the waiver of a difference ends.",
        "cluster",
        "recommendation",
        "subject",
    )
    for cluster in report.clusters:
        name = printable(cluster.name)
        whole.labels(name).set(_last_complete(report, cluster))
        for finding in cluster.findings:
            if finding.waiver:
                place = name, printable(finding.recommendation), printable(finding.subject.name)
                waivers.labels(*place).set(_end(finding.waiver.expires))


def _last_complete(report: Report, cluster: ClusterReport) -> float:
    if tally.complete(cluster):
        return _moment(report.run.finished_at)
    past = report.past.get(cluster.name)
    return max(_complete_runs(past.runs if past else ()), default=NEVER)


def _complete_runs(runs: Iterable[PastRun]) -> list[float]:
    return [
        _moment(run.finished_at)
        for run in runs
        if run.status is Status.COMPLIANT
        or (run.status is Status.DRIFT and not _unknown(run.counts))
    ]


def _unknown(counts: Mapping[Verdict, int]) -> int:
    return counts.get(Verdict.UNKNOWN, 0)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _end(day: str) -> float:
    """Return the end of the last day that a waiver holds, in UTC."""
    return (datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)).timestamp()
