"""The figures of the estate and the whole record as JSON: the contract that scripts build on."""

from collections.abc import Mapping, Sequence
from typing import Any

from auditor.models.counts import categorise_change
from auditor.models.estate import (
    ClockStep,
    ClusterDay,
    ClusterSummary,
    DayCounts,
    Estate,
    EstateDay,
    FindingIdentity,
    FixTimes,
    FlappingFinding,
    OpenDifference,
    Outage,
    PublisherUse,
    RunGap,
)
from auditor.models.findings import Verdict
from auditor.models.history import FindingChange, HistoricalFinding, PastRun, RunChanges
from auditor.report.json_report import waiver_dict
from auditor.text import json_text

HISTORY_SCHEMA_VERSION = "1.1"
"""Major.minor; apart from that of the report, because the two change for different reasons."""


def render_history_json(
    estate: Estate,
    record: Sequence[Mapping[str, Any]],
    changes: Sequence[RunChanges] | None = None,
) -> str:
    """Return the figures and the record as JSON: ASCII, sorted keys, one newline at the end.

    `changes` are those of each cluster since an earlier run, None where nobody asked for them.
    """
    return json_text(history_to_dict(estate, record, changes))


def history_to_dict(
    estate: Estate,
    record: Sequence[Mapping[str, Any]],
    changes: Sequence[RunChanges] | None = None,
) -> dict[str, Any]:
    """Return the figures and the record as plain data with the keys of the schema.

    What the runs did not record is null.
    """
    return {
        "schema_version": HISTORY_SCHEMA_VERSION,
        "made_at": estate.at,
        "runs": estate.runs,
        "first_at": estate.first_at,
        "last_at": estate.last_at,
        **estate_lists(estate),
        "record": [dict(row) for row in record],
        "changes": None if changes is None else [_run_changes_dict(entry) for entry in changes],
    }


def estate_lists(estate: Estate) -> dict[str, list[dict[str, Any]]]:
    """Return the lists of figures, by their keys in JSON."""
    return {
        "clusters": [_cluster_dict(entry) for entry in estate.clusters],
        "days": [_day_dict(entry) for entry in estate.days],
        "cluster_days": [_cluster_day_dict(entry) for entry in estate.cluster_days],
        "differences": [_difference_dict(entry) for entry in estate.differences],
        "flapping": [_flapping_dict(entry) for entry in estate.flapping],
        "fix_times": [_fix_times_dict(entry) for entry in estate.fix_times],
        "outages": [_outage_dict(entry) for entry in estate.outages],
        "gaps": [_gap_dict(entry) for entry in estate.gaps],
        "clock_steps": [_clock_step_dict(entry) for entry in estate.clock_steps],
    }


def _cluster_dict(entry: ClusterSummary) -> dict[str, Any]:
    return {
        "cluster": entry.cluster,
        "last_run": _run_dict(entry.last),
        "causes": entry.causes,
        "unread": None if entry.unread is None else list(entry.unread),
        "not_judged": entry.not_judged,
        "runs": entry.runs,
        "first_at": entry.first_at,
        "publishers": [_publisher_dict(use) for use in entry.publishers],
    }


def _run_dict(run: PastRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "status": str(run.status),
        "exit_code": run.exit_code,
        "release": run.release,
        "counts": _counts_dict(run.counts),
    }


def _counts_dict(counts: Mapping[Verdict, int]) -> dict[str, int]:
    return {str(verdict): counts[verdict] for verdict in Verdict}


def _publisher_dict(use: PublisherUse) -> dict[str, Any]:
    return {
        "publisher": use.publisher,
        "first_at": use.first_at,
        "last_at": use.last_at,
        "runs": use.runs,
    }


def _day_counts_dict(counted: DayCounts) -> dict[str, Any]:
    return {
        "day": counted.day,
        "runs": counted.runs,
        "counts": _counts_dict(counted.counts),
        "not_judged": counted.not_judged,
    }


def _day_dict(entry: EstateDay) -> dict[str, Any]:
    return _day_counts_dict(entry.counted) | {
        "audited": entry.audited,
        "expected": entry.expected,
        "unauditable": list(entry.unauditable),
    }


def _cluster_day_dict(entry: ClusterDay) -> dict[str, Any]:
    return _day_counts_dict(entry.counted) | {
        "cluster": entry.cluster,
        "status": str(entry.status),
    }


def _finding_dict(finding: FindingIdentity | HistoricalFinding) -> dict[str, Any]:
    return {
        "finding": finding.id,
        "cluster": finding.cluster,
        "recommendation": finding.recommendation,
        "service": finding.service,
        "subject_kind": str(finding.subject.kind),
        "subject": finding.subject.name,
    }


def _difference_dict(entry: OpenDifference) -> dict[str, Any]:
    return _finding_dict(entry.finding) | {
        "verdict": str(entry.verdict),
        "kind": str(entry.kind) if entry.kind else None,
        "severity": str(entry.severity),
        "state": str(entry.state),
        "since": entry.age.since,
        "runs_since": entry.age.runs,
        "exists_since": entry.exists_since,
        "last_judged": entry.last_judged,
        "waiver": waiver_dict(entry.waiver) if entry.waiver else None,
    }


def _flapping_dict(entry: FlappingFinding) -> dict[str, Any]:
    return _finding_dict(entry.finding) | {
        "severity": str(entry.severity),
        "times": entry.times,
        "first_at": entry.first_at,
        "last_at": entry.last_at,
        "is_open": entry.is_open,
    }


def _fix_times_dict(times: FixTimes) -> dict[str, Any]:
    return {
        "severity": str(times.severity),
        "fixed": times.fixed,
        "median_s": times.median_s,
        "worst_s": times.worst_s,
        "open": times.open,
        "oldest_open_s": times.oldest_open_s,
        "not_applicable": times.not_applicable,
        "unmeasured": times.unmeasured,
    }


def _outage_dict(outage: Outage) -> dict[str, Any]:
    return {
        "kind": str(outage.kind),
        "cluster": outage.cluster,
        "node": outage.node,
        "first_at": outage.first_at,
        "last_at": outage.last_at,
        "runs": outage.runs,
        "reasons": list(outage.reasons),
        "healed_at": outage.healed_at,
    }


def _gap_dict(gap: RunGap) -> dict[str, Any]:
    return {
        "cluster": gap.cluster,
        "before_at": gap.before_at,
        "after_at": gap.after_at,
        "days": gap.days,
        "usual_days": gap.usual_days,
    }


def _clock_step_dict(step: ClockStep) -> dict[str, Any]:
    return {"run": step.run, "started_at": step.started_at, "earlier_at": step.earlier_at}


def _run_changes_dict(changes: RunChanges) -> dict[str, Any]:
    return {
        "cluster": changes.after.cluster,
        "before": _run_dict(changes.before),
        "after": _run_dict(changes.after),
        "changes": [_change_dict(change) for change in changes.changes],
    }


def _change_dict(change: FindingChange) -> dict[str, Any]:
    finding = change.finding
    return _finding_dict(finding) | {
        "category": str(categorise_change(change)),
        "before": str(change.before) if change.before else None,
        "verdict": str(finding.verdict),
        "kind": str(finding.kind) if finding.kind else None,
        "severity": str(finding.severity),
        "since": finding.age.since,
        "runs_since": finding.age.runs,
    }
