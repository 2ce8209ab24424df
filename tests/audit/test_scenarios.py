"""The shipped scenarios through the whole program: every recommendation drifts as it should."""

import json
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from lxml import html

from auditor.models.cluster_report import ClusterReport
from auditor.models.findings import Verdict
from auditor.recommendations.packs import load_packs
from auditor.recommendations.vocabulary import Expectation, JudgingMode
from tests.lab import Lab

Start = Callable[..., Lab]

DRIFT = {
    "all-drift": """
        ARC-01      stopped               imp3
        ARC-02      prerequisite_missing  imp3
        AUTH-01     not_activated         imp2
        AXL-01      stopped               imp1
        AXL-02      stopped               imp1
        AXL-04      not_answering         imp3
        AXL-05      stopped               imp1
        BPS-01      misplaced             imp2
        CERT-01     expiring              imp2
        CERT-02     expiring              all-drift
        BPS-02      not_activated         imp1
        CM-01       not_activated         imp2
        DIR-01      not_activated         imp2
        DIR-01      unstable              imp4
        DIR-02      prerequisite_missing  imp2
        DIR-02      profile_conflict      imp1 imp3 imp4 imp5
        DIR-03      unstable              imp4
        ESS-01      not_activated         imp2
        ESS-02      not_activated         imp2
        HA-01       ha_abnormal           DefaultCUPSubCluster
        HA-02       not_grouped           imp5
        ICSA-01     stopped               imp2
        NET-01      stopped               imp2
        NET-02      stopped               imp2
        NET-03      stopped               imp2
        NET-04      stopped               imp2
        NET-05      stopped               imp2
        NET-06      stopped               imp2
        NET-07      stopped               imp2
        NET-08      stopped               imp2
        NET-09      stopped               imp2
        NET-10      stopped               imp2
        NET-11      stopped               imp2
        NET-12      stopped               imp2
        PE-01       stopped               imp2
        PROFILE-01  profile_conflict      deployment.intercluster_cup86
        PROFILE-02  profile_conflict      deployment.sip_federation
        REPL-01     replication_bad       imp2
        RPT-01      not_activated         imp1
        RPT-02      misplaced             imp2
        RTR-01      stopped               imp2
        SIP-01      stopped               imp2
        SIPFED-01   not_activated         imp3
        SIPFED-03   not_activated         imp3
        SYNC-01     stopped               imp2
        TCM-01      stopped               imp2 imp3
        TCM-02      prerequisite_missing  imp2
        TCM-02      profile_conflict      imp1 imp4 imp5
        TCM-03      prerequisite_missing  imp2 imp3
        TCM-03      profile_conflict      imp1 imp4 imp5
        TCM-04      stopped               imp2 imp3
        WEB-01      not_activated         imp2
        XFER-01     stopped               imp3
        XFER-02     prerequisite_missing  imp3
        XMPPFED-01  not_activated         imp3
        XMPPFED-02  unneeded              imp4
        XMPPFED-03  prerequisite_missing  imp3
    """,
    "broken-foundation": """
        AUTH-01     stopped               imp2
        CM-01       stopped               imp2
        ESS-01      stopped               imp2
        ESS-02      stopped               imp2
        NET-03      stopped               imp2
        NET-04      stopped               imp2
        NET-05      stopped               imp2
        NET-06      stopped               imp2
        PE-01       stopped               imp2
        RTR-01      stopped               imp2
        SIP-01      stopped               imp2
        TCM-01      stopped               imp2
    """,
    "mixed-releases": """
        REL-01      release_differs       DefaultCUPSubCluster
        REL-02      release_differs       mixed-releases
        REL-03      release_differs       mixed-releases
    """,
    "lost-data-centre": """
        HA-01       ha_abnormal           DefaultCUPSubCluster Branches
    """,
    "all-drift-absent": """
        PROFILE-03  profile_conflict      deployment.chat
        PROFILE-03  profile_conflict      deployment.sip_federation
        PROFILE-03  profile_conflict      deployment.web_clients
    """,
    "all-drift-9x": """
        SIPFED-02   not_activated         imp2
    """,
}
"""All the drift of each scenario, and no other: recommendation, kind, subjects."""


