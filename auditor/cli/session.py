"""Runs an audit the way every command does: passwords, live wire, progress, clock, run id.

Progress on standard error, on a terminal only.

Finds the one cluster that a command is about.
"""

import getpass
import os
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.audit import RunContext, RunOptions, audit_clusters
from auditor.collect.clients import SurveyProgress
from auditor.config.loader import find_config_file, load_configuration
from auditor.config.settings import ClusterSettings, Configuration
from auditor.credentials import Credentials, resolve_credentials, system_keyring
from auditor.errors import ConfigError, CredentialError
from auditor.models.report import Report
from auditor.soap.network import LiveNetwork, Network

if TYPE_CHECKING:
    from auditor.cli.evidence import EvidenceOptions
    from auditor.history.store import HistoryStore
    from auditor.soap.evidence.recorder import Recorder
    from auditor.waivers.apply import ClusterWaivers


@contextmanager
def show_progress(*, quiet: bool = False) -> Iterator[SurveyProgress]:
    """Show which server was asked last and how many were; say nothing where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield lambda _cluster, _server: None
        return
    from rich.console import Console
    from rich.status import Status

    asked = 0
    with Status("Asking the CUCM publishers", console=Console(stderr=True)) as status:

        def show(cluster: str, server: str) -> None:
            nonlocal asked
            asked += 1
            status.update(progress_line(asked, cluster, server))

        yield show


def progress_line(asked: int, cluster: str, server: str) -> str:
    """Return what is shown while something is under way."""
    servers = "server" if asked == 1 else "servers"
    return f"{asked} {servers} asked; last: {server} ({cluster})"


def run_audit(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    options: RunOptions,
    *,
    workers: int,
    history: "HistoryStore | None" = None,
    quiet: bool = False,
    recorder: "Recorder | None" = None,
) -> Report:
    """Audit live clusters; see `auditor.audit.audit_clusters`. `quiet`: show no progress."""
    with open_run_context(workers, quiet=quiet, recorder=recorder) as around:
        return audit_clusters(clusters, logins, options, around, history)


@contextmanager
def open_run_context(
    workers: int, *, quiet: bool = False, recorder: "Recorder | None" = None
) -> Iterator[RunContext]:
    """Give a run the network, the clock, an id, and progress on a terminal unless `quiet`.

    The recorder keeps all that is asked, and is closed at the end.
    """
    with (
        _open_network(recorder) as network,
        show_progress(quiet=quiet) as show,
    ):
        yield RunContext(
            network=network,
            workers=workers,
            run_id=str(uuid.uuid4()),
            clock=network.now,
            progress=show,
        )


def prepare_evidence(
    folder: Path | None, command: str, packs: Iterable[str], *, hide_users: bool
) -> "EvidenceOptions | None":
    """Return what keeps evidence of a run, None if it is not asked for; raises ConfigError."""
    if folder is None:
        return None
    from auditor.cli.evidence import EvidenceOptions

    return EvidenceOptions(folder, command, packs, hide_users=hide_users)


@contextmanager
def _open_network(recorder: "Recorder | None") -> Iterator[Network]:
    """Open the live network; evidence of what an exception ends stays marked as interrupted."""
    if recorder is None:
        with closing(LiveNetwork()) as network:
            yield network
        return
    from auditor.soap.evidence.recorder import RecordingNetwork

    with closing(recorder), closing(RecordingNetwork(recorder)) as recording:
        yield recording
        recording.finish()


def load_run_waivers(
    configuration: Configuration, chosen: Sequence[ClusterSettings], option: Path | None
) -> "Mapping[str, ClusterWaivers]":
    """Read the waivers of the chosen clusters; see `auditor.waivers.apply.load_cluster_waivers`."""
    if option is None and not any(settings.waivers for settings in chosen):
        return {}
    from auditor.recommendations.packs import load_packs
    from auditor.waivers.apply import load_cluster_waivers

    ids = {row.id for row in load_packs()}
    return load_cluster_waivers(chosen, configuration.clusters, option, ids)


def current_time() -> datetime:
    """Return the time of this machine, with its zone."""
    return datetime.now(UTC)


def get_credentials(clusters: Sequence[ClusterSettings]) -> Mapping[str, Credentials]:
    """Find the password of every cluster before anything is asked of any.

    Raises:
        ConfigError: some have none; one line for each.
    """
    prompt = getpass.getpass if sys.stdin.isatty() and sys.stderr.isatty() else None
    keyring = system_keyring()
    found: dict[str, Credentials] = {}
    problems = []
    for cluster in clusters:
        try:
            found[cluster.name] = resolve_credentials(
                cluster, os.environ, prompt=prompt, keyring=keyring
            )
        except CredentialError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError(problems)
    return found


def warn_insecure() -> None:
    """Say on every run that certificates are not verified."""
    sys.stderr.write(
        "auditor: warning: --insecure: certificates are not verified; anybody on the way can "
        "read the password and answer for a node.\n"
    )


def select_one_cluster(
    config: Path | None, name: str | None
) -> tuple[Configuration, ClusterSettings]:
    """Return the file, and the cluster of that name or the only one that there is.

    Raises:
        ConfigError: the file is wrong, has no such cluster, or has several and none is named.
    """
    configuration = load_configuration(find_config_file(config))
    found = configuration.select([name] if name else [])
    if len(found) > 1:
        names = ", ".join(settings.name for settings in found)
        raise ConfigError([f"{configuration.path}: name one of its clusters: {names}."])
    return configuration, found[0]
