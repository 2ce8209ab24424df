"""A reply that came before is read once, and never stands in for another one."""

import pytest
import responses

from auditor.errors import BadReply, Unavailable
from auditor.soap import parsing
from auditor.soap.operations import CONTROL_CENTER_API
from tests.soap.conftest import PASSWORD, NewClient, Recorded

URL = f"https://127.0.0.1:8443{CONTROL_CENTER_API.path}"
REPLY = "control-center/product-information.xml"
XML = "text/xml; charset=utf-8"


@pytest.fixture(autouse=True)
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what is read; the clients of a test share a cache of their own."""
    elements: list[str] = []
    parse = parsing.parse_product_information

    def noted(reply: parsing.CheckedReply) -> object:
        elements.append(str(reply.element.tag))
        return parse(reply)

    monkeypatch.setattr(parsing, "parse_product_information", noted)
    return elements


def test_an_equal_reply_is_read_once(
    new_client: NewClient, mocked: responses.RequestsMock, recorded: Recorded, read: list[str]
) -> None:
    mocked.post(URL, recorded(REPLY), content_type=XML)
    first, second = (new_client().product_information() for _ in range(2))
    assert first == second
    assert len(read) == 1


def test_a_reply_that_differs_in_one_value_is_read_anew(
    new_client: NewClient, mocked: responses.RequestsMock, recorded: Recorded, read: list[str]
) -> None:
    body = recorded(REPLY)
    mocked.post(URL, body, content_type=XML)
    mocked.post(URL, body.replace(b">true<", b">false<", 1), content_type=XML)
    first, second = (new_client().product_information() for _ in range(2))
    assert first != second
    assert len(read) == 2


@pytest.mark.parametrize(
    ("status", "content_type", "error"),
    [(503, XML, Unavailable), (200, "text/html", BadReply)],
    ids=["status", "content type"],
)
def test_good_bytes_with_another_head_are_refused_as_before(
    status: int,
    content_type: str,
    error: type[Exception],
    new_client: NewClient,
    mocked: responses.RequestsMock,
    recorded: Recorded,
) -> None:
    mocked.post(URL, recorded(REPLY), content_type=XML)
    new_client().product_information()
    mocked.replace(responses.POST, URL, recorded(REPLY), status=status, content_type=content_type)
    with pytest.raises(error):
        new_client().product_information()


def test_a_secret_of_one_account_is_hidden_in_a_reply_that_held_none_of_another(
    new_client: NewClient, mocked: responses.RequestsMock, recorded: Recorded, read: list[str]
) -> None:
    cookie = "ABCDEF-1234567890"
    body = recorded(REPLY).replace(b"12.5.1.17900-64", f"14.0.1 {cookie}".encode())
    mocked.post(URL, body, content_type=XML)
    assert cookie in (new_client().product_information().active_version or "")
    session = {"Set-Cookie": f"JSESSIONID={cookie}; Path=/"}
    mocked.replace(responses.POST, URL, body, content_type=XML, headers=session)
    for _ in range(2):
        assert cookie not in (new_client().product_information().active_version or "")
    assert len(read) == 3


def test_a_reply_with_a_secret_is_read_each_time(
    new_client: NewClient, mocked: responses.RequestsMock, recorded: Recorded, read: list[str]
) -> None:
    """Kept without it, it would be given to an account whose reply it is not."""
    escaped = PASSWORD.replace("&", "&amp;").replace("<", "&lt;")
    body = recorded(REPLY).replace(b"12.5.1.17900-64", escaped.encode())
    mocked.post(URL, body, content_type=XML)
    for _ in range(2):
        assert new_client().product_information().active_version == "***"
    assert len(read) == 2
