"""A comparison as one HTML page in the style of the report: it loads nothing, runs no script."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader
from markupsafe import Markup

from auditor import __version__
from auditor.change.diff.events import count_directions, count_listed
from auditor.change.diff.model import (
    NAMED_DIRECTIONS,
    ChangeEvent,
    DifferenceCategory,
    EventDirection,
)
from auditor.change.diff.report import (
    CATEGORY_HEADINGS,
    COMPARISON_RESULTS,
    comparison_headline,
    describe_counts,
)
from auditor.change.diff.snapshots import SnapshotComparison
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Verdict
from auditor.report.html.environment import (
    content_security_policy,
    read_asset,
    template_environment,
)

_RESULT_LOOKS = {
    ExitCode.COMPLIANT: Verdict.PASS,
    ExitCode.DRIFT: Verdict.DRIFT,
    ExitCode.INCOMPLETE: Verdict.UNKNOWN,
}
_DIRECTION_LOOKS = {
    EventDirection.WORSE: Verdict.DRIFT,
    EventDirection.BETTER: Verdict.PASS,
    EventDirection.OTHER: Verdict.EXPLAINED,
    EventDirection.NOT_COMPARABLE: Verdict.UNKNOWN,
    EventDirection.STILL_THERE: Verdict.NOT_APPLICABLE,
}
_NOTES = {
    EventDirection.WORSE: "new drift, or users missing",
    EventDirection.BETTER: "drift that is fixed",
    EventDirection.OTHER: "neither worse nor better",
    EventDirection.NOT_COMPARABLE: "unknown on one side",
    EventDirection.STILL_THERE: "drift before and after",
}


@dataclass(frozen=True, slots=True)
class _Tile:
    look: Verdict
    label: str
    number: int
    note: str


@dataclass(frozen=True, slots=True)
class _Section:
    """The events of one category of a cluster."""

    anchor: str
    heading: str
    number: int
    events: tuple[ChangeEvent, ...]


@dataclass(frozen=True, slots=True)
class _Cluster:
    """One cluster with its sections, which has an `anchor` because names may be anything."""

    anchor: str
    name: str
    counts: str
    sections: tuple[_Section, ...]


def render_comparison_page(comparison: SnapshotComparison) -> str:
    """Return the page; every text in it is printable and escaped."""
    style = "\n".join((read_asset("style.css"), _read_style()))
    return (
        _page_environment()
        .get_template("page.html.j2")
        .render(
            comparison=comparison,
            look=_RESULT_LOOKS[comparison.exit_code],
            result=COMPARISON_RESULTS[comparison.exit_code],
            headline=comparison_headline(comparison),
            tiles=tuple(_list_tiles(comparison.events)),
            clusters=tuple(_list_clusters(comparison)),
            looks=_DIRECTION_LOOKS,
            named=NAMED_DIRECTIONS,
            policy=content_security_policy(style),
            style=Markup(style),  # noqa: S704 - files of ours
            version=__version__,
        )
    )


def _list_tiles(events: Sequence[ChangeEvent]) -> Iterator[_Tile]:
    happened = [event for event in events if event.direction is not EventDirection.STILL_THERE]
    yield _Tile(Verdict.NOT_APPLICABLE, "Events", len(happened), "each with what follows from it")
    for direction, number in count_directions(events).items():
        yield _Tile(
            _DIRECTION_LOOKS[direction], direction.words.capitalize(), number, _NOTES[direction]
        )


def _list_clusters(comparison: SnapshotComparison) -> Iterator[_Cluster]:
    for number, (name, events) in enumerate(comparison.clusters.items(), 1):
        anchor = f"c{number}"
        sections = tuple(
            _Section(f"{anchor}-{category}", heading, count_listed(members), members)
            for category, heading in CATEGORY_HEADINGS.items()
            if (members := _of_category(events, category))
        )
        yield _Cluster(anchor, name, describe_counts(events), sections)


def _of_category(
    events: Sequence[ChangeEvent], category: DifferenceCategory
) -> tuple[ChangeEvent, ...]:
    return tuple(event for event in events if event.category is category)


def _read_style() -> str:
    return (files(__package__) / "page.css").read_text(encoding="utf-8").strip()


@cache
def _page_environment() -> Environment:
    """Return the environment of all pages, which finds the template beside this module too."""
    shared = template_environment()
    loaders = [PackageLoader(__package__, "."), *([shared.loader] if shared.loader else [])]
    return shared.overlay(loader=ChoiceLoader(loaders))
