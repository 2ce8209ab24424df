"""Every fault can be seen on the wire, only where it was laid, and only as long."""

import http.client
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from auditor.simulator import Fault, ScenarioError

if TYPE_CHECKING:
    from tests.simulator.conftest import Answer, Start, Wire

AST = "{http://schemas.cisco.com/ast/soap}"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
NODE, OTHER, CUCM = "imp1.lab.test", "imp2.lab.test", "cucm-pub.lab.test"
INTERFACES = ["control-center", "perfmon", "imp-axl", "cucm-axl"]
SEARCH = "<searchCriteria><name>%</name></searchCriteria>"


def ask(wire: "Wire", interface: str) -> "Answer":
    """Ask the interface the question that an audit asks first."""
    match interface:
        case "control-center":
            return wire.control_center(NODE)
        case "perfmon":
            return wire.perfmon(NODE)
        case "imp-axl":
            return wire.sql(NODE, "select count(*) from processnode")
    return wire.axl(CUCM, "listProcessNode", SEARCH)


def rows(answer: "Answer") -> list[etree._Element]:
    """Return the repeated elements of an answer, whichever interface it is from."""
    tags = {"item", "perfmonCollectCounterDataReturn", "row", "processNode"}
    return [e for e in answer.xml.iter() if etree.QName(e).localname in tags]


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (Fault.HTTP_401, 401, b"HTTP Status 401"),
        (Fault.HTTP_403, 403, b"HTTP Status 403"),
        (Fault.HTTP_404, 404, b"HTTP Status 404"),
        (Fault.HTTP_500, 500, b"HTTP Status 500"),
        (Fault.HTTP_503, 503, b"HTTP Status 503"),
        (Fault.REDIRECT, 302, b"<a href="),
        (Fault.LOGIN_PAGE, 200, b"j_security_check"),
        (Fault.UNSUPPORTED_VERSION, 599, b"Incorrect axl version"),
    ],
)
def test_faults_of_http_send_html(
    start: "Start", interface: str, fault: Fault, status: int, words: bytes
) -> None:
    answer = ask(start(fault=[{"fault": fault, "interface": interface}]), interface)
    assert answer.status == status
    assert words in answer.body
    assert answer.headers["content-type"].startswith("text/html")


def test_a_redirect_names_a_target_and_a_401_its_scheme(start: "Start") -> None:
    wire = start(
        fault=[
            {"fault": "redirect", "interface": "perfmon"},
            {"fault": "http-401", "interface": "control-center"},
        ]
    )
    assert wire.perfmon(NODE).headers["location"].startswith("https://")
    assert "Basic" in wire.control_center(NODE).headers["www-authenticate"]


@pytest.mark.parametrize("interface", INTERFACES)
def test_rate_control_is_the_documented_fault(start: "Start", interface: str) -> None:
    answer = ask(start(fault=[{"fault": "rate-control"}]), interface)
    assert answer.status == 500
    (code,), (text,) = answer.texts("faultcode"), answer.texts("faultstring")
    assert text is not None
    assert "Exceeded allowed rate" in text
    if interface == "perfmon":
        assert "Perfmon information" in text
    else:
        assert code == "ns1:Server.RateControl"
        assert "Reatime" in text


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_soap_fault_has_the_text_of_the_scenario(start: "Start", interface: str) -> None:
    answer = ask(start(fault=[{"fault": "soap-fault", "text": "no < way"}]), interface)
    assert answer.texts("faultstring") == ["no < way"]


@pytest.mark.parametrize("interface", ["cucm-axl", "imp-axl"])
@pytest.mark.parametrize(
    ("code", "words"),
    [(-908, "Attempt to connect to database server"), (-1, "Maximum AXL Memory Allocation")],
)
def test_a_database_fault_has_axls_code_and_words(
    start: "Start", interface: str, code: int, words: str
) -> None:
    answer = ask(start(fault=[{"fault": "database-fault", "code": code}]), interface)
    assert answer.texts("axlcode") == [str(code)]
    assert words in str(answer.texts("axlmessage")[0])
    assert answer.texts("axlmessage") == answer.texts("faultstring")


