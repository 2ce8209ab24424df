"""What became unreachable since the last run, what is back, and why nothing was read."""

from dataclasses import replace

import pytest

from auditor.errors import Reason
from auditor.failures import Failure
from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.findings import Severity, Verdict
from auditor.models.history import ClusterHistory, PastRun
from auditor.models.nodes import Role
from auditor.problems import Problem
from auditor.report.summary import (
    ReachabilityChange,
    changes_summary,
    describe_failures,
    failure_reason,
    reachability_changes,
    reachability_line,
)
from tests.report import samples

WELL, DARK = ClusterStatus.COMPLIANT, ClusterStatus.UNAUDITABLE

OTHER = "cucm-other.example.test"


def past(status: ClusterStatus, *unread: str) -> ClusterHistory:
    run = PastRun("r1", "lab", "2026-02-28T02:00:00Z", "", None, status, 0, {})
    return ClusterHistory(runs=(run,), unread=frozenset(unread))


def changes_of(cluster: ClusterReport, before: ClusterHistory) -> list[ReachabilityChange]:
    return list(reachability_changes(cluster, before))


def test_a_node_that_became_unreachable_is_reported_with_its_reason() -> None:
    (change,) = changes_of(samples.incomplete_cluster(), past(WELL))
    assert reachability_line(change) == (
        "unread: imp-sub.example.test (lab) can no longer be read, 16 checks unknown: "
        "imp-sub.example.test did not answer in time"
    )


def test_a_node_that_stays_unreachable_is_not_reported_again() -> None:
    assert (
        changes_of(samples.incomplete_cluster(), past(ClusterStatus.INCOMPLETE, samples.SUB)) == []
    )


@pytest.mark.parametrize(
    "unsure",
    [
        replace(past(ClusterStatus.INCOMPLETE), unread=None),
        replace(past(ClusterStatus.INCOMPLETE), other_publisher=OTHER),
        replace(past(ClusterStatus.INCOMPLETE, samples.SUB), other_publisher=OTHER),
    ],
)
def test_nodes_are_not_compared_if_the_last_run_is_uncertain(
    unsure: ClusterHistory,
) -> None:
    """What became of the cluster as a whole is recorded nevertheless."""
    assert changes_of(samples.incomplete_cluster(), unsure) == []
    assert changes_of(samples.compliant_cluster(), unsure) == []
    assert changes_of(samples.unauditable_cluster(), unsure) != []


def test_a_node_that_is_read_again_is_reported_once() -> None:
    well = samples.compliant_cluster()
    (change,) = changes_of(well, past(ClusterStatus.INCOMPLETE, samples.SUB))
    assert reachability_line(change) == "back: imp-sub.example.test (lab) can be read again"
    assert changes_of(well, past(WELL)) == []


def test_an_unreachable_cluster_is_reported_instead_of_its_nodes() -> None:
    (change,) = changes_of(samples.unauditable_cluster(), past(WELL))
    assert reachability_line(change) == (
        "unread: cluster lab can no longer be audited: "
        "cucm-pub.example.test refused the user name or password"
    )
    assert changes_of(samples.unauditable_cluster(), past(DARK)) == []


def test_a_cluster_that_is_back_is_reported_with_the_node_that_is_not() -> None:
    assert changes_of(samples.compliant_cluster(), past(DARK, samples.SUB, samples.PUB)) == [
        ReachabilityChange("lab", None, back=True)
    ]
    lost, back = changes_of(samples.incomplete_cluster(), past(DARK))
    assert (lost.node, lost.back) == (samples.SUB, False)
    assert reachability_line(back) == "back: cluster lab can be audited again"


