"""What the page shows of one cluster: matrix, blocks, changes, history, what was asked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from auditor.facts import Coverage, NodeFacts
from auditor.findings import ClusterReport, Finding, Severity, SubjectKind, Verdict
from auditor.past import Direction, Past, Stood
from auditor.recommendations.model import Citation, Recommendation
from auditor.report import grid, since, tally
from auditor.report.cells import Cell, by_subject, cell, heads
from auditor.report.passages import HEADINGS
from auditor.report.stories import Story, stories
from auditor.report.webpage.timeline import Timeline, timeline
from auditor.report.wording import REASONS, STATUS_VERDICTS, dark, listed, name_of, sentence
from auditor.runs import Report

_MOVED = {
    Direction.NEW: "New",
    Direction.WORSENED: "Worse",
    Direction.RESOLVED: "Resolved",
    Direction.UNASKED: "No longer asked for",
    Direction.UNSEEN: "Unknown now",
    Direction.PERSISTING: "Still there",
}
_SETTLED = (Verdict.PASS, Verdict.NOT_APPLICABLE)
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Matrix:
    """Nodes across, services down. `spans` are redundancy groups and how many columns each has.

    `edges` are the columns that begin a group, from 0.
    A row without cells is the heading of those below it.
    """

    spans: tuple[tuple[str | None, int], ...]
    edges: frozenset[int]
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    domain: str | None


@dataclass(frozen=True, slots=True)
class Block:
    """A story with its place; `lines` are its rows with labels said once.

    `nodes` are the tokens of the nodes that it is about, empty for the whole cluster.
    """

    anchor: str
    story: Story
    severity: Severity
    lines: tuple[tuple[str, tuple[str, ...]], ...]
    nodes: tuple[str, ...]
    sources: tuple[tuple[str, Citation], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """All blocks of one verdict."""

    verdict: Verdict
    heading: str
    number: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """Findings that ask for nothing: one recommendation, one verdict, and where."""

    recommendation: str
    title: str
    verdict: Verdict
    where: str
    because: tuple[str, ...]
    source: Citation | None


@dataclass(frozen=True, slots=True)
class Moved:
    """Findings that moved in one way since the last run; an anchor where a block tells them."""

    label: str
    findings: tuple[tuple[Stood, str], ...]


@dataclass(frozen=True, slots=True)
class ClusterView:
    """One cluster as the page shows it."""

    anchor: str
    cluster: ClusterReport
    look: Verdict
    sentence: str
    dark: bool
    numbers: Mapping[Verdict, int]
    read: int
    due: int
    moved: str
    since: str
    matrix: Matrix
    anchors: Mapping[str, str]
    sections: tuple[Section, ...]
    changes: tuple[Moved, ...]
    timeline: Timeline | None
    gaps: tuple[tuple[Coverage, str], ...]
    coverage: tuple[Coverage, ...]
    settled: tuple[Settled, ...]
    nodes: tuple[tuple[str, str], ...]


def cluster_view(
    report: Report, cluster: ClusterReport, anchor: str, known: Mapping[str, Recommendation]
) -> ClusterView:
    """Return a cluster as the page shows it; its places on the page begin with `anchor`."""
    past = report.past.get(cluster.name)
    tokens = {node.name.lower(): f"{anchor}n{n}" for n, node in enumerate(cluster.nodes, start=1)}
    sections = tuple(_sections(report, cluster, tokens, known))
    anchors = {
        finding.id: block.anchor
        for section in sections
        for block in section.blocks
        for finding in block.story.findings
    }
    read, due = tally.nodes_read(cluster)
    return ClusterView(
        anchor=anchor,
        cluster=cluster,
        look=STATUS_VERDICTS[cluster.status],
        sentence=sentence(cluster),
        dark=dark(cluster),
        numbers={verdict: tally.of(cluster, verdict) for verdict in Verdict},
        read=read,
        due=due,
        moved=since.moved(cluster, past) if past and past.runs else "",
        since=past.runs[0].started_at if past and past.runs else "",
        matrix=_matrix(cluster),
        anchors=anchors,
        sections=sections,
        changes=tuple(_changes(past, anchors)),
        timeline=timeline(cluster, report.run, past),
        gaps=tuple((entry, _advice(entry)) for entry in tally.gaps(cluster)),
        coverage=tuple(sorted(cluster.coverage, key=lambda e: (e.node.lower(), e.source))),
        settled=tuple(_settled(cluster, known)),
        nodes=tuple((tokens[node.name.lower()], node.name) for node in cluster.nodes),
    )


def _advice(entry: Coverage) -> str:
    return entry.detail or (REASONS[entry.reason] if entry.reason else "")


def _matrix(cluster: ClusterReport) -> Matrix:
    judged = by_subject(cluster.findings)
    label = grid.labels([node.name for node in cluster.nodes])
    groups = grid.groups(cluster.nodes)
    nodes = [node for _, members in groups for node in members]
    rows: list[tuple[str, tuple[Cell, ...]]] = [
        (title[0].upper() + title[1:], tuple(cells))
        for title, cells in heads(nodes, judged)
        if title != "redundancy group" or any(told.verdict for told in cells)
    ]
    for title, services in grid.sections(cluster):
        rows.append((title, ()))
        rows += [(grid.short(s), tuple(cell(n, s, judged) for n in nodes)) for s in services]
    return Matrix(
        spans=tuple((group, len(members)) for group, members in groups),
        edges=frozenset(accumulate(len(members) for _, members in groups)),
        columns=tuple((label[node.name], node.name) for node in nodes),
        rows=tuple(rows),
        domain=grid.domain(cluster),
    )


def _sections(
    report: Report,
    cluster: ClusterReport,
    tokens: Mapping[str, str],
    known: Mapping[str, Recommendation],
) -> Iterator[Section]:
    for verdict, heading in HEADINGS.items():
        told = stories(report, cluster, verdict, whole=True)
        if told:
            blocks = tuple(_block(cluster.nodes, story, tokens, known) for story in told)
            yield Section(verdict, heading, sum(len(s.findings) for s in told), blocks)


def _block(
    nodes: Sequence[NodeFacts],
    story: Story,
    tokens: Mapping[str, str],
    known: Mapping[str, Recommendation],
) -> Block:
    lines: dict[str, list[str]] = {}
    for label, text in story.rows:
        if text:
            lines.setdefault(label, []).append(text)
    ids = dict.fromkeys(finding.recommendation for finding in story.findings)
    return Block(
        anchor=f"f-{story.findings[0].id}",
        story=story,
        severity=story.findings[0].severity,
        lines=tuple((label, tuple(texts)) for label, texts in lines.items()),
        nodes=tuple(_tokens(nodes, story.findings, tokens)),
        sources=tuple((i, known[i].source) for i in ids if i in known),
    )


def _tokens(
    nodes: Sequence[NodeFacts], findings: Iterable[Finding], tokens: Mapping[str, str]
) -> list[str]:
    """Return the nodes that findings are about, none if one is about the whole cluster."""
    found: dict[str, None] = {}
    for finding in findings:
        name = finding.subject.name.lower()
        match finding.subject.kind:
            case SubjectKind.NODE if name in tokens:
                found[tokens[name]] = None
            case SubjectKind.GROUP:
                members = [n for n in nodes if (n.redundancy_group or "").lower() == name]
                found |= dict.fromkeys(tokens[node.name.lower()] for node in members)
            case _:
                return []
    return list(found)


def _changes(past: Past | None, anchors: Mapping[str, str]) -> Iterator[Moved]:
    for direction, label in _MOVED.items():
        moved = [c.finding for c in past.changes if c.direction is direction] if past else []
        if moved:
            yield Moved(label, tuple((stood, anchors.get(stood.id, "")) for stood in moved))


def _settled(cluster: ClusterReport, known: Mapping[str, Recommendation]) -> Iterator[Settled]:
    """Return passes and what is not applicable, one row a recommendation and verdict."""
    alike: dict[tuple[str, Verdict], list[Finding]] = {}
    for finding in cluster.findings:
        if finding.verdict in _SETTLED:
            alike.setdefault((finding.recommendation, finding.verdict), []).append(finding)
    for (recommendation, verdict), findings in sorted(alike.items()):
        row = known.get(recommendation)
        yield Settled(
            recommendation=recommendation,
            title=row.title if row else name_of(findings[0]),
            verdict=verdict,
            where=_where(cluster, findings),
            because=tuple(dict.fromkeys(f.because for f in findings))[:_MOST_REASONS],
            source=row.source if row else None,
        )


def _where(cluster: ClusterReport, findings: Sequence[Finding]) -> str:
    names = [finding.subject.name for finding in findings]
    everywhere = len(cluster.nodes) > 1 and set(names) == {node.name for node in cluster.nodes}
    return f"all {len(names)} nodes" if everywhere else listed(names, most=12)