def _rows(table: str) -> Iterator[tuple[str, str, str]]:
    for line in table.strip().splitlines():
        recommendation, kind, *subjects = line.split()
        yield from ((recommendation, kind, subject) for subject in subjects)


def _short(subject: str) -> str:
    return subject.removesuffix(".lab.test")


def _drift(cluster: ClusterReport) -> list[tuple[str, str, str]]:
    return sorted(
        (f.recommendation, str(f.kind), _short(f.subject.name))
        for f in cluster.findings
        if f.verdict is Verdict.DRIFT
    )


@pytest.mark.parametrize("name", DRIFT)
def test_a_scenario_drifts_only_where_it_says(lab: Start, name: str) -> None:
    """From the simulated node's own answer to the finding, through the whole program."""
    report = lab(name).audit()
    (cluster,) = report.clusters
    assert _drift(cluster) == sorted(_rows(DRIFT[name]))
    assert report.exit_code == 3


def test_a_broken_foundation_has_four_causes_that_explain_the_rest(lab: Start) -> None:
    """The services that need the datastores and the Router are no differences of their own."""
    document = lab("broken-foundation").json()
    (cluster,) = document["clusters"]
    rows = {f["id"]: f["recommendation"] for f in cluster["findings"]}
    causes = {rows[c["finding"]]: [rows[id_] for id_ in c["explains"]] for c in cluster["causes"]}

    assert document["schema_version"] == "2.0"
    assert causes == {
        "NET-03": ["RTR-01", "SIP-01", "PE-01", "TCM-01", "AUTH-01", "CM-01", "ESS-02", "ESS-01"],
        "NET-04": [],
        "NET-05": [],
        "NET-06": [],
    }
    (proxy,) = [
        f for f in cluster["findings"] if f["recommendation"] == "SIP-01" and f["caused_by"]
    ]
    assert [rows[id_] for id_ in proxy["caused_by"]] == ["NET-03", "NET-06", "RTR-01", "NET-05"]
    assert document["summary"]["drift"] == 12


def test_the_terminal_begins_with_the_foundation_and_counts_by_cause(lab: Start) -> None:
    running = lab("broken-foundation")
    result = running.run("audit")

    assert result.exit_code == 3
    text = " ".join(result.stdout.split())
    assert "4 causes, 12 differences" in text
    assert "Worst: Cisco Route Datastore on imp2.lab.test: stopped, which explains 8 more." in text
    assert "12 drift (4 causes)" in text
    blocks = [line for line in result.stdout.splitlines() if line.startswith("✗ CRITICAL ")]
    assert [line.split()[2] for line in blocks] == ["NET-03", "NET-04", "NET-05", "NET-06"]
    assert text.index("Fix NET-04, NET-05 and NET-06 too") < text.index("start Cisco XCP Router")


@pytest.mark.parametrize("name", ["broken-foundation", "all-drift"])
def test_the_page_holds_every_difference_once_under_its_cause(lab: Start, name: str) -> None:
    running = lab(name)
    result = running.run("audit", "-o", "json", "-o", f"html:{running.folder}/report.html")
    (cluster,) = json.loads(result.stdout)["clusters"]
    page: html.HtmlElement = html.document_fromstring((running.folder / "report.html").read_text())

    places = Counter(str(one) for one in page.xpath("//@id") if str(one).startswith("f-"))
    drift = {f"f-{f['id']}" for f in cluster["findings"] if f["verdict"] == "drift"}
    assert {place for place in drift if places[place] != 1} == set()
    for cause in cluster["causes"]:
        (block,) = page.xpath(f"//article[descendant-or-self::*[@id='f-{cause['finding']}']]")
        inside = set(block.xpath(".//ol//@id"))
        assert {f"f-{id_}" for id_ in cause["explains"]} <= inside
    headline = str(page.xpath("string(//p[@class='headline'])"))
    assert headline.startswith(f"{len(cluster['causes'])} causes (")
    assert f"), {len(drift)} differences" in headline
    assert "`" not in page.xpath("string(//main)")


