"""A running cluster takes changes, by method and by the control address."""

import http.client
import json
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from auditor.simulator import ScenarioError

if TYPE_CHECKING:
    from tests.simulator.conftest import Start, Wire

AST = "{http://schemas.cisco.com/ast/soap}"
NODE, OTHER, CUCM = "imp1.lab.test", "imp2.lab.test", "cucm-pub.lab.test"
SECOND_CUCM = "cucm-sub.lab.test"


def row(wire: "Wire", service: str, node: str = NODE) -> list[str | None]:
    """Return status, reason code and reason of a service."""
    for item in wire.control_center(node).xml.iter(f"{AST}item"):
        if item.findtext(f"{AST}ServiceName") == service:
            return [child.text for child in item][1:4]
    raise AssertionError(service)


def post(wire: "Wire", body: str, kind: str = "application/json") -> tuple[int, dict[str, object]]:
    """Send a change to the control address."""
    connection = http.client.HTTPConnection(urlsplit(wire.sim.control_url).netloc, timeout=5)
    connection.request("POST", "/", body.encode(), {"Content-Type": kind})
    response = connection.getresponse()
    document = json.loads(response.read())
    connection.close()
    return response.status, document


def test_services_stop_start_and_lose_their_activation(start: "Start") -> None:
    wire, proxy = start(), "Cisco SIP Proxy"
    states = []
    for action in ("stop", "start", "deactivate", "activate"):
        wire.sim.change({action: {"node": NODE, "service": proxy}})
        states.append(row(wire, proxy))
    assert states == [
        ["Stopped", "-1069", "Commanded Out of Service"],
        ["Started", "-1", " "],
        ["Stopped", "-1068", "Service Not Activated"],
        ["Started", "-1", " "],
    ]
    assert row(wire, proxy, OTHER)[0] == "Started"


def test_a_stop_can_have_another_reason(start: "Start") -> None:
    wire = start()
    wire.sim.change({"stop": {"node": NODE, "service": "Cisco SIP Proxy", "reason": -1019}})
    assert row(wire, "Cisco SIP Proxy") == ["Stopped", "-1019", "Component is not running"]


def test_a_restart_moves_the_start_time(start: "Start") -> None:
    wire = start()
    wire.sim.change({"restart": {"node": NODE, "service": "Cisco XCP Router"}})
    for item in wire.control_center(NODE).xml.iter(f"{AST}item"):
        uptime = int(item.findtext(f"{AST}UpTime") or 0)
        assert (uptime < 60) == (
            item.findtext(f"{AST}ServiceName") in {"Cisco XCP Router", "Cisco XCP Message Archiver"}
            or uptime == -1
        )


def days_left(wire: "Wire", name: str) -> int:
    """Return the whole days of the certificate that a server presents, verified or not."""
    host, port = wire.place(name)
    pem = ssl.get_server_certificate((host, port))
    ends = x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc
    return (ends - datetime.now(UTC)).days


@pytest.mark.parametrize("name", [OTHER, CUCM, SECOND_CUCM])
def test_a_certificate_ends_when_it_is_told_to(start: "Start", name: str) -> None:
    table = "node" if name == OTHER else "cucm_node"
    wire = start(
        cluster={"name": "lab", "cucm_subscribers": [SECOND_CUCM]},
        **{table: [{"name": name, "certificate_days": 3}]},
    )
    assert days_left(wire, name) == 3
    assert days_left(wire, NODE) == 825
    wire.connect(name).close()
    wire.sim.change({"certificate": {"node": name, "days": -1}})
    assert days_left(wire, name) == -1
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        wire.connect(name)
    wire.sim.change({"certificate": {"node": name, "days": 90}})
    assert days_left(wire, name) == 90
    wire.connect(name).close()


def test_a_new_certificate_waits_behind_a_fault(start: "Start") -> None:
    wire = start(fault=[{"fault": "self-signed-certificate", "node": NODE}])
    wire.sim.change({"certificate": {"node": NODE, "days": 5}})
    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed"):
        wire.connect(NODE)
    wire.sim.change({"clear": {}})
    assert days_left(wire, NODE) == 5
    wire.connect(NODE).close()


