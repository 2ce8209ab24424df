"""What findings and coverage add up to: the status of a cluster, the exit code of a run."""

from dataclasses import replace

import pytest

from auditor.errors import Reason
from auditor.models.cluster_report import ClusterReport, ClusterStatus, audit_exit_code
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import (
    Finding,
    FindingSubject,
    Severity,
    SubjectKind,
    Verdict,
    finding_sort_key,
)
from auditor.models.nodes import NodeFacts
from auditor.models.report import Report
from tests.factories import gap, make_finding, make_run, node

FINDING = make_finding(verdict=Verdict.PASS, severity=Severity.MEDIUM)
SILENT = node(services={})


def status(
    *verdicts: Verdict, nodes: tuple[NodeFacts, ...] = (node(),), gaps: tuple[Coverage, ...] = ()
) -> ClusterStatus:
    findings = tuple(replace(FINDING, verdict=verdict) for verdict in verdicts)
    return ClusterReport("lab", None, Severity.MEDIUM, nodes, findings, gaps).status


QUIET = (Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.EXPLAINED, Verdict.WAIVED)


def test_a_cluster_is_compliant_when_nothing_differs_and_nothing_is_missing() -> None:
    assert status(*QUIET) is ClusterStatus.COMPLIANT


def test_one_unknown_makes_it_incomplete() -> None:
    assert status(*QUIET, Verdict.UNKNOWN) is ClusterStatus.INCOMPLETE


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.SKIPPED])
def test_a_gap_in_the_coverage_alone_makes_it_incomplete(outcome: Outcome) -> None:
    missing = Coverage(Source.PERFMON, "imp1", outcome, Reason.NOT_ASKED, "Not asked.")
    assert status(*QUIET, gaps=(missing,)) is ClusterStatus.INCOMPLETE


def test_what_was_not_due_is_no_gap() -> None:
    not_due = Coverage(Source.TCP, "imp1", Outcome.SKIPPED, None, "probe = false")
    assert status(*QUIET, gaps=(not_due,)) is ClusterStatus.COMPLIANT


def test_no_service_read_on_any_node_is_unauditable_even_without_findings() -> None:
    assert status(*QUIET, nodes=(SILENT,)) is ClusterStatus.UNAUDITABLE
    assert status(Verdict.UNKNOWN, nodes=(SILENT,)) is ClusterStatus.UNAUDITABLE
    assert status(nodes=()) is ClusterStatus.UNAUDITABLE
    assert status(*QUIET, nodes=(SILENT, node("imp2"))) is ClusterStatus.COMPLIANT


def test_drift_wins_over_whatever_is_missing() -> None:
    assert status(Verdict.DRIFT, Verdict.UNKNOWN, gaps=(gap("imp1"),)) is ClusterStatus.DRIFT
    assert status(Verdict.DRIFT, nodes=(SILENT,)) is ClusterStatus.DRIFT


@pytest.mark.parametrize(
    ("fail_on", "expected"),
    [
        (Severity.LOW, ClusterStatus.DRIFT),
        (Severity.MEDIUM, ClusterStatus.DRIFT),
        (Severity.HIGH, ClusterStatus.COMPLIANT),
    ],
)
def test_drift_counts_from_the_threshold_on(fail_on: Severity, expected: ClusterStatus) -> None:
    drift = replace(FINDING, verdict=Verdict.DRIFT)
    assert ClusterReport("lab", None, fail_on, (node(),), (drift,)).status is expected


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ([ClusterStatus.COMPLIANT, ClusterStatus.COMPLIANT], ExitCode.COMPLIANT),
        ([ClusterStatus.COMPLIANT, ClusterStatus.INCOMPLETE], ExitCode.INCOMPLETE),
        ([ClusterStatus.COMPLIANT, ClusterStatus.UNAUDITABLE], ExitCode.INCOMPLETE),
        ([ClusterStatus.INCOMPLETE, ClusterStatus.UNAUDITABLE], ExitCode.INCOMPLETE),
        ([ClusterStatus.UNAUDITABLE, ClusterStatus.UNAUDITABLE], ExitCode.UNAUDITABLE),
        ([ClusterStatus.UNAUDITABLE, ClusterStatus.DRIFT], ExitCode.DRIFT),
        ([ClusterStatus.INCOMPLETE, ClusterStatus.DRIFT, ClusterStatus.COMPLIANT], ExitCode.DRIFT),
    ],
)
def test_the_exit_code_of_many_clusters(statuses: list[ClusterStatus], code: ExitCode) -> None:
    assert audit_exit_code(statuses) is code


@pytest.mark.parametrize(
    ("verdict", "nodes", "code"),
    [
        (Verdict.PASS, (node(),), ExitCode.COMPLIANT),
        (Verdict.UNKNOWN, (node(),), ExitCode.COMPLIANT),
        (Verdict.DRIFT, (node(),), ExitCode.DRIFT),
        (Verdict.UNKNOWN, (SILENT,), ExitCode.UNAUDITABLE),
    ],
)
def test_allowing_unknown_forgives_what_is_incomplete_and_nothing_else(
    verdict: Verdict, nodes: tuple[NodeFacts, ...], code: ExitCode
) -> None:
    run = make_run(allow_unknown=True)
    findings = (replace(FINDING, verdict=verdict),)
    report = Report(run, (ClusterReport("lab", None, Severity.LOW, nodes, findings),))
    assert report.exit_code is code
    assert report.forgiven is (verdict is Verdict.UNKNOWN and nodes == (node(),))


def test_findings_are_sorted_by_severity_row_and_subject() -> None:
    def finding(severity: Severity, row: str, kind: SubjectKind, name: str) -> Finding:
        return replace(
            FINDING, severity=severity, recommendation=row, subject=FindingSubject(kind, name)
        )

    in_order = [
        finding(Severity.CRITICAL, "SIP-01", SubjectKind.NODE, "z"),
        finding(Severity.LOW, "A-01", SubjectKind.CLUSTER, "z"),
        finding(Severity.LOW, "A-01", SubjectKind.NODE, "A"),
        finding(Severity.LOW, "A-01", SubjectKind.NODE, "b"),
        finding(Severity.LOW, "B-01", SubjectKind.CLUSTER, "a"),
    ]
    mixed = in_order[3:] + in_order[:3]
    assert sorted(mixed, key=finding_sort_key) == in_order
