"""Where a server is reached, whom it must prove to be, and how much patience it gets."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server of a cluster.

    `name` is the node's name in messages; `verify_name` is what its certificate must name,
    whatever `host` is dialled. `pins` are SHA-256 digests of its certificate in hexadecimal,
    colons and case apart; a pinned server needs no `ca_bundle`. `ca_bundle` None means the
    machine's own trusted authorities. `other_names` are the names of the cluster's other nodes:
    a certificate that names one of them, and not this one, is `WrongNode`. `told_names` are what
    the configuration calls servers, groups and places, and what the database is asked for: no
    secret, whatever the password is.
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
    told_names: frozenset[str] = frozenset()

    @property
    def origin(self) -> str:
        """Return `https://host:port`, with an IPv6 address in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}:{self.port}"

    @property
    def spoken_names(self) -> frozenset[str]:
        """Return every name that servers of the cluster go by, with and without domain, folded."""
        names = {self.name, self.host, self.verify_name, *self.other_names, *self.told_names}
        folded = {name.casefold() for name in names}
        return frozenset(folded | {_without_domain(name) for name in folded})


def _without_domain(name: str) -> str:
    return name if ":" in name or name.replace(".", "").isdigit() else name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take: seconds from connect to last byte, pauses, bytes of the reply.

    `backoff_s` are the pauses before each repeat when the server says that it is busy; their
    number is the number of repeats.
    """

    timeout_s: float = 10
    backoff_s: tuple[float, ...] = (2, 5, 10)
    max_bytes: int = 8 * 1024 * 1024
