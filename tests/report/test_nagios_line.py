"""The plugin line: one line whatever happens, the state of that world, and clean figures."""

import re
from dataclasses import replace

import pytest

from auditor.models.cluster_report import ClusterReport
from auditor.models.findings import Severity, Verdict
from auditor.models.report import Report
from auditor.report.nagios import PluginState, format_plugin_line, render_plugin_line
from auditor.service_names import AXL_WEB_SERVICE, DATABASE
from tests.report import samples, shapes

FIGURE = re.compile(r"[a-z_]+=\d+;;;0(;\d+)?")


@pytest.mark.parametrize("shape", [*shapes.SHAPES, "largest"])
def test_every_report_is_one_valid_plugin_line(shape: str) -> None:
    line, state = render_plugin_line(shapes.sample(shape))
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert line.startswith(f"IMP {state.name} - ")
    _, figures = line.split("|")
    assert all(FIGURE.fullmatch(figure) for figure in figures.split())


@pytest.mark.parametrize(
    ("shape", "state"),
    [
        ("empty", PluginState.UNKNOWN),
        ("compliant", PluginState.OK),
        ("mixed", PluginState.CRITICAL),
        ("incomplete", PluginState.UNKNOWN),
        ("unauditable", PluginState.UNKNOWN),
        ("many", PluginState.CRITICAL),
        ("waived", PluginState.OK),
        ("caused", PluginState.CRITICAL),
        ("lenient", PluginState.OK),
        ("below_threshold", PluginState.OK),
    ],
)
def test_the_state_of_each_report(shape: str, state: PluginState) -> None:
    assert render_plugin_line(shapes.sample(shape))[1] is state


@pytest.mark.parametrize(
    ("severity", "state"),
    [
        (Severity.CRITICAL, PluginState.CRITICAL),
        (Severity.HIGH, PluginState.CRITICAL),
        (Severity.MEDIUM, PluginState.WARNING),
        (Severity.LOW, PluginState.WARNING),
        (Severity.INFO, PluginState.OK),
    ],
)
def test_severity_of_drift_decides_the_state(severity: Severity, state: PluginState) -> None:
    drift = replace(samples.ha(verdict=Verdict.DRIFT), severity=severity)
    cluster = replace(samples.compliant_cluster(), findings=(drift,))
    assert render_plugin_line(Report(samples.RUN, (cluster,)))[1] is state


def test_drift_below_the_threshold_does_not_raise_the_state() -> None:
    lesser = replace(samples.ha(verdict=Verdict.DRIFT), severity=Severity.LOW)
    grave = replace(lesser, severity=Severity.HIGH)
    strict = replace(samples.compliant_cluster("a"), findings=(lesser,))
    lax = replace(samples.compliant_cluster("b"), findings=(grave,), fail_on=Severity.CRITICAL)
    assert render_plugin_line(Report(samples.RUN, (strict, lax)))[1] is PluginState.WARNING


def test_the_worst_difference_comes_first_and_unknowns_follow() -> None:
    line, _ = render_plugin_line(samples.mixed())
    text, _ = line.split(" | ")
    assert text.startswith(
        "IMP CRITICAL - 3 differences: critical SIP-01 Cisco SIP Proxy on imp-sub.example.test "
        "(lab) stopped; high HA-01 on SubclusterB (lab) HA state not normal; "
    )
    assert text.endswith("; also 5 checks unknown, 4 of 4 nodes read")


def test_causes_are_named_and_not_what_they_explain() -> None:
    line, state = render_plugin_line(samples.caused())
    text, figures = line.split(" | ")
    assert state is PluginState.CRITICAL
    assert text == (
        "IMP CRITICAL - 1 cause, 3 differences: critical RTR-01 Cisco XCP Router on "
        "imp-sub.example.test (lab) stopped (explains 2 more), 2 of 2 nodes read"
    )
    assert figures.startswith("drift=3;;;0 causes=1;;;0 drift_critical=2;;;0 drift_high=1;;;0")


def test_a_mild_cause_counts_as_much_as_what_it_explains() -> None:
    cluster = replace(samples.caused_cluster(), fail_on=Severity.CRITICAL)
    line, _ = render_plugin_line(Report(samples.RUN, (cluster,)))
    assert "1 cause, 3 differences: critical RTR-01" in line


