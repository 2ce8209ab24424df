"""The sentences and marks of terminal reports: what a verdict, a status, a code is called."""

from collections import Counter
from collections.abc import Iterable, Sequence

from auditor.errors import Reason
from auditor.facts import Outcome, Source
from auditor.findings import (
    MEANINGS,
    ClusterReport,
    ExitCode,
    Finding,
    Kind,
    Severity,
    Status,
    Verdict,
    exit_code,
    order,
)
from auditor.runs import Report

MARKS = {
    Verdict.PASS: "✓",
    Verdict.DRIFT: "✗",
    Verdict.UNKNOWN: "?",
    Verdict.EXPLAINED: "~",
    Verdict.WAIVED: "§",
    Verdict.NOT_APPLICABLE: "○",
}

STYLES = {
    Verdict.PASS: "green",
    Verdict.DRIFT: "bold white on red",
    Verdict.UNKNOWN: "bold yellow",
    Verdict.EXPLAINED: "cyan",
    Verdict.WAIVED: "magenta",
    Verdict.NOT_APPLICABLE: "dim",
}

LEGEND = (
    "✓ as recommended",
    "✗ CAPITALS: drift",
    "? or … cannot be told",
    "~ explained by the HA state",
    "§ waived",
    "○ nothing is asked of it",
)

STATUS_VERDICTS = {
    Status.COMPLIANT: Verdict.PASS,
    Status.DRIFT: Verdict.DRIFT,
    Status.INCOMPLETE: Verdict.UNKNOWN,
    Status.UNAUDITABLE: Verdict.UNKNOWN,
}
"""The verdict whose mark and colour a cluster's status takes."""

KINDS = {
    Kind.NOT_ACTIVATED: "not activated",
    Kind.STOPPED: "stopped",
    Kind.MISPLACED: "activated where it does not belong",
    Kind.UNNEEDED: "activated without need",
    Kind.PREREQUISITE_MISSING: "prerequisite missing",
    Kind.UNSTABLE: "does not stay up",
    Kind.NOT_ANSWERING: "does not answer",
    Kind.HA_ABNORMAL: "HA state not normal",
    Kind.NOT_GROUPED: "in no redundancy group",
    Kind.PROFILE_CONFLICT: "profile and cluster disagree",
}

REASONS = {
    Reason.UNREACHABLE: "Check the address, the firewall and that the node is up.",
    Reason.TIMED_OUT: "Check the load of the node and the network; run again later.",
    Reason.TLS: "Check the CA bundle, or record the certificate's pin with `auditor trust`.",
    Reason.CREDENTIALS: "Check user name and password before the next run: repeats lock accounts.",
    Reason.NOT_AUTHORISED: "Give the audit account the role that this interface needs.",
    Reason.NO_SUCH_SERVICE: "Check that the web service is activated on that node.",
    Reason.RATE_LIMITED: "Other tools ask this node too; run again later.",
    Reason.UNAVAILABLE: "Check the web services of that node; run again later.",
    Reason.SOAP_FAULT: "Look the fault up, or run again with -v for the log.",
    Reason.BAD_REPLY: "Check that no proxy or login page stands between here and the node.",
    Reason.TOO_LARGE: "Check what answers at that address.",
    Reason.WRONG_NODE: "Correct the address of that node in the configuration.",
    Reason.UNSUPPORTED_VERSION: "Set axl_version to one that the server knows.",
    Reason.NOT_ASKED: "Mend what stopped the audit before it, then run again.",
    Reason.BUG: "This is a fault of auditor: please report it with the log.",
}
"""What to do, for a failure whose own detail says nothing."""


