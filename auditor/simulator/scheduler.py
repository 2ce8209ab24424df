"""Applies changes to a running cluster, at once or when the clock reaches their time."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from auditor.simulator.changes import RowChange, parse_cluster_change
from auditor.simulator.control import apply_cluster_change, build_sequence
from auditor.simulator.exchange import SimulationState
from auditor.simulator.sequences import ChangeData, SequenceStep
from auditor.simulator.servers import DatabasePorts, SimulatedServers
from auditor.simulator.service import ManualClock


@dataclass(slots=True)
class StepQueue:
    """Future steps, each with its time on the clock."""

    waiting: list[tuple[float, ChangeData]] = field(default_factory=list)

    def put(self, steps: Iterable[SequenceStep], now: float) -> None:
        """Add steps that start now; those already waiting stay."""
        self.waiting += [(now + step.after_s, step.change) for step in steps]
        self.waiting.sort(key=lambda entry: entry[0])

    def due(self, now: float) -> ChangeData | None:
        """Remove and return the next change that is due, None if there is none."""
        if self.waiting and self.waiting[0][0] <= now:
            return self.waiting.pop(0)[1]
        return None

    def until_next(self, now: float) -> float | None:
        """Return the seconds to the next step, None when there is none."""
        return max(0.0, self.waiting[0][0] - now) if self.waiting else None


class ChangeScheduler:
    """Applies changes; all its methods run on the event loop's thread."""

    def __init__(
        self, simulation: SimulationState, servers: SimulatedServers, databases: DatabasePorts
    ) -> None:
        """Take everything that a change can affect."""
        self._simulation = simulation
        self._servers = servers
        self._databases = databases
        self._clock = simulation.cluster.clock
        self._steps = StepQueue()
        self._timer: asyncio.Task[None] | None = None

    async def change(self, data: Mapping[str, object]) -> None:
        """Change the cluster (see `control`); raise ScenarioError if it cannot be."""
        simulation, change = self._simulation, parse_cluster_change(data)
        # Before anything changes: a wrong group must leave the cluster as it was.
        sequences = [build_sequence(play, simulation.cluster) for play in change.play]
        apply_cluster_change(change, simulation.cluster, simulation.plan, self._edit)
        for entry in change.database:
            self._databases.turn(entry.name, listening=entry.listening)
        simulation.imp_database.refresh()
        simulation.cucm_database.refresh()
        await self._servers.update()
        for steps in sequences:
            self._steps.put(steps, self._clock.now())
        if sequences:
            await self.run_due_steps()

    async def run_due_steps(self) -> None:
        """Apply the steps that are due, and set a timer for the next one."""
        while (step := self._steps.due(self._clock.now())) is not None:
            await self.change(step)
        pause = self._steps.until_next(self._clock.now())
        if pause is not None and not isinstance(self._clock, ManualClock):
            # Kept, because the loop holds only a weak reference to a task.
            self._timer = asyncio.get_running_loop().create_task(self._later(pause))

    async def _later(self, pause_s: float) -> None:
        await asyncio.sleep(pause_s)
        await self.run_due_steps()

    def _edit(self, row: RowChange) -> None:
        side = (
            self._simulation.imp_database if row.side == "imp" else self._simulation.cucm_database
        )
        side.edit(row.table, row.where, row.set)
