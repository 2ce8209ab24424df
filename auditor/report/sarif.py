"""The report as SARIF 2.1.0: alerts that open and close in code scanning and in viewers."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from auditor import __version__
from auditor.models.cluster_report import ClusterReport
from auditor.models.counts import count_results
from auditor.models.coverage import Coverage
from auditor.models.exit_codes import EXIT_CODE_MEANINGS
from auditor.models.findings import Finding, Severity, Verdict, Waiver, finding_sort_key
from auditor.models.report import Report
from auditor.recommendations.packs import Recommendation, Remedy, load_packs
from auditor.recommendations.remedies import remedy_statements
from auditor.report.cluster_summary import cluster_summary
from auditor.report.sentences import render_sentence, render_sentences
from auditor.report.summary import (
    caused_by_texts,
    count_nodes_read,
    coverage_gaps,
    get_finding_age,
    skipped_packs_text,
)
from auditor.report.wording import KIND_TEXTS, evidence_line
from auditor.text import json_text, printable

_SARIF_SCHEMA_URI = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_FINGERPRINT_NAME = "auditorFinding/v1"

_SARIF_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}

_SARIF_KINDS = {
    Verdict.DRIFT: "fail",
    Verdict.WAIVED: "fail",
    Verdict.UNKNOWN: "open",
    Verdict.EXPLAINED: "informational",
}
"""Pass and not applicable are no results, because most readers open an alert for each result.

