"""Finds, reads and checks the configuration file; reports all of its mistakes at once."""

import copy
import ssl
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import platformdirs
from pydantic import ValidationError

from auditor.config import deployment
from auditor.config.checks import check_document
from auditor.config.errors import (
    ConfigProblem,
    InvalidConfiguration,
    Loc,
    problems_from_pydantic,
    repeated_key_text,
)
from auditor.config.hosts import complete_host
from auditor.config.schema import ClusterTable, ConfigDocument
from auditor.config.settings import (
    ClusterSettings,
    Configuration,
    CucmServer,
    DeclaredNode,
    resolve_address,
)
from auditor.errors import ConfigError
from auditor.models.certificates import DEFAULT_CERTIFICATE_DAYS
from auditor.models.findings import Severity
from auditor.models.nodes import Role
from auditor.text import escape_unprintable

CONFIG_FILE_NAME = "auditor.toml"
_SQLITE_PREFIX = "sqlite:///"
_DEFAULT_WORKERS = 64
_DEFAULT_BACKOFF_S = (2.0, 5.0, 10.0)
T = TypeVar("T")


def find_config_file(option: Path | None) -> Path:
    """Return the file to read: `option`, else one in this folder, else in the user's own.

    Raises ConfigError where there is none, naming the places.
    """
    if option is not None:
        return _expand_home(option)
    default = find_default_config()
    if default is not None:
        return default
    raise ConfigError(
        [
            f"no {CONFIG_FILE_NAME} in the working directory, and no {_default_config_paths()[1]}:"
            " write one with a [[cluster]], its `name`, `cucm_publisher` and `username`, let"
            " `auditor init` write it, or name a file with --config; `auditor demo` shows an audit"
            " without one"
        ]
    )


def find_default_config() -> Path | None:
    """Return the file that is read when none is named, None if there is none yet."""
    return next((place for place in _default_config_paths() if place.is_file()), None)


def _default_config_paths() -> tuple[Path, Path]:
    return Path(CONFIG_FILE_NAME), platformdirs.user_config_path(
        "auditor", appauthor=False
    ) / CONFIG_FILE_NAME


def load_configuration(path: Path) -> Configuration:
    """Read a configuration file; ConfigError holds one line for each mistake in it."""
    text, raw = _read_config_file(path)
    return build_configuration(raw, path, text)


def read_config_toml(path: Path) -> dict[str, Any]:
    """Return the tables of the file, not checked further; raises ConfigError."""
    return _read_config_file(path)[1]


def _read_config_file(path: Path) -> tuple[str, dict[str, Any]]:
    text = ""
    try:
        # Some editors write a byte order mark, which tomllib refuses.
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except OSError as exc:
        problem = f"cannot be read: {exc.strerror or exc}"
    except UnicodeDecodeError:
        problem = "is not UTF-8 text"
    except RecursionError:
        problem = "is not TOML: nested too deeply"
    except ValueError as exc:  # TOMLDecodeError, and numbers too long to convert
        problem = f"is not TOML: {repeated_key_text(text, str(exc)) or exc}"
    raise ConfigError([escape_unprintable(f"{path}: {problem}")])


def build_configuration(raw: Mapping[str, Any], path: Path, text: str = "") -> Configuration:
    """Turn parsed TOML into settings; `path` is where it came from and what it is relative to.

    Raises InvalidConfiguration, whose lines have numbers where the `text` of the file is given.
    """
    document, problems = _parse_document(raw)
    refused = frozenset(problem.loc for problem in problems)
    problems += check_document(document, refused)
    problems += deployment.check_intercluster(document)
    # Now, because a bundle that cannot be used would fail every handshake one by one.
    problems += _check_ca_bundles(document, path)
    if problems:
        problems.sort(key=_cluster_position)
        raise InvalidConfiguration(problems, path, raw, text)
    return replace(_to_configuration(document, path), tables=raw)


def _parse_document(raw: Mapping[str, Any]) -> tuple[ConfigDocument, list[ConfigProblem]]:
    """Return the valid part of the file, and the mistakes that were left out of it."""
    try:
        return ConfigDocument.model_validate(raw), []
    except ValidationError as exc:
        problems = problems_from_pydantic(exc)
    return ConfigDocument.model_validate(
        _remove_refused_keys(raw, [p.loc for p in problems])
    ), problems


def _remove_refused_keys(raw: Mapping[str, Any], places: Iterable[Loc]) -> Mapping[str, Any]:
    """Return a copy without these places; a listed table is emptied, so that positions stay."""
    accepted = copy.deepcopy(dict(raw))
    for *above, last in places:
        holder: Any = accepted
        for part in above:
            holder = holder[part]
        if isinstance(last, int):
            holder[last] = {}
        else:
            holder.pop(last, None)
    return accepted


def _cluster_position(problem: ConfigProblem) -> int:
    """Return the sort key of a problem: its cluster, problems of the whole file first."""
    return problem.loc[1] if len(problem.loc) > 1 and isinstance(problem.loc[1], int) else -1


def _check_ca_bundles(document: ConfigDocument, path: Path) -> Iterable[ConfigProblem]:
    for position, cluster in enumerate(document.cluster):
        if cluster.ca_bundle and (
            fault := _ca_bundle_fault(resolve_beside_config(cluster.ca_bundle, path))
        ):
            yield ConfigProblem(("cluster", position, "ca_bundle"), fault)


