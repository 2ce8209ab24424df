"""Changes to a running cluster, at once or when their moment on the clock has come.

What is still to happen in a running simulator, in the order of the clock.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from auditor.simulator.control import (
    ChangeData,
    RowChange,
    SequenceStep,
    apply_cluster_change,
    build_sequence,
    parse_cluster_change,
)
from auditor.simulator.exchange import SimulationState
from auditor.simulator.servers import DatabasePorts, SimulatedServers
from auditor.simulator.service import ManualClock


@dataclass(slots=True)
class StepQueue:
    """Steps to come, each with its moment on the clock."""

    waiting: list[tuple[float, ChangeData]] = field(default_factory=list)

    def put(self, steps: Iterable[SequenceStep], now: float) -> None:
        """Let steps follow from now on; those already waiting stay."""
        self.waiting += [(now + step.after_s, step.change) for step in steps]
        self.waiting.sort(key=lambda entry: entry[0])

    def due(self, now: float) -> ChangeData | None:
        """Return the next change whose moment has come, and forget it."""
        if self.waiting and self.waiting[0][0] <= now:
            return self.waiting.pop(0)[1]
        return None

    def until_next(self, now: float) -> float | None:
        """Return the seconds to the next step, None when there is none."""
        return max(0.0, self.waiting[0][0] - now) if self.waiting else None


class ChangeScheduler:
    """Does changes; all its methods belong to the event loop's thread."""

    def __init__(
        self, world: SimulationState, servers: SimulatedServers, databases: DatabasePorts
    ) -> None:
        """Take everything that a change can reach."""
        self._world = world
        self._servers = servers
        self._databases = databases
        self._clock = world.cluster.clock
        self._stage = StepQueue()
        self._player: asyncio.Task[None] | None = None

    async def change(self, data: Mapping[str, object]) -> None:
        """Change the cluster (see `control`); raise ScenarioError if it cannot be."""
        world, change = self._world, parse_cluster_change(data)
        played = [build_sequence(play, world.cluster) for play in change.play]
        apply_cluster_change(change, world.cluster, world.plan, self._edit)
        for entry in change.database:
            self._databases.turn(entry.name, listening=entry.listening)
        world.imp_database.refresh()
        world.cucm_database.refresh()
        await self._servers.obey_plan()
        for steps in played:
            self._stage.put(steps, self._clock.now())
        if played:
            await self.perform()

    async def perform(self) -> None:
        """Let happen what is due, and see to it that the rest will."""
        while (step := self._stage.due(self._clock.now())) is not None:
            await self.change(step)
        pause = self._stage.until_next(self._clock.now())
        if pause is not None and not isinstance(self._clock, ManualClock):
            self._player = asyncio.get_running_loop().create_task(self._later(pause))

    async def _later(self, pause_s: float) -> None:
        await asyncio.sleep(pause_s)
        await self.perform()

    def _edit(self, row: RowChange) -> None:
        side = self._world.imp_database if row.side == "imp" else self._world.cucm_database
        side.edit(row.table, row.where, row.set)
