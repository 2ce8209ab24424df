"""Ways to a false pass that were tried by hand, and must stay closed."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from auditor.models.coverage import Source
from auditor.models.findings import FindingKind, Verdict
from auditor.recommendations.consulted import ConsultedSettings
from auditor.service_names import (
    _CANONICAL_BY_KEY,
    FEATURE_SERVICES,
    INTERCLUSTER_SYNC_AGENT,
    SYNC_AGENT,
    XCP_ROUTER,
    canonical_name,
)
from auditor.soap.reply_cache import ReplyCache
from tests.lab import CUCM, PAIR, PUB, SUB, Lab, coverage, finding

Start = Callable[..., Lab]

PRODUCTS, STATUS = "getProductInformationList", "soapGetServiceStatus"


def test_product_list_cannot_make_a_table_service_unactivatable(lab: Start) -> None:
    """A captured list of a real node has a corrupted row for one of them."""
    running = lab({**PAIR, "node": [{"name": SUB, "not_activated": ["Cisco SIP Proxy"]}]})
    fault = {"fault": "odd-status", "operation": PRODUCTS, "text": "false"}
    running.simulator.change({"fault": fault})
    result = finding(running.cluster(), "SIP-01", SUB)
    assert (result.verdict, result.kind) == (Verdict.DRIFT, FindingKind.NOT_ACTIVATED)


@pytest.mark.parametrize("corrupted", [True, False])
def test_a_service_whose_product_row_may_have_lost_its_name_is_not_missing(
    lab: Start, corrupted: bool
) -> None:
    """No other node shows what its lists should hold, because both lack the service."""
    agent = "Cisco OAM Agent"
    lost = [
        {"fault": "missing-row", "operation": name, "row": agent} for name in (PRODUCTS, STATUS)
    ]
    nodes = [{"name": name, "corrupted_product_row": corrupted} for name in (PUB, SUB)]
    running = lab({**PAIR, "node": nodes, "fault": lost})
    expected = Verdict.UNKNOWN if corrupted else Verdict.NOT_APPLICABLE
    assert finding(running.cluster(), "NET-08", SUB).verdict is expected


def test_a_product_list_cannot_make_a_network_service_optional(lab: Start) -> None:
    """That it can be activated would say that it need not run."""
    running = lab({**PAIR, "node": [{"name": SUB, "stopped": ["Cisco Sync Agent"]}]})
    fault = {"fault": "odd-status", "operation": PRODUCTS, "text": "true"}
    running.simulator.change({"fault": fault})
    cluster = running.cluster()
    result = finding(cluster, "SYNC-01", SUB)
    assert (result.verdict, result.kind) == (Verdict.DRIFT, FindingKind.STOPPED)
    states = {n.name: n.services["Cisco Sync Agent"] for n in cluster.nodes}
    assert (states[SUB].deployable, states[SUB].activated) == (False, None)


@pytest.mark.parametrize("packs", [["table"], ["table", "guides"]], ids=["table", "both"])
def test_a_cluster_without_a_publisher_is_not_compliant(lab: Start, packs: list[str]) -> None:
    """Neither list of CUCM names it, so that only the roles of the others can show it."""
    rows = [
        {"fault": "missing-row", "operation": "listProcessNode", "row": PUB},
        {"fault": "nil-values", "operation": "listPresenceRedundancyGroup"},
    ]
    running = lab({**PAIR, "fault": rows})
    running.edit = lambda text: re.sub(rf'"{PUB}" = .*', "", text)
    report = running.audit(packs)
    (cluster,) = report.clusters
    assert [n.name for n in cluster.nodes] == [SUB]
    assert finding(cluster, "RPT-02", SUB).verdict is Verdict.UNKNOWN
    assert report.exit_code == 4


def test_a_service_both_started_and_not_activated_is_unknown(lab: Start) -> None:
    """Both the rows that want it on and those that want it off stay open."""
    odd = {"status": "Started", "reason": -1068, "text": "Service Not Activated"}
    services = {"Cisco SIP Proxy": odd, "Cisco Serviceability Reporter": odd}
    cluster = lab({**PAIR, "node": [{"name": SUB, "service": services}]}).cluster()
    assert finding(cluster, "SIP-01", SUB).verdict is Verdict.UNKNOWN
    assert finding(cluster, "RPT-02", SUB).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("row", "active", "verdict", "kind"),
    [
        pytest.param(
            {"reason": -1, "text": ""}, True, Verdict.DRIFT, FindingKind.MISPLACED, id="active"
        ),
        pytest.param({"reason": -1, "text": ""}, False, Verdict.PASS, None, id="inactive"),
        pytest.param({"reason": -1004}, False, Verdict.PASS, None, id="no-entry"),
        pytest.param(
            {"reason": "n/a", "text": ""}, True, Verdict.DRIFT, FindingKind.MISPLACED, id="odd"
        ),
        pytest.param(
            {"reason": -1069}, False, Verdict.DRIFT, FindingKind.MISPLACED, id="not-asked"
        ),
    ],
)
def test_axl_decides_activation_only_where_control_center_does_not(
    lab: Start, row: dict[str, Any], active: bool, verdict: Verdict, kind: FindingKind | None
) -> None:
    """A run-time reason is given by an activated service alone, whatever AXL's table says."""
    service = {"status": "Stopped", "active_in_axl": active, **row}
    node = {"name": SUB, "service": {"Cisco Serviceability Reporter": service}}
    running = lab({**PAIR, "node": [node]})
    result = finding(running.cluster(), "RPT-02", SUB)
    assert (result.verdict, result.kind) == (verdict, kind)
    was_asked = (CUCM, "listProcessNodeService") in running.asked()
    assert was_asked is (row["reason"] != -1069)


