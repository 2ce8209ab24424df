"""A scheduler and workers of this machine, for one run."""

import atexit
import logging
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing import TimeoutError as LimitReached
from multiprocessing import resource_tracker

from distributed import Client, LocalCluster
from distributed.deploy.spec import close_clusters

from auditor.errors import ConfigError
from auditor.fleet.background import REFUSALS, first_line, start_in_background

_THREADS = 8

_START_S = 120.0
"""How long the start may take: where many processes load on few cores, each takes many seconds."""

_CANCEL_S = 3.0
"""How long a start may go on after Ctrl-C, so that what it began can be ended in order."""


@contextmanager
def open_local_cluster(clusters: int, resources: Mapping[str, float]) -> Iterator[Client]:
    """Start a scheduler with workers that have all these resources, and connect to it.

    Raises:
        ConfigError: this machine cannot start them.
    """
    starting = start_in_background(_start, clusters, resources)
    try:
        cluster, client = starting.get(_START_S)
    except LimitReached as error:
        raise ConfigError(
            [
                f"--scheduler local: the workers of this machine took longer than {_START_S:g} "
                "seconds to start; see what keeps it busy, or leave --scheduler out."
            ]
        ) from error
    except REFUSALS as error:
        raise ConfigError(
            [
                "--scheduler local: no workers could be started on this machine "
                f"({first_line(error)}); look at its memory and at Dask's configuration, "
                "or leave --scheduler out."
            ]
        ) from error
    except KeyboardInterrupt:
        with suppress(*REFUSALS, LimitReached):  # the signal may have ended what was to start
            _end(*starting.get(_CANCEL_S))
        raise
    try:
        yield client
    finally:
        _end(cluster, client)


def _ignore_interrupts() -> None:
    """Let no process that this thread starts take Ctrl-C, which a terminal sends to all of them.

    Each would print its trace.
    """
    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()  # else it is started with the first process, and unblocks
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _start(clusters: int, resources: Mapping[str, float]) -> tuple[LocalCluster, Client]:
    _ignore_interrupts()
    # It is closed here; at the end of the program Dask would wait ten seconds for one that hangs.
    atexit.unregister(close_clusters)
    # With certificates of its own: another account of this machine must not be able to use it.
    cluster = LocalCluster(
        n_workers=max(1, min(os.cpu_count() or 1, clusters)),
        threads_per_worker=_THREADS,
        resources=dict(resources),
        dashboard_address="127.0.0.1:0",
        security=True,
        protocol="tls://",
        silence_logs=logging.CRITICAL,
    )
    address, security = cluster.scheduler_address, cluster.security
    return cluster, Client(address, security=security, set_as_default=False)


def _end(cluster: LocalCluster, client: Client) -> None:
    client.close()
    cluster.close()
