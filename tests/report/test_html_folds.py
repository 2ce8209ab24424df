"""What is one line in the HTML report, and by what it opens."""

import pytest

from tests.report import samples, shapes
from tests.report.browsing import Show, needs_browser

pytestmark = needs_browser


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


def test_details_open_by_keyboard(show: Show) -> None:
    page = show(samples.mixed())
    page.locator("summary", has_text="What was asked").focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("region", name="What was asked").is_visible()


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


@pytest.mark.parametrize("place", ["%E0%A4%A", "nowhere", "<b>", ""])
def test_an_address_with_another_place_opens_nothing(show: Show, place: str) -> None:
    page = show(samples.caused())
    page.goto(f"{page.url}#{place}")
    page.reload()
    assert page.locator("details[open]").count() == 0
    assert page.locator("#filter").is_visible()


def test_all_blocks_open_and_close_at_once(show: Show) -> None:
    page = show(samples.many())
    page.get_by_role("button", name="Open all").click()
    assert page.locator("details:not([open])").count() == 0
    page.get_by_role("button", name="Close all").click()
    assert page.locator("details[open]").count() == 0


@pytest.mark.parametrize("shape", ["mixed", "incomplete", "many"])
def test_a_tile_leads_to_what_it_counts(show: Show, shape: str) -> None:
    page = show(shapes.sample(shape))
    tiles = page.locator(".tile:has(a)").all()
    assert len(tiles) >= 3
    for tile in tiles:
        tile.locator("a").click()
        assert page.locator(":target").is_visible()
    assert set(page.locator(".tile:not(:has(a)) b").all_text_contents()) <= {"0"}
