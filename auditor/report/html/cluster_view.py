"""What the page shows of one cluster: matrix, blocks, changes, history, what was asked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from auditor.models.facts import Coverage, NodeFacts
from auditor.models.findings import ClusterReport, Finding, Severity, SubjectKind, Verdict
from auditor.models.history import ChangeDirection, ClusterHistory, HistoricalFinding
from auditor.models.report import Report
from auditor.recommendations.packs import Citation, Recommendation
from auditor.report.grouping import FindingGroup, group_findings
from auditor.report.html.chart import RunChart, build_run_chart
from auditor.report.matrix import (
    Cell,
    group_nodes,
    index_findings,
    label_nodes,
    node_attribute_rows,
    select_matrix_services,
    service_cell,
    shared_domain,
    short_service_name,
)
from auditor.report.sentences import render_sentence
from auditor.report.summary import changes_summary, count_nodes_read, count_verdict, coverage_gaps
from auditor.report.wording import (
    STATUS_VERDICTS,
    VERDICT_HEADINGS,
    cluster_summary,
    finding_label,
    nothing_was_read,
)
from auditor.text import join_names

_DIRECTION_LABELS = {
    ChangeDirection.NEW: "New",
    ChangeDirection.WORSENED: "Worse",
    ChangeDirection.RESOLVED: "Resolved",
    ChangeDirection.NOT_APPLICABLE: "No longer asked for",
    ChangeDirection.UNKNOWN: "Unknown now",
    ChangeDirection.PERSISTING: "Still there",
}
_PASSED_VERDICTS = (Verdict.PASS, Verdict.NOT_APPLICABLE)
_MAX_PASSED_REASONS = 3


@dataclass(frozen=True, slots=True)
class MatrixView:
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
class FindingBlock:
    """A story with its place; `lines` are its rows with labels said once.

    `nodes` are the tokens of the nodes that it is about, empty for the whole cluster.
    """

    anchor: str
    story: FindingGroup
    severity: Severity
    lines: tuple[tuple[str, tuple[str, ...]], ...]
    nodes: tuple[str, ...]
    sources: tuple[tuple[str, Citation], ...]


@dataclass(frozen=True, slots=True)
class VerdictSection:
    """All blocks of one verdict."""

    verdict: Verdict
    heading: str
    number: int
    blocks: tuple[FindingBlock, ...]


@dataclass(frozen=True, slots=True)
class PassedGroup:
    """Findings that ask for nothing: one recommendation, one verdict, and where."""

    recommendation: str
    title: str
    verdict: Verdict
    where: str
    because: tuple[str, ...]
    source: Citation | None


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """Findings that moved in one way since the last run; an anchor where a block tells them."""

    label: str
    findings: tuple[tuple[HistoricalFinding, str], ...]


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
    matrix: MatrixView
    anchors: Mapping[str, str]
    sections: tuple[VerdictSection, ...]
    changes: tuple[ChangeGroup, ...]
    timeline: RunChart | None
    gaps: tuple[tuple[Coverage, str], ...]
    coverage: tuple[Coverage, ...]
    settled: tuple[PassedGroup, ...]
    nodes: tuple[tuple[str, str], ...]


def build_cluster_view(
    report: Report, cluster: ClusterReport, anchor: str, known: Mapping[str, Recommendation]
) -> ClusterView:
    """Return a cluster as the page shows it; its places on the page begin with `anchor`."""
    past = report.past.get(cluster.name)
    tokens = {node.name.lower(): f"{anchor}n{n}" for n, node in enumerate(cluster.nodes, start=1)}
    sections = tuple(_verdict_sections(report, cluster, tokens, known))
    anchors = {
        finding.id: block.anchor
        for section in sections
        for block in section.blocks
        for finding in block.story.findings
    }
    read, due = count_nodes_read(cluster)
    return ClusterView(
        anchor=anchor,
        cluster=cluster,
        look=STATUS_VERDICTS[cluster.status],
        sentence=cluster_summary(cluster),
        dark=nothing_was_read(cluster),
        numbers={verdict: count_verdict(cluster, verdict) for verdict in Verdict},
        read=read,
        due=due,
        moved=changes_summary(cluster, past) if past and past.runs else "",
        since=past.runs[0].started_at if past and past.runs else "",
        matrix=_build_matrix_view(cluster),
        anchors=anchors,
        sections=sections,
        changes=tuple(_change_groups(past, anchors)),
        timeline=build_run_chart(cluster, report.run, past),
        gaps=tuple((entry, entry.explanation) for entry in coverage_gaps(cluster)),
        coverage=tuple(sorted(cluster.coverage, key=lambda e: (e.node.lower(), e.source))),
        settled=tuple(_passed_groups(cluster, known)),
        nodes=tuple((tokens[node.name.lower()], node.name) for node in cluster.nodes),
    )


def _build_matrix_view(cluster: ClusterReport) -> MatrixView:
    judged = index_findings(cluster.findings)
    label = label_nodes([node.name for node in cluster.nodes])
    groups = group_nodes(cluster.nodes)
    nodes = [node for _, members in groups for node in members]
    rows: list[tuple[str, tuple[Cell, ...]]] = [
        (title[0].upper() + title[1:], tuple(cells))
        for title, cells in node_attribute_rows(nodes, judged)
        if title != "redundancy group" or any(told.verdict for told in cells)
    ]
    for title, services in select_matrix_services(cluster):
        rows.append((title, ()))
        rows += [
            (short_service_name(s), tuple(service_cell(n, s, judged) for n in nodes))
            for s in services
        ]
    return MatrixView(
        spans=tuple((group, len(members)) for group, members in groups),
        edges=frozenset(accumulate(len(members) for _, members in groups)),
        columns=tuple((label[node.name], node.name) for node in nodes),
        rows=tuple(rows),
        domain=shared_domain(cluster),
    )


def _verdict_sections(
    report: Report,
    cluster: ClusterReport,
    tokens: Mapping[str, str],
    known: Mapping[str, Recommendation],
) -> Iterator[VerdictSection]:
    for verdict, heading in VERDICT_HEADINGS.items():
        told = group_findings(report, cluster, verdict, whole=True)
        if told:
            blocks = tuple(
                _build_finding_block(cluster.nodes, story, tokens, known) for story in told
            )
            yield VerdictSection(verdict, heading, sum(len(s.findings) for s in told), blocks)


def _build_finding_block(
    nodes: Sequence[NodeFacts],
    story: FindingGroup,
    tokens: Mapping[str, str],
    known: Mapping[str, Recommendation],
) -> FindingBlock:
    lines: dict[str, list[str]] = {}
    for label, text in story.rows:
        if text:
            lines.setdefault(label, []).append(text)
    ids = dict.fromkeys(finding.recommendation for finding in story.findings)
    return FindingBlock(
        anchor=f"f-{story.findings[0].id}",
        story=story,
        severity=story.findings[0].severity,
        lines=tuple((label, tuple(texts)) for label, texts in lines.items()),
        nodes=tuple(_finding_node_tokens(nodes, story.findings, tokens)),
        sources=tuple((i, known[i].source) for i in ids if i in known),
    )


def _finding_node_tokens(
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


def _change_groups(
    past: ClusterHistory | None, anchors: Mapping[str, str]
) -> Iterator[ChangeGroup]:
    for direction, label in _DIRECTION_LABELS.items():
        moved = [c.finding for c in past.changes if c.direction is direction] if past else []
        if moved:
            yield ChangeGroup(label, tuple((stood, anchors.get(stood.id, "")) for stood in moved))


def _passed_groups(
    cluster: ClusterReport, known: Mapping[str, Recommendation]
) -> Iterator[PassedGroup]:
    """Return passes and what is not applicable, one row a recommendation and verdict."""
    alike: dict[tuple[str, Verdict], list[Finding]] = {}
    for finding in cluster.findings:
        if finding.verdict in _PASSED_VERDICTS:
            alike.setdefault((finding.recommendation, finding.verdict), []).append(finding)
    for (recommendation, verdict), findings in sorted(alike.items()):
        row = known.get(recommendation)
        yield PassedGroup(
            recommendation=recommendation,
            title=row.title if row else finding_label(findings[0]),
            verdict=verdict,
            where=_passed_subjects_text(cluster, findings),
            because=_distinct_reasons(findings)[:_MAX_PASSED_REASONS],
            source=row.source if row else None,
        )


def _distinct_reasons(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(render_sentence(finding.because) for finding in findings))


def _passed_subjects_text(cluster: ClusterReport, findings: Sequence[Finding]) -> str:
    names = [finding.subject.name for finding in findings]
    everywhere = len(cluster.nodes) > 1 and set(names) == {node.name for node in cluster.nodes}
    return f"all {len(names)} nodes" if everywhere else join_names(names, limit=12)