def test_replication_breaks_and_recovers(start: "Start") -> None:
    wire, counters = start(), "Number of Replicates Created and State of Replication"
    for name in (NODE, CUCM):
        wire.sim.change({"replication": {"node": name, "state": 4}})
        assert wire.perfmon(name, counters).texts("Value")[1] == "4"
    assert wire.perfmon(OTHER, counters).texts("Value")[1] == "2"
    wire.sim.change({"replication": [{"node": NODE, "state": 2}, {"node": CUCM, "state": 2}]})
    assert wire.perfmon(NODE, counters).texts("Value")[1] == "2"


def test_the_cucm_publisher_alone_can_be_down(start: "Start") -> None:
    wire = start(cluster={"name": "lab", "cucm_subscribers": [SECOND_CUCM]})
    wire.sim.change({"fault": {"fault": "connection-refused", "node": CUCM}})
    with pytest.raises(ConnectionRefusedError):
        wire.connect(CUCM)
    assert wire.axl(SECOND_CUCM, "getCCMVersion").status == 200


def test_activation_reaches_axl_and_sql(start: "Start") -> None:
    wire = start()
    wire.sim.change({"deactivate": {"node": NODE, "service": "Cisco SIP Proxy"}})
    statement = (
        "select p.isactive from processnodeservice p join typeservice t on p.tkservice = t.enum "
        "where t.name = 'Cisco SIP Proxy' order by p.servername"
    )
    assert wire.sql(NODE, statement).texts("isactive") == ["f", "t"]
    search = f"<searchCriteria><processNodeName>{NODE}</processNodeName></searchCriteria>"
    rows = wire.axl(CUCM, "listProcessNodeService", search).child[0]
    active = {r.findtext("service"): r.findtext("isActive") for r in rows}
    assert active["Cisco SIP Proxy"] == "false"


def test_a_pair_fails_over_and_back_step_by_step(start: "Start") -> None:
    wire = start()
    states = []
    for step in ("failover", "failover", "fallback", "fallback", "fallback"):
        wire.sim.change({"ha": {"group": "Pair", "step": step}})
        states.append([wire.perfmon(n).texts("Value")[0] for n in (NODE, OTHER)])
    assert states == [["7", "5"], ["2", "4"], ["6", "10"], ["3", "3"], ["3", "3"]]


def test_an_idle_node_has_its_services_stopped(start: "Start") -> None:
    wire = start()
    wire.sim.change({"ha": {"group": "Pair", "states": ["idle", "backup"]}})
    assert row(wire, "Cisco Presence Engine") == ["Stopped", "-1069", "Commanded Out of Service"]
    assert row(wire, "Cisco XCP Router")[0] == "Started"
    assert row(wire, "Cisco Presence Engine", OTHER)[0] == "Started"
    assert wire.sql(NODE, "select tkhaserverstate from enterprisenode").texts(
        "tkhaserverstate"
    ) == ["2", "4"]
    wire.sim.change({"ha": [{"node": NODE, "state": "normal"}, {"node": OTHER, "state": 3}]})
    assert row(wire, "Cisco Presence Engine")[0] == "Started"


def test_rows_of_tables_are_changed_inserted_and_deleted(start: "Start") -> None:
    wire = start()
    table = {"table": "xmpps2snodes"}
    ask = "select pkid, cp_id from xmpps2snodes"
    wire.sim.change({"row": {**table, "set": {"pkid": "1", "cp_id": "cm-2.x"}}})
    assert wire.sql(NODE, ask).texts("cp_id") == ["cm-2.x"]
    wire.sim.change({"row": {**table, "where": {"pkid": "1"}, "set": {"cp_id": None}}})
    assert wire.sql(NODE, ask).texts("cp_id") == [None]
    wire.sim.change({"row": {**table, "where": {"pkid": "1"}}})
    assert wire.sql(NODE, ask).texts("cp_id") == []


