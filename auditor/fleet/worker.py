"""What runs on a worker: one cluster is asked with the password that this machine has."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

from distributed import Worker, get_worker

from auditor import __version__
from auditor.audit import survey_clusters
from auditor.config.settings import ClusterSettings, password_variable_name
from auditor.credentials import resolve_credentials, system_keyring
from auditor.errors import CredentialError, NoPassword
from auditor.fleet.messages import (
    ClusterResult,
    ClusterTask,
    OtherVersion,
    pack_message,
    unpack_message,
)
from auditor.fleet.privacy import is_private
from auditor.problems import Problem
from auditor.run import RunContext, RunOptions
from auditor.soap.network import LiveNetwork, Network

MAX_ATTEMPTS = 2
"""How often a cluster is asked at most, where a worker dies on the way."""

_ANSWER_S = 60.0
_SECONDS_BETWEEN_LOOKS = 1.0


def survey_on_worker(message: str) -> str:
    """Ask the cluster of a task, and return its facts; the one function that the scheduler runs."""
    try:
        task = unpack_message(ClusterTask, message)
    except OtherVersion as other:
        return _refuse(Problem.OTHER_WORKER_VERSION, version=str(other), worker_version=__version__)
    worker = get_worker()
    if not all(
        is_private(each, task.privacy) for each in (worker.address, worker.scheduler.address)
    ):
        return _refuse(Problem.WORKER_EXPOSED)
    earlier = _count_attempt(worker, task)
    if len(earlier) >= MAX_ATTEMPTS:
        return _refuse(Problem.WORKER_LOST, workers=" and ".join(dict.fromkeys(earlier)))
    try:
        login = resolve_credentials(task.settings, os.environ, keyring=system_keyring())
    except NoPassword:
        return _refuse(
            Problem.NO_PASSWORD,
            username=task.settings.username,
            variable=password_variable_name(task.settings.name),
        )
    except CredentialError as error:
        return _refuse(Problem.PASSWORD_FAILED, error=str(error))
    # The report is read on another machine, where a source of the same name is another one.
    login = replace(login, source=f"{login.source} on {socket.gethostname()}")
    with TemporaryDirectory(prefix="auditor-") as folder, closing(LiveNetwork()) as network:
        settings = _restore_files(task, Path(folder))
        context = RunContext(
            network=network,
            workers=task.workers,
            run_id="",
            clock=network.now,
            progress=lambda _cluster, _step: None,
            recall_topology=lambda _cluster, _publisher: task.recorded,
        )
        options = RunOptions((), insecure=task.insecure, reread_after_s=task.reread_after_s)
        with _interrupt_when_cancelled(network):
            (facts,) = survey_clusters([settings], {settings.name: login}, options, context)
    return pack_message(ClusterResult(facts))


@contextmanager
def _interrupt_when_cancelled(network: Network) -> Iterator[None]:
    """End every exchange once nobody waits for the answer: Dask itself stops no running task."""
    worker, ended = get_worker(), Event()
    key = worker.get_current_task()

    def watch() -> None:
        while not ended.wait(_SECONDS_BETWEEN_LOOKS):
            task = worker.state.tasks.get(key)
            if task is None or task.state == "cancelled":
                network.interrupt()
                return

    thread = Thread(target=watch, name="auditor-cancelling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _refuse(problem: Problem, **values: str) -> str:
    return pack_message(
        ClusterResult(problem=problem.name, values={"worker": socket.gethostname(), **values})
    )


def _count_attempt(worker: Worker, task: ClusterTask) -> list[str]:
    """Return which workers began this cluster before, and add this one.

    Dask itself would ask a cluster again and again whose worker keeps dying.
    """

    async def count() -> list[str]:
        scheduler, place = worker.scheduler, list(task.attempts)
        earlier: list[str] = await scheduler.get_metadata(keys=place, default=[])
        if len(earlier) < MAX_ATTEMPTS:
            await scheduler.set_metadata(keys=place, value=[*earlier, socket.gethostname()])
        return earlier

    # Not by a client of Dask, which prints a trace where its worker is ended meanwhile.
    loop: Any = worker.loop
    return asyncio.run_coroutine_threadsafe(count(), loop.asyncio_loop).result(_ANSWER_S)


def _restore_files(task: ClusterTask, folder: Path) -> ClusterSettings:
    """Return the settings with the files that travelled as texts, written to this folder."""
    settings = task.settings
    if task.ca_bundle is not None:
        settings = replace(settings, ca_bundle=_write_text(folder / "ca.pem", task.ca_bundle))
    if task.probes is not None:
        settings = replace(settings, probes=_write_text(folder / "probes.toml", task.probes))
    return settings


def _write_text(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
