"""The page of a comparison: its first line names the matter."""

import json

import pytest

from auditor.change.difference import Comparison
from auditor.change.difference_page import HEADS, render_json, render_text
from auditor.compare.difference import Difference, Sort
from auditor.findings import Severity


def comparison(*sorts: Sort) -> Comparison:
    """Return a comparison that found one difference of each sort."""
    found = tuple(Difference(sort, "n1", f"It is {sort}, and that is so.") for sort in sorts)
    return Comparison("then", "now", {"lab": found})


@pytest.mark.parametrize(
    ("sorts", "said"),
    [
        ([], "Nothing unexpected changed."),
        ([Sort.EXPECTED, Sort.FORESEEN, Sort.FIXED], "Nothing unexpected changed."),
        ([Sort.UNEXPECTED, Sort.NEW], "Something changed that nobody announced."),
        ([Sort.NEW, Sort.RESTART], "Something changed that nobody announced."),
        ([Sort.NEW], "There is new drift that nobody announced."),
        ([Sort.RESTART], "Services were restarted that nobody announced."),
        ([Sort.MISSING], "What was announced was not done. Nothing else is unexpected."),
        (
            [Sort.MISSING, Sort.EXPECTED],
            "Not all that was announced was done. Nothing else is unexpected.",
        ),
        (
            [Sort.UNEXPECTED, Sort.MISSING],
            "Something changed that nobody announced. What was announced was not done.",
        ),
        (
            [Sort.UNAUDITABLE],
            "Nothing unexpected was seen, but something can no longer be told.",
        ),
        (
            [Sort.READABLE, Sort.FIXED],
            "Nothing unexpected was seen, but something is known only now and could not be "
            "compared.",
        ),
        ([Sort.UNSEEN], "Nothing unexpected was seen, but something could not be compared."),
        (
            [Sort.RESTART, Sort.UNAUDITABLE],
            "Services were restarted that nobody announced. Something can no longer be told.",
        ),
    ],
)
def test_the_first_line_names_the_matter(sorts: list[Sort], said: str) -> None:
    """Nobody reads on at night to learn whether it is a change or one left undone."""
    first, *_ = render_text(comparison(*sorts)).splitlines()
    assert first.startswith(f"{said} ")
    assert first.endswith(" From then to now.")


def test_the_first_line_names_the_worst_surprise() -> None:
    """The drift that weighs most, whatever stands above it in the page."""
    low = Difference(Sort.NEW, "n1", "RPT-02 differs.", Severity.LOW)
    high = Difference(Sort.NEW, "n2", "RTR-01 differs.", Severity.CRITICAL)
    fixed = Difference(Sort.FIXED, "n3", "SIP-01 no longer differs.", Severity.CRITICAL)
    found = Comparison("then", "now", {"lab": (low, high, fixed)})
    first, *_ = render_text(found).splitlines()
    drift = "There is new drift that nobody announced."
    assert first == f"{drift} Worst: n2: RTR-01 differs. From then to now."


def test_what_was_never_read_is_no_comparison() -> None:
    """Nothing unexpected was seen, because nothing was."""
    lost = Difference(Sort.UNAUDITABLE, "pub", "cucm-axl: credentials.")
    found = Comparison("then", "now", {"lab": (lost,)}, unasked="credentials refused by pub")
    first, *_ = render_text(found).splitlines()
    assert first == "Nothing could be compared: credentials refused by pub. From then to now."


def test_every_sort_has_its_section() -> None:
    """In the order of its weight, on one line each for a pipe."""
    lines = render_text(comparison(*Sort)).splitlines()
    heads = [line for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert heads == [f"  {HEADS[sort]} (1)" for sort in Sort]
    for sort in Sort:
        assert f"    n1: It is {sort}, and that is so." in lines


def test_a_terminal_gets_lines_that_fit() -> None:
    """What belongs together stays indented."""
    text = render_text(comparison(*Sort), width=40)
    rows = [line for line in text.splitlines() if line.startswith("    ")]
    assert max(len(row) for row in rows) <= 40
    assert "    n1: It is unauditable, and that is\n        so.\n" in text


def test_scripts_get_every_difference() -> None:
    """With the token of its sort."""
    told = json.loads(render_json(comparison(Sort.FORESEEN)))
    assert told["clusters"] == [
        {
            "name": "lab",
            "differences": [
                {
                    "sort": "foreseen",
                    "about": "n1",
                    "text": "It is foreseen, and that is so.",
                }
            ],
        }
    ]
