"""The JSON report: the contract that scripts and other systems build on, and its schema."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditor import __version__
from auditor.models.causes import Cause
from auditor.models.cluster_report import ClusterReport
from auditor.models.counts import (
    ResultCounts,
    categorise_change,
    count_changes,
    count_results,
)
from auditor.models.coverage import Coverage
from auditor.models.evidence import Evidence
from auditor.models.findings import Finding, Waiver, finding_sort_key
from auditor.models.history import ClusterHistory, FindingChange
from auditor.models.nodes import NodeFacts, ServiceState
from auditor.models.report import Report, RunMetadata
from auditor.report.sentences import render_sentence, render_sentences, render_source

REPORT_SCHEMA_VERSION = "2.0"
"""Major.minor: a new key raises the second number, a changed or dropped one the first."""


def render(report: Report) -> str:
    """Return the report as JSON: ASCII, sorted keys, indented by two, one newline at the end.

    ASCII, because names come from servers: an escape sequence in one must not reach a terminal.
    """
    return "".join(render_json_pieces(report))


def render_json_pieces(report: Report) -> Iterator[str]:
    """Yield the same text in pieces.

    One cluster at a time, because plain data takes six times the room of its text.
    """
    # No key sorts before "clusters", so the first empty list of that name is the report's own.
    before, key, after = _dump_json(_report_head_dict(report) | {"clusters": []}).partition(
        '"clusters": ['
    )
    yield before + key
    for number, cluster in enumerate(report.clusters):
        yield f"{',' if number else ''}\n    "
        yield _dump_json(_cluster_report_dict(cluster)).replace("\n", "\n    ")
    yield "\n  " if report.clusters else ""
    yield f"{after}\n"


def _dump_json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=2, sort_keys=True, allow_nan=False)


def report_to_dict(report: Report) -> dict[str, Any]:
    """Return the report as plain data with the keys of the schema.

    Clusters keep their order; nodes, services, findings and coverage are sorted, so that the order
    in which answers came in cannot show.
    """
    return _report_head_dict(report) | {
        "clusters": [_cluster_report_dict(cluster) for cluster in report.clusters]
    }


def _report_head_dict(report: Report) -> dict[str, Any]:
    """Return all but the clusters."""
    return {
        "schema_version": REPORT_SCHEMA_VERSION,
        "tool": {"name": "auditor", "version": __version__},
        "run": _run_dict(report.run) | {"past": _history_dict(report)},
        "summary": _counts_dict(report.counts) | {"exit_code": int(report.exit_code)},
    }


def _counts_dict(counts: ResultCounts) -> dict[str, int]:
    return {str(verdict): number for verdict, number in counts.by_verdict.items()} | {
        "causes": counts.causes
    }


def _run_dict(run: RunMetadata) -> dict[str, Any]:
    return {
        "id": run.id,
        "mode": run.mode,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "fail_on": str(run.fail_on),
        "insecure": run.insecure,
        "allow_unknown": run.allow_unknown,
        "packs": list(run.packs),
        "history": run.history,
    }


def _history_dict(report: Report) -> dict[str, Any] | None:
    """Return what history adds, inside `run` because it grows from run to run."""
    if not report.past:
        return None
    return {name: _cluster_history_dict(past) for name, past in report.past.items()}


def _cluster_history_dict(past: ClusterHistory) -> dict[str, Any]:
    return {
        "previous_run": past.runs[0].id if past.runs else None,
        "changes": [_change_dict(change) for change in past.changes],
        "counts": {str(token): number for token, number in count_changes(past.changes).items()},
        # Older than the name of the field; schema 1.0 froze the key.
        "standings": {
            name: {"since": age.since, "runs": age.runs} for name, age in past.ages.items()
        },
    }


def _change_dict(change: FindingChange) -> dict[str, Any]:
    finding = change.finding
    return {
        "direction": str(change.direction),
        "category": str(categorise_change(change)),
        "finding": finding.id,
        "recommendation": finding.recommendation,
        "subject": {"kind": str(finding.subject.kind), "name": finding.subject.name},
        "severity": str(finding.severity),
        "verdict": str(finding.verdict),
        "before": str(change.before) if change.before else None,
    }


def _cluster_report_dict(cluster: ClusterReport) -> dict[str, Any]:
    return {
        "name": cluster.name,
        "status": str(cluster.status),
        "release": cluster.release,
        "cucm_certificate_not_after": cluster.cucm_certificate_not_after,
        "counts": _counts_dict(count_results(cluster)),
        "cucm_release": cluster.cucm_release,
        # By exact name too, so that names that differ only in case have one order.
        "nodes": [
            _node_dict(n) for n in sorted(cluster.nodes, key=lambda n: (n.name.lower(), n.name))
        ],
        "findings": [
            _finding_dict(finding) for finding in sorted(cluster.findings, key=finding_sort_key)
        ],
        "causes": [_cause_dict(cause) for cause in cluster.causes],
        "coverage": [
            _coverage_dict(entry) for entry in sorted(cluster.coverage, key=_coverage_sort_key)
        ],
        "notices": list(cluster.notices),
    }


def _node_dict(node: NodeFacts) -> dict[str, Any]:
    services = sorted(node.services.values(), key=lambda s: (s.name.lower(), s.name))
    return {
        "name": node.name,
        "address": node.address,
        "role": str(node.role),
        "redundancy_group": node.redundancy_group,
        "ha_state": str(node.ha_state.state) if node.ha_state else None,
        "identity": str(node.identity),
        "release": node.release,
        "replication": node.replication,
        "certificate_not_after": node.certificate_not_after,
        "services": [_service_dict(service) for service in services],
    }


def _service_dict(service: ServiceState) -> dict[str, Any]:
    return {
        "name": service.name,
        "deployable": service.deployable,
        "activated": service.activated,
        "state": str(service.state),
        "reason_code": service.reason_code,
        "reason": service.reason,
        "started_at": service.started_at,
        "uptime_s": service.uptime_s,
    }


def _finding_dict(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "recommendation": finding.recommendation,
        "service": finding.service,
        "subject": {"kind": str(finding.subject.kind), "name": finding.subject.name},
        "verdict": str(finding.verdict),
        "kind": str(finding.kind) if finding.kind else None,
        "severity": str(finding.severity),
        "expected": render_sentence(finding.expected),
        "observed": render_sentence(finding.observed),
        "because": render_sentence(finding.because),
        "remedy": render_sentences(finding.remedy),
        "evidence": _evidence_dicts(finding.evidence),
        "waiver": waiver_dict(finding.waiver) if finding.waiver else None,
        "caused_by": list(finding.caused_by),
        "waits_for": list(finding.waits_for),
    }


def _cause_dict(cause: Cause) -> dict[str, Any]:
    return {
        "finding": cause.finding.id,
        "severity": str(cause.severity),
        "explains": [finding.id for finding in cause.explains],
    }


def _evidence_dicts(evidence: Sequence[Evidence]) -> list[dict[str, str]]:
    return [
        {
            "origin": str(piece.origin),
            "source": render_source(piece),
            "text": render_sentence(piece.statement),
        }
        for piece in evidence
    ]


def waiver_dict(waiver: Waiver) -> dict[str, str]:
    """Return a waiver as every JSON document has it."""
    return {
        "reason": waiver.reason,
        "owner": waiver.owner,
        "expires": waiver.expires,
        "verdict": str(waiver.verdict),
    }


def _coverage_sort_key(entry: Coverage) -> tuple[str, str, str, str]:
    return entry.node.lower(), entry.source, entry.outcome, entry.detail


def _coverage_dict(entry: Coverage) -> dict[str, Any]:
    return {
        "source": str(entry.source),
        "node": entry.node,
        "outcome": str(entry.outcome),
        "reason": str(entry.reason) if entry.reason else None,
        "detail": entry.detail,
        "requests": entry.requests,
        "elapsed_ms": entry.elapsed_ms,
    }
