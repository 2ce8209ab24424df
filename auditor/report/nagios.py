"""The report as a plugin of Nagios, Icinga or Checkmk: one line and an exit status."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import IntEnum

from auditor.models.causes import Cause, cause_sort_key
from auditor.models.certificates import URGENT_CERTIFICATE_DAYS, certificate_days_left
from auditor.models.cluster_report import ClusterReport
from auditor.models.counts import add_results
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Severity
from auditor.models.report import Report
from auditor.report.fleet import sort_worst_first
from auditor.report.summary import (
    count_nodes_read,
    coverage_gaps,
    failure_reason,
    skipped_packs_clause,
)
from auditor.report.wording import count_differences, difference_text
from auditor.text import count_noun, join_names, printable, shorten_text

_CRITICAL_SEVERITIES = (Severity.CRITICAL, Severity.HIGH)
_MAX_PLUGIN_TEXT_LENGTH = 900
"""Characters of text; the transports of these monitors cut a reply at 1024 bytes or later."""


class PluginState(IntEnum):
    """Exit status of a plugin (monitoring-plugins guidelines, "Plugin return codes")."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


def render_plugin_line(report: Report) -> tuple[str, PluginState]:
    """Return the line, with a newline, and the exit status.

    Drift at or above the threshold is CRITICAL if any of it is critical or high, else WARNING;
    without such drift, what is incomplete is UNKNOWN unless `--allow-unknown` forgives it. This is
    the order of monitoring plugins: CRITICAL, WARNING, UNKNOWN, OK.
    """
    state = _plugin_state(report)
    return format_plugin_line(state, _plugin_text(report, state), _performance_data(report)), state


def format_plugin_line(state: PluginState, text: str, performance: str = "") -> str:
    """Return `IMP STATE - text | performance data`; a `|` in the text becomes `/`."""
    # A bar would begin the performance data.
    short = shorten_text(printable(text).replace("|", "/"), _MAX_PLUGIN_TEXT_LENGTH)
    return f"IMP {state.name} - {short}" + (f" | {performance}" if performance else "") + "\n"


def _plugin_state(report: Report) -> PluginState:
    match report.exit_code:
        case ExitCode.COMPLIANT:
            return PluginState.OK
        case ExitCode.DRIFT:
            grave = any(
                cause.severity in _CRITICAL_SEVERITIES
                for c in report.clusters
                for cause in c.causes
                if cause.severity.reaches(c.fail_on)
            )
            return PluginState.CRITICAL if grave else PluginState.WARNING
        case _:
            return PluginState.UNKNOWN


def _plugin_text(report: Report, state: PluginState) -> str:
    audited = _nodes_read_text(report.clusters)
    if not report.clusters:
        return "no cluster was audited"
    unknown = _incomplete_text(sort_worst_first(report.clusters))
    if state is PluginState.OK:
        forgiven = f"; forgiven by --allow-unknown: {unknown}" if unknown else ""
        skipped = skipped_packs_clause(report)
        but = f"; but --pack: {skipped}" if skipped else ""
        return f"{_ok_text(report)}, {audited}{forgiven}{but}"
    if state is PluginState.UNKNOWN:
        return f"{unknown}{_below_threshold_text(report)}, {audited}"
    worst = sorted(
        (cause for cluster in report.clusters for cause in cluster.causes),
        key=lambda cause: cause_sort_key(
            cause.finding, cause.severity, len(cause.explains), cause.users
        ),
    )
    texts = "; ".join(map(_cause_text, worst[:3]))
    more = f" and {len(worst) - 3} more" if len(worst) > 3 else ""
    also = f"; also {unknown}" if unknown else ""
    return f"{count_differences(report.counts)}: {texts}{more}{also}, {audited}"


def _ok_text(report: Report) -> str:
    passed = count_noun(report.counts.passed, "check")
    return f"{passed} passed{_below_threshold_text(report)}"


def _below_threshold_text(report: Report) -> str:
    """Return how many differences a line has that is not about them."""
    counts = report.counts
    return f" and {count_differences(counts)} below the threshold" if counts.differences else ""


def _cause_text(cause: Cause) -> str:
    finding = cause.finding
    what = difference_text(finding)
    explains = f" (explains {len(cause.explains)} more)" if cause.explains else ""
    service = f" {finding.service}" if finding.service else ""
    where = f"{service} on {finding.subject.name} ({finding.cluster})"
    return f"{cause.severity} {finding.recommendation}{where} {what}{explains}"


def _incomplete_text(clusters: Sequence[ClusterReport]) -> str:
    """Return what is unknown and why, "" if nothing."""
    failures = [text for cluster in clusters if (text := _unread_servers_text(cluster))]
    unknown_checks = add_results(clusters).unknown
    gaps = sum(len(coverage_gaps(cluster)) for cluster in clusters)
    parts = [join_names(failures, limit=3)] if failures else []
    parts += [f"{count_noun(unknown_checks, 'check')} unknown"] if unknown_checks else []
    return ", ".join(parts) or (f"{count_noun(gaps, 'source')} gave nothing" if gaps else "")


def _unread_servers_text(cluster: ClusterReport) -> str:
    """Return which servers of a cluster gave nothing and why, "" if all answered."""
    why = failure_reason(cluster)
    if cluster.is_nothing_read:
        return f"nothing could be audited in {cluster.name}" + (f" ({why})" if why else "")
    return why or (
        f"no services from {join_names(cluster.unread, limit=3)}" if cluster.unread else ""
    )


def _nodes_read_text(clusters: Sequence[ClusterReport]) -> str:
    read, due = _sum_nodes_read(clusters)
    return f"{read} of {count_noun(due, 'node')} read"


def _sum_nodes_read(clusters: Sequence[ClusterReport]) -> tuple[int, int]:
    pairs = [count_nodes_read(cluster) for cluster in clusters]
    return sum(read for read, _ in pairs), sum(due for _, due in pairs)


def _performance_data(report: Report) -> str:
    """Return counts without thresholds, then the days that certificates have left."""
    read, due = _sum_nodes_read(report.clusters)
    counts = report.counts
    numbers = {"drift": counts.differences, "causes": counts.causes}
    numbers |= {f"drift_{severity}": n for severity, n in counts.by_severity.items()}
    numbers |= {
        "unknown": counts.unknown,
        "explained": counts.explained,
        "waived": counts.waived,
    }
    figures = [f"{label}={number};;;0" for label, number in numbers.items()]
    figures.append(f"nodes_audited={read};;;0;{due}")
    return " ".join([*figures, *(text for c in report.clusters for text in _days_left(report, c))])


def _days_left(report: Report, cluster: ClusterReport) -> Iterator[str]:
    """Yield the days of each certificate; its ranges alert below `certificate_days`, and below 7.

    A label must not occur twice, so it also holds the cluster where there are several.
    """
    started = datetime.fromisoformat(report.run.started_at)
    place = f"{cluster.name} " if len(report.clusters) > 1 else ""
    urgent = min(URGENT_CERTIFICATE_DAYS, cluster.certificate_days)
    for name, ends in cluster.certificate_ends.items():
        # Both characters have a meaning in performance data, and `|` would begin it once more.
        label = re.sub("['=|]", "_", printable(f"{place}{name} certificate"))
        days = certificate_days_left(ends, started)
        yield f"'{label}'={days}d;{cluster.certificate_days}:;{urgent}:"
