"""Where nothing could be audited the cause comes first, and `read` is what was really read."""

from dataclasses import replace

import pytest

from auditor.errors import Reason
from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.coverage import Coverage, Outcome, Source, find_first_failure
from auditor.models.findings import FindingKind, FindingSubject, Severity, SubjectKind, Verdict
from auditor.models.nodes import RunState
from auditor.models.report import Report
from auditor.report.cluster_summary import cluster_summary
from auditor.report.formats import ReportFormat
from auditor.report.sentences import render_sentence
from auditor.report.summary import count_nodes_read
from tests.factories import make_finding, sentence
from tests.report import samples
from tests.report.rendering import render_report

CAUSE = "cucm-pub.example.test refused the account audit-ro."
ADVICE = "Correct the password first."
STRANGE = make_finding(
    "PROFILE-02",
    subject=FindingSubject(SubjectKind.KEY, "addresses"),
    kind=FindingKind.PROFILE_CONFLICT,
    severity=Severity.MEDIUM,
    expected=sentence("Every name in `addresses` is a node."),
    observed=sentence("The cluster has no imp9.example.test."),
    because=sentence("A name that the cluster does not have leaves its key without effect."),
)


def _page(cluster: ClusterReport, form: ReportFormat) -> str:
    report = Report(samples.RUN, (cluster,))
    text = render_report(report, form, width=2000, colour=False, full=True)
    return text[text.find("<body") if form is ReportFormat.HTML else 0 :]


@pytest.mark.parametrize("verdict", [Verdict.DRIFT, Verdict.UNKNOWN])
@pytest.mark.parametrize("form", [ReportFormat.TERMINAL, ReportFormat.MARKDOWN, ReportFormat.HTML])
def test_cause_and_advice_come_before_every_finding(form: ReportFormat, verdict: Verdict) -> None:
    finding = replace(STRANGE, verdict=verdict, kind=STRANGE.kind if verdict == "drift" else None)
    cluster = replace(samples.unauditable_cluster(), findings=(finding,))
    page = _page(cluster, form)
    first = page.index("PROFILE-02")
    assert page.index(CAUSE) < page.index(ADVICE) < first
    assert page.index("What could not be read") < page.index(render_sentence(STRANGE.observed))
    assert page.count("What could not be read") == 1


def test_the_reason_is_what_failed_first_and_not_what_was_not_asked_then() -> None:
    """Whatever the order: a source that was not asked had no fault of its own."""
    skipped, refused = (
        Coverage(source, samples.PUB, outcome, reason)
        for source, outcome, reason in (
            (Source.PERFMON, Outcome.SKIPPED, Reason.NOT_ASKED),
            (Source.CONTROL_CENTER, Outcome.FAILED, Reason.CREDENTIALS),
        )
    )
    for coverage in ((skipped, refused), (refused, skipped)):
        assert find_first_failure(coverage, samples.PUB.upper()) is refused
        assert find_first_failure(coverage) is refused
        assert find_first_failure(coverage, samples.SUB) is None
        unread = replace(samples.unauditable_cluster(), coverage=coverage)
        assert cluster_summary(unread).startswith(
            f"Nothing could be audited: {refused.explanation}"
        )


def test_drift_where_nothing_was_read_begins_with_the_cause() -> None:
    cluster = replace(samples.unauditable_cluster(), findings=(STRANGE,))
    assert cluster.status is ClusterStatus.DRIFT
    assert cluster_summary(cluster) == (
        f"Nothing could be audited: {CAUSE} {ADVICE} 1 difference (1 medium). "
        "Worst: PROFILE-02 on addresses: profile and cluster disagree."
    )


def test_the_cause_is_a_failure_and_not_a_skipped_source() -> None:
    """A database that is down is no cause either; further servers are named."""
    skipped = Coverage(
        Source.CONTROL_CENTER, samples.PUB, Outcome.SKIPPED, Reason.NOT_ASKED, "Not asked."
    )
    test = Coverage(Source.TCP, "db:5432", Outcome.FAILED, Reason.UNREACHABLE, "No address.")
    first = samples.unauditable_cluster()
    further = samples.failed(samples.SUB)
    cluster = replace(first, coverage=(test, skipped, *first.coverage, *further))
    assert cluster_summary(cluster) == (
        f"Nothing could be audited: {CAUSE} {ADVICE} Also no answer from {samples.SUB}."
    )


def test_a_node_without_any_known_state_is_not_read() -> None:
    """It sent rows, and each of them said nothing."""
    cluster = samples.compliant_cluster()
    nil = {
        name: replace(service, state=RunState.UNKNOWN, activated=None)
        for name, service in cluster.nodes[1].services.items()
    }
    cluster = replace(cluster, nodes=(cluster.nodes[0], replace(cluster.nodes[1], services=nil)))
    assert count_nodes_read(cluster) == (1, 2)
    assert "1 of 2 nodes read" in _page(cluster, ReportFormat.TERMINAL)
