"""The report as SARIF 2.1.0: alerts that open and close in code scanning and in viewers."""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from auditor import __version__
from auditor.facts import Coverage
from auditor.findings import MEANINGS, ClusterReport, Finding, Severity, Verdict, Waiver, order
from auditor.recommendations.model import Recommendation, load_packs
from auditor.report import tally
from auditor.report.passages import piece
from auditor.report.screen import printable
from auditor.report.wording import KINDS, REASONS, sentence
from auditor.runs import Report

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_FINGERPRINT = "auditorFinding/v1"

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}

_KINDS = {
    Verdict.DRIFT: "fail",
    Verdict.WAIVED: "fail",
    Verdict.UNKNOWN: "open",
    Verdict.EXPLAINED: "informational",
}
"""Passes and what is not applicable are no results: most readers open an alert for each result.

An unknown is one, so that an alert does not close because nobody could look.
"""

_Json = dict[str, Any]


def render(report: Report) -> str:
    """Return the report as one SARIF run: ASCII, sorted keys, one newline at the end.

    Every recommendation of the built-in packs is declared, judged or not, so that a reader tells
    "fixed" from "no longer checked". Each result has the finding's id as its fingerprint.
    """
    rows = load_packs()
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report, rows)]}
    return json.dumps(document, indent=2, sort_keys=True, allow_nan=False) + "\n"


def _run(report: Report, rows: Iterable[Recommendation]) -> _Json:
    rules = [_rule(row) for row in rows]
    known = {rule["id"] for rule in rules}
    shown = [
        (cluster, finding)
        for cluster in report.clusters
        for finding in sorted(cluster.findings, key=order)
        if finding.verdict in _KINDS
    ]
    strangers = sorted({printable(f.recommendation) for _, f in shown} - known)
    rules += [{"id": name} for name in strangers]
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    driver = {
        "name": "auditor",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": rules,
    }
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"auditor/{quote(printable(report.run.mode), safe='')}/"},
        "invocations": [_invocation(report)],
        "results": [_result(report, c, f, places[printable(f.recommendation)]) for c, f in shown],
        "properties": {"clusters": [_cluster(cluster) for cluster in report.clusters]},
    }


def _rule(row: Recommendation) -> _Json:
    source = f"{row.source.document}, {row.source.section}"
    ways = [f"{KINDS[kind]}: in {r.page}, {r.action}" for kind, r in row.remedy.items()]
    return {
        "id": row.id,
        "shortDescription": {"text": row.title},
        "fullDescription": {"text": row.consequence},
        "help": {"text": "\n".join([*ways, f"Source: {source} ({row.source.releases})."])},
        "helpUri": row.source.url,
        "defaultConfiguration": {"level": _LEVELS[row.severity]},
        "properties": {"pack": row.pack, "severity": row.severity},
    }


def _result(report: Report, cluster: ClusterReport, finding: Finding, place: int) -> _Json:
    kind = _KINDS[finding.verdict]
    result = {
        "ruleId": printable(finding.recommendation),
        "ruleIndex": place,
        "kind": kind,
        "level": _LEVELS[finding.severity] if kind == "fail" else "none",
        "message": {"text": _message(finding)},
        "locations": [_location(cluster.name, finding)],
        "fingerprints": {_FINGERPRINT: finding.id},
        "partialFingerprints": {"primaryLocationLineHash": finding.id},
        "properties": _properties(report, finding),
    }
    if finding.waiver:
        result["suppressions"] = [_suppression(finding.waiver)]
    return result


def _message(finding: Finding) -> str:
    service = f"{finding.service} on " if finding.service else ""
    head = f"{service}{finding.subject.kind} {finding.subject.name}: {finding.observed}"
    told = (
        head,
        f"expected: {finding.expected}",
        finding.because,
        finding.consequence,
        f"Remedy: {finding.remedy}" if finding.remedy else "",
    )
    return "\n".join(printable(text) for text in told if text)


def _properties(report: Report, finding: Finding) -> _Json:
    standing = tally.standing(report, finding)
    told: _Json = {
        "verdict": finding.verdict,
        "severity": finding.severity,
        "evidence": [printable(piece(evidence)) for evidence in finding.evidence],
    }
    if finding.kind:
        told["kind"] = finding.kind
    if standing:
        told |= {"since": standing.since, "runs": standing.runs}
    return told


def _suppression(waiver: Waiver) -> _Json:
    return {
        "kind": "external",
        "status": "accepted",
        "justification": printable(
            f"{waiver.reason} ({waiver.owner}, until {waiver.expires}; {waiver.verdict} without)"
        ),
    }


def _location(cluster: str, finding: Finding) -> _Json:
    """Return where it is, as a logical place and as the address that alert lists insist on."""
    path = (cluster, finding.subject.kind, finding.subject.name)
    named = [printable(part) for part in path]
    return {
        "logicalLocations": [
            {"name": named[-1], "fullyQualifiedName": "/".join(named), "kind": "resource"}
        ],
        "physicalLocation": {
            "artifactLocation": {"uri": "/".join(quote(part, safe="") for part in named)},
            "region": {"startLine": 1},
        },
    }


def _cluster(cluster: ClusterReport) -> _Json:
    read, due = tally.nodes_read(cluster)
    return {
        "name": printable(cluster.name),
        "status": cluster.status,
        "verdict": printable(sentence(cluster)),
        "nodes_read": read,
        "nodes_expected": due,
        "counts": {str(verdict): tally.of(cluster, verdict) for verdict in Verdict},
    }


def _invocation(report: Report) -> _Json:
    """Return how the run went; one that left something unread was not successful."""
    run, code = report.run, report.exit_code
    return {
        "executionSuccessful": bool(report.clusters) and not any(map(tally.gaps, report.clusters)),
        "startTimeUtc": run.started_at,
        "endTimeUtc": run.finished_at,
        "exitCode": int(code),
        "exitCodeDescription": MEANINGS[code],
        "toolExecutionNotifications": list(_notifications(report)),
        "properties": {
            "run": printable(run.id),
            "fail_on": run.fail_on,
            "insecure": run.insecure,
            "allow_unknown": run.allow_unknown,
        },
    }


def _notifications(report: Report) -> Iterator[_Json]:
    if report.run.insecure:
        yield _told("insecure", "warning", "--insecure: no certificate was verified.")
    if left_out := tally.left_out(report):
        yield _told("packs", "warning", f"--pack: {left_out}")
    for cluster in report.clusters:
        for entry in tally.gaps(cluster):
            yield _gap(cluster, entry)
        for notice in cluster.notices:
            yield _told("notice", "note", f"{cluster.name}: {notice}")


def _gap(cluster: ClusterReport, entry: Coverage) -> _Json:
    detail = entry.detail or (REASONS[entry.reason] if entry.reason else "")
    said = f"{cluster.name}: {entry.source} of {entry.node} gave nothing ({entry.reason}). {detail}"
    return _told(f"coverage/{entry.reason}", "error", said)


def _told(name: str, level: str, text: str) -> _Json:
    return {"descriptor": {"id": name}, "level": level, "message": {"text": printable(text)}}
