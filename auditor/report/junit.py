"""The report as JUnit XML: a suite for each cluster, a case for each finding and source."""

from collections.abc import Iterator
from dataclasses import dataclass

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from lxml import etree

from auditor import __version__
from auditor.models.cluster_report import ClusterReport
from auditor.models.counts import count_results
from auditor.models.coverage import Coverage, Outcome
from auditor.models.findings import Finding, Verdict, finding_sort_key
from auditor.models.report import Report
from auditor.report.cluster_summary import cluster_summary
from auditor.report.sentences import render_sentence
from auditor.report.summary import (
    caused_by_texts,
    count_nodes_read,
    finding_age_text,
    get_finding_age,
    skipped_packs_text,
)
from auditor.report.wording import difference_text, evidence_line, exit_meaning, labelled_sentences
from auditor.text import printable

_JunitResult = type[Failure] | type[Error] | type[Skipped]

_RESULT_TYPES: dict[Verdict, _JunitResult] = {
    Verdict.DRIFT: Failure,
    Verdict.UNKNOWN: Error,
    Verdict.EXPLAINED: Skipped,
    Verdict.WAIVED: Skipped,
    Verdict.NOT_APPLICABLE: Skipped,
}

_COVERAGE_AREA = "coverage"
_XML_HEADER = '<?xml version="1.0" encoding="utf-8"?>\n'


@dataclass(frozen=True, slots=True)
class _JunitCase:
    """The name of a case, and its result: class, message, type and text."""

    area: str
    name: str
    result: _JunitResult | None = None
    message: str = ""
    type: str = ""
    text: str = ""


def render(report: Report) -> str:
    """Return the report as JUnit XML, in the form that Jenkins and GitLab read.

    Drift of any severity fails, unknown and a source that gave nothing are errors, and
    explained, waived and not applicable are skipped. A run that audited nothing is an error too, so
    that no reader takes an empty file for success.
    """
    document = JUnitXml("auditor")
    suites = [_cluster_suite(report, cluster) for cluster in report.clusters] or [
        _empty_run_suite(report)
    ]
    for suite in suites:
        document.add_testsuite(suite)
    return _serialize_junit(document)


def _serialize_junit(document: JUnitXml) -> str:
    """Return the document without durations, which would all be zero."""
    document.update_statistics()
    root = etree.fromstring(document.tostring())
    for element in root.iter():
        element.attrib.pop("time", "")
    root.attrib.pop("skipped", "")  # the published schema counts the skipped in suites only
    etree.indent(root)
    return etree.tostring(root, encoding="unicode").join((_XML_HEADER, "\n"))


def _cluster_suite(report: Report, cluster: ClusterReport) -> TestSuite:
    suite = TestSuite(printable(cluster.name))
    suite.timestamp = report.run.started_at.removesuffix("Z")
    for name, value in _suite_properties(report, cluster):
        suite.add_property(name, printable(value))
    causes = caused_by_texts(cluster)
    finding_cases = (
        _finding_case(report, cluster, f, causes.get(f.id, ""))
        for f in sorted(cluster.findings, key=finding_sort_key)
    )
    coverage_cases = (
        _coverage_case(e)
        for e in sorted(cluster.coverage, key=lambda e: (e.node.lower(), e.source))
    )
    suite.add_testcases(
        [_build_test_case(cluster.name, case) for case in (*finding_cases, *coverage_cases)]
    )
    return suite


def _empty_run_suite(report: Report) -> TestSuite:
    suite = TestSuite("auditor")
    case = _JunitCase("run", "clusters", Error, exit_meaning(report), "nothing_audited")
    suite.add_testcase(_build_test_case("auditor", case))
    return suite


def _suite_properties(report: Report, cluster: ClusterReport) -> Iterator[tuple[str, str]]:
    run = report.run
    read, due = count_nodes_read(cluster)
    yield "auditor", __version__
    yield "run", run.id
    yield "status", cluster.status
    yield "verdict", cluster_summary(cluster)
    yield "causes", str(count_results(cluster).causes)
    yield "release", cluster.release or "unknown"
    yield "fail_on", cluster.fail_on
    yield "nodes_read", f"{read} of {due}"
    yield "exit_code", exit_meaning(report)
    if run.insecure:
        yield "insecure", "no certificate was verified"
    if skipped := skipped_packs_text(report):
        yield "packs", skipped
    for notice in cluster.notices:
        yield "notice", notice


def _build_test_case(cluster: str, case: _JunitCase) -> TestCase:
    written = TestCase(printable(case.name), f"{printable(cluster)}.{printable(case.area)}")
    if case.result:
        result = case.result(printable(case.message), case.type)
        if case.text:
            result.text = case.text
        written.result = result
    return written


def _finding_case(
    report: Report, cluster: ClusterReport, finding: Finding, caused_by: str
) -> _JunitCase:
    subject = f"{finding.subject.kind} {finding.subject.name}"
    name = f"{finding.service} on {subject}" if finding.service else subject
    result = _RESULT_TYPES.get(finding.verdict)
    if result is None:
        return _JunitCase(finding.recommendation, name)
    return _JunitCase(
        finding.recommendation,
        name,
        result,
        _case_message(cluster, finding),
        finding.kind or finding.verdict,
        "\n".join(_case_text_lines(report, finding, caused_by)),
    )


def _case_message(cluster: ClusterReport, finding: Finding) -> str:
    match finding.verdict:
        case Verdict.DRIFT:
            below = "" if finding.severity.reaches(cluster.fail_on) else ", below the threshold"
            what = difference_text(finding)
            return f"{finding.severity}{below}: {what}"
        case Verdict.WAIVED if finding.waiver:
            waiver = finding.waiver
            return f"waived until {waiver.expires} by {waiver.owner}: {waiver.reason}"
        case _:
            return f"{finding.verdict.replace('_', ' ')}: {render_sentence(finding.because)}"


def _case_text_lines(report: Report, finding: Finding, caused_by: str) -> Iterator[str]:
    # The message has the reason already; there are many such cases, and none asks for action.
    if finding.verdict is Verdict.NOT_APPLICABLE:
        return
    if caused_by:
        yield f"caused by: {printable(caused_by)}"
    yield from (f"{label}: {printable(text)}" for label, text in labelled_sentences(finding))
    yield from (f"evidence: {printable(evidence_line(evidence))}" for evidence in finding.evidence)
    if finding.waiver:
        yield f"else: {finding.waiver.verdict} without the waiver"
    age = get_finding_age(report, finding)
    if age:
        yield f"since: {finding_age_text(age, report.run)}"
    yield f"finding: {finding.id}"


def _coverage_case(entry: Coverage) -> _JunitCase:
    name = f"{entry.source} of {entry.node}"
    if entry.reason is not None:
        detail = entry.explanation
        return _JunitCase(_COVERAGE_AREA, name, Error, f"{entry.outcome}: {detail}", entry.reason)
    if entry.outcome is Outcome.SKIPPED:
        return _JunitCase(_COVERAGE_AREA, name, Skipped, entry.detail or "not due", "skipped")
    return _JunitCase(_COVERAGE_AREA, name)
