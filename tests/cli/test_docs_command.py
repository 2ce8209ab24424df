"""The manual ships with the program and is printed page by page."""

import os
import sys
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.cli.app import app
from auditor.cli.docs import lay_out_page, read_pages
from tests.cli.terminal import on_terminal

TOPICS = (
    "architecture",
    "change",
    "changelog",
    "commands",
    "configuration",
    "failover",
    "first-steps",
    "fleets",
    "history",
    "interfaces",
    "nightly",
    "recommendations",
    "report",
    "simulator",
    "speed",
    "troubleshooting",
)


def test_all_pages_are_listed_with_what_they_are_about() -> None:
    result = CliRunner().invoke(app, ["docs"])
    assert result.exit_code == 0
    rows = [line.split(maxsplit=1) for line in result.stdout.splitlines() if line.startswith("  ")]
    assert tuple(topic for topic, _ in rows) == TOPICS
    assert dict(rows)["troubleshooting"] == "what each failure means, and what to do"


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_is_printed_as_markdown_without_the_marks_of_its_generator(topic: str) -> None:
    result = CliRunner().invoke(app, ["docs", topic])
    assert result.exit_code == 0
    lines = [line for line in read_pages()[topic].splitlines() if not line.startswith("<!-- ")]
    assert result.stdout.splitlines() == lines


def test_an_unknown_topic_names_the_nearest() -> None:
    result = CliRunner().invoke(app, ["docs", "configuraton"])
    assert result.exit_code == 2
    assert "did you mean `configuration`?" in result.stderr


def test_a_terminal_shows_a_page_laid_out(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "auditor", "docs", "troubleshooting"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TERM": "xterm",
        "NO_COLOR": "1",
        "HOME": str(tmp_path),
    }
    code, screen = on_terminal(words, environment, {})
    assert code == 0
    assert "not_authorised" in screen
    assert "| ---" not in screen


@pytest.mark.parametrize("width", [60, 80])
def test_no_word_of_a_page_is_broken_or_cut_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """Commands of a page are to be pasted, and keys of a table to be searched for."""
    pages = {}
    for columns in (1000, width):
        monkeypatch.setattr("auditor.cli.docs.terminal_width", partial(int, columns))
        pages[columns] = {
            name: set(lay_out_page(text).split()) for name, text in read_pages().items()
        }
    for name, words in pages[1000].items():
        assert {w for w in words - pages[width][name] if not set(w) <= set("─━•")} == set(), name
