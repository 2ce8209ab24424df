"""The check as JSON: sorted keys, everything that the page tells and how many requests it took."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from auditor.failover import action, sentence, verdict
from auditor.failover.findings import Check, ClusterCheck, GroupCheck
from auditor.failover.readiness import Readiness

SCHEMA_VERSION = "1.0"


def render(check: Check) -> str:
    """Return the check as JSON."""
    return _dump(
        {
            "kind": "auditor-failover-check",
            "run": _run(check),
            "verdict": verdict.of_all(check),
            "action": action.of_all(check),
            "clusters": [_cluster(cluster, check) for cluster in check.clusters],
            "between_clusters": [_plain(peering) for peering in check.peerings],
            "notes": list(check.notes),
            "exit_code": int(check.exit_code),
        }
    )


def render_readiness(readiness: Readiness) -> str:
    """Return what a failover would lose as JSON."""
    return _dump(
        {
            "kind": "auditor-failover-readiness",
            "run": _run(readiness.check),
            "verdict": readiness.verdict,
            "action": readiness.action,
            "losses": [_plain(loss) for loss in readiness.losses],
            "clusters": [
                _cluster(cluster, readiness.check) for cluster in readiness.check.clusters
            ],
            "exit_code": int(readiness.exit_code),
        }
    )


def _dump(content: Mapping[str, Any]) -> str:
    return (
        json.dumps({"schema_version": SCHEMA_VERSION, **content}, indent=2, sort_keys=True) + "\n"
    )


def _run(check: Check) -> dict[str, Any]:
    return {
        "started_at": check.started_at,
        "finished_at": check.finished_at,
        "waited": check.waited,
        "since": check.since,
        "accept_failed_over": check.accept_failed_over,
        "accepted": [check.title(group) for group in check.accepted],
        "insecure": check.insecure,
    }


def _cluster(cluster: ClusterCheck, check: Check) -> dict[str, Any]:
    return {
        "name": cluster.name,
        "gaps": list(cluster.gaps),
        "cucm_requests": cluster.cucm_requests,
        "nodes_in_no_group": [_plain(point) for point in cluster.alone],
        "groups": [_group(group, check) for group in cluster.groups],
    }


def _group(group: GroupCheck, check: Check) -> dict[str, Any]:
    told: dict[str, Any] = _plain(group)
    del told["cluster"], told["pair"]
    told["exit_code"] = int(group.code(accept_failed_over=check.accept_failed_over))
    told["sentence"] = sentence.of_group(group)
    told["action"] = action.of_group(group)
    return told


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON has no type of its own
    """Return frozen data as JSON data; a StrEnum is a string already."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
