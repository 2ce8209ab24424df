"""The textfile for Prometheus: what its parser reads, and the rules that promtool checks by."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from auditor import __version__
from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.history import ClusterHistory
from auditor.models.report import Report
from auditor.report import prometheus
from auditor.report.prometheus import NO_TIMESTAMP
from tests.report import samples, shapes

GOLDEN = Path(__file__).parent / "golden"
PROMTOOL = shutil.which("promtool")
FINISHED = 1772330404.0


def families(report: Report) -> dict[str, Metric]:
    read = text_string_to_metric_families(prometheus.render(report))
    return {family.name: family for family in read}


def value(report: Report, name: str, **labels: str) -> float | None:
    samples_of = families(report)[name].samples
    return next((s.value for s in samples_of if s.labels.items() >= labels.items()), None)


@pytest.mark.parametrize("shape", shapes.GOLDEN)
def test_whole_file(shape: str, compare_golden: Callable[[Path, str], None]) -> None:
    text = prometheus.render(shapes.sample(shape)).replace(f'"{__version__}"', '"VERSION"')
    compare_golden(GOLDEN / f"{shape}.prom", text)


@pytest.mark.parametrize("shape", [*shapes.SHAPES, "largest"])
def test_every_report_is_read_back_without_timestamps_or_doubles(shape: str) -> None:
    for family in families(shapes.sample(shape)).values():
        assert all(sample.timestamp is None for sample in family.samples)
        series = [tuple(sorted(sample.labels.items())) for sample in family.samples]
        assert len(series) == len(set(series))


def test_names_follow_the_rules_of_promtool() -> None:
    for name, family in families(samples.remembered()).items():
        assert re.fullmatch(r"auditor(_[a-z]+)+", name)
        assert family.documentation
        assert family.type == "gauge"
        assert not name.endswith(("_total", "_count", "_sum", "_bucket"))
        assert not re.search("milli|minute|hour|day|gauge|kilo", name)
        labels = {label for sample in family.samples for label in sample.labels}
        assert all(re.fullmatch("[a-z]+", label) for label in labels)
        assert labels.isdisjoint({"le", "quantile"})


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_promtool_accepts_the_file() -> None:
    values = {}
    for shape in (*shapes.SHAPES, "largest"):
        checked = subprocess.run(
            [str(PROMTOOL), "check", "metrics"],
            input=prometheus.render(shapes.sample(shape)).encode(),
            capture_output=True,
            check=False,
        )
        values[shape] = (checked.returncode, checked.stderr, checked.stdout)
    assert values == dict.fromkeys(values, (0, b"", b""))


def test_drift_is_counted_by_cluster_recommendation_and_severity() -> None:
    report = samples.mixed()
    labels = {"cluster": "lab", "severity": "critical"}
    assert value(report, "auditor_drift", recommendation="SIP-01", **labels) == 1
    assert value(report, "auditor_drift", recommendation="PE-01", **labels) == 0
    assert value(report, "auditor_drift", recommendation="AXL-02", **labels) is None


def test_findings_are_counted_by_verdict() -> None:
    report = samples.mixed()
    counts = {s.labels["verdict"]: s.value for s in families(report)["auditor_findings"].samples}
    assert counts == {
        "pass": 41,
        "drift": 3,
        "unknown": 5,
        "not_applicable": 16,
        "explained": 1,
        "waived": 0,
    }


def test_an_unreachable_node_is_expected_and_not_audited() -> None:
    report = samples.incomplete()
    assert value(report, "auditor_nodes_expected", cluster="lab") == 2
    assert value(report, "auditor_nodes_audited", cluster="lab") == 1
    assert value(report, "auditor_cluster_status", status="incomplete") == 1
    assert value(report, "auditor_cluster_status", status="compliant") == 0


def last_complete(report: Report) -> float | None:
    return value(report, "auditor_last_complete_run_timestamp_seconds", cluster="lab")


def test_a_complete_run_is_the_last_complete_one() -> None:
    assert last_complete(samples.compliant()) == FINISHED
    assert last_complete(samples.waived()) == FINISHED


@pytest.mark.parametrize("shape", ["mixed", "incomplete", "unauditable"])
def test_without_history_an_incomplete_run_has_no_last_complete_one(shape: str) -> None:
    assert last_complete(shapes.sample(shape)) == NO_TIMESTAMP


def test_a_failed_request_makes_a_run_incomplete_without_unknowns() -> None:
    cluster = samples.compliant_cluster()
    gap = samples.failed(samples.SUB)[:1]
    report = Report(samples.RUN, (replace(cluster, coverage=(*cluster.coverage, *gap)),))
    assert last_complete(report) == NO_TIMESTAMP


@pytest.mark.parametrize(
    ("unknown", "status", "counts"),
    [
        (0, ClusterStatus.COMPLIANT, True),
        (0, ClusterStatus.DRIFT, True),
        (2, ClusterStatus.DRIFT, False),
        (2, ClusterStatus.INCOMPLETE, False),
        (0, ClusterStatus.UNAUDITABLE, False),
    ],
)
def test_history_has_the_last_complete_run(
    unknown: int, status: ClusterStatus, counts: bool
) -> None:
    night = samples.past_run(27, 1, unknown, status, "lab")
    report = replace(samples.mixed(), past={"lab": ClusterHistory(runs=(night,))})
    assert last_complete(report) == (1772157604.0 if counts else NO_TIMESTAMP)


def test_the_end_of_a_waiver_is_the_end_of_its_last_day() -> None:
    name = "auditor_waiver_expiry_timestamp_seconds"
    assert value(samples.waived(), name, recommendation="SIP-01") == 1777593600.0


def named(cluster: ClusterReport, name: str) -> Report:
    return Report(samples.RUN, (replace(cluster, name=name),))


@pytest.mark.parametrize("name", ['a"b', "a\\nb", "a\nb", "a{b}", "a,b=c", "köln", "\ud800", "#x"])
def test_no_name_breaks_out_of_its_label(name: str) -> None:
    report = named(samples.compliant_cluster(), name)
    (sample,) = families(report)["auditor_nodes_expected"].samples
    assert set(sample.labels) == {"cluster"}
    assert sample.value == 2
    assert len(prometheus.render(report).splitlines()) == len(
        prometheus.render(samples.compliant()).splitlines()
    )
