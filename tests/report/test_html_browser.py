"""The HTML report in a real browser: layout, keyboard, accessibility, and no trust in any name."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from auditor.models.findings import FindingSubject, SubjectKind, Verdict
from auditor.models.report import Report
from auditor.report.html import render
from auditor.text import printable
from tests.report import samples, shapes
from tests.report.test_html_report import HOSTILE

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_BROWSER = next((path for name in _NAMES if (path := shutil.which(name))), None)
_QUIETLY = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

pytestmark = pytest.mark.skipif(
    _BROWSER is None, reason=f"no browser: none of {', '.join(_NAMES)} is installed"
)

WIDTHS = (390, 900, 1440)
Show = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one browser for all tests here, each of which gets an empty profile."""
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=_BROWSER, args=list(_QUIETLY))
        yield started
        started.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Return what opens a report as a file; afterwards, nothing may have been loaded or refused."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(
        report: Report, *, width: int = 1440, dark: bool = False, js: bool = True
    ) -> Page:
        path = tmp_path / f"report-{len(contexts)}.html"
        path.write_text(render.render(report), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=js,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: _note_foreign(request.url, path, complaints))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _note_foreign(url: str, path: Path, complaints: list[str]) -> None:
    if url.partition("#")[0] != path.as_uri():
        complaints.append(url)


@pytest.mark.parametrize("shape", [*shapes.SHAPES, "largest"])
def test_no_page_scrolls_sideways(show: Show, shape: str) -> None:
    page = show(shapes.sample(shape))
    assert [width for width in WIDTHS if _wide_at(page, width) > width] == []


def _wide_at(page: Page, width: int) -> int:
    page.set_viewport_size({"width": width, "height": 900})
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    return wide


CUT = """() => [...document.querySelectorAll("body *")].filter(element => {
  if (element.closest(".vh, .scroll, option, svg")) return false;
  const box = element.getBoundingClientRect();
  const hides = getComputedStyle(element).overflowX !== "visible";
  return box.width && (box.right > innerWidth + 1 || box.left < -1 && !element.matches(".skip")
    || hides && element.scrollWidth > element.clientWidth + 1);
}).map(element => element.outerHTML.slice(0, 120))"""
"""Elements that stick out or hide part of themselves; what scrolls on its own does neither."""


@pytest.mark.parametrize("shape", ["remembered", "caused", "many", "hostile", "waived"])
def test_no_text_is_cut(show: Show, shape: str) -> None:
    page = show(shapes.sample(shape))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(CUT) == []


OVERFULL = """() => [...document.querySelectorAll(".matrix th, .matrix td")]
  .filter(cell => cell.scrollWidth > cell.clientWidth + 1)
  .map(cell => cell.outerHTML.slice(0, 120))"""
"""Cells of the matrix whose text runs over their neighbour's."""


BROKEN = """() => [...document.querySelectorAll("th, td")].flatMap(cell => {
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  const broken = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    for (const word of node.data.matchAll(/[^\\s-]+/g)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (range.getClientRects().length > 1) broken.push(word[0]);
    }
  return broken;
})"""
"""Words in tables that are broken in the middle, not at a hyphen."""


@pytest.mark.parametrize("shape", ["remembered", "many"])
def test_no_word_in_a_table_is_broken(show: Show, shape: str) -> None:
    page = show(shapes.sample(shape))
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(BROKEN) == []


@pytest.mark.parametrize("shape", ["remembered", "hostile"])
def test_no_cell_runs_over_the_next(show: Show, shape: str) -> None:
    page = show(shapes.sample(shape))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERFULL) == []


