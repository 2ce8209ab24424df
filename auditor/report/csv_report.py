"""The report as CSV: a row for each cluster, finding and source."""

import csv
import io
from collections.abc import Iterator

from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Coverage
from auditor.models.findings import Finding, finding_sort_key
from auditor.models.report import Report
from auditor.report.cluster_summary import cluster_summary
from auditor.report.sentences import render_sentence, render_sentences
from auditor.report.summary import caused_by_texts, get_finding_age
from auditor.report.wording import evidence_line
from auditor.text import printable

REPORT_COLUMNS = (
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
    "caused_by",
)
"""`record` is `cluster`, `finding` or `coverage`; `result` is its status, verdict or outcome.

For a source, `kind` is the reason of a failure, and `subject` the node.
"""

_FORMULA_SIGNS = tuple("=+-@|\uff1d\uff0b\uff0d\uff20")
"""Characters, full-width ones too, that make a spreadsheet run a text as a formula."""

CsvRow = dict[str, str]


def render(report: Report) -> str:
    """Return the report as CSV (RFC 4180, UTF-8): one header, then the clusters in their order.

    A text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    page = io.StringIO()
    writer = csv.DictWriter(page, REPORT_COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for cluster in report.clusters:
        for row in _cluster_csv_rows(report, cluster):
            writer.writerow({column: escape_csv_cell(text) for column, text in row.items()})
    return page.getvalue()


def escape_csv_cell(text: str) -> str:
    """Return a text as a cell: on one line, and never a formula."""
    cell = printable(text)
    return f"'{cell}" if cell.startswith(_FORMULA_SIGNS) else cell


def _cluster_csv_rows(report: Report, cluster: ClusterReport) -> Iterator[CsvRow]:
    yield {
        "record": "cluster",
        "cluster": cluster.name,
        "result": cluster.status,
        "because": cluster_summary(cluster),
    }
    causes = caused_by_texts(cluster)
    for finding in sorted(cluster.findings, key=finding_sort_key):
        yield (
            _finding_csv_row(finding)
            | {"caused_by": causes.get(finding.id, "")}
            | _age_csv_fields(report, finding)
            | _waiver_csv_fields(finding)
        )
    for entry in sorted(cluster.coverage, key=lambda e: (e.node.lower(), e.source)):
        yield _coverage_csv_row(cluster, entry)


def _finding_csv_row(finding: Finding) -> CsvRow:
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
        "expected": render_sentence(finding.expected),
        "observed": render_sentence(finding.observed),
        "because": render_sentence(finding.because),
        "consequence": finding.consequence,
        "remedy": render_sentences(finding.remedy),
        "evidence": " / ".join(evidence_line(evidence) for evidence in finding.evidence),
        "id": finding.id,
    }


def _age_csv_fields(report: Report, finding: Finding) -> CsvRow:
    age = get_finding_age(report, finding)
    return {"since": age.since, "runs": str(age.runs)} if age else {}


def _waiver_csv_fields(finding: Finding) -> CsvRow:
    waiver = finding.waiver
    if waiver is None:
        return {}
    return {
        "waiver_reason": waiver.reason,
        "waiver_owner": waiver.owner,
        "waiver_expires": waiver.expires,
        "waiver_verdict": waiver.verdict,
    }


def _coverage_csv_row(cluster: ClusterReport, entry: Coverage) -> CsvRow:
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