Unknown is a result, so that an alert does not close because a check failed.
"""

_SarifObject = dict[str, Any]


def render(report: Report) -> str:
    """Return the report as one SARIF run: ASCII, sorted keys, one newline at the end.

    Every recommendation of the built-in packs is declared, judged or not, so that a reader can
    distinguish "fixed" from "no longer checked". The fingerprint of a result is its finding's id.
    """
    rows = load_packs()
    document = {
        "$schema": _SARIF_SCHEMA_URI,
        "version": "2.1.0",
        "runs": [_sarif_run(report, rows)],
    }
    return json_text(document)


def _sarif_run(report: Report, rows: Iterable[Recommendation]) -> _SarifObject:
    rules = [_sarif_rule(row) for row in rows]
    rule_ids = {rule["id"] for rule in rules}
    causes = {id_: text for c in report.clusters for id_, text in caused_by_texts(c).items()}
    results = [
        (cluster, finding)
        for cluster in report.clusters
        for finding in sorted(cluster.findings, key=finding_sort_key)
        if finding.verdict in _SARIF_KINDS
    ]
    # Recommendations of custom packs are not among the built-in rows.
    undeclared = sorted({printable(f.recommendation) for _, f in results} - rule_ids)
    rules += [{"id": name} for name in undeclared]
    rule_indexes = {rule["id"]: index for index, rule in enumerate(rules)}
    driver = {
        "name": "auditor",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": rules,
    }
    return {
        "tool": {"driver": driver},
        # Code scanning takes what precedes the last slash as the category of an analysis: without
        # the mode, a replay of old evidence would close the alerts of an audit.
        "automationDetails": {"id": f"auditor/{quote(printable(report.run.mode), safe='')}/"},
        "invocations": [_sarif_invocation(report)],
        "results": [
            _sarif_result(
                report, c, f, rule_indexes[printable(f.recommendation)], causes.get(f.id, "")
            )
            for c, f in results
        ],
        "properties": {
            "clusters": [_sarif_cluster_properties(cluster) for cluster in report.clusters]
        },
    }


def _remedy_text(remedy: Remedy) -> str:
    return render_sentences(remedy_statements(remedy))


def _sarif_rule(row: Recommendation) -> _SarifObject:
    source = f"{row.source.document}, {row.source.section}"
    ways = [f"{KIND_TEXTS[kind]}: {_remedy_text(r)}" for kind, r in row.remedy.items()]
    if row.remedy_without is not None:
        r = row.remedy_without
        ways.append(f"with {r.feature} declared absent: {_remedy_text(r)}")
    if row.remedy_ha_off is not None:
        ways.append(f"where high availability is off: {_remedy_text(row.remedy_ha_off)}")
    return {
        "id": row.id,
        "shortDescription": {"text": row.title},
        "fullDescription": {"text": row.consequence},
        "help": {"text": "\n".join([*ways, f"Source: {source} ({row.source.releases})."])},
        "helpUri": row.source.url,
        "defaultConfiguration": {"level": _SARIF_LEVELS[row.severity]},
        "properties": {"pack": row.pack, "severity": row.severity},
    }


def _sarif_result(
    report: Report, cluster: ClusterReport, finding: Finding, rule_index: int, caused_by: str
) -> _SarifObject:
    kind = _SARIF_KINDS[finding.verdict]
    result = {
        "ruleId": printable(finding.recommendation),
        "ruleIndex": rule_index,
        "kind": kind,
        # SARIF 2.1.0 (3.27.10): any kind but "fail" has the level "none".
        "level": _SARIF_LEVELS[finding.severity] if kind == "fail" else "none",
        "message": {"text": _sarif_message(finding, caused_by)},
        "locations": [_sarif_location(cluster.name, finding)],
        "fingerprints": {_FINGERPRINT_NAME: finding.id},
        # The only fingerprint that GitHub reads.
        "partialFingerprints": {"primaryLocationLineHash": finding.id},
        "properties": _sarif_properties(report, finding),
    }
    if finding.waiver:
        result["suppressions"] = [_sarif_suppression(finding.waiver)]
    return result


def _sarif_message(finding: Finding, caused_by: str) -> str:
    service = f"{finding.service} on " if finding.service else ""
    parts = (
        f"{service}{finding.subject.kind} {finding.subject.name}:"
        f" {render_sentence(finding.observed)}",
        f"expected: {render_sentence(finding.expected)}",
        render_sentence(finding.because),
        f"Caused by {caused_by}." if caused_by else "",
        finding.consequence,
        f"Remedy: {render_sentences(finding.remedy)}" if finding.remedy else "",
    )
    return "\n".join(printable(text) for text in parts if text)


def _sarif_properties(report: Report, finding: Finding) -> _SarifObject:
    age = get_finding_age(report, finding)
    properties: _SarifObject = {
        "verdict": finding.verdict,
        "severity": finding.severity,
        "evidence": [printable(evidence_line(evidence)) for evidence in finding.evidence],
    }
    if finding.kind:
        properties["kind"] = finding.kind
    if finding.caused_by:
        properties["caused_by"] = list(finding.caused_by)
    if age:
        properties |= {"since": age.since, "runs": age.runs}
    return properties


def _sarif_suppression(waiver: Waiver) -> _SarifObject:
    return {
        "kind": "external",
        "status": "accepted",
        "justification": printable(
            f"{waiver.reason} ({waiver.owner}, until {waiver.expires}; {waiver.verdict} without)"
        ),
    }


def _sarif_location(cluster: str, finding: Finding) -> _SarifObject:
    """Return the logical location, and the physical one that alert lists require."""
    path = (cluster, finding.subject.kind, finding.subject.name)
    named = [printable(part) for part in path]
    return {
        "logicalLocations": [
            {"name": named[-1], "fullyQualifiedName": "/".join(named), "kind": "resource"}
        ],
        "physicalLocation": {
            "artifactLocation": {"uri": "/".join(quote(part, safe="") for part in named)},
            # Code scanning refuses a location without a line, though no file is meant.
            "region": {"startLine": 1},
        },
    }


def _sarif_cluster_properties(cluster: ClusterReport) -> _SarifObject:
    read, due = count_nodes_read(cluster)
    counts = count_results(cluster)
    return {
        "name": printable(cluster.name),
        "status": cluster.status,
        "verdict": printable(cluster_summary(cluster)),
        "causes": counts.causes,
        "nodes_read": read,
        "nodes_expected": due,
        "counts": {str(verdict): number for verdict, number in counts.by_verdict.items()},
    }


def _sarif_invocation(report: Report) -> _SarifObject:
    """Return the outcome of the run; one that could not read everything was not successful."""
    run, code = report.run, report.exit_code
    return {
        "executionSuccessful": bool(report.clusters)
        and not any(map(coverage_gaps, report.clusters)),
        "startTimeUtc": run.started_at,
        "endTimeUtc": run.finished_at,
        "exitCode": int(code),
        "exitCodeDescription": EXIT_CODE_MEANINGS[code],
        "toolExecutionNotifications": list(_sarif_notifications(report)),
        "properties": {
            "run": printable(run.id),
            "fail_on": run.fail_on,
            "insecure": run.insecure,
            "allow_unknown": run.allow_unknown,
        },
    }


def _sarif_notifications(report: Report) -> Iterator[_SarifObject]:
    if report.run.insecure:
        yield _tool_notification("insecure", "warning", "--insecure: no certificate was verified.")
    if skipped := skipped_packs_text(report):
        yield _tool_notification("packs", "warning", f"--pack: {skipped}")
    for cluster in report.clusters:
        for entry in coverage_gaps(cluster):
            yield _coverage_notification(cluster, entry)
        for notice in cluster.notices:
            yield _tool_notification("notice", "note", f"{cluster.name}: {notice}")


def _coverage_notification(cluster: ClusterReport, entry: Coverage) -> _SarifObject:
    detail = entry.explanation
    text = f"{cluster.name}: {entry.source} of {entry.node} gave nothing ({entry.reason}). {detail}"
    return _tool_notification(f"coverage/{entry.reason}", "error", text)


def _tool_notification(name: str, level: str, text: str) -> _SarifObject:
    return {"descriptor": {"id": name}, "level": level, "message": {"text": printable(text)}}
