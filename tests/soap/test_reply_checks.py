"""Every bad answer becomes the right error of ours, before zeep can make something of it."""

import pytest
import responses

from auditor.errors import (
    BadCredentials,
    BadReply,
    ExchangeError,
    NoSuchService,
    NotAuthorised,
    SoapFault,
    Unavailable,
)
from auditor.soap.operations import AXL_API, CONTROL_CENTER_API, PERFMON_API, SoapInterface
from tests.soap.conftest import REPLIES, NewClient, Play

BAD = {
    "empty-list": "empty list of services",
    "no-list": "without ServiceInfoList",
    "nil-list": "without ServiceInfoList",
    "nameless-row": "without ServiceName",
    "empty-row": "without ServiceName",
    "return-code": "return code not 0",
    "no-return": "without soapGetServiceStatusReturn",
    "doubled-list": "ServiceInfoList twice",
    "doubled-name": "ServiceName twice",
    "doubled-return": "soapGetServiceStatusReturn twice",
    "doubled-body": "2 bodies",
    "two-answers": "2 answers",
    "empty-body": "0 answers",
    "no-body": "0 bodies",
    "no-envelope": "no SOAP 1.1 envelope",
    "soap12": "no SOAP 1.1 envelope",
    "xml-of-html": "no SOAP 1.1 envelope",
    "other-namespace": "another request",
    "unqualified": "ServiceName in a wrong namespace",
    "foreign-name": "ServiceStatus in a wrong namespace",
    "dtd": "document type",
    "entity-bomb": "document type",
    "cut-on-item": "cut short",
    "cut-in-item": "cut short",
    "trailing-page": "cut short or no well-formed",
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_a_malformed_service_list_is_a_bad_reply(
    case: str, new_client: NewClient, play: Play
) -> None:
    play(CONTROL_CENTER_API, f"control-center/service-status-{case}.xml")
    with pytest.raises(BadReply, match=BAD[case]) as caught:
        new_client().service_status()
    assert caught.value.detail.startswith("Control Center of imp-a.example.test ")
    assert "\n" not in str(caught.value)


NIL = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'


@pytest.mark.parametrize(
    ("interface", "name", "value", "instead", "message"),
    [
        (
            CONTROL_CENTER_API,
            "control-center/service-status.xml",
            "<ns1:ServiceStatus>Started</ns1:ServiceStatus>",
            "<ns1:ServiceStatus>Started<b/></ns1:ServiceStatus>",
            "elements inside ServiceStatus",
        ),
        (
            CONTROL_CENTER_API,
            "control-center/service-status.xml",
            "<ns1:ServiceStatus>Started</ns1:ServiceStatus>",
            f"<ns1:ServiceStatus {NIL}><b>Started</b></ns1:ServiceStatus>",
            "ServiceStatus as nil, with content",
        ),
        (
            CONTROL_CENTER_API,
            "control-center/service-status.xml",
            "<ns1:ServiceName>Cisco AXL Web Service</ns1:ServiceName>",
            f"<ns1:ServiceName {NIL}/>",
            "without ServiceName",
        ),
        (AXL_API, "axl/sql-count.xml", "2</count>", "<b>2</b></count>", "elements inside a column"),
    ],
)
def test_a_value_is_text_and_nothing_else(
    interface: SoapInterface,
    name: str,
    value: str,
    instead: str,
    message: str,
    new_client: NewClient,
    mocked: responses.RequestsMock,
) -> None:
    text = (REPLIES / name).read_text("utf-8")
    assert value in text
    mocked.post(
        f"https://127.0.0.1:8443{interface.path}",
        text.replace(value, instead, 1),
        content_type="text/xml",
    )
    client = new_client(axl_version="14.0")
    with pytest.raises(BadReply, match=message):
        client.service_status() if interface is CONTROL_CENTER_API else client.sql(
            "select count(*) from processnode"
        )


def test_the_reply_to_another_request_is_a_bad_reply(new_client: NewClient, play: Play) -> None:
    play(CONTROL_CENTER_API, "control-center/product-information.xml")
    with pytest.raises(BadReply, match="another request than soapGetServiceStatus"):
        new_client().service_status()


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("process-nodes-none", "empty list of nodes"),
        ("process-nodes-no-return", "without return"),
        ("process-nodes-other-version", "another request"),
    ],
)
def test_a_cluster_without_nodes_is_a_bad_reply(
    case: str, message: str, new_client: NewClient, play: Play
) -> None:
    play(AXL_API, f"axl/{case}.xml")
    with pytest.raises(BadReply, match=message):
        new_client(axl_version="14.0").list_process_nodes()


def test_a_product_list_without_services_is_a_bad_reply(new_client: NewClient, play: Play) -> None:
    play(CONTROL_CENTER_API, "control-center/product-information-no-services.xml")
    with pytest.raises(BadReply, match="empty list of services"):
        new_client().product_information()


