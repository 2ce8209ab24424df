"""The JSON report: whole documents, the schema, and their agreement with the code."""

import json
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from auditor import __version__
from auditor.errors import Reason
from auditor.models.cluster_report import ClusterStatus
from auditor.models.coverage import Outcome, Source
from auditor.models.evidence import Origin
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import FindingKind, Severity, SubjectKind, Verdict
from auditor.models.history import ChangeDirection
from auditor.models.nodes import HaState, Identity, Role, RunState
from auditor.report import json_report
from auditor.report.json_report import REPORT_SCHEMA_VERSION, report_to_dict
from auditor.resources import read_schema
from tests.report import samples
from tests.report.shapes import SHAPES, sample

GOLDEN = Path(__file__).parent / "golden"


def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(read_schema("audit"))
    return loaded


def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema())


def test_the_schema_is_valid_itself() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("shape", SHAPES)
def test_every_report_follows_the_schema(shape: str) -> None:
    validator().validate(json.loads(json_report.render(sample(shape))))


@pytest.mark.parametrize("shape", ["empty", "waived", "caused", "incomplete", "mixed"])
def test_whole_document(shape: str, compare_golden: Callable[[Path, str], None]) -> None:
    text = json_report.render(sample(shape)).replace(f'"{__version__}"', '"VERSION"')
    compare_golden(GOLDEN / f"{shape}.json", text)


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("verdict", Verdict),
        ("kind", FindingKind),
        ("severity", Severity),
        ("status", ClusterStatus),
        ("role", Role),
        ("ha_state", HaState),
        ("identity", Identity),
        ("run_state", RunState),
        ("subject_kind", SubjectKind),
        ("origin", Origin),
        ("source", Source),
        ("outcome", Outcome),
        ("reason", Reason),
        ("direction", ChangeDirection),
    ],
)
def test_the_schema_lists_exactly_the_tokens_of_the_code(name: str, tokens: type[StrEnum]) -> None:
    assert schema()["$defs"][name]["enum"] == [str(token) for token in tokens]


def test_the_schema_lists_the_exit_codes_with_which_a_report_is_written() -> None:
    silent = {ExitCode.BUG, ExitCode.USAGE, ExitCode.INTERRUPTED}
    assert set(schema()["$defs"]["exit_code"]["enum"]) == {int(c) for c in set(ExitCode) - silent}


def test_the_schema_names_the_version_that_reports_carry() -> None:
    assert schema()["properties"]["schema_version"]["const"] == REPORT_SCHEMA_VERSION


def test_every_key_in_the_schema_is_described() -> None:
    blank = [
        f"{name}.{key}"
        for name, definition in schema()["$defs"].items()
        for key, value in definition.get("properties", {}).items()
        if "$ref" not in value and not value.get("description")
    ]
    assert blank == []


def test_the_schema_refuses_unknown_keys_and_values() -> None:
    document = report_to_dict(samples.mixed())
    document["clusters"][0]["findings"][0]["verdict"] = "maybe"
    document["clusters"][0]["extra"] = 1
    assert {error.validator for error in validator().iter_errors(document)} == {
        "enum",
        "additionalProperties",
    }


def test_what_history_adds_is_inside_run() -> None:
    """Reports of an unchanged cluster differ nowhere else."""
    bare, aged = report_to_dict(samples.mixed()), report_to_dict(samples.remembered())
    assert bare["run"].pop("past") is None
    past = aged["run"].pop("past")["lab"]
    assert bare == aged
    assert [change["direction"] for change in past["changes"]] == [
        "new",
        "persisting",
        "resolved",
        "unseen",
    ]
    standing = {f["id"]: f for f in aged["clusters"][0]["findings"]}
    assert {standing[finding]["verdict"] for finding in past["standings"]} == {"drift"}


def test_a_pass_with_a_kind_of_drift_is_refused() -> None:
    document = report_to_dict(samples.compliant())
    document["clusters"][0]["findings"][0]["kind"] = "stopped"
    assert not validator().is_valid(document)


def test_the_document_does_not_depend_on_the_order_of_replies() -> None:
    report = samples.mixed()
    (cluster,) = report.clusters
    shuffled = replace(
        cluster,
        nodes=tuple(
            replace(node, services=dict(reversed(list(node.services.items()))))
            for node in reversed(cluster.nodes)
        ),
        findings=cluster.findings[::-1],
        coverage=cluster.coverage[::-1],
    )
    assert json_report.render(replace(report, clusters=(shuffled,))) == json_report.render(report)


def test_the_document_is_ascii() -> None:
    text = json_report.render(samples.hostile())
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text)["clusters"][0]["name"] == samples.HOSTILE


def test_the_document_ends_in_one_newline_and_sorts_its_keys() -> None:
    text = json_report.render(samples.compliant())
    assert text.endswith("}\n")
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"


def test_the_summary_counts_and_carries_the_exit_code() -> None:
    assert report_to_dict(samples.lenient())["summary"] == {
        "pass": 12,
        "drift": 0,
        "unknown": 17,
        "not_applicable": 4,
        "explained": 0,
        "waived": 0,
        "causes": 0,
        "exit_code": 0,
    }
