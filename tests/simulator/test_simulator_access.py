"""Who may ask, how sessions work, and what the log keeps of every request."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulator.conftest import Start, Wire

NODE, CUCM = "imp1.lab.test", "cucm-pub.lab.test"
CONTROL_CENTER = "/controlcenterservice2/services/ControlCenterServices"
STATUS = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<n:soapGetServiceStatus xmlns:n="http://schemas.cisco.com/ast/soap"><n:ServiceStatus/>'
    "</n:soapGetServiceStatus></e:Body></e:Envelope>"
)


def cookie(wire: "Wire") -> str:
    """Ask once and return the session that comes back, as a request sends it."""
    return wire.control_center(NODE).headers["set-cookie"].partition(";")[0]


def test_a_request_without_credentials_is_refused(start: "Start") -> None:
    wire = start()
    answer = wire.post(NODE, CONTROL_CENTER, STATUS, {})
    assert answer.status == 401
    assert "set-cookie" not in answer.headers
    wrong = wire.post(NODE, CONTROL_CENTER, STATUS, {"Authorization": "Basic eDp5"})
    assert wrong.status == 401


def test_a_session_replaces_the_credentials_on_its_own_node(start: "Start") -> None:
    wire = start()
    session = cookie(wire)
    assert session.startswith("JSESSIONIDSSO=")
    assert wire.post(NODE, CONTROL_CENTER, STATUS, {"Cookie": session}).status == 200
    assert wire.post("imp2.lab.test", CONTROL_CENTER, STATUS, {"Cookie": session}).status == 401


def test_a_session_with_credentials_is_kept(start: "Start") -> None:
    wire = start()
    session = cookie(wire)
    answer = wire.post(NODE, CONTROL_CENTER, STATUS, {**wire.headers(), "Cookie": session})
    assert answer.status == 200
    assert "set-cookie" not in answer.headers


def test_wrong_credentials_are_refused_even_with_a_session(start: "Start") -> None:
    wire = start()
    headers = {"Authorization": "Basic eDp5", "Cookie": cookie(wire)}
    assert wire.post(NODE, CONTROL_CENTER, STATUS, headers).status == 401


def test_an_account_can_lack_a_role(start: "Start") -> None:
    wire = start(cluster={"name": "lab", "lacks": ["axl"]})
    assert wire.axl(CUCM, "getCCMVersion").status == 403
    assert wire.sql(NODE, "select name from processnode").status == 403
    assert wire.control_center(NODE).status == 200


def test_what_is_no_soap_request_is_a_fault_and_other_paths_do_not_exist(start: "Start") -> None:
    wire = start()
    assert wire.post(NODE, CONTROL_CENTER, "<nothing/>", wire.headers()).status == 500
    assert wire.post(NODE, "/elsewhere", STATUS, wire.headers()).status == 404
    assert wire.post(CUCM, CONTROL_CENTER, STATUS, wire.headers()).status == 404
    assert wire.post(NODE, "/axl/", "", wire.headers(), method="GET").status == 405


def test_the_log_holds_every_request(start: "Start") -> None:
    wire = start()
    wire.sql(NODE, "select name from processnode")
    (entry,) = wire.sim.requests
    assert (entry.node, entry.interface, entry.operation) == (NODE, "imp-axl", "executeSQLQuery")
    assert entry.statement == "select name from processnode"
    assert entry.soap_action == '"CUCM:DB ver=14.0 executeSQLQuery"'
    assert (entry.authorization, entry.cookie, entry.writes) == (True, False, False)
    assert entry.status == 200
    assert entry.ended is not None
    assert entry.ended >= entry.started


def test_the_log_distinguishes_connections(start: "Start") -> None:
    wire = start()
    wire.control_center(NODE)
    wire.control_center(NODE)
    assert [entry.connection for entry in wire.sim.requests] == [0, 1]


def test_writing_operations_are_refused_and_logged(start: "Start") -> None:
    wire = start()
    before = wire.control_center(NODE).texts("ServiceStatus")
    body = STATUS.replace("soapGetServiceStatus", "soapDoControlServices")
    assert wire.post(NODE, CONTROL_CENTER, body, wire.headers()).status == 500
    assert wire.axl(CUCM, "executeSQLUpdate", "<sql>delete from x</sql>").status == 500
    for statement in ("delete from processnode", "select name from processnode; drop table x"):
        assert wire.sql(NODE, statement).status == 500
    assert [entry.writes for entry in wire.sim.requests] == [False, True, True, True, True]
    assert wire.control_center(NODE).texts("ServiceStatus") == before
    assert wire.sql(NODE, "select count(*) from processnode").texts("count") == ["4"]


def test_a_delay_passes_before_every_answer(start: "Start") -> None:
    wire = start(delay_s=0.05)
    wire.control_center(NODE)
    (entry,) = wire.sim.requests
    assert entry.ended is not None
    assert entry.ended - entry.started >= 0.05


def test_each_node_can_have_an_address_of_its_own(start: "Start") -> None:
    wire = start(address_per_node=True)
    assert wire.sim.nodes == {NODE: ("127.0.1.1", 8443), "imp2.lab.test": ("127.0.1.2", 8443)}
    assert wire.sim.cucm == ("127.0.1.3", 8443)
    assert wire.control_center("imp2.lab.test").status == 200
