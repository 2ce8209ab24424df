"""Words that all formats share: marks, kinds, summaries of clusters, fields of findings."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from auditor.models.exit_codes import EXIT_CODE_MEANINGS, ExitCode
from auditor.models.facts import Evidence, Outcome, Source
from auditor.models.findings import (
    Cause,
    ClusterReport,
    ClusterStatus,
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
    "? or … unknown",
    "~ explained by the HA state",
    "§ waived",
    "○ not applicable",
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
    FindingKind.REPLICATION_BAD: "database replication not good",
    FindingKind.EXPIRING: "certificate expires soon",
    FindingKind.EXPIRED: "certificate expired",
    FindingKind.RELEASE_DIFFERS: "versions differ",
}


def severity_summary(findings: Iterable[Finding]) -> str:
    """Return `1 critical, 2 high`, worst first."""
    tally = Counter(finding.severity for finding in findings)
    return ", ".join(f"{tally[severity]} {severity}" for severity in Severity if tally[severity])


def count_differences(causes: Sequence[Cause]) -> str:
    """Return `7 causes, 10 differences`; only the differences where none explains another."""
    number = sum(1 + len(cause.explains) for cause in causes)
    differences = count_noun(number, "difference")
    if number == len(causes):
        return differences
    return f"{count_noun(len(causes), 'cause')}, {differences}"


def finding_label(finding: Finding) -> str:
    """Return the service that a finding is about, or its recommendation."""
    return finding.service or finding.recommendation


def nothing_was_read(cluster: ClusterReport) -> bool:
    """Return whether no node's services were read: the cause then matters more than findings."""
    return not any(node.services for node in cluster.nodes)


def cluster_summary(cluster: ClusterReport) -> str:
    """Return the status of a cluster with its reason, in one line that is complete by itself."""
    match cluster.status:
        case ClusterStatus.DRIFT if nothing_was_read(cluster):
            return f"{_unauditable_summary(cluster)} {_drift_summary(cluster)}"
        case ClusterStatus.DRIFT:
            return _drift_summary(cluster)
        case ClusterStatus.INCOMPLETE:
            return f"{_incomplete_reason(cluster)}.{_below_threshold_note(cluster)}"
        case ClusterStatus.UNAUDITABLE:
            return _unauditable_summary(cluster)
        case ClusterStatus.COMPLIANT:
            return f"{_compliant_summary(cluster)}.{_below_threshold_note(cluster)}"


def _select_findings(cluster: ClusterReport, *verdicts: Verdict) -> list[Finding]:
    return sorted((f for f in cluster.findings if f.verdict in verdicts), key=finding_sort_key)


def _drift_summary(cluster: ClusterReport) -> str:
    drift = _select_findings(cluster, Verdict.DRIFT)
    causes = cluster.causes
    worst = causes[0].finding
    others = len(causes[0].explains)
    explains = f", which explains {others} more" if others else ""
    text = (
        f"{count_differences(causes)} ({severity_summary(drift)}). "
        f"Worst: {finding_label(worst)} on {worst.subject.name}:"
        f" {difference_text(worst)}{explains}."
    )
    unread = cluster.unread
    unknown = len(_select_findings(cluster, Verdict.UNKNOWN))
    if unread:
        text += f" {join_names(unread, limit=3)} could not be audited."
    if unknown:
        verb = "is" if unknown == 1 else "are"
        text += f" {count_noun(unknown, 'more check')} {verb} unknown."
    return text


def _count_checks(findings: Sequence[Finding]) -> str:
    return count_noun(len(findings), "check")


def _incomplete_reason(cluster: ClusterReport) -> str:
    unknown = _select_findings(cluster, Verdict.UNKNOWN)
    checks = f"{_count_checks(unknown)} {'is' if len(unknown) == 1 else 'are'} unknown"
    if cluster.unread:
        return f"{join_names(cluster.unread, limit=3)} could not be audited, so {checks}"
    if unknown:
        return f"{checks} ({severity_summary(unknown)})"
    return "A source that should have answered did not"


def _below_threshold_note(cluster: ClusterReport) -> str:
    """Return how much drift is below the threshold, so that no green line hides it."""
    causes = cluster.causes
    if not causes:
        return ""
    return f" Below the threshold {cluster.fail_on}: {count_differences(causes)}."


def _unauditable_summary(cluster: ClusterReport) -> str:
    """Return why nothing could be audited and what to do, in the words of the first failure."""
    # The TCP test is of a database, and does not explain why no node could be read.
    due = [e for e in cluster.coverage if e.reason and e.source is not Source.TCP]
    # What was skipped is a consequence; the cause is what failed before it.
    failed = [entry for entry in due if entry.outcome is Outcome.FAILED] or due
    if not failed:
        return "Nothing could be audited: no IM&P node returned its services."
    first = failed[0]
    why = first.explanation
    others = dict.fromkeys(entry.node for entry in failed if entry.node != first.node)
    also = f" Also no answer from {join_names(others, limit=3)}." if others else ""
    return f"Nothing could be audited: {why}{also}"


def _compliant_summary(cluster: ClusterReport) -> str:
    passed = _count_checks(_select_findings(cluster, Verdict.PASS))
    accepted = len(_select_findings(cluster, Verdict.EXPLAINED, Verdict.WAIVED))
    also = f"; {count_noun(accepted, 'difference')} explained or waived" if accepted else ""
    return f"Everything could be read and {passed} passed{also}"


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
"""The verdicts whose findings are printed in full, most important first."""

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


def _end_text(not_after: datetime, now: datetime) -> str:
    """Return how many whole days are left, or how many have passed since the end."""
    is_over = not_after <= now
    days = (now - not_after if is_over else not_after - now).days
    length = count_noun(days, "day") if days else "less than a day"
    return f"ended {length} ago" if is_over else f"{length} left"


def certificate_lines(certificate: Certificate, now: datetime) -> list[str]:
    """Return one line for each thing; the digest is in two halves, easier to compare."""
    names = ", ".join(certificate.names) or f"{certificate.common_name} (common name only)"
    digest = certificate.sha256
    half = len(digest) // 2 + 1
    return [
        f"names: {names}",
        f"signed by: {'itself' if certificate.self_signed else certificate.issuer}",
        f"valid: {certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}, "
        f"{_end_text(certificate.not_after, now)}",
        "SHA-256:",
        digest[:half],
        digest[half:],
    ]