def test_a_name_without_a_place_to_break_is_not_cut(show: Show) -> None:
    page = show(samples.hostile("x" * 300), width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(CUT) == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    "shape", ["empty", "remembered", "incomplete", "waived", "caused", "many", "hostile"]
)
def test_axe_finds_nothing_serious(show: Show, shape: str, dark: bool) -> None:
    page = show(shapes.sample(shape), dark=dark)
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    violations = Axe().run(page).response["violations"]
    grave = [
        (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in violations
        if one["impact"] in ("serious", "critical")
    ]
    assert grave == []


def test_axe_finds_nothing_serious_on_a_small_screen(show: Show) -> None:
    violations = Axe().run(show(samples.remembered(), width=390)).response["violations"]
    assert [one["id"] for one in violations if one["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_text_stays_text(show: Show, attack: str) -> None:
    page = show(samples.hostile(attack))
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert page.locator("script").count() == 1
    assert page.locator("img, iframe, body b:not(dd > b), [onload], [onerror]").count() == 0
    assert printable(attack) in " ".join((page.text_content("article h4") or "").split())


def test_everything_is_there_without_javascript(show: Show) -> None:
    page = show(samples.remembered(), js=False)
    assert page.locator("#filter").is_hidden()
    assert all(block.is_visible() for block in page.locator("article.block").all())
    summary = page.locator("summary", has_text="As recommended")
    summary.click()
    assert page.locator("details[open] table").first.is_visible()


def test_the_filter_hides_lower_severities(show: Show) -> None:
    page = show(samples.mixed())
    page.select_option("#by-severity", "0")
    shown = page.locator("article.block:visible h4").all_text_contents()
    assert len(shown) == 3
    assert all("critical" in head for head in shown)
    assert page.locator("#shown").text_content() == "3 of 6 blocks shown"


def test_the_filter_shows_a_node_whose_group_drifts(show: Show) -> None:
    page = show(samples.mixed())
    page.select_option("#by-node", label="imp-b2.example.test")
    shown = " ".join(page.locator("article.block:visible h4").all_text_contents())
    assert "BPS-01" in shown
    assert "HA-01" in shown
    assert "TCM-01" in shown
    assert "SIP-01" not in shown
    assert page.locator("p.none:visible").count() == 1
    page.get_by_role("button", name="Show all").click()
    assert page.locator("article.block:visible").count() == 6


def test_the_filter_shows_a_cause_with_what_it_explains(show: Show) -> None:
    page = show(samples.caused())
    page.select_option("#by-severity", "0")
    (head,) = page.locator("article.block:visible h4").all_text_contents()
    assert "high" in head
    assert page.locator(".effect:visible").count() == 2
    page.select_option("#by-node", label=samples.PUB)
    assert page.locator("article.block.drift:visible").count() == 0
    page.get_by_role("link", name="STOPPED").first.click()
    assert page.locator(":target").is_visible()


def test_the_filter_hides_effects_that_do_not_match(show: Show) -> None:
    cluster = samples.caused_cluster()
    router = next(f for f in cluster.findings if f.verdict is Verdict.DRIFT and not f.caused_by)
    agent = replace(samples.stopped("Cisco Sync Agent", samples.PUB), caused_by=(router.id,))
    findings = (*(f for f in cluster.findings if f.id != agent.id), agent)
    page = show(Report(samples.RUN, (replace(cluster, findings=findings),)))
    assert page.locator(".effect:visible").count() == 3
    page.select_option("#by-node", label=samples.PUB)
    assert "RTR-01" in (page.locator("article.block:visible h4").text_content() or "")
    assert "SYNC-01" in (page.locator(".effect:visible").text_content() or "")
    assert page.get_by_text("The filter hides what does not match.").is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_overview_shows_verdicts_at_every_width(show: Show, width: int) -> None:
    page = show(samples.many(), width=width)
    overview = page.locator("section", has=page.locator("#overview"))
    assert all(cell.is_visible() for cell in overview.locator("td.wide").all())
    assert (
        overview.locator("td.wide").last.evaluate("cell => cell.getBoundingClientRect().right")
        < width
    )


def test_the_numbers_of_a_cluster_are_on_one_line(show: Show) -> None:
    page = show(samples.many(), width=900)
    tops = "row => new Set([...row.querySelectorAll('.n')].map(n => n.offsetTop)).size"
    rows = page.locator(".fleet tbody tr").all()
    assert [row.evaluate(tops) for row in rows] == [1] * 4


def test_only_the_legend_of_runs_has_squares(show: Show) -> None:
    """The row of a difference in the profile is named after its key, as the legend once was."""
    profile = replace(
        samples.ha(verdict=Verdict.DRIFT),
        recommendation="PROFILE-01",
        subject=FindingSubject(SubjectKind.KEY, "deployment.chat"),
    )
    page = show(Report(samples.RUN, (replace(samples.compliant_cluster(), findings=(profile,)),)))
    squares = "row => getComputedStyle(row, '::before').content"
    rows = page.locator(".block dl > div").all()
    assert {row.evaluate(squares) for row in rows} == {"none"}


def test_a_link_to_a_hidden_block_clears_the_filter(show: Show) -> None:
    page = show(samples.mixed())
    page.select_option("#by-severity", "0")
    page.get_by_role("link", name="MISPLACED").click()
    assert page.locator("article:target").is_visible()


def test_every_control_has_a_visible_keyboard_focus(show: Show) -> None:
    page = show(samples.remembered())
    page.keyboard.press("Tab")
    skip = page.locator("a.skip")
    assert skip.evaluate("link => link === document.activeElement && link.offsetLeft >= 0")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        tag, outline = page.evaluate(
            "(e => [e.tagName, getComputedStyle(e).outlineStyle])(document.activeElement)"
        )
        if tag == "BODY":
            break
        assert outline != "none"
        reached.append(tag)
    assert {"A", "SELECT", "BUTTON", "DIV", "SUMMARY"} <= set(reached)


def test_details_open_by_keyboard(show: Show) -> None:
    page = show(samples.mixed())
    page.locator("summary", has_text="What was asked").focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("region", name="What was asked").is_visible()


def test_the_page_is_dark_if_the_browser_prefers_it(show: Show) -> None:
    shade = "getComputedStyle(document.documentElement).backgroundColor"
    assert show(samples.mixed()).evaluate(shade) != show(samples.mixed(), dark=True).evaluate(shade)


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


def test_findings_on_the_cluster_show_with_every_node(show: Show) -> None:
    profile = replace(
        samples.ha(verdict=Verdict.DRIFT),
        recommendation="PROFILE-01",
        subject=FindingSubject(SubjectKind.KEY, "deployment.chat"),
    )
    cluster = replace(samples.compliant_cluster(), findings=(profile,))
    page = show(Report(samples.RUN, (cluster,)))
    page.select_option("#by-node", label=samples.SUB)
    assert page.locator("article.block:visible").count() == 1
