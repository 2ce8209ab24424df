"""Servers that write the password into ordinary rows: no report, record or message repeats it."""

import base64
import html
import logging
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from lxml import etree
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from auditor.report.formats import ReportFormat
from auditor.simulator.envelope import XmlElement
from auditor.simulator.exchange import SimulatedServer
from tests.lab import PAIR, PUB, SUB, Lab
from tests.notify.hook import Hook, listening

Start = Callable[..., Lab]

CHAT_PAIR: dict[str, Any] = {
    **PAIR,
    "deployment": {"chat": True, "permanent_chat": True},
    "external_database": [{"name": "chatdb", "used_by": ["permanent_chat"]}],
}
SESSION = "C0FFEE5E5510" * 2

PLACES: dict[str, frozenset[str]] = {
    "words": frozenset({"ReasonCodeString", "StartTime", "ActiveServerVersion", "GroupName"}),
    "states and numbers": frozenset({"ServiceStatus", "ReasonCode", "UpTime", "Value"}),
    "names of services and counters": frozenset({"ServiceName", "Name"}),
    "groups": frozenset({"description", "haEnabled", "server2"}),
    "names of nodes": frozenset({"name", "processNodeRole"}),
    "the database": frozenset({"row"}),
}
"""The elements of a reply to which the secrets are added, by what they are."""


@dataclass
class Parrot:
    """What is repeated, and where; `said` holds what was sent, so that the test is one."""

    places: frozenset[str]
    said: list[str] = field(default_factory=list)

    def speak(self, whole: etree._Element, request: web.BaseRequest) -> None:
        """Write what the request brought behind the words of the reply."""
        authorization = request.headers.get("Authorization", "")
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        password = pair.partition(":")[2]
        forms = (pair, authorization, SESSION, urllib.parse.quote(password), html.escape(password))
        for element in whole.iter():
            if not len(element) and self._is_meant(element):
                element.text = f"{element.text or ''} {' '.join(forms)}"
                element.set("was", password)
                self.said.append(password)

    def _is_meant(self, element: etree._Element) -> bool:
        parent = element.getparent()
        inside = etree.QName(parent).localname if parent is not None else ""
        return bool({etree.QName(element).localname, inside} & self.places)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch) -> Parrot:
    """Make every simulated server repeat what it receives, once the test switches it on."""
    parrot = Parrot(frozenset())
    send = SimulatedServer._send_envelope

    async def instead(
        self: SimulatedServer, request: web.BaseRequest, whole: XmlElement, status: int = 200
    ) -> web.StreamResponse:
        parrot.speak(whole, request)
        return await send(self, request, whole, status)

    monkeypatch.setattr(SimulatedServer, "_send_envelope", instead)
    monkeypatch.setattr("secrets.token_hex", lambda _: SESSION)
    return parrot


def _secrets(running: Lab) -> dict[str, str]:
    password = running.simulator.password
    pair = f"{running.simulator.username}:{password}"
    return {
        "the password": password,
        "a part of the password": password[:8],
        "the escaped password": html.escape(password),
        "the password in a URL": urllib.parse.quote(password),
        "the password in base64": base64.b64encode(password.encode()).decode(),
        "the Authorization": base64.b64encode(pair.encode()).decode(),
        "the session cookie": SESSION,
    }


def _night(running: Lab, folder: Path, hook: Hook) -> tuple[str, Result]:
    """Audit with everything that a run can leave behind, and return all of it."""
    folder.mkdir()
    targets = [word for form in ReportFormat for word in ("-o", f"{form}:{folder / form}")]
    result = CliRunner(env=running.environment).invoke(
        app,
        [
            *("--verbose", "audit", "-c", str(running.config), *targets),
            *("--notify", hook.url, "--evidence", str(folder / "kept")),
            *("--history", f"sqlite:///{folder.parent / 'history.sqlite3'}"),
        ],
    )
    files = [path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()]
    left = b"".join(data for data in files if b"BEGIN CERTIFICATE" not in data)
    messages = "".join(f"{message}" for message in hook.told)
    return result.output + messages + left.decode(errors="replace"), result


@pytest.mark.parametrize("where", PLACES)
def test_a_secret_in_any_row_is_in_no_output_of_a_run(
    lab: Start,
    parrot: Parrot,
    hook: Hook,
    tmp_path: Path,
    where: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Every format, the history, the notification, the evidence, and the log at its loudest."""
    caplog.set_level(logging.DEBUG)
    running = lab(CHAT_PAIR)
    place = tmp_path / "left"
    place.mkdir()
    output, first = _night(running, place / "before", hook)
    assert first.exit_code == 0, first.output
    parrot.places = PLACES[where]
    running.simulator.change({"stop": {"node": SUB, "service": "Cisco SIP Proxy"}})
    output, result = _night(running, place / "after", hook)
    assert running.simulator.password in "".join(parrot.said)
    for what, secret in _secrets(running).items():
        assert secret not in output + caplog.text, f"{what} was left behind"
    assert "***" in output
    assert result.exit_code in (3, 4, 5)


def test_echoed_passwords_are_reported_once_a_run(lab: Start, parrot: Parrot) -> None:
    """It explains the stars in the report, and is worth knowing by itself."""
    running = lab(CHAT_PAIR)
    parrot.places = PLACES["words"]
    result = running.run("audit")
    (warning,) = [line for line in result.stderr.splitlines() if "sent the password" in line]
    assert warning.split(" WARNING ")[1].split()[0] in (PUB, SUB)
    assert warning.endswith("it is shown as ***.")
