"""TLS listeners of a simulated cluster and ports of its external databases, on loopback only."""

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from aiohttp import web

from auditor.simulator.certificates import CertificateAuthority, write_self_signed
from auditor.simulator.exchange import SimulatedServer, SimulationState
from auditor.simulator.faults import Fault, FaultRule
from auditor.simulator.scenario import ScenarioError

_SHUTDOWN_GRACE_S = 0.5
RequestHandler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class TlsListener:
    """Listens on one address for one server; all its methods belong to the event loop's thread."""

    def __init__(self, host: str, port: int, certificate: Path, handler: RequestHandler) -> None:
        """Take the address (port 0: any) without listening yet."""
        self._certificate = certificate
        self._handler = handler
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._presented = certificate
        self._socket = _bind_socket(host, port)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        self._server: asyncio.Server | None = None
        self._http: web.Server | None = None

    async def open(self) -> None:
        """Accept connections, if it does not yet."""
        if self._server is not None:
            return
        loop = asyncio.get_running_loop()
        # Cancelled when its client goes, or a request that hangs on purpose would never end.
        self._http = web.Server(self._handler, access_log=None, handler_cancellation=True)
        self._server = await loop.create_server(
            self._http, sock=self._socket, ssl=self._context, backlog=512, ssl_shutdown_timeout=1
        )

    async def refuse(self) -> None:
        """Drop every connection and refuse new ones, keeping the port for later."""
        if self._server is None:
            return
        await self._end()
        self._socket = _bind_socket(*self.address)

    async def close(self) -> None:
        """Stop for good."""
        await self._end()
        self._socket.close()

    def present(self, certificate: Path | None) -> None:
        """Present another certificate (None: the right one) to connections from now on."""
        path = certificate or self._certificate
        if path != self._presented:
            self._load(path)

    def renew(self) -> None:
        """Present the right certificate again after its file was written anew."""
        self._load(self._certificate)

    def _load(self, path: Path) -> None:
        self._context.load_cert_chain(path)
        self._presented = path
        # A connection that is kept alive would go on under the old certificate.
        self.drop()

    def drop(self) -> None:
        """End every connection, so that the next request makes a new one."""
        for connection in list(self._http.connections) if self._http else ():
            transport = connection.transport
            connection.force_close()
            # Closing alone would wait for the client's part of TLS' good-bye.
            if isinstance(transport, asyncio.Transport):
                transport.abort()

    async def _end(self) -> None:
        if self._server is not None and self._http is not None:
            self._server.close()
            self.drop()
            await self._http.shutdown(_SHUTDOWN_GRACE_S)
        self._server = self._http = None


def _bind_socket(host: str, port: int) -> socket.socket:
    """Return a bound socket; until it listens, connections are refused."""
    listener_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    _let_port_be_bound_again(listener_socket)
    try:
        listener_socket.bind((host, port))
    except OSError:
        listener_socket.close()
        raise
    return listener_socket


def _let_port_be_bound_again(listener_socket: socket.socket) -> None:
    """Let a port be bound right after its connections were dropped."""
    # On Windows it is free by itself, and the option would let two programs share it.
    if os.name != "nt":
        listener_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


LOOPBACK = "127.0.0.1"

SocketAddress = tuple[str, int]
"""Host and port."""


_PER_NODE_PORT = 8443
_EXPIRED_FAULT_DAYS = -2