def test_a_union_is_answered_unless_it_is_refused(start: "Start") -> None:
    """Informix names the columns after the first SELECT."""
    parts = ["select 1 as part, cast('x' as lvarchar) as v0 from systables where tabid = 1"] * 2
    union = " union all ".join([parts[0], parts[1].replace("1 as part", "2")])
    wire = start()
    answer = wire.sql(NODE, union)
    assert (answer.texts("part"), answer.texts("v0")) == (["1", "2"], ["x", "x"])
    wire.sim.change({"fault": {"fault": "union-refused"}})
    refused = wire.sql(NODE, union)
    assert (refused.status, refused.texts("axlcode")) == (500, ["-308"])
    assert wire.sql(NODE, parts[0]).texts("v0") == ["x"]


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("fault", ["lost", "connection-refused"])
def test_a_lost_connection_sends_no_byte(start: "Start", interface: str, fault: str) -> None:
    wire = start(fault=[{"fault": fault, "interface": interface}])
    with pytest.raises((ConnectionError, ssl.SSLError)):
        ask(wire, interface)


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_reset_comes_in_the_middle(start: "Start", interface: str) -> None:
    wire = start(fault=[{"fault": "reset", "interface": interface}])
    with pytest.raises((ConnectionError, http.client.IncompleteRead, ssl.SSLError)):
        ask(wire, interface)
    assert wire.sim.requests[-1].fault == "reset"


@pytest.mark.parametrize("fault", ["lost", "reset"])
def test_a_reset_is_a_tcp_reset(start: "Start", fault: str) -> None:
    wire = start(fault=[{"fault": fault}])
    body = (
        f'<e:Envelope xmlns:e="{SOAP[1:-1]}"><e:Body><n:getProductInformationList '
        f'xmlns:n="{AST[1:-1]}"/></e:Body></e:Envelope>'
    )
    path = "/controlcenterservice2/services/ControlCenterServices"
    came, reset = wire.ending(NODE, path, body)
    assert reset
    if fault == "lost":
        assert came == b""
    assert b"</soapenv:Envelope>" not in came


def test_a_hang_sends_nothing(start: "Start") -> None:
    wire = start(fault=[{"fault": "hang", "interface": "perfmon"}])
    wire.timeout_s = 0.2
    with pytest.raises(TimeoutError):
        wire.perfmon(NODE)
    assert wire.control_center(NODE).status == 200


def test_a_slow_drip_starts_well_and_does_not_end(start: "Start") -> None:
    wire = start(fault=[{"fault": "slow-drip", "interval_s": 0.01}])
    with wire.connect(NODE) as line:
        body = (
            f'<e:Envelope xmlns:e="{SOAP[1:-1]}"><e:Body><n:getProductInformationList '
            f'xmlns:n="{AST[1:-1]}"/></e:Body></e:Envelope>'
        )
        connection = http.client.HTTPConnection(NODE)
        connection.sock = line
        path = "/controlcenterservice2/services/ControlCenterServices"
        connection.request("POST", path, body.encode(), wire.headers())
        response = connection.getresponse()
        first = b"".join(response.read(1) for _ in range(5))
        assert first == b"<?xml"
        assert int(response.headers["content-length"]) > 1000
        assert wire.sim.requests[-1].ended is None
        connection.close()


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_cut_reply_ends_after_a_whole_row_without_a_length(
    start: "Start", interface: str
) -> None:
    wire = start(fault=[{"fault": "cut", "interface": interface}])
    answer = ask(wire, interface)
    assert answer.status == 200
    assert "content-length" not in answer.headers
    assert "transfer-encoding" not in answer.headers
    assert answer.body.rstrip().endswith(
        (b"</ns1:item>", b"</ns1:perfmonCollectCounterDataReturn>", b"</row>", b"</processNode>")
    )
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(answer.body)


