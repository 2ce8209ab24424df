"""The record of the history for other programs: each time that a finding stood alike, a row."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from auditor.report.csvout import cell

SCHEMA_VERSION = "1.0"
"""Major.minor, of its own: the record changes for other reasons than the report."""

COLUMNS = (
    "cluster",
    "recommendation",
    "service",
    "subject_kind",
    "subject",
    "verdict",
    "kind",
    "severity",
    "first_seen",
    "last_seen",
    "runs",
    "since",
    "runs_since",
    "finding",
)
"""`first_seen` to `last_seen`, over `runs` runs, it stood alike; the verdict alone stands since
`since`, over `runs_since` runs."""


def render_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as JSON: ASCII, sorted keys, one newline at the end."""
    document = {"schema_version": SCHEMA_VERSION, "record": [dict(row) for row in rows]}
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def render_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as CSV (RFC 4180, UTF-8) with a header."""
    page = io.StringIO()
    writer = csv.DictWriter(page, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        told = {key: "" if value is None else str(value) for key, value in row.items()}
        writer.writerow({key: cell(text) for key, text in told.items()})
    return page.getvalue()