class SimulatedServers:
    """Every listener of a cluster; all methods but `addresses` belong to the loop's thread.

    `address_per_node` gives each server an address of its own on port 8443 (127.0.1.1 and on);
    otherwise all share 127.0.0.1 with a port each.
    """

    def __init__(
        self,
        simulation: SimulationState,
        authority: CertificateAuthority,
        folder: Path,
        *,
        address_per_node: bool,
    ) -> None:
        """Take the state and the authority; keys and certificates go into `folder`."""
        self._simulation = simulation
        self._authority = authority
        self._folder = folder
        self._address_per_node = address_per_node
        self._listeners: dict[str, TlsListener] = {}
        self._certificates: dict[str, Path] = {}
        self._certificate_days: dict[str, int] = {}

    @property
    def addresses(self) -> Mapping[str, SocketAddress]:
        """Return where each server listens, by its AXL name."""
        return {name: listener.address for name, listener in self._listeners.items()}

    async def open(self, names: Iterable[str]) -> None:
        """Take an address for each server and listen, unless a fault refuses."""
        for position, name in enumerate(names):
            host, port = self._place(position)
            path = self._issue(name, self._folder / f"server-{position}.pem")
            server = SimulatedServer(self._simulation, name)
            self._listeners[name] = TlsListener(host, port, path, server.handle)
        await self.update()

    async def close(self) -> None:
        """Stop listening."""
        for listener in self._listeners.values():
            await listener.close()

    async def update(self) -> None:
        """Follow the cluster: renew certificates, and apply the faults of listeners."""
        for name, listener in self._listeners.items():
            if self._certificate_days[name] != self._simulation.cluster.certificate_days[name]:
                self._issue(name, self._certificates[name])
                listener.renew()
            rule = self._simulation.plan.on_listener(name)
            if rule is not None and rule.fault is Fault.CONNECTION_REFUSED:
                await listener.refuse()
                continue
            listener.present(self._certificate(name, rule) if rule else None)
            await listener.open()

    def _issue(self, name: str, path: Path) -> Path:
        """Write the certificate that a server has by right now, and return its path."""
        cluster = self._simulation.cluster
        days, names = cluster.certificate_days[name], cluster.certificate_names[name]
        self._certificates[name] = self._authority.issue(names, path, days)
        self._certificate_days[name] = days
        return path

    def _place(self, position: int) -> SocketAddress:
        if not self._address_per_node:
            return LOOPBACK, 0
        return f"127.0.{1 + position // 250}.{1 + position % 250}", _PER_NODE_PORT

    def _certificate(self, name: str, rule: FaultRule) -> Path:
        """Return the certificate that a fault makes a server present."""
        if rule.fault is Fault.WRONG_CERTIFICATE:
            return self._certificates[rule.of or self._other(name)]
        path = self._folder / f"{self._certificates[name].stem}-{rule.fault}.pem"
        names = self._simulation.cluster.certificate_names[name]
        if rule.fault is Fault.SELF_SIGNED_CERTIFICATE:
            return write_self_signed(names, path)
        return self._authority.issue(names, path, _EXPIRED_FAULT_DAYS)

    def _other(self, name: str) -> str:
        """Return another server: the next node, or the CUCM where a node is alone."""
        cluster = self._simulation.cluster
        neighbour = cluster.neighbour(name).name
        return neighbour if neighbour != name else cluster.scenario.cucm


_DATABASE_BACKLOG = 4096


class DatabasePorts:
    """One port on loopback for each external database, by its name."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sockets: dict[str, socket.socket] = {}

    @property
    def addresses(self) -> Mapping[str, SocketAddress]:
        """Return where each database is."""
        return {
            name: listener_socket.getsockname()[:2]
            for name, listener_socket in self._sockets.items()
        }

    def add(self, name: str, *, listening: bool) -> None:
        """Take a port for a database."""
        self._sockets[name] = _open_database_port(listening=listening)

    def turn(self, name: str, *, listening: bool) -> None:
        """Let a database accept connections or refuse them from now on, at its place.

        Raises ScenarioError for a name that there is not.
        """
        if name not in self._sockets:
            names = ", ".join(self._sockets) or "none in this scenario"
            raise ScenarioError(f"no database '{name}'; there are: {names}")
        _, port = self.addresses[name]
        self._sockets[name].close()
        self._sockets[name] = _open_database_port(listening=listening, port=port)

    def close(self) -> None:
        """Let go of every port."""
        for listener_socket in self._sockets.values():
            listener_socket.close()


def _open_database_port(*, listening: bool, port: int = 0) -> socket.socket:
    """Return a port that accepts connections, or one that refuses them and stays taken."""
    listener_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    _let_port_be_bound_again(listener_socket)
    listener_socket.bind((LOOPBACK, port))
    if listening:
        listener_socket.listen(
            _DATABASE_BACKLOG
        )  # nothing accepts, so each test stays in the queue
    return listener_socket
