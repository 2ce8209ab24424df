"""What the page shows, as plain data in reading order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from auditor.models.cluster_report import ClusterReport, ClusterStatus, overall_status
from auditor.models.counts import add_results
from auditor.models.findings import Verdict
from auditor.models.report import Report
from auditor.recommendations.packs import Recommendation
from auditor.report.cluster_summary import cluster_summary
from auditor.report.fleet import sort_worst_first
from auditor.report.html.cluster_view import ClusterView, build_cluster_view
from auditor.report.html.fix_first import FixFirst, list_what_to_fix
from auditor.report.html.overview import Overview, build_overview
from auditor.report.html.tiles import SummaryTile, list_summary_tiles
from auditor.report.wording import STATUS_VERDICTS, count_differences, count_statuses
from auditor.text import count_noun


@dataclass(frozen=True, slots=True)
class PageView:
    """The whole page. `overview` is None where there are no clusters to compare.

    `has_history`: the page knows what is new since the last run.
    """

    report: Report
    status: ClusterStatus
    look: Verdict
    headline: str
    tiles: tuple[SummaryTile, ...]
    to_fix: FixFirst
    overview: Overview | None
    clusters: tuple[ClusterView, ...]
    has_history: bool

    @property
    def number_of_blocks(self) -> int:
        """Return how many blocks of findings all clusters have."""
        return sum(len(section.blocks) for view in self.clusters for section in view.sections)


def build_page_view(
    report: Report, rows: Iterable[Recommendation], pages: Mapping[str, str] | None = None
) -> PageView:
    """Return what the page shows; `rows` are the recommendations with their sources.

    `pages` are the files of the clusters, by name, if they are not on the page itself.
    """
    rows_by_id = {row.id: row for row in rows}
    files = pages or {}
    views = tuple(
        # A cluster alone on its page is always the first.
        build_cluster_view(report, cluster, f"c{number}", rows_by_id, files.get(cluster.name, ""))
        for number, cluster in enumerate(sort_worst_first(report.clusters), start=1)
    )
    # Without regard to `--allow-unknown`.
    status = overall_status([cluster.status for cluster in report.clusters])
    return PageView(
        report=report,
        status=status,
        look=STATUS_VERDICTS[status],
        headline=_page_headline(report.clusters),
        tiles=tuple(list_summary_tiles(report, views, status)),
        to_fix=list_what_to_fix(views),
        overview=build_overview(report, views) if pages or len(views) > 1 else None,
        clusters=views,
        has_history=any(past.runs for past in report.past.values()),
    )


def _page_headline(clusters: Sequence[ClusterReport]) -> str:
    if len(clusters) == 1:
        return cluster_summary(clusters[0])
    if not clusters:
        return "No cluster was audited."
    counts_text = count_statuses([cluster.status for cluster in clusters])
    counts = add_results(clusters)
    drift = f" In all: {count_differences(counts)}." if counts.differences else ""
    return f"Of {count_noun(len(clusters), 'cluster')}: {counts_text}.{drift}"
