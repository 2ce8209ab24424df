"""What findings and coverage add up to: the status of a cluster, the exit code of a run."""

from dataclasses import replace

import pytest

from auditor.errors import Reason
from auditor.facts import Coverage, NodeFacts, Outcome, Source
from auditor.findings import (
    ClusterReport,
    ExitCode,
    Finding,
    Severity,
    Status,
    Subject,
    SubjectKind,
    Verdict,
    exit_code,
    order,
)
from auditor.runs import Report, Run
from tests.factories import gap, node

FINDING = Finding(
    cluster="lab",
    recommendation="SIP-01",
    service=None,
    subject=Subject(SubjectKind.NODE, "imp1"),
    verdict=Verdict.PASS,
    severity=Severity.MEDIUM,
    expected="",
    observed="",
    because="",
)
SILENT = node(services={})


def status(
    *verdicts: Verdict, nodes: tuple[NodeFacts, ...] = (node(),), gaps: tuple[Coverage, ...] = ()
) -> Status:
    findings = tuple(replace(FINDING, verdict=verdict) for verdict in verdicts)
    return ClusterReport("lab", None, Severity.MEDIUM, nodes, findings, gaps).status


QUIET = (Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.EXPLAINED, Verdict.WAIVED)


def test_a_cluster_is_compliant_when_nothing_differs_and_nothing_is_missing() -> None:
    assert status(*QUIET) is Status.COMPLIANT


def test_one_unknown_makes_it_incomplete() -> None:
    assert status(*QUIET, Verdict.UNKNOWN) is Status.INCOMPLETE


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.SKIPPED])
def test_a_gap_in_the_coverage_alone_makes_it_incomplete(outcome: Outcome) -> None:
    missing = Coverage(Source.PERFMON, "imp1", outcome, Reason.NOT_ASKED, "Not asked.")
    assert status(*QUIET, gaps=(missing,)) is Status.INCOMPLETE


def test_what_was_not_due_is_no_gap() -> None:
    not_due = Coverage(Source.TCP, "imp1", Outcome.SKIPPED, None, "probe = false")
    assert status(*QUIET, gaps=(not_due,)) is Status.COMPLIANT


def test_no_service_read_on_any_node_is_unauditable_even_without_findings() -> None:
    assert status(*QUIET, nodes=(SILENT,)) is Status.UNAUDITABLE
    assert status(Verdict.UNKNOWN, nodes=(SILENT,)) is Status.UNAUDITABLE
    assert status(nodes=()) is Status.UNAUDITABLE
    assert status(*QUIET, nodes=(SILENT, node("imp2"))) is Status.COMPLIANT


def test_drift_wins_over_whatever_is_missing() -> None:
    assert status(Verdict.DRIFT, Verdict.UNKNOWN, gaps=(gap("imp1"),)) is Status.DRIFT
    assert status(Verdict.DRIFT, nodes=(SILENT,)) is Status.DRIFT


@pytest.mark.parametrize(
    ("fail_on", "expected"),
    [
        (Severity.LOW, Status.DRIFT),
        (Severity.MEDIUM, Status.DRIFT),
        (Severity.HIGH, Status.COMPLIANT),
    ],
)
def test_drift_counts_from_the_threshold_on(fail_on: Severity, expected: Status) -> None:
    drift = replace(FINDING, verdict=Verdict.DRIFT)
    assert ClusterReport("lab", None, fail_on, (node(),), (drift,)).status is expected


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ([Status.COMPLIANT, Status.COMPLIANT], ExitCode.COMPLIANT),
        ([Status.COMPLIANT, Status.INCOMPLETE], ExitCode.INCOMPLETE),
        ([Status.COMPLIANT, Status.UNAUDITABLE], ExitCode.INCOMPLETE),
        ([Status.INCOMPLETE, Status.UNAUDITABLE], ExitCode.INCOMPLETE),
        ([Status.UNAUDITABLE, Status.UNAUDITABLE], ExitCode.UNAUDITABLE),
        ([Status.UNAUDITABLE, Status.DRIFT], ExitCode.DRIFT),
        ([Status.INCOMPLETE, Status.DRIFT, Status.COMPLIANT], ExitCode.DRIFT),
    ],
)
def test_the_exit_code_of_many_clusters(statuses: list[Status], code: ExitCode) -> None:
    assert exit_code(statuses) is code


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
    run = Run("1", "audit", "", "", Severity.LOW, allow_unknown=True)
    findings = (replace(FINDING, verdict=verdict),)
    report = Report(run, (ClusterReport("lab", None, Severity.LOW, nodes, findings),))
    assert report.exit_code is code
    assert report.forgiven is (verdict is Verdict.UNKNOWN and nodes == (node(),))


def test_findings_are_told_by_severity_then_row_then_kind_and_name_of_the_subject() -> None:
    def finding(severity: Severity, row: str, kind: SubjectKind, name: str) -> Finding:
        return replace(FINDING, severity=severity, recommendation=row, subject=Subject(kind, name))

    told = [
        finding(Severity.CRITICAL, "SIP-01", SubjectKind.NODE, "z"),
        finding(Severity.LOW, "A-01", SubjectKind.CLUSTER, "z"),
        finding(Severity.LOW, "A-01", SubjectKind.NODE, "A"),
        finding(Severity.LOW, "A-01", SubjectKind.NODE, "b"),
        finding(Severity.LOW, "B-01", SubjectKind.CLUSTER, "a"),
    ]
    mixed = told[3:] + told[:3]
    assert sorted(mixed, key=order) == told
