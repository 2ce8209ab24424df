"""Renders the pages: each is one file that loads nothing and runs no script but its own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from markupsafe import Markup

from auditor import __version__
from auditor.models.report import Report
from auditor.recommendations.packs import Recommendation, load_packs
from auditor.report.html.environment import (
    content_security_policy,
    read_asset,
    template_environment,
)
from auditor.report.html.view import PageView, build_page_view
from auditor.report.page_folder import (
    CLUSTER_PAGE_MARK,
    INDEX_MARK,
    INDEX_NAME,
    name_cluster_page,
)
from auditor.report.summary import skipped_packs_text
from auditor.report.wording import exit_meaning


def render(report: Report) -> str:
    """Return the report as one HTML page that works from a file, without network and scripts."""
    return _render_page(report, build_page_view(report, load_packs()), exit_meaning(report))


def render_pages(report: Report) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of a page for each cluster, then those of their index."""
    rows = load_packs()
    pages = {cluster.name: name_cluster_page(cluster.name) for cluster in report.clusters}
    meaning = exit_meaning(report)
    for cluster in report.clusters:
        view = build_page_view(replace(report, clusters=(cluster,)), rows)
        page = _render_page(view.report, view, meaning, CLUSTER_PAGE_MARK, home=INDEX_NAME)
        yield pages[cluster.name], page
    yield INDEX_NAME, render_index(report, rows, pages)


def render_index(report: Report, rows: Iterable[Recommendation], pages: Mapping[str, str]) -> str:
    """Return the index of the clusters' pages; `pages` are their files by name."""
    view = build_page_view(report, rows, pages)
    return _render_page(report, view, exit_meaning(report), INDEX_MARK)


def _render_page(
    report: Report, page: PageView, meaning: str, mark: str = "auditor", home: str = ""
) -> str:
    """Return a page with the meaning of the exit code; `home` is the file of its index."""
    style = read_asset("style.css")
    script = read_asset("script.js") if page.number_of_blocks or page.overview else ""
    return (
        template_environment()
        .get_template("report.html.j2")
        .render(
            page=page,
            run=report.run,
            home=home,
            generator=mark,
            skipped_packs=skipped_packs_text(report),
            policy=content_security_policy(style, script),
            style=Markup(style),  # noqa: S704 - a file of ours
            script=Markup(script),  # noqa: S704 - a file of ours
            exit_meaning=meaning,
            version=__version__,
        )
    )