def count(number: int, noun: str) -> str:
    """Return `1 node`, `2 nodes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: Iterable[str], most: int = 3) -> str:
    """Return the names with commas; beyond `most`, how many more there are."""
    known = list(names)
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more


def severities(findings: Iterable[Finding]) -> str:
    """Return `1 critical, 2 high`, worst first."""
    tally = Counter(finding.severity for finding in findings)
    return ", ".join(f"{tally[severity]} {severity}" for severity in Severity if tally[severity])


def name_of(finding: Finding) -> str:
    """Return the service that a finding speaks of, or its recommendation."""
    return finding.service or finding.recommendation


def dark(cluster: ClusterReport) -> bool:
    """Tell whether no node gave its services: then the cause matters more than any finding."""
    return not any(node.services for node in cluster.nodes)


def sentence(cluster: ClusterReport) -> str:
    """Return the verdict on a cluster in one line that needs no other line to be understood."""
    match cluster.status:
        case Status.DRIFT if dark(cluster):
            return f"{_nothing(cluster)} Besides, {_drift_sentence(cluster)}"
        case Status.DRIFT:
            return _drift_sentence(cluster)
        case Status.INCOMPLETE:
            return f"This is no all-clear: {_doubt(cluster)}.{_lesser(cluster)}"
        case Status.UNAUDITABLE:
            return _nothing(cluster)
        case Status.COMPLIANT:
            return f"{_all_well(cluster)}.{_lesser(cluster)}"


def _of(cluster: ClusterReport, *verdicts: Verdict) -> list[Finding]:
    return sorted((f for f in cluster.findings if f.verdict in verdicts), key=order)


def _drift_sentence(cluster: ClusterReport) -> str:
    drift = _of(cluster, Verdict.DRIFT)
    worst = drift[0]
    what = KINDS[worst.kind] if worst.kind else worst.observed
    text = (
        f"{count(len(drift), 'difference')} ({severities(drift)}). "
        f"Worst: {name_of(worst)} on {worst.subject.name}: {what}."
    )
    silent = cluster.unread
    unknown = _of(cluster, Verdict.UNKNOWN)
    doubts = [f"{listed(silent)} could not be audited"] if silent else []
    doubts += [f"{_checks(unknown)} could not be told"] if unknown else []
    return f"{text} Besides, {' and '.join(doubts)}." if doubts else text


def _checks(findings: Sequence[Finding]) -> str:
    return count(len(findings), "check")


def _doubt(cluster: ClusterReport) -> str:
    unknown = _of(cluster, Verdict.UNKNOWN)
    silent = cluster.unread
    if silent:
        return f"{listed(silent)} could not be audited, so {_checks(unknown)} could not be told"
    if unknown:
        return f"{_checks(unknown)} could not be told ({severities(unknown)})"
    return "something that should have been asked gave no answer"


def _lesser(cluster: ClusterReport) -> str:
    """Say that drift below the threshold is there, so that no green line hides it."""
    lesser = _of(cluster, Verdict.DRIFT)
    if not lesser:
        return ""
    return f" Below the threshold {cluster.fail_on}: {count(len(lesser), 'difference')}."


def _nothing(cluster: ClusterReport) -> str:
    """Say why nothing could be audited and what to do, in the words of the first failure."""
    asked = [e for e in cluster.coverage if e.reason and e.source is not Source.TCP]
    failed = [entry for entry in asked if entry.outcome is Outcome.FAILED] or asked
    if not failed:
        return "Nothing could be audited: no IM&P node gave its services."
    first = failed[0]
    why = first.detail or (REASONS[first.reason] if first.reason else "")
    others = dict.fromkeys(entry.node for entry in failed if entry.node != first.node)
    besides = f" No answer either from {listed(others)}." if others else ""
    return f"Nothing could be audited: {why}{besides}"


def _all_well(cluster: ClusterReport) -> str:
    held = _checks(_of(cluster, Verdict.PASS))
    accepted = len(_of(cluster, Verdict.EXPLAINED, Verdict.WAIVED))
    also = f"; {count(accepted, 'difference')} explained or waived" if accepted else ""
    return f"Everything could be read and {held} passed{also}"


def exit_meaning(report: Report) -> str:
    """Return the exit code with its meaning, and what it would be without `--allow-unknown`."""
    code = report.exit_code
    strict = exit_code([cluster.status for cluster in report.clusters])
    if code is not strict:
        return (
            f"Exit code {code:d} ONLY because of --allow-unknown; without it {strict:d}: "
            f"{MEANINGS[strict]}."
        )
    if not report.clusters:
        return f"Exit code {code:d}: no cluster was audited."
    if code is ExitCode.COMPLIANT and report.count(Verdict.DRIFT):
        return f"Exit code {code:d}: complete, and all drift is below the threshold."
    return f"Exit code {code:d}: {MEANINGS[code]}."