def test_a_cut_reply_has_lost_rows(start: "Start") -> None:
    wire = start()
    whole = wire.control_center(NODE).body.count(b"</ns1:item>")
    wire.sim.change({"fault": {"fault": "cut"}})
    assert wire.control_center(NODE).body.count(b"</ns1:item>") in range(1, whole)


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_huge_reply_starts_well_and_has_the_size(start: "Start", interface: str) -> None:
    wire = start(fault=[{"fault": "huge-reply", "interface": interface, "megabytes": 3}])
    answer = ask(wire, interface)
    assert len(answer.body) > 3_000_000
    assert answer.body.startswith(b"<?xml")


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize(("fault", "entities"), [("dtd-entity", 1), ("entity-bomb", 10)])
def test_a_document_type_carries_entities(
    start: "Start", interface: str, fault: str, entities: int
) -> None:
    answer = ask(start(fault=[{"fault": fault}]), interface)
    assert answer.body.count(b"<!ENTITY") == entities
    declared, _, content = answer.body.partition(b"]>")
    used = b"&e9;" if fault == "entity-bomb" else b"&e0;"
    assert used in content
    assert declared.startswith(b"<?xml")


@pytest.mark.parametrize("interface", INTERFACES)
def test_an_envelope_can_lack_its_body(start: "Start", interface: str) -> None:
    answer = ask(start(fault=[{"fault": "no-body"}]), interface)
    assert list(answer.xml) == []


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_body_can_answer_another_operation(start: "Start", interface: str) -> None:
    wire = start()
    right = ask(wire, interface).child.tag
    wire.sim.change({"fault": {"fault": "other-operation"}})
    wrong = ask(wire, interface).child.tag
    assert wrong != right
    assert etree.QName(wrong).namespace == etree.QName(right).namespace


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("fault", ["doubled-list", "doubled-body"])
def test_lists_and_bodies_can_be_repeated(start: "Start", interface: str, fault: str) -> None:
    wire = start()
    once = len(rows(ask(wire, interface)))
    wire.sim.change({"fault": {"fault": fault}})
    answer = ask(wire, interface)
    assert len(rows(answer)) == 2 * once
    assert len(answer.xml.findall(f"{SOAP}Body")) == (2 if fault == "doubled-body" else 1)


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_list_can_be_empty(start: "Start", interface: str) -> None:
    assert rows(ask(start(fault=[{"fault": "empty-list"}]), interface)) == []


def test_a_row_can_be_missing(start: "Start") -> None:
    wire = start(fault=[{"fault": "missing-row", "row": "cisco sip proxy"}])
    names = wire.control_center(NODE).texts("ServiceName")
    assert "Cisco SIP Proxy" not in names
    assert len(names) > 45


@pytest.mark.parametrize("interface", INTERFACES)
def test_rows_can_contradict_each_other(start: "Start", interface: str) -> None:
    wire = start()
    once = len(rows(ask(wire, interface)))
    wire.sim.change({"fault": {"fault": "contradicting-rows"}})
    elements = rows(ask(wire, interface))
    assert len(elements) == 2 * once
    assert [e.text for e in elements[0].iter()] != [e.text for e in elements[1].iter()]


def test_a_status_can_lie_outside_the_enumeration(start: "Start") -> None:
    wire = start(
        fault=[
            {
                "fault": "odd-status",
                "interface": "control-center",
                "row": "Cisco SIP Proxy",
                "text": "Running",
            }
        ]
    )
    assert wire.control_center(NODE).texts("ServiceStatus").count("Running") == 1


@pytest.mark.parametrize("interface", ["perfmon", "imp-axl", "cucm-axl"])
def test_odd_values_affect_the_other_interfaces_too(start: "Start", interface: str) -> None:
    answer = ask(start(fault=[{"fault": "odd-status"}]), interface)
    assert b"Indeterminate" in answer.body


