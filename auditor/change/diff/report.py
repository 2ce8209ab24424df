"""A comparison of two snapshots, told: the verdict first, then each sort of difference."""

import json
from collections.abc import Iterator, Sequence
from textwrap import wrap

from auditor.change.diff.model import UNEXPECTED_CATEGORIES, Difference, DifferenceCategory
from auditor.change.diff.snapshots import SnapshotComparison
from auditor.text import printable

CATEGORY_HEADINGS = {
    DifferenceCategory.UNEXPECTED: "Unexpected changes",
    DifferenceCategory.MISSING: "Announced, and not done",
    DifferenceCategory.NEW: "New drift",
    DifferenceCategory.UNAUDITABLE: "No longer auditable",
    DifferenceCategory.UNSEEN: "Not read before, and so not compared",
    DifferenceCategory.RESTART: "Restarts that nobody announced",
    DifferenceCategory.READABLE: "Known only now, and so not compared",
    DifferenceCategory.FORESEEN: "Only until the profile follows",
    DifferenceCategory.EXPECTED: "Expected changes",
    DifferenceCategory.FIXED: "Fixed drift",
    DifferenceCategory.PERSISTING: "Drift that stays",
}
"""What each sort is called, gravest first."""


def render_comparison_text(comparison: SnapshotComparison, *, width: int | None = None) -> str:
    """Return the comparison for a reader: the verdict first, then each sort under its head.

    Without a width each difference has a line of its own, which is what a pipe wants.
    """
    first = f"{_comparison_headline(comparison)} From {comparison.before} to {comparison.after}."
    lines = [first] if width is None else wrap(first, max(width, 40))
    for name, found in comparison.clusters.items():
        lines += ["", f"Cluster {printable(name)}: {_difference_count_text(found)}"]
        for sort, head in CATEGORY_HEADINGS.items():
            lines += _category_lines(head, [d for d in found if d.sort is sort], width)
    code = comparison.exit_code
    return "\n".join((*lines, "", f"Exit code {int(code)}.", ""))


def _comparison_headline(comparison: SnapshotComparison) -> str:
    """Return the verdict, with the worst of what nobody announced, or why nothing is known."""
    verdict = _comparison_summary({d.sort for d in comparison.found})
    surprises = [d for d in comparison.found if d.sort in UNEXPECTED_CATEGORIES]
    if surprises:
        worst = min(surprises, key=lambda d: (d.severity.rank, UNEXPECTED_CATEGORIES.index(d.sort)))
        mark = "Worst: " if len(surprises) > 1 else ""
        return f"{verdict} {mark}{printable(worst.about)}: {printable(worst.text)}"
    if comparison.unasked:
        return f"Nothing could be compared: {printable(comparison.unasked)}."
    return verdict


def _comparison_summary(sorts: set[DifferenceCategory]) -> str:
    """Say which matter it is: changes, drift, restarts, something undone, or something unread."""
    told = [*_unexpected_change_sentences(sorts), *_missing_change_sentences(sorts)]
    blind = ""
    if DifferenceCategory.READABLE in sorts:
        blind = "something is known only now and could not be compared"
    if DifferenceCategory.UNSEEN in sorts:
        blind = "something could not be compared"
    if DifferenceCategory.UNAUDITABLE in sorts:
        blind = "something can no longer be told"
    if blind and not told:
        return f"Nothing unexpected was seen, but {blind}."
    told += [f"{blind.capitalize()}."] if blind else []
    return " ".join(told) or "Nothing unexpected changed."


def _unexpected_change_sentences(sorts: set[DifferenceCategory]) -> Iterator[str]:
    if (
        DifferenceCategory.UNEXPECTED in sorts
        or {DifferenceCategory.NEW, DifferenceCategory.RESTART} <= sorts
    ):
        yield "Something changed that nobody announced."
    elif DifferenceCategory.NEW in sorts:
        yield "There is new drift that nobody announced."
    elif DifferenceCategory.RESTART in sorts:
        yield "Services were restarted that nobody announced."


def _missing_change_sentences(sorts: set[DifferenceCategory]) -> Iterator[str]:
    if DifferenceCategory.MISSING in sorts:
        if DifferenceCategory.EXPECTED in sorts:
            yield "Not all that was announced was done."
        else:
            yield "What was announced was not done."
        if not any(_unexpected_change_sentences(sorts)):
            yield "Nothing else is unexpected."


def _difference_count_text(found: Sequence[Difference]) -> str:
    return f"{len(found)} differences" if len(found) != 1 else "1 difference"


def _category_lines(head: str, found: Sequence[Difference], width: int | None) -> list[str]:
    if not found:
        return []
    rows = [f"{printable(d.about)}: {printable(d.text)}" for d in found]
    return [
        "",
        f"  {head} ({len(found)})",
        *(line for row in rows for line in _wrap_difference(row, width)),
    ]


def _wrap_difference(text: str, width: int | None) -> list[str]:
    if width is None:
        return [f"    {text}"]
    return wrap(
        text,
        max(width, 40),
        initial_indent=" " * 4,
        subsequent_indent=" " * 8,
        break_on_hyphens=False,
        break_long_words=False,
    )


def render_comparison_json(comparison: SnapshotComparison) -> str:
    """Return the comparison as JSON: sorted keys, one list of differences a cluster."""
    content = {
        "schema_version": "1.0",
        "before": comparison.before,
        "after": comparison.after,
        "clusters": [
            {
                "name": name,
                "differences": [
                    {"sort": str(d.sort), "about": d.about, "text": d.text} for d in found
                ],
            }
            for name, found in comparison.clusters.items()
        ],
        "exit_code": int(comparison.exit_code),
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"
