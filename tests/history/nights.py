"""Three weeks of three clusters: what a history shows when all that can happen has happened."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from auditor.failure_reasons import Reason
from auditor.history.store import HistoryStore
from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.findings import Finding, FindingKind, Severity, Verdict, Waiver
from auditor.models.nodes import NodeFacts, Role, RunState, ServiceState
from auditor.models.report import Report
from tests.history.runs import DRIFT, PASS, UNKNOWN, finding, report

NOW = datetime(2026, 3, 24, 7, 30, tzinfo=UTC)

_HIGH, _CRITICAL = Severity.HIGH, Severity.CRITICAL
_SUBJECTS = ("imp-a.{}.example.test", "imp-b.{}.example.test")


def record_nights(history: HistoryStore) -> None:
    """Record every night up to the 19th; then the timer stopped."""
    for night in all_nights():
        history.record(night)


def all_nights() -> Iterator[Report]:
    """Yield the runs in the order of recording."""
    for day in range(1, 20):
        # The machine was off on four days, and one cluster is left out on the 15th and 16th.
        if day not in range(8, 12):
            names = ("apac", "emea") if day in (15, 16) else ("apac", "emea", "us")
            yield report(day, *(_CLUSTERS[name](day) for name in names))
    yield report(19, _emea(19), hour=9)


def _apac(day: int) -> ClusterReport:
    """Return a cluster whose CUCM refused the password on three nights, and that drifted since."""
    if day in (5, 6, 7):
        refused = Coverage(
            Source.CUCM_AXL, "cucm.apac.example.test", Outcome.FAILED, Reason.CREDENTIALS
        )
        return replace(_cluster("apac", ()), coverage=(refused,))
    sip = DRIFT if day in (3, 4, 12, 13) else PASS
    return _cluster(
        "apac",
        (
            _service("SIP-01", "Cisco SIP Proxy", sip, "apac", 0, severity=_CRITICAL),
            _service("PE-01", "Cisco Presence Engine", PASS, "apac", 1, severity=_CRITICAL),
            _service("ARC-01", "Cisco XCP Message Archiver", _waived(day), "apac", 0),
        ),
    )


def _waived(day: int) -> Verdict:
    return DRIFT if day < 4 else Verdict.WAIVED


def _emea(day: int) -> ClusterReport:
    """Return a cluster with a service that flaps, and a node that timed out on two nights."""
    flapping = DRIFT if day in (1, 2, 5, 13, 14, 17, 18) else PASS
    sync = PASS if day < 3 else DRIFT
    if day not in (6, 7, 12):
        return _cluster(
            "emea",
            (
                _service("BPS-01", "Cisco Bulk Provisioning Service", flapping, "emea", 0),
                _service("SYNC-01", "Cisco Sync Agent", sync, "emea", 0, severity=_CRITICAL),
                _service("TCM-01", "Cisco XCP Text Conference Manager", PASS, "emea", 1),
                _service("CM-01", "Cisco XCP Connection Manager", _explained(day), "emea", 1),
            ),
        )
    lost = _SUBJECTS[1].format("emea")
    timed_out = Coverage(Source.CONTROL_CENTER, lost, Outcome.FAILED, Reason.TIMED_OUT)
    return _cluster(
        "emea",
        (
            _service("BPS-01", "Cisco Bulk Provisioning Service", flapping, "emea", 0),
            _service("SYNC-01", "Cisco Sync Agent", sync, "emea", 0, severity=_CRITICAL),
            _service("TCM-01", "Cisco XCP Text Conference Manager", UNKNOWN, "emea", 1),
            _service("CM-01", "Cisco XCP Connection Manager", UNKNOWN, "emea", 1),
        ),
        unread=lost,
        gaps=(timed_out,),
    )


def _explained(day: int) -> Verdict:
    return Verdict.EXPLAINED if day > 17 else PASS


def _us(day: int) -> ClusterReport:
    """Return a cluster that was fixed twice, and of which one check cannot be answered now."""
    return _cluster(
        "us",
        (
            _service("RTR-01", "Cisco XCP Router", DRIFT if day < 3 else PASS, "us", 0),
            _service("AUTH-01", "Cisco XCP Authentication Service", _auth(day), "us", 0),
            _service("WEB-01", "Cisco XCP Web Connection Manager", PASS, "us", 1),
        ),
    )


def _auth(day: int) -> Verdict:
    return DRIFT if day < 13 else UNKNOWN if day > 17 else PASS if day == 17 else DRIFT


_CLUSTERS = {"apac": _apac, "emea": _emea, "us": _us}


def _service(
    recommendation: str,
    service: str,
    verdict: Verdict,
    cluster: str,
    node: int,
    *,
    severity: Severity = _HIGH,
) -> Finding:
    made = finding(
        recommendation,
        verdict,
        cluster=cluster,
        kind=FindingKind.STOPPED,
        severity=severity,
        subject=_SUBJECTS[node].format(cluster),
    )
    if verdict is Verdict.WAIVED:
        waiver = Waiver(
            "The archive moves in spring; see CHG-1234.", "uc-team", "2026-04-15", DRIFT
        )
        made = replace(made, waiver=waiver)
    return replace(made, service=service)


def _cluster(
    name: str,
    findings: tuple[Finding, ...],
    *,
    unread: str = "",
    gaps: tuple[Coverage, ...] = (),
) -> ClusterReport:
    started = {"SIP": ServiceState("SIP", True, True, RunState.STARTED)}
    subjects = [subject.format(name) for subject in _SUBJECTS] if findings else []
    nodes = tuple(
        NodeFacts(subject, subject, Role.UNKNOWN, services={} if subject == unread else started)
        for subject in subjects
    )
    listed = Coverage(Source.CUCM_AXL, f"cucm.{name}.example.test", Outcome.COLLECTED)
    return ClusterReport(name, "14.0.1", Severity.LOW, nodes, findings, (listed, *gaps))
