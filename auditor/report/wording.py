"""Words that all formats share: marks, kinds, fields of findings."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from auditor.models.cluster_report import ClusterStatus, audit_exit_code
from auditor.models.counts import ResultCounts
from auditor.models.evidence import Evidence
from auditor.models.exit_codes import EXIT_CODE_MEANINGS, ExitCode
from auditor.models.findings import Finding, FindingKind, Severity, Verdict
from auditor.models.forms import Form
from auditor.models.report import Report
from auditor.models.statements import Statement, make_statement
from auditor.report.sentences import (
    render_clause,
    render_sentence,
    render_sentences,
    render_source,
)
from auditor.soap.messages import Certificate
from auditor.text import count_noun

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

STATUS_WORDS = {
    ClusterStatus.DRIFT: "drifted",
    ClusterStatus.UNAUDITABLE: "could not be audited",
    ClusterStatus.INCOMPLETE: "incomplete",
    ClusterStatus.COMPLIANT: "compliant",
}
"""What is said of clusters with a status, worst first."""

KIND_TEXTS = {
    FindingKind.NOT_ACTIVATED: "not activated",
    FindingKind.STOPPED: "stopped",
    FindingKind.MISPLACED: "activated where it does not belong",
    FindingKind.UNNEEDED: "activated without need",
    FindingKind.PREREQUISITE_MISSING: "prerequisite missing",
    FindingKind.UNSTABLE: "does not stay up",
    FindingKind.NOT_ANSWERING: "does not answer",
    FindingKind.HA_ABNORMAL: "high availability not normal",
    FindingKind.NOT_GROUPED: "in no redundancy group",
    FindingKind.PROFILE_CONFLICT: "profile and cluster disagree",
    FindingKind.REPLICATION_BAD: "database replication not good",
    FindingKind.EXPIRING: "certificate expires soon",
    FindingKind.EXPIRED: "certificate expired",
    FindingKind.RELEASE_DIFFERS: "versions differ",
}


def difference_text(finding: Finding) -> str:
    """Return in which way a finding differs, in a few words."""
    if finding.kind is FindingKind.HA_ABNORMAL:
        # Two states that are mended in two ways, and that the finding tells apart.
        is_off = finding.observed.form is Form.HA_SWITCHED_OFF
        return "high availability is off" if is_off else "HA state not normal"
    return KIND_TEXTS[finding.kind] if finding.kind else render_clause(finding.observed)


def difference_suffix(finding: Finding) -> str:
    """Return `: stopped` to put behind what a finding is about, "" if it has no kind."""
    return f": {difference_text(finding)}" if finding.kind else ""


def kind_suffix(kind: FindingKind | None) -> str:
    """Return `: stopped` to put behind what differs, "" for no kind."""
    return f": {KIND_TEXTS[kind]}" if kind else ""


def kind_note(kind: FindingKind | None) -> str:
    """Return ` (stopped)` to put behind a verdict, "" for no kind."""
    return f" ({KIND_TEXTS[kind]})" if kind else ""


def severity_summary(findings: Iterable[Finding]) -> str:
    """Return `1 critical, 2 high`, worst first."""
    return count_severities(Counter(finding.severity for finding in findings))


def count_severities(numbers: Mapping[Severity, int]) -> str:
    """Return `1 critical, 2 high`, worst first, of how many have each severity."""
    return ", ".join(f"{numbers[s]} {s}" for s in Severity if numbers.get(s))


def count_statuses(statuses: Sequence[ClusterStatus]) -> str:
    """Return `1 drifted, 2 compliant`, worst first, "" for no cluster."""
    numbers = ((statuses.count(status), words) for status, words in STATUS_WORDS.items())
    return ", ".join(f"{number} {words}" for number, words in numbers if number)


def count_differences(counts: ResultCounts) -> str:
    """Return `7 causes, 10 differences`; only the differences where none explains another."""
    differences = count_noun(counts.differences, "difference")
    if counts.causes == counts.differences:
        return differences
    return f"{count_noun(counts.causes, 'cause')}, {differences}"


def count_accepted(counts: ResultCounts) -> str:
    """Return `2 explained, 1 waived`, "" for neither."""
    numbers = {"explained": counts.explained, "waived": counts.waived}
    return ", ".join(f"{number} {word}" for word, number in numbers.items() if number)


def finding_label(finding: Finding) -> str:
    """Return the service that a finding is about, or its recommendation."""
    return finding.service or finding.recommendation


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
    if code is ExitCode.COMPLIANT and report.counts.differences:
        return f"Exit code {code:d}: complete, and all drift is below the threshold."
    return f"Exit code {code:d}: {EXIT_CODE_MEANINGS[code]}."


VERDICT_HEADINGS = {
    Verdict.DRIFT: "Drift",
    Verdict.UNKNOWN: "Unknown",
    Verdict.EXPLAINED: "Explained by the HA state",
    Verdict.WAIVED: "Waived",
}
"""The verdicts whose findings are printed in full, most important first."""


class RowLabel(StrEnum):
    """The labels of rows that a report looks for; others are only printed."""

    ON = "on"
    EXPECTED = "expected"
    OBSERVED = "observed"
    BECAUSE = "because"
    MATTERS = "matters"
    REMEDY = "remedy"
    SINCE = "since"
    WAIVER = "waiver"
    ELSE = "else"
    EVIDENCE = "evidence"


LabelledText = tuple[str, str]


def labelled_statements(finding: Finding) -> list[tuple[str, tuple[Statement, ...]]]:
    """Return the statements of a finding by label, in the order in which they are read."""
    return [
        (RowLabel.EXPECTED, (finding.expected,)),
        (RowLabel.OBSERVED, (finding.observed,)),
        (RowLabel.BECAUSE, (finding.because,)),
        (RowLabel.MATTERS, (make_statement(Form.NOTE, detail=finding.consequence),)),
        (RowLabel.REMEDY, finding.remedy),
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
