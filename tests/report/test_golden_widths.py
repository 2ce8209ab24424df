"""Whole outputs for a terminal of a width fit it, so that the terminal itself breaks no word."""

import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from auditor.text import name_list_lines

TESTS = Path(__file__).parent.parent
OUTPUTS = {
    str(path.relative_to(TESTS)): int(match[1])
    for path in sorted(TESTS.rglob("golden/**/*.txt"))
    if (match := re.search(r"[.-](80|100|160)\.txt$", path.name))
}


def test_there_are_outputs_of_several_widths() -> None:
    assert set(OUTPUTS.values()) >= {80, 100, 160}


@pytest.mark.parametrize("path", OUTPUTS)
def test_no_line_is_wider_than_its_terminal(path: str) -> None:
    """But for one long word, which runs over whole."""
    lines = (TESTS / path).read_text(encoding="utf-8").splitlines()
    if "failover-check" in path:
        # Its first two lines stay whole in a pipe, for what reads them line by line.
        lines = lines[2:]
    wide = [line for line in lines if cell_len(line) > OUTPUTS[path] and " " in line.strip()]
    assert wide == []


def test_a_list_of_names_keeps_the_titles_in_their_column() -> None:
    titles = {"one": "a title of several words that does not fit", "fourteen": "short"}
    assert name_list_lines(titles, 44) == [
        "  one       a title of several words that",
        "            does not fit",
        "  fourteen  short",
    ]
