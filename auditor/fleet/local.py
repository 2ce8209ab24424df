"""A scheduler and workers of this machine, for one run."""

import logging
import os
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker

from distributed import Client, LocalCluster

from auditor.errors import ConfigError
from auditor.fleet.refusals import REFUSALS, first_line

_THREADS = 8


@contextmanager
def open_local_cluster(clusters: int, resources: Mapping[str, float]) -> Iterator[Client]:
    """Start a scheduler with workers that have all these resources, and connect to it.

    Ctrl-C in the start takes effect once all is there that must be ended.

    Raises:
        ConfigError: this machine cannot start them.
    """
    # Beside this thread, because what it starts is to take no Ctrl-C: that comes to all processes
    # of a terminal, and each would print its trace.
    with ThreadPoolExecutor(1, initializer=_ignore_interrupts) as beside:
        starting = beside.submit(_start, clusters, resources)
        try:
            cluster, client = starting.result()
        except REFUSALS as error:
            raise ConfigError(
                [
                    "--scheduler local: no workers could be started on this machine "
                    f"({first_line(error)}); look at its memory and at Dask's configuration, "
                    "or leave --scheduler out."
                ]
            ) from error
        except KeyboardInterrupt:
            with suppress(*REFUSALS):  # the signal may have ended what was to start
                _end(*starting.result())
            raise
    try:
        yield client
    finally:
        _end(cluster, client)


def _ignore_interrupts() -> None:
    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()  # else it is started with the first process, and unblocks
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _start(clusters: int, resources: Mapping[str, float]) -> tuple[LocalCluster, Client]:
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
