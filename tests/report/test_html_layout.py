"""The HTML report in a real browser: its layout, who can read it, and no trust in any name."""

from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe

from auditor.models.findings import FindingSubject, SubjectKind, Verdict
from auditor.models.report import Report
from auditor.text import printable
from tests.report import samples, shapes
from tests.report.browsing import BROKEN, CUT, OVERLAPS, WIDTHS, Show, measure_width, needs_browser
from tests.report.test_html_report import HOSTILE

pytestmark = needs_browser


@pytest.mark.parametrize("shape", [*shapes.SHAPES, "largest"])
def test_no_page_scrolls_sideways(show: Show, shape: str) -> None:
    page = show(shapes.sample(shape))
    assert [width for width in WIDTHS if measure_width(page, width) > width] == []
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert [width for width in WIDTHS if measure_width(page, width) > width] == []


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
    assert measure_width(page, 400) <= 400


@pytest.mark.parametrize("shape", ["remembered", "caused", "many", "hostile", "waived"])
def test_no_text_is_cut(show: Show, shape: str) -> None:
    page = show(shapes.sample(shape))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(CUT) == []


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


def test_the_page_is_dark_if_the_browser_prefers_it(show: Show) -> None:
    shade = "getComputedStyle(document.documentElement).backgroundColor"
    assert show(samples.mixed()).evaluate(shade) != show(samples.mixed(), dark=True).evaluate(shade)


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
