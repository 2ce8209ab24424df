"""What to fix first: causes of drift and servers that could not be read, worst first."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeAlias

from auditor.models.cluster_report import ClusterReport
from auditor.models.findings import Severity, SubjectKind, Verdict
from auditor.report.block_rows import subject_noun, subjects_text
from auditor.report.grouping import difference_group_key
from auditor.report.html.cluster_view import ClusterView
from auditor.report.html.finding_blocks import FindingBlock
from auditor.report.unread import UnreadServer
from auditor.report.wording import difference_text, finding_label, severity_summary
from auditor.text import count_noun, join_names

_MAX_LINES = 5
"""Of causes, and of servers that could not be read: neither may push the other out."""


@dataclass(frozen=True, slots=True)
class PlaceToFix:
    """Where something is to be fixed: a link to `anchor` of a cluster, and the names it is about.

    `kind` goes before the names: `on`, or `on group`.
    """

    view: ClusterView
    anchor: str
    kind: str
    names: str


@dataclass(frozen=True, slots=True)
class LineToFix:
    """One line: what to fix, in which places, and what else comes of it.

    `severity` is the gravest of what it is about. `is_unread`: nothing was read there, so it is
    not known what is wrong. `why` says what it means, or why there was no answer. `number` counts
    causes or servers.
    """

    what: str
    places: tuple[PlaceToFix, ...]
    severity: Severity
    is_unread: bool
    extent: str
    why: str
    number: int
    sort_key: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class FixFirst:
    """The lines to show, and what comes after them, in words; empty if nothing does."""

    lines: tuple[LineToFix, ...]
    more: str


def list_what_to_fix(clusters: Iterable[ClusterView]) -> FixFirst:
    """Return what to fix first in all clusters; causes count from their threshold on."""
    views = tuple(clusters)
    causes = sorted(_cause_lines(views), key=attrgetter("sort_key"))
    unread = sorted((line for v in views for line in _unread_lines(v)), key=attrgetter("sort_key"))
    shown = [*causes[:_MAX_LINES], *unread[:_MAX_LINES]]
    # Of one severity, what is known to be wrong comes before what may be.
    shown.sort(key=lambda line: (line.severity.rank, line.is_unread))
    left = sum(line.number for line in causes[_MAX_LINES:])
    unread_left = sum(line.number for line in unread[_MAX_LINES:])
    more = [count_noun(left, "more cause")] if left else []
    more += [count_noun(unread_left, "more unread server")] if unread_left else []
    return FixFirst(tuple(shown), join_names(more) if more else "")


_PlacedBlock: TypeAlias = tuple[ClusterView, FindingBlock]


def _cause_lines(views: Iterable[ClusterView]) -> Iterator[LineToFix]:
    """Yield a line for each cause; the same one in several clusters is one line."""
    groups: dict[object, list[_PlacedBlock]] = {}
    for view in views:
        for section in view.sections:
            for block in section.blocks if section.verdict is Verdict.DRIFT else ():
                if block.gravest.reaches(view.cluster.fail_on):
                    first = block.entry.group.findings[0]
                    # As blocks of one cluster differ, so do lines.
                    key = (difference_group_key(first), block.gravest)
                    groups.setdefault(key, []).append((view, block))
    return map(_describe_causes, groups.values())


def _describe_causes(placed: Sequence[_PlacedBlock]) -> LineToFix:
    blocks = [block for _, block in placed]
    first = blocks[0].entry.group.findings[0]
    explained = [finding for block in blocks for finding in block.explained]
    explains = (
        f"Explains {count_noun(len(explained), 'more difference')}: {severity_summary(explained)}."
    )
    return LineToFix(
        what=f"{finding_label(first)}: {difference_text(first)}",
        places=tuple(_place_cause(view, block) for view, block in placed),
        severity=blocks[0].gravest,
        is_unread=False,
        extent=explains if explained else "",
        why=first.consequence,
        number=sum(len(block.entry.group.findings) for block in blocks),
        sort_key=min(block.sort_key for block in blocks),
    )


def _place_cause(view: ClusterView, block: FindingBlock) -> PlaceToFix:
    findings = block.entry.group.findings
    kind = findings[0].subject.kind
    names = dict.fromkeys(finding.subject.name for finding in findings)
    of = "" if kind is SubjectKind.NODE else f" {subject_noun(kind, len(names))}"
    about = subjects_text(list(names), kind, view.cluster)
    return PlaceToFix(view, block.entry.anchor, f"on{of}", about)


def _unread_lines(view: ClusterView) -> Iterator[LineToFix]:
    """Yield a line for each server that returned nothing; one for all where none returned any."""
    servers = view.row.unread
    together = (
        [servers] if view.cluster.is_nothing_read and servers else [(server,) for server in servers]
    )
    for unread in together:
        names = [server.name for server in unread]
        unknown = sum(server.unknown for server in unread)
        severity = _gravest_unknown(view.cluster, unread)
        failure = unread[0].failure
        yield LineToFix(
            what="could not be read",
            places=(_place_unread(view, names),),
            severity=severity,
            is_unread=True,
            extent=f"{count_noun(unknown, 'check')} cannot be judged." if unknown else "",
            why=failure.explanation if failure else "",
            number=len(names),
            sort_key=(severity.rank, -unknown, view.cluster.name.casefold(), names),
        )


def _place_unread(view: ClusterView, names: Iterable[str]) -> PlaceToFix:
    anchor = f"{view.place}-g" if view.gaps else view.place
    return PlaceToFix(view, anchor, "", join_names(names, limit=3))


def _gravest_unknown(cluster: ClusterReport, servers: Iterable[UnreadServer]) -> Severity:
    """Return the gravest severity of the checks that wait for servers, or else of the cluster.

    It is critical where nothing is judged at all.
    """
    waiting = [finding for server in servers for finding in server.findings]
    unknown = waiting or [f for f in cluster.findings if f.verdict is Verdict.UNKNOWN]
    severities = (finding.severity for finding in unknown)
    return min(severities, key=lambda severity: severity.rank, default=Severity.CRITICAL)
