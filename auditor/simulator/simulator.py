"""The simulator: a whole cluster over HTTPS on loopback, built from a scenario.

Its servers run on an event loop in a thread of their own.
"""

import asyncio
import threading
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from auditor.simulator.certificates import CertificateAuthority
from auditor.simulator.cluster import SimulatedCluster
from auditor.simulator.config_file import (
    ca_bundle_path,
    merge_configs,
    render_config,
    write_marked_file,
)
from auditor.simulator.control_address import ControlServer, control_choices, describe_simulation
from auditor.simulator.database import SimulatedDatabase
from auditor.simulator.exchange import LoggedRequest, SimulationState
from auditor.simulator.faults import FaultPlan
from auditor.simulator.scenario import ScenarioError
from auditor.simulator.scenario_file import load_scenario
from auditor.simulator.scheduler import ChangeScheduler
from auditor.simulator.servers import DatabasePorts, SimulatedServers, SocketAddress
from auditor.simulator.service import ManualClock, SimulatorClock
from auditor.simulator.shell_lines import audit_line

T = TypeVar("T")
# Without a limit, a coroutine that never ends would hang the caller for good.
_CALL_TIMEOUT_S = 60


class LoopThread:
    """Runs coroutines for other threads until it is closed."""

    def __init__(self, name: str) -> None:
        """Start the thread; it ends with the process, or with close()."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and return what it returns, or raise what it raises."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_CALL_TIMEOUT_S)

    def close(self) -> None:
        """Cancel what is under way and end the thread."""
        self.call(_cancel_all_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_all_tasks() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


_ACCOUNT_NAME = "audit-lab"
_ACCOUNT_PASSWORD = """L4b&<"x'>%s;$HOME\\"""  # noqa: S105 - an invented account


