"""One TLS listener of one simulated server, whose certificate and presence can change."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

_GRACE_S = 0.5
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Listener:
    """Listens on one address for one server; all its methods belong to the event loop's thread."""

    def __init__(self, host: str, port: int, certificate: Path, handler: Handler) -> None:
        """Take the address (port 0: any) without listening yet."""
        self._certificate = certificate
        self._handler = handler
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._shown = certificate
        self._socket = _bound(host, port)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        self._server: asyncio.Server | None = None
        self._http: web.Server | None = None

    async def open(self) -> None:
        """Accept connections, if it does not yet."""
        if self._server is not None:
            return
        loop = asyncio.get_running_loop()
        self._http = web.Server(self._handler, access_log=None, handler_cancellation=True)
        self._server = await loop.create_server(
            self._http, sock=self._socket, ssl=self._context, backlog=512, ssl_shutdown_timeout=1
        )

    async def refuse(self) -> None:
        """Drop every connection and refuse new ones, keeping the port for later."""
        if self._server is None:
            return
        await self._end()
        self._socket = _bound(*self.address)

    async def close(self) -> None:
        """Stop for good."""
        await self._end()
        self._socket.close()

    def show(self, certificate: Path | None) -> None:
        """Present another certificate (None: the right one) to connections from now on."""
        wanted = certificate or self._certificate
        if wanted == self._shown:
            return
        self._context.load_cert_chain(wanted)
        self._shown = wanted
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
            await self._http.shutdown(_GRACE_S)
        self._server = self._http = None


def _bound(host: str, port: int) -> socket.socket:
    """Return a bound socket; while it does not listen, whoever connects is refused."""
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        line.bind((host, port))
    except OSError:
        line.close()
        raise
    return line