def test_forgiven_unknowns_are_named() -> None:
    line, _ = render_plugin_line(samples.lenient())
    assert "forgiven by --allow-unknown: imp-sub.example.test did not answer in time" in line


def test_the_cause_of_an_unauditable_cluster_is_in_the_line() -> None:
    assert render_plugin_line(samples.unauditable()) == (
        "IMP UNKNOWN - nothing could be audited in lab (cucm-pub.example.test refused "
        "the user name or password), 0 of 0 nodes read | drift=0;;;0 causes=0;;;0 "
        "drift_critical=0;;;0 drift_high=0;;;0 drift_medium=0;;;0 drift_low=0;;;0 "
        "drift_info=0;;;0 unknown=0;;;0 explained=0;;;0 waived=0;;;0 nodes_audited=0;;;0;0\n",
        PluginState.UNKNOWN,
    )


def test_at_most_three_failed_clusters_are_named() -> None:
    clusters = tuple(samples.unauditable_cluster(f"c{number}") for number in range(30))
    text, _ = render_plugin_line(Report(samples.RUN, clusters))[0].split(" | ")
    assert text.count("refused the user name or password") == 3
    assert text.endswith(" and 27 more, 0 of 0 nodes read")


def test_figures_count_drift_by_severity_and_nodes() -> None:
    _, figures = render_plugin_line(samples.mixed())[0].split(" | ")
    assert figures.split() == [
        "drift=3;;;0",
        "causes=3;;;0",
        "drift_critical=1;;;0",
        "drift_high=1;;;0",
        "drift_medium=1;;;0",
        "drift_low=0;;;0",
        "drift_info=0;;;0",
        "unknown=5;;;0",
        "explained=1;;;0",
        "waived=0;;;0",
        "nodes_audited=4;;;0;4",
    ]


def _with_certificate(name: str, end: str) -> ClusterReport:
    node = replace(samples.compliant_cluster(name).nodes[0], name="i'mp=1|x")
    return replace(
        samples.compliant_cluster(name),
        nodes=(replace(node, certificate_not_after=end),),
        certificate_days=5,
    )


def test_certificates_have_their_days_under_labels_of_their_own() -> None:
    """The run began on 2026-03-01 at 02:00; the alert below 7 days is none above the first."""
    ends = ("2026-03-04T01:00:00Z", "2026-02-27T03:00:00Z")
    clusters = [_with_certificate(name, end) for name, end in zip("ab", ends, strict=True)]
    _, figures = render_plugin_line(Report(samples.RUN, tuple(clusters)))[0].split(" | ")

    assert figures.rstrip().partition("nodes_audited")[2].partition(" ")[2] == (
        "'a i_mp_1_x certificate'=2d;5:;5: 'b i_mp_1_x certificate'=-2d;5:;5:"
    )


@pytest.mark.parametrize("name", ["a|b=1", "a\nOK - b", "a\rb", "a\x00b", "a\u2028b"])
def test_a_name_adds_neither_figures_nor_a_line(name: str) -> None:
    drift = samples.stopped("Cisco SIP Proxy", name, name)
    cluster = replace(samples.compliant_cluster(name), findings=(drift,))
    line, _ = render_plugin_line(Report(samples.RUN, (cluster,)))
    assert line.count("|") == 1
    assert len(line.splitlines()) == 1
    assert "\x00" not in line


def test_a_long_text_is_cut_so_that_the_figures_arrive() -> None:
    line, _ = render_plugin_line(Report(samples.RUN, (samples.incomplete_cluster("x" * 5000),)))
    assert len(line) < 1300
    assert format_plugin_line(PluginState.UNKNOWN, "y" * 5000) == f"IMP UNKNOWN - {'y' * 900}…\n"


def test_causes_are_in_the_order_of_every_other_report() -> None:
    """A stopped database is the worst of its severity, whatever its number."""
    axl = replace(samples.stopped(AXL_WEB_SERVICE, samples.PUB), severity=Severity.CRITICAL)
    database = replace(axl, recommendation="NET-11", service=DATABASE)
    cluster = replace(samples.compliant_cluster(), findings=(axl, database))
    line, _ = render_plugin_line(Report(samples.RUN, (cluster,)))

    assert [cause.finding for cause in cluster.causes] == [database, axl]
    assert line.startswith("IMP CRITICAL - 2 differences: critical NET-11 A Cisco DB on ")
