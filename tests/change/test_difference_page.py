"""The page of a comparison: its first line names the matter."""

import json

import pytest

from auditor.change.diff.model import Difference, DifferenceCategory
from auditor.change.diff.report import (
    CATEGORY_HEADINGS,
    render_comparison_json,
    render_comparison_text,
)
from auditor.change.diff.snapshots import SnapshotComparison
from auditor.models.findings import Severity


def comparison(*sorts: DifferenceCategory) -> SnapshotComparison:
    """Return a comparison that found one difference of each sort."""
    found = tuple(Difference(sort, "n1", f"It is {sort}, and that is so.") for sort in sorts)
    return SnapshotComparison("then", "now", {"lab": found})


@pytest.mark.parametrize(
    ("sorts", "said"),
    [
        ([], "Nothing unexpected changed."),
        (
            [DifferenceCategory.EXPECTED, DifferenceCategory.FORESEEN, DifferenceCategory.FIXED],
            "Nothing unexpected changed.",
        ),
        (
            [DifferenceCategory.UNEXPECTED, DifferenceCategory.NEW],
            "Something changed that nobody announced.",
        ),
        (
            [DifferenceCategory.NEW, DifferenceCategory.RESTART],
            "Something changed that nobody announced.",
        ),
        ([DifferenceCategory.NEW], "There is new drift that nobody announced."),
        ([DifferenceCategory.RESTART], "Services were restarted that nobody announced."),
        (
            [DifferenceCategory.MISSING],
            "What was announced was not done. Nothing else is unexpected.",
        ),
        (
            [DifferenceCategory.MISSING, DifferenceCategory.EXPECTED],
            "Not all that was announced was done. Nothing else is unexpected.",
        ),
        (
            [DifferenceCategory.UNEXPECTED, DifferenceCategory.MISSING],
            "Something changed that nobody announced. What was announced was not done.",
        ),
        (
            [DifferenceCategory.UNAUDITABLE],
            "Nothing unexpected was seen, but something can no longer be told.",
        ),
        (
            [DifferenceCategory.READABLE, DifferenceCategory.FIXED],
            "Nothing unexpected was seen, but something is known only now and could not be "
            "compared.",
        ),
        (
            [DifferenceCategory.UNSEEN],
            "Nothing unexpected was seen, but something could not be compared.",
        ),
        (
            [DifferenceCategory.RESTART, DifferenceCategory.UNAUDITABLE],
            "Services were restarted that nobody announced. Something can no longer be told.",
        ),
    ],
)
def test_the_first_line_names_the_matter(sorts: list[DifferenceCategory], said: str) -> None:
    """Nobody reads on at night to learn whether it is a change or one left undone."""
    first, *_ = render_comparison_text(comparison(*sorts)).splitlines()
    assert first.startswith(f"{said} ")
    assert first.endswith(" From then to now.")


def test_the_first_line_names_the_worst_surprise() -> None:
    """The drift that weighs most, whatever stands above it in the page."""
    low = Difference(DifferenceCategory.NEW, "n1", "RPT-02 differs.", Severity.LOW)
    high = Difference(DifferenceCategory.NEW, "n2", "RTR-01 differs.", Severity.CRITICAL)
    fixed = Difference(
        DifferenceCategory.FIXED, "n3", "SIP-01 no longer differs.", Severity.CRITICAL
    )
    found = SnapshotComparison("then", "now", {"lab": (low, high, fixed)})
    first, *_ = render_comparison_text(found).splitlines()
    drift = "There is new drift that nobody announced."
    assert first == f"{drift} Worst: n2: RTR-01 differs. From then to now."


def test_what_was_never_read_is_no_comparison() -> None:
    """Nothing unexpected was seen, because nothing was."""
    lost = Difference(DifferenceCategory.UNAUDITABLE, "pub", "cucm-axl: credentials.")
    found = SnapshotComparison(
        "then", "now", {"lab": (lost,)}, unasked="credentials refused by pub"
    )
    first, *_ = render_comparison_text(found).splitlines()
    assert first == "Nothing could be compared: credentials refused by pub. From then to now."


def test_every_sort_has_its_section() -> None:
    """In the order of its weight, on one line each for a pipe."""
    lines = render_comparison_text(comparison(*DifferenceCategory)).splitlines()
    heads = [line for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert heads == [f"  {CATEGORY_HEADINGS[sort]} (1)" for sort in DifferenceCategory]
    for sort in DifferenceCategory:
        assert f"    n1: It is {sort}, and that is so." in lines


def test_a_terminal_gets_lines_that_fit() -> None:
    """What belongs together stays indented."""
    text = render_comparison_text(comparison(*DifferenceCategory), width=40)
    rows = [line for line in text.splitlines() if line.startswith("    ")]
    assert max(len(row) for row in rows) <= 40
    assert "    n1: It is unauditable, and that is\n        so.\n" in text


def test_scripts_get_every_difference() -> None:
    """With the token of its sort."""
    told = json.loads(render_comparison_json(comparison(DifferenceCategory.FORESEEN)))
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
