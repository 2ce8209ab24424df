"""A check of running simulators on a clock that moves only in pauses."""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from auditor.config.loader import load_configuration
from auditor.credentials import Credentials, Secret
from auditor.failover.check import FailoverCheckOptions, run_failover_check
from auditor.failover.model import FailoverCheck
from auditor.run import RunContext
from auditor.simulator import ManualClock, Simulator, write_joint_config
from auditor.soap.network import LiveNetwork
from tests.failover.pairs import ROWS
from tests.lab import QUICK

BEGAN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
PAIR: dict[str, Any] = {
    "cluster": {"name": "lab"},
    "group": [{"name": "Pair", "nodes": ["imp1.lab.test", "imp2.lab.test"]}],
    "deployment": {"chat": True, "intercluster": True},
    "intercluster_peer": [{"address": "imp-1.peer.test"}],
}
"""A cluster of one pair."""

BUSY_PAIR = {
    **PAIR,
    "node": [
        {"name": "imp1.lab.test", "sessions": 4500},
        {"name": "imp2.lab.test", "sessions": 4500},
    ],
}
"""The pair with users."""


@dataclass
class FailoverLab:
    """Simulators, and a clock that moves only in pauses; `pauses` lists them."""

    simulators: list[Simulator]
    folder: Path
    elapsed: float = 0.0
    pauses: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    on_pause: Callable[[float], None] = lambda _elapsed: None
    edit: Callable[[str], str] = lambda text: text

    @property
    def simulator(self) -> Simulator:
        """Return the first simulator."""
        return self.simulators[0]

    def play(self, sequence: str, step_s: float = 15.0, group: str = "Pair") -> None:
        """Start a sequence."""
        self.simulator.change({"play": {"group": group, "sequence": sequence, "step_s": step_s}})

    def pause(self, seconds: float) -> None:
        """Let time pass, here and in the simulators."""
        self.pauses.append(seconds)
        self.elapsed += seconds
        for simulator in self.simulators:
            simulator.advance(seconds)
        self.on_pause(self.elapsed)

    @property
    def config(self) -> Path:
        """Write one configuration for all simulators."""
        path = write_joint_config(self.simulators, self.folder / "auditor.toml", QUICK)
        path.write_text(self.edit(path.read_text()))
        return path

    def check(self, wait_s: float | None = None, **options: Any) -> FailoverCheck:
        """Check all clusters."""
        configuration = load_configuration(self.config)
        login = Credentials(self.simulator.username, Secret(self.simulator.password))
        wait = None if wait_s is None else timedelta(seconds=wait_s)
        with closing(LiveNetwork()) as wire:
            wire.pause = self.pause  # type: ignore[method-assign] # time is ours here
            world = RunContext(
                network=wire,
                workers=4,
                run_id="night",
                clock=lambda: BEGAN + timedelta(seconds=self.elapsed),
                progress=lambda _cluster, _server: None,
            )
            return run_failover_check(
                configuration.clusters,
                {c.name: login for c in configuration.clusters},
                FailoverCheckOptions(ROWS, wait=wait, **options),
                world,
                self.lines.append,
            )

    def operations_sent_to(self, node: str) -> list[str]:
        """Return the operations that a server was sent, in order."""
        return [entry.operation for entry in self.simulator.requests if entry.node == node]


def build_simulators(folder: Path, scenarios: Iterable[dict[str, Any]]) -> list[Simulator]:
    """Return simulators with their own clocks, not started yet."""
    return [
        Simulator(scenario, folder / f"cluster-{number}", clock=ManualClock())
        for number, scenario in enumerate(scenarios)
    ]
