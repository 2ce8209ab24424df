"""The demo's report, whole: what a newcomer sees first, and what a machine reads."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auditor.cli.app import app
from tests.lab import Lab

Start = Callable[..., Lab]
Compare = Callable[[Path, str], None]

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(autouse=True)
def _without_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the report to this one run."""
    monkeypatch.setenv("AUDITOR_HISTORY", "off")


def _steady(text: str) -> str:
    """Put what changes from run to run to fixed text of the same length."""
    text = re.sub(r"127\.0\.0\.1:\d{5}", "127.0.0.1:54321", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "0" * 36, text)
    text = re.sub(r"valid until 20\d\d-\d\d-\d\d", "valid until 2029-03-01", text)
    return re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-01-02T03:04:05Z", text)


def test_the_terminal_report_of_the_demo(lab: Start, compare_golden: Compare) -> None:
    """Table, findings, what is unknown, and the result."""
    result = lab("demo").run("audit")
    assert result.exit_code == 3
    assert result.stderr == ""
    compare_golden(GOLDEN / "demo.txt", _steady(result.stdout))


def test_the_json_report_of_the_demo(lab: Start, compare_golden: Compare) -> None:
    """Every key and every value; each finding and each service on a line of its own."""
    told = lab("demo").json()
    for cluster in told["clusters"]:
        for entry in cluster["coverage"]:
            entry["elapsed_ms"] = 0
        for node in cluster["nodes"]:
            for service in node["services"]:
                service["uptime_s"] = service["uptime_s"] and 3600
    compare_golden(GOLDEN / "demo.json", _steady(_lines(told)))


Json = dict[str, Any] | list[Any] | str | float | None


def _lines(value: Json, depth: int = 0) -> str:
    """Write JSON with what holds no list on one line, so that a difference is one line too."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or (depth and not _deep(value)):
        return flat
    pad = "\n" + "  " * (depth + 1)
    if isinstance(value, list):
        inner = [_lines(item, depth + 1) for item in value]
        return f"[{pad}{(',' + pad).join(inner)}]"
    pairs = [f"{json.dumps(key)}: {_lines(item, depth + 1)}" for key, item in value.items()]
    return f"{{{pad}{(',' + pad).join(pairs)}}}"


def _deep(value: dict[str, Any] | list[Any]) -> bool:
    """Tell whether a value holds records in lists; a finding with its evidence is one record."""
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], dict)
    return any(isinstance(item, list) for item in value.values()) and "recommendation" not in value


def test_the_demo_ends_well_and_names_the_code_of_the_audit(
    compare_golden: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the same report, with a closing word; nothing is asked of the person who runs it."""
    monkeypatch.setenv("AUDITOR_PASSWORD", "not asked for")
    result = CliRunner().invoke(app, ["demo"])
    assert result.exit_code == 0, result.output
    report, _, closing = result.stdout.rpartition("\nThis was a demonstration")
    assert "ended with 3: drift" in closing
    compare_golden(GOLDEN / "demo.txt", _steady(report))
