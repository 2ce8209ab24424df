"""The figures of the estate as JSON and CSV: whole documents, held against the schema."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from auditor.models.cluster_report import ClusterStatus
from auditor.models.estate import FindingState, OutageKind
from auditor.models.findings import FindingKind, Severity, SubjectKind, Verdict
from auditor.report.estate_csv import HISTORY_COLUMNS, render_history_csv
from auditor.report.estate_json import HISTORY_SCHEMA_VERSION, history_to_dict, render_history_json
from auditor.resources import read_schema
from tests.report import estate_pages
from tests.report.estate_pages import PERIOD
from tests.report.test_html_report import HOSTILE

GOLDEN = Path(__file__).parent / "golden"
SCHEMA: dict[str, Any] = json.loads(read_schema("history"))


def test_whole_documents(compare_golden: Callable[[Path, str], None]) -> None:
    estate = estate_pages.nights()
    compare_golden(GOLDEN / "estate-nights.json", render_history_json(estate, [PERIOD]))
    compare_golden(
        GOLDEN / "estate-nights.csv",
        render_history_csv(estate, [PERIOD]).replace("\r\n", "\n"),
    )


@pytest.mark.parametrize("name", estate_pages.ESTATES)
def test_every_document_follows_the_schema(name: str) -> None:
    document = json.loads(render_history_json(estate_pages.ESTATES[name](), [PERIOD]))
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(
        document
    )


def test_the_schema_names_the_version_that_documents_carry() -> None:
    assert SCHEMA["properties"]["schema_version"]["const"] == HISTORY_SCHEMA_VERSION


@pytest.mark.parametrize(
    ("definition", "key", "tokens"),
    [
        ("difference", "state", FindingState),
        ("difference", "severity", Severity),
        ("difference", "subject_kind", SubjectKind),
        ("difference", "kind", FindingKind),
        ("outage", "kind", OutageKind),
        ("run", "status", ClusterStatus),
        ("cluster_day", "status", ClusterStatus),
        ("waiver", "verdict", Verdict),
    ],
)
def test_the_schema_lists_exactly_the_tokens_of_the_code(
    definition: str, key: str, tokens: type[StrEnum]
) -> None:
    listed = SCHEMA["$defs"][definition]["properties"][key]["enum"]
    assert [token for token in listed if token] == [str(token) for token in tokens]


def test_csv_has_a_row_for_every_entry_of_json() -> None:
    estate = estate_pages.nights()
    document = history_to_dict(estate, [PERIOD])
    rows = list(csv.DictReader(io.StringIO(render_history_csv(estate, [PERIOD]))))
    assert tuple(rows[0]) == HISTORY_COLUMNS
    assert Counter(row["record"] for row in rows) == {
        name.rstrip("s"): len(entries)
        for name, entries in document.items()
        if isinstance(entries, list) and entries and name not in ("record", "differences")
    } | {"difference": len(document["differences"]), "period": 1}


def test_what_was_not_recorded_is_null_and_empty() -> None:
    estate = estate_pages.older_schema()
    (cluster,) = history_to_dict(estate, [])["clusters"]
    assert (cluster["causes"], cluster["unread"], cluster["publishers"]) == (None, None, [])
    row = next(csv.DictReader(io.StringIO(render_history_csv(estate, []))))
    assert (row["record"], row["causes"], row["unread"]) == ("cluster", "", "")
    assert row["count_drift"] == "1"


@pytest.mark.parametrize("attack", [*HOSTILE, "=cmd()", "\x1b[31m"])
def test_hostile_text_is_no_formula_and_no_escape(attack: str) -> None:
    estate = estate_pages.hostile(attack)
    for text in (render_history_csv(estate, []), render_history_json(estate, [])):
        assert "\x1b" not in text
    for row in csv.reader(io.StringIO(render_history_csv(estate, []))):
        assert not [cell for cell in row if cell.startswith(("=", "+", "@"))]
