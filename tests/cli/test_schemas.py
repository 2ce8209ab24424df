"""`auditor schema COMMAND`: what commands really write with `-o json` follows it."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from auditor.cli.app import app
from auditor.report.formats import COMMAND_FORMATS, ReportFormat
from auditor.resources import schema_names
from tests.lab import DRIFTED_PAIR, PAIR, SUB, Lab

Start = Callable[..., Lab]

SIP = "Cisco SIP Proxy"
ARCHIVER = "Cisco XCP Message Archiver"
HANGS = {**PAIR, "fault": [{"fault": "http-500", "node": SUB}]}
UNTRUSTED = {**PAIR, "fault": [{"fault": "self-signed-certificate", "node": SUB}]}
CHECKED = {"good": PAIR, "failing": HANGS, "untrusted": UNTRUSTED, "failed-over": "failed-over"}


def _schema(command: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["schema", command])
    assert result.exit_code == 0, result.output
    loaded: dict[str, Any] = json.loads(result.stdout)
    return loaded


def _validate(command: str, text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    jsonschema.Draft202012Validator(
        _schema(command), format_checker=jsonschema.FormatChecker()
    ).validate(document)
    return document


def test_every_command_that_writes_json_has_a_schema() -> None:
    assert set(schema_names()) == {
        command for command, formats in COMMAND_FORMATS.items() if ReportFormat.JSON in formats
    }


@pytest.mark.parametrize("command", schema_names())
def test_a_schema_is_valid_and_closed(command: str) -> None:
    """A key that it does not name would be no part of the contract."""
    schema = _schema(command)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert (
        schema["$id"]
        == f"urn:auditor:{'report' if command == 'audit' else command}:"
        + (schema["properties"]["schema_version"]["const"])
    )

    def check(part: object) -> None:
        if isinstance(part, dict):
            if "properties" in part and part.get("type") == "object":
                assert part["additionalProperties"] is False, part
            for value in part.values():
                check(value)
        elif isinstance(part, list):
            for value in part:
                check(value)

    check(schema)


def test_without_a_command_it_is_that_of_the_audit() -> None:
    assert CliRunner().invoke(app, ["schema"]).stdout == (
        CliRunner().invoke(app, ["schema", "audit"]).stdout
    )


def test_a_command_without_json_names_those_with_it() -> None:
    result = CliRunner().invoke(app, ["schema", "docter"])
    assert result.exit_code == 2
    assert "did you mean `doctor`?" in result.stderr
    assert ", ".join(schema_names()) in result.stderr


@pytest.mark.parametrize("words", [["rules"], ["rules", "--pack", "guides"], ["explain", "axl-02"]])
def test_recommendations_follow_their_schema(words: list[str]) -> None:
    result = CliRunner().invoke(app, [*words, "-o", "json"])
    document = _validate(words[0], result.stdout)
    listed = CliRunner().invoke(app, words).stdout
    for row in document.get("recommendations", [document.get("recommendation")]):
        assert row["id"] in listed


def test_every_recommendation_is_explained_by_its_schema() -> None:
    rows = json.loads(CliRunner().invoke(app, ["rules", "-o", "json"]).stdout)["recommendations"]
    for row in rows:
        result = CliRunner().invoke(app, ["explain", row["id"], "-o", "json"])
        assert _validate("explain", result.stdout)["recommendation"] == row


@pytest.mark.parametrize("scenario", CHECKED.values(), ids=CHECKED)
def test_check_ups_and_failover_checks_follow_their_schemas(
    lab: Start, scenario: str | dict[str, Any]
) -> None:
    running = lab(scenario)
    _validate("doctor", running.run("doctor", "-o", "json").stdout)
    for words in ((), ("--readiness",)):
        result = running.run("failover-check", *words, "-o", "json")
        _validate("failover-check", result.stdout)


CHANGES = [
    ("--deactivate", f"{SIP}@{SUB}"),
    ("--restart", f"{SIP}@{SUB}", "--confirm"),
    ("--activate", f"{ARCHIVER}@{SUB}", "--feature", "compliance=true"),
]


@pytest.mark.parametrize("scenario", [DRIFTED_PAIR, HANGS], ids=["drifted", "failing"])
@pytest.mark.parametrize("words", CHANGES, ids=lambda words: words[0])
def test_decisions_follow_their_schema(
    lab: Start, scenario: dict[str, Any], words: Sequence[str]
) -> None:
    _validate("precheck", lab(scenario).run("precheck", *words, "-o", "json").stdout)


def test_a_history_follows_its_schema(lab: Start) -> None:
    running = lab(DRIFTED_PAIR)
    running.run("audit")
    running.simulator.change({"fault": {"fault": "http-500", "node": SUB}})
    running.run("audit")
    record = _validate("history", running.run("history", "-o", "json").stdout)["record"]
    assert {row["verdict"] for row in record} >= {"pass", "drift", "unknown"}


def test_a_comparison_follows_its_schema(lab: Start) -> None:
    running = lab(PAIR)
    before = running.folder / "before.json"
    running.run("snapshot", "--to", str(before))
    running.simulator.change({"stop": {"node": SUB, "service": SIP}})
    result = running.run("diff", str(before), "live", "-o", "json")
    assert result.exit_code == 3
    _validate("diff", result.stdout)
