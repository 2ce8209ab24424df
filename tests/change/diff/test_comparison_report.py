"""The report of a comparison: its first line says what matters most."""

import json
from collections import Counter

import pytest

from auditor.change.diff.model import ChangeEvent, Difference
from auditor.change.diff.model import DifferenceCategory as Category
from auditor.change.diff.report import (
    CATEGORY_HEADINGS,
    render_comparison_json,
    render_comparison_text,
)
from auditor.change.diff.snapshots import SnapshotComparison
from auditor.models.findings import Severity


def comparison(*categories: Category) -> SnapshotComparison:
    """Return a comparison that found one difference of each category."""
    events = tuple(
        ChangeEvent(Difference(category, "n1", f"It is {category}, and that is so."))
        for category in categories
    )
    return SnapshotComparison("then", "now", {"lab": events})


@pytest.mark.parametrize(
    ("categories", "sentence"),
    [
        ([], "Nothing unexpected changed."),
        (
            [
                Category.EXPECTED,
                Category.UNTIL_PROFILE_FOLLOWS,
                Category.FIXED,
            ],
            "Nothing unexpected changed.",
        ),
        (
            [Category.UNEXPECTED, Category.NEW_DRIFT],
            "There are unexpected changes.",
        ),
        (
            [Category.NEW_DRIFT, Category.RESTARTED],
            "There are unexpected changes.",
        ),
        ([Category.NEW_DRIFT], "There is new, unexpected drift."),
        ([Category.RESTARTED], "Services were restarted unexpectedly."),
        (
            [Category.NOT_DONE],
            "The expected change was not made. Nothing else is unexpected.",
        ),
        (
            [Category.NOT_DONE, Category.EXPECTED],
            "Not every expected change was made. Nothing else is unexpected.",
        ),
        (
            [Category.UNEXPECTED, Category.NOT_DONE],
            "There are unexpected changes. The expected change was not made.",
        ),
        (
            [Category.NEWLY_UNKNOWN],
            "Nothing unexpected was seen, but something is unknown now.",
        ),
        (
            [Category.NEWLY_KNOWN, Category.FIXED],
            "Nothing unexpected was seen, but something is known only now and could not be "
            "compared.",
        ),
        (
            [Category.NOT_COMPARED],
            "Nothing unexpected was seen, but something could not be compared.",
        ),
        (
            [Category.RESTARTED, Category.NEWLY_UNKNOWN],
            "Services were restarted unexpectedly. Also, something is unknown now.",
        ),
    ],
)
def test_the_first_line_says_what_matters_most(categories: list[Category], sentence: str) -> None:
    """A change that was not made is not called an unexpected change."""
    first, *_ = render_comparison_text(comparison(*categories)).splitlines()
    assert first.startswith(f"{sentence} ")
    assert first.endswith(" From then to now.")


def test_the_first_line_names_the_worst_unexpected_difference() -> None:
    """It is the most severe drift, whatever the order of the page."""
    low = Difference(Category.NEW_DRIFT, "n1", "RPT-02 differs.", Severity.LOW)
    high = Difference(Category.NEW_DRIFT, "n2", "RTR-01 differs.", Severity.CRITICAL)
    fixed = Difference(Category.FIXED, "n3", "SIP-01 no longer differs.", Severity.CRITICAL)
    result = SnapshotComparison(
        "then", "now", {"lab": (ChangeEvent(low), ChangeEvent(high), ChangeEvent(fixed))}
    )
    first, *_ = render_comparison_text(result).splitlines()
    drift = "There is new, unexpected drift."
    assert first == f"{drift} Worst: n2: RTR-01 differs. From then to now."


def test_a_snapshot_without_answers_is_not_compared() -> None:
    """The first line does not say that nothing unexpected was seen."""
    failure = Difference(Category.NEWLY_UNKNOWN, "pub", "cucm-axl: credentials.")
    result = SnapshotComparison(
        "then",
        "now",
        {"lab": (ChangeEvent(failure),)},
        unread_reason="pub refused the user name or password",
    )
    first, *_ = render_comparison_text(result).splitlines()
    assert (
        first
        == "Nothing could be compared: pub refused the user name or password. From then to now."
    )


def test_every_category_has_its_section() -> None:
    """Most serious first, and one line for each difference in a pipe."""
    lines = render_comparison_text(comparison(*Category)).splitlines()
    heads = [line for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert heads == [f"  {CATEGORY_HEADINGS[category]} (1)" for category in Category]
    for category in Category:
        assert f"    n1: It is {category}, and that is so." in lines


def test_a_terminal_gets_lines_that_fit() -> None:
    """Continued lines are indented."""
    text = render_comparison_text(comparison(*Category), width=40)
    rows = [line for line in text.splitlines() if line.startswith("    ")]
    assert max(len(row) for row in rows) <= 40
    assert "    n1: It is unauditable, and that is\n        so.\n" in text


def test_json_holds_every_difference() -> None:
    """With the token of its category."""
    content = json.loads(render_comparison_json(comparison(Category.UNTIL_PROFILE_FOLLOWS)))
    (cluster,) = content["clusters"]
    assert cluster["name"] == "lab"
    assert cluster["events"] == [
        {
            "sort": "foreseen",
            "direction": "other",
            "about": "n1",
            "text": "It is foreseen, and that is so.",
            "service": None,
            "finding": None,
            "consequences": [],
        }
    ]
    assert cluster["counts"]["other"] == 1


def test_json_has_one_token_for_a_direction() -> None:
    """The number of a direction is that of the events with its token."""
    content = json.loads(render_comparison_json(comparison(*Category)))
    (cluster,) = content["clusters"]
    listed = Counter(event["direction"] for event in cluster["events"])
    assert cluster["counts"] == listed
    assert listed["not_comparable"] == 3


def test_consequences_stand_under_what_they_follow_from() -> None:
    """One event, however much it changed; the subject is not repeated."""
    stop = Difference(Category.UNEXPECTED, "n1", "It was started, is stopped.")
    own = Difference(Category.NEW_DRIFT, "n1", "SIP-01: drift.")
    other = Difference(Category.NEW_DRIFT, "Default", "HA-01: drift.")
    result = SnapshotComparison("then", "now", {"lab": (ChangeEvent(stop, (own, other)),)})
    text = render_comparison_text(result)
    assert text.splitlines()[0].startswith(
        "There are unexpected changes. n1: It was started, is stopped."
    )
    assert "Cluster lab: 1 event (1 worse)" in text
    assert "    n1: It was started, is stopped. (worse)\n        so SIP-01: drift.\n" in text
    assert "        so Default: HA-01: drift.\n" in text


def test_what_stays_is_no_event() -> None:
    """It is listed, and counted by itself."""
    text = render_comparison_text(comparison(Category.PERSISTING, Category.FIXED))
    assert "Cluster lab: 1 event (1 better); 1 difference still there" in text
