"""Good replies become rows, word for word."""

from datetime import UTC, datetime, timedelta

import pytest
import responses
from lxml import etree

from auditor.errors import BadReply
from auditor.soap.operations import AXL_API, CONTROL_CENTER_API, PERFMON_API
from auditor.soap.records import (
    PerfmonCounter,
    ProcessNode,
    ProcessNodeService,
    RedundancyGroup,
    ServiceRow,
    ServiceSpecification,
)
from tests.soap.conftest import NewClient, Play

STARTED = "Mon Nov 16 02:14:07 2026"


def test_every_service_of_a_node_comes_from_one_request(new_client: NewClient, play: Play) -> None:
    play(CONTROL_CENTER_API, "control-center/service-status.xml")
    client = new_client()
    reply = client.service_status()
    assert reply.rows == (
        ServiceRow("Cisco AXL Web Service", "Started", -1, "-1", None, STARTED, 531207),
        ServiceRow(
            "Cisco XCP Message Archiver",
            "Stopped",
            -1068,
            "-1068",
            "Service Not Activated",
            None,
            -1,
        ),
        ServiceRow(
            "Cisco XCP Text Conference Manager",
            "Stopped",
            -1069,
            "-1069",
            "Commanded Out of Service",
            None,
            -1,
        ),
        ServiceRow("Cisco Sync Agent", "Starting", -1, "-1", None, None, 0),
    )
    assert datetime.now(UTC) - reply.received_at < timedelta(minutes=1)


def test_the_status_request_names_no_service_in_one_empty_element(
    new_client: NewClient, play: Play, mocked: responses.RequestsMock
) -> None:
    play(CONTROL_CENTER_API, "control-center/service-status.xml")
    new_client().service_status()
    request = mocked.calls[0].request
    assert isinstance(request.body, bytes)
    request_element = etree.fromstring(request.body)[0][0]
    assert [(child.tag, child.text) for child in request_element] == [
        ("{http://schemas.cisco.com/ast/soap}ServiceStatus", None)
    ]
    assert request.headers["SOAPAction"] == '"soapGetServiceStatus"'
    assert request.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert request.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("case", "row"),
    [
        (
            "padded",
            ServiceRow(
                "Cisco AXL Web Service",
                "Stopped",
                -1068,
                "-1068",
                "Service Not Activated",
                None,
                -1,
            ),
        ),
        ("nil", ServiceRow("Cisco SIP Proxy", None, None, "", None, None, None)),
        (
            "odd-status",
            ServiceRow(
                "Cisco SIP Proxy", "Not Activated", -1068, "-1068", "Not Activated", None, -1
            ),
        ),
        (
            "out-of-order",
            ServiceRow(
                "Cisco SIP Proxy", "Stopped", -1068, "-1068", "Service Not Activated", None, -1
            ),
        ),
        ("extra-element", ServiceRow("Cisco SIP Proxy", "Started", -1, "-1", None, STARTED, 60)),
        ("odd-number", ServiceRow("Cisco SIP Proxy", "Stopped", None, "-1,068", None, None, None)),
        (
            "comments",
            ServiceRow("Cisco AXL Web Service", "Started", -1, "-1", None, STARTED, 531207),
        ),
        (
            "foreign-type",
            ServiceRow("Cisco AXL Web Service", "Started", -1, "-1", None, STARTED, 531207),
        ),
    ],
)
def test_an_unusual_row_keeps_its_values(
    case: str, row: ServiceRow, new_client: NewClient, play: Play
) -> None:
    play(CONTROL_CENTER_API, f"control-center/service-status-{case}.xml")
    assert new_client().service_status().rows[0] == row


def test_contradicting_and_repeated_rows_are_all_returned(
    new_client: NewClient, play: Play
) -> None:
    play(CONTROL_CENTER_API, "control-center/service-status-contradicting-rows.xml")
    rows = new_client().service_status().rows
    assert [(row.name, row.status) for row in rows] == [
        ("Cisco SIP Proxy", "Started"),
        ("Cisco SIP Proxy", "Stopped"),
        ("Cisco Sync Agent", "Started"),
        ("Cisco Sync Agent", "Started"),
    ]


def test_a_corrupted_row_of_product_information_is_kept_and_marked(
    new_client: NewClient, play: Play
) -> None:
    play(CONTROL_CENTER_API, "control-center/product-information.xml")
    information = new_client().product_information()
    assert information.active_version == "12.5.1.17900-64"
    group = "IM and Presence Services"
    assert information.services == (
        ServiceSpecification("Cisco SIP Proxy", "Service", True, group),
        ServiceSpecification("Cisco Sync Agent", "Service", False, group),
        ServiceSpecification("yes", "Servlet", None, "none"),
        ServiceSpecification(
            "Cisco Audit Event Service", "Service", False, "Performance and Monitoring"
        ),
    )