def test_a_drifted_cluster_without_read_nodes_is_reported_by_node() -> None:
    """Its status is drift, so it counts as audited, this run and the next."""
    drift = samples.ha(verdict=Verdict.DRIFT)
    nodes = (samples.silent(samples.PUB, Role.PUBLISHER),)
    cluster = replace(samples.compliant_cluster(), findings=(drift,), nodes=nodes)
    assert [change.node for change in changes_of(cluster, past(WELL))] == [samples.PUB]
    assert changes_of(cluster, past(ClusterStatus.DRIFT, samples.PUB)) == []
    assert [change.back for change in changes_of(cluster, past(DARK, samples.PUB))] == []


def test_a_first_run_and_one_without_history_have_no_changes() -> None:
    cluster = samples.unauditable_cluster()
    assert changes_of(cluster, ClusterHistory()) == []
    assert list(reachability_changes(cluster, None)) == []


def test_a_planned_node_is_not_reported() -> None:
    cluster = samples.incomplete_cluster()
    nodes = tuple(replace(node, planned=not node.services) for node in cluster.nodes)
    assert changes_of(replace(cluster, nodes=nodes), past(WELL)) == []


def gap(source: Source, node: str, reason: Reason) -> Coverage:
    return Coverage(source, node, Outcome.FAILED, reason)


def test_servers_with_the_same_failure_are_named_together() -> None:
    names = [f"imp{number}" for number in range(5)]
    cluster = ClusterReport(
        "lab",
        None,
        Severity.LOW,
        nodes=tuple(samples.silent(name, Role.SUBSCRIBER) for name in [*names, "later"]),
        coverage=(
            gap(Source.CUCM_AXL, "cucm", Reason.TLS),
            *(gap(Source.PERFMON, name, Reason.NOT_ASKED) for name in names),
            *(gap(Source.CONTROL_CENTER, name, Reason.UNREACHABLE) for name in names),
            gap(Source.CONTROL_CENTER, "later", Reason.NOT_ASKED),
        ),
    )
    assert failure_reason(cluster) == (
        "cucm showed no certificate that is trusted here; imp0, imp1, imp2 and 2 more could not be "
        "reached"
    )


def test_an_expired_certificate_is_said_to_be_expired() -> None:
    def expired(node: str) -> Coverage:
        values = {"date": "2026-11-20"}
        failure = Failure(Reason.TLS, Problem.EXPIRED_CERTIFICATE, node, values=values)
        return replace(gap(Source.CONTROL_CENTER, node, Reason.TLS), failure=failure)

    other = gap(Source.CONTROL_CENTER, "imp3", Reason.TLS)
    assert describe_failures([expired("imp1"), expired("imp2"), other]) == (
        "imp1 and imp2 showed a certificate that expired on 2026-11-20; nothing was sent; "
        "imp3 showed no certificate that is trusted here"
    )


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_text(reason: Reason) -> None:
    cluster = samples.unauditable_cluster()
    failed = replace(cluster, coverage=(gap(Source.CUCM_AXL, "cucm", reason),))
    assert "cucm" in failure_reason(failed)


def test_changes_are_summarised_in_sentences() -> None:
    gone = samples.past(samples.mixed_cluster())
    assert changes_summary(samples.mixed_cluster(), gone) == (
        "1 difference is new, 1 still there, 1 resolved. 1 earlier difference is unknown now."
    )
    assert changes_summary(samples.incomplete_cluster(), past(WELL)) == (
        "imp-sub.example.test could be read then and cannot be now."
    )
    assert changes_summary(samples.unauditable_cluster(), past(WELL)) == (
        "The cluster could be audited then and cannot be now."
    )
    back = changes_summary(samples.compliant_cluster(), past(ClusterStatus.INCOMPLETE, samples.SUB))
    assert back == "imp-sub.example.test can be read again."
    assert changes_summary(samples.compliant_cluster(), past(WELL)) == "nothing changed."
    strange = replace(past(WELL), other_publisher="cucm-b.example.test")
    assert changes_summary(samples.compliant_cluster(), strange) == (
        "that run used another CUCM publisher, cucm-b.example.test; if it is another cluster, "
        "give each of the two its own name."
    )
