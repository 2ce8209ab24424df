"""`--evidence`: what a run leaves behind besides its exchanges, so that it can be judged again."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from auditor.audit import Options
from auditor.cli.running import now
from auditor.config.settings import Configuration
from auditor.credentials import Credentials
from auditor.errors import HIDDEN, ConfigError
from auditor.facts import RunState
from auditor.findings import Severity
from auditor.soap import folder
from auditor.soap.recorder import Recorder, Subject

if TYPE_CHECKING:
    from auditor.history.store import History

SECRET_KEYS = frozenset({"password_command", "notify", "history"})
"""Keys of the configuration that hold secrets, or lead to them."""

IDLE_KEYS = frozenset({"ca_bundle"})
"""Keys without which a replay comes out the same."""

SETTINGS = "settings"
"""The folder that stands for that of the configuration file."""

_FILES = ("probes", "waivers")


class About(BaseModel):
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


class Keeping:
    """What the options ask to be kept of a command's run."""

    def __init__(
        self, path: Path, command: str, packs: Iterable[str], *, hide_users: bool = False
    ) -> None:
        """Make the folder ready.

        Raises:
            ConfigError: it is in use, or cannot be written.
        """
        folder.prepare(path)
        self._path = path
        self._command = command
        self._packs = tuple(packs)
        self._hide_users = hide_users

    def recorder(
        self,
        configuration: Configuration,
        options: Options,
        logins: Mapping[str, Credentials],
        *,
        waivers: Path | None = None,
        history: "History | None" = None,
    ) -> Recorder:
        """Return what keeps a run of the clusters that have logins; `waivers` is the option.

        Raises:
            ConfigError: the folder cannot be written after all, or an operator's file is gone.
        """
        tables, files = _configured(configuration, logins, waivers, hide_users=self._hide_users)
        about = About(
            command=self._command,
            clusters=tuple(logins),
            file=configuration.path.name,
            tables=tables,
            packs=self._packs,
            fail_on=options.fail_on,
            insecure=options.insecure,
            allow_unknown=options.allow_unknown,
            watch_s=options.watch_s,
            moved_before=_moved(history, configuration, logins),
            password_from={name: login.source for name, login in logins.items()},
        )
        told = about.model_dump(mode="json")
        accounts = tuple(logins.values())
        names = frozenset[str]().union(*(one.told_names for one in configuration.clusters))
        return Recorder(
            self._path,
            Subject(now(), told, files, accounts, hide_users=self._hide_users, names=names),
        )


def _moved(
    history: "History | None", configuration: Configuration, chosen: Collection[str]
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


def _configured(
    configuration: Configuration,
    chosen: Collection[str],
    waivers: Path | None,
    *,
    hide_users: bool,
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the tables of the configuration, and the operator's files that they name."""
    files = _Files()
    clusters = []
    blocks = configuration.tables.get("cluster", [])
    for block, settings in zip(blocks, configuration.clusters, strict=True):
        named = {"probes": settings.probes, "waivers": waivers or settings.waivers}
        ours = {
            key: files.name(path, read=settings.name in chosen)
            for key, path in named.items()
            if path is not None
        }
        clusters.append(_harmless(block, hide_users=hide_users) | ours)
    defaults = _harmless(configuration.tables.get("defaults", {}), hide_users=hide_users)
    return {"defaults": defaults, "cluster": clusters}, files.read


def _harmless(table: Mapping[str, Any], *, hide_users: bool) -> dict[str, Any]:
    dropped = {*SECRET_KEYS, *IDLE_KEYS, *_FILES}
    kept = {key: value for key, value in table.items() if key not in dropped}
    return kept | ({"username": HIDDEN} if hide_users and "username" in kept else {})


class _Files:
    """The operator's files: each keeps its name, for reports tell it."""

    def __init__(self) -> None:
        self.read: dict[str, bytes] = {}
        self._places: dict[Path, str] = {}

    def name(self, path: Path, *, read: bool) -> str:
        """Return what the configuration of a replay calls a file."""
        count = len(self._places)
        place = self._places.setdefault(path.parent, f"{SETTINGS}-{count}" if count else SETTINGS)
        name = f"{place}/{path.name}"
        if read and name not in self.read:
            try:
                self.read[name] = path.read_bytes()
            except OSError as error:
                raise ConfigError([f"{path}: cannot be read: {error.strerror or error}"]) from error
        return f"../{name}"
