"""The report as JUnit XML: a suite a cluster, a case a recommendation and subject."""

from collections.abc import Iterator
from dataclasses import dataclass

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from lxml import etree

from auditor import __version__
from auditor.facts import Coverage, Outcome
from auditor.findings import ClusterReport, Finding, Verdict, order
from auditor.report import tally
from auditor.report.passages import piece, said
from auditor.report.screen import printable
from auditor.report.wording import KINDS, REASONS, exit_meaning, sentence
from auditor.runs import Report

_Result = type[Failure] | type[Error] | type[Skipped]

_RESULTS: dict[Verdict, _Result] = {
    Verdict.DRIFT: Failure,
    Verdict.UNKNOWN: Error,
    Verdict.EXPLAINED: Skipped,
    Verdict.WAIVED: Skipped,
    Verdict.NOT_APPLICABLE: Skipped,
}

_COVERAGE = "coverage"
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'


@dataclass(frozen=True, slots=True)
class _Case:
    """What a case is called; a result by its class, its message, its type and its text."""

    area: str
    name: str
    result: _Result | None = None
    message: str = ""
    type: str = ""
    text: str = ""


def render(report: Report) -> str:
    """Return the report as JUnit XML, in the form that Jenkins and GitLab read.

    Drift of any severity fails, unknown and a source that gave nothing are errors, and what is
    explained, waived or not applicable is skipped. A run that audited nothing is an error too, so
    that no reader of the file takes its silence for success.
    """
    document = JUnitXml("auditor")
    suites = [_suite(report, cluster) for cluster in report.clusters] or [_nothing(report)]
    for suite in suites:
        document.add_testsuite(suite)
    return _written_out(document)


def _written_out(document: JUnitXml) -> str:
    """Return the document without durations: they would be zeros, and no verdict hangs on one."""
    document.update_statistics()
    root = etree.fromstring(document.tostring())
    for element in root.iter():
        element.attrib.pop("time", "")
    root.attrib.pop("skipped", "")  # the published schema counts the skipped in suites only
    etree.indent(root)
    return etree.tostring(root, encoding="unicode").join((_DECLARATION, "\n"))


def _suite(report: Report, cluster: ClusterReport) -> TestSuite:
    suite = TestSuite(printable(cluster.name))
    suite.timestamp = report.run.started_at.removesuffix("Z")
    for name, value in _properties(report, cluster):
        suite.add_property(name, printable(value))
    found = (_finding(report, cluster, f) for f in sorted(cluster.findings, key=order))
    asked = (_asked(e) for e in sorted(cluster.coverage, key=lambda e: (e.node.lower(), e.source)))
    suite.add_testcases([_written(cluster.name, case) for case in (*found, *asked)])
    return suite


def _nothing(report: Report) -> TestSuite:
    suite = TestSuite("auditor")
    case = _Case("run", "clusters", Error, exit_meaning(report), "nothing_audited")
    suite.add_testcase(_written("auditor", case))
    return suite


def _properties(report: Report, cluster: ClusterReport) -> Iterator[tuple[str, str]]:
    run = report.run
    read, due = tally.nodes_read(cluster)
    yield "auditor", __version__
    yield "run", run.id
    yield "status", cluster.status
    yield "verdict", sentence(cluster)
    yield "release", cluster.release or "unknown"
    yield "fail_on", cluster.fail_on
    yield "nodes_read", f"{read} of {due}"
    yield "exit_code", exit_meaning(report)
    if run.insecure:
        yield "insecure", "no certificate was verified"
    if left_out := tally.left_out(report):
        yield "packs", left_out
    for notice in cluster.notices:
        yield "notice", notice


def _written(cluster: str, case: _Case) -> TestCase:
    written = TestCase(printable(case.name), f"{printable(cluster)}.{printable(case.area)}")
    if case.result:
        result = case.result(printable(case.message), case.type)
        if case.text:
            result.text = case.text
        written.result = result
    return written


def _finding(report: Report, cluster: ClusterReport, finding: Finding) -> _Case:
    subject = f"{finding.subject.kind} {finding.subject.name}"
    name = f"{finding.service} on {subject}" if finding.service else subject
    result = _RESULTS.get(finding.verdict)
    if result is None:
        return _Case(finding.recommendation, name)
    return _Case(
        finding.recommendation,
        name,
        result,
        _message(cluster, finding),
        finding.kind or finding.verdict,
        "\n".join(_story(report, finding)),
    )


def _message(cluster: ClusterReport, finding: Finding) -> str:
    match finding.verdict:
        case Verdict.DRIFT:
            below = "" if finding.severity.reaches(cluster.fail_on) else ", below the threshold"
            what = KINDS[finding.kind] if finding.kind else finding.observed
            return f"{finding.severity}{below}: {what}"
        case Verdict.WAIVED if finding.waiver:
            waiver = finding.waiver
            return f"waived until {waiver.expires} by {waiver.owner}: {waiver.reason}"
        case _:
            return f"{finding.verdict.replace('_', ' ')}: {finding.because}"


def _story(report: Report, finding: Finding) -> Iterator[str]:
    if finding.verdict is Verdict.NOT_APPLICABLE:
        return
    yield from (f"{label}: {printable(text)}" for label, text in said(finding))
    yield from (f"evidence: {printable(piece(evidence))}" for evidence in finding.evidence)
    if finding.waiver:
        yield f"else: {finding.waiver.verdict} without the waiver"
    standing = tally.standing(report, finding)
    if standing:
        yield f"since: {tally.age(standing, report.run)}"
    yield f"finding: {finding.id}"


def _asked(entry: Coverage) -> _Case:
    name = f"{entry.source} of {entry.node}"
    if entry.reason is not None:
        detail = entry.detail or REASONS[entry.reason]
        return _Case(_COVERAGE, name, Error, f"{entry.outcome}: {detail}", entry.reason)
    if entry.outcome is Outcome.SKIPPED:
        return _Case(_COVERAGE, name, Skipped, entry.detail or "not due", "skipped")
    return _Case(_COVERAGE, name)
