"""Sends each cluster to a worker, and takes what comes back as it comes."""

import logging
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from distributed import Client, Future, KilledWorker

from auditor import __version__
from auditor.audit import RunContext, RunOptions
from auditor.collect.discovery.probe_file import load_probes
from auditor.collect.intercluster import add_peer_settings
from auditor.collect.progress import ClusterDone, ClusterSent, WorkerAwaited, WorkerCame
from auditor.config.settings import ClusterSettings
from auditor.errors import AuditorError, Interrupted
from auditor.fleet.connection import FleetOptions, open_scheduler
from auditor.fleet.unaudited import unaudited_facts
from auditor.fleet.wire import (
    BrokenMessage,
    ClusterTask,
    OtherVersion,
    pack_message,
    unpack_result,
)
from auditor.fleet.worker import MAX_ATTEMPTS, survey_on_worker
from auditor.models.facts import ClusterFacts
from auditor.models.history import RecordedTopology
from auditor.problems import Problem
from auditor.text import join_names

log = logging.getLogger(__name__)

SITE_PREFIX = "site-"
"""Before the site of a cluster, it is the resource of Dask that its workers have."""

# A power of two, so that taking and giving back leaves no remainder. One worker serves as many
# clusters at once as it has threads.
_SHARE = 2.0**-20
_TICK_S = 1.0
_GATHER_S = 30.0
_ANSWER_S = 10.0
_SILENCE_S = 60.0
"""How long the scheduler may not answer before it counts as gone."""

_LOST = (OSError, TimeoutError, CancelledError)
"""What Dask raises where a worker or the scheduler is not there."""


def survey_fleet(
    clusters: Sequence[ClusterSettings],
    options: RunOptions,
    context: RunContext,
    fleet: FleetOptions,
) -> tuple[ClusterFacts, ...]:
    """Ask every cluster on a worker, and return the facts in the order of the clusters.

    Raises:
        ConfigError: a file of probes is wrong, or there is no scheduler; nothing was asked.
        Interrupted: the user pressed Ctrl-C; every task is cancelled.
    """
    load_probes(settings.probes for settings in clusters)
    tasks = [_build_task(settings, options, context) for settings in clusters]
    resources = {_site_resource(task.settings): 1.0 for task in tasks if task.settings.site}
    with open_scheduler(fleet, len(tasks), resources) as client:
        dispatch = Dispatch(client, context, fleet)
        try:
            facts = dispatch.run(tasks)
        except KeyboardInterrupt:
            dispatch.cancel()
            raise Interrupted("interrupted; nothing was written.") from None
    # Here, because the database of one cluster shows what holds for another.
    return add_peer_settings(clusters, [facts[settings.name] for settings in clusters])


def _build_task(settings: ClusterSettings, options: RunOptions, context: RunContext) -> ClusterTask:
    return ClusterTask(
        replace(settings, ca_bundle=None, probes=None, waivers=None),
        context.workers,
        ("auditor", context.run_id, settings.name),
        insecure=options.insecure,
        reread_after_s=options.reread_after_s,
        ca_bundle=_read_optional(settings.ca_bundle),
        probes=_read_optional(settings.probes),
        recorded=_recall_topology(settings, context),
    )


def _read_optional(path: Path | None) -> str | None:
    return None if path is None else path.read_text(encoding="utf-8")


def _recall_topology(settings: ClusterSettings, context: RunContext) -> RecordedTopology | None:
    """Return the recorded topology where a worker may need it, for it has no history."""
    if settings.nodes:
        return None
    try:
        return context.recall_topology(settings.name, settings.cucm_name)
    except AuditorError as fault:
        log.warning("the history has no nodes of %s: %s", settings.name, fault)
        return None


def _site_resource(settings: ClusterSettings) -> str:
    """Return the resource that a worker must have for a cluster, empty where any will do."""
    return f"{SITE_PREFIX}{settings.site}" if settings.site else ""


