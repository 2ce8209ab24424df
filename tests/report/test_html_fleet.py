"""The HTML report of several clusters in a browser: its table, and the index of a folder."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from auditor.report.html import render
from auditor.report.page_folder import write_page_folder
from tests.report import samples
from tests.report.browsing import BROKEN, CUT, OVERLAPS, WIDTHS, Show, measure_width, needs_browser

pytestmark = needs_browser


def _column(page: Page, place: int) -> list[str]:
    return page.locator(f".fleet tbody tr > :nth-child({place})").all_text_contents()


def test_the_fleet_can_be_sorted(show: Show) -> None:
    page = show(samples.many())
    worst_first = _column(page, 1)
    assert worst_first == ["hamburg", "münchen", "köln", "berlin"]
    page.locator(".fleet").get_by_role("button", name="Sort by Cluster").click()
    assert _column(page, 1) == sorted(worst_first)
    assert page.locator(".fleet th[aria-sort]").get_attribute("aria-sort") == "ascending"
    page.locator(".fleet").get_by_role("button", name="Sort by Cluster").press("Enter")
    assert _column(page, 1) == sorted(worst_first, reverse=True)
    page.locator(".fleet").get_by_role("button", name="Sort by Status").click()
    assert _column(page, 1) == worst_first
    assert page.locator(".fleet th[aria-sort]").count() == 1


def test_numbers_are_sorted_as_numbers(show: Show) -> None:
    page = show(samples.largest(), width=1600)
    page.locator(".fleet").get_by_role("button", name="Sort by Unknown").click()
    numbers = [int(text.replace("none-", "0")) for text in _column(page, 4)]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) > 1


@pytest.mark.parametrize("width", WIDTHS)
def test_the_overview_shows_verdicts_at_every_width(show: Show, width: int) -> None:
    page = show(samples.many(), width=width)
    overview = page.locator("section", has=page.locator("#overview"))
    assert all(sign.is_visible() for sign in overview.locator("td .sign").all())
    worst = overview.locator("td.wide:not(:empty)")
    assert [cell.is_visible() for cell in worst.all()] == [True] * 3
    assert (
        overview.locator("td.wide").last.evaluate("cell => cell.getBoundingClientRect().right")
        < width
    )


def test_the_numbers_of_a_cluster_are_on_one_line(show: Show) -> None:
    page = show(samples.many(), width=900)
    tops = """row => new Set([...row.querySelectorAll('.n')]
      .filter(n => n.offsetParent).map(n => n.offsetTop)).size"""
    rows = page.locator(".fleet tbody tr").all()
    assert [row.evaluate(tops) for row in rows] == [1] * 4


@pytest.fixture
def index(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """Open the index of a folder as a file, and check that nothing else was loaded or refused."""
    report = samples.many()
    past = {"hamburg": samples.past(report.clusters[1])}
    folder = tmp_path / "site"
    write_page_folder(folder, render.render_pages(replace(report, past=past)))
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1600, "height": 900})
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith(folder.as_uri()) else complaints.append(request.url)
        ),
    )
    page.goto((folder / "index.html").as_uri())
    yield page
    context.close()
    assert complaints == []


def test_the_index_leads_to_the_finding_on_its_page_and_back(index: Page) -> None:
    index.locator("section.worst a").first.click()
    assert "cluster-hamburg.html#f-" in index.url
    assert index.locator("article:target dl").first.is_visible()
    index.get_by_role("link", name="All clusters").click()
    assert index.url.endswith("/index.html")
    index.locator("table.heat td.drift a").first.click()
    assert index.locator(":target").is_visible()
    index.go_back()
    index.locator("table.fleet").get_by_role("link", name="köln").click()
    assert index.locator("#verdict").text_content() == "Incomplete"


def test_the_index_is_filtered_by_its_lines(index: Page) -> None:
    index.fill("#by-text", "bps-01")
    (line,) = index.locator("li.line:visible").all_text_contents()
    assert "hamburg" in line
    index.fill("#by-text", "")
    index.check("#by-new")
    assert index.locator("li.line:visible .new").count() == 2
    index.get_by_role("button", name="Show all").click()
    index.select_option("#by-cluster", label="köln")
    index.select_option("#by-verdict", "unknown")
    assert all("köln" in text for text in index.locator("li.line:visible").all_text_contents())
    assert index.locator("li.line:visible").count() > 0


def test_the_index_has_no_grave_faults_of_access_or_layout(index: Page) -> None:
    for width in WIDTHS:
        assert measure_width(index, width) <= width
        assert index.evaluate(CUT) == []
        assert index.evaluate(OVERLAPS) == []
        assert index.evaluate(BROKEN) == []
    violations = Axe().run(index).response["violations"]
    assert [one["id"] for one in violations if one["impact"] in ("serious", "critical")] == []


def test_the_index_prints_its_findings(index: Page) -> None:
    index.fill("#by-text", "no such word")
    index.emulate_media(media="print")
    index.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert index.locator("li.line:visible").count() == index.locator("li.line").count() > 0