def test_a_version_without_text_is_a_bad_reply(new_client: NewClient, play: Play) -> None:
    play(AXL_API, "axl/version-missing.xml")
    with pytest.raises(BadReply, match="without version"):
        new_client(axl_version="14.0").ccm_version()


def test_a_counter_without_a_name_is_a_bad_reply(new_client: NewClient, play: Play) -> None:
    play(PERFMON_API, "perfmon/nameless-counter.xml")
    with pytest.raises(BadReply, match="without Name"):
        new_client().perfmon_counters("x", "y")


STATUSES = [
    (401, BadCredentials, "HTTP 401"),
    (403, NotAuthorised, "HTTP 403"),
    (404, NoSuchService, "HTTP 404"),
    (302, BadReply, "redirects are not followed"),
    (204, BadReply, "HTTP 204"),
    (400, BadReply, "HTTP 400"),
    (500, Unavailable, "HTTP 500"),
    (502, Unavailable, "HTTP 502"),
    (503, Unavailable, "HTTP 503"),
    (200, BadReply, "login page"),
]


@pytest.mark.parametrize(("status", "kind", "message"), STATUSES)
@pytest.mark.parametrize("body", ["page", "empty"])
def test_an_http_status_decides_before_its_page(
    status: int,
    kind: type[ExchangeError],
    message: str,
    body: str,
    new_client: NewClient,
    mocked: responses.RequestsMock,
) -> None:
    page = (REPLIES / "control-center" / "login-page.html").read_bytes() if body == "page" else b""
    mocked.post(
        f"https://127.0.0.1:8443{CONTROL_CENTER_API.path}",
        page,
        status=status,
        content_type="text/html",
        headers={"Location": "https://elsewhere.example.test/"},
    )
    with pytest.raises(kind, match=message):
        new_client().service_status()
    repeats = 3 if status == 503 else 0
    assert len(mocked.calls) == 1 + repeats


def test_a_good_reply_with_an_error_status_is_an_error(new_client: NewClient, play: Play) -> None:
    play(CONTROL_CENTER_API, "control-center/service-status.xml", status=500)
    with pytest.raises(Unavailable):
        new_client().service_status()


@pytest.mark.parametrize("status", [200, 500])
def test_a_soap_fault_keeps_the_servers_words(
    status: int, new_client: NewClient, play: Play
) -> None:
    play(CONTROL_CENTER_API, "control-center/fault.xml", status=status)
    with pytest.raises(SoapFault) as caught:
        new_client().service_status()
    assert caught.value.code == "soapenv:Server.userException"
    assert caught.value.text == "java.rmi.RemoteException: the service list cannot be read"
    assert caught.value.text in caught.value.detail


def test_an_axl_fault_is_quoted_once(new_client: NewClient, play: Play) -> None:
    play(AXL_API, "axl/fault-sql.xml", status=500)
    with pytest.raises(SoapFault) as caught:
        new_client(axl_version="14.0").sql("select name from nosuchtable")
    assert caught.value.text == "The specified table (nosuchtable) is not in the database."


def test_a_query_that_is_too_large_has_advice(new_client: NewClient, play: Play) -> None:
    play(AXL_API, "axl/fault-too-large.xml", status=500)
    with pytest.raises(SoapFault, match="limit of 8 MB"):
        new_client(axl_version="14.0").sql("select name from enduser")


@pytest.mark.parametrize(
    ("content_type", "accepted"),
    [
        ("text/xml", True),
        ("TEXT/XML; charset=UTF-8", True),
        ("application/xml", True),
        ("", True),
        ("text/html", False),
        ("multipart/related; type=text/xml", False),
        ("application/octet-stream", False),
    ],
)
def test_only_content_types_of_xml_are_read(
    content_type: str, accepted: bool, new_client: NewClient, play: Play
) -> None:
    play(CONTROL_CENTER_API, "control-center/service-status.xml", content_type=content_type)
    client = new_client()
    if accepted:
        assert client.service_status().rows
    else:
        with pytest.raises(BadReply, match="where XML is expected"):
            client.service_status()


def test_a_document_type_is_found_in_every_encoding(
    new_client: NewClient, mocked: responses.RequestsMock
) -> None:
    text = (REPLIES / "control-center" / "service-status-dtd.xml").read_text("utf-8")
    mocked.post(
        f"https://127.0.0.1:8443{CONTROL_CENTER_API.path}",
        text.replace("utf-8", "utf-16").encode("utf-16"),
        content_type="text/xml",
    )
    with pytest.raises(BadReply, match="document type"):
        new_client().service_status()


def test_every_recorded_reply_is_used() -> None:
    tests = "".join(path.read_text("utf-8") for path in REPLIES.parents[1].glob("tests/soap/*.py"))
    tests += "".join(f"service-status-{case}.xml" for case in BAD)
    unused = [
        path.name
        for path in REPLIES.rglob("*.*")
        if path.name not in tests and path.stem.removeprefix("service-status-") not in tests
    ]
    assert unused == []
