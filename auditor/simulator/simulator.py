"""The simulator: a whole cluster over HTTPS on loopback, from a scenario, until it is closed."""

import shlex
import socket
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from auditor.simulator import config_file, control
from auditor.simulator.address import ControlAddress
from auditor.simulator.certificates import Authority, self_signed
from auditor.simulator.cluster import Cluster
from auditor.simulator.config_file import Address
from auditor.simulator.database import Database
from auditor.simulator.exchange import Server, World
from auditor.simulator.faults import Fault, Plan
from auditor.simulator.listener import Listener
from auditor.simulator.loading import load
from auditor.simulator.log import Exchange
from auditor.simulator.loop import LoopThread
from auditor.simulator.scenario import HA_STATES, ScenarioError
from auditor.simulator.service import Clock

_LOOPBACK = "127.0.0.1"
_PORT = 8443
_USERNAME = "audit-lab"
# Every sign in it needs care somewhere: XML, shell, TOML, format strings.
_PASSWORD = """L4b&<"x'>%s;$HOME\\"""  # noqa: S105 - an invented account


class Simulator:
    """One simulated cluster. Use it as a context manager, or call start() and close().

    `address_per_node` gives each server an address of its own on port 8443 (127.0.1.1 and on);
    otherwise all share 127.0.0.1 with a port each. `delay_s` passes before every answer.
    """

    def __init__(
        self,
        source: Path | Mapping[str, object],
        folder: Path,
        *,
        address_per_node: bool = False,
        delay_s: float = 0.0,
    ) -> None:
        """Read a scenario file, or a mapping of the same shape; certificates go into `folder`.

        Raises ScenarioError.
        """
        self.scenario = load(source)
        self._folder = folder
        self._address_per_node = address_per_node
        self._authority = Authority.create(self.scenario.cluster.name)
        cluster = Cluster(self.scenario, Clock())
        self._world = World(
            cluster=cluster,
            plan=Plan([control.rule(entry) for entry in self.scenario.fault]),
            imp_database=Database(cluster, "imp"),
            cucm_database=Database(cluster, "cucm"),
            account=f"{_USERNAME}:{_PASSWORD}",
            delay_s=delay_s,
        )
        self._listeners: dict[str, Listener] = {}
        self._certificates: dict[str, Path] = {}
        self._databases: dict[str, socket.socket] = {}
        self._loop: LoopThread | None = None
        self._control = ControlAddress(self._state, self._change)

    @property
    def username(self) -> str:
        """Return the account that may ask."""
        return _USERNAME

    @property
    def password(self) -> str:
        """Return its invented password."""
        return _PASSWORD

    @property
    def cluster_name(self) -> str:
        """Return the cluster's name in the configuration."""
        return self.scenario.cluster.name

    @property
    def ca_path(self) -> Path:
        """Return the CA certificate that clients are to trust."""
        return self._folder / "ca.pem"

    @property
    def nodes(self) -> dict[str, Address]:
        """Return where each IM&P node listens, by its AXL name."""
        return {name: self._listeners[name].address for name in self.scenario.node_names}

    @property
    def cucm(self) -> Address:
        """Return where the CUCM publisher listens."""
        return self._listeners[self.scenario.cucm].address

    @property
    def control_url(self) -> str:
        """Return the address that takes changes as JSON (POST) and tells the state (GET)."""
        return self._control.url

    @property
    def requests(self) -> list[Exchange]:
        """Return what was asked so far, in the order of arrival.

        An exchange whose last byte was sent has ended here: the loop tells it between two steps.
        """
        return self._loop.call(self._log()) if self._loop else list(self._world.log)

    def start(self) -> Self:
        """Listen. Raises OSError when an address is taken."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.ca_path.write_bytes(self._authority.pem())
        self._loop = LoopThread("simulator")
        try:
            self._loop.call(self._open())
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Stop listening and let go of everything but the folder; may be called twice."""
        loop, self._loop = self._loop, None
        if loop is None:
            return
        loop.call(self._shut())
        loop.close()
        self._world.imp_database.close()
        self._world.cucm_database.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def change(self, data: Mapping[str, object]) -> None:
        """Change the running cluster (see `control`); raise ScenarioError if it cannot be.

        From the next connection or request on, every server behaves accordingly.
        """
        if self._loop is None:
            raise ScenarioError("the simulator does not run")
        self._loop.call(self._change(data))

    def write_config(self, path: Path, defaults: Mapping[str, object] | None = None) -> Path:
        """Write a ready configuration, with the CA beside it; return its path.

        `defaults` are further keys of `[defaults]`, such as `settle_s`.
        """
        bundle = path.with_name(f"{path.stem}-ca.pem")
        bundle.write_bytes(self._authority.pem())
        content = config_file.text(
            self.scenario,
            {name: listener.address for name, listener in self._listeners.items()},
            {name: line.getsockname()[:2] for name, line in self._databases.items()},
            bundle.name,
            {"username": _USERNAME, **(defaults or {})},
        )
        path.write_text(content, encoding="utf-8")
        return path

    def command(self, config: Path) -> str:
        """Return the one line for a shell that audits this cluster."""
        password = shlex.quote(_PASSWORD)
        return f"AUDITOR_PASSWORD={password} auditor audit --config {shlex.quote(str(config))}"

    async def _open(self) -> None:
        names = [*self.scenario.node_names, self.scenario.cucm]
        for position, name in enumerate(names):
            host, port = self._place(position)
            path = self._folder / f"server-{position}.pem"
            self._certificates[name] = self._authority.issue(name, path)
            server = Server(self._world, name, self._world.cluster.nodes.get(name))
            self._listeners[name] = Listener(host, port, path, server.handle)
        for entry in self.scenario.external_database:
            self._databases[entry.name] = _database(listening=entry.listening)
        await self._control.open()
        await self._obey_plan()

    def _place(self, position: int) -> Address:
        if not self._address_per_node:
            return _LOOPBACK, 0
        return f"127.0.{1 + position // 250}.{1 + position % 250}", _PORT

    async def _shut(self) -> None:
        for listener in self._listeners.values():
            await listener.close()
        for line in self._databases.values():
            line.close()
        await self._control.close()

    async def _change(self, data: Mapping[str, object]) -> None:
        world = self._world
        control.apply(control.parse(data), world.cluster, world.plan, self._edit)
        world.imp_database.refresh()
        world.cucm_database.refresh()
        await self._obey_plan()

    async def _log(self) -> list[Exchange]:
        return list(self._world.log)

    def _state(self) -> dict[str, object]:
        nodes = self._world.cluster.nodes.values()
        return {
            "cluster": self.cluster_name,
            "cucm": {"name": self.scenario.cucm, "address": list(self.cucm)},
            "nodes": {
                node.name: {
                    "address": list(self.nodes[node.name]),
                    "group": node.group,
                    "ha": HA_STATES[node.ha] if 0 <= node.ha < len(HA_STATES) else node.ha,
                }
                for node in nodes
            },
            "faults": [f"{rule.fault} on {rule.node}" for rule in self._world.plan.rules],
            "requests": len(self._world.log),
        }

    def _edit(self, row: control.RowChange) -> None:
        side = self._world.imp_database if row.side == "imp" else self._world.cucm_database
        side.edit(row.table, row.where, row.set)

    async def _obey_plan(self) -> None:
        """Bring every listener to what the plan says of it."""
        for name, listener in self._listeners.items():
            rule = self._world.plan.on_listener(name)
            if rule is not None and rule.fault is Fault.CONNECTION_REFUSED:
                await listener.refuse()
                continue
            listener.show(self._certificate(name, rule.fault, rule.of) if rule else None)
            await listener.open()

    def _certificate(self, name: str, fault: Fault, other: str | None) -> Path:
        if fault is Fault.WRONG_CERTIFICATE:
            neighbour = self._world.cluster.neighbour(name).name
            return self._certificates[
                other or (neighbour if neighbour != name else self.scenario.cucm)
            ]
        path = self._folder / f"{self._certificates[name].stem}-{fault}.pem"
        if fault is Fault.SELF_SIGNED_CERTIFICATE:
            return self_signed(name, path)
        return self._authority.issue(name, path, expired=True)


def _database(*, listening: bool) -> socket.socket:
    """Return a port that accepts connections, or one that refuses them and stays taken."""
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    line.bind((_LOOPBACK, 0))
    if listening:
        line.listen(64)
    return line