def test_an_edited_table_no_longer_follows_the_cluster(start: "Start") -> None:
    wire = start()
    change = {"table": "enterprisenode", "where": {"name": NODE}, "set": {"tkhaserverstate": 12}}
    wire.sim.change({"row": change})
    wire.sim.change({"ha": {"group": "Pair", "states": [2, 4]}})
    statement = "select tkhaserverstate from enterprisenode order by id"
    assert wire.sql(NODE, statement).texts("tkhaserverstate") == ["12", "3"]


def test_the_control_address_accepts_changes_and_returns_the_state(start: "Start") -> None:
    wire = start()
    body = json.dumps({"fault": {"fault": "http-503", "node": NODE}})
    assert post(wire, body) == (200, {"changed": ["fault"]})
    assert wire.control_center(NODE).status == 503
    connection = http.client.HTTPConnection(urlsplit(wire.sim.control_url).netloc, timeout=5)
    connection.request("GET", "/")
    document = json.loads(connection.getresponse().read())
    connection.close()
    assert document["faults"] == [f"http-503 on {NODE}"]
    assert document["nodes"][NODE]["ha"] == "normal"
    assert document["requests"] == 1


def test_the_control_address_lists_its_changes(start: "Start") -> None:
    wire = start(external_database=[{"name": "archive", "used_by": ["compliance"]}])
    connection = http.client.HTTPConnection(urlsplit(wire.sim.control_url).netloc, timeout=5)
    connection.request("GET", "/")
    takes = json.loads(connection.getresponse().read())["takes"]
    connection.close()

    assert takes["changes"]["stop"] == ["node", "service", "reason"]
    assert takes["changes"]["play"] == ["group", "sequence", "step_s"]
    assert takes["node"] == [NODE, OTHER, CUCM, "*"]
    assert (takes["group"], takes["database"]) == (["Pair"], ["archive"])
    assert takes["interface"] == ["cucm-axl", "control-center", "perfmon", "imp-axl", "all"]
    assert {"hang", "rate-control", "other-node"} <= set(takes["fault"])
    assert {"failover", "node_dies"} <= set(takes["sequence"])
    assert takes["step"] == ["failover", "fallback"]
    assert {"idle", "failed_over_services_down"} <= set(takes["state"])
    assert "Cisco SIP Proxy" in takes["service"]


def test_all_mistakes_of_a_change_are_reported_with_suggestions(start: "Start") -> None:
    body = {"fault": {"fault": "hagn", "nod": NODE}, "strat": {}, "stop": {"node": NODE}}
    status, reply = post(start(), json.dumps(body))

    assert status == 400
    assert reply["error"] == (
        "stop 1: the key `service` is missing. "
        'fault "hagn": `fault` cannot be `hagn`; did you mean `hang`? '
        'fault "hagn": there is no key `nod`; did you mean `node`? '
        "there is no key `strat`; did you mean `start`?"
    )


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ('{"stop": {"node": "imp9", "service": "x"}}', "application/json", 400),
        ('{"strat": {}}', "application/json", 400),
        ("[]", "application/json", 400),
        ("{", "application/json", 400),
        ('{"clear": {}}', "text/plain", 415),
    ],
)
def test_the_control_address_reports_mistakes(
    start: "Start", body: str, kind: str, status: int
) -> None:
    got, reply = post(start(), body, kind)
    assert got == status
    assert reply["error"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stop": {"node": NODE, "service": "Cisco Tea"}}, "no service 'Cisco Tea'"),
        ({"ha": {"group": "Nowhere", "states": [3, 3]}}, "no group 'Nowhere'"),
        ({"ha": {"group": "Pair"}}, "states or step"),
        ({"ha": {"group": "Pair", "states": [3]}}, "2 nodes"),
        ({"row": {"table": "x; drop", "set": {"a": 1}}}, "no name"),
        ({"row": {"table": "nowhere", "set": {"a": 1}}}, "no such table"),
        ({"fault": {"fault": "rain"}}, "fault"),
    ],
)
def test_a_wrong_change_is_refused(start: "Start", change: dict[str, object], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        start().sim.change(change)