@pytest.mark.parametrize("interface", INTERFACES)
def test_rows_can_lack_their_values(start: "Start", interface: str) -> None:
    value = {"control-center": "ServiceStatus", "perfmon": "Value", "cucm-axl": "nodeUsage"}
    answer = ask(start(fault=[{"fault": "missing-value"}]), interface)
    assert rows(answer)
    assert not answer.texts(value.get(interface, "count"))


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        ({"fault": "missing-value"}, None),
        ({"fault": "nil-values"}, ""),
        ({"fault": "odd-status", "text": "Voice Gateway"}, "Voice Gateway"),
    ],
)
def test_one_node_of_the_list_can_have_no_role_or_an_odd_one(
    start: "Start", fault: dict[str, str], shown: str | None
) -> None:
    wire = start(fault=[{**fault, "row": OTHER, "element": "processNodeRole"}])
    listed = wire.axl(CUCM, "listProcessNode", SEARCH).child.findall("return/processNode")
    roles = {row.findtext("name"): row.findtext("processNodeRole") for row in listed}
    assert roles[NODE] == "CUCM IM and Presence"
    assert roles[OTHER] == shown
    assert {row.findtext("nodeUsage") for row in listed} == {"Publisher", "Subscriber"}


def test_a_fault_can_be_that_of_one_perfmon_object(start: "Start") -> None:
    replication = "Number of Replicates Created and State of Replication"
    wire = start(fault=[{"fault": "http-500", "interface": "perfmon", "object": replication}])
    assert wire.perfmon(NODE).status == 200
    assert wire.perfmon(NODE, replication).status == 500
    assert [request.object for request in wire.sim.requests][-1] == replication


def test_one_service_can_lack_its_status(start: "Start") -> None:
    fault = {"fault": "missing-value", "row": "Cisco SIP Proxy", "node": NODE}
    answer = start(fault=[fault]).control_center(NODE)
    names, states = answer.texts("ServiceName"), answer.texts("ServiceStatus")
    assert "Cisco SIP Proxy" in names
    assert len(states) == len(names) - 1


@pytest.mark.parametrize("interface", INTERFACES)
def test_text_can_be_padded(start: "Start", interface: str) -> None:
    answer = ask(start(fault=[{"fault": "padded-text"}]), interface)
    leaves = [e for row in rows(answer) for e in row.iter() if not len(e)]
    assert all((e.text or "").startswith("\n ") for e in leaves)
    if interface == "control-center":
        assert "\n    Cisco  SIP  Proxy\n  " in answer.texts("ServiceName")


@pytest.mark.parametrize("interface", INTERFACES)
def test_values_can_be_nil(start: "Start", interface: str) -> None:
    answer = ask(start(fault=[{"fault": "nil-values"}]), interface)
    assert [e for e in answer.xml.iter() if e.get(NIL) == "true" and e.text is None]


@pytest.mark.parametrize("interface", ["control-center", "perfmon", "imp-axl"])
def test_numbers_can_be_none(start: "Start", interface: str) -> None:
    answer = ask(start(fault=[{"fault": "odd-number"}]), interface)
    leaves = [e.text for row in rows(answer) for e in row.iter() if not len(e)]
    assert "n/a" in leaves
    assert not [text for text in leaves if (text or "").lstrip("-").isdigit()]


def test_services_can_be_starting_in_the_first_replies(start: "Start") -> None:
    wire = start(fault=[{"fault": "starting", "row": "Cisco SIP Proxy", "times": 2, "node": NODE}])
    looks = [wire.control_center(NODE).texts("ServiceStatus").count("Starting") for _ in range(3)]
    assert looks == [1, 1, 0]
    assert "Starting" not in wire.control_center(OTHER).texts("ServiceStatus")


def test_stopping_affects_every_service_unless_one_is_named(start: "Start") -> None:
    wire = start(fault=[{"fault": "stopping", "interface": "control-center"}])
    assert set(wire.control_center(NODE).texts("ServiceStatus")) == {"Stopping"}


def test_another_node_can_answer(start: "Start") -> None:
    wire = start()
    right = wire.control_center(OTHER).texts("StartTime")
    wire.sim.change({"fault": {"fault": "other-node", "node": NODE}})
    assert wire.control_center(NODE).texts("StartTime") == right
    assert (wire.perfmon(NODE).texts("Name")[0] or "").startswith(rf"\\{OTHER}\\"[:-1])


def test_a_fault_can_skip_the_first_requests(start: "Start") -> None:
    wire = start(fault=[{"fault": "http-503", "after": 1, "times": 1}])
    assert [wire.control_center(NODE).status for _ in range(3)] == [200, 503, 200]


