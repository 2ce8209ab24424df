"""A browser for the tests of pages, and what opens a report in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from auditor.models.report import Report
from auditor.report.html import render
from tests.report.browsing import BROWSER, QUIETLY, Show


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one browser for all tests here, each of which gets an empty profile."""
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=BROWSER, args=list(QUIETLY))
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
