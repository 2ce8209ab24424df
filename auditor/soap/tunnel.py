"""Reaches a server through the proxy of a session, for a handshake of our own."""

import socket
from contextlib import ExitStack
from http.client import HTTPException
from typing import cast
from urllib.parse import unquote

from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError
from urllib3.util import make_headers, parse_url

from auditor.soap.dialling import dial
from auditor.soap.registry import Call


def tunnel(call: Call, proxy: str, host: str, port: int) -> socket.socket:
    """Return a connection that a proxy opened (CONNECT); the proxy's own account goes to it alone.

    Raises `OSError` for a proxy that is not spoken to in plain HTTP, or opens none, and what
    `dial` raises.
    """
    place = parse_url(proxy)
    if place.scheme not in (None, "http") or place.host is None:
        raise OSError("no plain HTTP proxy")
    headers = make_headers(proxy_basic_auth=unquote(place.auth)) if place.auth else {}

    class Tunnel(HTTPConnection):
        """A connection that is dialled under the call's deadline."""

        def _new_conn(self) -> socket.socket:
            return dial(call, self._dns_host, self.port)

    connection = Tunnel(place.host, place.port or 80)
    connection.set_tunnel(host, port, headers)
    with ExitStack() as unless_open:
        unless_open.callback(connection.close)
        try:
            connection.connect()
        except (HTTPError, HTTPException) as exc:
            raise OSError("no answer in HTTP") from exc
        unless_open.pop_all()
    return cast(socket.socket, connection.sock)
