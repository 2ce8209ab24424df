"""The simulator: a whole cluster over HTTPS on loopback, from a scenario, until it is closed."""

import asyncio
import shlex
import socket
from collections.abc import Mapping, Sequence
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
from auditor.simulator.service import Clock, HandClock
from auditor.simulator.stage import Stage

_LOOPBACK = "127.0.0.1"
_PORT = 8443
_USERNAME = "audit-lab"
# Every sign in it needs care somewhere: XML, shell, TOML, format strings.
_PASSWORD = """L4b&<"x'>%s;$HOME\\"""  # noqa: S105 - an invented account


class Simulator:
    """One simulated cluster. Use it as a context manager, or call start() and close().

    `address_per_node` gives each server an address of its own on port 8443 (127.0.1.1 and on);
    otherwise all share 127.0.0.1 with a port each. `delay_s` passes before every answer. A `clock`
    that is moved by hand lets scenes happen when advance() says so, else they take their time.
    """

    def __init__(
        self,
        source: Path | Mapping[str, object],
        folder: Path,
        *,
        address_per_node: bool = False,
        delay_s: float = 0.0,
        clock: Clock | None = None,
    ) -> None:
        """Read a scenario file, or a mapping of the same shape; certificates go into `folder`.

        Raises ScenarioError.
        """
        self.scenario = load(source)
        self._folder = folder
        self._address_per_node = address_per_node
        self._authority = Authority.create(self.scenario.cluster.name)
        self._clock = clock or Clock()
        self._stage = Stage()
        self._player: asyncio.Task[None] | None = None
        cluster = Cluster(self.scenario, self._clock)
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

    def advance(self, seconds: float) -> None:
        """Move the clock by hand, and let everything happen whose moment has come.

        Raises ScenarioError for a clock that runs by itself.
        """
        if self._loop is None or not isinstance(self._clock, HandClock):
            raise ScenarioError("the simulator's clock is not moved by hand")
        self._clock.forward(seconds)
        self._loop.call(self._perform())

    def write_config(self, path: Path, defaults: Mapping[str, object] | None = None) -> Path:
        """Write a ready configuration, with the CA beside it; return its path.

        `defaults` are further keys of `[defaults]`, such as `settle_s`.
        """
        bundle = path.with_name(f"{path.stem}-ca.pem")
        path.write_text(self.config_text(bundle, defaults), encoding="utf-8")
        return path

    def config_text(self, bundle: Path, defaults: Mapping[str, object] | None = None) -> str:
        """Return a configuration for a file beside `bundle`, to which the CA is written."""
        bundle.write_bytes(self._authority.pem())
        return config_file.text(
            self.scenario,
            {name: listener.address for name, listener in self._listeners.items()},
            {name: line.getsockname()[:2] for name, line in self._databases.items()},
            bundle.name,
            {"username": _USERNAME, **(defaults or {})},
        )

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
        world, change = self._world, control.parse(data)
        played = [control.scene(play, world.cluster) for play in change.play]
        control.apply(change, world.cluster, world.plan, self._edit)
        for entry in change.database:
            self._open_database(entry.name, listening=entry.listening)
        world.imp_database.refresh()
        world.cucm_database.refresh()
        await self._obey_plan()
        for steps in played:
            self._stage.put(steps, self._clock.now())
        if played:
            await self._perform()

    async def _perform(self) -> None:
        """Let happen what is due, and see to it that the rest will."""
        while (step := self._stage.due(self._clock.now())) is not None:
            await self._change(step)
        pause = self._stage.until_next(self._clock.now())
        if pause is not None and not isinstance(self._clock, HandClock):
            self._player = asyncio.get_running_loop().create_task(self._later(pause))

    async def _later(self, pause_s: float) -> None:
        await asyncio.sleep(pause_s)
        await self._perform()

    def _open_database(self, name: str, *, listening: bool) -> None:
        """Open or close an external database at its place."""
        if name not in self._databases:
            raise ScenarioError(f"no database '{name}'; there are {', '.join(self._databases)}")
        place = self._databases[name].getsockname()[:2]
        self._databases[name].close()
        self._databases[name] = _database(listening=listening, port=place[1])

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
                    "sessions": node.sessions,
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


def write_together(
    simulators: Sequence[Simulator], path: Path, defaults: Mapping[str, object] | None = None
) -> Path:
    """Write one configuration for several clusters, such as peers; return its path.

    Their names must differ; all take the same account.
    """
    texts = [
        simulator.config_text(path.with_name(f"{simulator.cluster_name}-ca.pem"), defaults)
        for simulator in simulators
    ]
    path.write_text(config_file.together(texts), encoding="utf-8")
    return path


def _database(*, listening: bool, port: int = 0) -> socket.socket:
    """Return a port that accepts connections, or one that refuses them and stays taken."""
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    line.bind((_LOOPBACK, port))
    if listening:
        line.listen(4096)  # nobody accepts, so each test of it stays in the queue
    return line
