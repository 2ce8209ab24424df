"""Changes to a running cluster, at once or when their moment on the clock has come."""

import asyncio
from collections.abc import Mapping

from auditor.simulator import control
from auditor.simulator.database_ports import DatabasePorts
from auditor.simulator.exchange import World
from auditor.simulator.servers import Servers
from auditor.simulator.service import HandClock
from auditor.simulator.stage import Stage


class Director:
    """Does changes; all its methods belong to the event loop's thread."""

    def __init__(self, world: World, servers: Servers, databases: DatabasePorts) -> None:
        """Take everything that a change can reach."""
        self._world = world
        self._servers = servers
        self._databases = databases
        self._clock = world.cluster.clock
        self._stage = Stage()
        self._player: asyncio.Task[None] | None = None

    async def change(self, data: Mapping[str, object]) -> None:
        """Change the cluster (see `control`); raise ScenarioError if it cannot be."""
        world, change = self._world, control.parse(data)
        played = [control.scene(play, world.cluster) for play in change.play]
        control.apply(change, world.cluster, world.plan, self._edit)
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
        if pause is not None and not isinstance(self._clock, HandClock):
            self._player = asyncio.get_running_loop().create_task(self._later(pause))

    async def _later(self, pause_s: float) -> None:
        await asyncio.sleep(pause_s)
        await self.perform()

    def _edit(self, row: control.RowChange) -> None:
        side = self._world.imp_database if row.side == "imp" else self._world.cucm_database
        side.edit(row.table, row.where, row.set)
