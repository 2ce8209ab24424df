"""The filter of the HTML report: what it finds, and that it never makes a page look better."""

from dataclasses import replace

from auditor.models.findings import FindingSubject, SubjectKind, Verdict
from auditor.models.report import Report
from tests.report import samples
from tests.report.browsing import Show, needs_browser, shown_heads

pytestmark = needs_browser


def test_the_filter_hides_lower_severities(show: Show) -> None:
    page = show(samples.mixed())
    page.select_option("#by-severity", "0")
    shown = shown_heads(page)
    assert len(shown) == 3
    assert all("critical" in head for head in shown)
    assert (page.text_content("#shown") or "").startswith("3 of 6 shown.")


def test_the_filter_shows_one_verdict(show: Show) -> None:
    page = show(samples.mixed())
    page.select_option("#by-verdict", "explained")
    (head,) = shown_heads(page)
    assert "PE-01" in head
    assert page.locator("p.none:visible").count() == 2


def test_the_filter_finds_words_in_what_is_closed(show: Show) -> None:
    page = show(samples.mixed())
    page.fill("#by-text", "box  BULK")
    (head,) = shown_heads(page)
    assert "BPS-01" in head
    page.fill("#by-text", "no such word")
    assert shown_heads(page) == []
    assert (page.text_content("#shown") or "").startswith("0 of 6 shown.")


def test_the_filter_shows_what_is_new(show: Show) -> None:
    page = show(samples.remembered())
    page.check("#by-new")
    shown = " ".join(shown_heads(page))
    assert "SIP-01" in shown or "BPS-01" in shown
    assert 0 < page.locator("article.block:visible").count() < 6
    assert page.locator("article.block:visible .new").count() == len(shown_heads(page))


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


def test_the_list_of_all_findings_follows_the_filter(show: Show) -> None:
    page = show(samples.many())
    page.select_option("#by-cluster", label="hamburg")
    page.fill("#by-text", "clear the box")
    (line,) = page.locator("li.line:visible").all_text_contents()
    assert "BPS-01" in line


def test_the_filter_shows_a_node_whose_group_drifts(show: Show) -> None:
    page = show(samples.mixed())
    page.select_option("#by-node", label="imp-b2.example.test")
    shown = " ".join(shown_heads(page))
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
    (head,) = shown_heads(page)
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
    assert "RTR-01" in shown_heads(page)[0]
    assert "SYNC-01" in (page.locator(".effect:visible").text_content() or "")
    assert page.get_by_text("The filter hides what does not match.").is_visible()


def test_a_link_to_a_hidden_block_clears_the_filter(show: Show) -> None:
    page = show(samples.mixed())
    page.select_option("#by-severity", "0")
    page.get_by_role("link", name="MISPLACED").click()
    assert page.locator("article:target").is_visible()


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
    assert shown_heads(page) == []
