"""A comparison of two snapshots as text and as JSON."""

from collections.abc import Iterator, Sequence

from auditor.change.diff.events import count_directions, count_listed
from auditor.change.diff.model import (
    NAMED_DIRECTIONS,
    UNEXPECTED_CATEGORIES,
    ChangeEvent,
    Difference,
    DifferenceCategory,
    EventDirection,
    Topic,
)
from auditor.change.diff.snapshots import SnapshotComparison
from auditor.models.exit_codes import ExitCode
from auditor.text import count_noun, join_names, json_text, printable, wrap_text

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


COMPARISON_RESULTS = {
    ExitCode.COMPLIANT: "nothing unexpected",
    ExitCode.DRIFT: "unexpected changes",
    ExitCode.INCOMPLETE: "not everything could be compared",
}
"""What a comparison comes to, by its exit code."""


def render_comparison_text(comparison: SnapshotComparison, *, width: int | None = None) -> str:
    """Return the comparison as text: the result first, then each category under its heading.

    Without a width each difference is one line, which suits a pipe.
    """
    first = f"{comparison_headline(comparison)} From {comparison.before} to {comparison.after}."
    lines = [first] if width is None else wrap_text(first, width)
    for name, events in comparison.clusters.items():
        lines += ["", f"Cluster {printable(name)}: {describe_counts(events)}"]
        for category, heading in CATEGORY_HEADINGS.items():
            members = [event for event in events if event.category is category]
            lines += _category_lines(heading, members, width)
    return "\n".join((*lines, "", f"Exit code {int(comparison.exit_code)}.", ""))


def describe_counts(events: Sequence[ChangeEvent]) -> str:
    """Return how many events there were, and of which direction; what stayed is no event."""
    counts = count_directions(events)
    still_there = counts.pop(EventDirection.STILL_THERE)
    directions = ", ".join(f"{n} {direction.words}" for direction, n in counts.items() if n)
    stayed = f"; {count_noun(still_there, 'difference')} still there" if still_there else ""
    total = sum(counts.values())
    return f"{count_noun(total, 'event')}{f' ({directions})' if total else ''}{stayed}"


def comparison_headline(comparison: SnapshotComparison) -> str:
    """Return the result, with the worst unexpected difference, or why nothing was compared."""
    unread = (
        d.about
        for d in comparison.differences
        if d.category is DifferenceCategory.NEWLY_UNKNOWN and d.topic is Topic.NODE
    )
    categories = {d.category for d in comparison.differences}
    summary = _summarize_categories(categories, tuple(dict.fromkeys(unread)))
    unexpected = [e for e in comparison.events if e.category in UNEXPECTED_CATEGORIES]
    if unexpected:
        worst = min(
            unexpected,
            key=lambda e: (e.severity.rank, UNEXPECTED_CATEGORIES.index(e.category)),
        )
        label = "Worst: " if len(unexpected) > 1 else ""
        about, text = worst.difference.about, worst.difference.text
        return f"{summary} {label}{printable(about)}: {printable(text)}"
    if comparison.unread_reason:
        return f"Nothing could be compared: {printable(comparison.unread_reason)}."
    return summary


def _summarize_categories(categories: set[DifferenceCategory], unread: Sequence[str]) -> str:
    """Return in a sentence or two what happened: changes, drift, restarts, something not done.

    `unread` are the nodes of which nothing could be read now.
    """
    sentences = [*_unexpected_sentences(categories), *_not_done_sentences(categories)]
    # The last that holds is kept: what became unknown now is the most urgent.
    unknown = ""
    if DifferenceCategory.NEWLY_KNOWN in categories:
        unknown = "something is known only now and could not be compared"
    if DifferenceCategory.NOT_COMPARED in categories:
        unknown = "something could not be compared"
    if DifferenceCategory.NEWLY_UNKNOWN in categories:
        nodes = printable(join_names(unread, limit=3))
        unknown = (
            f"the services of {nodes} could not be read now"
            if unread
            else "something is unknown now"
        )
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
    heading: str, events: Sequence[ChangeEvent], width: int | None
) -> Iterator[str]:
    if events:
        yield ""
        yield f"  {heading} ({count_listed(events)})"
    for event in events:
        about = event.difference.about
        # Where the heading does not say it.
        is_named = event.difference.direction is EventDirection.OTHER and (
            event.direction in NAMED_DIRECTIONS
        )
        direction = f" ({event.direction.words})" if is_named else ""
        yield from _wrap(f"{about}: {event.difference.text}{direction}", width, indent=4)
        for consequence in event.consequences:
            subject = "" if consequence.about == about else f"{consequence.about}: "
            yield from _wrap(f"so {subject}{consequence.text}", width, indent=8)


def _wrap(text: str, width: int | None, *, indent: int) -> list[str]:
    if width is None:
        return [" " * indent + printable(text)]
    first, rest = " " * indent, " " * (indent + 4)
    return wrap_text(printable(text), width, first_indent=first, indent=rest)


def render_comparison_json(comparison: SnapshotComparison) -> str:
    """Return the comparison as JSON: sorted keys, one list of events for each cluster."""
    content = {
        "schema_version": "2.0",
        "before": comparison.before,
        "after": comparison.after,
        "clusters": [
            {
                "name": name,
                "counts": count_directions(events),
                "events": [
                    {
                        **_difference_dict(event.difference),
                        "direction": event.direction,
                        "consequences": [_difference_dict(d) for d in event.consequences],
                    }
                    for event in events
                ],
            }
            for name, events in comparison.clusters.items()
        ],
        "exit_code": comparison.exit_code,
    }
    return json_text(content)


def _difference_dict(difference: Difference) -> dict[str, object]:
    # Readers of the JSON know the category as `sort`.
    return {
        "sort": difference.category,
        "about": difference.about,
        "text": difference.text,
        "service": difference.service or None,
        "finding": difference.finding or None,
    }
