"""The connection to the scheduler, and when it is refused: what travels must be private."""

import logging
import warnings
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import TimeoutError as LimitReached
from typing import Any, ParamSpec, cast

import dask
from dask.utils import parse_timedelta
from distributed import Client, Security

from auditor.errors import ConfigError
from auditor.fleet.background import REFUSALS, first_line, start_in_background
from auditor.fleet.local import open_local_cluster
from auditor.fleet.obstacles import Obstacle, find_obstacle
from auditor.fleet.privacy import Privacy, is_encrypted, is_private

P = ParamSpec("P")

log = logging.getLogger(__name__)

LOCAL = "local"
UNREACHABLE_ERRORS = (OSError, TimeoutError, CancelledError)
"""What Dask raises where a worker or the scheduler is not there."""

_ANSWER_S = 10.0
_PROMPT_S = 2.0
_CLOSE_S = 2.0


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """Where the scheduler is, and for how many seconds a cluster may lack a worker.

    `scheduler` is an address as Dask writes it, or `local`.
    """

    scheduler: str
    worker_wait_s: float
    insecure: bool = False

    @property
    def privacy(self) -> Privacy:
        """Return how private the scheduler and every worker must be."""
        if self.insecure:
            return Privacy.ANY
        if self.scheduler == LOCAL or is_encrypted(self.scheduler):
            return Privacy.TLS
        return Privacy.LOOPBACK


@contextmanager
def open_scheduler(
    options: FleetOptions, clusters: int, resources: Mapping[str, float]
) -> Iterator[Client]:
    """Connect to the scheduler, or start one here that serves all sites (`resources`).

    Raises:
        ConfigError: it is not to be had, or what travels would not be encrypted.
    """
    _silence_dask()
    if options.scheduler == LOCAL:
        with open_local_cluster(clusters, resources) as client:
            yield client
        return
    client = _connect(options.scheduler, _check_security(options))
    try:
        _refuse_open_workers(client, options)
        yield client
    finally:
        _close(client)


def call_scheduler(client: Client, operation: str, **arguments: object) -> object:
    """Return what the scheduler answers, which it must within ten seconds.

    Raises:
        OSError, TimeoutError, CancelledError: it does not, or there is none any more.
    """

    async def call() -> object:
        if client.scheduler is None:
            raise ConnectionError("the connection is closed")
        answer: object = await getattr(client.scheduler, operation)(**arguments)
        return answer

    answer: object = client.sync(call, callback_timeout=_ANSWER_S)
    return answer


