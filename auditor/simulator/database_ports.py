"""The external databases of a scenario: a port for each, that accepts connections or refuses."""

import socket
from collections.abc import Mapping

from auditor.simulator.loopback import LOOPBACK, Address
from auditor.simulator.scenario import ScenarioError

_BACKLOG = 4096


class DatabasePorts:
    """One port on loopback for each external database, by its name."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lines: dict[str, socket.socket] = {}

    @property
    def addresses(self) -> Mapping[str, Address]:
        """Return where each database is."""
        return {name: line.getsockname()[:2] for name, line in self._lines.items()}

    def add(self, name: str, *, listening: bool) -> None:
        """Take a port for a database."""
        self._lines[name] = _line(listening=listening)

    def turn(self, name: str, *, listening: bool) -> None:
        """Let a database accept connections or refuse them from now on, at its place.

        Raises ScenarioError for a name that there is not.
        """
        if name not in self._lines:
            known = ", ".join(self._lines) or "none in this scenario"
            raise ScenarioError(f"no database '{name}'; there are: {known}")
        _, port = self.addresses[name]
        self._lines[name].close()
        self._lines[name] = _line(listening=listening, port=port)

    def close(self) -> None:
        """Let go of every port."""
        for line in self._lines.values():
            line.close()


def _line(*, listening: bool, port: int = 0) -> socket.socket:
    """Return a port that accepts connections, or one that refuses them and stays taken."""
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    line.bind((LOOPBACK, port))
    if listening:
        line.listen(_BACKLOG)  # nobody accepts, so each test of it stays in the queue
    return line
