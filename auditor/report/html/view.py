"""What the page shows, as plain data in reading order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from auditor.models.counts import add_results
from auditor.models.findings import (
    ClusterReport,
    ClusterStatus,
    Finding,
    SubjectKind,
    Verdict,
    audit_exit_code,
)
from auditor.models.report import Report
from auditor.recommendations.packs import Recommendation
from auditor.report.grouping import subjects_text
from auditor.report.html.cluster_view import ClusterView, build_cluster_view
from auditor.report.html.finding_blocks import FindingBlock
from auditor.report.summary import count_nodes_read
from auditor.report.wording import (
    STATUS_VERDICTS,
    cluster_summary,
    count_differences,
    difference_text,
    finding_label,
    severity_summary,
)
from auditor.text import count_noun

_MAX_CAUSES_TO_FIX = 5


@dataclass(frozen=True, slots=True)
class SummaryTile:
    """A number for a manager; `look` is the verdict whose colour it takes."""

    label: str
    number: str
    note: str
    look: Verdict


@dataclass(frozen=True, slots=True)
class CauseToFix:
    """A cause to fix first: its block, where it is, and the severities of what it explains."""

    block: FindingBlock
    what: str
    place: str
    names: str
    explains: str

    @property
    def finding(self) -> Finding:
        """Return the first finding of the cause."""
        return self.block.entry.group.findings[0]


@dataclass(frozen=True, slots=True)
class PageView:
    """The whole page; `worst` are the causes to fix first, `more` counts those after them."""

    report: Report
    status: ClusterStatus
    look: Verdict
    headline: str
    tiles: tuple[SummaryTile, ...]
    worst: tuple[CauseToFix, ...]
    more: int
    clusters: tuple[ClusterView, ...]


def build_page_view(report: Report, rows: Iterable[Recommendation]) -> PageView:
    """Return what the page shows; `rows` are the recommendations with their sources."""
    rows_by_id = {row.id: row for row in rows}
    clusters = tuple(
        build_cluster_view(report, cluster, f"c{number}", rows_by_id)
        for number, cluster in enumerate(report.clusters, start=1)
    )
    status = _overall_status(report.clusters)
    worst = _causes_to_fix(clusters)
    return PageView(
        report=report,
        status=status,
        look=STATUS_VERDICTS[status],
        headline=_page_headline(report.clusters),
        tiles=tuple(_summary_tiles(report, status)),
        worst=tuple(worst[:_MAX_CAUSES_TO_FIX]),
        more=sum(len(c.block.entry.group.findings) for c in worst[_MAX_CAUSES_TO_FIX:]),
        clusters=clusters,
    )


def _overall_status(clusters: Sequence[ClusterReport]) -> ClusterStatus:
    """Return the status of all clusters together, without regard to `--allow-unknown`."""
    by_code = {
        0: ClusterStatus.COMPLIANT,
        3: ClusterStatus.DRIFT,
        4: ClusterStatus.INCOMPLETE,
        5: ClusterStatus.UNAUDITABLE,
    }
    return by_code[audit_exit_code([cluster.status for cluster in clusters])]


def _page_headline(clusters: Sequence[ClusterReport]) -> str:
    if len(clusters) == 1:
        return cluster_summary(clusters[0])
    words = {
        ClusterStatus.DRIFT: "drifted",
        ClusterStatus.UNAUDITABLE: "could not be audited",
        ClusterStatus.INCOMPLETE: "incomplete",
        ClusterStatus.COMPLIANT: "compliant",
    }
    numbers = {status: sum(c.status is status for c in clusters) for status in words}
    counts_text = ", ".join(f"{n} {words[status]}" for status, n in numbers.items() if n)
    if not counts_text:
        return "No cluster was audited."
    counts = add_results(clusters)
    drift = f" In all: {count_differences(counts)}." if counts.differences else ""
    return f"Of {count_noun(len(clusters), 'cluster')}: {counts_text}.{drift}"


def _summary_tiles(report: Report, status: ClusterStatus) -> Iterator[SummaryTile]:
    every = [finding for cluster in report.clusters for finding in cluster.findings]
    of = {verdict: [f for f in every if f.verdict is verdict] for verdict in Verdict}
    pairs = [count_nodes_read(cluster) for cluster in report.clusters]
    read, due = sum(read for read, _ in pairs), sum(due for _, due in pairs)
    ends = sorted(f.waiver.expires for f in of[Verdict.WAIVED] if f.waiver)
    drift, unknown = of[Verdict.DRIFT], of[Verdict.UNKNOWN]
    # "None" would look like a good result.
    none = "not audited" if status is ClusterStatus.UNAUDITABLE else "none"
    counts = report.counts
    if counts.causes < counts.differences:
        note = f"{count_noun(counts.differences, 'difference')}: {severity_summary(drift)}"
        yield SummaryTile("Causes", str(counts.causes), note, Verdict.DRIFT)
    else:
        yield _verdict_tile("Differences", drift, Verdict.DRIFT, severity_summary(drift) or none)
    yield _verdict_tile("Unknown", unknown, Verdict.UNKNOWN, severity_summary(unknown) or none)
    yield _verdict_tile("Explained", of[Verdict.EXPLAINED], Verdict.EXPLAINED, "by the HA state")
    ends_note = f"first ends {ends[0]}" if ends else "no waiver applies"
    yield _verdict_tile("Waived", of[Verdict.WAIVED], Verdict.WAIVED, ends_note)
    yield _verdict_tile("As recommended", of[Verdict.PASS], Verdict.PASS, "checks passed")
    look = Verdict.PASS if read == due and due else Verdict.UNKNOWN
    note = "all answered" if look is Verdict.PASS else "look below" if due else "none is known"
    yield SummaryTile("Nodes read", f"{read} of {due}", note, look)


def _verdict_tile(label: str, findings: Sequence[Finding], look: Verdict, note: str) -> SummaryTile:
    # A zero has no colour: one in red would alarm.
    return SummaryTile(
        label, str(len(findings)), note, look if findings else Verdict.NOT_APPLICABLE
    )


def _causes_to_fix(clusters: Iterable[ClusterView]) -> list[CauseToFix]:
    """Return the causes that count, by themselves or by what they explain, worst first."""
    causes = [
        (block, view.cluster)
        for view in clusters
        for section in view.sections
        if section.verdict is Verdict.DRIFT
        for block in section.blocks
        if block.gravest.reaches(view.cluster.fail_on)
    ]
    causes.sort(key=lambda c: c[0].sort_key)
    return [_describe_cause(block, cluster) for block, cluster in causes]


def _describe_cause(block: FindingBlock, cluster: ClusterReport) -> CauseToFix:
    findings = block.entry.group.findings
    kind = findings[0].subject.kind
    names = dict.fromkeys(finding.subject.name for finding in findings)
    what = f" {kind}{'s' if len(names) > 1 else ''}"
    return CauseToFix(
        block,
        f"{finding_label(findings[0])}: {difference_text(findings[0])}",
        "on" if kind is SubjectKind.NODE else f"on{what}",
        subjects_text(list(names), kind, cluster),
        severity_summary(block.explained),
    )
