"""The workers that the scheduler has, and whether it and they still answer."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from distributed import Client
from distributed.comm.addressing import get_address_host

from auditor.collect.progress import WorkersSilent
from auditor.fleet.connection import UNREACHABLE_ERRORS, ask_for_workers, run_beside

log = logging.getLogger(__name__)

_SILENCE_S = 60.0
"""How long the scheduler may not answer before it counts as gone."""

_SILENT_CALLS = 60
"""In how many calls in a row a worker may be silent, or stuck, before it counts as dead.

Not a time, in which the scheduler or this machine may have slept too.
"""

_NOTED_CALLS = 10
"""In how many calls in a row a worker may be silent before somebody who looks on is told."""

_NANNY_S = 5.0


def _is_stuck(worker: Mapping[str, Any]) -> bool:
    """Return whether a worker lacks the memory for a task, and runs none that may free some."""
    return worker["status"] == "paused" and not worker["metrics"]["task_counts"].get("executing")


class WorkerList:
    """Asks the scheduler for its workers, once a second or so."""

    def __init__(self, client: Client) -> None:
        """Ask nothing yet."""
        self._client = client
        self._heard_at = time.monotonic()
        self._seen: dict[str, tuple[float, int]] = {}
        self._last_awake: dict[str, Sequence[str]] = {}
        self.silent = WorkersSilent(())

    @property
    def is_scheduler_gone(self) -> bool:
        """Return whether the scheduler has not answered for so long that it counts as gone."""
        return self.silence_s > _SILENCE_S

    @property
    def silence_s(self) -> float:
        """Return for how many seconds nothing was heard from the scheduler."""
        return time.monotonic() - self._heard_at

    def read_resources(self) -> AbstractSet[str] | None:
        """Return the resources that some worker has, the empty one if there is any worker.

        None means that the scheduler did not answer.
        """
        try:
            workers = ask_for_workers(self._client)
        except UNREACHABLE_ERRORS:
            return None
        self._heard_at = time.monotonic()
        dead = {
            address
            for address, worker in workers.items()
            if self._count_silence(address, worker) >= _SILENT_CALLS
        }
        self.silent = self._find_silent(workers)
        self._replace({address for address in dead if not self._seen[address][1] % _SILENT_CALLS})
        offers: dict[str, list[str]] = {}
        for address in workers.keys() - dead:
            for name in ("", *workers[address]["resources"]):
                offers.setdefault(name, []).append(address)
        self._last_awake |= offers
        return offers.keys()

    def find_last_hosts(self, resource: str) -> Sequence[str]:
        """Return the hosts of the workers that had a resource when any had it for the last time."""
        return sorted({get_address_host(each) for each in self._last_awake.get(resource, ())})

    def _find_silent(self, workers: Mapping[str, Mapping[str, Any]]) -> WorkersSilent:
        calls = {
            address: self._seen[address][1]
            for address, worker in workers.items()
            if self._seen[address][1] >= _NOTED_CALLS and not _is_stuck(worker)
        }
        hosts = dict.fromkeys(map(get_address_host, calls))
        return WorkersSilent(tuple(hosts), max(calls.values(), default=0))

    def _count_silence(self, address: str, worker: Mapping[str, Any]) -> int:
        """Return in how many calls in a row, this one too, the worker was of no use."""
        before, calls = self._seen.get(address, (0.0, 0))
        last_seen = worker["last_seen"]
        calls = calls + 1 if before == last_seen or _is_stuck(worker) else 0
        self._seen[address] = (last_seen, calls)
        return calls

    def _replace(self, dead: AbstractSet[str]) -> None:
        """Have workers that are of no use started again, or taken off: as Dask does, minutes later.

        The scheduler then gives their tasks to others.
        """
        if not dead:
            return
        log.info("of no use any more: %s", " and ".join(sorted(dead)))
        run_beside(self._client, self._restart, sorted(dead))

    async def _restart(self, addresses: Sequence[str]) -> None:
        if self._client.scheduler is None:
            return
        # Gathered so, because what the scheduler cannot do stays as it was: Dask's own time counts.
        await asyncio.gather(
            self._client.scheduler.restart_workers(
                workers=addresses,
                timeout=_NANNY_S,
                wait_for_workers=False,
                on_error="return",
                stimulus_id=f"auditor-silent-{time.time()}",
            ),
            return_exceptions=True,
        )