def test_every_recommendation_that_can_drift_drifts_in_a_scenario() -> None:
    """A new recommendation must be shown to be found on a live cluster."""
    shown = {row for table in DRIFT.values() for row, _, _ in _rows(table)}
    can = {
        row.id
        for row in load_packs()
        if row.mode is JudgingMode.AUDIT and row.expects is not Expectation.OPTIONAL
    }
    assert shown == can


def test_a_pair_that_is_failed_over_explains_what_idle_stops(lab: Start) -> None:
    """The stopped services are explained; that the pair is failed over is the one difference."""
    report = lab("failed-over").audit()
    (cluster,) = report.clusters
    explained = {
        (f.recommendation, _short(f.subject.name), f.kind)
        for f in cluster.findings
        if f.verdict is Verdict.EXPLAINED
    }
    features = {"AUTH-01", "CM-01", "ESS-01", "ESS-02", "PE-01", "SIP-01", "TCM-01"}
    rows = features | {"NET-09", "RTR-01", "SYNC-01"}
    assert explained == {(row, "imp1", "stopped") for row in rows}
    assert _drift(cluster) == [("HA-01", "ha_abnormal", "DefaultCUPSubCluster")]
    assert not any(f.verdict is Verdict.UNKNOWN for f in cluster.findings)
    assert report.exit_code == 3


def test_explained_findings_alone_are_no_drift(lab: Start) -> None:
    """Cisco's table knows no HA state, and explained never makes exit code 3."""
    report = lab("failed-over").audit(["table"])
    assert report.counts.explained == 6
    assert report.counts.differences == 0
    assert report.exit_code == 0


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        pytest.param(
            {"ha": {"group": "East", "states": ["idle", "backup"]}}, "explained", id="2/4"
        ),
        pytest.param({"ha": {"group": "East", "states": ["idle", "normal"]}}, "drift", id="2/3"),
        pytest.param(
            {"ha": {"group": "East", "states": ["failing_over", "taking_over"]}},
            "unknown",
            id="moving",
        ),
        pytest.param(
            {
                "ha": {"group": "East", "states": ["idle", "backup"]},
                "fault": {"fault": "soap-fault", "node": "imp4.lab.test", "interface": "perfmon"},
            },
            "drift",
            id="partner-not-read",
        ),
    ],
)
def test_only_the_documented_pair_explains_a_stopped_service(
    lab: Start, change: dict[str, object], verdict: str
) -> None:
    """Anything less than both states, observed, leaves the difference a difference."""
    running = lab("failed-over")
    running.simulator.change(
        {"stop": {"node": "imp3.lab.test", "service": "Cisco SIP Proxy"}, **change}
    )
    (result,) = [
        f
        for f in running.cluster().findings
        if (f.recommendation, f.subject.name) == ("SIP-01", "imp3.lab.test")
    ]
    assert result.verdict == verdict


def test_a_release_without_the_ha_counter_is_incomplete_not_healthy(lab: Start) -> None:
    """Before 12.5 no documented interface shows the HA state."""
    cluster = lab("all-drift-9x").cluster()
    (result,) = [f for f in cluster.findings if f.recommendation == "HA-01"]
    assert result.verdict is Verdict.UNKNOWN


def test_a_single_node_is_compliant(lab: Start) -> None:
    """No failover is possible, and nothing is wrong with that."""
    report = lab("one-node").audit()
    assert report.exit_code == 0


def test_a_report_names_every_release_that_runs(lab: Start) -> None:
    """The head sums them up, and the matrix has the whole version of each node."""
    running = lab("mixed-releases")
    result = running.run("audit", "-o", "markdown", "-o", f"terminal:{running.folder}/report.txt")
    head = "14.0.1.14900-6 on 3 nodes, 14.0.1.13900-8 on imp2.lab.test, CUCM 14.0.1.12900-161"
    assert f"Release {head}, 4 of 4 nodes read." in result.stdout.replace("\\", "")
    text = (running.folder / "report.txt").read_text()
    assert f"release {head}," in " ".join(text.split())
    versions = next(line for line in text.splitlines() if line.startswith("version "))
    new, old = "14.0.1.14900-6", "14.0.1.13900-8"
    assert versions.split()[1:] == ["✗", new, "✗", old, new, new]
    (cluster,) = running.json()["clusters"]
    assert cluster["cucm_release"] == "14.0.1.12900(161)"
