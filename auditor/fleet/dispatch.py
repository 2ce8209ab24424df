"""Sends each cluster to a worker, and takes what comes back as it comes."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import cast

from distributed import Client, Future, KilledWorker

from auditor import __version__
from auditor.collect.progress import ClusterDone, ClusterSent, WorkerAwaited, WorkerCame
from auditor.config.settings import ClusterSettings
from auditor.fleet.connection import UNREACHABLE_ERRORS, FleetOptions, call_scheduler, run_beside
from auditor.fleet.messages import (
    BrokenMessage,
    ClusterTask,
    OtherVersion,
    pack_message,
    unpack_result,
)
from auditor.fleet.unaudited import facts_of_result, unaudited_facts
from auditor.fleet.worker import MAX_ATTEMPTS, survey_on_worker
from auditor.fleet.worker_list import WorkerList
from auditor.models.facts import ClusterFacts
from auditor.problems import Problem
from auditor.run import RunContext
from auditor.text import join_names

log = logging.getLogger(__name__)

_SITE_PREFIX = "site-"

# A power of two, so that taking and giving back leaves no remainder. One worker serves as many
# clusters at once as it has threads.
_SHARE = 2.0**-20
_TICK_S = 1.0
_FETCH_S = 120.0
"""How long a result may be ready on a worker, and none at all be fetched from any."""


def site_resource(settings: ClusterSettings) -> str:
    """Return the resource of Dask that a worker must have, empty where any will do."""
    return f"{_SITE_PREFIX}{settings.site}" if settings.site else ""


def _describe_offer(served: AbstractSet[str]) -> str:
    """Return which sites are served instead, as a clause."""
    if not served:
        return "no worker at all is connected"
    sites = sorted(n.removeprefix(_SITE_PREFIX) for n in served if n.startswith(_SITE_PREFIX))
    return f"those there serve {join_names(sites)}" if sites else "those there serve no site"


class Dispatch:
    """The tasks of one run: sends them, takes the results, and gives up what cannot be had."""

    def __init__(self, client: Client, context: RunContext, fleet: FleetOptions) -> None:
        """Send nothing yet."""
        self._client, self._context, self._fleet = client, context, fleet
        self._facts: dict[str, ClusterFacts] = {}
        self._open: dict[Future[str], ClusterTask] = {}
        self._events: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._workers = WorkerList(client)
        self._unserved_since: dict[str, float] = {}
        self._ready_since: dict[Future[str], float] = {}
        self._fetched_at = 0.0

    def run(self, tasks: Sequence[ClusterTask]) -> Mapping[str, ClusterFacts]:
        """Return the facts by cluster name, once there are some of every cluster."""
        for task in tasks:
            self._context.progress(task.settings.name, ClusterSent())
            self._submit(task)
        checked_at = 0.0
        while self._open:
            with suppress(Empty):
                self._events.get(timeout=_TICK_S)()
            if time.monotonic() - checked_at >= _TICK_S:
                self._check_workers()
                self._check_fetches()
                checked_at = time.monotonic()
        self._forget_attempts(tasks)
        return self._facts

    def cancel(self) -> None:
        """Take back every task that is still open."""
        with suppress(*UNREACHABLE_ERRORS):
            self._client.cancel(list(self._open), force=True)

    def _forget_attempts(self, tasks: Sequence[ClusterTask]) -> None:
        """Leave no names of clusters with a scheduler that may run for years."""
        if self._workers.is_scheduler_gone:
            return
        with suppress(*UNREACHABLE_ERRORS):
            for place in {task.attempts[:-1] for task in tasks}:
                call_scheduler(self._client, "set_metadata", keys=list(place), value=None)

    def _submit(self, task: ClusterTask) -> None:
        resource = site_resource(task.settings)
        future = self._client.submit(
            survey_on_worker,
            pack_message(task),
            key=f"auditor-{task.settings.name}-{uuid.uuid4()}",
            resources={resource: _SHARE} if resource else None,
            retries=0,
            pure=False,
        )
        self._open[future] = task
        future.add_done_callback(lambda ended: self._events.put(partial(self._take, ended)))

    def _take(self, future: Future[str]) -> None:
        """Take a task that ended, unless it was given up before."""
        task = self._open.get(future)
        if task is None:
            return
        if future.status == "error":
            self._take_error(future, task)
        elif future.status == "cancelled":  # the client has lost the scheduler and every task
            self._give_up(future, Problem.SCHEDULER_GONE, scheduler=self._fleet.scheduler)
        else:
            run_beside(self._client, self._fetch, future)

    async def _fetch(self, future: Future[str]) -> None:
        """Fetch a result, beside the run: from a worker that hangs it would never come.

        If its worker dies first, the scheduler has the cluster asked once more.
        """
        # Awaited so, because it may raise whatever the task raised, or Dask on the way here.
        (outcome,) = await asyncio.gather(future, return_exceptions=True)
        if isinstance(outcome, BaseException):
            log.info("%s is not here yet: %s", future.key, type(outcome).__name__)
            await self._take_later(future)
        else:
            self._events.put(partial(self._take_result, future, outcome))

    async def _take_later(self, future: Future[str]) -> None:
        """Take a task again after a moment: at once would keep this machine busy."""
        await asyncio.sleep(_TICK_S)
        self._events.put(partial(self._take, future))

    def _take_result(self, future: Future[str], text: str) -> None:
        task = self._open.get(future)
        if task is None:
            return
        self._fetched_at = time.monotonic()
        try:
            result = unpack_result(task.settings.name, text)
            facts = facts_of_result(task.settings, result)
        except OtherVersion as other:
            self._give_up(
                future,
                Problem.OTHER_WORKER_VERSION,
                worker="that asked it",
                version=__version__,
                worker_version=str(other),
            )
        except BrokenMessage:
            self._give_up(future, Problem.TASK_FAILED, error="its result is not whole")
        else:
            self._finish(future, facts)

    def _take_error(self, future: Future[str], task: ClusterTask) -> None:
        error = future.exception()
        if isinstance(error, KilledWorker):
            self._retry_killed(future, task)
        elif isinstance(error, (ImportError, AttributeError)):
            text = type(error).__name__
            self._give_up(future, Problem.NO_PROGRAM_ON_WORKER, version=__version__, error=text)
        else:
            self._give_up(future, Problem.TASK_FAILED, error=type(error).__name__)

    def _retry_killed(self, future: Future[str], task: ClusterTask) -> None:
        """Send a cluster again whose task Dask gave up, unless it was tried twice."""
        try:
            tried = self._read_attempts(task)
        except UNREACHABLE_ERRORS:
            run_beside(self._client, self._take_later, future)
            return
        if len(tried) < MAX_ATTEMPTS:
            del self._open[future]
            self._submit(task)
        else:
            self._give_up(future, Problem.WORKER_LOST, workers=" and ".join(dict.fromkeys(tried)))

    def _read_attempts(self, task: ClusterTask) -> list[str]:
        """Return the hosts that began a cluster; raises as `call_scheduler`."""
        place = list(task.attempts)
        answer = call_scheduler(self._client, "get_metadata", keys=place, default=[])
        return cast("list[str]", answer)

    def _give_up(self, future: Future[str], problem: Problem, **values: str) -> None:
        self._finish(future, unaudited_facts(self._open[future].settings, problem, values))

    def _finish(self, future: Future[str], facts: ClusterFacts) -> None:
        task = self._open.pop(future)
        self._ready_since.pop(future, None)
        self._facts[task.settings.name] = facts
        self._context.progress(task.settings.name, ClusterDone())
        log.info("%s is in, %d to come", task.settings.name, len(self._open))

    def _check_workers(self) -> None:
        """Give up the clusters that no worker has served for too long, or all of them."""
        served = self._workers.read_resources()
        self._context.progress("", self._workers.silent)
        if served is not None:
            now = time.monotonic()
            for future, task in list(self._open.items()):
                self._check_served(future, task, served, now)
        elif self._workers.is_scheduler_gone:
            values = {
                "scheduler": self._fleet.scheduler,
                "seconds": f"{self._workers.silence_s:.0f}",
            }
            for future in list(self._open):
                self._give_up(future, Problem.SCHEDULER_SILENT, **values)

    def _check_served(
        self, future: Future[str], task: ClusterTask, served: AbstractSet[str], now: float
    ) -> None:
        resource, name = site_resource(task.settings), task.settings.name
        if resource in served:
            if self._unserved_since.pop(name, None) is not None:
                self._context.progress(name, WorkerCame())
            return
        if name not in self._unserved_since:
            self._unserved_since[name] = now
            self._context.progress(
                name, WorkerAwaited(task.settings.site or "", self._fleet.worker_wait_s)
            )
        if now - self._unserved_since[name] < self._fleet.worker_wait_s:
            return
        future.cancel()
        self._give_up_unserved(future, task, served)

    def _give_up_unserved(
        self, future: Future[str], task: ClusterTask, served: AbstractSet[str]
    ) -> None:
        resource, site = site_resource(task.settings), task.settings.site or ""
        values = {"seconds": f"{self._fleet.worker_wait_s:g}"}
        if site:
            values |= {"site": site}
        if hosts := self._workers.find_last_hosts(resource):
            problem = Problem.SITE_WORKERS_LOST if site else Problem.ALL_WORKERS_LOST
            values |= {"hosts": self._name_hosts(task, hosts)}
        elif site:
            problem = Problem.NO_WORKER_FOR_SITE
            values |= {"resource": resource, "offer": _describe_offer(served)}
        else:
            problem = Problem.NO_WORKER_AT_ALL
        self._give_up(future, problem, **values)

    def _name_hosts(self, task: ClusterTask, addresses: Sequence[str]) -> str:
        """Return hosts by address, with the names of those of them that began the cluster."""
        with suppress(*UNREACHABLE_ERRORS):
            if began := self._read_attempts(task):
                return f"{join_names(began)} ({join_names(addresses)})"
        return join_names(addresses)

    def _check_fetches(self) -> None:
        """Give up the clusters whose results the scheduler cannot fetch from the worker."""
        now = time.monotonic()
        for future in list(self._open):
            if future.status != "finished":
                self._ready_since.pop(future, None)
            elif now - max(self._ready_since.setdefault(future, now), self._fetched_at) > _FETCH_S:
                self._give_up(future, Problem.RESULT_NOT_FETCHED, worker=self._find_place(future))

    def _find_place(self, future: Future[str]) -> str:
        """Return the address of the worker that has a result."""
        with suppress(*UNREACHABLE_ERRORS):
            places = call_scheduler(self._client, "who_has", keys=[future.key])
            return " and ".join(cast("Mapping[object, list[str]]", places)[future.key])
        return "that asked it"
