"""What keeps a connection to a scheduler from coming about, by a look-up and a bare connection.

Dask itself says of all of it, after half a minute, that it timed out.
"""

import socket
import ssl
from enum import Enum
from multiprocessing import TimeoutError as LimitReached

from distributed.comm.addressing import parse_address, parse_host_port

from auditor.fleet.background import start_in_background
from auditor.fleet.privacy import is_encrypted

_LIMIT_S = 2.0
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
_SCHEMES = frozenset({"tcp", "tls"})


class Obstacle(Enum):
    """Why there is no connection: a clause about the place, and one that says what to do."""

    NO_ADDRESS = (
        "no address is known for the name {host}",
        "correct the name, or look at the name service",
    )
    REFUSED = (
        "{place} refused the connection",
        "check the address and port, and that the scheduler runs there",
    )
    NO_ROUTE = (
        "{place} accepted no connection within two seconds",
        "check the address, and let its TCP port through from this machine",
    )
    NO_TLS = (
        "{place} does not speak TLS",
        "check the port, and start the scheduler there with --protocol tls",
    )
    ONLY_TLS = ("{place} speaks TLS", "write tls:// in place of tcp://")
    SILENT = (
        "{place} accepts connections but does not answer",
        "look whether the scheduler there hangs, and restart it",
    )

    @property
    def is_final(self) -> bool:
        """Return whether it will not pass by itself, as a busy network or scheduler may."""
        return self not in (Obstacle.NO_ROUTE, Obstacle.SILENT)

    def describe(self, address: str) -> str:
        """Return what is wrong with an address of Dask, and what to do."""
        cause, advice = self.value
        host, port = parse_host_port(parse_address(address)[1])
        return f"{cause}; {advice}".format(host=host, place=f"{host}:{port}")


def find_obstacle(address: str) -> Obstacle | None:
    """Return what keeps this machine from an address of Dask; None if that cannot be known.

    It takes a few seconds at most.
    """
    try:
        scheme, location = parse_address(address)
        host, port = parse_host_port(location)
    except ValueError:
        return None
    if scheme not in _SCHEMES:
        return None
    try:
        # A look-up has no limit of its own.
        start_in_background(socket.getaddrinfo, host, port).get(_LIMIT_S)
        with socket.create_connection((host, port), timeout=_LIMIT_S) as connection:
            if is_encrypted(address):
                return _try_tls(connection)
            if not _is_silent(connection):
                return None
        with socket.create_connection((host, port), timeout=_LIMIT_S) as connection:
            return Obstacle.SILENT if _try_tls(connection) else Obstacle.ONLY_TLS
    except (socket.gaierror, UnicodeError):
        return Obstacle.NO_ADDRESS
    except LimitReached:
        return None
    except ConnectionRefusedError:
        return Obstacle.REFUSED
    except OSError:
        return Obstacle.NO_ROUTE


def _is_silent(connection: socket.socket) -> bool:
    """Return whether a server waits for us to begin, which a scheduler without TLS does not."""
    try:
        connection.recv(1)
    except TimeoutError:
        return True
    return False


def _try_tls(connection: socket.socket) -> Obstacle | None:
    """Return what a handshake comes to; whether the certificate is good is for Dask to say."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with context.wrap_socket(connection):
            return None
    except TimeoutError:
        return Obstacle.SILENT
    except ssl.SSLError as error:
        return Obstacle.NO_TLS if error.reason in _NO_TLS else None
