"""The servers of one simulated cluster as they listen, each with the certificate it shows."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from auditor.simulator.certificates import Authority, self_signed
from auditor.simulator.exchange import Server, World
from auditor.simulator.faults import Fault, Rule
from auditor.simulator.listener import Listener
from auditor.simulator.loopback import LOOPBACK, Address

_PORT = 8443


class Servers:
    """Every listener of a cluster; all methods but `addresses` belong to the loop's thread.

    `address_per_node` gives each server an address of its own on port 8443 (127.0.1.1 and on);
    otherwise all share 127.0.0.1 with a port each.
    """

    def __init__(
        self, world: World, authority: Authority, folder: Path, *, address_per_node: bool
    ) -> None:
        """Take who answers and who signs; keys and certificates go into `folder`."""
        self._world = world
        self._authority = authority
        self._folder = folder
        self._address_per_node = address_per_node
        self._listeners: dict[str, Listener] = {}
        self._certificates: dict[str, Path] = {}

    @property
    def addresses(self) -> Mapping[str, Address]:
        """Return where each server listens, by its AXL name."""
        return {name: listener.address for name, listener in self._listeners.items()}

    async def open(self, names: Iterable[str]) -> None:
        """Take an address for each server and listen, as the plan of faults says."""
        for position, name in enumerate(names):
            host, port = self._place(position)
            path = self._folder / f"server-{position}.pem"
            self._certificates[name] = self._authority.issue(name, path)
            server = Server(self._world, name, self._world.cluster.nodes.get(name))
            self._listeners[name] = Listener(host, port, path, server.handle)
        await self.obey_plan()

    async def close(self) -> None:
        """Stop listening."""
        for listener in self._listeners.values():
            await listener.close()

    async def obey_plan(self) -> None:
        """Bring every listener to what the plan of faults says of it."""
        for name, listener in self._listeners.items():
            rule = self._world.plan.on_listener(name)
            if rule is not None and rule.fault is Fault.CONNECTION_REFUSED:
                await listener.refuse()
                continue
            listener.show(self._certificate(name, rule) if rule else None)
            await listener.open()

    def _place(self, position: int) -> Address:
        if not self._address_per_node:
            return LOOPBACK, 0
        return f"127.0.{1 + position // 250}.{1 + position % 250}", _PORT

    def _certificate(self, name: str, rule: Rule) -> Path:
        """Return the certificate that a fault has a server show."""
        if rule.fault is Fault.WRONG_CERTIFICATE:
            return self._certificates[rule.of or self._other(name)]
        path = self._folder / f"{self._certificates[name].stem}-{rule.fault}.pem"
        if rule.fault is Fault.SELF_SIGNED_CERTIFICATE:
            return self_signed(name, path)
        return self._authority.issue(name, path, expired=True)

    def _other(self, name: str) -> str:
        """Return another server: the next node, or the CUCM where a node is alone."""
        cluster = self._world.cluster
        neighbour = cluster.neighbour(name).name
        return neighbour if neighbour != name else cluster.scenario.cucm
