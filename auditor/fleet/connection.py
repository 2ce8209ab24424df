"""The connection to the scheduler, and when it is refused: what travels must be private."""

import ipaddress
import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

from distributed import Client, LocalCluster, Security

from auditor.errors import ConfigError

log = logging.getLogger(__name__)

LOCAL = "local"
_ENCRYPTED = frozenset({"tls", "wss"})
_LOCAL_THREADS = 8


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """Where the scheduler is, and for how many seconds a cluster may lack a worker.

    `scheduler` is an address as Dask writes it, or `local`.
    """

    scheduler: str
    worker_wait_s: float
    insecure: bool = False


@contextmanager
def open_scheduler(
    options: FleetOptions, clusters: int, resources: Mapping[str, float]
) -> Iterator[Client]:
    """Connect to the scheduler, or start one here that serves all sites (`resources`).

    Raises:
        ConfigError: it is not to be had, or what travels would not be encrypted.
    """
    _hush()
    if options.scheduler == LOCAL:
        with (
            _local_cluster(clusters, resources) as cluster,
            closing(_connect(cluster.scheduler_address, cluster.security)) as client,
        ):
            yield client
        return
    security = _check_security(options)
    with closing(_connect(options.scheduler, security)) as client:
        yield client


def _hush() -> None:
    """Leave what is said to our own messages: Dask logs every lost connection with its trace."""
    level = logging.WARNING if log.isEnabledFor(logging.DEBUG) else logging.CRITICAL + 1
    for name in ("distributed", "tornado", "asyncio"):
        for logger in [name, *(n for n in logging.root.manager.loggerDict if n.startswith(name))]:
            logging.getLogger(logger).setLevel(level)


def _local_cluster(clusters: int, resources: Mapping[str, float]) -> LocalCluster:
    # With certificates of its own: another account of this machine must not be able to use it.
    return LocalCluster(
        n_workers=max(1, min(os.cpu_count() or 1, clusters)),
        threads_per_worker=_LOCAL_THREADS,
        resources=dict(resources),
        dashboard_address="127.0.0.1:0",
        security=True,
        protocol="tls://",
        silence_logs=logging.CRITICAL,
    )


def _check_security(options: FleetOptions) -> Security:
    scheme, _, rest = options.scheduler.rpartition("://")
    security = Security()
    if scheme in _ENCRYPTED:
        if security.get_connection_args("client").get("ssl_context") is None:
            raise ConfigError(
                [
                    f"--scheduler {options.scheduler}: Dask has no certificate for it: set "
                    "distributed.comm.tls.ca-file, client.cert and client.key in its configuration "
                    "(`auditor docs fleets`)."
                ]
            )
        return security
    if not options.insecure and not _is_loopback(rest):
        raise ConfigError(
            [
                f"--scheduler {options.scheduler}: without TLS anyone on the way could read and "
                "change what travels: use tls:// (`auditor docs fleets`), or accept that with "
                "--insecure-scheduler."
            ]
        )
    return security


def _is_loopback(place: str) -> bool:
    host = place.rpartition(":")[0].strip("[]") or place
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _connect(address: str, security: Security) -> Client:
    try:
        with warnings.catch_warnings(record=True) as mentioned:
            warnings.simplefilter("always")
            client = Client(address, security=security, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            [
                f"--scheduler {address}: no scheduler could be reached there "
                f"({_first_line(error)}); check the address, that it runs, and its certificate."
            ]
        ) from error
    for warning in mentioned:
        log.info("Dask: %s", warning.message)
    return client


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__