def test_a_fault_can_be_limited_to_one_operation(start: "Start") -> None:
    wire = start(fault=[{"fault": "http-500", "operation": "getProductInformationList"}])
    assert wire.control_center(NODE).status == 200
    assert wire.control_center(NODE, "getProductInformationList").status == 500


def test_a_refused_request_does_not_count_as_a_reading(start: "Start") -> None:
    wire = start(fault=[{"fault": "empty-list", "interface": "cucm-axl", "times": 1}])
    assert wire.axl(CUCM, "listProcessNode", SEARCH, "15.0").status == 599
    assert rows(wire.axl(CUCM, "listProcessNode", SEARCH)) == []
    assert rows(wire.axl(CUCM, "listProcessNode", SEARCH)) != []


@pytest.mark.parametrize("fault", ["starting", "stopping", "other-node"])
def test_a_fault_that_an_interface_cannot_show_is_a_mistake(start: "Start", fault: str) -> None:
    with pytest.raises(ScenarioError, match="cannot be shown on imp-axl"):
        start(fault=[{"fault": fault, "interface": "imp-axl"}])


def test_refused_connections_can_be_undone(start: "Start") -> None:
    wire = start(fault=[{"fault": "connection-refused", "node": NODE}])
    place = wire.place(NODE)
    with pytest.raises(ConnectionRefusedError):
        wire.connect(NODE)
    assert wire.control_center(OTHER).status == 200
    wire.sim.change({"clear": {"node": NODE, "fault": "connection-refused"}})
    assert wire.control_center(NODE).status == 200
    assert wire.place(NODE) == place


def test_refusing_connections_closes_the_open_ones(start: "Start") -> None:
    wire = start()
    with wire.connect(NODE) as line:
        wire.sim.change({"fault": {"fault": "connection-refused", "node": NODE}})
        assert line.recv(1) == b""


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("expired-certificate", "expired"),
        ("wrong-certificate", "Hostname mismatch"),
        ("self-signed-certificate", "self-signed"),
    ],
)
def test_certificates_can_be_wrong_and_right_again(start: "Start", fault: str, words: str) -> None:
    wire = start()
    assert wire.control_center(NODE).status == 200
    wire.sim.change({"fault": {"fault": fault, "node": NODE}})
    with pytest.raises(ssl.SSLCertVerificationError, match=words):
        wire.connect(NODE)
    wire.sim.change({"clear": {}})
    assert wire.control_center(NODE).status == 200


def test_a_wrong_certificate_is_that_of_the_node_it_names(start: "Start") -> None:
    wire = start(fault=[{"fault": "wrong-certificate", "node": CUCM, "of": OTHER}])
    with wire.connect(CUCM, server_hostname=OTHER) as line:
        assert line.version()


def test_servers_are_named_not_addressed(start: "Start") -> None:
    wire = start()
    with pytest.raises(ssl.SSLCertVerificationError):
        wire.connect(NODE, server_hostname="127.0.0.1")


def test_a_fault_on_a_node_that_is_not_there_is_a_mistake(start: "Start") -> None:
    with pytest.raises(ScenarioError, match="imp9"):
        start(fault=[{"fault": "hang", "node": "imp9"}])
    with pytest.raises(ScenarioError, match="imp9"):
        start().sim.change({"fault": {"fault": "wrong-certificate", "of": "imp9"}})


def test_the_only_node_can_show_the_certificate_of_the_cucm(start: "Start") -> None:
    group = {"name": "Alone", "nodes": [NODE]}
    wire = start(group=[group], fault=[{"fault": "wrong-certificate", "node": NODE}])
    with wire.connect(NODE, server_hostname=CUCM) as line:
        assert line.version()


def test_every_fault_has_a_test_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    missing = [f for f in Fault if f'"{f}"' not in text and f"Fault.{f.name}" not in text]
    assert missing == []


def test_a_simulator_closes_while_a_request_waits(start: "Start") -> None:
    wire = start(fault=[{"fault": "hang"}])
    with wire.connect(NODE) as line:
        line.sendall(b"POST /axl/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        wire.sim.close()
        line.settimeout(2)
        assert line.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(wire.place(NODE), timeout=1)
