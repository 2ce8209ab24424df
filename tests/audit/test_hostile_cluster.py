"""A cluster whose names, reasons, releases and faults attack whoever prints them."""

import csv
import io
import json
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.x509.oid import NameOID
from lxml import etree
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from auditor.simulator import Simulator, certificates
from auditor.simulator.envelope import (
    SoapFaultReply,
    XmlElement,
    fault_envelope,
    serialise_envelope,
)
from auditor.simulator.exchange import SimulatedServer
from auditor.simulator.http_replies import send_whole
from tests.audit.command_lines import SERVICE, command_lines
from tests.lab import CUCM, PUB, SUB, Lab
from tests.notify.hook import Hook, listening

EVIL = "\u202e\x9b31m\u200b[/x][red]\u2028\x85<b>|`=1"
"""What XML may hold: direction, C1, invisible, line ends, and markup of three kinds."""

_WORDS = frozenset({"ReasonCodeString", "StartTime", "ActiveServerVersion", "version", "row"})
_SCENARIO: dict[str, Any] = {
    "cluster": {"name": "pair"},
    "group": [{"name": f"Group{EVIL}", "nodes": [PUB, SUB]}],
    "deployment": {"chat": True},
    "table": [
        {
            "name": "externaldbassignment",
            "columns": ["pkid", "databasetype", "databasename", "name"],
            "rows": [["1", EVIL, EVIL, EVIL]],
        }
    ],
}


class Attacker:
    """Writes into words of replies, or refuses all requests with a fault of such words."""

    way = ""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse | None:
        """Return a fault in place of a good reply, None to leave that."""
        if self.way == "faults" and b"listPro" not in await request.read():
            body = serialise_envelope(fault_envelope(SoapFaultReply("ns1:Server", EVIL)))
            return await send_whole(request, body, status=500)
        return None

    def change(self, whole: etree._Element) -> None:
        """Write behind the words of a good reply."""
        for element in whole.iter():
            inside = element.getparent()
            names = {etree.QName(e).localname for e in (element, inside) if e is not None}
            is_meant = names & _WORDS or element.text == "Cisco Bulk Provisioning Service"
            if self.way == "rows" and not len(element) and is_meant:
                element.text = f"{element.text or ''} {EVIL}"


@pytest.fixture(scope="module")
def attacker() -> Iterator[Attacker]:
    """Let every simulated server attack, in its certificate too."""
    attacker = Attacker()
    handle, send = SimulatedServer.handle, SimulatedServer._send_envelope

    async def answer(self: SimulatedServer, request: web.BaseRequest) -> web.StreamResponse:
        return await attacker.answer(request) or await handle(self, request)

    async def change(
        self: SimulatedServer, request: web.BaseRequest, whole: XmlElement, status: int = 200
    ) -> web.StreamResponse:
        attacker.change(whole)
        return await send(self, request, whole, status)

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{text[:30]}{EVIL}")])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SimulatedServer, "handle", answer)
        patch.setattr(SimulatedServer, "_send_envelope", change)
        patch.setattr(certificates, "build_common_name", name)
        yield attacker


def _without_groups(text: str) -> str:
    """Return a configuration that does not name the groups: no file may hold such names."""
    return "\n".join(line for line in text.split("\n") if "redundancy_group" not in line)


@pytest.fixture(scope="module")
def running(attacker: Attacker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    del attacker
    with ExitStack() as stack:
        place = tmp_path_factory.mktemp("lab")
        simulator = stack.enter_context(Simulator(_SCENARIO, place))
        yield Lab(simulator, place, edit=_without_groups)


@pytest.fixture(scope="module")
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


def _is_printable(text: str) -> bool:
    return all(line.isprintable() for line in text.replace("\r\n", "\n").split("\n"))


def _check_files(folder: Path) -> None:
    """Check what is read by people or loaded by other programs; not the evidence."""
    files = {path.name: path.read_bytes().decode() for path in folder.glob("*.*[a-y]")}
    assert {"audit.html", "audit.csv", "history.csv"} <= set(files)
    for name, text in files.items():
        assert _is_printable(text), name
        if name.endswith(("json", "sarif")):
            json.loads(text)
        if name.endswith("junit"):
            etree.fromstring(text.encode())
        if name.endswith("toml"):
            tomllib.loads(text)
        if name.endswith("csv"):
            cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
            assert not [cell for cell in cells if cell.startswith(tuple("=+-@|\t"))]


@pytest.mark.parametrize("way", ["rows", "faults"])
def test_no_command_prints_what_a_terminal_obeys(
    attacker: Attacker,
    running: Lab,
    hook: Hook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    """Standard output and error of each command, at its loudest, and the files."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        return CliRunner(env=running.environment).invoke(app, list(words))

    attacker.way = ""
    config = ("-c", str(running.config))
    running.simulator.change({"start": {"node": SUB, "service": SERVICE}})
    assert run("audit", *config, "--history", "sqlite:///history.sqlite3").exit_code in (0, 3)
    assert run("snapshot", *config, "--to", "before.json").exit_code in (0, 3)
    attacker.way = way
    running.simulator.change({"stop": {"node": SUB, "service": SERVICE}})
    host, port = running.simulator.servers[CUCM]
    lines = [*command_lines(running, hook), ("trust", f"{host}:{port}", *config, "--yes")]
    for words in lines:
        result = run(*words)
        assert result.exit_code in (0, 3, 4, 5), (words, result.output)
        assert _is_printable(result.stdout), words
        assert _is_printable(result.stderr), words
    _check_files(tmp_path)
    assert all(_is_printable(message["message"]) for message in hook.told)
