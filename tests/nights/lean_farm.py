"""Hundreds of clusters from one recorded audit, in a process of their own.

`python -m tests.nights.lean_farm FOLDER CLUSTERS NODES` serves until its standard input ends. It
records one cluster of so many nodes, and answers for each of the others with the same replies under
that one's names. At the end it prints how many requests a node had under way at most, and how many
it got.
"""

import asyncio
import json
import re
import resource
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from auditor.simulator import Simulator
from auditor.simulator.certificates import CertificateAuthority
from auditor.soap.messages import SoapResponse
from tests.benchmarks.farm import CHECKOUT, scenario
from tests.fuzz.recording import record_cluster

NODES = 4
_RECORDED = "c00"
_DOMAIN = f"{_RECORDED}.lab.test"
# Long enough that two requests to one node would meet.
_DELAY_S = 0.002
_BUNDLE = "ca.pem"

Question = tuple[str, str, str, bytes]
"""Server, path, SOAPAction and body, of the recorded cluster."""


@dataclass(slots=True)
class LeanFarm:
    """Clusters that run; `most_at_once` and `requests` are by server, known at the end."""

    config: Path
    username: str
    password: str
    clusters: int
    most_at_once: Mapping[str, int] = field(default_factory=dict)
    requests: Mapping[str, int] = field(default_factory=dict)

    def config_of(self, clusters: int) -> Path:
        """Write the configuration of the first clusters only, and return its path."""
        head, *blocks = self.config.read_text(encoding="utf-8").split("[[cluster]]")
        path = self.config.with_name(f"auditor-{clusters}.toml")
        path.write_text("[[cluster]]".join([head, *blocks[:clusters]]), encoding="utf-8")
        return path


@contextmanager
def lean_farm(folder: Path, clusters: int, nodes: int = NODES) -> Iterator[LeanFarm]:
    """Serve healthy clusters of so many nodes each; what was counted is there after the block."""
    command = [sys.executable, "-m", __name__, str(folder), f"{clusters}", f"{nodes}"]
    with subprocess.Popen(
        command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        first_line = process.stdout.readline()
        if not first_line:
            raise RuntimeError("the servers did not start")
        farm = LeanFarm(folder / "auditor.toml", **json.loads(first_line), clusters=clusters)
        yield farm
        process.stdin.close()
        counts = json.loads(process.stdout.read())
        farm.most_at_once, farm.requests = counts["most_at_once"], counts["requests"]


class _Server:
    """Answers for every server of every cluster, each on a port of its own."""

    def __init__(self, replies: Mapping[Question, SoapResponse]) -> None:
        self._replies = replies
        self._under_way: Counter[str] = Counter()
        self.most_at_once: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()

    async def open(self, server: str, context: ssl.SSLContext) -> int:
        """Listen for a server, and return its port."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, asyncio.IncompleteReadError):
                while True:
                    await self._answer(server, reader, writer)
            writer.close()

        listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        port: int = listening.sockets[0].getsockname()[1]
        return port

    async def _answer(
        self, server: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.requests[server] += 1
        self._under_way[server] += 1
        self.most_at_once[server] = max(self.most_at_once[server], self._under_way[server])
        try:
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            await asyncio.sleep(_DELAY_S)
            writer.write(self._reply(server, head.split(" ")[1], headers, body))
            await writer.drain()
        finally:
            self._under_way[server] -= 1

    def _reply(self, server: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        domain = server.partition(".")[2]
        asked = body.replace(domain.encode(), _DOMAIN.encode())
        recorded = server.replace(domain, _DOMAIN)
        reply = self._replies[recorded, path, headers.get("soapaction", ""), asked]
        own = reply.body.replace(_DOMAIN.encode(), domain.encode())
        lines = (
            f"HTTP/1.1 {reply.status} x",
            f"Content-Type: {reply.content_type}",
            f"Content-Length: {len(own)}",
        )
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + own


async def _serve(folder: Path, clusters: int, nodes: int) -> None:
    lab = scenario(0, nodes)
    recording = record_cluster(lab)
    replies: dict[Question, SoapResponse] = {}
    for exchange in recording.exchanges:
        url, _, action = exchange.key[0].partition(" ")
        question = (exchange.server, urlsplit(url).path, action, exchange.key[1])
        replies.setdefault(question, exchange.reply)
    with Simulator(lab, folder / "simulator") as simulator:
        text = simulator.write_config(folder / "recorded.toml", {"workers": 16}).read_text("utf-8")
        servers = tuple(simulator.servers)
        account = {"username": simulator.username, "password": simulator.password}
    authority = CertificateAuthority.create("night")
    (folder / _BUNDLE).write_bytes(authority.pem())
    head, _, block = text.partition("[[cluster]]")
    block = re.sub('ca_bundle = ".*"', f'ca_bundle = "{_BUNDLE}"', block)
    server, parts = _Server(replies), [head]
    for number in range(1, clusters + 1):
        name = f"c{number:03}"
        own = block.replace(_DOMAIN, f"{name}.lab.test").replace(f'"{_RECORDED}"', f'"{name}"')
        names = [one.replace(_DOMAIN, f"{name}.lab.test") for one in servers]
        ports = await _open_cluster(server, authority, names, folder / "certificate.pem")
        for host, port in ports.items():
            own = re.sub(f'("{host}" = )".*"', rf'\1"127.0.0.1:{port}"', own)
        parts.append(own)
    (folder / "auditor.toml").write_text("[[cluster]]".join(parts), encoding="utf-8")
    sys.stdout.write(f"{json.dumps(account)}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    counts = {"most_at_once": server.most_at_once, "requests": server.requests}
    sys.stdout.write(json.dumps(counts))


async def _open_cluster(
    server: _Server, authority: CertificateAuthority, names: list[str], path: Path
) -> dict[str, int]:
    ports = {}
    for name in names:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.issue([name], path))
        ports[name] = await server.open(name, context)
    return ports


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
