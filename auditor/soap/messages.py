"""What passes the seam between the program and the network: questions, answers, certificates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from auditor.cluster import Reach
from auditor.errors import ExchangeError, Reason, Unreachable
from auditor.facts import Identity


class LostConnection(Unreachable):
    """The connection ended before any byte of the reply; the one failure that is asked again."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request, without the credentials: `url` is whole, `headers` hold the SOAP action.

    `operation` is what it asks, for those who read a record.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    operation: str = "question"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server's certificate says of itself; true only where the identity is proven.

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
class Shown:
    """What a server showed in a handshake without a request, and what was held against it.

    `certificate` None: none was shown, or none that can be read. `refused` is the error that a
    request would have met before a byte of it was sent.
    """

    certificate: Certificate | None
    identity: Identity = Identity.UNPROVEN
    refused: ExchangeError | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply as it came: nothing of it has been looked at but its size.

    `body` is empty for a status whose body says nothing (all but 200, 500, 503, 599).
    """

    status: int
    content_type: str
    body: bytes
    received_at: datetime
    identity: Identity = Identity.UNPROVEN
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class TcpResult:
    """What a bare TCP connection came to, with a sentence on it that holds no duration.

    `reason` says why where the reach is unknown.
    """

    reach: Reach
    text: str
    elapsed_ms: int = 0
    reason: Reason = Reason.UNREACHABLE
