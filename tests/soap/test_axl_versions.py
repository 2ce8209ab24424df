"""AXL is asked in the newest version that both sides know, or as the file says."""

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import ConfigError, SoapFault, UnsupportedVersion
from auditor.soap.operations import AXL_API, AXL_VERSIONS, newest_common_version
from tests.soap.conftest import NewClient, Play, Recorded

URL = f"https://127.0.0.1:8443{AXL_API.path}"
STATEMENT = "select count(*) from processnode"


def requested_versions(mocked: responses.RequestsMock) -> list[str]:
    """Return the SOAP actions asked for, without the quotation marks."""
    return [call.request.headers["SOAPAction"].strip('"') for call in mocked.calls]


def answer_in(mocked: responses.RequestsMock, recorded: Recorded, version: str) -> None:
    """Let AXL answer in one version."""
    body = recorded("axl/sql-count.xml").replace(b"API/14.0", f"API/{version}".encode())
    mocked.post(URL, body, content_type="text/xml")


def refuse(mocked: responses.RequestsMock, page: bytes) -> None:
    """Let AXL refuse a version with a page."""
    mocked.post(URL, page, status=599, content_type="text/html")


def test_the_version_offered_in_a_refusal_is_remembered(
    new_client: NewClient, mocked: responses.RequestsMock, recorded: Recorded
) -> None:
    refuse(mocked, recorded("axl/wrong-version.html"))
    answer_in(mocked, recorded, "14.0")
    client = new_client()
    assert client.sql(STATEMENT) == ({"count": "2"},)
    assert client.axl_version == "14.0"
    client.sql(STATEMENT)
    assert requested_versions(mocked) == [
        f"CUCM:DB ver={v} executeSQLQuery" for v in ("15.0", "14.0", "14.0")
    ]
    body = mocked.calls[1].request.body
    assert isinstance(body, bytes)
    assert b'"http://www.cisco.com/AXL/API/14.0"' in body


def test_a_server_with_the_newest_version_gets_one_request(
    new_client: NewClient, mocked: responses.RequestsMock, recorded: Recorded
) -> None:
    answer_in(mocked, recorded, "15.0")
    client = new_client()
    client.sql(STATEMENT)
    assert (client.axl_version, len(mocked.calls)) == ("15.0", 1)


def test_the_version_of_another_server_is_only_a_first_guess(
    new_client: NewClient, mocked: responses.RequestsMock, recorded: Recorded
) -> None:
    refuse(mocked, recorded("axl/wrong-version.html"))
    answer_in(mocked, recorded, "14.0")
    client = new_client(axl_first="12.0")
    client.sql(STATEMENT)
    assert requested_versions(mocked) == [
        f"CUCM:DB ver={v} executeSQLQuery" for v in ("12.0", "14.0")
    ]
    assert client.axl_version == "14.0"


def test_a_configured_version_is_tried_as_given(
    new_client: NewClient, mocked: responses.RequestsMock, recorded: Recorded
) -> None:
    answer_in(mocked, recorded, "11.5")
    client = new_client(axl_version="11.5")
    client.sql(STATEMENT)
    assert (client.axl_version, requested_versions(mocked)) == (
        "11.5",
        ["CUCM:DB ver=11.5 executeSQLQuery"],
    )


def test_a_configured_version_that_is_refused_names_the_choice(
    new_client: NewClient, mocked: responses.RequestsMock, recorded: Recorded
) -> None:
    refuse(mocked, recorded("axl/wrong-version.html"))
    with pytest.raises(UnsupportedVersion) as caught:
        new_client(axl_version="9.0").sql(STATEMENT)
    assert "does not speak AXL version 9.0; it speaks 11.5, 12.5, 14." in str(caught.value)
    assert 'Set axl_version to "auto"' in str(caught.value)
    assert len(mocked.calls) == 1


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"<html>Incorrect axl version.</html>",
        b"Incorrect axl version. Supported axl versions: 1.0, 7.1",
        b"Incorrect axl version. Supported axl versions: 19.0",
    ],
)
def test_no_common_version_is_reported_after_one_request(
    page: bytes, new_client: NewClient, mocked: responses.RequestsMock
) -> None:
    refuse(mocked, page)
    with pytest.raises(UnsupportedVersion):
        new_client().sql(STATEMENT)
    assert len(mocked.calls) == 1


def test_a_server_that_refuses_its_own_offer_is_not_asked_again(
    new_client: NewClient, mocked: responses.RequestsMock, recorded: Recorded
) -> None:
    refuse(mocked, recorded("axl/wrong-version.html"))
    with pytest.raises(UnsupportedVersion):
        new_client().sql(STATEMENT)
    assert len(mocked.calls) == 2


def test_before_a_reply_no_version_is_known(new_client: NewClient) -> None:
    assert new_client().axl_version is None


@pytest.mark.parametrize("version", ["14", "newest", "14.0/x", '14.0"', "", "1.2.3"])
def test_an_invalid_version_is_a_configuration_error(version: str, new_client: NewClient) -> None:
    with pytest.raises(ConfigError, match="axl_version"):
        new_client(axl_version=version)


def test_a_fault_about_the_action_is_retried_once_without_it(
    new_client: NewClient, mocked: responses.RequestsMock, play: Play, recorded: Recorded
) -> None:
    play(AXL_API, "axl/fault-soap-action.xml", status=500)
    answer_in(mocked, recorded, "15.0")
    client = new_client()
    assert client.sql(STATEMENT)
    assert client.sql(STATEMENT)
    assert requested_versions(mocked) == ["CUCM:DB ver=15.0 executeSQLQuery", "", ""]


def test_a_fault_about_the_action_that_stays_is_a_fault(
    new_client: NewClient, mocked: responses.RequestsMock, play: Play
) -> None:
    play(AXL_API, "axl/fault-soap-action.xml", status=500)
    with pytest.raises(SoapFault):
        new_client().sql(STATEMENT)
    assert len(mocked.calls) == 2


@pytest.mark.parametrize(("version", "has_roles"), [("9.1", False), ("10.0", True), ("14.0", True)])
def test_roles_are_asked_for_only_where_nodes_have_them(
    version: str,
    has_roles: bool,
    new_client: NewClient,
    mocked: responses.RequestsMock,
    recorded: Recorded,
) -> None:
    body = recorded("axl/process-nodes.xml").replace(b"API/14.0", f"API/{version}".encode())
    mocked.post(URL, body, content_type="text/xml")
    assert new_client(axl_version=version).list_process_nodes()
    sent = mocked.calls[0].request.body
    assert isinstance(sent, bytes)
    assert (b"<processNodeRole>" in sent) is has_roles


@given(st.sets(st.sampled_from([*AXL_VERSIONS, "14", "12", "7.1", "16.0", "99"])))
def test_the_best_common_version_is_offered_and_known(offered: set[str]) -> None:
    best = newest_common_version(offered)
    both = [v for v in AXL_VERSIONS if v in offered or v.removesuffix(".0") in offered]
    assert best == (both[-1] if both else None)
