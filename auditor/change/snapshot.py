"""Snapshots: the JSON report plus the facts it was judged on, whole, with a digest."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from auditor.cluster import ClusterFacts
from auditor.compare.seen import ClusterSeen, FindingSeen, NodeSeen, ServiceSeen
from auditor.report.jsonout import to_dict
from auditor.runs import Report
from auditor.snapshots import KIND, SCHEMA_VERSION, digest

_TRAITS = ("role", "redundancy_group", "ha_state", "identity", "release")


def document(report: Report, facts: Sequence[ClusterFacts]) -> dict[str, Any]:
    """Return a snapshot as plain data, digest included."""
    content = {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        "report": to_dict(report),
        "facts": {known.name: plain(known) for known in facts},
    }
    return content | {"digest": digest(content)}


def text_of(snapshot: Mapping[str, Any]) -> str:
    """Return a snapshot as it is written to a file."""
    return json.dumps(snapshot, indent=1, sort_keys=True) + "\n"


def plain(value: object) -> Any:  # noqa: ANN401 - JSON has no type of its own
    """Return facts as JSON data: dataclasses as objects, sets as sorted lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def clusters(snapshot: Mapping[str, Any]) -> dict[str, ClusterSeen]:
    """Return what a snapshot holds, by cluster name."""
    facts = snapshot["facts"]
    return {
        told["name"]: _cluster(told, facts[told["name"]]) for told in snapshot["report"]["clusters"]
    }


def _cluster(told: Mapping[str, Any], known: Mapping[str, Any]) -> ClusterSeen:
    replied = {node["name"]: node["replied_at"] for node in known["nodes"]}
    nodes = [_node(node, replied.get(node["name"])) for node in told["nodes"]]
    findings = [_finding(finding) for finding in told["findings"]]
    return ClusterSeen(
        name=told["name"],
        traits=_groups(known["groups"]),
        nodes={node.name.casefold(): node for node in nodes},
        findings={finding.id: finding for finding in findings},
        complete=known["topology_observed"],
    )


def _groups(groups: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    words = {True: "on", False: "off"}
    switches = {
        f"high availability of {group['name']}": words[group["ha_enabled"]]
        for group in groups
        if group["ha_enabled"] is not None
    }
    members = {
        f"nodes of {group['name']}": ", ".join(sorted(group["nodes"])) or "none" for group in groups
    }
    return switches | members


def _node(node: Mapping[str, Any], replied_at: str | None) -> NodeSeen:
    return NodeSeen(
        name=node["name"],
        traits=_traits(node),
        services={
            service["name"]: ServiceSeen(
                service["activated"], service["state"], service["uptime_s"]
            )
            for service in node["services"]
        },
        replied_at=None if replied_at is None else datetime.fromisoformat(replied_at),
    )


def _traits(node: Mapping[str, Any]) -> dict[str, str]:
    """Return what holds of a node; who answered is told only of a node that did."""
    told = {key: node[key] for key in _TRAITS if node[key] is not None}
    if not node["services"]:
        del told["identity"]
    return told


def _finding(finding: Mapping[str, Any]) -> FindingSeen:
    return FindingSeen(
        id=finding["id"],
        recommendation=finding["recommendation"],
        subject=finding["subject"]["name"],
        verdict=finding["verdict"],
        kind=finding["kind"],
        severity=finding["severity"],
        observed=finding["observed"],
    )
