"""What the servers say looks as Cisco publishes it."""

from typing import TYPE_CHECKING

import pytest
from lxml import etree

if TYPE_CHECKING:
    from tests.simulator.conftest import Start, Wire

AST = "{http://schemas.cisco.com/ast/soap}"
NODE, CUCM = "imp1.lab.test", "cucm-pub.lab.test"


def names(element: etree._Element) -> list[str]:
    return [str(child.tag) for child in element]


def plain(element: etree._Element, text: str) -> str | None:
    return element.findtext(f"{AST}{text}")


def test_service_status_has_the_published_elements_in_their_order(healthy: "Wire") -> None:
    outer = healthy.control_center(NODE).child
    assert outer.tag == f"{AST}soapGetServiceStatusResponse"
    (inner,) = outer
    assert names(inner) == [
        f"{AST}{name}" for name in ("ReturnCode", "ReasonCode", "ReasonString", "ServiceInfoList")
    ]
    row = inner[3][0]
    assert names(row) == [
        f"{AST}{name}"
        for name in (
            "ServiceName",
            "ServiceStatus",
            "ReasonCode",
            "ReasonCodeString",
            "StartTime",
            "UpTime",
        )
    ]


def test_one_empty_name_asks_for_every_service(healthy: "Wire") -> None:
    names = healthy.control_center(NODE).texts("ServiceName")
    assert len(names) == len(set(names)) > 45
    assert {"Cisco AXL Web Service", "Cisco Sync Agent", "Cisco XCP Router"} <= set(names)


def test_named_services_are_answered_one_by_one_and_unknown_ones_say_so(healthy: "Wire") -> None:
    names_xml = "".join(
        f"<n:ServiceStatus>{n}</n:ServiceStatus>" for n in ("Cisco SIP Proxy", "Nil")
    )
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        '<n:soapGetServiceStatus xmlns:n="http://schemas.cisco.com/ast/soap">'
        f"{names_xml}</n:soapGetServiceStatus></e:Body></e:Envelope>"
    )
    path = "/controlcenterservice2/services/ControlCenterServices"
    answer = healthy.post(NODE, path, body)
    assert answer.texts("ServiceName") == ["Cisco SIP Proxy", "Nil"]
    assert answer.texts("ReasonCode") == ["-1", "-1", "-1010"]


def test_a_service_not_activated_is_stopped_with_its_reason_and_no_uptime(start: "Start") -> None:
    rows = start().control_center("imp2.lab.test").xml.iter(f"{AST}item")
    (row,) = [r for r in rows if plain(r, "ServiceName") == "Cisco XCP Message Archiver"]
    assert [child.text for child in row][1:] == [
        "Stopped",
        "-1068",
        "Service Not Activated",
        None,
        "-1",
    ]


def test_product_list_has_the_published_elements(healthy: "Wire") -> None:
    (inner,) = healthy.control_center(NODE, "getProductInformationList").child
    assert names(inner) == [
        f"{AST}{name}"
        for name in (
            "ActiveServerVersion",
            "PrimaryNode",
            "SecondaryNode",
            "Products",
            "Services",
        )
    ]
    assert names(inner[3][0]) == [
        f"{AST}{name}"
        for name in (
            "ProductName",
            "ProductVersion",
            "ProductDescription",
            "ProductID",
            "ShortName",
        )
    ]
    assert names(inner[4][0]) == [
        f"{AST}{name}"
        for name in (
            "ServiceName",
            "ServiceType",
            "Deployable",
            "GroupName",
            "ProductID",
            "DependentServices",
        )
    ]
    assert plain(inner, "ActiveServerVersion") == "14.0.1.13900-8.x86_64"


def test_static_list_marks_deployable_services(healthy: "Wire") -> None:
    answer = healthy.control_center(NODE, "soapGetStaticServiceList")
    deployable = {
        plain(row, "ServiceName"): plain(row, "Deployable") for row in answer.xml.iter(f"{AST}item")
    }
    assert deployable["Cisco SIP Proxy"] == "true"
    assert deployable["Cisco Sync Agent"] == "false"
    assert sum(value == "true" for value in deployable.values()) == 14


