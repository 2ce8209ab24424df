"""The report as a plugin of Nagios, Icinga or Checkmk tells it: one line and an exit status."""

from collections.abc import Sequence
from enum import IntEnum

from auditor.findings import ClusterReport, ExitCode, Finding, Severity, Verdict, order
from auditor.report import sight, tally
from auditor.report.screen import printable
from auditor.report.wording import KINDS, count, dark, listed
from auditor.runs import Report

_GRAVE = (Severity.CRITICAL, Severity.HIGH)
_LONGEST = 900
"""Characters of text: the transports of that world cut a reply at 1024 bytes or later."""


class State(IntEnum):
    """What a plugin may end with (monitoring-plugins guidelines, "Plugin return codes")."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


def render(report: Report) -> tuple[str, State]:
    """Return the line, with a newline, and the exit status.

    Drift at or above the threshold is CRITICAL if any of it is critical or high, else WARNING;
    without such drift, what is incomplete is UNKNOWN unless `--allow-unknown` forgives it. That is
    the order of that world: CRITICAL, WARNING, UNKNOWN, OK.
    """
    state = _state(report)
    return line(state, _text(report, state), _performance(report)), state


def line(state: State, text: str, performance: str = "") -> str:
    """Return `IMP STATE - text | performance data`; nothing in the text reads as the latter."""
    shown = printable(text).replace("|", "/")
    short = f"{shown[:_LONGEST]}…" if len(shown) > _LONGEST else shown
    return f"IMP {state.name} - {short}" + (f" | {performance}" if performance else "") + "\n"


def _state(report: Report) -> State:
    match report.exit_code:
        case ExitCode.COMPLIANT:
            return State.OK
        case ExitCode.DRIFT:
            grave = any(f.severity in _GRAVE for c in report.clusters for f in _drift(c))
            return State.CRITICAL if grave else State.WARNING
        case _:
            return State.UNKNOWN


def _drift(cluster: ClusterReport) -> list[Finding]:
    """Return the drift that counts, gravest first."""
    return sorted(
        (
            f
            for f in cluster.findings
            if f.verdict is Verdict.DRIFT and f.severity.reaches(cluster.fail_on)
        ),
        key=order,
    )


def _text(report: Report, state: State) -> str:
    audited = _audited(report.clusters)
    if not report.clusters:
        return "no cluster was audited"
    doubt = _doubt(report.clusters)
    if state is State.OK:
        forgiven = f"; forgiven by --allow-unknown: {doubt}" if doubt else ""
        left_out = tally.left_out(report).rstrip(".")
        besides = f"; but --pack: {left_out}" if left_out else ""
        return f"{_calm(report)}, {audited}{forgiven}{besides}"
    if state is State.UNKNOWN:
        return f"{doubt}, {audited}"
    worst = sorted((f for c in report.clusters for f in _drift(c)), key=order)
    told = "; ".join(_difference(finding) for finding in worst[:3])
    more = f" and {len(worst) - 3} more" if len(worst) > 3 else ""
    besides = f"; besides, {doubt}" if doubt else ""
    return f"{count(len(worst), 'difference')}: {told}{more}{besides}, {audited}"


def _calm(report: Report) -> str:
    lesser = report.count(Verdict.DRIFT)
    below = f" and {count(lesser, 'difference')} below the threshold" if lesser else ""
    return f"{count(report.count(Verdict.PASS), 'check')} passed{below}"


def _difference(finding: Finding) -> str:
    what = KINDS[finding.kind] if finding.kind else finding.observed
    service = f" {finding.service}" if finding.service else ""
    where = f"{service} on {finding.subject.name} ({finding.cluster})"
    return f"{finding.severity} {finding.recommendation}{where} {what}"


def _doubt(clusters: Sequence[ClusterReport]) -> str:
    """Return what could not be told and why, empty if nothing."""
    troubles = [told for cluster in clusters if (told := _trouble(cluster))]
    unknown = sum(tally.of(cluster, Verdict.UNKNOWN) for cluster in clusters)
    gaps = sum(len(tally.gaps(cluster)) for cluster in clusters)
    parts = [listed(troubles)] if troubles else []
    parts += [f"{count(unknown, 'check')} unknown"] if unknown else []
    return ", ".join(parts) or (f"{count(gaps, 'source')} gave nothing" if gaps else "")


def _trouble(cluster: ClusterReport) -> str:
    """Return which servers of a cluster gave nothing and why, empty if all did."""
    why = sight.cause(cluster)
    if dark(cluster):
        return f"nothing could be audited in {cluster.name}" + (f" ({why})" if why else "")
    return why or (f"no services from {listed(cluster.unread)}" if cluster.unread else "")


def _audited(clusters: Sequence[ClusterReport]) -> str:
    read, due = _nodes(clusters)
    return f"{read} of {count(due, 'node')} read"


def _nodes(clusters: Sequence[ClusterReport]) -> tuple[int, int]:
    pairs = [tally.nodes_read(cluster) for cluster in clusters]
    return sum(read for read, _ in pairs), sum(due for _, due in pairs)


def _performance(report: Report) -> str:
    """Return counts without thresholds; the labels are ours, so no name of a server is in them."""
    read, due = _nodes(report.clusters)
    drift = [
        f for cluster in report.clusters for f in cluster.findings if f.verdict is Verdict.DRIFT
    ]
    counts = {"drift": len(drift)}
    counts |= {f"drift_{s}": sum(f.severity is s for f in drift) for s in Severity}
    counts |= {v: report.count(v) for v in (Verdict.UNKNOWN, Verdict.EXPLAINED, Verdict.WAIVED)}
    figures = [f"{label}={number};;;0" for label, number in counts.items()]
    return " ".join([*figures, f"nodes_audited={read};;;0;{due}"])
