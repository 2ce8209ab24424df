"""Snapshots: the JSON report plus the facts it was judged on, whole, with a digest."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from auditor.cluster import ClusterFacts
from auditor.report.jsonout import to_dict
from auditor.runs import Report
from auditor.snapshots import KIND, SCHEMA_VERSION, digest


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
