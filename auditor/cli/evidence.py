"""`--evidence`: what a run leaves behind besides its exchanges, so that it can be judged again.

`--replay`: judges kept evidence again, without a network, a password or the history.
"""

import json
import sys
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from auditor.audit import RunContext, RunOptions, build_report, survey_clusters
from auditor.cli.output import print_warning
from auditor.cli.session import current_time, load_run_waivers
from auditor.config.loader import build_configuration
from auditor.config.settings import ClusterSettings, Configuration
from auditor.credentials import Credentials, Secret
from auditor.errors import REDACTED, ConfigError
from auditor.models.facts import RunState
from auditor.models.findings import Severity
from auditor.models.report import Report
from auditor.recommendations.packs import load_packs
from auditor.soap.evidence.files import prepare_evidence_folder
from auditor.soap.evidence.recorder import Recorder, RecordingInfo
from auditor.soap.evidence.replay import (
    EvidenceRecord,
    ReplayNetwork,
    load_evidence,
)
from auditor.text import utc_timestamp

if TYPE_CHECKING:
    from auditor.history.store import HistoryStore

SECRET_KEYS = frozenset({"password_command", "notify", "history"})
"""Keys of the configuration that hold secrets, or lead to them."""

REPLAY_NEUTRAL_KEYS = frozenset({"ca_bundle"})
"""Keys without which a replay comes out the same."""

SETTINGS_FOLDER = "settings"
"""The folder that stands for that of the configuration file."""

_FILE_KEYS = ("probes", "waivers")


class RunInfo(BaseModel):
    """What a run was: its options, and its configuration with nothing secret in it.

    `moved_before` is what the history told: cluster, node, service, and the state it was in.
    `password_from` names, by cluster, the source of the password, never what it gave.
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
    watch_s: float | None = None
    moved_before: tuple[tuple[str, str, str, RunState], ...] = ()
    password_from: dict[str, str] = Field(default_factory=dict)

    def moved(self, cluster: str) -> Mapping[tuple[str, str], RunState]:
        """Return the services of a cluster that were on their way in the run before."""
        return {
            (node, service): state
            for name, node, service, state in self.moved_before
            if name == cluster
        }


class EvidenceOptions:
    """What the options ask to be kept of a command's run."""

    def __init__(
        self, path: Path, command: str, packs: Iterable[str], *, hide_users: bool = False
    ) -> None:
        """Make the folder ready.

        Raises:
            ConfigError: it is in use, or cannot be written.
        """
        prepare_evidence_folder(path)
        self._path = path
        self._command = command
        self._packs = tuple(packs)
        self._hide_users = hide_users

    def recorder(
        self,
        configuration: Configuration,
        options: RunOptions,
        logins: Mapping[str, Credentials],
        *,
        waivers: Path | None = None,
        history: "HistoryStore | None" = None,
    ) -> Recorder:
        """Return what keeps a run of the clusters that have logins; `waivers` is the option.

        Raises:
            ConfigError: the folder cannot be written after all, or an operator's file is gone.
        """
        tables, files = _collect_configuration(
            configuration, logins, waivers, hide_users=self._hide_users
        )
        about = RunInfo(
            command=self._command,
            clusters=tuple(logins),
            file=configuration.path.name,
            tables=tables,
            packs=self._packs,
            fail_on=options.fail_on,
            insecure=options.insecure,
            allow_unknown=options.allow_unknown,
            watch_s=options.watch_s,
            moved_before=_previous_transitions(history, configuration, logins),
            password_from={name: login.source for name, login in logins.items()},
        )
        told = about.model_dump(mode="json")
        accounts = tuple(logins.values())
        names = frozenset[str]().union(*(one.server_names for one in configuration.clusters))
        return Recorder(
            self._path,
            RecordingInfo(
                current_time(), told, files, accounts, hide_users=self._hide_users, names=names
            ),
        )


def _previous_transitions(
    history: "HistoryStore | None", configuration: Configuration, chosen: Collection[str]
) -> tuple[tuple[str, str, str, RunState], ...]:
    if history is None:
        return ()
    return tuple(
        (settings.name, node, service, state)
        for settings in configuration.clusters
        if settings.name in chosen
        if (before := history.previous(settings.name, settings.cucm_name)) is not None
        for (node, service), state in before.moving.items()
    )


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
            key: files.name(path, read=settings.name in chosen)
            for key, path in named.items()
            if path is not None
        }
        clusters.append(_remove_secret_keys(block, hide_users=hide_users) | ours)
    defaults = _remove_secret_keys(configuration.tables.get("defaults", {}), hide_users=hide_users)
    return {"defaults": defaults, "cluster": clusters}, files.read


