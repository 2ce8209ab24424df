"""What the program and the network exchange: requests, replies, certificates, addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auditor.errors import ExchangeError, Reason, Unreachable
from auditor.models.nodes import Identity
from auditor.models.settings import Reach

DEFAULT_TIMEOUT_S = 20.0


class ConnectionDropped(Unreachable):
    """The connection ended before any byte of the reply; the one failure repeated at once."""


@dataclass(frozen=True, slots=True)
class SoapRequest:
    """One request, without the credentials: `url` is whole, `headers` hold the SOAP action.

    `operation` is its name, for people who read the evidence. `timeout_s` are the seconds from
    connect to last byte; None: those of the session's limits.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    operation: str = "request"
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server's certificate says; true only where the identity is proven.

    `sha256` is its digest in upper case with colons. `names` are the host names and addresses
    that count (subject alternative names), `common_name` the one that does not.
    """

    sha256: str
    names: tuple[str, ...]
    common_name: str
    issuer: str
    not_before: datetime
    not_after: datetime
    self_signed: bool


@dataclass(frozen=True, slots=True)
class HandshakeResult:
    """What a server presented in a handshake without a request, and why it would be refused.

    `certificate` None: none was presented, or it cannot be read. `refused` is the error that a
    request would have raised before a byte of it was sent.
    """

    certificate: Certificate | None
    identity: Identity = Identity.UNPROVEN
    refused: ExchangeError | None = None


@dataclass(frozen=True, slots=True)
class SoapResponse:
    """One reply as it came; only its size was checked.

    `body` is empty for a status whose body has no information (all but 200, 500, 503, 599).
    """

    status: int
    content_type: str
    body: bytes
    received_at: datetime
    identity: Identity = Identity.UNPROVEN
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class TcpResult:
    """The result of a bare TCP connection; its sentence holds no duration.

    `reason` says why where the reach is unknown, `error` what the system said then.
    """

    reach: Reach
    text: str
    elapsed_ms: int = 0
    reason: Reason = Reason.UNREACHABLE
    error: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server of a cluster.

    `name` is the node's name in messages; `verify_name` is the name that its certificate must
    hold, whichever `host` is connected to. `pins` are SHA-256 digests of its certificate in
    hexadecimal, in any case, with or without colons; a pinned server needs no `ca_bundle`.
    `ca_bundle` None means the machine's own authorities. `other_names` are the cluster's other
    nodes: a certificate that names one of them, and not this one, is `WrongNode`.
    `configured_names` are the names in the configuration, and those that the database is asked
    for: they are never hidden as secrets.
    """

    name: str
    host: str
    port: int
    verify_name: str
    pins: tuple[str, ...] = ()
    ca_bundle: Path | None = None
    legacy_tls: bool = False
    insecure: bool = False
    proxy: bool = False
    other_names: frozenset[str] = frozenset()
    configured_names: frozenset[str] = frozenset()

    @property
    def origin(self) -> str:
        """Return `https://host:port`, with an IPv6 address in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}:{self.port}"

    @property
    def public_names(self) -> frozenset[str]:
        """Return all names of the cluster, with and without domain, in lower case."""
        names = {self.name, self.host, self.verify_name, *self.other_names, *self.configured_names}
        folded = {name.casefold() for name in names}
        return frozenset(folded | {_strip_domain(name) for name in folded})


def _strip_domain(name: str) -> str:
    # An address has no domain: what is left of 10.1.2.3 would be the public name "10".
    return name if ":" in name or name.replace(".", "").isdigit() else name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Limits of one request: seconds from connect to last byte, pauses, bytes of the reply.

    All requests and pauses of a server have two `timeout_s` in sum, see `budget`. `backoff_s` are
    the pauses before each repeat when the server says that it is busy; their number is the number
    of repeats.
    """

    timeout_s: float = DEFAULT_TIMEOUT_S
    backoff_s: tuple[float, ...] = (2, 5, 10)
    # AXL itself refuses to read more than 8 MB at once (AXL developer guide).
    max_bytes: int = 8 * 1024 * 1024
