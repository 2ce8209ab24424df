"""The HTML report on paper: one sheet for the manager, all else behind it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page

from auditor.models.cluster_report import ClusterStatus
from auditor.models.history import ClusterHistory
from tests.report import samples, shapes
from tests.report.browsing import (
    Show,
    needs_browser,
)

pytestmark = needs_browser


def test_print_shows_everything_on_white(show: Show, tmp_path: Path) -> None:
    page = show(samples.remembered(), dark=True)
    page.emulate_media(media="print")
    assert page.locator("#filter").is_hidden()
    white = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(white) == "rgb(255, 255, 255)"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    assert page.pdf(path=tmp_path / "report.pdf", format="A4").startswith(b"%PDF")


def test_print_ignores_the_filter(show: Show) -> None:
    page = show(samples.many())
    page.fill("#by-text", "no such word")
    assert page.locator("li.line:visible").count() == 0
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("article.block:visible").count() == page.locator("article.block").count()
    assert page.locator("section.cluster:visible").count() == 4


def _count_sheets(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True)))


CUT_ANNEX = """() => {
  const parts = document.querySelectorAll(".annex-part, .annex-part ~ *, footer");
  for (const part of parts) part.remove();
}"""


@pytest.mark.parametrize(
    ("shape", "most"), [("remembered", 8), ("incomplete", 8), ("many", 20), ("caused", 6)]
)
def test_the_first_sheet_is_for_the_manager(show: Show, shape: str, most: int) -> None:
    page = show(shapes.sample(shape))
    page.get_by_role("button", name="Close all").click()
    assert 1 < _count_sheets(page) <= most
    page.evaluate(CUT_ANNEX)
    assert page.locator("section.verdict, section.worst, section.fleet-part").count() >= 2
    assert _count_sheets(page) == 1


def test_thirty_clusters_with_their_runs_fit_on_the_first_sheet(show: Show) -> None:
    report = samples.largest()
    nights = (25, 24, 23, 22, 21, 20)
    past = {
        cluster.name: ClusterHistory(
            runs=tuple(
                samples.past_run(n, n % 3, n % 4, ClusterStatus.DRIFT, cluster.name) for n in nights
            )
        )
        for cluster in report.clusters
    }
    page = show(replace(report, past=past))
    assert page.locator("svg.spark").count() == 30
    page.evaluate(CUT_ANNEX)
    assert page.locator(".fleet tbody tr").count() == 30
    assert _count_sheets(page) == 1
