"""The JUnit report: valid by the schemas, and an unknown never looks like success.

The schema of the Jenkins xUnit plugin is in no package that can be installed; it stands in pytest's
source archive, which `.ci/run` unpacks. `JUNIT_XSD` names the file; without it, our own narrower
schema is the only one that is asked.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from junitparser import JUnitXml
from lxml import etree

from auditor import __version__
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.findings import Verdict
from auditor.models.report import Report
from auditor.report import junit
from tests.report import samples, shapes

GOLDEN = Path(__file__).parent / "golden"
OURS = Path(__file__).parent / "junit.xsd"
PUBLISHED = os.environ.get("JUNIT_XSD", "")


def tree(report: Report) -> etree._Element:
    return etree.fromstring(junit.render(report).encode())


def validate(report: Report, schema: Path) -> None:
    etree.XMLSchema(etree.parse(str(schema))).assertValid(tree(report))


@pytest.mark.parametrize("shape", shapes.GOLDEN)
def test_whole_document(shape: str, compare_golden: Callable[[Path, str], None]) -> None:
    text = junit.render(shapes.sample(shape)).replace(f'value="{__version__}"', 'value="VERSION"')
    compare_golden(GOLDEN / f"{shape}.junit.xml", text)


@pytest.mark.parametrize("shape", [*shapes.SHAPES, "largest"])
def test_every_report_follows_our_schema(shape: str) -> None:
    validate(shapes.sample(shape), OURS)


@pytest.mark.skipif(not PUBLISHED, reason="JUNIT_XSD names no copy of the published schema")
def test_every_report_follows_the_published_schema() -> None:
    for shape in (*shapes.SHAPES, "largest"):
        validate(shapes.sample(shape), Path(PUBLISHED))


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict.PASS, []),
        (Verdict.DRIFT, ["failure"]),
        (Verdict.UNKNOWN, ["error"]),
        (Verdict.EXPLAINED, ["skipped"]),
        (Verdict.WAIVED, ["skipped"]),
        (Verdict.NOT_APPLICABLE, ["skipped"]),
    ],
)
def test_each_verdict_has_its_result(verdict: Verdict, expected: list[str]) -> None:
    cluster = samples.compliant_cluster()
    report = Report(
        samples.RUN, (replace(cluster, findings=(samples.ha(verdict=verdict),), coverage=()),)
    )
    (case,) = tree(report).iter("testcase")
    assert [child.tag for child in case] == expected


@pytest.mark.parametrize("shape", shapes.SHAPES)
def test_a_recommendation_and_subject_is_one_case(shape: str) -> None:
    report = shapes.sample(shape)
    cases = [(c.get("classname", ""), c.get("name")) for c in tree(report).iter("testcase")]
    judged = {case for case in cases if not case[0].endswith((".coverage", ".run"))}
    assert len(judged) == sum(len(cluster.findings) for cluster in report.clusters)
    expected = sum(len(cluster.findings) + len(cluster.coverage) for cluster in report.clusters)
    assert len(cases) == (expected or 1)


@pytest.mark.parametrize("shape", ["empty", "incomplete", "unauditable", "lenient"])
def test_what_was_not_read_is_an_error(shape: str) -> None:
    document = JUnitXml.fromstring(junit.render(shapes.sample(shape)).encode())
    assert document.errors > 0


def test_a_source_that_was_not_due_is_skipped() -> None:
    cluster = samples.compliant_cluster()
    planned = Coverage(Source.TCP, "db.example.test", Outcome.SKIPPED, note="probe is off")
    report = Report(samples.RUN, (replace(cluster, coverage=(planned,)),))
    (case,) = [c for c in tree(report).iter("testcase") if "tcp" in c.get("name", "")]
    assert [(child.tag, child.get("message")) for child in case] == [("skipped", "probe is off")]


def test_drift_below_the_threshold_fails_and_says_so() -> None:
    (failure,) = tree(samples.below_threshold()).iter("failure")
    assert failure.get("message") == "low, below the threshold: stopped"


def test_the_counts_add_up() -> None:
    root = tree(samples.mixed())
    for total, tag in {"failures": "failure", "errors": "error"}.items():
        assert int(root.get(total, "")) == sum(1 for _ in root.iter(tag))
    assert int(root.get("tests", "")) == sum(1 for _ in root.iter("testcase"))


def test_history_adds_the_age_of_a_finding() -> None:
    texts = [failure.text or "" for failure in tree(samples.remembered()).iter("failure")]
    assert (
        sum("since: 3 days, 4 runs (first seen 2026-02-26T02:00:00Z)" in text for text in texts)
        == 2
    )


def test_the_same_report_is_the_same_text() -> None:
    assert junit.render(samples.many()) == junit.render(samples.many())