def test_a_scenario_can_corrupt_the_axl_row_as_a_real_node_did(healthy: "Wire") -> None:
    answer = healthy.control_center("imp3.lab.test", "getProductInformationList")
    names = answer.texts("ServiceName")
    assert "yes" in names
    assert "Cisco AXL Web Service" not in names
    assert "315106" in answer.texts("ProductID")


def test_old_releases_lack_what_came_later(start: "Start") -> None:
    wire = start(cluster={"name": "lab", "release": "10.5.2.22900-2"})
    names = wire.control_center(NODE).texts("ServiceName")
    assert "Cisco XCP File Transfer Manager" not in names
    assert "SOAP -Real-Time Service APIs" in names


def test_perfmon_returns_the_ha_state_under_the_requested_name(healthy: "Wire") -> None:
    answer = healthy.perfmon(NODE)
    assert answer.child.tag == f"{AST}perfmonCollectCounterDataResponse"
    (row,) = answer.child
    assert [child.tag for child in row] == [f"{AST}Name", f"{AST}Value", f"{AST}CStatus"]
    assert [child.text for child in row] == [
        r"\\imp1.lab.test\Cisco Server Recovery Manager\SRMState",
        "3",
        "1",
    ]


def test_perfmon_has_no_ha_state_before_release_12_5(start: "Start") -> None:
    answer = start(cluster={"name": "lab", "release": "11.5.1.10000-4"}).perfmon(NODE)
    assert answer.status == 500
    assert answer.child.tag == "{http://schemas.xmlsoap.org/soap/envelope/}Fault"


REPLICATION = "Number of Replicates Created and State of Replication"


@pytest.mark.parametrize("name", [NODE, CUCM])
def test_perfmon_returns_the_replication_of_each_node_under_its_instance(
    start: "Start", name: str
) -> None:
    wire = start(
        node=[{"name": NODE, "replication": 3}], cucm_node=[{"name": CUCM, "replication": 3}]
    )
    answer = wire.perfmon(name, REPLICATION)
    prefix = rf"\\{name}\{REPLICATION}(ReplicateCount)"
    assert answer.texts("Name") == [
        rf"{prefix}\Number of Replicates Created",
        rf"{prefix}\Replicate_State",
    ]
    assert answer.texts("Value") == ["712", "3"]
    assert wire.perfmon("imp2.lab.test", REPLICATION).texts("Value") == ["712", "2"]


def test_the_database_shows_the_replication_that_is_not_good(start: "Start") -> None:
    wire = start(node=[{"name": "imp2.lab.test", "replication": 4}])
    column = "select replicationdynamic from replicationdynamic"
    assert wire.sql(NODE, column).texts("replicationdynamic") == ["4"]
    assert wire.sql(CUCM, column).texts("replicationdynamic") == ["2"]


def test_a_cucm_node_has_no_presence_counters_and_no_control_center(healthy: "Wire") -> None:
    assert healthy.perfmon(CUCM).status == 500
    assert healthy.control_center(CUCM).status == 404


def test_perfmon_counts_sessions(healthy: "Wire") -> None:
    assert healthy.perfmon(NODE, "Cisco Presence Engine").texts("Value") == ["120"]


def test_axl_qualifies_the_response_element_only(healthy: "Wire") -> None:
    answer = healthy.axl(CUCM, "getCCMVersion")
    space = "{http://www.cisco.com/AXL/API/14.0}"
    assert answer.child.tag == f"{space}getCCMVersionResponse"
    assert answer.child.get("sequence") == "7"
    assert answer.child.findtext("return/componentVersion/version") == "14.0.1.13900(8)"


def test_each_node_has_its_own_whole_version_and_the_cucm_another(start: "Start") -> None:
    wire = start(
        cluster={"name": "lab", "release": "14.0.1.13900-8", "cucm_release": "14.0.1.14900-69"},
        node=[{"name": "imp2.lab.test", "release": "14.0.1.14900-11"}],
    )
    versions = [
        wire.control_center(name, "getProductInformationList").texts("ActiveServerVersion")
        for name in (NODE, "imp2.lab.test")
    ]
    assert versions == [["14.0.1.13900-8.x86_64"], ["14.0.1.14900-11.x86_64"]]
    assert wire.axl(CUCM, "getCCMVersion").texts("version") == ["14.0.1.14900(69)"]