def test_counters_are_numbers_or_none(
    new_client: NewClient, play: Play, mocked: responses.RequestsMock
) -> None:
    play(PERFMON_API, "perfmon/counters.xml")
    start = r"\\imp-a.example.test\Cisco Server Recovery Manager"
    counters = new_client().perfmon_counters("Cisco Server Recovery Manager", "imp-a.example.test")
    assert counters == (
        PerfmonCounter(rf"{start}\SRMState", 3, 1),
        PerfmonCounter(rf"{start}\Broken", None, -1),
    )
    body = mocked.calls[0].request.body
    assert isinstance(body, bytes)
    assert b"Host>imp-a.example.test<" in body
    assert b"Object>Cisco Server Recovery Manager<" in body


def test_an_object_without_counters_has_none(new_client: NewClient, play: Play) -> None:
    play(PERFMON_API, "perfmon/no-counters.xml")
    assert new_client().perfmon_counters("No such object", "imp-a.example.test") == ()


@pytest.mark.parametrize("case", ["process-nodes", "process-nodes-out-of-order"])
def test_nodes_keep_usage_and_role_in_any_order(
    case: str, new_client: NewClient, play: Play
) -> None:
    play(AXL_API, f"axl/{case}.xml")
    client = new_client(axl_version="14.0")
    assert client.list_process_nodes() == (
        ProcessNode("EnterpriseWideData", None, "Subscriber", "CUCM Voice/Video"),
        ProcessNode("cucm-pub.example.test", None, "Publisher", "CUCM Voice/Video"),
        ProcessNode("imp-a.example.test", None, "Publisher", "CUCM IM and Presence"),
        ProcessNode("imp-b.example.test", None, "Subscriber", "CUCM IM and Presence"),
    )


def test_redundancy_groups_have_one_or_two_servers(new_client: NewClient, play: Play) -> None:
    play(AXL_API, "axl/redundancy-groups.xml")
    assert new_client(axl_version="14.0").list_presence_redundancy_groups() == (
        RedundancyGroup("DefaultCUPSubCluster", "imp-a.example.test", "imp-b.example.test", True),
        RedundancyGroup("Branch", "imp-c.example.test", None, False),
        RedundancyGroup("Odd", "imp-d.example.test", None, None),
    )


def test_a_cluster_may_have_no_redundancy_group(new_client: NewClient, play: Play) -> None:
    play(AXL_API, "axl/redundancy-groups-none.xml")
    assert new_client(axl_version="14.0").list_presence_redundancy_groups() == ()


def test_services_of_a_node_that_only_matches_its_name_as_a_pattern_are_left_out(
    new_client: NewClient, play: Play
) -> None:
    play(AXL_API, "axl/process-node-services.xml")
    node = "imp-a.example.test"
    assert new_client(axl_version="14.0").list_process_node_services(node) == (
        ProcessNodeService(node, "Cisco SIP Proxy", True),
        ProcessNodeService(node, "Cisco XCP Message Archiver", False),
        ProcessNodeService(node, "Cisco Presence Engine", None),
    )


def test_the_release_is_a_text(new_client: NewClient, play: Play) -> None:
    play(AXL_API, "axl/version.xml")
    assert new_client(axl_version="14.0").ccm_version() == "12.5.1.17900(64)"


@pytest.mark.parametrize(
    ("case", "rows"),
    [
        ("sql-count", ({"count": "2"},)),
        ("sql-none", ()),
        (
            "sql-rows",
            (
                {"name": "imp-a.example.test", "tkhaserverstate": "3", "subclusterid": ""},
                {"name": "imp-b.example.test", "tkhaserverstate": None, "subclusterid": "1"},
            ),
        ),
    ],
)
def test_sql_rows_are_keyed_by_column(
    case: str, rows: tuple[dict[str, str | None], ...], new_client: NewClient, play: Play
) -> None:
    play(AXL_API, f"axl/{case}.xml")
    statement = "select name, subclusterid from enterprisenode"
    assert new_client(axl_version="14.0").sql(statement) == rows


def test_two_columns_of_one_name_are_a_bad_reply(new_client: NewClient, play: Play) -> None:
    play(AXL_API, "axl/sql-doubled-column.xml")
    with pytest.raises(BadReply, match="name twice"):
        new_client(axl_version="14.0").sql("select a.name, b.name from a, b")


def test_requests_are_counted_only_when_they_are_sent(new_client: NewClient) -> None:
    assert new_client().requests_sent == 0