def test_a_failed_second_reading_leaves_a_starting_service_unknown(lab: Start) -> None:
    """What the first look saw running still counts."""
    node = {"name": SUB, "starting": ["Cisco SIP Proxy"]}
    fault = {"fault": "http-404", "node": SUB, "operation": STATUS, "after": 1}
    report = lab({**PAIR, "node": [node], "fault": [fault]}).audit()
    (cluster,) = report.clusters
    assert finding(cluster, "SIP-01", SUB).verdict is Verdict.UNKNOWN
    assert finding(cluster, "PE-01", SUB).verdict is Verdict.PASS
    assert coverage(cluster, SUB, Source.CONTROL_CENTER).reason == "no_such_service"
    assert report.exit_code == 4


def test_a_service_that_runs_in_the_second_reading_passes(lab: Start) -> None:
    """Otherwise every start of a service would leave the audit incomplete."""
    running = lab(PAIR)
    fault = {
        "fault": "starting",
        "node": SUB,
        "operation": STATUS,
        "row": "Cisco SIP Proxy",
        "times": 1,
    }
    running.simulator.change({"fault": fault})
    report = running.audit()
    assert running.asked().count((SUB, STATUS)) == 2
    assert report.exit_code == 0


def test_a_service_on_no_list_is_reported(lab: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A renamed service of the table would otherwise vanish beside its unknown old name."""
    monkeypatch.delitem(_CANONICAL_BY_KEY, "cisco amc service")
    result = lab(PAIR).run("audit")
    assert result.exit_code == 0
    assert '"Cisco AMC Service" is on no list' in " ".join(result.stdout.split())


def test_a_renamed_service_is_unknown_and_not_absent(
    lab: Start, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Neither running nor off: it was not read."""
    canonical_name.cache_clear()
    request.addfinalizer(canonical_name.cache_clear)
    monkeypatch.setitem(_CANONICAL_BY_KEY, "cisco serviceability reporter", "Cisco New Reporter")
    report = lab(PAIR).audit()
    (cluster,) = report.clusters
    assert finding(cluster, "RPT-01", PUB).verdict is Verdict.UNKNOWN
    assert finding(cluster, "RPT-02", SUB).verdict is Verdict.UNKNOWN
    assert report.exit_code == 4


def test_a_node_that_runs_another_servers_services_is_unknown(lab: Start) -> None:
    """A listing without any service of the table leaves every row open, passes none."""
    network = {SYNC_AGENT, XCP_ROUTER, INTERCLUSTER_SYNC_AGENT}
    table = sorted(FEATURE_SERVICES | network)
    report = lab({**PAIR, "node": [{"name": SUB, "missing": table}]}).audit(["table"])
    (cluster,) = report.clusters
    mine = [f for f in cluster.findings if f.subject.name == SUB and f.service]
    assert {f.verdict for f in mine} == {Verdict.UNKNOWN, Verdict.NOT_APPLICABLE}
    assert {f.recommendation for f in mine if f.verdict is Verdict.NOT_APPLICABLE} == {
        *("AXL-01", "AXL-02", "ARC-01", "BPS-02", "DIR-01", "RPT-01", "SIPFED-01", "SIPFED-02"),
        *("TCM-01", "TCM-02", "WEB-01", "XMPPFED-01", "XMPPFED-03"),
    }
    assert report.exit_code == 4


def test_two_short_lists_of_a_node_do_not_make_it_compliant(lab: Start) -> None:
    """The other node, of the same release, shows what both lists should hold."""
    datastores = ["Cisco Route Datastore", "Cisco Login Datastore", "Cisco Presence Datastore"]
    running = lab({**PAIR, "node": [{"name": SUB, "missing": datastores}]})
    report = running.audit(["table", "guides"])
    (cluster,) = report.clusters
    for row in ("NET-03", "NET-04", "NET-06"):
        assert finding(cluster, row, SUB).verdict is Verdict.UNKNOWN
        assert finding(cluster, row, PUB).verdict is Verdict.PASS
    assert report.exit_code == 4


@pytest.mark.parametrize(
    "fault", ["login-page", "empty-list", "cut", "missing-row", "doubled-list", "nil-values"]
)
def test_a_good_reply_of_before_stands_in_for_no_bad_one(
    lab: Start, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is a row spared its second judging: without both short ways all is judged the same."""
    running = lab(PAIR)
    good = running.cluster().findings
    operation = "getProductInformationList"
    running.simulator.change({"fault": {"fault": fault, "node": "*", "operation": operation}})
    quick = running.cluster().findings
    monkeypatch.setattr(ReplyCache, "find", lambda *_: None)
    monkeypatch.setattr(ConsultedSettings, "has_consulted", lambda *_: True)
    assert running.cluster().findings == quick
    # A row or a value less in that list costs no verdict.
    assert (quick == good) == (fault in ("missing-row", "nil-values"))
