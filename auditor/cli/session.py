"""What a command opens for a run: passwords, network, recorder, progress, clock and run id."""

import getpass
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.cli.progress import NO_PROGRESS, ProgressDisplay, show_progress
from auditor.cli.verbosity import is_quiet
from auditor.config.loader import find_config_file, load_configuration
from auditor.config.settings import ClusterSettings, Configuration
from auditor.credentials import Credentials, resolve_credentials, system_keyring
from auditor.errors import ConfigError, CredentialError
from auditor.history.loading import RunHistory, is_history_off
from auditor.models.nodes import RecordedTopology, TopologyRecall, recall_nothing
from auditor.recommendations.pack_names import BUILT_IN_PACKS
from auditor.run import RunContext, RunOptions
from auditor.soap.network import LiveNetwork, Network

if TYPE_CHECKING:  # most runs keep no evidence and have no waivers: clusters are asked sooner
    from auditor.soap.evidence.recorder import Recorder
    from auditor.waivers.apply import ClusterWaivers

_RECALL_REFUSAL_S = 60


@dataclass(frozen=True, slots=True)
class EvidenceRequest:
    """What evidence to keep of a command's run; `folder` None: none. `waivers` is the option."""

    command: str
    folder: Path | None
    packs: tuple[str, ...] = tuple(BUILT_IN_PACKS)
    hide_users: bool = False
    waivers: Path | None = None


@dataclass(frozen=True, slots=True)
class CommandSession:
    """What is open while a command asks its clusters.

    `logins` are the accounts by cluster name. `missing_logins` say why some are missing where that
    is allowed. `print_line` shows a line while the command goes on.
    """

    context: RunContext
    logins: Mapping[str, Credentials]
    missing_logins: Mapping[str, str] = field(default_factory=dict)
    recorder: "Recorder | None" = None
    print_line: Callable[[str], None] = lambda _: None

    def check_evidence(self) -> None:
        """Raise OutputError if evidence was to be kept and could not be written."""
        if self.recorder:
            self.recorder.check()


@contextmanager
def command_session(
    configuration: Configuration,
    clusters: Sequence[ClusterSettings],
    options: RunOptions,
    *,
    evidence: EvidenceRequest | None = None,
    history: RunHistory | None = None,
    recall_topology: TopologyRecall = recall_nothing,
    login_optional: bool = False,
    wait: timedelta | None = None,
    background_work: Callable[[], object] | None = None,
) -> Iterator[CommandSession]:
    """Open all that asking these clusters takes, and close it at the end.

    `recall_topology` is that of the run's context where there is no `history`. `wait`: show
    progress in a pipe too. `background_work` is as in `LiveNetwork`. Print and write only after the
    block: evidence of a block that an exception ends is marked as interrupted.

    Raises:
        ConfigError: a password is missing, or evidence cannot be kept; nothing was asked.
    """
    if evidence and evidence.folder:
        from auditor.soap.evidence.files import prepare_evidence_folder

        # First, so that no password is typed in vain for a folder that cannot be used.
        prepare_evidence_folder(evidence.folder)
    if options.insecure:
        warn_insecure()
    logins, missing = find_credentials(clusters)
    if missing and not login_optional:
        raise ConfigError(missing.values())
    recall = recall_topology if history is None else refuse_after_failure(history.recorded_topology)
    # After the logins: it must know every password to hide it.
    recorder = None
    if evidence and evidence.folder:
        from auditor.cli.evidence import create_recorder

        recorder = create_recorder(
            evidence, evidence.folder, configuration, options, logins, history, recall
        )
    with (
        show_progress(quiet=is_quiet(), wait=wait) as progress,
        open_run_context(
            configuration.workers,
            progress=progress,
            recorder=recorder,
            background_work=background_work,
        ) as context,
    ):
        context = replace(context, recall_topology=recall)
        yield CommandSession(context, logins, missing, recorder, progress.print_line)


def recall_from_history(url: str | None) -> TopologyRecall:
    """Return the recall of a command that does not record its run.

    The database is opened when the first topology is asked for, which is only where CUCM did not
    answer.
    """
    if is_history_off(url):
        return recall_nothing

    def recall(cluster: str, publisher: str) -> RecordedTopology | None:
        # Late: SQLAlchemy is a third of a start.
        from auditor.history.opening import open_history

        store = open_history(url, writes=False)
        return store.recorded_topology(cluster, publisher) if store else None

    return refuse_after_failure(recall)


