"""`--evidence`: what a run leaves beside its exchanges, so that it can be judged again."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from auditor.cli.session import EvidenceRequest
from auditor.config.settings import Configuration
from auditor.credentials import Credentials
from auditor.errors import REDACTED, ConfigError
from auditor.history.loading import RunHistory
from auditor.models.findings import Severity
from auditor.models.nodes import RecordedTopology, RunState, TopologyRecall
from auditor.run import RunOptions
from auditor.soap.evidence.recorder import Recorder, RecordingInfo

SECRET_KEYS = frozenset({"password_command", "notify", "history"})
"""Keys of the configuration that hold secrets, or lead to them."""

# A replay makes no handshake, and the loader would refuse a bundle that was not copied along. It
# notifies nobody, and the address of a report may hold what lets its readers in.
REPLAY_NEUTRAL_KEYS = frozenset({"ca_bundle", "report_url", "site"})
"""Keys that make no difference to a replay."""

SETTINGS_FOLDER = "settings"
"""The folder of the evidence that takes the place of the configuration file's folder."""

_FILE_KEYS = ("probes", "waivers")


class RunInfo(BaseModel):
    """The options of a run, and its configuration with nothing secret in it.

    `changing_before` comes from the history: cluster, node, service, and the state it was in.
    `recorded_topologies` are those of the history, by cluster, for what CUCM may not list.
    `password_from` names the source of the password by cluster, never the password.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    command: str
    clusters: tuple[str, ...]
    file: str
    tables: dict[str, Any]
    packs: tuple[str, ...]
    fail_on: Severity | None = None
    insecure: bool = False
    allow_unknown: bool = False
    reread_after_s: float | None = None
    changing_before: tuple[tuple[str, str, str, RunState], ...] = ()
    recorded_topologies: dict[str, RecordedTopology] = Field(default_factory=dict)
    password_from: dict[str, str] = Field(default_factory=dict)

    def changing_services(self, cluster: str) -> Mapping[tuple[str, str], RunState]:
        """Return the services of a cluster that were starting or stopping in the run before."""
        return {
            (node, service): state
            for name, node, service, state in self.changing_before
            if name == cluster
        }


def create_recorder(
    request: EvidenceRequest,
    folder: Path,
    configuration: Configuration,
    options: RunOptions,
    logins: Mapping[str, Credentials],
    history: RunHistory | None,
    recall: TopologyRecall,
) -> Recorder:
    """Return the recorder of a run of the clusters that have logins; the folder is prepared.

    Raises:
        ConfigError: the folder cannot be written after all, or an operator's file is gone.
    """
    tables, files = _collect_configuration(
        configuration, logins, request.waivers, hide_users=request.hide_users
    )
    run = RunInfo(
        command=request.command,
        clusters=tuple(logins),
        file=configuration.path.name,
        tables=tables,
        packs=request.packs,
        fail_on=options.fail_on,
        insecure=options.insecure,
        allow_unknown=options.allow_unknown,
        reread_after_s=options.reread_after_s,
        # A service is stuck only if the run before found it changing too, and a replay has no
        # history.
        changing_before=_previous_transitions(history, configuration, logins),
        recorded_topologies=_recall_topologies(recall, configuration, logins),
        password_from={name: login.source for name, login in logins.items()},
    )
    # A password that is part of a node's name must not make that name unreadable.
    server_names = frozenset[str]().union(
        *(settings.server_names for settings in configuration.clusters)
    )
    info = RecordingInfo(
        datetime.now(UTC),
        run.model_dump(mode="json"),
        files,
        tuple(logins.values()),
        hide_users=request.hide_users,
        names=server_names,
    )
    return Recorder(folder, info)


def _previous_transitions(
    history: RunHistory | None, configuration: Configuration, chosen: Collection[str]
) -> tuple[tuple[str, str, str, RunState], ...]:
    if history is None:
        return ()
    return tuple(
        (settings.name, node, service, state)
        for settings in configuration.clusters
        if settings.name in chosen
        for (node, service), state in history.changing_services(
            settings.name, settings.cucm_name
        ).items()
    )


def _recall_topologies(
    recall: TopologyRecall, configuration: Configuration, chosen: Collection[str]
) -> dict[str, RecordedTopology]:
    """Return what is recorded of each cluster; before the run, which may not need it."""
    topologies = {}
    for settings in configuration.clusters:
        if settings.name not in chosen:
            continue
        try:
            recorded = recall(settings.name, settings.cucm_name)
        except ConfigError:
            # The run itself does without it then, and so does its replay.
            continue
        if recorded is not None:
            topologies[settings.name] = recorded
    return topologies


def _collect_configuration(
    configuration: Configuration,
    chosen: Collection[str],
    waivers: Path | None,
    *,
    hide_users: bool,
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the tables of the configuration, and the operator's files that they name."""
    files = _OperatorFiles()
    clusters = []
    blocks = configuration.tables.get("cluster", [])
    for block, settings in zip(blocks, configuration.clusters, strict=True):
        named = {"probes": settings.probes, "waivers": waivers or settings.waivers}
        ours = {
            # Evidence is handed to others, so it has no file of a cluster that was not asked.
            key: files.name(path, read=settings.name in chosen)
            for key, path in named.items()
            if path is not None
        }
        clusters.append(_remove_secret_keys(block, hide_users=hide_users) | ours)
    defaults = _remove_secret_keys(configuration.tables.get("defaults", {}), hide_users=hide_users)
    return {"defaults": defaults, "cluster": clusters}, files.read


def _remove_secret_keys(table: Mapping[str, Any], *, hide_users: bool) -> dict[str, Any]:
    dropped = {*SECRET_KEYS, *REPLAY_NEUTRAL_KEYS, *_FILE_KEYS}
    remaining = {key: value for key, value in table.items() if key not in dropped}
    return remaining | ({"username": REDACTED} if hide_users and "username" in remaining else {})


class _OperatorFiles:
    """The operator's files: each keeps its name, because reports name it."""

    def __init__(self) -> None:
        self.read: dict[str, bytes] = {}
        self._places: dict[Path, str] = {}

    def name(self, path: Path, *, read: bool) -> str:
        """Return what the configuration of a replay calls a file."""
        count = len(self._places)
        place = self._places.setdefault(
            path.parent, f"{SETTINGS_FOLDER}-{count}" if count else SETTINGS_FOLDER
        )
        name = f"{place}/{path.name}"
        if read and name not in self.read:
            try:
                self.read[name] = path.read_bytes()
            except OSError as error:
                raise ConfigError([f"{path}: cannot be read: {error.strerror or error}"]) from error
        return f"../{name}"