def resolve_beside_config(name: str, path: Path) -> Path:
    """Return the path that a name in the file means; relative names start at its folder."""
    return (path.parent / _expand_home(Path(name))).absolute()


def _expand_home(path: Path) -> Path:
    """Replace a leading `~`, unless there is no such user."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def _ca_bundle_fault(bundle: Path) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(bundle)
    except ssl.SSLError:
        return f"{bundle} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)"
    except OSError as exc:
        return f"{bundle} cannot be read: {exc.strerror or exc}"
    return ""


def _to_configuration(document: ConfigDocument, path: Path) -> Configuration:
    references = deployment.peer_references(document)
    return Configuration(
        path=path,
        workers=_first_or_default(_DEFAULT_WORKERS, document.defaults.workers),
        clusters=tuple(
            _to_cluster_settings(document, cluster, path, references.get(position, ()))
            for position, cluster in enumerate(document.cluster)
        ),
        history=_resolve_history_url(document.defaults.history, path),
        notify=document.defaults.notify,
        report_url=document.defaults.report_url,
    )


def _resolve_history_url(url: str | None, path: Path) -> str | None:
    """Return the URL; a relative SQLite file is taken from the folder of the configuration."""
    if url is None or not url.startswith(_SQLITE_PREFIX) or url.startswith(f"{_SQLITE_PREFIX}~"):
        return url
    return f"{_SQLITE_PREFIX}{resolve_beside_config(url.removeprefix(_SQLITE_PREFIX), path)}"


def _to_cluster_settings(
    document: ConfigDocument,
    cluster: ClusterTable,
    path: Path,
    references: tuple[deployment.PeerReference, ...],
) -> ClusterSettings:
    domain = cluster.domain
    addresses = {
        complete_host(name.lower(), domain): place for name, place in cluster.addresses.items()
    }
    cucm_name = cluster.cucm_publisher[0]
    defaults = document.defaults
    return ClusterSettings(
        name=cluster.name,
        cucm_name=cucm_name,
        cucm_publisher=resolve_address(cucm_name, cluster.cucm_publisher, addresses, domain),
        cucm_subscribers=tuple(
            CucmServer(place[0], resolve_address(place[0], place, addresses, domain))
            for place in cluster.cucm_subscribers
        ),
        username=_first_or_default("", cluster.username, defaults.username),
        password_command=cluster.password_command or defaults.password_command,
        workers=_first_or_default(_DEFAULT_WORKERS, cluster.workers, defaults.workers),
        timeout_s=_first_or_default(20.0, cluster.timeout_s, defaults.timeout_s),
        settle_s=_first_or_default(3.0, cluster.settle_s, defaults.settle_s),
        backoff_s=_first_or_default(_DEFAULT_BACKOFF_S, cluster.backoff_s, defaults.backoff_s),
        fail_on=Severity(_first_or_default(Severity.LOW.value, cluster.fail_on, defaults.fail_on)),
        certificate_days=_first_or_default(
            DEFAULT_CERTIFICATE_DAYS, cluster.certificate_days, defaults.certificate_days
        ),
        proxy=_first_or_default(False, cluster.proxy, defaults.proxy),
        ca_bundle=_resolve_optional_path(cluster.ca_bundle, path),
        axl_version=cluster.axl_version,
        legacy_tls=cluster.legacy_tls,
        high_availability=_to_ha_groups(cluster.high_availability),
        planned_nodes=cluster.planned_nodes,
        addresses=addresses,
        pins={complete_host(name.lower(), domain): pins for name, pins in cluster.pins.items()},
        domain=domain,
        site=cluster.site or defaults.site,
        nodes=tuple(DeclaredNode(n.name, Role(n.role), n.redundancy_group) for n in cluster.node),
        settings=deployment.declared_settings(cluster, path.name, references),
        databases=deployment.declared_databases(cluster),
        peers=tuple(peer.address for peer in cluster.intercluster_peer),
        peered_from=_peers_of_other_clusters(document, cluster),
        named=deployment.names_by_key(cluster),
        probes=_resolve_optional_path(cluster.probes or defaults.probes, path),
        waivers=_resolve_optional_path(cluster.waivers or defaults.waivers, path),
    )


def _resolve_optional_path(name: str | None, path: Path) -> Path | None:
    return resolve_beside_config(name, path) if name else None


def _to_ha_groups(groups: bool | tuple[str, ...] | None) -> bool | frozenset[str] | None:
    """Return where HA is meant to be on; an empty list of groups means nowhere."""
    return (frozenset(groups) or False) if isinstance(groups, tuple) else groups


def _peers_of_other_clusters(
    document: ConfigDocument, cluster: ClusterTable
) -> tuple[tuple[str, str], ...]:
    """Return the peer addresses that other clusters of the file name, with who names them."""
    return tuple(
        (other.name, peer.address)
        for other in document.cluster
        if other is not cluster
        for peer in other.intercluster_peer
    )


def _first_or_default(default: T, *values: T | None) -> T:
    """Return the first value that is set, else the default."""
    return next((value for value in values if value is not None), default)