def refuse_after_failure(recall: TopologyRecall) -> TopologyRecall:
    """Return a recall that fails at once for a minute after a failure.

    Where no CUCM answers, every cluster asks, and each would wait for the same locked database.
    """
    failures: list[tuple[float, ConfigError]] = []

    def ask(cluster: str, publisher: str) -> RecordedTopology | None:
        if failures and time.monotonic() - failures[-1][0] < _RECALL_REFUSAL_S:
            raise ConfigError(failures[-1][1].problems)
        try:
            return recall(cluster, publisher)
        except ConfigError as error:
            failures.append((time.monotonic(), error))
            raise

    return ask


@contextmanager
def open_run_context(
    workers: int,
    *,
    progress: ProgressDisplay = NO_PROGRESS,
    recorder: "Recorder | None" = None,
    background_work: Callable[[], object] | None = None,
) -> Iterator[RunContext]:
    """Give a run the network, the clock and an id.

    The recorder keeps every exchange, and is closed at the end. `background_work` is as in
    `LiveNetwork`.
    """
    with _open_network(recorder, background_work) as network:
        yield RunContext(
            network=network,
            workers=workers,
            run_id=str(uuid.uuid4()),
            clock=network.now,
            progress=progress.note,
        )


@contextmanager
def _open_network(
    recorder: "Recorder | None", background_work: Callable[[], object] | None
) -> Iterator[Network]:
    """Open the live network; evidence of what an exception ends is marked as interrupted."""
    if recorder is None:
        with closing(LiveNetwork(background_work)) as network:
            yield network
        return
    from auditor.soap.evidence.recording_network import RecordingNetwork

    with closing(recorder), closing(RecordingNetwork(recorder, background_work)) as recording:
        yield recording
        recording.finish()


def find_credentials(
    clusters: Sequence[ClusterSettings],
) -> tuple[Mapping[str, Credentials], Mapping[str, str]]:
    """Find the password of every cluster before any of them is asked.

    Returns the accounts, and why there is none where it is missing, both by cluster name.
    """
    # Without a terminal getpass would read standard input, which a timer or a pipe holds.
    prompt = getpass.getpass if sys.stdin.isatty() and sys.stderr.isatty() else None
    keyring = system_keyring()
    logins: dict[str, Credentials] = {}
    missing: dict[str, str] = {}
    for cluster in clusters:
        try:
            logins[cluster.name] = resolve_credentials(
                cluster, os.environ, prompt=prompt, keyring=keyring
            )
        except CredentialError as error:
            missing[cluster.name] = str(error)
    return logins, missing


def warn_insecure() -> None:
    """Warn on every run that certificates are not verified."""
    sys.stderr.write(
        "auditor: warning: --insecure: certificates are not verified. Anyone between here and a "
        "node can read the password and answer for the node.\n"
    )


def load_run_waivers(
    configuration: Configuration, clusters: Sequence[ClusterSettings], option: Path | None
) -> "Mapping[str, ClusterWaivers]":
    """Read the waivers of the clusters; see `auditor.waivers.apply.load_cluster_waivers`."""
    if option is None and not any(settings.waivers for settings in clusters):
        return {}
    from auditor.recommendations.packs import load_packs
    from auditor.waivers.apply import load_cluster_waivers

    # Of all packs: a waiver for a pack that is left out this time is no mistake.
    ids = {row.id for row in load_packs()}
    return load_cluster_waivers(clusters, configuration.clusters, option, ids)


def select_one_cluster(
    config: Path | None, name: str | None
) -> tuple[Configuration, ClusterSettings]:
    """Return the file, and the cluster of that name or the only one that there is.

    Raises:
        ConfigError: the file is wrong, has no such cluster, or has several and none is named.
    """
    configuration = load_configuration(find_config_file(config))
    clusters = configuration.select([name] if name else [])
    if len(clusters) > 1:
        names = ", ".join(settings.name for settings in clusters)
        raise ConfigError([f"{configuration.path}: name one of its clusters: {names}."])
    return configuration, clusters[0]
