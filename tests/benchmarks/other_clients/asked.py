"""The questions that the scripts ask, from the file that the measurement wrote for them.

Imports nothing of the program: what a script loads is its own.
"""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class AskedServer:
    """One server, its port on loopback, and its questions in order.

    A question has `path`, `operation`, `arguments` (for zeep), and `headers` and `body` (the same
    as they are sent).
    """

    name: str
    port: int
    questions: list[Mapping[str, Any]]

    @property
    def origin(self) -> str:
        """Return the address by name, so that the name in the certificate is verified."""
        return f"https://{self.name}:{self.port}"


@dataclass(frozen=True, slots=True)
class AskedCluster:
    """All servers, the authority that vouches for them, and who asks."""

    ca_bundle: str
    username: str
    servers: list[AskedServer]


def read_questions(path: Path) -> AskedCluster:
    """Read the file, and let every name be found on loopback, in place of a DNS."""
    told = json.loads(path.read_text(encoding="utf-8"))
    find = socket.getaddrinfo

    def find_on_loopback(_host: object, *where: Any, **how: Any) -> list[Any]:
        return [*find(_LOOPBACK, *where, **how)]

    socket.getaddrinfo = find_on_loopback  # type: ignore[assignment] # any host leads there
    servers = [AskedServer(**server) for server in told["servers"]]
    return AskedCluster(told["ca_bundle"], told["username"], servers)