def _remove_secret_keys(table: Mapping[str, Any], *, hide_users: bool) -> dict[str, Any]:
    dropped = {*SECRET_KEYS, *REPLAY_NEUTRAL_KEYS, *_FILE_KEYS}
    kept = {key: value for key, value in table.items() if key not in dropped}
    return kept | ({"username": REDACTED} if hide_users and "username" in kept else {})


class _OperatorFiles:
    """The operator's files: each keeps its name, for reports tell it."""

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


REPLAY_MODE = "replay"
"""The mode of a report that was judged from evidence; no history keeps it."""


@dataclass(frozen=True, slots=True)
class ReplayOverrides:
    """What may take the place of what the run was given, where it is told."""

    fail_on: Severity | None = None
    allow_unknown: bool = False
    packs: tuple[str, ...] = ()
    waivers: Path | None = None


def replay_evidence(
    path: Path, clusters: Sequence[str], anew: ReplayOverrides, *, quiet: bool = False
) -> Report:
    """Judge kept evidence, and say on standard error what it is of.

    Raises:
        ConfigError: there is no evidence, it is damaged, or it does not hold these clusters.
    """
    record = load_evidence(path)
    about, configuration = _read_run_info(record)
    chosen = _select_recorded_clusters(record, about, configuration, clusters)
    options = RunOptions(
        load_packs(anew.packs or about.packs),
        anew.fail_on or about.fail_on,
        insecure=about.insecure,
        allow_unknown=anew.allow_unknown or about.allow_unknown,
        mode=REPLAY_MODE,
        watch_s=about.watch_s,
        waivers=load_run_waivers(configuration, chosen, anew.waivers),
    )
    _print_replay_notice(record, about.command, quiet=quiet)
    world = _replay_context(ReplayNetwork(record), configuration.workers)
    started = world.clock()
    logins = {
        settings.name: Credentials(
            settings.username, Secret(""), about.password_from.get(settings.name, "")
        )
        for settings in chosen
    }
    facts = [
        replace(known, moved_before=about.moved(known.name))
        for known in survey_clusters(chosen, logins, options, world)
    ]
    return build_report(chosen, facts, options, world, started)


def refuse_evidence_with_replay(evidence: Path | None, replay: Path) -> None:
    """Raise ConfigError where a replay shall keep what it does not ask."""
    if evidence is not None:
        text = "--evidence has nothing to keep, because a replay asks nothing: leave it out."
        raise ConfigError([f"--replay {replay}: {text}"])


def _replay_context(network: ReplayNetwork, workers: int) -> RunContext:
    return RunContext(
        network=network,
        workers=workers,
        run_id=str(uuid.uuid4()),
        clock=network.now,
        progress=lambda _cluster, _server: None,
    )


def _read_run_info(record: EvidenceRecord) -> tuple[RunInfo, Configuration]:
    try:
        about = RunInfo.model_validate_json(json.dumps(record.run.about))
    except ValueError as error:
        text = f"{record.folder}: tells in no form known here what was run; it was kept by auditor"
        raise ConfigError([f"{text} {record.run.version}."]) from error
    return about, build_configuration(about.tables, record.folder / SETTINGS_FOLDER / about.file)


def _select_recorded_clusters(
    record: EvidenceRecord, about: RunInfo, configuration: Configuration, names: Sequence[str]
) -> tuple[ClusterSettings, ...]:
    known = {name.casefold() for name in about.clusters}
    strangers = [name for name in names if name.casefold() not in known]
    if strangers:
        held = ", ".join(about.clusters)
        raise ConfigError(
            f'--replay {record.folder}: holds no cluster "{name}"; it holds {held}.'
            for name in strangers
        )
    return configuration.select(names or about.clusters)


def _print_replay_notice(record: EvidenceRecord, command: str, *, quiet: bool) -> None:
    """Say on standard error what the replay is of, and what it cannot tell."""
    if not quiet:
        sys.stderr.write(
            f"auditor: judging what `auditor {command}` asked on"
            f" {utc_timestamp(record.run.started_at)}; nothing is asked now.\n"
        )
    if not record.is_complete:
        print_warning(
            "the evidence ends early, because the run that kept it was ended: what it does not "
            "hold is unknown."
        )
    if record.redacted_replies:
        print_warning(
            f"{record.redacted_replies} replies held a secret, which was hidden: the report may "
            "tell less than that of the run."
        )