def test_each_server_accepts_the_axl_versions_of_its_own_release(start: "Start") -> None:
    wire = start(cluster={"name": "lab", "release": "14.0.1.13900-8", "cucm_release": "15.0.1"})
    assert wire.axl(CUCM, "getCCMVersion", version="15.0").status == 200
    count = "<sql>select count(*) from processnode</sql>"
    assert wire.axl(NODE, "executeSQLQuery", count, "15.0").status == 599
    assert wire.axl(NODE, "executeSQLQuery", count, "14.0").status == 200


def test_the_version_of_a_named_node_is_that_of_a_cucm_node(healthy: "Wire") -> None:
    named = healthy.axl(CUCM, "getCCMVersion", f"<processNodeName>{CUCM}</processNodeName>")
    assert named.texts("version") == ["14.0.1.13900(8)"]
    refused = healthy.axl(CUCM, "getCCMVersion", "<processNodeName>other</processNodeName>")
    assert refused.texts("axlcode") == ["5007"]


SEARCH = "<searchCriteria><name>%</name></searchCriteria>"


def test_process_nodes_come_with_roles_and_the_row_of_the_system(healthy: "Wire") -> None:
    tags = "<returnedTags><name/><nodeUsage/><processNodeRole/></returnedTags>"
    rows = healthy.axl(CUCM, "listProcessNode", SEARCH + tags).child.findall("return/processNode")
    entries = [tuple(r.findtext(t) for t in ("name", "nodeUsage", "processNodeRole")) for r in rows]
    assert entries[:4] == [
        ("EnterpriseWideData", "Publisher", "CUCM Voice/Video"),
        (CUCM, "Publisher", "CUCM Voice/Video"),
        (NODE, "Publisher", "CUCM IM and Presence"),
        ("imp2.lab.test", "Subscriber", "CUCM IM and Presence"),
    ]
    assert len(entries) == 6
    assert all(r.get("uuid", "").startswith("{") for r in rows)


def test_every_cucm_node_answers_with_the_whole_list(start: "Start") -> None:
    second = "cucm-sub.lab.test"
    wire = start(cluster={"name": "lab", "cucm_subscribers": [second]})
    answers = [wire.axl(name, "listProcessNode", SEARCH) for name in (CUCM, second)]
    listed = [
        (row.findtext("name"), row.findtext("nodeUsage"))
        for row in answers[0].child.findall("return/processNode")
        if row.findtext("processNodeRole") == "CUCM Voice/Video"
    ]
    assert listed == [
        ("EnterpriseWideData", "Publisher"),
        (CUCM, "Publisher"),
        (second, "Subscriber"),
    ]
    assert answers[0].body == answers[1].body
    count = "select count(*) from processnode where systemnode='f' and tknodeusage=0"
    assert wire.sql(second, count).texts("count") == ["2"]


def test_elements_come_out_of_order_where_the_scenario_says_so(
    healthy: "Wire", start: "Start"
) -> None:
    order = ["name", "nodeUsage", "processNodeRole"]
    tags = "<returnedTags><name/><nodeUsage/><processNodeRole/></returnedTags>"
    astray = healthy.axl(CUCM, "listProcessNode", SEARCH + tags).child.find("return/processNode")
    right = start().axl(CUCM, "listProcessNode", SEARCH + tags).child.find("return/processNode")
    assert astray is not None
    assert right is not None
    assert names(right) == order
    assert names(astray) == order[::-1]


def test_lists_are_filtered_and_paged(healthy: "Wire") -> None:
    search = (
        "<searchCriteria><name>imp%</name></searchCriteria><returnedTags><name/></returnedTags>"
    )
    answer = healthy.axl(CUCM, "listProcessNode", f"{search}<skip>1</skip><first>2</first>")
    assert answer.texts("name") == ["imp2.lab.test", "imp3.lab.test"]


