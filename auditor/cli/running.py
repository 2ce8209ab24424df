"""Runs an audit the way every command does: passwords, live wire, progress, clock, run id."""

import getpass
import os
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from auditor import audit as use_case
from auditor.cli.progress import progress
from auditor.config.settings import ClusterSettings, Configuration
from auditor.credentials import Credentials, password_for, system_keyring
from auditor.errors import ConfigError, CredentialError
from auditor.runs import Report
from auditor.soap.exchange import LiveWire, Wire

if TYPE_CHECKING:
    from auditor.cli.keeping import Keeping
    from auditor.history.store import History
    from auditor.soap.recorder import Recorder
    from auditor.waivers.gathering import Accepted


def run(
    clusters: Sequence[ClusterSettings],
    logins: Mapping[str, Credentials],
    options: use_case.Options,
    *,
    workers: int,
    history: "History | None" = None,
    quiet: bool = False,
    recorder: "Recorder | None" = None,
) -> Report:
    """Audit live clusters; see `auditor.audit.audit`. `quiet`: show no progress."""
    with world(workers, quiet=quiet, recorder=recorder) as around:
        return use_case.audit(clusters, logins, options, around, history)


@contextmanager
def world(
    workers: int, *, quiet: bool = False, recorder: "Recorder | None" = None
) -> Iterator[use_case.World]:
    """Give a run the network, the clock, an id, and progress on a terminal unless `quiet`.

    The recorder keeps all that is asked, and is closed at the end.
    """
    with (
        closing(LiveWire()) as live,
        recorded(live, recorder) as wire,
        progress(quiet=quiet) as show,
    ):
        yield use_case.World(
            wire=wire,
            workers=workers,
            run_id=str(uuid.uuid4()),
            clock=wire.now,
            progress=show,
        )


def keep(
    folder: Path | None, command: str, packs: Iterable[str], *, hide_users: bool
) -> "Keeping | None":
    """Return what keeps evidence of a run, None if it is not asked for; raises ConfigError."""
    if folder is None:
        return None
    from auditor.cli.keeping import Keeping

    return Keeping(folder, command, packs, hide_users=hide_users)


@contextmanager
def recorded(wire: Wire, recorder: "Recorder | None") -> Iterator[Wire]:
    """Put a recorder in front of a wire; what an exception ends stays marked as interrupted."""
    if recorder is None:
        yield wire
        return
    from auditor.soap.recording import RecordingWire

    with closing(recorder):
        yield RecordingWire(wire, recorder)
        recorder.finish(wire.now())


def accepted(
    configuration: Configuration, chosen: Sequence[ClusterSettings], option: Path | None
) -> "Mapping[str, Accepted]":
    """Read the waivers of the chosen clusters; see `auditor.waivers.gathering.gather`."""
    if option is None and not any(settings.waivers for settings in chosen):
        return {}
    from auditor.recommendations.model import load_packs
    from auditor.waivers.gathering import gather

    ids = {row.id for row in load_packs()}
    return gather(chosen, configuration.clusters, option, ids)


def now() -> datetime:
    """Return the time of this machine, with its zone."""
    return datetime.now(UTC)


def logins(clusters: Sequence[ClusterSettings]) -> Mapping[str, Credentials]:
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
            found[cluster.name] = password_for(cluster, os.environ, prompt=prompt, keyring=keyring)
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
