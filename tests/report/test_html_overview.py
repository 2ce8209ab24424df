"""What the HTML report says of several clusters: last runs, heat map, certificates, what to fix."""

from dataclasses import replace

import pytest
from lxml import html

from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.history import ClusterHistory
from auditor.models.report import Report
from auditor.report.html.sparkline import Sparkline, build_sparkline
from tests.report import samples
from tests.report.test_html_report import tree


def strip(*statuses: ClusterStatus, unknown: int = 0) -> Sparkline:
    """Return the strip of a compliant run after runs of the given statuses, oldest first."""
    runs = tuple(
        samples.past_run(place + 1, int(status is ClusterStatus.DRIFT), unknown, status, "lab")
        for place, status in enumerate(statuses)
    )
    past = ClusterHistory(runs=tuple(reversed(runs)))
    drawn = build_sparkline(samples.compliant_cluster(), samples.RUN, past)
    assert drawn is not None
    return drawn


def test_each_kind_of_run_has_its_own_shape() -> None:
    drawn = strip(ClusterStatus.DRIFT, ClusterStatus.UNAUDITABLE, ClusterStatus.COMPLIANT)
    number = {kind: path.count("M") for kind, path in drawn.paths.items()}
    assert number == {"drift": 1, "unauditable": 1, "compliant": 2}
    assert drawn.label == (
        "The last 4 runs: 2 compliant, 1 drift, 1 unauditable; this one has 0 drift, 0 unknown"
    )


def test_an_incomplete_run_without_unknown_checks_does_not_look_compliant() -> None:
    drawn = strip(ClusterStatus.INCOMPLETE)
    assert drawn.paths["unknown"].count("M") == 1
    assert drawn.paths["compliant"].count("M") == 1


def test_a_strip_shows_fourteen_runs_with_this_one_at_the_right_end() -> None:
    drawn = strip(*[ClusterStatus.COMPLIANT] * 20)
    assert drawn.paths["compliant"].count("M") == 14
    alone = strip(ClusterStatus.DRIFT)
    assert alone.paths["compliant"].startswith(f"M{alone.width - 4.5} ")


def test_without_history_there_is_no_strip_and_nothing_is_new() -> None:
    page = tree(samples.many())
    assert not page.xpath("//svg")
    heads = [th.text_content() for th in page.xpath("//table[@id='fleet']/thead//th")]
    assert not {"New", "Since", "Last runs"} & set(heads)


def heat(report: Report) -> dict[str, list[html.HtmlElement]]:
    rows = tree(report).xpath("//table[@class='heat']//tr[td]")
    return {row.xpath("string(th)"): row.xpath("td") for row in rows}


def test_the_heat_map_shows_on_how_many_nodes_a_service_drifts() -> None:
    report = samples.many()
    drift, unaudited, unread, compliant = heat(report)["SIP Proxy"]
    assert drift.get("class") == "drift grave"
    assert " ".join(drift.text_content().split()) == "drift on ✗1"
    (link,) = drift.xpath("a/@href")
    (block,) = tree(report).xpath(f"//article[@id='{link[1:]}']//h4")
    assert "SIP-01 Cisco SIP Proxy: stopped" in block.text_content()
    assert unaudited.text_content() == "?unknown"
    assert unread.text_content() == "unknown on ?1"
    assert compliant.text_content() == "✓as recommended"


def test_a_cluster_without_an_answer_is_unknown_in_every_row_of_the_heat_map() -> None:
    rows = heat(samples.many())
    assert len(rows) > 10
    assert {cells[1].get("class") for cells in rows.values()} == {"unknown"}


def test_the_heat_map_leaves_out_what_is_judged_nowhere() -> None:
    assert "Tomcat" not in heat(samples.many())
    pair = tuple(samples.compliant_cluster(name) for name in ("a", "b"))
    rows = heat(Report(samples.RUN, pair))
    assert "SIP Proxy" in rows
    assert "XCP Directory Service" not in rows


def test_a_severity_below_high_does_not_look_grave() -> None:
    assert heat(samples.many())["Bulk Provisioning Service"][0].get("class") == "drift"


@pytest.mark.parametrize(
    ("ends", "text", "is_warning"),
    [
        ("2026-03-20T02:00:00Z", "at most ≤ 19 days", True),
        ("2026-02-26T02:00:00Z", "certificate ended 3 days ago", True),
        ("2027-03-01T02:00:00Z", "at most ≤ 365 days", False),
        (None, "certificate not read", False),
    ],
)
def test_the_certificate_that_ends_first_is_in_the_table(
    ends: str | None, text: str, is_warning: bool
) -> None:
    cluster = samples.compliant_cluster("a")
    nodes = tuple(replace(node, certificate_not_after=ends) for node in cluster.nodes)
    report = Report(samples.RUN, (replace(cluster, nodes=nodes), samples.compliant_cluster("b")))
    (cell,) = tree(report).xpath("//table[@id='fleet']//tr[th[.='a']]/td[6]")
    assert " ".join(cell.text_content().split()) == text
    assert ("warn" in cell.get("class")) is is_warning


def lines_to_fix(*clusters: ClusterReport) -> list[str]:
    items = tree(Report(samples.RUN, clusters)).xpath("//section[@class='worst']//li")
    return [" ".join(item.text_content().split()) for item in items]


def test_a_node_that_could_not_be_read_is_a_line_of_what_to_fix_first() -> None:
    (line,) = lines_to_fix(samples.incomplete_cluster())
    assert line.startswith("unread imp-sub.example.test could not be read")
    assert "imp-sub.example.test did not answer within 10 s. Check the node" in line
    assert line.endswith("16 checks cannot be judged.")
    page = tree(samples.incomplete())
    (link,) = page.xpath("//section[@class='worst']//a/@href")
    assert page.xpath(f"string(//*[@id='{link[1:]}'])") == "What could not be read"


def test_a_cluster_that_could_not_be_audited_is_one_line() -> None:
    cluster = samples.unauditable_cluster()
    (line,) = lines_to_fix(cluster)
    assert line.startswith("unread cucm-pub.example.test could not be read")


def test_many_causes_do_not_push_out_a_server_that_could_not_be_read() -> None:
    names = ("SIP Proxy", "Presence Engine", "Sync Agent", "XCP Router", "XCP Connection Manager")
    drift = (samples.stopped(f"Cisco {name}", samples.PUB, "drifting") for name in names)
    drifting = replace(samples.compliant_cluster("drifting"), findings=tuple(drift))
    lines = lines_to_fix(drifting, samples.incomplete_cluster("incomplete"))
    assert [line.partition(" ")[0] for line in lines] == ["critical"] * 5 + ["unread"]


def test_one_cause_in_several_clusters_is_one_line_with_a_link_to_each() -> None:
    clusters = [samples.mixed_cluster(name) for name in ("a", "b", "c")]
    lines = lines_to_fix(*clusters, samples.caused_cluster("d"))
    assert lines[0] == (
        "critical Cisco XCP Router: stopped on imp-sub.example.test (d)"
        "Explains 2 more differences: 2 critical."
    )
    assert lines[1] == "critical Cisco SIP Proxy: stopped in 3 clusters: a, b, c"
    page = tree(Report(samples.RUN, tuple(clusters)))
    links = page.xpath("//section[@class='worst']//li[1]//a")
    assert [link.text for link in links] == ["a", "b", "c"]
    heads = [page.xpath(f"string(//*[@id='{a.get('href')[1:]}']//h4)") for a in links]
    assert all("SIP-01" in head for head in heads)
