"""The figures of the estate and the whole record as CSV: a row for each entry of each list."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditor.models.estate import Estate
from auditor.models.findings import Verdict
from auditor.report.csv_report import escape_csv_cell
from auditor.report.estate_json import estate_lists

_FINDING_COLUMNS = (
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
_VERDICT_COLUMNS = tuple(f"count_{verdict}" for verdict in Verdict)
HISTORY_COLUMNS = (
    "record",
    *_FINDING_COLUMNS,
    "day",
    "status",
    "exit_code",
    "release",
    "run",
    "started_at",
    "finished_at",
    *_VERDICT_COLUMNS,
    "causes",
    "not_judged",
    "unread",
    "audited",
    "expected",
    "unauditable",
    "publishers",
    "state",
    "exists_since",
    "last_judged",
    "waiver_reason",
    "waiver_owner",
    "waiver_expires",
    "waiver_verdict",
    "times",
    "is_open",
    "first_at",
    "last_at",
    "fixed",
    "median_s",
    "worst_s",
    "open",
    "oldest_open_s",
    "not_applicable",
    "unmeasured",
    "node",
    "reasons",
    "healed_at",
    "before_at",
    "after_at",
    "days",
    "usual_days",
    "earlier_at",
)
"""`record` says what a row is: a `period` of a finding, in which it stayed the same, or an entry of
the list of JSON that is named after it. The others are the keys of JSON; a cell is empty where the
entry has no such key, and where the runs did not record it."""

_RECORDS = {
    "clusters": "cluster",
    "days": "day",
    "cluster_days": "cluster_day",
    "differences": "difference",
    "flapping": "flapping",
    "fix_times": "fix_time",
    "outages": "outage",
    "gaps": "gap",
    "clock_steps": "clock_step",
}
_LISTS_OF_NAMES = ("unread", "unauditable")
_RENAMED = {"id": "run"}


def render_history_csv(estate: Estate, record: Sequence[Mapping[str, Any]]) -> str:
    """Return the figures and the record as CSV (RFC 4180, UTF-8) with a header."""
    page = io.StringIO()
    writer = csv.DictWriter(page, HISTORY_COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for name, entries in (*estate_lists(estate).items(), ("record", record)):
        for entry in entries:
            writer.writerow({"record": _RECORDS.get(name, "period"), **_csv_cells(entry)})
    return page.getvalue()


def _csv_cells(entry: Mapping[str, Any]) -> dict[str, str]:
    return {name: escape_csv_cell(text) for name, text in _flatten(entry)}


def _flatten(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the cells of an entry; what is inside another entry has a column of its own."""
    for key, value in entry.items():
        if key == "counts":
            yield from ((f"count_{verdict}", str(number)) for verdict, number in value.items())
        elif key == "waiver":
            yield from ((f"waiver_{name}", text) for name, text in (value or {}).items())
        elif key == "last_run":
            yield from _flatten(value)
        elif key == "publishers":
            yield key, " ".join(use["publisher"] for use in value)
        elif key in _LISTS_OF_NAMES and value == []:
            # An empty cell would say that it was not recorded.
            yield key, "none"
        elif isinstance(value, list):
            yield key, " ".join(value)
        elif isinstance(value, bool):
            yield key, str(value).lower()
        elif value is not None:
            yield _RENAMED.get(key, key), str(value)
