"""The HTTPS session of requests, with one say in every phase of a connection."""

import base64
import socket
import ssl
from typing import Protocol, cast

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPSConnection

from auditor.credentials import Credentials


class Doorkeeper(Protocol):
    """Decides on a connection: how it is opened, whether it is trusted, when it is used."""

    def dial(self, host: str, port: int) -> socket.socket:
        """Open the TCP connection."""

    def handshake_failed(self, exc: Exception) -> Exception:
        """Return the error to raise for a handshake that failed."""

    def admit(self, sock: ssl.SSLSocket) -> None:
        """Judge the certificate, before a byte of a request is sent; raises to refuse it."""

    def starting(self, sock: socket.socket) -> None:
        """Learn that a request is about to be sent."""


class Session(requests.Session):
    """A session that neither follows a redirect nor reads the page that asks for it."""

    def get_redirect_target(self, _: requests.Response) -> None:
        return None

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare one of our questions: its own headers, and the session's account and cookies.

        The merging that requests does for every other setting of a session costs more than this.
        """
        prepared = requests.PreparedRequest()
        prepared.prepare(
            method=request.method,
            url=request.url,
            headers={**self.headers, **request.headers},
            data=request.data,
            auth=self.auth,
            cookies=self.cookies,
        )
        return prepared


class BasicAccount(AuthBase):
    """HTTP basic authentication that reveals the password only into the request."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        pair = f"{self._credentials.username}:{self._credentials.password.reveal()}"
        r.headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return r


class Adapter(HTTPAdapter):
    """An adapter whose connections are dialled and admitted by their door."""

    def __init__(self, door: Doorkeeper, context: ssl.SSLContext, server_hostname: str) -> None:
        self._pools = {"https": _pool_class(door)}
        self._tls = {"ssl_context": context, "server_hostname": server_hostname}
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: object
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **self._tls, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: object) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **self._tls, **proxy_kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def cert_verify(self, conn: object, url: str, verify: object, cert: object) -> None:
        """Leave the context alone: requests would add the authorities that it brings along."""


def _pool_class(door: Doorkeeper) -> type[HTTPSConnectionPool]:
    class Connection(HTTPSConnection):
        """A connection that answers to its doorkeeper in every phase."""

        def _new_conn(self) -> socket.socket:
            return door.dial(self._dns_host, self.port)

        def connect(self) -> None:
            try:
                super().connect()
            except (ssl.SSLError, ConnectionError, TimeoutError) as exc:
                raise door.handshake_failed(exc) from exc
            door.admit(cast(ssl.SSLSocket, self.sock))
            self.is_verified = True  # or knowingly not: the warning is given once a run

        def putrequest(
            self,
            method: str,
            url: str,
            skip_host: bool = False,
            skip_accept_encoding: bool = False,
        ) -> None:
            door.starting(self.sock)
            super().putrequest(method, url, skip_host, skip_accept_encoding)

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    return Pool
