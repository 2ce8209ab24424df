"""The simulator: a whole cluster over HTTPS on loopback, from a scenario, until it is closed."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from auditor.simulator import choices, config_file, control, state
from auditor.simulator.address import ControlAddress
from auditor.simulator.certificates import Authority
from auditor.simulator.cluster import Cluster
from auditor.simulator.database import Database
from auditor.simulator.database_ports import DatabasePorts
from auditor.simulator.director import Director
from auditor.simulator.exchange import World
from auditor.simulator.faults import Plan
from auditor.simulator.loading import load
from auditor.simulator.log import Exchange
from auditor.simulator.loop import LoopThread
from auditor.simulator.loopback import Address
from auditor.simulator.scenario import ScenarioError
from auditor.simulator.servers import Servers
from auditor.simulator.service import Clock, HandClock

_USERNAME = "audit-lab"
_PASSWORD = """L4b&<"x'>%s;$HOME\\"""  # noqa: S105 - an invented account


class Simulator:
    """One simulated cluster. Use it as a context manager, or call start() and close().

    `address_per_node`: see `Servers`. `delay_s` passes before every answer. A `clock` that is moved
    by hand lets scenes happen when advance() says so, else they take their time. The `password` is
    that of the one account; the default holds every sign that needs care somewhere.
    """

    def __init__(
        self,
        source: Path | Mapping[str, object],
        folder: Path,
        *,
        address_per_node: bool = False,
        delay_s: float = 0.0,
        clock: Clock | None = None,
        password: str = _PASSWORD,
    ) -> None:
        """Read a scenario file, or a mapping of the same shape; certificates go into `folder`.

        Raises ScenarioError.
        """
        self.scenario = load(source)
        self.password = password
        self._folder = folder
        self._authority = Authority.create(self.scenario.cluster.name)
        self._clock = clock or Clock()
        cluster = Cluster(self.scenario, self._clock)
        self._world = World(
            cluster=cluster,
            plan=Plan([control.rule(entry) for entry in self.scenario.fault]),
            imp_database=Database(cluster, "imp"),
            cucm_database=Database(cluster, "cucm"),
            account=f"{_USERNAME}:{password}",
            delay_s=delay_s,
        )
        self._servers = Servers(
            self._world, self._authority, folder, address_per_node=address_per_node
        )
        self._databases = DatabasePorts()
        self._director = Director(self._world, self._servers, self._databases)
        self._loop: LoopThread | None = None
        self._control = ControlAddress(self._state, self._director.change)

    @property
    def username(self) -> str:
        """Return the account that may ask."""
        return _USERNAME

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
        addresses = self._servers.addresses
        return {name: addresses[name] for name in self.scenario.node_names}

    @property
    def cucm(self) -> Address:
        """Return where the CUCM publisher listens."""
        return self._servers.addresses[self.scenario.cucm]

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
        self._loop.call(self._director.change(data))

    def advance(self, seconds: float) -> None:
        """Move the clock by hand, and let everything happen whose moment has come.

        Raises ScenarioError for a clock that runs by itself.
        """
        if self._loop is None or not isinstance(self._clock, HandClock):
            raise ScenarioError("the simulator's clock is not moved by hand")
        self._clock.forward(seconds)
        self._loop.call(self._director.perform())

    def write_config(self, path: Path, defaults: Mapping[str, object] | None = None) -> Path:
        """Write a ready configuration, with the CA beside it; return its path.

        `defaults` are further keys of `[defaults]`, such as `settle_s`.
        """
        bundle = config_file.bundle_beside(path)
        config_file.write(path, self.config_text(bundle, defaults))
        return path

    def config_text(self, bundle: Path, defaults: Mapping[str, object] | None = None) -> str:
        """Return a configuration for a file beside `bundle`, to which the CA is written."""
        config_file.write(bundle, self._authority.pem().decode())
        return config_file.text(
            self.scenario,
            self._servers.addresses,
            self._databases.addresses,
            bundle.name,
            {"username": _USERNAME, **(defaults or {})},
        )

    def command(self, config: Path) -> str:
        """Return the one line for a shell that audits this cluster."""
        password = shlex.quote(self.password)
        return f"AUDITOR_PASSWORD={password} auditor audit --config {shlex.quote(str(config))}"

    async def _open(self) -> None:
        for entry in self.scenario.external_database:
            self._databases.add(entry.name, listening=entry.listening)
        await self._servers.open([*self.scenario.node_names, self.scenario.cucm])
        await self._control.open()

    async def _shut(self) -> None:
        await self._servers.close()
        self._databases.close()
        await self._control.close()

    async def _log(self) -> list[Exchange]:
        return list(self._world.log)

    def _state(self) -> dict[str, object]:
        return {
            **state.state(self._world, self._servers.addresses),
            "takes": choices.choices(self._world.cluster, self._databases.addresses),
        }


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
    config_file.write(path, config_file.together(texts))
    return path