def test_groups_name_both_servers_with_their_uuid(healthy: "Wire") -> None:
    (first, second) = healthy.axl(CUCM, "listPresenceRedundancyGroup", SEARCH).child[0]
    assert first.findtext("server1") == NODE
    assert first.findtext("haEnabled") == "true"
    server = second.find("server2")
    assert server is not None
    assert server.get("uuid")


def test_process_node_services_show_what_is_active(start: "Start") -> None:
    search = "<searchCriteria><processNodeName>imp2%</processNodeName></searchCriteria>"
    rows = start().axl(CUCM, "listProcessNodeService", search).child[0]
    active = {row.findtext("service"): row.findtext("isActive") for row in rows}
    assert active["Cisco SIP Proxy"] == "true"
    assert active["Cisco XCP Message Archiver"] == "false"
    assert "Cisco Certificate Change Notification Service" in active


def test_a_cucm_before_10_has_neither_groups_nor_presence_nodes(start: "Start") -> None:
    wire = start(cluster={"name": "lab", "release": "9.1.1.10000-8"})
    rows = wire.axl(CUCM, "listProcessNode", SEARCH, "9.1").texts("name")
    assert rows == ["EnterpriseWideData", CUCM]
    refused = wire.axl(CUCM, "listPresenceRedundancyGroup", SEARCH, "9.1")
    assert refused.status == 500


def test_other_axl_versions_get_http_599_with_those_supported(healthy: "Wire") -> None:
    answer = healthy.axl(CUCM, "getCCMVersion", version="15.0")
    assert answer.status == 599
    assert b"Incorrect axl version. Supported axl versions: 14.0,12.5,12.0" in answer.body


def test_a_node_accepts_the_axl_version_of_intercluster_sync(healthy: "Wire") -> None:
    count = "<sql>SELECT count(*) from processnode WHERE systemnode='f' and tknodeusage= 0</sql>"
    answer = healthy.axl(NODE, "executeSQLQuery", count, "8.0")
    assert answer.child.findtext("return/row/count") == "2"


def test_sql_runs_in_a_real_engine_with_booleans_as_in_informix(healthy: "Wire") -> None:
    joined = (
        "select n.name, n.isprimary, n.tkhaserverstate, g.haenabled from enterprisenode n "
        "join enterprisesubcluster g on n.subclusterid = g.id where g.name = 'East'"
    )
    rows = healthy.sql(NODE, joined).child[0]
    assert [[leaf.text for leaf in row] for row in rows] == [
        ["imp3.lab.test", "t", "3", "t"],
        ["imp4.lab.test", "f", "3", "t"],
    ]


def test_sql_compares_and_limits_as_informix_does(healthy: "Wire") -> None:
    statement = "select first 2 name from processnode where tknodeusage = '1' order by name"
    assert healthy.sql(NODE, statement).texts("name") == ["imp2.lab.test", "imp3.lab.test"]


def test_the_catalogue_names_tables_and_columns(healthy: "Wire") -> None:
    columns = (
        "select c.colname from systables t, syscolumns c "
        "where c.tabid = t.tabid and t.tabname = 'xmpps2snodes' order by c.colno"
    )
    assert healthy.sql(NODE, columns).texts("colname") == ["pkid", "cp_id"]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("select name from nowhere", "-206"),
        ("select colour from processnode", "-217"),
        ("selec name from processnode", "-201"),
        ("delete from processnode", "-201"),
    ],
)
def test_sql_errors_are_faults_with_a_number(healthy: "Wire", statement: str, code: str) -> None:
    answer = healthy.sql(NODE, statement)
    assert answer.status == 500
    assert answer.child.findtext("detail/axlError/axlcode") == code


def test_a_node_answers_no_other_axl_operation(healthy: "Wire") -> None:
    assert healthy.axl(NODE, "listProcessNode", SEARCH).status == 500


def test_axl_of_a_node_is_missing_while_its_service_is_stopped(start: "Start") -> None:
    wire = start(node=[{"name": NODE, "stopped": ["Cisco AXL Web Service"]}])
    answer = wire.sql(NODE, "select name from processnode")
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html;charset=utf-8")
