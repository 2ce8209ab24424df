"""The status of a cluster with its reason, as one line that every report shows."""

from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.counts import ResultCounts, count_results
from auditor.models.coverage import Outcome, Source, find_first_failure
from auditor.models.findings import Verdict
from auditor.report.wording import (
    count_accepted,
    count_differences,
    count_severities,
    difference_text,
    finding_label,
    severity_summary,
)
from auditor.text import count_noun, is_or_are, join_names


def cluster_summary(cluster: ClusterReport) -> str:
    """Return the status of a cluster with its reason, in one line that is complete by itself."""
    match cluster.status:
        case ClusterStatus.DRIFT if cluster.is_nothing_read:
            return f"{_unauditable_summary(cluster)} {_drift_summary(cluster)}"
        case ClusterStatus.DRIFT:
            return _drift_summary(cluster)
        case ClusterStatus.INCOMPLETE:
            return f"{_incomplete_reason(cluster)}.{_below_threshold_note(cluster)}"
        case ClusterStatus.UNAUDITABLE:
            return _unauditable_summary(cluster)
        case ClusterStatus.COMPLIANT:
            return f"{_compliant_summary(cluster)}.{_below_threshold_note(cluster)}"


def _drift_summary(cluster: ClusterReport) -> str:
    counts = count_results(cluster)
    first = cluster.causes[0]
    worst, others = first.finding, len(first.explains)
    explains = f", which explains {others} more" if others else ""
    users = f" ({first.users:,} sessions)" if first.users else ""
    text = (
        f"{_count_causes_by_severity(counts)}. "
        f"Worst: {finding_label(worst)} on {worst.subject.name}{users}:"
        f" {difference_text(worst)}{explains}."
    )
    # Where nothing was read, the sentences before have named what failed.
    unread = cluster.unread if cluster.is_nothing_read else cluster.unread_servers
    if unread:
        text += f" {join_names(unread, limit=3)} could not be audited."
    if counts.unknown:
        text += f" {count_noun(counts.unknown, 'more check')} {is_or_are(counts.unknown)} unknown."
    accepted = count_accepted(counts)
    return f"{text} Also {accepted}." if accepted else text


def _count_causes_by_severity(counts: ResultCounts) -> str:
    """Return `7 causes (1 critical, 6 high), 10 differences`: severities are those of causes."""
    severities = count_severities(counts.causes_by_severity)
    differences = count_noun(counts.differences, "difference")
    if counts.causes == counts.differences:
        return f"{differences} ({severities})"
    return f"{count_noun(counts.causes, 'cause')} ({severities}), {differences}"


def _incomplete_reason(cluster: ClusterReport) -> str:
    unknown = [f for f in cluster.findings if f.verdict is Verdict.UNKNOWN]
    accepted = count_accepted(count_results(cluster))
    also = f"; {accepted}" if accepted else ""
    checks = f"{count_noun(len(unknown), 'check')} {is_or_are(len(unknown))} unknown"
    if cluster.unread_servers:
        return (
            f"{join_names(cluster.unread_servers, limit=3)} could not be audited, so {checks}{also}"
        )
    if unknown:
        return f"{checks} ({severity_summary(unknown)}){also}"
    return f"A source that should have answered did not{also}"


def _below_threshold_note(cluster: ClusterReport) -> str:
    """Return how much drift is below the threshold, so that no green line hides it."""
    counts = count_results(cluster)
    if not counts.differences:
        return ""
    return f" Below the threshold {cluster.fail_on}: {count_differences(counts)}."


def _unauditable_summary(cluster: ClusterReport) -> str:
    """Return why nothing could be audited and what to do, in the words of the first failure."""
    # The TCP test is of a database, and does not explain why no node could be read.
    due = [e for e in cluster.coverage if e.reason and e.source is not Source.TCP]
    first = find_first_failure(due)
    if first is None:
        return "Nothing could be audited: no IM&P node returned its services."
    # What was skipped is a consequence; the cause is what failed before it.
    failed = [entry for entry in due if entry.outcome is Outcome.FAILED] or due
    why = first.explanation
    others = dict.fromkeys(entry.node for entry in failed if entry.node != first.node)
    also = f" Also no answer from {join_names(others, limit=3)}." if others else ""
    return f"Nothing could be audited: {why}{also}"


def _compliant_summary(cluster: ClusterReport) -> str:
    counts = count_results(cluster)
    accepted = count_accepted(counts)
    also = f"; {accepted}" if accepted else ""
    return f"Everything could be read and {count_noun(counts.passed, 'check')} passed{also}"
