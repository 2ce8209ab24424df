"""A comparison of two snapshots as text and as JSON."""

from collections.abc import Iterator, Sequence

from auditor.change.diff.model import UNEXPECTED_CATEGORIES, Difference, DifferenceCategory
from auditor.change.diff.snapshots import SnapshotComparison
from auditor.text import count_noun, json_text, printable, wrap_text

CATEGORY_HEADINGS = {
    DifferenceCategory.UNEXPECTED: "Unexpected changes",
    DifferenceCategory.NOT_DONE: "Expected, but not done",
    DifferenceCategory.NEW_DRIFT: "New drift",
    DifferenceCategory.NEWLY_UNKNOWN: "Newly unknown",
    DifferenceCategory.NOT_COMPARED: "Not compared, because it could not be read before",
    DifferenceCategory.RESTARTED: "Unexpected restarts",
    DifferenceCategory.NEWLY_KNOWN: "Not compared, because it is known only now",
    DifferenceCategory.UNTIL_PROFILE_FOLLOWS: "Only until the profile is updated",
    DifferenceCategory.FEWER_SESSIONS: "A few sessions less, as users come and go",
    DifferenceCategory.EXPECTED: "Expected changes",
    DifferenceCategory.FIXED: "Fixed drift",
    DifferenceCategory.PERSISTING: "Remaining drift",
}
"""The headings, most serious first."""


def render_comparison_text(comparison: SnapshotComparison, *, width: int | None = None) -> str:
    """Return the comparison as text: the result first, then each category under its heading.

    Without a width each difference is one line, which suits a pipe.
    """
    first = f"{_comparison_headline(comparison)} From {comparison.before} to {comparison.after}."
    lines = [first] if width is None else wrap_text(first, width)
    for name, differences in comparison.clusters.items():
        lines += ["", f"Cluster {printable(name)}: {count_noun(len(differences), 'difference')}"]
        for category, heading in CATEGORY_HEADINGS.items():
            members = [d for d in differences if d.category is category]
            lines += _category_lines(heading, members, width)
    return "\n".join((*lines, "", f"Exit code {int(comparison.exit_code)}.", ""))


def _comparison_headline(comparison: SnapshotComparison) -> str:
    """Return the result, with the worst unexpected difference, or why nothing was compared."""
    summary = _summarize_categories({d.category for d in comparison.differences})
    unexpected = [d for d in comparison.differences if d.category in UNEXPECTED_CATEGORIES]
    if unexpected:
        worst = min(
            unexpected,
            key=lambda d: (d.severity.rank, UNEXPECTED_CATEGORIES.index(d.category)),
        )
        label = "Worst: " if len(unexpected) > 1 else ""
        return f"{summary} {label}{printable(worst.about)}: {printable(worst.text)}"
    if comparison.unread_reason:
        return f"Nothing could be compared: {printable(comparison.unread_reason)}."
    return summary


def _summarize_categories(categories: set[DifferenceCategory]) -> str:
    """Return in a sentence or two what happened: changes, drift, restarts, something not done."""
    sentences = [*_unexpected_sentences(categories), *_not_done_sentences(categories)]
    # The last that holds is kept: what became unknown now is the most urgent.
    unknown = ""
    if DifferenceCategory.NEWLY_KNOWN in categories:
        unknown = "something is known only now and could not be compared"
    if DifferenceCategory.NOT_COMPARED in categories:
        unknown = "something could not be compared"
    if DifferenceCategory.NEWLY_UNKNOWN in categories:
        unknown = "something is unknown now"
    if unknown and not sentences:
        return f"Nothing unexpected was seen, but {unknown}."
    sentences += [f"Also, {unknown}."] if unknown else []
    return " ".join(sentences) or "Nothing unexpected changed."


def _unexpected_sentences(categories: set[DifferenceCategory]) -> Iterator[str]:
    has_drift = DifferenceCategory.NEW_DRIFT in categories
    has_restarts = DifferenceCategory.RESTARTED in categories
    if DifferenceCategory.UNEXPECTED in categories or (has_drift and has_restarts):
        yield "There are unexpected changes."
    elif has_drift:
        yield "There is new, unexpected drift."
    elif has_restarts:
        yield "Services were restarted unexpectedly."


def _not_done_sentences(categories: set[DifferenceCategory]) -> Iterator[str]:
    if DifferenceCategory.NOT_DONE in categories:
        if DifferenceCategory.EXPECTED in categories:
            yield "Not every expected change was made."
        else:
            yield "The expected change was not made."
        if not any(_unexpected_sentences(categories)):
            yield "Nothing else is unexpected."


def _category_lines(
    heading: str, differences: Sequence[Difference], width: int | None
) -> list[str]:
    if not differences:
        return []
    lines = ["", f"  {heading} ({len(differences)})"]
    for difference in differences:
        lines += _wrap_difference(difference, width)
    return lines


def _wrap_difference(difference: Difference, width: int | None) -> list[str]:
    text = f"{printable(difference.about)}: {printable(difference.text)}"
    if width is None:
        return [f"    {text}"]
    return wrap_text(text, width, first_indent=" " * 4, indent=" " * 8)


def render_comparison_json(comparison: SnapshotComparison) -> str:
    """Return the comparison as JSON: sorted keys, one list of differences for each cluster."""
    content = {
        "schema_version": "1.0",
        "before": comparison.before,
        "after": comparison.after,
        "clusters": [
            {
                "name": name,
                # Readers of the JSON know the category as `sort`.
                "differences": [
                    {"sort": d.category, "about": d.about, "text": d.text} for d in differences
                ],
            }
            for name, differences in comparison.clusters.items()
        ],
        "exit_code": comparison.exit_code,
    }
    return json_text(content)
