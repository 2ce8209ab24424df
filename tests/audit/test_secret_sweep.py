"""Servers that repeat every secret in every spelling: no command leaves one behind anywhere."""

import itertools
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

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
from tests.lab import PAIR, SUB, Lab
from tests.notify.hook import Hook, listening
from tests.soap.spellings import SPELLINGS

FRAGMENT = "Kj7hunter"
"""Letters of the password that no escape changes but one of all characters."""

PASSWORD = f"{FRAGMENT}\"m'Q2<v&X 9%p\\Z\u00e4"
USER = "audit-ro"
SESSION = "C0FFEE5E5510" * 2
SECRETS = {"password": PASSWORD, "account": f"{USER}:{PASSWORD}", "cookie": SESSION}
SPELT = {
    (what, name): spell(secret)
    for what, secret in SECRETS.items()
    for name, spell in SPELLINGS.items()
}
ECHOES = ("rows", "attributes", "faults", "pages", "headers")
_NAMES = frozenset({"name", "ServiceName", "Name", "Host", "Counter"})
"""Elements whose text a reply is read by: a change there would end the run too early."""


class Parrot:
    """Repeats the secrets, in one spelling after the other, in the way that `echo` says."""

    def __init__(self) -> None:
        self.echo = ""
        self.said = 0
        self._spellings = itertools.cycle(SPELT.items())

    def words(self, request: web.BaseRequest, count: int = 1) -> str:
        """Return so many spellings; of the cookie only if the request had it."""
        self.said += count
        words = itertools.islice(self._spellings, count)
        known = SESSION in request.headers.get("Cookie", "")
        return " ".join(spelt for (what, _), spelt in words if known or what != "cookie")

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse | None:
        """Return a reply in place of a good one, None to leave that."""
        if self.echo == "faults":
            body = serialise_envelope(
                fault_envelope(SoapFaultReply("ns1:Server", self.words(request, 3)))
            )
            return await send_whole(request, body, status=500)
        if self.echo == "pages":
            page = f"<html><body>{self.words(request, len(SPELT))}</body></html>".encode()
            return await send_whole(request, page, status=404, content_type="text/html")
        if self.echo == "headers":
            said = self.words(request, 4).encode("ascii", "replace").decode()
            headers = {"Location": f"https://127.0.0.1/?{said}", "X-Was": said, "Warning": said}
            kind = f"text/html; was={said}"
            return await send_whole(request, b"", status=302, content_type=kind, headers=headers)
        return None

    def change(self, request: web.BaseRequest, whole: etree._Element) -> None:
        """Write secrets behind the words of a good reply."""
        for element in whole.iter():
            name = etree.QName(element).localname
            if self.echo == "attributes":
                element.set("was", self.words(request))
            elif self.echo == "rows" and not len(element) and name not in _NAMES:
                element.text = f"{element.text or ''} {self.words(request)}"


@pytest.fixture(scope="module")
def parrot() -> Iterator[Parrot]:
    """Let every simulated server repeat secrets, in its certificate too."""
    parrot = Parrot()
    handle, send = SimulatedServer.handle, SimulatedServer._send_envelope

    async def answer(self: SimulatedServer, request: web.BaseRequest) -> web.StreamResponse:
        is_list = b"listProcessNode>" in await request.read()
        reply = None if is_list else await parrot.answer(request)
        return reply or await handle(self, request)

    async def change(
        self: SimulatedServer, request: web.BaseRequest, whole: XmlElement, status: int = 200
    ) -> web.StreamResponse:
        parrot.change(request, whole)
        return await send(self, request, whole, status)

    def name(text: str) -> x509.Name:
        parts = {NameOID.ORGANIZATION_NAME: PASSWORD, NameOID.ORGANIZATIONAL_UNIT_NAME: text}
        return x509.Name([x509.NameAttribute(kind, part) for kind, part in parts.items()])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SimulatedServer, "handle", answer)
        patch.setattr(SimulatedServer, "_send_envelope", change)
        patch.setattr(certificates, "build_common_name", name)
        patch.setattr("secrets.token_hex", lambda _: SESSION)
        yield parrot


@pytest.fixture(scope="module")
def running(parrot: Parrot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    del parrot
    with ExitStack() as stack:
        place = tmp_path_factory.mktemp("lab")
        yield Lab(stack.enter_context(Simulator(PAIR, place, password=PASSWORD)), place)


@pytest.fixture(scope="module")
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file that commands left, but for the authority's."""
    for path in filter(Path.is_file, folder.rglob("*")):
        data = path.read_bytes()
        if b"BEGIN CERTIFICATE" not in data:
            yield str(path.relative_to(folder)), data.decode(errors="replace")


def _found(text: str) -> list[str]:
    """Return the spellings of secrets that are in a text."""
    folded = text.casefold()
    leaks = [": ".join(name) for name, spelt in SPELT.items() if spelt.casefold() in folded]
    return leaks + ["a part of the password"] * (FRAGMENT.casefold() in folded)


@pytest.mark.parametrize("echo", ECHOES)
def test_no_command_leaves_a_secret_behind(
    parrot: Parrot,
    running: Lab,
    hook: Hook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    echo: str,
) -> None:
    """Outputs in each format, files, history, evidence and its replay, notifications, the log."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        return CliRunner(env={"AUDITOR_PASSWORD": PASSWORD}).invoke(app, list(words))

    parrot.echo = ""
    running.simulator.change({"start": {"node": SUB, "service": SERVICE}})
    history = ("--history", "sqlite:///history.sqlite3")
    assert run("audit", "-c", str(running.config), *history).exit_code == 0
    assert run("snapshot", "-c", str(running.config), "--to", "before.json").exit_code == 0
    parrot.echo, before = echo, parrot.said
    running.simulator.change({"stop": {"node": SUB, "service": SERVICE}})
    leaks = {}
    for words in command_lines(running, hook):
        result = run(*words)
        assert result.exit_code in (0, 3, 4, 5), (words, result.output)
        if found := _found(f"{result.stdout}\n{result.stderr}"):
            leaks[" ".join(words)] = found
    assert parrot.said - before > len(SPELT)
    leaks |= {name: _found(text) for name, text in _files(tmp_path)}
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()}
    assert modes == {0o600}
    leaks["log"] = _found(caplog.text)
    leaks["notifications"] = _found("".join(f"{message}" for message in hook.told))
    assert {where: found for where, found in leaks.items() if found} == {}
