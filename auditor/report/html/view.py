"""What the page shows, as plain data in reading order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from auditor.models.findings import (
    ClusterReport,
    ClusterStatus,
    Finding,
    Verdict,
    audit_exit_code,
    finding_sort_key,
)
from auditor.models.report import Report
from auditor.recommendations.packs import Recommendation
from auditor.report.html.cluster_view import ClusterView, build_cluster_view
from auditor.report.summary import count_nodes_read
from auditor.report.wording import (
    STATUS_VERDICTS,
    cluster_summary,
    difference_text,
    severity_summary,
)
from auditor.text import count_noun

_MAX_WORST_DIFFERENCES = 5


@dataclass(frozen=True, slots=True)
class SummaryTile:
    """A number for a manager; `look` is the verdict whose colour it takes."""

    label: str
    number: str
    note: str
    look: Verdict


@dataclass(frozen=True, slots=True)
class WorstDifference:
    """A difference to fix first; `anchor` is its block."""

    anchor: str
    finding: Finding
    what: str


@dataclass(frozen=True, slots=True)
class PageView:
    """The whole page; `worst` are the differences to fix first, `more` counts those after them."""

    report: Report
    status: ClusterStatus
    look: Verdict
    headline: str
    tiles: tuple[SummaryTile, ...]
    worst: tuple[WorstDifference, ...]
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
    worst = _worst_differences(clusters)
    return PageView(
        report=report,
        status=status,
        look=STATUS_VERDICTS[status],
        headline=_page_headline(report.clusters),
        tiles=tuple(_summary_tiles(report, status)),
        worst=tuple(worst[:_MAX_WORST_DIFFERENCES]),
        more=max(len(worst) - _MAX_WORST_DIFFERENCES, 0),
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
    return (
        f"Of {count_noun(len(clusters), 'cluster')}: {counts_text}."
        if counts_text
        else "No cluster was audited."
    )


def _summary_tiles(report: Report, status: ClusterStatus) -> Iterator[SummaryTile]:
    every = [finding for cluster in report.clusters for finding in cluster.findings]
    of = {verdict: [f for f in every if f.verdict is verdict] for verdict in Verdict}
    pairs = [count_nodes_read(cluster) for cluster in report.clusters]
    read, due = sum(read for read, _ in pairs), sum(due for _, due in pairs)
    ends = sorted(f.waiver.expires for f in of[Verdict.WAIVED] if f.waiver)
    drift, unknown = of[Verdict.DRIFT], of[Verdict.UNKNOWN]
    # "None" would look like a good result.
    none = "not audited" if status is ClusterStatus.UNAUDITABLE else "none"
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


def _worst_differences(clusters: Iterable[ClusterView]) -> list[WorstDifference]:
    """Return the differences that count, gravest first."""
    drift = [
        (finding, view)
        for view in clusters
        for finding in view.cluster.findings
        if finding.verdict is Verdict.DRIFT and finding.severity.reaches(view.cluster.fail_on)
    ]
    drift.sort(key=lambda pair: finding_sort_key(pair[0]))
    return [WorstDifference(view.anchors[f.id], f, difference_text(f)) for f, view in drift]
