"""The rows that every list of clusters is made of: their order, and what each of them holds."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.coverage import Source
from auditor.models.findings import Severity
from auditor.models.history import ClusterHistory
from auditor.models.nodes import Role
from auditor.models.report import Report
from auditor.report import markdown, terminal
from auditor.report.fleet import (
    CertificateEnd,
    FleetRow,
    StatusAge,
    build_fleet,
    build_fleet_row,
    sort_worst_first,
)
from auditor.report.nagios import render_plugin_line
from auditor.report.notification import compose_notification
from auditor.service_names import SIP_PROXY_SERVICE
from tests.report import samples
from tests.report.test_html_report import tree


def nagios_line(report: Report) -> str:
    """Return the line of the plugin."""
    return render_plugin_line(report)[0]


def message(report: Report) -> str:
    """Return the body of the notification."""
    notification = compose_notification(report)
    return notification.body if notification else ""


def drifted(name: str, *severities: Severity) -> ClusterReport:
    """Return a cluster with one cause of each severity."""
    base = samples.compliant_cluster(name)
    service = samples.stopped(SIP_PROXY_SERVICE, samples.SUB, name)
    found = [
        replace(service, recommendation=f"X-{place}", severity=severity)
        for place, severity in enumerate(severities)
    ]
    return replace(base, findings=(*base.findings, *found))


def row(cluster: ClusterReport, **past: ClusterHistory) -> FleetRow:
    """Return the row of a cluster, with its history if given."""
    return build_fleet_row(Report(samples.RUN, (cluster,), past), cluster)


def test_known_harm_comes_before_what_nobody_could_read_and_compliant_clusters_come_last() -> None:
    clusters = (
        samples.compliant_cluster("compliant"),
        samples.incomplete_cluster("incomplete"),
        drifted("low", Severity.LOW),
        samples.unauditable_cluster("unauditable"),
        drifted("two-critical", Severity.CRITICAL, Severity.CRITICAL),
        drifted("critical-and-high", Severity.CRITICAL, Severity.HIGH, Severity.HIGH),
        drifted("many-high", *[Severity.HIGH] * 9),
    )
    assert [cluster.name for cluster in sort_worst_first(clusters)] == [
        "two-critical",
        "critical-and-high",
        "many-high",
        "low",
        "unauditable",
        "incomplete",
        "compliant",
    ]


def test_of_clusters_alike_the_one_with_the_most_unread_nodes_comes_first() -> None:
    one, none = samples.incomplete_cluster("one"), samples.unauditable_cluster("none")
    lost = (*one.nodes, samples.silent("imp-b1.example.test", Role.SUBSCRIBER))
    two = replace(one, name="two", nodes=lost)
    silent = tuple(samples.silent(node.name, node.role) for node in one.nodes)
    listed = replace(none, name="listed", nodes=silent)
    assert [cluster.name for cluster in sort_worst_first((one, listed, two, none))] == [
        "none",
        "listed",
        "two",
        "one",
    ]


def test_drift_below_the_threshold_comes_before_none_among_the_compliant() -> None:
    (lesser,) = samples.below_threshold().clusters
    clusters = (samples.compliant_cluster("a"), replace(lesser, name="z"))
    assert [cluster.name for cluster in sort_worst_first(clusters)] == ["z", "a"]


def test_the_order_does_not_depend_on_the_order_of_the_file() -> None:
    report = samples.largest()
    turned = replace(report, clusters=report.clusters[::-1])
    assert [r.name for r in build_fleet(report)] == [r.name for r in build_fleet(turned)]


def test_a_cause_counts_once_at_the_gravest_severity_of_what_it_explains() -> None:
    found = row(samples.caused_cluster())
    assert (found.causes, found.counts.differences) == ({Severity.CRITICAL: 1}, 3)


@pytest.mark.parametrize(("read", "is_only_bound"), [(True, False), (False, True)])
def test_the_first_certificate_to_end_is_only_a_bound_where_one_was_not_read(
    read: bool, is_only_bound: bool
) -> None:
    first, second = samples.compliant_cluster().nodes
    nodes = (
        replace(first, certificate_not_after="2026-03-11T02:00:00Z"),
        replace(second, certificate_not_after="2027-01-01T00:00:00Z" if read else None),
    )
    cluster = replace(
        samples.compliant_cluster(), nodes=nodes, cucm_certificate_not_after="2028-01-01T00:00:00Z"
    )
    assert row(cluster).certificate == CertificateEnd(first.name, 10, is_only_bound)
    assert row(samples.compliant_cluster()).certificate is None


DRIFT, COMPLIANT = ClusterStatus.DRIFT, ClusterStatus.COMPLIANT


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([DRIFT, DRIFT, COMPLIANT, DRIFT], StatusAge("2026-02-27T02:00:00Z", 3, False)),
        ([COMPLIANT, DRIFT], StatusAge("2026-03-01T02:00:00Z", 1, False)),
        ([DRIFT, DRIFT], StatusAge("2026-02-27T02:00:00Z", 3, True)),
    ],
)
def test_a_status_is_as_old_as_the_unbroken_row_of_runs_that_have_it(
    statuses: list[ClusterStatus], expected: StatusAge
) -> None:
    runs = tuple(
        samples.past_run(28 - place, 1, 0, status, "lab") for place, status in enumerate(statuses)
    )
    cluster = samples.caused_cluster()
    assert row(cluster, lab=ClusterHistory(runs=runs)).age == expected
    other = ClusterHistory(runs=runs, other_publisher="cucm.elsewhere.test")
    assert row(cluster, lab=other).age is None
    assert row(cluster).age is None


def test_an_unread_node_names_the_failure_to_fix_first_and_what_it_leaves_unknown() -> None:
    (unread,) = row(samples.incomplete_cluster()).unread
    assert (unread.name, unread.unknown) == (samples.SUB, 16)
    assert unread.failure is not None
    assert unread.failure.source is Source.CONTROL_CENTER


def test_a_severity_may_hide_more_where_its_checks_are_unknown_or_nothing_was_read() -> None:
    assert row(samples.compliant_cluster()).hidden == frozenset()
    assert row(samples.mixed_cluster()).hidden == {Severity.CRITICAL, Severity.HIGH}
    assert row(samples.unauditable_cluster()).hidden == frozenset(Severity)


def causes_in_terminal(report: Report) -> dict[str, str]:
    """Return the cells of each severity that somebody reading the terminal sees, by cluster."""
    head, _, *lines = itertools.dropwhile(
        lambda line: not line.lstrip().startswith("cluster  "), terminal.render(report).splitlines()
    )
    start, end = head.index("critical"), head.index("nodes read")
    return {
        r.name: next(line for line in lines if line.split()[:1] == [r.name])[start:end].strip()
        for r in build_fleet(report)
    }


def causes_on_page(report: Report) -> dict[str, str]:
    """Return the cells of the causes on the page, by cluster."""
    rows = tree(report).xpath("//table[@id='fleet']/tbody/tr")
    return {row.xpath("string(th)"): row.xpath("string(td[2])").strip() for row in rows}


def test_no_table_shows_a_zero_where_a_cause_may_hide() -> None:
    clusters = (
        drifted("hurt", Severity.CRITICAL),
        samples.incomplete_cluster("half"),
        samples.unauditable_cluster("dark"),
        samples.compliant_cluster("well"),
    )
    report = Report(samples.RUN, clusters)
    assert causes_in_terminal(report) == {"hurt": "1", "dark": "?", "half": "?", "well": "-"}
    assert causes_on_page(report) == {
        "hurt": "1 critical",
        "dark": "unknown?",
        "half": "? critical ? high ? medium",
        "well": "none-",
    }


def test_a_refused_account_is_an_unread_server_too() -> None:
    (unread,) = row(samples.unauditable_cluster()).unread
    assert unread.failure is not None
    assert unread.failure.source is Source.CUCM_AXL


@pytest.mark.parametrize("render", [terminal.render, markdown.render, nagios_line, message])
def test_no_text_depends_on_the_order_of_the_file(render: Callable[[Report], str]) -> None:
    clusters = (
        samples.caused_cluster("hurt"),
        samples.incomplete_cluster("half"),
        samples.unauditable_cluster("dark"),
        samples.compliant_cluster("well"),
    )
    runs = (samples.past_run(28, 0, 0, COMPLIANT, "any"),)
    past = {cluster.name: ClusterHistory(runs=runs) for cluster in clusters}
    report = Report(samples.RUN, clusters, past)
    # The last part of a plugin's line is for machines, and has the order of the file.
    told = [
        render(r).partition(" | ")[0] for r in (report, replace(report, clusters=clusters[::-1]))
    ]
    assert told[0] == told[1]
