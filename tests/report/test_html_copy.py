"""What the HTML report gives to other programs: commands, and the text of a ticket."""

from dataclasses import replace

from auditor import __version__
from auditor.models.report import Report
from tests.factories import sentence
from tests.report import samples
from tests.report.browsing import Show, needs_browser

pytestmark = needs_browser


def test_a_cause_is_copied_as_the_text_of_a_ticket(show: Show) -> None:
    page = show(samples.caused())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("article.block summary").first.click()
    page.get_by_role("button", name="Copy as ticket text").click()
    page.get_by_role("button", name="copied").wait_for()
    lines = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert lines[:3] == [
        "critical RTR-01 Cisco XCP Router: stopped (high by itself) on imp-sub.example.test",
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
