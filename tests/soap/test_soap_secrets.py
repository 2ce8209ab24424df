"""No password, pair or cookie gets out, by whatever way a server or a log offers."""

import base64
import logging
import traceback
from dataclasses import replace
from pathlib import Path

import pytest
import responses

from auditor.errors import ExchangeError, Interrupted, SoapFault, Unreachable
from auditor.soap.client import Client
from auditor.soap.messages import Endpoint
from auditor.soap.operations import CONTROL_CENTER_API
from tests.soap.certs import Authority
from tests.soap.conftest import NODE, PASSWORD, NewClient, PatientNetwork, Recorded
from tests.soap.loopback import Loopback, Raw, http

URL = f"https://127.0.0.1:8443{CONTROL_CENTER_API.path}"
PAIR = base64.b64encode(f"audit-ro:{PASSWORD}".encode()).decode()
COOKIE = "JSESSIONIDSSO-0123456789ABCDEF"
SECRETS = (PASSWORD, PAIR, base64.b64encode(PASSWORD.encode()).decode(), COOKIE)


def fault(text: str) -> str:
    """Return a SOAP fault that says something."""
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>'
        f"<faultcode>x.{text}</faultcode><faultstring>{text}</faultstring>"
        "</e:Fault></e:Body></e:Envelope>"
    )


def escaped(text: str) -> str:
    """Return text as XML writes it."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def everything(client: Client, failure: ExchangeError) -> str:
    """Return all that could be printed of a failure and of those who had part in it."""
    chain = "".join(traceback.format_exception(failure))
    parts = [client, failure, failure.detail, failure.advice, *failure.args]
    parts += [getattr(failure, name, "") for name in ("code", "text")]
    return chain + "".join(f"{part!r} {part}" for part in parts)


def test_an_error_does_not_quote_repeated_secrets(
    new_client: NewClient, mocked: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = escaped(f"user audit-ro:{PASSWORD} sent {PAIR} with {PASSWORD} and {COOKIE}")
    cookie = {"Set-Cookie": f"JSESSIONIDSSO={COOKIE}; Path=/"}
    mocked.post(URL, fault(said), status=500, content_type="text/xml", headers=cookie)
    client = new_client()
    for _ in range(2):
        with pytest.raises(SoapFault) as caught:
            client.service_status()
    text = everything(client, caught.value) + caplog.text
    assert [secret for secret in SECRETS if secret in text] == []
    assert "***" in caught.value.detail


def test_a_quoted_reply_is_one_short_printable_line(
    new_client: NewClient, mocked: responses.RequestsMock
) -> None:
    said = "first\nsecond\t\u202e\u2028\x85third " + "long " * 100
    mocked.post(URL, fault(said), status=500, content_type="text/xml")
    with pytest.raises(SoapFault) as caught:
        new_client().service_status()
    assert str(caught.value).isprintable()
    assert "first second third long" in caught.value.text
    assert len(caught.value.text) == 160


def test_a_secret_at_the_cut_is_hidden_whole(
    new_client: NewClient, mocked: responses.RequestsMock
) -> None:
    mocked.post(URL, fault("x" * 155 + escaped(PASSWORD)), status=500, content_type="text/xml")
    with pytest.raises(SoapFault) as caught:
        new_client().service_status()
    assert caught.value.text == "x" * 155 + "***"


@pytest.mark.parametrize("case", ["good", "cut", "refused", "lost", "odd number"])
def test_the_debug_log_holds_neither_secrets_nor_bodies(
    case: str,
    endpoint: Endpoint,
    authority: Authority,
    recorded: Recorded,
    new_client: NewClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    body = recorded("control-center/service-status.xml")
    reply = {
        "good": http(body, 200, "text/xml", f"Set-Cookie: JSESSIONIDSSO={COOKIE}"),
        "cut": Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<a>", close=True),
        "refused": http(PASSWORD.encode(), 401, "text/html"),
        "lost": Raw(close=True),
        "odd number": http(recorded("control-center/service-status-odd-number.xml")),
    }[case]
    with Loopback(authority.issue(NODE).context(), [reply]) as server:
        client = new_client(replace(endpoint, host=server.host, port=server.port))
        text = ""
        for _ in range(2):
            try:
                client.service_status()
            except ExchangeError as failure:
                text += everything(client, failure)
        assert PAIR in server.headers(0)["authorization"]
    text += caplog.text
    assert [secret for secret in SECRETS if secret in text] == []
    assert "Cisco AXL Web Service" not in text
    assert "Traceback" not in caplog.text


def test_accounts_and_proxies_of_the_environment_are_ignored(
    endpoint: Endpoint,
    authority: Authority,
    recorded: Recorded,
    new_client: NewClient,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    reply = http(recorded("control-center/service-status.xml"))
    with Loopback(authority.issue(NODE).context(), [reply]) as server:
        client = new_client(replace(endpoint, host=server.host, port=server.port))
        client.service_status()
    assert server.headers(0)["authorization"] == f"Basic {PAIR}"


def test_a_proxy_of_the_environment_is_used_where_the_file_says_so(
    endpoint: Endpoint, new_client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = Raw(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", close=True)
    with Loopback(None, [refusal]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD[:6]}@127.0.0.1:{proxy.port}")
        client = new_client(replace(endpoint, host="imp-a.example.test", proxy=True))
        with pytest.raises(Unreachable, match="The proxy opened no connection") as caught:
            client.service_status()
    assert proxy.requests[0].startswith(b"CONNECT imp-a.example.test:8443 ")
    assert PAIR.encode() not in proxy.requests[0]
    assert PASSWORD[:6] not in everything(client, caught.value)


def test_a_request_ends_with_its_connection(network: PatientNetwork, new_client: NewClient) -> None:
    client = new_client()
    network.close()
    with pytest.raises(Interrupted):
        client.service_status()
