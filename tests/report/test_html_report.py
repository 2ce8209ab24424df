"""The HTML report as a file: what it holds, what it may load and run, and whose text is markup."""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html

from auditor import __version__
from auditor.models.cluster_report import ClusterStatus
from auditor.models.findings import FindingKind, Verdict
from auditor.models.forms import Form
from auditor.models.history import ChangeDirection, ClusterHistory, FindingAge
from auditor.models.report import Report
from auditor.models.statements import make_statement
from auditor.recommendations.packs import load_packs
from auditor.report.html import render
from auditor.report.sentences import render_sentence
from auditor.text import printable
from tests.factories import sentence
from tests.report import samples, shapes

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</style></title></script><b>x</b>",
    "&lt;b&gt; {{ 7 * 7 }} {% raw %}",
    "javascript:alert(1)",
    "\u202egnp.exe \u2066\u200f",
    "\x00\x1b[31m\ufffe",
    "مرحبا <b>",
)
"""Texts that would be more than text in a page that trusts them."""


def tree(report: Report) -> html.HtmlElement:
    parsed: html.HtmlElement = html.document_fromstring(render.render(report))
    return parsed


def page_text(report: Report) -> str:
    return " ".join(tree(report).text_content().split())


@pytest.mark.parametrize("shape", shapes.GOLDEN)
def test_whole_page(shape: str, compare_golden: Callable[[Path, str], None]) -> None:
    text = render.render(shapes.sample(shape)).replace(
        f"auditor {__version__},", "auditor VERSION,"
    )
    text = re.sub(r"(<(style|script)>).*?(</\2>)", r"\1...\3", text, flags=re.DOTALL)
    text = re.sub(r"sha256-[\w+/=]+", "sha256-...", text)
    compare_golden(GOLDEN / f"{shape}.html", text)


@pytest.mark.parametrize("shape", [*shapes.SHAPES, "largest"])
def test_ids_of_a_page_are_unique_and_links_reach_them(shape: str) -> None:
    ids = [str(one) for one in tree(shapes.sample(shape)).xpath("//@id")]
    assert len(ids) == len(set(ids))
    links = [str(one) for one in tree(shapes.sample(shape)).xpath("//a/@href")]
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)


@pytest.mark.parametrize("shape", shapes.SHAPES)
def test_a_page_loads_nothing_and_links_only_to_cisco(shape: str) -> None:
    page = render.render(shapes.sample(shape))
    assert not re.search(r"(?i)@import|url\((?!#)|\ssrc=|<link|<iframe|<object|<base", page)
    links = [str(one) for one in tree(shapes.sample(shape)).xpath("//a/@href")]
    outside = [link for link in links if not link.startswith("#")]
    assert all(link.startswith("https://www.cisco.com/") for link in outside)
    assert not tree(shapes.sample(shape)).xpath("//@style")


