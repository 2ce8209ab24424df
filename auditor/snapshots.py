"""The file of a snapshot: its kind, its digest, and the reading of it.

`auditor.snapshots` writes them; whoever compares with one reads it here.


Snapshots: the JSON report plus the facts it was judged on, whole, with a digest.

What a survey of a cluster did not see, and why, as whoever compares later must know it.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from auditor.errors import ConfigError, Reason
from auditor.models.facts import ClusterFacts, Coverage, Outcome, Source
from auditor.models.findings import ClusterReport
from auditor.models.report import Report
from auditor.report.json_report import report_to_dict
from auditor.report.summary import describe_failures, failure_reason
from auditor.text import join_names

SNAPSHOT_KIND = "auditor-snapshot"
SNAPSHOT_SCHEMA_VERSION = "1.0"


def snapshot_digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of everything but the digest itself, blanks and key order apart."""
    rest = {key: value for key, value in content.items() if key != "digest"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def read_snapshot_file(path: Path) -> dict[str, Any]:
    """Return a snapshot from a file, as it was written.

    Raises:
        ConfigError: unreadable, no snapshot, of another schema version, or edited; says which.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror or error}."]) from error
    except (ValueError, RecursionError) as error:
        text = f"{path}: cannot be read as a snapshot: it is cut short, or something else."
        raise ConfigError([text]) from error
    if not isinstance(content, dict) or content.get("kind") != SNAPSHOT_KIND:
        raise ConfigError([f"{path}: is no snapshot; `auditor snapshot` writes one."])
    if content.get("schema_version") != SNAPSHOT_SCHEMA_VERSION:
        told = content.get("schema_version")
        text = (
            f"{path}: has schema version {told}, and this auditor reads {SNAPSHOT_SCHEMA_VERSION}."
        )
        raise ConfigError([text])
    if content.get("digest") != snapshot_digest(content):
        raise ConfigError([f"{path}: was edited after it was written: its digest does not fit."])
    return content


def build_snapshot(report: Report, facts: Sequence[ClusterFacts]) -> dict[str, Any]:
    """Return a snapshot as plain data, digest included."""
    content = {
        "kind": SNAPSHOT_KIND,
        "schema_version": SNAPSHOT_SCHEMA_VERSION,
        "report": report_to_dict(report),
        "facts": {known.name: facts_to_json(known) for known in facts},
    }
    return content | {"digest": snapshot_digest(content)}


def serialize_snapshot(snapshot: Mapping[str, Any]) -> str:
    """Return a snapshot as it is written to a file."""
    return json.dumps(snapshot, indent=1, sort_keys=True) + "\n"


def facts_to_json(value: object) -> Any:  # noqa: ANN401 - JSON has no type of its own
    """Return facts as JSON data: dataclasses as objects, sets as sorted lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: facts_to_json(getattr(value, field.name)) for field in fields}
    if isinstance(value, Mapping):
        return {str(key): facts_to_json(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, tuple | list):
        return [facts_to_json(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def reason_nothing_read(coverage: Iterable[Coverage]) -> str:
    """Return why no server told anything at all, empty where one did."""
    asked = [entry for entry in coverage if entry.source is not Source.TCP]
    if any(entry.outcome is Outcome.COLLECTED for entry in asked):
        return ""
    return describe_failures([entry for entry in asked if entry.reason]) or "no server was asked"


def first_failure_detail(coverage: Iterable[Coverage]) -> str:
    """Return what the first server that failed says of it, with what to do."""
    failed = (entry.detail for entry in coverage if entry.outcome is Outcome.FAILED)
    return next((detail for detail in failed if detail), "")


def missing_data_sentences(cluster: ClusterReport) -> Iterator[str]:
    """Yield a sentence for everything that a snapshot of a cluster lacks."""
    if why := reason_nothing_read(cluster.coverage):
        yield f"It holds nothing of {cluster.name}: {why}."
        return
    if not cluster.nodes:
        why = failure_reason(cluster) or "CUCM listed none"
        yield f"It holds no node of {cluster.name}: {why}."
        return
    gaps = [entry for entry in cluster.coverage if entry.reason]
    unread = {name: _unread_node_reason(gaps, name) for name in cluster.unread}
    for reason, nodes in _group_names_by_key(
        (reason, name) for name, reason in unread.items()
    ).items():
        verb, whose = ("is", "its") if len(nodes) == 1 else ("are", "their")
        told = f"{join_names(nodes, limit=3)} {verb} missing ({reason})"
        yield f"{told}: {whose} services cannot be compared later."
    others = [entry for entry in gaps if entry.node not in unread]
    for what, nodes in _group_names_by_key(
        (f"{e.source}|{_coverage_reason_text(e.reason)}", e.node) for e in others
    ).items():
        source, _, reason = what.partition("|")
        yield f"The answer of {source} on {join_names(nodes, limit=3)} is missing ({reason})."


def _unread_node_reason(gaps: Iterable[Coverage], node: str) -> str:
    """Return why the services of a node are not known."""
    told = {entry.source: entry.reason for entry in gaps if entry.node == node}
    return _coverage_reason_text(told.get(Source.CONTROL_CENTER) or next(iter(told.values()), None))


def _coverage_reason_text(reason: Reason | None) -> str:
    return reason.replace("_", " ") if reason else "no state was told"


def _group_names_by_key(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for key, name in pairs:
        grouped.setdefault(key, []).append(name)
    return grouped
