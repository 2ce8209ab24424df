"""Finds and reads the configuration file; whatever is wrong with it is told at once."""

import copy
import ssl
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import platformdirs
from pydantic import ValidationError

from auditor.config import checks, profile
from auditor.config.document import Cluster, Document
from auditor.config.problems import Loc, Problem, from_pydantic
from auditor.config.repeated import repeated
from auditor.config.settings import ClusterSettings, Configuration, DeclaredNode, dial
from auditor.errors import ConfigError
from auditor.facts import Role
from auditor.findings import Severity
from auditor.showing import visible

NAME = "auditor.toml"
_SQLITE = "sqlite:///"
_WORKERS = 16
_BACKOFF_S = (2.0, 5.0, 10.0)
T = TypeVar("T")


def locate(option: Path | None) -> Path:
    """Return the file to read: the one asked for, else here, else in the user's own folder.

    Raises ConfigError when there is none, naming the places.
    """
    if option is not None:
        return _expanded(option)
    found = standing()
    if found is not None:
        return found
    raise ConfigError(
        [
            f"no {NAME} in the working directory, and no {_places()[1]}: write one with a "
            "[[cluster]], its `name`, `cucm_publisher` and `username`, let `auditor init` write "
            "it, or name a file with --config; `auditor demo` shows an audit without one"
        ]
    )


def standing() -> Path | None:
    """Return the file that is read when none is named, None if there is none yet."""
    return next((place for place in _places() if place.is_file()), None)


def _places() -> tuple[Path, Path]:
    return Path(NAME), platformdirs.user_config_path("auditor", appauthor=False) / NAME


def load(path: Path) -> Configuration:
    """Read a configuration file; ConfigError holds one line for each mistake in it."""
    return understand(read_toml(path), path)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the file as TOML has it, not checked further; raises ConfigError."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text)
    except OSError as exc:
        problem = f"cannot be read: {exc.strerror or exc}"
    except UnicodeDecodeError:
        problem = "is not UTF-8 text"
    except RecursionError:
        problem = "is not TOML: nested too deeply"
    except ValueError as exc:  # besides TOMLDecodeError, numbers too long to convert
        told = str(exc).replace("Cannot overwrite a value", "a key stands twice")
        problem = f"is not TOML: {repeated(text, str(exc)) or told}"
    raise ConfigError([visible(f"{path}: {problem}")])


def understand(raw: Mapping[str, Any], path: Path) -> Configuration:
    """Turn parsed TOML into settings; `path` is where it came from and what it is relative to.

    Raises ConfigError.
    """
    document, problems = _parse(raw)
    refused = frozenset(problem.loc for problem in problems)
    problems += checks.across(document, refused)
    problems += profile.contradictions(document)
    problems += _bundles(document, path)
    if problems:
        problems.sort(key=_position)
        raise ConfigError(problem.line(path, raw) for problem in problems)
    return replace(_configuration(document, path), tables=raw)


def _parse(raw: Mapping[str, Any]) -> tuple[Document, list[Problem]]:
    """Return what can be understood, and the mistakes that had to be cut out for that."""
    try:
        return Document.model_validate(raw), []
    except ValidationError as exc:
        problems = from_pydantic(exc)
    return Document.model_validate(_without(raw, [p.loc for p in problems])), problems


def _without(raw: Mapping[str, Any], places: Iterable[Loc]) -> Mapping[str, Any]:
    """Return a copy without these places; a listed table is emptied, so that none moves up."""
    kept = copy.deepcopy(dict(raw))
    for *above, last in places:
        holder: Any = kept
        for part in above:
            holder = holder[part]
        if isinstance(last, int):
            holder[last] = {}
        else:
            holder.pop(last, None)
    return kept


def _position(problem: Problem) -> int:
    """Sort by cluster, what concerns the whole file first."""
    return problem.loc[1] if len(problem.loc) > 1 and isinstance(problem.loc[1], int) else -1


def _bundles(document: Document, path: Path) -> Iterable[Problem]:
    for position, cluster in enumerate(document.cluster):
        if cluster.ca_bundle and (fault := _bundle_fault(_beside(cluster.ca_bundle, path))):
            yield Problem(("cluster", position, "ca_bundle"), fault)