@pytest.mark.parametrize("shape", ["empty", "mixed"])
def test_the_policy_allows_only_the_styles_and_the_script_of_the_page(
    shape: str,
) -> None:
    page = render.render(shapes.sample(shape))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.replace("&#39;", "'").split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for kind in ("style", "script"):
        for text in re.findall(rf"<{kind}>(.*?)</{kind}>", page, flags=re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert rules[f"{kind}-src"] == f"'sha256-{digest}'"


@pytest.mark.parametrize("attack", HOSTILE)
def test_text_from_servers_is_never_markup(attack: str) -> None:
    page = tree(samples.hostile(attack))
    harmless = tree(samples.hostile("harmless"))
    assert Counter(e.tag for e in page.iter()) == Counter(e.tag for e in harmless.iter())
    names = {str(name) for element in page.iter() for name in element.attrib}
    assert not [name for name in names if name.startswith("on")]
    assert printable(attack) in " ".join(page.text_content().split())


@pytest.mark.parametrize("attack", HOSTILE)
def test_names_among_several_clusters_are_never_markup(attack: str) -> None:
    fleet = [
        replace(report, clusters=(*report.clusters, samples.mixed_cluster("other")))
        for report in (samples.hostile(attack), samples.hostile("harmless"))
    ]
    page, harmless = map(tree, fleet)
    assert Counter(e.tag for e in page.iter()) == Counter(e.tag for e in harmless.iter())
    names = {str(name) for element in page.iter() for name in element.attrib}
    assert not [name for name in names if name.startswith("on")]
    for place in ("table[@id='fleet']", "table[@class='heat']", "ul[@class='lines']"):
        text = " ".join(page.xpath(f"string(//{place})").split())
        assert printable(attack) in text


def test_every_difference_shows_all_its_parts() -> None:
    report = samples.mixed()
    text = page_text(report)
    drift = [f for f in report.clusters[0].findings if f.verdict is Verdict.DRIFT]
    sources = {row.id: row.source for row in load_packs()}
    assert len(drift) == 3
    for finding in drift:
        statements = (finding.expected, finding.observed, *finding.remedy)
        evidence = (piece.statement for piece in finding.evidence)
        assert finding.consequence in text
        for statement in (*statements, *evidence):
            assert render_sentence(statement) in text
        citation = sources[finding.recommendation]
        assert f"{citation.document}, {citation.section}" in text


@pytest.mark.parametrize("shape", [*shapes.SHAPES, "largest"])
def test_each_difference_has_one_place_on_the_page(shape: str) -> None:
    report = shapes.sample(shape)
    places = Counter(str(one) for one in tree(report).xpath("//@id"))
    drift = [f for c in report.clusters for f in c.findings if f.verdict is Verdict.DRIFT]
    assert [f.id for f in drift if places[f"f-{f.id}"] != 1] == []


def test_what_a_cause_explains_follows_its_remedy() -> None:
    (block,) = tree(samples.caused()).xpath("//article[contains(@class, 'drift')]")
    assert "RTR-01 Cisco XCP Router: stopped" in block.xpath("string(.//h4)")
    assert block.xpath("string(.//h5)") == "Explains 2 more differences"
    effects = block.xpath(".//li[@class='effect']")
    assert [" ".join(effect.xpath("string(.//summary)").split()) for effect in effects] == [
        "critical SIP-01 Cisco SIP Proxy: stopped, on imp-sub.example.test",
        "critical PE-01 Cisco Presence Engine: stopped, on imp-sub.example.test",
    ]
    text = block.text_content()
    starts = [f"utils service start {name}" for name in ("Cisco XCP Router", "Cisco SIP Proxy")]
    assert text.count(starts[0]) == text.count(starts[1]) == 1
    assert text.index(starts[0]) < text.index(starts[1])


def test_an_effect_shows_what_was_found() -> None:
    report = samples.caused()
    text = page_text(report)
    for finding in (f for f in report.clusters[0].findings if f.caused_by):
        (entry,) = tree(report).xpath(f"//li[@id='f-{finding.id}']")
        found = " ".join(entry.text_content().split())
        assert render_sentence(finding.observed) in found
        assert finding.consequence in found
        for piece in finding.evidence:
            assert render_sentence(piece.statement) in found
    assert "enough" not in text


def test_a_remedy_that_settles_an_effect_too_is_not_repeated() -> None:
    cluster = samples.caused_cluster()
    router = next(f for f in cluster.findings if f.verdict is Verdict.DRIFT and not f.caused_by)
    findings = tuple(
        replace(f, remedy=router.remedy) if f.caused_by else f for f in cluster.findings
    )
    page = tree(Report(samples.RUN, (replace(cluster, findings=findings),)))
    (block,) = page.xpath("//article[contains(@class, 'drift')]")
    text = block.text_content()
    assert text.count(render_sentence(router.remedy[0])) == 1
    assert text.count("The remedy above is enough.") == 1


def test_an_effect_names_its_cause_in_another_block_once() -> None:
    cluster = samples.caused_cluster()
    other = replace(
        samples.stopped("Cisco Sync Agent", samples.PUB), consequence="Another difference."
    )
    findings = tuple(
        replace(f, caused_by=(*f.caused_by, other.id)) if f.caused_by else f
        for f in cluster.findings
        if f.id != other.id
    )
    page = tree(Report(samples.RUN, (replace(cluster, findings=(*findings, other)),)))
    first, second = (
        " ".join(e.text_content().split()) for e in page.xpath("//li[@class='effect']")
    )
    assert "Explained by SYNC-01 on imp-pub.example.test too: fix that before this." in first
    assert "Explained by" not in second
    assert page.xpath("//li[@class='effect']//p/a/@href") == [f"#f-{other.id}"]


def test_several_causes_in_other_blocks_are_kept_apart() -> None:
    cluster = samples.caused_cluster()
    sync = samples.stopped("Cisco Sync Agent", samples.PUB)
    others = (sync, replace(sync, recommendation="NET-99", consequence="Another difference."))
    also = tuple(other.id for other in others)
    findings = tuple(
        replace(f, caused_by=(*f.caused_by, *also)) if f.caused_by else f
        for f in cluster.findings
        if f.id != sync.id
    )
    page = page_text(Report(samples.RUN, (replace(cluster, findings=(*findings, *others)),)))

    assert "Explained by SYNC-01 on imp-pub.example.test and NET-99 on " in " ".join(page.split())


def test_differences_are_counted_by_cause() -> None:
    page = tree(samples.caused())
    (tile,) = page.xpath("//dl[@class='tiles']/div[1]")
    assert tile.text_content() == "Causes1 3 differences: 2 critical, 1 high"
    assert page.xpath("string(//h3[@id='c1-drift'])") == "Drift: 1 cause, 3 differences"


def test_the_causes_to_fix_first_name_their_cluster() -> None:
    report = Report(samples.RUN, (samples.compliant_cluster("a"), samples.caused_cluster("b")))
    (item,) = tree(report).xpath("//section[@class='worst']//li")
    text = " ".join(item.text_content().split())
    # The Router itself is of severity high; what it stops is critical.
    assert text.startswith("critical Cisco XCP Router: stopped on imp-sub.example.test (b)")
    assert text.endswith("Explains 2 more differences: 2 critical.")
    assert "In all: 1 cause, 3 differences." in page_text(report)


def test_a_cause_to_fix_on_several_groups_is_one_line() -> None:
    both = (samples.ha(name, verdict=Verdict.DRIFT) for name in ("A", "B"))
    groups = [replace(finding, kind=FindingKind.HA_ABNORMAL) for finding in both]
    cluster = replace(samples.compliant_cluster(), findings=tuple(groups))
    (item,) = tree(Report(samples.RUN, (cluster,))).xpath("//section[@class='worst']//li")
    assert "HA-01: HA state not normal on groups A and B" in " ".join(item.text_content().split())


def test_a_group_that_is_off_is_not_one_with_a_group_that_failed_over() -> None:
    """They have one kind, and are mended in two ways."""
    over, off = (
        replace(samples.ha(name, verdict=Verdict.DRIFT), kind=FindingKind.HA_ABNORMAL)
        for name in ("A", "B")
    )
    off = replace(off, observed=make_statement(Form.HA_SWITCHED_OFF, group="B"))
    cluster = replace(samples.compliant_cluster(), findings=(over, off))
    items = tree(Report(samples.RUN, (cluster,))).xpath("//section[@class='worst']//li")
    texts = [" ".join(item.text_content().split()) for item in items]
    assert any("HA-01: HA state not normal on group A" in text for text in texts)
    assert any("HA-01: high availability is off on group B" in text for text in texts)


def test_evidence_is_shown_in_full() -> None:
    """The terminal stops at eight pieces and points to another report; this is that report."""
    drift = samples.stopped("Cisco SIP Proxy", samples.PUB)
    statements = (sentence(f"Piece {n} of it.") for n in range(20))
    pieces = tuple(replace(drift.evidence[0], statement=s) for s in statements)
    cluster = replace(samples.compliant_cluster(), findings=(replace(drift, evidence=pieces),))
    text = page_text(Report(samples.RUN, (cluster,)))
    assert "Piece 19 of it." in text
    assert "more in the JSON report" not in text


def cells(report: Report, service: str) -> list[str]:
    (row,) = tree(report).xpath(f"//table[@class='matrix']//tr[th='{service}']")
    return [" ".join(cell.text_content().split()) for cell in row.xpath("td")]


def test_the_matrix_reads_without_colour() -> None:
    report = samples.mixed()
    assert cells(report, "SIP Proxy")[:2] == ["✓ as recommended: running", "✗ drift: STOPPED"]
    assert cells(report, "XCP Connection Manager")[1] == "… unknown: starting"
    assert cells(report, "Presence Engine")[2] == "~ explained: stopped"
    assert cells(report, "XCP Directory Service")[0] == "○ off"


def test_nodes_are_listed_under_their_redundancy_group() -> None:
    heads = tree(samples.mixed()).xpath("//th[@scope='colgroup']")
    assert [(head.text_content(), head.get("colspan")) for head in heads] == [
        ("DefaultCUPSubCluster", "2"),
        ("SubclusterB", "2"),
    ]


def test_a_cell_that_drifts_links_to_its_block() -> None:
    page = tree(samples.mixed())
    (link,) = page.xpath("//table[@class='matrix']//a[.='STOPPED']/@href")
    (block,) = page.xpath(f"//article[@id='{link[1:]}']//h4")
    assert "SIP-01 Cisco SIP Proxy: stopped" in block.text_content()


def test_many_clusters_begin_with_links_to_each() -> None:
    page = tree(samples.many())
    rows = page.xpath("//section[@aria-labelledby='overview']//tbody/tr")
    assert [row.xpath("string(th)") for row in rows] == ["hamburg", "münchen", "köln", "berlin"]
    causes = [" ".join(row.xpath("string(td[2])").split()) for row in rows]
    assert causes == [
        "1 critical 1 high 1 medium",
        "unknown?",
        "? critical ? high ? medium",
        "none-",
    ]
    assert (
        "Of 4 clusters: 1 drifted, 1 could not be audited, 1 incomplete, 1 compliant."
        in page_text(samples.many())
    )


def test_the_first_five_differences_are_named_and_the_rest_counted() -> None:
    assert "And 5 more unread servers, below." in page_text(samples.largest())
    services = ("SIP Proxy", "Presence Engine", "Sync Agent", "XCP Router", "AXL Web Service")
    names = (*services, "Bulk Provisioning Service", "Serviceability Reporter")
    drift = tuple(samples.stopped(f"Cisco {name}", samples.PUB) for name in names)
    cluster = replace(samples.compliant_cluster(), findings=drift)
    assert "And 2 more causes, below." in page_text(Report(samples.RUN, (cluster,)))
    assert "below." not in page_text(samples.mixed())


def test_tiles_say_not_audited_if_nothing_was_audited() -> None:
    text = page_text(samples.unauditable())
    assert "Differences0 not audited" in text.replace(" 0", "0")
    assert "not audited" not in page_text(samples.compliant())


def test_a_waiver_shows_its_reason_owner_end_and_the_waived_verdict() -> None:
    text = page_text(samples.waived())
    assert "Moves with change 4711. (uc-team, until 2026-04-30)" in text
    assert "drift without the waiver" in text
    assert "first ends 2026-04-30" in text


def test_history_adds_changes_ages_and_a_chart_of_runs() -> None:
    page = tree(samples.remembered())
    text = page_text(samples.remembered())
    assert (
        "Since the run of 2026-02-28 02:00 UTC: 1 difference is new, 1 still there, 1 resolved."
        in text
    )
    assert "3 days, 4 runs (first seen 2026-02-26T02:00:00Z)" in text
    bars = [str(title) for title in page.xpath("//svg//title/text()")]
    assert bars[0] == "2026-02-23T02:00:00Z: unauditable, 0 drift, 0 unknown"
    assert bars[-1] == "2026-03-01T02:00:00Z: drift, 3 drift, 5 unknown"


def test_a_change_lists_what_came_with_it() -> None:
    report = samples.caused()
    drift = [f for f in report.clusters[0].findings if f.verdict is Verdict.DRIFT]
    age = FindingAge(samples.RUN.started_at, 1)
    changes = tuple(samples.change(ChangeDirection.NEW, finding, age) for finding in drift)
    runs = (samples.past_run(28, 0, 0, ClusterStatus.COMPLIANT, "lab"),)
    past = {"lab": ClusterHistory(changes=changes, runs=runs)}
    (group,) = tree(replace(report, past=past)).xpath("//dl[@class='changes']/div")
    assert group.xpath("string(dt)") == "New: 3 (1 cause)"
    assert [dd.xpath("string(a)") for dd in group.xpath("dd")] == ["RTR-01 Cisco XCP Router"]
    assert sorted(li.xpath("string(a)") for li in group.xpath("dd//li")) == [
        "PE-01 Cisco Presence Engine",
        "SIP-01 Cisco SIP Proxy",
    ]


@pytest.mark.parametrize("shape", ["mixed", "compliant", "empty"])
def test_without_history_no_age_is_shown(shape: str) -> None:
    page = tree(shapes.sample(shape))
    assert not page.xpath("//svg")
    assert "Since the run" not in page.text_content()


def test_a_long_history_shows_its_last_thirty_runs() -> None:
    nights = tuple(
        replace(samples.past_run(1, 1, 0, ClusterStatus.DRIFT, "lab"), id=str(n)) for n in range(90)
    )
    report = samples.remembered()
    past = {"lab": replace(report.past["lab"], runs=nights)}
    assert len(tree(replace(report, past=past)).xpath("//svg/g")) == 30


@pytest.mark.parametrize(
    ("shape", "word"),
    [
        ("empty", "Unauditable"),
        ("compliant", "Compliant"),
        ("incomplete", "Incomplete"),
        ("lenient", "Incomplete"),
        ("unauditable", "Unauditable"),
        ("many", "Drift"),
    ],
)
def test_no_option_changes_the_status_word(shape: str, word: str) -> None:
    assert tree(shapes.sample(shape)).xpath("string(//h2[@id='verdict'])") == word


def test_limitations_of_the_report_come_first() -> None:
    alarms = tree(samples.lenient()).xpath("//p[@class='alarm']")
    assert len(alarms) == 2
    assert "--insecure" in alarms[0].text_content()


def test_gaps_show_cause_and_advice() -> None:
    text = page_text(samples.incomplete())
    assert "What could not be read" in text
    assert "imp-sub.example.test did not answer within 10 s. Check the node" in text


def test_no_sentence_ends_twice() -> None:
    report = samples.remembered()
    two = replace(report, clusters=(*report.clusters, samples.compliant_cluster("b")))
    text = tree(two).xpath("string(//main)")
    assert "1 difference is new, 1 still there" in text
    assert ".." not in text


def test_commands_and_keys_are_code() -> None:
    drift = samples.stopped("Cisco SIP Proxy", samples.PUB)
    remedy = sentence("Run `utils service start <b>` (`chat` is true).")
    cluster = replace(
        samples.compliant_cluster(), findings=(replace(drift, remedy=(remedy,)),), notices=("`a`",)
    )
    page = tree(Report(samples.RUN, (cluster,)))
    assert page.xpath("//code/text()") == ["utils service start <b>", "chat", "a"]
    assert page.xpath("//code[@class='run']/text()") == ["utils service start <b>"]
    assert "`" not in page.xpath("string(//main)")


def test_a_report_without_findings_has_no_filter_and_no_script() -> None:
    page = tree(samples.empty())
    assert not page.xpath("//form | //script")
