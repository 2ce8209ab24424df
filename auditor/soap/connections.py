"""The session, adapter and connections of requests, which leave every decision to `LiveSession`.

It is called in each phase of a connection: to open it, once it is encrypted, before a request, and
once that has left.
"""

import base64
import socket
import ssl
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import ConnectionPool
from urllib3.response import BaseHTTPResponse, HTTPResponse

from auditor.credentials import Credentials

if TYPE_CHECKING:
    from auditor.soap.transport import LiveSession


class HttpSession(requests.Session):
    """A session that neither follows a redirect nor reads the page that asks for it.

    The password goes to the server that was asked, and to no other.
    """

    # Even without `allow_redirects` requests asks for the target, and then reads the whole page.
    def get_redirect_target(self, _: requests.Response) -> None:
        return None

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare a request: its own headers, and the session's account and cookies.

        requests would merge every other setting of a session too, which costs more than this.
        """
        prepared = _PreparedRequest()
        prepared.prepare(
            method=request.method,
            url=request.url,
            headers={**self.headers, **request.headers},
            data=request.data,
            auth=self.auth,
            cookies=self.cookies,
        )
        return prepared


class _PreparedRequest(requests.PreparedRequest):
    """A request whose address is ready as it is: requests would take it apart and join it again."""

    def prepare_url(self, url: str, params: object) -> None:
        # An address in brackets goes to requests, which refuses what is no IPv6 address.
        if url.isascii() and "[" not in url:
            self.url = url
        else:
            super().prepare_url(url, params)


class BasicAuth(AuthBase):
    """HTTP basic authentication that reveals the password only into the request."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        # requests' own class keeps the password as a plain text, and fails outside Latin-1.
        pair = f"{self._credentials.username}:{self._credentials.password.reveal()}"
        r.headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return r


class HttpsAdapter(HTTPAdapter):
    """An adapter whose connections are opened and judged by their session."""

    def __init__(
        self, session: "LiveSession", context: ssl.SSLContext, server_hostname: str
    ) -> None:
        # By a proxy: a session that is done goes without waiting for the garbage collector.
        self._pools = {"https": partial(_Pool, weakref.proxy(session))}
        self._tls = {"ssl_context": context, "server_hostname": server_hostname}
        self._pool: ConnectionPool | None = None
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: object
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **self._tls, **pool_kwargs)
        # On this manager only: urllib3's own table belongs to the whole process.
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: object) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **self._tls, **proxy_kwargs)
        manager.pool_classes_by_scheme = self._pools  # type: ignore[assignment] # is called
        return manager

    def get_connection_with_tls_context(self, *request: Any, **settings: Any) -> ConnectionPool:
        """Return the one pool; requests would look for it before every request."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*request, **settings)
        return self._pool

    def build_response(
        self, req: requests.PreparedRequest, resp: BaseHTTPResponse
    ) -> requests.Response:
        """Return the reply as it is: requests would copy its headers, and its cookies once more.

        Nothing here reads what is left out.
        """
        response = requests.Response()
        response.status_code = resp.status
        response.headers = resp.headers  # type: ignore[assignment] # ignores case just as well
        response.raw = resp
        response.request = req
        return response

    def close(self) -> None:
        super().close()
        self._pool = None

    def cert_verify(self, conn: object, url: str, verify: object, cert: object) -> None:
        """Leave the context alone: requests would add the authorities that it brings along."""


class _Connection(HTTPSConnection):
    """A connection that calls its session in every phase."""

    def __init__(self, session: "LiveSession", **settings: Any) -> None:
        self._session = session
        super().__init__(**settings)

    def _new_conn(self) -> socket.socket:
        return self._session.open_connection(self._dns_host, self.port)

    def connect(self) -> None:
        try:
            super().connect()
        except (ssl.SSLError, ConnectionError, TimeoutError) as exc:
            raise self._session.handshake_error(exc) from exc
        self._session.verify_server(cast(ssl.SSLSocket, self.sock))
        self.is_verified = True  # or knowingly not: the warning is given once a run

    @property
    def is_connected(self) -> bool:
        """Return whether the connection can take a request; urllib3 asks the system alone.

        What TLS has decrypted and nobody has read would pass for the reply to the next request.
        """
        return super().is_connected and not _has_unread_bytes(self.sock)

    def putrequest(
        self,
        method: str,
        url: str,
        skip_host: bool = False,
        skip_accept_encoding: bool = False,
    ) -> None:
        # Here and not in `connect`, which a kept connection skips.
        self._session.start_request(self.sock)
        super().putrequest(method, url, skip_host, skip_accept_encoding)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3 overrides it
        self._session.note_request_sent()
        return super().getresponse()


def _has_unread_bytes(sock: Any) -> bool:  # noqa: ANN401 - without a type of its own in urllib3
    if isinstance(sock, ssl.SSLSocket):
        return sock.pending() > 0
    # TLS within TLS, to a proxy that is asked by HTTPS, keeps bytes in three places.
    return bool(sock.sslobj.pending() or sock.incoming.pending or sock.socket.pending())


class _Pool(HTTPSConnectionPool):
    """A pool whose connections know their session."""

    def __init__(self, session: "LiveSession", *place: Any, **settings: Any) -> None:
        # Not a class for each session: a thousand of them, kept alive by their own cycles, would
        # take more memory than the facts.
        self.ConnectionCls = partial(_Connection, session)  # type: ignore[assignment] # is called
        super().__init__(*place, **settings)
