"""A raw HTTPS client for the simulator: sockets and bytes, nothing of the program's own client."""

import base64
import http.client
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from auditor.simulator import Simulator

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
CONTROL_CENTER = "/controlcenterservice2/services/ControlCenterServices"
PERFMON = "/perfmonservice2/services/PerfmonService"


@dataclass(frozen=True)
class Answer:
    """What came back: `headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def xml(self) -> etree._Element:
        """Return the root element."""
        return etree.fromstring(self.body)

    @property
    def child(self) -> etree._Element:
        """Return the one element inside the one Body."""
        (body,) = self.xml.findall(f"{SOAP}Body")
        (child,) = body
        return child

    def texts(self, name: str) -> list[str | None]:
        """Return the text of every element of that name, whatever its namespace."""
        return [element.text for element in self.xml.iter(f"{{*}}{name}")]


@dataclass
class Wire:
    """Asks one simulator, each question on a connection of its own unless one is kept."""

    sim: Simulator
    timeout_s: float = 5.0
    session: dict[str, str] = field(default_factory=dict)

    def place(self, name: str) -> tuple[str, int]:
        """Return where a server listens."""
        return self.sim.servers[name]

    def connect(self, name: str, server_hostname: str | None = None) -> ssl.SSLSocket:
        """Open a verified TLS connection to a server, as strictly as Python 3.13 does."""
        context = ssl.create_default_context(cafile=self.sim.ca_path)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        line = socket.create_connection(self.place(name), timeout=self.timeout_s)
        try:
            return context.wrap_socket(line, server_hostname=server_hostname or name)
        except BaseException:
            line.close()
            raise

    def headers(self) -> dict[str, str]:
        """Return the account's header."""
        pair = f"{self.sim.username}:{self.sim.password}".encode()
        return {"Authorization": "Basic " + base64.b64encode(pair).decode()}

    def post(
        self,
        name: str,
        path: str,
        body: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "POST",
    ) -> Answer:
        """Send a request to a server by its name and return the whole answer."""
        with self.connect(name) as line:
            connection = http.client.HTTPConnection(name)
            connection.sock = line
            connection.request(
                method, path, body.encode(), self.headers() if headers is None else dict(headers)
            )
            response = connection.getresponse()
            told = {key.lower(): value for key, value in response.getheaders()}
            answer = Answer(response.status, told, response.read())
            connection.close()
        return answer

    def ending(self, name: str, path: str, body: str) -> tuple[bytes, bool]:
        """Send a request, and return what came back and whether TCP itself was reset.

        Python's TLS sockets tell a reset as an end, so TLS is done here beside the socket.
        """
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=self.sim.ca_path)
        tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
        head = f"POST {path} HTTP/1.1\r\nHost: {name}\r\nContent-Length: {len(body)}\r\n"
        fields = "".join(f"{key}: {value}\r\n" for key, value in self.headers().items())
        came = b""
        with socket.create_connection(self.place(name), timeout=self.timeout_s) as line:
            try:
                while not _shaken(tls):
                    line.sendall(outgoing.read())
                    incoming.write(line.recv(65536))
                tls.write(f"{head}{fields}\r\n{body}".encode())
                line.sendall(outgoing.read())
                while data := line.recv(65536):
                    incoming.write(data)
                    came += _readable(tls)
            except ConnectionResetError:
                return came, True
        return came, False

    def control_center(self, name: str, operation: str = "soapGetServiceStatus") -> Answer:
        """Ask Control Center for everything, as one empty element does."""
        child = {"soapGetServiceStatus": "<n:ServiceStatus/>"}.get(operation, "<n:ServiceInfo/>")
        return self.post(name, CONTROL_CENTER, ast(operation, child))

    def perfmon(self, name: str, counters: str = "Cisco Server Recovery Manager") -> Answer:
        """Ask for the counters of an object."""
        child = f"<n:Host>{name}</n:Host><n:Object>{counters}</n:Object>"
        return self.post(name, PERFMON, ast("perfmonCollectCounterData", child))

    def axl(self, name: str, operation: str, child: str = "", version: str = "14.0") -> Answer:
        """Ask AXL, on the CUCM or on a node."""
        action = {"SOAPAction": f'"CUCM:DB ver={version} {operation}"'}
        return self.post(name, "/axl/", axl(operation, child, version), self.headers() | action)

    def sql(self, name: str, statement: str) -> Answer:
        """Send one statement."""
        return self.axl(name, "executeSQLQuery", f"<sql>{statement}</sql>")


def _shaken(tls: ssl.SSLObject) -> bool:
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _readable(tls: ssl.SSLObject) -> bytes:
    came = b""
    try:
        while data := tls.read(65536):
            came += data
    except ssl.SSLWantReadError:
        pass
    return came


def envelope(child: str) -> str:
    """Return a request."""
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<e:Body>{child}</e:Body></e:Envelope>"
    )


def ast(operation: str, child: str) -> str:
    """Return a request to Control Center or PerfMon."""
    return envelope(
        f'<n:{operation} xmlns:n="http://schemas.cisco.com/ast/soap">{child}</n:{operation}>'
    )


def axl(operation: str, child: str, version: str) -> str:
    """Return a request to AXL."""
    space = f"http://www.cisco.com/AXL/API/{version}"
    return envelope(f'<n:{operation} xmlns:n="{space}" sequence="7">{child}</n:{operation}>')


Start = Callable[..., Wire]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start simulators from mappings (a pair of nodes by default) and close them at the end."""
    running: list[Simulator] = []

    def begin(**changes: Any) -> Wire:
        options = {
            k: changes.pop(k) for k in ("address_per_node", "delay_s", "clock") if k in changes
        }
        scenario: dict[str, object] = {
            "cluster": {"name": "lab"},
            "group": [{"name": "Pair", "nodes": ["imp1.lab.test", "imp2.lab.test"]}],
            **changes,
        }
        folder = tmp_path / f"simulator-{len(running)}"
        sim = Simulator(scenario, folder, **options)
        running.append(sim.start())
        return Wire(sim)

    yield begin
    for sim in running:
        sim.close()


@pytest.fixture
def healthy(tmp_path: Path) -> Iterator[Wire]:
    """Start the healthy scenario."""
    path = Path(__file__).parents[2] / "fixtures" / "scenarios" / "healthy.toml"
    with Simulator(path, tmp_path / "healthy") as sim:
        yield Wire(sim)
