"""What the page shows of one cluster: matrix, findings, changes, history, sources."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from auditor.models.cluster_report import ClusterReport
from auditor.models.counts import ChangeCategory, categorise_change, count_results
from auditor.models.coverage import Coverage
from auditor.models.findings import Finding, Verdict
from auditor.models.history import ClusterHistory
from auditor.models.report import Report
from auditor.recommendations.packs import Citation, Recommendation
from auditor.report.block_rows import subjects_text
from auditor.report.change_causes import CauseChange, fold_changes
from auditor.report.cluster_summary import cluster_summary
from auditor.report.fleet import FleetRow, build_fleet_row
from auditor.report.html.chart import RunChart, build_run_chart
from auditor.report.html.finding_blocks import FindingBlockBuilder, VerdictSection
from auditor.report.matrix import (
    Cell,
    NodeAttribute,
    group_nodes,
    index_findings,
    label_nodes,
    node_attribute_rows,
    service_cell,
    shared_domain,
)
from auditor.report.matrix_services import select_matrix_services, short_service_name
from auditor.report.sentences import render_sentence
from auditor.report.summary import (
    CHANGE_WORDS,
    cause_note,
    changes_summary,
    coverage_gaps,
    releases_text,
)
from auditor.report.wording import STATUS_VERDICTS, finding_label

_NEW_CATEGORIES = frozenset(
    {
        ChangeCategory.NEW,
        ChangeCategory.WORSE,
        ChangeCategory.UNKNOWN,
        ChangeCategory.UNPROVEN,
        ChangeCategory.ACCEPTED,
    }
)
FIRST_ANCHOR = "c1"
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
class PassedGroup:
    """Passes, or not applicable, of one recommendation, and where."""

    recommendation: str
    title: str
    verdict: Verdict
    where: str
    because: tuple[str, ...]
    source: Citation | None


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """Findings that changed in one way since the last run, by what they changed with."""

    label: str
    causes: tuple[CauseChange, ...]

    @property
    def count_text(self) -> str:
        """Return `3`, or `3 (1 cause)` where some came or went with others."""
        number = sum(1 + len(cause.effects) for cause in self.causes)
        return f"{number}{cause_note(number, len(self.causes))}"


@dataclass(frozen=True, slots=True)
class ClusterView:
    """One cluster as the page shows it; `page` is its file, empty if it is on this page."""

    anchor: str
    page: str
    cluster: ClusterReport
    row: FleetRow
    look: Verdict
    sentence: str
    releases: str
    numbers: Mapping[Verdict, int]
    changes_text: str
    since: str
    matrix: MatrixView
    anchors: Mapping[str, str]
    sections: tuple[VerdictSection, ...]
    changes: tuple[ChangeGroup, ...]
    chart: RunChart | None
    gaps: tuple[tuple[Coverage, str], ...]
    coverage: tuple[Coverage, ...]
    passed: tuple[PassedGroup, ...]
    nodes: tuple[tuple[str, str], ...]

    @property
    def place(self) -> str:
        """Return the anchor of the cluster where its details are; alone on a page it is first."""
        return FIRST_ANCHOR if self.page else self.anchor


def build_cluster_view(
    report: Report,
    cluster: ClusterReport,
    anchor: str,
    rows_by_id: Mapping[str, Recommendation],
    page: str = "",
) -> ClusterView:
    """Return a cluster as a page shows it; its places on the page begin with `anchor`."""
    past = report.past.get(cluster.name)
    # Not the names: they come from servers, and the page lists them with blanks between.
    tokens = {node.name.lower(): f"{anchor}n{n}" for n, node in enumerate(cluster.nodes, start=1)}
    builder = FindingBlockBuilder(report, cluster, tokens, rows_by_id, _find_new(past))
    sections = tuple(builder.build_sections())
    anchors = {
        finding.id: entry.anchor
        for section in sections
        for block in section.blocks
        for entry in block.entries
        for finding in entry.group.findings
    }
    return ClusterView(
        anchor=anchor,
        page=page,
        cluster=cluster,
        row=build_fleet_row(report, cluster),
        look=STATUS_VERDICTS[cluster.status],
        sentence=cluster_summary(cluster),
        releases=releases_text(cluster),
        numbers=count_results(cluster).by_verdict,
        changes_text=changes_summary(cluster, past) if past and past.runs else "",
        since=past.runs[0].started_at if past and past.runs else "",
        matrix=_build_matrix_view(cluster),
        anchors=anchors,
        sections=sections,
        changes=tuple(_change_groups(past, cluster)),
        chart=build_run_chart(cluster, report.run, past),
        gaps=tuple((entry, entry.explanation) for entry in coverage_gaps(cluster)),
        coverage=tuple(sorted(cluster.coverage, key=lambda e: (e.node.lower(), e.source))),
        passed=tuple(_passed_groups(cluster, rows_by_id)),
        nodes=tuple((tokens[node.name.lower()], node.name) for node in cluster.nodes),
    )


def _find_new(past: ClusterHistory | None) -> frozenset[str]:
    """Return the findings on the page that are not what they were in the last run."""
    changes = past.changes if past else ()
    return frozenset(c.finding.id for c in changes if categorise_change(c) in _NEW_CATEGORIES)


def _build_matrix_view(cluster: ClusterReport) -> MatrixView:
    findings_by_cell = index_findings(cluster.findings)
    label = label_nodes([node.name for node in cluster.nodes])
    groups = group_nodes(cluster.nodes)
    nodes = [node for _, members in groups for node in members]
    rows: list[tuple[str, tuple[Cell, ...]]] = [
        (attribute.heading, tuple(cells))
        for attribute, cells in node_attribute_rows(nodes, findings_by_cell)
        # The heads of the columns name the groups already.
        if attribute is not NodeAttribute.GROUP or any(cell.verdict for cell in cells)
    ]
    for title, services in select_matrix_services(cluster):
        rows.append((title, ()))
        rows += [
            (short_service_name(s), tuple(service_cell(n, s, findings_by_cell) for n in nodes))
            for s in services
        ]
    return MatrixView(
        spans=tuple((group, len(members)) for group, members in groups),
        edges=frozenset(accumulate(len(members) for _, members in groups)),
        columns=tuple((label[node.name], node.name) for node in nodes),
        rows=tuple(rows),
        domain=shared_domain(cluster),
    )


def _change_groups(past: ClusterHistory | None, cluster: ClusterReport) -> Iterator[ChangeGroup]:
    folded = fold_changes(past.changes, cluster.nodes) if past else ()
    for category, words in CHANGE_WORDS.items():
        causes = tuple(entry for entry in folded if categorise_change(entry.change) is category)
        if causes:
            yield ChangeGroup(words.capitalize(), causes)


def _passed_groups(
    cluster: ClusterReport, rows_by_id: Mapping[str, Recommendation]
) -> Iterator[PassedGroup]:
    """Return passes and what is not applicable, one row a recommendation and verdict."""
    by_recommendation: dict[tuple[str, Verdict], list[Finding]] = {}
    for finding in cluster.findings:
        if finding.verdict in _PASSED_VERDICTS:
            by_recommendation.setdefault((finding.recommendation, finding.verdict), []).append(
                finding
            )
    for (recommendation, verdict), findings in sorted(by_recommendation.items()):
        row = rows_by_id.get(recommendation)
        reasons = dict.fromkeys(render_sentence(finding.because) for finding in findings)
        yield PassedGroup(
            recommendation=recommendation,
            title=row.title if row else finding_label(findings[0]),
            verdict=verdict,
            where=subjects_text(
                [f.subject.name for f in findings], findings[0].subject.kind, cluster
            ),
            because=tuple(reasons)[:_MAX_PASSED_REASONS],
            source=row.source if row else None,
        )
