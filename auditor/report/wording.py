"""The sentences and marks of terminal reports: what a verdict, a status, a code is called.

What every format tells of one finding: the labels, the sentences behind them, the evidence.

What a certificate says of itself, for eyes that have to compare it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from auditor.models.facts import Evidence, Outcome, Source
from auditor.models.findings import (
    EXIT_CODE_MEANINGS,
    ClusterReport,
    ClusterStatus,
    ExitCode,
    Finding,
    FindingKind,
    Severity,
    Verdict,
    audit_exit_code,
    finding_sort_key,
)
from auditor.models.report import Report
from auditor.models.statements import Form, Statement, make_statement
from auditor.report.sentences import (
    render_clause,
    render_sentence,
    render_sentences,
    render_source,
)
from auditor.soap.messages import Certificate
from auditor.text import count_noun, join_names

VERDICT_MARKS = {
    Verdict.PASS: "✓",
    Verdict.DRIFT: "✗",
    Verdict.UNKNOWN: "?",
    Verdict.EXPLAINED: "~",
    Verdict.WAIVED: "§",
    Verdict.NOT_APPLICABLE: "○",
}

VERDICT_STYLES = {
    Verdict.PASS: "green",
    Verdict.DRIFT: "bold white on red",
    Verdict.UNKNOWN: "bold yellow",
    Verdict.EXPLAINED: "cyan",
    Verdict.WAIVED: "magenta",
    Verdict.NOT_APPLICABLE: "dim",
}

MARK_LEGEND = (
    "✓ as recommended",
    "✗ CAPITALS: drift",
    "? or … cannot be told",
    "~ explained by the HA state",
    "§ waived",
    "○ nothing is asked of it",
)

STATUS_VERDICTS = {
    ClusterStatus.COMPLIANT: Verdict.PASS,
    ClusterStatus.DRIFT: Verdict.DRIFT,
    ClusterStatus.INCOMPLETE: Verdict.UNKNOWN,
    ClusterStatus.UNAUDITABLE: Verdict.UNKNOWN,
}
"""The verdict whose mark and colour a cluster's status takes."""

KIND_TEXTS = {
    FindingKind.NOT_ACTIVATED: "not activated",
    FindingKind.STOPPED: "stopped",
    FindingKind.MISPLACED: "activated where it does not belong",
    FindingKind.UNNEEDED: "activated without need",
    FindingKind.PREREQUISITE_MISSING: "prerequisite missing",
    FindingKind.UNSTABLE: "does not stay up",
    FindingKind.NOT_ANSWERING: "does not answer",
    FindingKind.HA_ABNORMAL: "HA state not normal",
    FindingKind.NOT_GROUPED: "in no redundancy group",
    FindingKind.PROFILE_CONFLICT: "profile and cluster disagree",
}


def severity_summary(findings: Iterable[Finding]) -> str:
    """Return `1 critical, 2 high`, worst first."""
    tally = Counter(finding.severity for finding in findings)
    return ", ".join(f"{tally[severity]} {severity}" for severity in Severity if tally[severity])


def finding_label(finding: Finding) -> str:
    """Return the service that a finding speaks of, or its recommendation."""
    return finding.service or finding.recommendation


def nothing_was_read(cluster: ClusterReport) -> bool:
    """Tell whether no node gave its services: then the cause matters more than any finding."""
    return not any(node.services for node in cluster.nodes)


def cluster_summary(cluster: ClusterReport) -> str:
    """Return the verdict on a cluster in one line that needs no other line to be understood."""
    match cluster.status:
        case ClusterStatus.DRIFT if nothing_was_read(cluster):
            return f"{_unauditable_summary(cluster)} Besides, {_drift_summary(cluster)}"
        case ClusterStatus.DRIFT:
            return _drift_summary(cluster)
        case ClusterStatus.INCOMPLETE:
            return (
                "This is no all-clear:"
                f" {_incomplete_reason(cluster)}.{_below_threshold_note(cluster)}"
            )
        case ClusterStatus.UNAUDITABLE:
            return _unauditable_summary(cluster)
        case ClusterStatus.COMPLIANT:
            return f"{_compliant_summary(cluster)}.{_below_threshold_note(cluster)}"


def _select_findings(cluster: ClusterReport, *verdicts: Verdict) -> list[Finding]:
    return sorted((f for f in cluster.findings if f.verdict in verdicts), key=finding_sort_key)


def _drift_summary(cluster: ClusterReport) -> str:
    drift = _select_findings(cluster, Verdict.DRIFT)
    worst = drift[0]
    what = difference_text(worst)
    text = (
        f"{count_noun(len(drift), 'difference')} ({severity_summary(drift)}). "
        f"Worst: {finding_label(worst)} on {worst.subject.name}: {what}."
    )
    silent = cluster.unread
    unknown = _select_findings(cluster, Verdict.UNKNOWN)
    doubts = [f"{join_names(silent, limit=3)} could not be audited"] if silent else []
    doubts += [f"{_count_checks(unknown)} could not be told"] if unknown else []
    return f"{text} Besides, {' and '.join(doubts)}." if doubts else text