class Dispatch:
    """The tasks of one run: sends them, takes the results, and gives up what cannot be had."""

    def __init__(self, client: Client, context: RunContext, fleet: FleetOptions) -> None:
        """Send nothing yet."""
        self._client, self._context, self._fleet = client, context, fleet
        self._facts: dict[str, ClusterFacts] = {}
        self._open: dict[Future[str], ClusterTask] = {}
        self._ready: SimpleQueue[Future[str]] = SimpleQueue()
        self._unserved_since: dict[str, float] = {}
        self._heard_at = time.monotonic()

    def run(self, tasks: Iterable[ClusterTask]) -> Mapping[str, ClusterFacts]:
        """Return the facts by cluster name, once there are some of every cluster."""
        for task in tasks:
            self._context.progress(task.settings.name, ClusterSent())
            self._submit(task)
        checked_at = 0.0
        while self._open:
            with suppress(Empty):
                self._take(self._ready.get(timeout=_TICK_S))
            if time.monotonic() - checked_at >= _TICK_S:
                self._check_workers()
                checked_at = time.monotonic()
        return self._facts

    def cancel(self) -> None:
        """Take back every task that is still open."""
        with suppress(*_LOST):
            self._client.cancel(list(self._open), force=True)

    def _submit(self, task: ClusterTask) -> None:
        resource = _site_resource(task.settings)
        future = self._client.submit(
            survey_on_worker,
            pack_message(task),
            key=f"auditor-{task.settings.name}-{uuid.uuid4()}",
            resources={resource: _SHARE} if resource else None,
            retries=0,
            pure=False,
        )
        self._open[future] = task
        future.add_done_callback(self._ready.put)

    def _take(self, future: Future[str]) -> None:
        """Take a task that ended, unless it was given up before."""
        task = self._open.get(future)
        if task is None:
            return
        if future.status == "finished":
            self._take_result(future, task)
        elif future.status == "error":
            self._take_error(future, task)
        else:  # the client has lost the scheduler, and with it every task
            self._give_up(future, Problem.SCHEDULER_GONE, scheduler=self._fleet.scheduler)

    def _take_result(self, future: Future[str], task: ClusterTask) -> None:
        try:
            result = unpack_result(task.settings.name, future.result(timeout=_GATHER_S))
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
        except _LOST:
            # Its worker died before the result was fetched: the scheduler has it asked once more.
            future.add_done_callback(self._ready.put)
        else:
            if result.facts is not None:
                self._finish(future, result.facts)
            else:
                self._give_up(future, Problem[result.problem], **(result.values or {}))

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
        tried = self._client.get_metadata(list(task.attempts), default=[])
        if len(tried) < MAX_ATTEMPTS:
            del self._open[future]
            self._submit(task)
        else:
            self._give_up(future, Problem.WORKER_LOST, workers=" and ".join(dict.fromkeys(tried)))

    def _give_up(self, future: Future[str], problem: Problem, **values: str) -> None:
        self._finish(future, unaudited_facts(self._open[future].settings, problem, values))

    def _finish(self, future: Future[str], facts: ClusterFacts) -> None:
        task = self._open.pop(future)
        self._facts[task.settings.name] = facts
        self._context.progress(task.settings.name, ClusterDone())
        log.info("%s is in, %d to come", task.settings.name, len(self._open))

    def _check_workers(self) -> None:
        """Give up the clusters that no worker has served for too long, or all of them."""
        now = time.monotonic()
        try:
            workers = self._client.sync(self._ask_for_workers, callback_timeout=_ANSWER_S)
        except _LOST:
            if now - self._heard_at > _SILENCE_S:
                for future in list(self._open):
                    self._give_up(future, Problem.SCHEDULER_GONE, scheduler=self._fleet.scheduler)
            return
        self._heard_at = now
        served = {name for worker in workers.values() for name in worker["resources"]}
        if workers:
            served.add("")
        for future, task in list(self._open.items()):
            self._check_served(future, task, served, now)

    async def _ask_for_workers(self) -> Mapping[str, Any]:
        scheduler: Any = self._client.scheduler
        workers: Mapping[str, Any] = (await scheduler.identity(n_workers=-1))["workers"]
        return workers

    def _check_served(
        self, future: Future[str], task: ClusterTask, served: AbstractSet[str], now: float
    ) -> None:
        resource, name = _site_resource(task.settings), task.settings.name
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
        seconds = f"{self._fleet.worker_wait_s:g}"
        future.cancel()
        if not resource:
            self._give_up(future, Problem.NO_WORKER_AT_ALL, seconds=seconds)
            return
        sites = sorted(n.removeprefix(SITE_PREFIX) for n in served if n.startswith(SITE_PREFIX))
        offer = f"those there serve {join_names(sites)}" if sites else "those there serve no site"
        self._give_up(
            future,
            Problem.NO_WORKER_FOR_SITE,
            site=task.settings.site or "",
            seconds=seconds,
            resource=resource,
            offer=offer,
        )
