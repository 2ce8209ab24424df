"""The page of a comparison in a real browser: layout, contrast, accessibility, print."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from auditor.change.diff.page import render_comparison_page
from tests.change.diff.comparisons import COMPARISONS, unexpected

_BROWSER = next(
    (path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None
)
pytestmark = pytest.mark.skipif(_BROWSER is None, reason="no Chromium is installed")
WIDTHS = (400, 900, 1600)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one browser for all tests here."""
    with sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=_BROWSER, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


def opened(browser: Browser, name: str, folder: Path, *, dark: bool = False) -> Page:
    """Return the page of a comparison, opened as a file without scripts."""
    path = folder / "diff.html"
    path.write_text(render_comparison_page(COMPARISONS[name]()), encoding="utf-8")
    page = browser.new_page(color_scheme="dark" if dark else "light")
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("name", COMPARISONS)
def test_no_page_scrolls_sideways(browser: Browser, name: str, tmp_path: Path) -> None:
    page = opened(browser, name, tmp_path)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_a_long_name_does_not_widen_the_page(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "diff.html"
    path.write_text(render_comparison_page(unexpected("c" * 200, "n" * 200)), encoding="utf-8")
    page = browser.new_page(viewport={"width": 400, "height": 900})
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.close()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", COMPARISONS)
def test_axe_finds_nothing_serious(browser: Browser, name: str, tmp_path: Path, dark: bool) -> None:
    """Contrast too, in both schemes."""
    page = opened(browser, name, tmp_path, dark=dark)
    violations = Axe().run(page).response["violations"]
    assert [v["id"] for v in violations if v["impact"] in ("serious", "critical")] == []
    page.close()


def test_it_prints_everything(browser: Browser, tmp_path: Path) -> None:
    """In dark colours on paper nothing could be read; print is light."""
    page = opened(browser, "unexpected", tmp_path, dark=True)
    page.emulate_media(media="print", color_scheme="dark")
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert background == "rgb(255, 255, 255)"
    hidden = page.evaluate(
        "[...document.querySelectorAll('.events li')].filter(e => !e.offsetHeight).length"
    )
    assert hidden == 0
    page.close()