def run_beside(
    client: Client, function: Callable[P, Awaitable[None] | None], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Run a function on the thread of the client, and do not wait for it."""
    if client.loop is not None:
        client.loop.add_callback(function, *args, **kwargs)


def ask_for_workers(client: Client) -> Mapping[str, Mapping[str, Any]]:
    """Return what the scheduler knows of each worker, by address; raises as `call_scheduler`."""
    identity = cast("Mapping[str, Any]", call_scheduler(client, "identity", n_workers=-1))
    workers: Mapping[str, Mapping[str, Any]] = identity["workers"]
    return workers


def _silence_dask() -> None:
    """Leave what is said to our own messages: Dask logs every lost connection with its trace."""
    level = logging.WARNING if log.isEnabledFor(logging.DEBUG) else logging.CRITICAL + 1
    for name in ("distributed", "tornado", "asyncio"):
        for logger in [name, *(n for n in logging.root.manager.loggerDict if n.startswith(name))]:
            logging.getLogger(logger).setLevel(level)


def _check_security(options: FleetOptions) -> Security:
    if not is_private(options.scheduler, options.privacy):
        raise ConfigError(
            [
                f"--scheduler {options.scheduler}: without TLS anyone on the way could read and "
                "change what travels: use tls:// (`auditor docs fleets`), or accept that with "
                "--insecure-scheduler."
            ]
        )
    place = f"--scheduler {options.scheduler}: Dask"
    try:
        security = Security()
    except ValueError as error:
        raise ConfigError([f"{place} cannot use its own configuration: {error}."]) from error
    if security.require_encryption and not is_encrypted(options.scheduler):
        raise ConfigError(
            [
                f"{place} is configured to require encryption (require-encryption): write tls:// "
                "before the address of the scheduler."
            ]
        )
    files = security.get_tls_config_for_role("client")
    try:
        has_certificate = security.get_connection_args("client")["ssl_context"] is not None
    except (OSError, ValueError) as error:
        raise ConfigError(
            [
                f"{place} cannot use its certificates ({first_line(error)}): look at ca-file "
                f"{files['ca_file']}, client.cert {files['cert']} and client.key {files['key']}, "
                "of distributed.comm.tls in its configuration."
            ]
        ) from error
    if is_encrypted(options.scheduler) and not has_certificate:
        raise ConfigError(
            [
                f"{place} has no certificate for it: set distributed.comm.tls.ca-file, client.cert "
                "and client.key in its configuration (`auditor docs fleets`)."
            ]
        )
    return security


def _refuse_open_workers(client: Client, options: FleetOptions) -> None:
    """Refuse a scheduler with workers that send in the clear: it may listen with TLS and without.

    A worker that comes later refuses its task itself.
    """
    try:
        addresses = ask_for_workers(client)
    except UNREACHABLE_ERRORS as error:
        raise _unreachable(options.scheduler, error) from error
    if exposed := [each for each in addresses if not is_private(each, options.privacy)]:
        raise ConfigError(
            [
                f"--scheduler {options.scheduler}: its worker {exposed[0]} would send in the clear "
                "what it finds: start it with --protocol tls (`auditor docs fleets`), or accept "
                "that with --insecure-scheduler."
            ]
        )


def _connect(address: str, security: Security) -> Client:
    # Without TLS Dask waits for ever for a server that says nothing.
    connecting = start_in_background(_open_client, address, security)
    obstacle: Obstacle | None = None
    try:
        limit_s = 2 * parse_timedelta(dask.config.get("distributed.comm.timeouts.connect"))
        try:
            return connecting.get(min(_PROMPT_S, limit_s))
        except LimitReached:
            # Not sooner: a scheduler that answers is asked nothing but what is needed.
            obstacle = find_obstacle(address)
            if obstacle is not None and obstacle.is_final:
                raise _refuse(address, obstacle.describe(address)) from None
            return connecting.get(limit_s)
    except LimitReached as error:
        raise _unreachable(address, error, obstacle) from error
    except OSError as error:
        raise _unreachable(address, error, find_obstacle(address)) from error
    except REFUSALS as error:
        # Where TLS meets none it depends on timing what Dask raises; all else is of its settings.
        is_without_tls = is_encrypted(address) and find_obstacle(address) is Obstacle.NO_TLS
        raise _unreachable(address, error, Obstacle.NO_TLS if is_without_tls else None) from error


def _open_client(address: str, security: Security) -> Client:
    with warnings.catch_warnings(record=True) as mentioned:
        warnings.simplefilter("always")
        try:
            return Client(address, security=security, set_as_default=False)
        finally:
            for warning in mentioned:
                log.info("Dask: %s", warning.message)


def _unreachable(
    address: str, error: BaseException, obstacle: Obstacle | None = None
) -> ConfigError:
    if obstacle is not None:
        return _refuse(address, obstacle.describe(address))
    return _refuse(
        address,
        f"no scheduler could be reached there ({first_line(error)}); check the address, that it "
        "runs, and its certificate",
    )


def _refuse(address: str, why: str) -> ConfigError:
    return ConfigError([f"--scheduler {address}: {why}."])


def _close(client: Client) -> None:
    """Close the connection to the scheduler, also to one that hangs and reads nothing any more."""
    try:
        client.close(timeout=_CLOSE_S)
    except TimeoutError:
        if client.scheduler_comm is not None:
            run_beside(client, client.scheduler_comm.abort)
        with suppress(TimeoutError):
            client.close(timeout=_CLOSE_S)
