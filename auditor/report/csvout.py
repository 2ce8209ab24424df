"""The report as a table for spreadsheets: a row a cluster, a finding and a source asked."""

import csv
import io
from collections.abc import Iterator

from auditor.facts import Coverage
from auditor.findings import ClusterReport, Finding, order
from auditor.report import tally
from auditor.report.passages import piece
from auditor.report.screen import printable
from auditor.report.wording import sentence
from auditor.runs import Report

COLUMNS = (
    "record",
    "cluster",
    "recommendation",
    "service",
    "subject_kind",
    "subject",
    "result",
    "kind",
    "severity",
    "expected",
    "observed",
    "because",
    "consequence",
    "remedy",
    "since",
    "runs",
    "waiver_reason",
    "waiver_owner",
    "waiver_expires",
    "waiver_verdict",
    "evidence",
    "id",
)
"""`record` is `cluster`, `finding` or `coverage`; `result` is its status, verdict or outcome.

For a source asked, `kind` is the reason why it gave nothing, and `subject` the node.
"""

_FORMULA = tuple("=+-@|\uff1d\uff0b\uff0d\uff20")
"""Signs, the wide ones too, with which a spreadsheet takes a text for a formula or a command."""

Row = dict[str, str]


def render(report: Report) -> str:
    """Return the report as CSV (RFC 4180, UTF-8): one header, then the clusters in their order.

    A text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    page = io.StringIO()
    writer = csv.DictWriter(page, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for cluster in report.clusters:
        for row in _rows(report, cluster):
            writer.writerow({column: cell(text) for column, text in row.items()})
    return page.getvalue()


def cell(text: str) -> str:
    """Return a text as a cell: on one line, and no formula."""
    shown = printable(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _rows(report: Report, cluster: ClusterReport) -> Iterator[Row]:
    yield {
        "record": "cluster",
        "cluster": cluster.name,
        "result": cluster.status,
        "because": sentence(cluster),
    }
    for finding in sorted(cluster.findings, key=order):
        yield _finding(finding) | _standing(report, finding) | _waiver(finding)
    for entry in sorted(cluster.coverage, key=lambda e: (e.node.lower(), e.source)):
        yield _coverage(cluster, entry)


def _finding(finding: Finding) -> Row:
    return {
        "record": "finding",
        "cluster": finding.cluster,
        "recommendation": finding.recommendation,
        "service": finding.service or "",
        "subject_kind": finding.subject.kind,
        "subject": finding.subject.name,
        "result": finding.verdict,
        "kind": finding.kind or "",
        "severity": finding.severity,
        "expected": finding.expected,
        "observed": finding.observed,
        "because": finding.because,
        "consequence": finding.consequence,
        "remedy": finding.remedy,
        "evidence": " / ".join(piece(evidence) for evidence in finding.evidence),
        "id": finding.id,
    }


def _standing(report: Report, finding: Finding) -> Row:
    standing = tally.standing(report, finding)
    return {"since": standing.since, "runs": str(standing.runs)} if standing else {}


def _waiver(finding: Finding) -> Row:
    waiver = finding.waiver
    if waiver is None:
        return {}
    return {
        "waiver_reason": waiver.reason,
        "waiver_owner": waiver.owner,
        "waiver_expires": waiver.expires,
        "waiver_verdict": waiver.verdict,
    }


def _coverage(cluster: ClusterReport, entry: Coverage) -> Row:
    return {
        "record": "coverage",
        "cluster": cluster.name,
        "service": entry.source,
        "subject_kind": "node",
        "subject": entry.node,
        "result": entry.outcome,
        "kind": entry.reason or "",
        "because": entry.detail,
    }