def _beside(name: str, path: Path) -> Path:
    """Return a path that is written relative to the file."""
    return (path.parent / _expanded(Path(name))).absolute()


def _expanded(path: Path) -> Path:
    """Replace a leading `~`, unless it names nobody."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def _bundle_fault(bundle: Path) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(bundle)
    except ssl.SSLError:
        return f"{bundle} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)"
    except OSError as exc:
        return f"{bundle} cannot be read: {exc.strerror or exc}"
    return ""


def _configuration(document: Document, path: Path) -> Configuration:
    told = profile.tellings(document)
    return Configuration(
        path=path,
        workers=_first(_WORKERS, document.defaults.workers),
        clusters=tuple(
            _cluster(document, cluster, path, told.get(position, ()))
            for position, cluster in enumerate(document.cluster)
        ),
        history=_history(document.defaults.history, path),
        notify=document.defaults.notify,
    )


def _history(url: str | None, path: Path) -> str | None:
    """Return the URL with the file of a SQLite database relative to the configuration file."""
    if url is None or not url.startswith(_SQLITE) or url.startswith(f"{_SQLITE}~"):
        return url
    return f"{_SQLITE}{_beside(url.removeprefix(_SQLITE), path)}"


def _cluster(
    document: Document, cluster: Cluster, path: Path, told: tuple[profile.Telling, ...]
) -> ClusterSettings:
    addresses = {name.lower(): place for name, place in cluster.addresses.items()}
    cucm_name = cluster.cucm_publisher[0]
    defaults = document.defaults
    return ClusterSettings(
        name=cluster.name,
        cucm_name=cucm_name,
        cucm_publisher=dial(cucm_name, cluster.cucm_publisher, addresses),
        username=_first("", cluster.username, defaults.username),
        password_command=cluster.password_command or defaults.password_command,
        workers=_first(_WORKERS, cluster.workers, defaults.workers),
        timeout_s=_first(10.0, cluster.timeout_s, defaults.timeout_s),
        settle_s=_first(3.0, cluster.settle_s, defaults.settle_s),
        backoff_s=_first(_BACKOFF_S, cluster.backoff_s, defaults.backoff_s),
        fail_on=Severity(_first(Severity.LOW.value, cluster.fail_on, defaults.fail_on)),
        proxy=_first(False, cluster.proxy, defaults.proxy),
        ca_bundle=_file(cluster.ca_bundle, path),
        axl_version=cluster.axl_version,
        legacy_tls=cluster.legacy_tls,
        high_availability=_meant(cluster.high_availability),
        planned_nodes=cluster.planned_nodes,
        addresses=addresses,
        pins={name.lower(): pins for name, pins in cluster.pins.items()},
        nodes=tuple(DeclaredNode(n.name, Role(n.role), n.redundancy_group) for n in cluster.node),
        settings=profile.settings(cluster, path.name, told),
        databases=profile.databases(cluster),
        peers=tuple(peer.address for peer in cluster.intercluster_peer),
        peered_from=_peered_from(document, cluster),
        named=profile.named(cluster),
        probes=_file(cluster.probes or defaults.probes, path),
        waivers=_file(cluster.waivers or defaults.waivers, path),
    )


def _file(name: str | None, path: Path) -> Path | None:
    return _beside(name, path) if name else None


def _meant(groups: bool | tuple[str, ...] | None) -> bool | frozenset[str] | None:
    """Return where HA is meant to be on; an empty list of groups means nowhere."""
    return (frozenset(groups) or False) if isinstance(groups, tuple) else groups


def _peered_from(document: Document, cluster: Cluster) -> tuple[tuple[str, str], ...]:
    """Return the peer addresses that other clusters of the file name, with who names them."""
    return tuple(
        (other.name, peer.address)
        for other in document.cluster
        if other is not cluster
        for peer in other.intercluster_peer
    )


def _first(builtin: T, *told: T | None) -> T:
    """Return what was told first, or the value built in."""
    return next((value for value in told if value is not None), builtin)
