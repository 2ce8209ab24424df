"""The HTML report in a real browser: layout, keyboard, accessibility, and no trust in any name."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from auditor import __version__
from auditor.models.findings import ClusterStatus, FindingSubject, SubjectKind, Verdict
from auditor.models.history import ClusterHistory
from auditor.models.report import Report
from auditor.report.html import render
from auditor.report.page_folder import write_page_folder
from auditor.text import printable
from tests.factories import sentence
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

WIDTHS = (400, 900, 1600)
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
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert [width for width in WIDTHS if _wide_at(page, width) > width] == []


def test_the_table_of_an_effect_scrolls_by_itself(show: Show) -> None:
    cluster = samples.caused_cluster()
    router = next(f for f in cluster.findings if f.verdict is Verdict.DRIFT and not f.caused_by)
    effects = [
        replace(samples.stopped("Cisco Sync Agent", node), caused_by=(router.id,))
        for node in (samples.PUB, samples.SUB)
    ]
    ids = {effect.id for effect in effects}
    findings = (*(f for f in cluster.findings if f.id not in ids), *effects)
    page = show(Report(samples.RUN, (replace(cluster, findings=findings),)), width=400)
    page.get_by_role("button", name="Open all").click()
    assert page.locator(".effect table tr:visible").count() > 2
    assert _wide_at(page, 400) <= 400


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


OVERLAPS = """() => {
  const shown = [...document.querySelectorAll("main *, footer *")].filter(element =>
    element.checkVisibility() && !element.closest(".vh, .scroll > *, svg, select, .filter") &&
    [...element.childNodes].some(child => child.nodeType === 3 && child.data.trim()));
  const boxes = shown.map(element => element.getBoundingClientRect());
  const pairs = [];
  for (let one = 0; one < shown.length; one++)
    for (let other = one + 1; other < shown.length; other++) {
      const [a, b] = [boxes[one], boxes[other]];
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const inline = [shown[one], shown[other]].some(
        element => getComputedStyle(element).display.startsWith("inline"));
      if (wide > 1 && high > 2 && !inline && !shown[one].contains(shown[other]))
        pairs.push([shown[one].outerHTML.slice(0, 80), shown[other].outerHTML.slice(0, 80)]);
    }
  return pairs;
}"""
"""Blocks of text that lie on one another."""


@pytest.mark.parametrize("shape", ["remembered", "many", "caused"])
def test_no_text_lies_on_another(show: Show, shape: str) -> None:
    page = show(shapes.sample(shape))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERLAPS) == []
    page.get_by_role("button", name="Open all").click()
    assert page.evaluate(OVERLAPS) == []


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
    page = show(samples.hostile("x" * 300), width=400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
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
    violations = Axe().run(show(samples.remembered(), width=400)).response["violations"]
    assert [one["id"] for one in violations if one["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_text_stays_text(show: Show, attack: str) -> None:
    page = show(samples.hostile(attack))
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert page.locator("script").count() == 1
    assert page.locator("img, iframe, body b:not(dd > b), [onload], [onerror]").count() == 0
    assert printable(attack) in " ".join((page.text_content("article h4") or "").split())


@pytest.mark.parametrize("shape", ["remembered", "many"])
def test_everything_is_open_without_javascript(show: Show, shape: str) -> None:
    page = show(shapes.sample(shape), js=False)
    assert page.locator("#filter").is_hidden()
    assert page.locator("details:not([open])").count() == 0
    assert all(row.is_visible() for row in page.locator("article.block dd").all())
    page.locator("article.block summary").first.click()
    assert page.locator("article.block dd").first.is_hidden()


def test_a_cause_is_one_line_until_it_is_opened(show: Show) -> None:
    page = show(samples.caused())
    block = page.locator("article.block.drift")
    assert block.locator("dd:visible, .effect:visible").count() == 0
    block.locator("summary").first.click()
    assert block.locator("> details > dl").is_visible()
    assert block.locator(".effect dd:visible").count() == 0
    block.locator(".effect summary").first.click()
    assert block.locator(".effect").first.locator("dd").first.is_visible()


def test_a_cluster_among_several_is_one_line_until_it_is_opened(show: Show) -> None:
    page = show(samples.many())
    assert page.locator("section.cluster h2:visible").count() == 4
    assert page.locator("section.cluster h3:visible").count() == 0
    page.locator("table.fleet").get_by_role("link", name="hamburg").click()
    assert page.locator("section.cluster table.matrix:visible").count() == 1


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_cause_opens_by_key(show: Show, key: str) -> None:
    page = show(samples.caused())
    page.locator("article.block summary").first.focus()
    page.keyboard.press(key)
    assert page.locator("article.block dl").first.is_visible()


def test_a_link_opens_what_it_leads_to(show: Show) -> None:
    page = show(samples.many())
    link = page.locator("section.worst a").first
    link.click()
    assert page.locator("article:target dl").first.is_visible()
    # The address stays the same, so the browser reports no change of it.
    page.evaluate("document.querySelector('article:target details').open = false")
    link.click()
    assert page.locator("article:target dl").first.is_visible()


def test_an_address_with_a_finding_opens_it(show: Show) -> None:
    page = show(samples.caused())
    effect = page.locator(".effect").first.get_attribute("id")
    page.goto(f"{page.url}#{effect}")
    page.reload()
    assert page.locator(".effect:target dl").first.is_visible()


def test_all_blocks_open_and_close_at_once(show: Show) -> None:
    page = show(samples.many())
    page.get_by_role("button", name="Open all").click()
    assert page.locator("details:not([open])").count() == 0
    page.get_by_role("button", name="Close all").click()
    assert page.locator("details[open]").count() == 0


def _heads(page: Page) -> list[str]:
    heads = page.locator("article.block:visible h4").all_text_contents()
    return [" ".join(head.split()) for head in heads]


def test_the_filter_hides_lower_severities(show: Show) -> None:
    page = show(samples.mixed())
    page.select_option("#by-severity", "0")
    shown = _heads(page)
    assert len(shown) == 3
    assert all("critical" in head for head in shown)
    assert (page.text_content("#shown") or "").startswith("3 of 6 shown.")


def test_the_filter_shows_one_verdict(show: Show) -> None:
    page = show(samples.mixed())
    page.select_option("#by-verdict", "explained")
    (head,) = _heads(page)
    assert "PE-01" in head
    assert page.locator("p.none:visible").count() == 2


def test_the_filter_finds_words_in_what_is_closed(show: Show) -> None:
    page = show(samples.mixed())
    page.fill("#by-text", "box  BULK")
    (head,) = _heads(page)
    assert "BPS-01" in head
    page.fill("#by-text", "no such word")
    assert _heads(page) == []
    assert (page.text_content("#shown") or "").startswith("0 of 6 shown.")


def test_the_filter_shows_what_is_new(show: Show) -> None:
    page = show(samples.remembered())
    page.check("#by-new")
    shown = " ".join(_heads(page))
    assert "SIP-01" in shown or "BPS-01" in shown
    assert 0 < page.locator("article.block:visible").count() < 6
    assert page.locator("article.block:visible .new").count() == len(_heads(page))


def test_nothing_can_be_new_without_an_earlier_run(show: Show) -> None:
    assert show(samples.mixed()).locator("#by-new, .new").count() == 0


def test_a_filter_never_changes_the_status_and_the_numbers(show: Show) -> None:
    page = show(samples.many())
    before = page.locator("section.verdict, table.fleet").all_text_contents()
    page.select_option("#by-cluster", label="berlin")
    assert page.locator("li.line:visible, article.block:visible").count() == 0
    assert page.locator("section.cluster:visible").count() == 1
    assert page.locator("section.verdict, table.fleet").all_text_contents() == before
    shown = page.locator("#shown")
    assert (shown.text_content() or "").startswith("0 of ")
    assert "stay whole" in (shown.text_content() or "")
    assert shown.get_attribute("aria-live") == "polite"


def test_print_ignores_the_filter(show: Show) -> None:
    page = show(samples.many())
    page.fill("#by-text", "no such word")
    assert page.locator("li.line:visible").count() == 0
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("article.block:visible").count() == page.locator("article.block").count()
    assert page.locator("section.cluster:visible").count() == 4


def test_the_list_of_all_findings_follows_the_filter(show: Show) -> None:
    page = show(samples.many())
    page.select_option("#by-cluster", label="hamburg")
    page.fill("#by-text", "clear the box")
    (line,) = page.locator("li.line:visible").all_text_contents()
    assert "BPS-01" in line


def test_the_filter_shows_a_node_whose_group_drifts(show: Show) -> None:
    page = show(samples.mixed())
    page.select_option("#by-node", label="imp-b2.example.test")
    shown = " ".join(_heads(page))
    assert "BPS-01" in shown
    assert "HA-01" in shown
    assert "TCM-01" in shown
    assert "SIP-01" not in shown
    assert page.locator("p.none:visible").count() == 1
    page.get_by_role("button", name="Show all").click()
    assert page.locator("article.block:visible").count() == 6
    assert page.text_content("#shown") == ""


def test_the_filter_shows_a_cause_with_what_it_explains(show: Show) -> None:
    page = show(samples.caused())
    page.select_option("#by-severity", "0")
    (head,) = _heads(page)
    assert "high" in head
    page.locator("article.block summary").first.click()
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
    page.get_by_role("button", name="Open all").click()
    assert page.locator(".effect:visible").count() == 3
    page.select_option("#by-node", label=samples.PUB)
    assert "RTR-01" in _heads(page)[0]
    assert "SYNC-01" in (page.locator(".effect:visible").text_content() or "")
    assert page.get_by_text("The filter hides what does not match.").is_visible()


def test_a_slash_goes_to_the_search_and_escape_clears_it(show: Show) -> None:
    page = show(samples.mixed())
    page.keyboard.press("/")
    page.keyboard.type("bulk/")
    assert page.input_value("#by-text") == "bulk/"
    page.keyboard.press("Escape")
    assert page.input_value("#by-text") == ""
    assert page.locator("article.block:visible").count() == 6


FILTER_TIMES = """words => {
  const times = [];
  for (const word of words) {
    const began = performance.now();
    const field = document.getElementById("by-text");
    field.value = word;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    document.body.getBoundingClientRect();
    times.push(performance.now() - began);
  }
  return times;
}"""
"""How many milliseconds each search takes, with the layout after it."""


def test_thirty_clusters_are_filtered_at_once(show: Show) -> None:
    page = show(samples.largest())
    page.locator("button.ticket").first.wait_for(state="attached")
    times = page.evaluate(FILTER_TIMES, ["sip", "sip p", "site-04", "", "x"])
    assert len(times) == 5
    # The machine of a test may be busy for a moment.
    assert sorted(times)[2] < 100
    assert max(times) < 1000


def test_the_search_does_not_find_buttons(show: Show) -> None:
    page = show(samples.caused())
    page.locator("button.ticket").first.wait_for(state="attached")
    page.fill("#by-text", "ticket")
    assert _heads(page) == []


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
    numbers = [int(text) for text in _column(page, 4)]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) > 1


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
        assert _wide_at(index, width) <= width
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


def test_a_cause_is_copied_as_the_text_of_a_ticket(show: Show) -> None:
    page = show(samples.caused())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("article.block summary").first.click()
    page.get_by_role("button", name="Copy as ticket text").click()
    page.get_by_role("button", name="copied").wait_for()
    lines = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert lines[:3] == [
        "high RTR-01 Cisco XCP Router: stopped on imp-sub.example.test",
        "Cluster lab",
        "",
    ]
    assert "expected: running" in lines
    assert "1. critical SIP-01 Cisco SIP Proxy: stopped, on imp-sub.example.test" in lines
    assert lines[-2] == f"auditor {__version__}, run 6f2c9a, 2026-03-01 02:00 UTC"
    assert "copy" not in " ".join(lines)


def test_a_command_is_copied(show: Show) -> None:
    remedy = sentence("Run `utils service start Cisco SIP Proxy`, and declare `chat`.")
    drift = replace(samples.stopped("Cisco SIP Proxy", samples.PUB), remedy=(remedy,))
    page = show(Report(samples.RUN, (replace(samples.compliant_cluster(), findings=(drift,)),)))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("article.block summary").first.click()
    button = page.get_by_role("button", name="Copy utils service start Cisco SIP Proxy")
    button.press("Enter")
    page.get_by_text("copied", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == (
        "utils service start Cisco SIP Proxy"
    )
    assert page.locator("button.copy").count() == 1
    assert page.text_content("#said") == "Copied."


def test_a_command_is_copied_where_the_browser_has_no_clipboard(show: Show) -> None:
    """As on a page that a web server sends without TLS."""
    remedy = sentence("Run `utils service start Cisco SIP Proxy`.")
    drift = replace(samples.stopped("Cisco SIP Proxy", samples.PUB), remedy=(remedy,))
    page = show(Report(samples.RUN, (replace(samples.compliant_cluster(), findings=(drift,)),)))
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.evaluate(
        "document.addEventListener('copy', () => { window.copied = `${getSelection()}`; })"
    )
    page.locator("article.block summary").first.click()
    page.locator("button.copy").click()
    page.get_by_text("copied", exact=True).wait_for()
    assert page.locator("textarea").count() == 0


@pytest.mark.parametrize("shape", ["mixed", "incomplete", "many"])
def test_a_tile_leads_to_what_it_counts(show: Show, shape: str) -> None:
    page = show(shapes.sample(shape))
    tiles = page.locator(".tile:has(a)").all()
    assert len(tiles) >= 3
    for tile in tiles:
        tile.locator("a").click()
        assert page.locator(":target").is_visible()
    assert set(page.locator(".tile:not(:has(a)) b").all_text_contents()) <= {"0"}


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
    assert {"A", "SELECT", "INPUT", "BUTTON", "DIV", "SUMMARY"} <= set(reached)


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
