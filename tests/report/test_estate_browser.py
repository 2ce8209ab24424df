"""The page of the estate in a real browser: layout, keyboard, print, accessibility, no script."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from auditor.models.estate import Estate
from auditor.report.html.estate.render import render_estate_page
from auditor.text import printable
from tests.report import estate_pages
from tests.report.browsing import BROKEN, CUT, WIDTHS, needs_browser
from tests.report.test_html_report import HOSTILE

pytestmark = needs_browser

Show = Callable[..., Page]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Return what opens a page as a file; afterwards, nothing may have been loaded or refused."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    loaded: list[str] = []
    pages: set[str] = set()

    def open_page(
        estate: Estate, *, width: int = 1600, dark: bool = False, js: bool = True
    ) -> Page:
        path = tmp_path / f"estate-{len(contexts)}.html"
        path.write_text(render_estate_page(estate), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=js,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: loaded.append(request.url.partition("#")[0]))
        pages.add(path.as_uri())
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert set(loaded) == pages


def _open_details(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")


@pytest.mark.parametrize("name", estate_pages.ESTATES)
def test_the_layout_holds_at_every_width(show: Show, name: str) -> None:
    page = show(estate_pages.ESTATES[name]())
    _open_details(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT) == []


@pytest.mark.parametrize("name", ["nights", "years", "older-schema"])
def test_no_word_in_a_table_is_broken(show: Show, name: str) -> None:
    page = show(estate_pages.ESTATES[name]())
    _open_details(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(BROKEN) == []


OVERFULL = """() => [...document.querySelectorAll(".stack th, .stack td")]
  .filter(cell => cell.scrollWidth > cell.clientWidth + 1)
  .map(cell => cell.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("name", ["nights", "years", "hostile"])
def test_no_cell_runs_over_the_next(show: Show, name: str) -> None:
    page = show(estate_pages.ESTATES[name]())
    for width in (*WIDTHS, 700):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERFULL) == []


SCROLLING = """() => [...document.querySelectorAll(".scroll:has(.stack)")]
  .filter(part => part.scrollWidth > part.clientWidth + 1)
  .map(part => part.getAttribute("aria-labelledby"))"""


@pytest.mark.parametrize("width", [900, 400])
def test_tables_become_lists_on_a_small_screen(show: Show, width: int) -> None:
    page = show(estate_pages.nights(), width=width)
    assert page.evaluate(SCROLLING) == []
    label = "cell => getComputedStyle(cell, '::before').content"
    cell = page.locator("section[aria-labelledby=clusters] td[data-of=Waived]").first
    assert cell.evaluate(label) == '"Waived"'


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [400, 1600])
@pytest.mark.parametrize("name", ["nights", "empty", "years", "hostile"])
def test_axe_finds_nothing_serious(show: Show, name: str, width: int, dark: bool) -> None:
    page = show(estate_pages.ESTATES[name](), width=width, dark=dark)
    _open_details(page)
    grave = [
        (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert grave == []


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_text_stays_text(show: Show, attack: str) -> None:
    page = show(estate_pages.hostile(attack))
    assert page.locator("script, img, iframe, body b:not(dd > b), [onload], [onerror]").count() == 0
    shown = page.text_content("section[aria-labelledby=clusters] th[scope=row]") or ""
    assert " ".join(shown.split()) == " ".join(printable(attack).split())


def test_everything_is_there_without_javascript(show: Show) -> None:
    page = show(estate_pages.nights(), js=False)
    assert page.locator("script").count() == 0
    assert all(section.is_visible() for section in page.locator("main > section").all())
    page.locator("summary", has_text="The days in numbers").click()
    assert page.get_by_role("region", name="The days in numbers").is_visible()


def test_the_keyboard_alone_reaches_everything(show: Show) -> None:
    page = show(estate_pages.nights())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('a.skip')")
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
    assert reached.count("A") == 6, "a link of each tile"
    assert {"DIV", "SUMMARY"} <= set(reached)
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("region", name="The days in numbers").is_visible()


def test_a_tile_leads_to_what_it_counts(show: Show) -> None:
    page = show(estate_pages.nights())
    for link in page.locator(".tile a").all():
        link.click()
        assert page.locator(":target").is_visible()


def test_the_chart_has_a_name_and_every_day_a_tooltip(show: Show) -> None:
    page = show(estate_pages.nights())
    chart = page.get_by_role("img")
    assert "the table below has the numbers" in (chart.get_attribute("aria-label") or "")
    titles = page.locator("svg g > title").all_text_contents()
    assert titles[7] == "2026-03-08: no run, 3 earlier differences not judged"
    assert len(titles) == 24
    assert page.locator("svg rect.idle").count() == 9


def test_the_bars_of_a_day_do_not_overlap(show: Show) -> None:
    page = show(estate_pages.years())
    boxes = page.evaluate(
        "[...document.querySelectorAll('svg g')].flatMap(day =>"
        " [...day.querySelectorAll('rect')].map(r => [+r.getAttribute('x'),"
        " +r.getAttribute('x') + +r.getAttribute('width')]))"
    )
    starts = sorted({start for start, _ in boxes})
    ends = sorted({end for _, end in boxes})
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    labels = page.evaluate(
        "[...document.querySelectorAll('svg .day')].map(t => t.getBoundingClientRect())"
        ".map(box => [box.left, box.right])"
    )
    assert all(left[1] < right[0] for left, right in pairwise(labels))


def test_the_page_is_dark_if_the_browser_prefers_it(show: Show) -> None:
    shade = "getComputedStyle(document.documentElement).backgroundColor"
    light, dark = show(estate_pages.nights()), show(estate_pages.nights(), dark=True)
    assert light.evaluate(shade) != dark.evaluate(shade)


def test_print_shows_everything_on_white(show: Show) -> None:
    page = show(estate_pages.nights(), dark=True, js=False)
    page.emulate_media(media="print")
    white = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(white) == "rgb(255, 255, 255)"
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))
    assert 2 <= len(sheets) <= 4