def _count_checks(findings: Sequence[Finding]) -> str:
    return count_noun(len(findings), "check")


def _incomplete_reason(cluster: ClusterReport) -> str:
    unknown = _select_findings(cluster, Verdict.UNKNOWN)
    silent = cluster.unread
    if silent:
        return (
            f"{join_names(silent, limit=3)} could not be audited, so {_count_checks(unknown)} could"
            " not be told"
        )
    if unknown:
        return f"{_count_checks(unknown)} could not be told ({severity_summary(unknown)})"
    return "something that should have been asked gave no answer"


def _below_threshold_note(cluster: ClusterReport) -> str:
    """Say that drift below the threshold is there, so that no green line hides it."""
    lesser = _select_findings(cluster, Verdict.DRIFT)
    if not lesser:
        return ""
    return f" Below the threshold {cluster.fail_on}: {count_noun(len(lesser), 'difference')}."


def _unauditable_summary(cluster: ClusterReport) -> str:
    """Say why nothing could be audited and what to do, in the words of the first failure."""
    asked = [e for e in cluster.coverage if e.reason and e.source is not Source.TCP]
    failed = [entry for entry in asked if entry.outcome is Outcome.FAILED] or asked
    if not failed:
        return "Nothing could be audited: no IM&P node gave its services."
    first = failed[0]
    why = first.explanation
    others = dict.fromkeys(entry.node for entry in failed if entry.node != first.node)
    besides = f" No answer either from {join_names(others, limit=3)}." if others else ""
    return f"Nothing could be audited: {why}{besides}"


def _compliant_summary(cluster: ClusterReport) -> str:
    held = _count_checks(_select_findings(cluster, Verdict.PASS))
    accepted = len(_select_findings(cluster, Verdict.EXPLAINED, Verdict.WAIVED))
    also = f"; {count_noun(accepted, 'difference')} explained or waived" if accepted else ""
    return f"Everything could be read and {held} passed{also}"


def exit_meaning(report: Report) -> str:
    """Return the exit code with its meaning, and what it would be without `--allow-unknown`."""
    code = report.exit_code
    strict = audit_exit_code([cluster.status for cluster in report.clusters])
    if code is not strict:
        return (
            f"Exit code {code:d} ONLY because of --allow-unknown; without it {strict:d}: "
            f"{EXIT_CODE_MEANINGS[strict]}."
        )
    if not report.clusters:
        return f"Exit code {code:d}: no cluster was audited."
    if code is ExitCode.COMPLIANT and report.count(Verdict.DRIFT):
        return f"Exit code {code:d}: complete, and all drift is below the threshold."
    return f"Exit code {code:d}: {EXIT_CODE_MEANINGS[code]}."


VERDICT_HEADINGS = {
    Verdict.DRIFT: "Drift",
    Verdict.UNKNOWN: "Unknown",
    Verdict.EXPLAINED: "Explained by the HA state",
    Verdict.WAIVED: "Waived",
}
"""The verdicts that are told in full, in the order of their weight."""

LabelledText = tuple[str, str]


def labelled_statements(finding: Finding) -> list[tuple[str, tuple[Statement, ...]]]:
    """Return the statements of a finding by label, in the order in which they are read."""
    return [
        ("expected", (finding.expected,)),
        ("observed", (finding.observed,)),
        ("because", (finding.because,)),
        ("matters", (make_statement(Form.NOTE, detail=finding.consequence),)),
        ("remedy", finding.remedy),
    ]


def labelled_sentences(finding: Finding) -> list[LabelledText]:
    """Return what a finding says, without its evidence; nothing in it is empty."""
    return [
        (label, text)
        for label, statements in labelled_statements(finding)
        if (text := render_sentences(statements))
    ]


def evidence_line(evidence: Evidence) -> str:
    """Return one piece of evidence with where it comes from."""
    text = render_sentence(evidence.statement)
    return f"{text} [{evidence.origin}, {render_source(evidence)}]"


def difference_text(finding: Finding) -> str:
    """Return in which way a finding differs, in a few words."""
    return KIND_TEXTS[finding.kind] if finding.kind else render_clause(finding.observed)


def certificate_lines(certificate: Certificate, now: datetime) -> list[str]:
    """Return one line for each thing; the digest stands in two halves, easier to compare."""
    names = ", ".join(certificate.names) or f"{certificate.common_name} (common name only)"
    left = (certificate.not_after - now).days
    ends = f"{left} days left" if left >= 0 else f"ended {-left} days ago"
    digest = certificate.sha256
    half = len(digest) // 2 + 1
    return [
        f"names: {names}",
        f"signed by: {'itself' if certificate.self_signed else certificate.issuer}",
        f"valid: {certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}, {ends}",
        "SHA-256:",
        digest[:half],
        digest[half:],
    ]
