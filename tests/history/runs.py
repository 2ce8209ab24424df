"""Invented runs to record: one finding a recommendation, on whatever day the test says."""

from collections.abc import Mapping

from auditor.models.cluster_report import ClusterReport
from auditor.models.findings import Finding, FindingKind, Severity, Verdict, Waiver
from auditor.models.nodes import NodeFacts, Role, RunState, ServiceState
from auditor.models.report import Report
from tests.factories import make_finding, make_run

NODE = "imp-sub.example.test"
PASS, DRIFT, UNKNOWN = Verdict.PASS, Verdict.DRIFT, Verdict.UNKNOWN


def finding(
    recommendation: str,
    verdict: Verdict,
    *,
    cluster: str = "lab",
    kind: FindingKind = FindingKind.STOPPED,
    severity: Severity = Severity.HIGH,
    subject: str = NODE,
) -> Finding:
    waiver = Waiver("Moves.", "uc-team", "2027-01-01", DRIFT) if verdict == "waived" else None
    return make_finding(
        recommendation,
        verdict,
        subject=subject,
        kind=kind,
        cluster=cluster,
        service=f"Service of {recommendation}",
        severity=severity,
        waiver=waiver,
    )


def at(day: int, hour: int = 2) -> str:
    return f"2026-03-{day:02}T{hour:02}:00:00Z"


def node(**states: RunState) -> NodeFacts:
    """Return a node with services of these names, in these states."""
    services = {name: ServiceState(name, True, True, state) for name, state in states.items()}
    return NodeFacts(NODE.upper(), NODE, Role.SUBSCRIBER, services=services)


def cluster(
    *findings: Finding, name: str = "lab", nodes: tuple[NodeFacts, ...] | None = None
) -> ClusterReport:
    shown = (node(SIP=RunState.STARTED),) if nodes is None else nodes
    return ClusterReport(name, "14.0.1", Severity.LOW, shown, findings)


def report(
    day: int, *clusters: ClusterReport, hour: int = 2, mode: str = "audit", name: str = ""
) -> Report:
    run = make_run(
        name or f"run-{day:02}-{hour:02}",
        mode=mode,
        started_at=at(day, hour),
        finished_at=at(day, hour).replace(":00Z", ":09Z"),
    )
    return Report(run, clusters)


def judged(day: int, verdicts: Mapping[str, Verdict], *, hour: int = 2) -> Report:
    """Return a run on the cluster "lab" with these verdicts by recommendation."""
    findings = (finding(name, verdict) for name, verdict in verdicts.items())
    return report(day, cluster(*findings), hour=hour)
