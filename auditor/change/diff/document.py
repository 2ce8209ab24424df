"""A comparison as a document for a change record: Markdown to paste into a ticket."""

from collections.abc import Iterator, Sequence

from auditor import __version__
from auditor.change.diff.events import count_directions, count_listed
from auditor.change.diff.model import NAMED_DIRECTIONS, ChangeEvent, Difference, EventDirection
from auditor.change.diff.report import (
    CATEGORY_HEADINGS,
    COMPARISON_RESULTS,
    comparison_headline,
    describe_counts,
)
from auditor.change.diff.snapshots import SnapshotComparison
from auditor.models.exit_codes import ExitCode
from auditor.report.markdown_text import (
    FORM_FIELD,
    SIGNATURE,
    escape_markdown,
    format_code,
    format_table,
    join_lines,
)
from auditor.text import format_moment, join_names


def render_comparison_markdown(comparison: SnapshotComparison) -> str:
    """Return the document; no name of a server or file in it is read as markup."""
    return join_lines(_document_lines(comparison))


def _document_lines(comparison: SnapshotComparison) -> Iterator[str]:
    result = COMPARISON_RESULTS[comparison.exit_code]
    clusters = join_names(comparison.clusters)
    yield f"# {result.capitalize()}: what changed on {escape_markdown(clusters)}"
    yield ""
    yield f"**{escape_markdown(comparison_headline(comparison))}**"
    yield ""
    yield from format_table(
        ("Item", "Value"),
        (
            ("Result", f"{result} (exit code {int(comparison.exit_code)})"),
            ("Before", format_moment(comparison.before)),
            ("After", format_moment(comparison.after)),
            ("Compared by", f"auditor {__version__}"),
            ("Change number", ""),
        ),
    )
    yield from format_table(
        ("Cluster", *(direction.words.capitalize() for direction in EventDirection)),
        (
            (format_code(name), *(str(number) for number in count_directions(events).values()))
            for name, events in comparison.clusters.items()
        ),
    )
    for name, events in comparison.clusters.items():
        yield from _cluster_lines(name, events)
    yield "## Confirmations"
    yield ""
    if comparison.exit_code is not ExitCode.COMPLIANT:
        yield f"- [ ] What is unexpected or unknown is explained: {FORM_FIELD} {SIGNATURE}"
    yield f"- [ ] The result of the change is accepted. {SIGNATURE}"


def _cluster_lines(name: str, events: Sequence[ChangeEvent]) -> Iterator[str]:
    yield f"## Cluster {format_code(name)}: {describe_counts(events)}"
    yield ""
    for category, heading in CATEGORY_HEADINGS.items():
        members = [event for event in events if event.category is category]
        if members:
            yield f"### {heading}: {count_listed(members)}"
            yield ""
            for event in members:
                yield from _event_lines(event)
            yield ""


def _event_lines(event: ChangeEvent) -> Iterator[str]:
    is_named = event.direction in NAMED_DIRECTIONS
    yield f"- {_item(event.difference)}{f' ({event.direction.words})' if is_named else ''}"
    yield from (f"  - so {_item(difference)}" for difference in event.consequences)


def _item(difference: Difference) -> str:
    return f"{format_code(difference.about)}: {escape_markdown(difference.text)}"
