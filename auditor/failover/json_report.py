"""The failover check as JSON; the keys are a contract, the fields behind them are not."""

from dataclasses import asdict
from typing import Any

from auditor.failover import wording
from auditor.failover.actions import choose_action, choose_group_action
from auditor.failover.failures import SourceFailure
from auditor.failover.group_check import GroupCheck, NodeStatus
from auditor.failover.impacts import FailoverImpact
from auditor.failover.model import ClusterCheck, FailoverCheck, Peering
from auditor.failover.node_checks import NodeCheck
from auditor.failover.readiness import FailoverObstacle, FailoverReadiness
from auditor.failover.summary import summarize_check, summarize_group
from auditor.models.exit_codes import ExitCode
from auditor.report.sentences import render_sentence
from auditor.text import json_text

# Version 1.0 froze the keys when the fields had other names: `standing`, `points`, `settled`,
# `obstacles` and `firm` of a group are its `status`, `checks`, `stability`, `failures` and
# `is_observed` today. Only a new major version may rename a key.
FAILOVER_SCHEMA_VERSION = "1.0"


def render_failover_json(check: FailoverCheck) -> str:
    """Return the check as JSON."""
    content = _common_json(check, check.exit_code)
    content |= {
        "kind": "auditor-failover-check",
        "verdict": str(summarize_check(check)),
        "action": choose_action(check),
        "between_clusters": [_peering_json(peering) for peering in check.peerings],
        "notes": wording.unchecked_peers_texts(check.unchecked_peers),
    }
    return json_text(content)


def render_readiness_json(readiness: FailoverReadiness) -> str:
    """Return what a failover would lose as JSON."""
    content = _common_json(readiness.check, readiness.exit_code)
    content |= {
        "kind": "auditor-failover-readiness",
        "verdict": readiness.summary,
        "action": readiness.action,
        "losses": [_impact_json(impact) for impact in readiness.impacts],
        "in_the_way": [_obstacle_json(obstacle) for obstacle in readiness.obstacles],
    }
    return json_text(content)


def _common_json(check: FailoverCheck, code: ExitCode) -> dict[str, Any]:
    return {
        "schema_version": FAILOVER_SCHEMA_VERSION,
        "run": {
            "started_at": check.started_at,
            "finished_at": check.finished_at,
            "waited": check.waited,
            "since": check.since,
            "accept_failed_over": check.accept_failed_over,
            "accepted": [check.title(group) for group in check.accepted],
            "insecure": check.insecure,
        },
        "clusters": [_cluster_json(cluster, check) for cluster in check.clusters],
        "exit_code": int(code),
    }


def _cluster_json(cluster: ClusterCheck, check: FailoverCheck) -> dict[str, Any]:
    return {
        "name": cluster.name,
        "gaps": [wording.missing_groups_text(cluster)] if cluster.lacks_groups else [],
        "cucm_requests": cluster.cucm_requests,
        "topology_recorded_at": cluster.topology_recorded_at,
        "cucm_stand_in": cluster.cucm_stand_in,
        "unreached_cucm": [entry.detail for entry in cluster.unreached_cucm],
        "nodes_in_no_group": [_check_json(node_check) for node_check in cluster.ungrouped],
        "groups": [_group_json(group, check) for group in cluster.groups],
    }


def _group_json(group: GroupCheck, check: FailoverCheck) -> dict[str, Any]:
    return {
        "name": group.name,
        "standing": group.status,
        "verdict": group.verdict,
        "because": render_sentence(group.because),
        "causes": group.causes,
        "switch": group.is_switched_on,
        "nodes": [_node_json(node) for node in group.nodes],
        "points": [_check_json(node_check) for node_check in group.checks],
        "sessions": asdict(group.sessions),
        "settled": asdict(group.stability) if group.stability else None,
        "obstacles": [_failure_json(failure) for failure in group.failures],
        "firm": group.is_observed,
        "exit_code": int(check.exit_code_of(group)),
        "sentence": str(summarize_group(group)),
        "action": choose_group_action(group).render(),
    }


def _node_json(node: NodeStatus) -> dict[str, Any]:
    return {
        "name": node.name,
        "role": node.role,
        "state": node.state,
        "state_source": node.state_source or "",
        "silence": render_sentence(node.no_state_reason),
        "answered": node.has_answered,
        "sessions": dict(node.sessions),
        "replication": node.replication,
        "requests": node.requests,
        "obstacle": _failure_json(node.failure) if node.failure else None,
    }


def _check_json(check: NodeCheck) -> dict[str, Any]:
    return {
        "aspect": check.type,
        "node": check.node,
        "verdict": check.verdict,
        "text": wording.node_check_text(check),
        "word": wording.node_check_label(check),
        "service": check.service,
    }


def _failure_json(failure: SourceFailure) -> dict[str, Any]:
    return {
        "cluster": failure.cluster,
        "server": failure.server,
        "source": failure.source,
        "reason": failure.reason,
        "text": failure.text,
        "elsewhere": failure.accepted_elsewhere,
    }


def _peering_json(peering: Peering) -> dict[str, Any]:
    return {
        "asker": peering.cluster,
        "asked": peering.peer,
        "verdict": peering.verdict,
        "text": wording.peering_text(peering),
    }


def _impact_json(impact: FailoverImpact) -> dict[str, Any]:
    return {
        "cluster": impact.group.cluster,
        "group": impact.group.name,
        "what": impact.what,
        "node": impact.node,
        "verdict": impact.verdict,
        "why": f"{impact.because}.",
        "remedy": impact.remedy,
    }


def _obstacle_json(obstacle: FailoverObstacle) -> dict[str, Any]:
    return {
        "cluster": obstacle.group.cluster,
        "group": obstacle.group.name,
        "recommendation": obstacle.finding.recommendation,
        "subject": obstacle.finding.subject.name,
        "verdict": obstacle.finding.verdict,
        "why": f"{obstacle.clause}.",
    }
