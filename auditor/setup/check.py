"""Reads everything that an audit is set up by, and asks nothing: no network, no password."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from auditor.collect.discovery.probe_file import load_probes
from auditor.collect.discovery.probes import Probe
from auditor.config.errors import InvalidConfiguration
from auditor.config.loader import load_configuration, resolve_beside_config
from auditor.config.settings import ClusterSettings
from auditor.errors import ConfigError
from auditor.history.url import locate_database
from auditor.models.deployment import DEPLOYMENT_KEYS, OPTIONAL_KEYS
from auditor.waivers.apply import EXPIRY_NOTICE_PERIOD, ClusterWaivers, load_cluster_waivers
from auditor.waivers.load import WaiverRule, load_waiver_file

T = TypeVar("T")


class WaiverAttention(StrEnum):
    """Why a waiver needs its owner; the values are tokens of the JSON output."""

    EXPIRED = "expired"
    ENDS_SOON = "ends_soon"


@dataclass(frozen=True, slots=True)
class CheckedCluster:
    """What the files say of one cluster; its waivers are those that are about it.

    `nodes` are those that the file names; an audit asks CUCM for all of them. `undeclared` are the
    keys of the deployment that are left out. `probes` counts those of the cluster's own file.
    """

    settings: ClusterSettings
    nodes: tuple[str, ...]
    undeclared: tuple[str, ...]
    waivers: tuple[WaiverRule, ...]
    probes: int | None


@dataclass(frozen=True, slots=True)
class CheckedFiles:
    """Everything that was read, without secrets.

    `history` is where runs are recorded, None for nowhere. `recipients` counts who is notified.
    `notices` are on waivers that have no effect.
    """

    path: Path
    clusters: tuple[CheckedCluster, ...]
    history: str | None
    recipients: int
    notices: tuple[str, ...]


def check_files(
    path: Path,
    names: Sequence[str],
    recommendations: Sequence[str],
    *,
    history: str | None = None,
    notify: Sequence[str] = (),
) -> CheckedFiles:
    """Read the configuration, and the waivers and probes of the named clusters (none: of all).

    `recommendations` are the ids of all. `history` is a database instead of the configuration's,
    and `notify` are addresses instead of its own.

    Raises:
        ConfigError: one line for every mistake in all of the files.
    """
    try:
        configuration = load_configuration(path)
    except InvalidConfiguration as error:
        further = _problems_of_named_files(error.document, path, recommendations)
        raise ConfigError([*error.problems, *further]) from error
    chosen = configuration.select(names)
    problems: list[str] = []
    no_waivers: Mapping[str, ClusterWaivers] = {}
    no_probes: Mapping[Path | None, tuple[Probe, ...]] = {}

    def collect(read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except ConfigError as error:
            problems.extend(error.problems)
            return otherwise

    waivers = collect(
        lambda: load_cluster_waivers(chosen, configuration.clusters, None, recommendations),
        no_waivers,
    )
    probes = collect(lambda: load_probes(cluster.probes for cluster in chosen), no_probes)
    location = collect(lambda: locate_database(configuration.history), None)
    if history is not None:
        location = collect(lambda: locate_database(history), None)
    if problems:
        raise ConfigError(problems)
    return CheckedFiles(
        path,
        tuple(
            _check_entry(
                settings,
                waivers[settings.name].rules if settings.name in waivers else (),
                len(probes[settings.probes]) if settings.probes else None,
            )
            for settings in chosen
        ),
        location.shown if location else None,
        len(notify or configuration.notify),
        tuple(notice for own in waivers.values() for notice in own.notices),
    )


def _check_entry(
    settings: ClusterSettings, rules: Sequence[WaiverRule], probes: int | None
) -> CheckedCluster:
    declared = [node.name for node in settings.nodes]
    names = {settings.full_name(name) for name in declared}
    return CheckedCluster(
        settings,
        (*declared, *sorted(settings.node_names - names)),
        tuple(k for k in DEPLOYMENT_KEYS if k not in settings.settings and k not in OPTIONAL_KEYS),
        tuple(rule for rule in rules if rule.cluster.casefold() == settings.name.casefold()),
        probes,
    )


def _problems_of_named_files(
    document: Mapping[str, object], path: Path, recommendations: Sequence[str]
) -> Iterator[str]:
    """Yield the mistakes in the waivers and probes that a configuration with mistakes names."""
    clusters = document.get("cluster")
    tables = [document.get("defaults"), *(clusters if isinstance(clusters, list) else ())]
    read: Mapping[str, Callable[[Path], object]] = {
        "waivers": lambda file: load_waiver_file(file, recommendations),
        "probes": lambda file: load_probes([file]),
    }
    for key, load in read.items():
        named = [table.get(key) for table in tables if isinstance(table, dict)]
        for name in dict.fromkeys(name for name in named if isinstance(name, str) and name.strip()):
            try:
                load(resolve_beside_config(name, path))
            except ConfigError as error:
                yield from error.problems


def waiver_attention(rule: WaiverRule, today: date) -> WaiverAttention | None:
    """Return whether a waiver has expired or ends soon, None if neither."""
    if today > rule.expires:
        return WaiverAttention.EXPIRED
    ends_soon = rule.expires - today <= EXPIRY_NOTICE_PERIOD
    return WaiverAttention.ENDS_SOON if ends_soon else None
