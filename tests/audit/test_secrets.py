"""Servers that send the password back: it is in no output, at any verbosity, in any form."""

import base64
import html
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from auditor.simulator.envelope import SoapFaultReply, fault_envelope, serialise_envelope
from auditor.simulator.exchange import SimulatedServer
from auditor.simulator.http_replies import send_whole
from tests.lab import PAIR, Lab

Start = Callable[..., Lab]


SESSION = "C0FFEE5E5510" * 2


@dataclass(frozen=True)
class Echo:
    """An answer that holds whatever the request brought: a page, or a SOAP fault."""

    status: int = 500
    content_type: str = "text/xml;charset=utf-8"
    fault_code: str = ""
    before: str = ""

    async def answer(self, request: web.BaseRequest, said: str) -> web.StreamResponse:
        said = f"{self.before}{said}"
        body = f"<html><body>Supported axl versions: {html.escape(said)}</body></html>".encode()
        if self.fault_code:
            body = serialise_envelope(fault_envelope(SoapFaultReply(self.fault_code, said)))
        headers = {"Location": f"https://{request.host}/?was={said.encode().hex()}"}
        return await send_whole(
            request, body, status=self.status, content_type=self.content_type, headers=headers
        )


ECHOES = {
    **{f"page-{status}": Echo(status, "text/html") for status in (200, 302, 403, 404, 500, 503)},
    "page-599": Echo(599, "text/html"),
    "no-xml": Echo(200),
    "fault": Echo(fault_code="soapenv:Server"),
    "fault-cut": Echo(fault_code="soapenv:Server", before="x" * 150),
    "fault-action": Echo(fault_code="soapenv:Client", before="no such SOAPAction: "),
    "rate-control": Echo(fault_code="ns1:Server.RateControl"),
}


@pytest.fixture
def echoing(
    lab: Start, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> tuple[Lab, list[str]]:
    """Return a pair that echoes what it is sent from CUCM's second answer on, and what it sent."""
    handle = SimulatedServer.handle
    echo: Echo = request.param
    sent: list[str] = []

    async def instead(self: SimulatedServer, request: web.BaseRequest) -> web.StreamResponse:
        if b"listProcessNode>" in await request.read():
            return await handle(self, request)
        authorization = request.headers.get("Authorization", "")
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        said = f"{authorization} {request.headers.get('Cookie', '')} {pair}"
        sent.append(said)
        return await echo.answer(request, said)

    monkeypatch.setattr(SimulatedServer, "handle", instead)
    monkeypatch.setattr("secrets.token_hex", lambda _: SESSION)
    return lab(PAIR), sent


def _secrets(running: Lab) -> dict[str, str]:
    password = running.simulator.password
    pair = f"{running.simulator.username}:{password}"
    return {
        "the password": password,
        "a part of the password": password[:8],
        "the escaped password": html.escape(password),
        "the password in base64": base64.b64encode(password.encode()).decode(),
        "the pair in base64": base64.b64encode(pair.encode()).decode(),
        "the pair in hexadecimal": pair.encode().hex(),
        "the session cookie": SESSION,
    }


def _run(running: Lab, *words: str) -> Result:
    return CliRunner(env=running.environment).invoke(
        app, ["--verbose", "audit", "-c", str(running.config), *words]
    )


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Turn every logger up, those of the libraries too, and catch what they say."""
    caplog.set_level(logging.DEBUG)
    names = ("auditor", "urllib3", "requests", "zeep", "zeep.transports", "tenacity", "asyncio")
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger.level, logger.disabled) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.disabled = False
        logger.addHandler(caplog.handler)
    yield caplog
    for logger, (level, disabled) in zip(loggers, before, strict=True):
        logger.removeHandler(caplog.handler)
        logger.setLevel(level)
        logger.disabled = disabled


def _gaps(result: Result) -> list[tuple[str, ...]]:
    (cluster,) = json.loads(result.stdout)["clusters"]
    return [(c["node"], c["source"], c["outcome"], c["reason"]) for c in cluster["coverage"]]


@pytest.mark.parametrize("echoing", ECHOES.values(), ids=ECHOES, indirect=True)
def test_what_a_server_sends_back_is_in_no_output(
    echoing: tuple[Lab, list[str]], tmp_path: Path, everything_logged: pytest.LogCaptureFixture
) -> None:
    """Terminal, JSON, standard error, logs and evidence, whose replay has the same gaps."""
    running, sent = echoing
    page, place = tmp_path / "report.txt", tmp_path / "kept"
    result = _run(running, "-o", f"terminal:{page}", "-o", "json", "--evidence", str(place))
    assert result.exit_code in (4, 5), result.output
    kept = b"".join(path.read_bytes() for path in place.rglob("*") if path.is_file())
    said = result.stdout + result.stderr + page.read_text() + everything_logged.text
    assert any(SESSION in echo for echo in sent)
    for what, secret in _secrets(running).items():
        assert secret not in said, f"{what} is in the output"
        assert secret.encode() not in kept, f"{what} is in the evidence"
    again = CliRunner().invoke(app, ["audit", "--replay", str(place), "-o", "json"])
    assert _gaps(again) == _gaps(result)


def test_the_trace_of_an_internal_error_is_only_in_the_log(
    lab: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One collector that fails makes the audit incomplete, and nothing else."""

    def broken(*_: object) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr("auditor.collect.node.read_ha_state", broken)
    running = lab(PAIR)
    result = _run(running, "-o", "json")
    assert result.exit_code == 4
    assert "Traceback" in result.stderr
    assert "Traceback" not in result.stdout
    cluster = json.loads(result.stdout)["clusters"][0]
    assert {c["reason"] for c in cluster["coverage"] if c["source"] == "perfmon"} == {"bug"}
    unknown = {f["recommendation"] for f in cluster["findings"] if f["verdict"] == "unknown"}
    assert unknown == {"HA-01"}
    for what, secret in _secrets(running).items():
        assert secret not in result.output, f"{what} is in the output"