class Simulator:
    """One simulated cluster. Use it as a context manager, or call start() and close().

    `address_per_node`: see `SimulatedServers`. `delay_s` passes before every reply. With a
    `ManualClock` sequences move on advance() alone. The `password` is that of the one account; the
    default holds every character that some encoding escapes.
    """

    def __init__(
        self,
        source: Path | Mapping[str, object],
        folder: Path,
        *,
        address_per_node: bool = False,
        delay_s: float = 0.0,
        clock: SimulatorClock | None = None,
        password: str = _ACCOUNT_PASSWORD,
    ) -> None:
        """Read a scenario file, or a mapping of the same shape; certificates go into `folder`.

        Raises ScenarioError.
        """
        self.scenario = load_scenario(source)
        self.password = password
        self._folder = folder
        self._authority = CertificateAuthority.create(self.scenario.cluster.name)
        self._clock = clock or SimulatorClock()
        cluster = SimulatedCluster(self.scenario, self._clock)
        self._simulation = SimulationState(
            cluster=cluster,
            plan=FaultPlan(list(self.scenario.fault)),
            imp_database=SimulatedDatabase(cluster, "imp"),
            cucm_database=SimulatedDatabase(cluster, "cucm"),
            account=f"{_ACCOUNT_NAME}:{password}",
            delay_s=delay_s,
        )
        self._servers = SimulatedServers(
            self._simulation, self._authority, folder, address_per_node=address_per_node
        )
        self._databases = DatabasePorts()
        self._scheduler = ChangeScheduler(self._simulation, self._servers, self._databases)
        self._loop: LoopThread | None = None
        self._control = ControlServer(self._state, self._scheduler.change)

    @property
    def username(self) -> str:
        """Return the account that may ask."""
        return _ACCOUNT_NAME

    @property
    def cluster_name(self) -> str:
        """Return the cluster's name in the configuration."""
        return self.scenario.cluster.name

    @property
    def ca_path(self) -> Path:
        """Return the CA certificate that clients are to trust."""
        return self._folder / "ca.pem"

    @property
    def nodes(self) -> dict[str, SocketAddress]:
        """Return where each IM&P node listens, by its AXL name."""
        addresses = self._servers.addresses
        return {name: addresses[name] for name in self.scenario.node_names}

    @property
    def cucm(self) -> SocketAddress:
        """Return where the CUCM publisher listens."""
        return self._servers.addresses[self.scenario.cucm]

    @property
    def servers(self) -> Mapping[str, SocketAddress]:
        """Return where every server listens, IM&P and CUCM, by its AXL name."""
        return self._servers.addresses

    @property
    def control_url(self) -> str:
        """Return the address that accepts changes as JSON (POST) and returns the state (GET)."""
        return self._control.url

    @property
    def requests(self) -> list[LoggedRequest]:
        """Return what was asked so far, in the order of arrival.

        It is read on the event loop, so an exchange whose last byte was sent has its end time.
        """
        return self._loop.call(self._log()) if self._loop else list(self._simulation.log)

    def start(self) -> Self:
        """Listen. Raises OSError when an address is taken."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.ca_path.write_bytes(self._authority.pem())
        self._loop = LoopThread("simulator")
        try:
            self._loop.call(self._open())
        # Ctrl-C too must not leave the thread and its ports behind.
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
        self._simulation.imp_database.close()
        self._simulation.cucm_database.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def change(self, data: Mapping[str, object]) -> None:
        """Change the running cluster (see `control`); raise ScenarioError if it cannot be.

        From the next connection or request on, every server behaves accordingly.
        """
        if self._loop is None:
            raise ScenarioError("the simulator does not run")
        self._loop.call(self._scheduler.change(data))

    def advance(self, seconds: float) -> None:
        """Move the clock by hand, and let everything happen whose moment has come.

        Raises ScenarioError for a clock that runs by itself.
        """
        if self._loop is None or not isinstance(self._clock, ManualClock):
            raise ScenarioError("the simulator's clock is not moved by hand")
        self._clock.forward(seconds)
        self._loop.call(self._scheduler.run_due_steps())

    def write_config(self, path: Path, defaults: Mapping[str, object] | None = None) -> Path:
        """Write a ready configuration, with the CA beside it; return its path.

        `defaults` are further keys of `[defaults]`, such as `settle_s`.
        """
        bundle = ca_bundle_path(path)
        write_marked_file(path, self.config_text(bundle, defaults))
        return path

    def config_text(self, bundle: Path, defaults: Mapping[str, object] | None = None) -> str:
        """Return a configuration for a file beside `bundle`, to which the CA is written."""
        write_marked_file(bundle, self._authority.pem().decode())
        return render_config(
            self.scenario,
            self._servers.addresses,
            self._databases.addresses,
            bundle.name,
            {"username": _ACCOUNT_NAME, **(defaults or {})},
        )

    def command(self, config: Path) -> str:
        """Return the one line for a shell that audits this cluster."""
        return audit_line(self.password, config)

    async def _open(self) -> None:
        for entry in self.scenario.external_database:
            self._databases.add(entry.name, listening=entry.listening)
        await self._servers.open([*self.scenario.node_names, *self.scenario.cucm_names])
        await self._control.open()

    async def _shut(self) -> None:
        await self._servers.close()
        self._databases.close()
        await self._control.close()

    async def _log(self) -> list[LoggedRequest]:
        return list(self._simulation.log)

    def _state(self) -> dict[str, object]:
        return {
            **describe_simulation(self._simulation, self._servers.addresses),
            "takes": control_choices(self._simulation.cluster, self._databases.addresses),
        }


def write_joint_config(
    simulators: Sequence[Simulator], path: Path, defaults: Mapping[str, object] | None = None
) -> Path:
    """Write one configuration for several clusters, such as peers; return its path.

    Their names must differ; all take the same account.
    """
    texts = [
        simulator.config_text(path.with_name(f"{simulator.cluster_name}-ca.pem"), defaults)
        for simulator in simulators
    ]
    write_marked_file(path, merge_configs(texts))
    return path
