"""What a shell may complete: read from files alone, fast, and never with an error.

A file that is missing or broken completes nothing; the command itself reports why later.
"""

import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import typer
from platformdirs import user_config_path

from auditor.models.deployment import KEY_TYPES, KeyType
from auditor.resources import scenario_folder, schema_names
from auditor.service_names import CONTROL_CENTER_SERVICES, FEATURE_SERVICES, strip_maker

CONFIG_FILE_NAME = "auditor.toml"


def complete_clusters(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the clusters of the configuration file that begin with the word; case is ignored."""
    names = (cluster.get("name") for cluster in _read_clusters(ctx))
    return _filter_by_prefix(_texts(names), incomplete)


def complete_nodes(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the nodes of the configuration file that begin with the word."""
    return _filter_by_prefix(_node_names(ctx), incomplete)


def complete_servers(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the CUCM servers and the nodes of the file that begin with the word."""
    clusters = _read_clusters(ctx)
    cucm = [
        name
        for cluster in clusters
        for name in (cluster.get("cucm_publisher"), *_list_of(cluster.get("cucm_subscribers")))
    ]
    return _filter_by_prefix([*_texts(cucm), *_node_names(ctx)], incomplete)


def complete_groups(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the redundancy groups that the file declares and that begin with the word."""
    return _filter_by_prefix(_group_names(ctx), incomplete)


def complete_subjects(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return what a waiver may be about: nodes, groups, clusters and deployment keys."""
    clusters = _texts(cluster.get("name") for cluster in _read_clusters(ctx))
    names = [*_node_names(ctx), *_group_names(ctx), *clusters, *KEY_TYPES]
    return _filter_by_prefix(names, incomplete)


def complete_feature_services(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the services that can be activated, or behind `SERVICE@` the nodes."""
    return _complete_service(ctx, incomplete, FEATURE_SERVICES)


def complete_services(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the services that can be restarted, or behind `SERVICE@` the nodes."""
    return _complete_service(ctx, incomplete, CONTROL_CENTER_SERVICES)


def _complete_service(ctx: typer.Context, incomplete: str, services: Iterable[str]) -> list[str]:
    service, mark, node = incomplete.rpartition("@")
    if mark:
        return [f"{service}@{name}" for name in complete_nodes(ctx, node)]
    # Short names too, because people type those; not beside the whole name of the same service.
    return _filter_by_prefix(services, incomplete) or _filter_by_prefix(
        map(strip_maker, services), incomplete
    )


def complete_features(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return deployment keys with `=`, or behind `KEY=` what the key takes."""
    key, sign, value = incomplete.partition("=")
    if not sign:
        return [f"{name}=" for name in _filter_by_prefix(KEY_TYPES, incomplete)]
    takes = KEY_TYPES.get(key.casefold().replace("-", "_"))
    switches = () if takes in (KeyType.NODES, KeyType.GROUPS) else ("true", "false")
    nodes = () if takes in (None, KeyType.SWITCH) else _node_names(ctx)
    return [f"{key}={word}" for word in _filter_by_prefix([*switches, *nodes], value)]


def complete_recommendations(incomplete: str) -> list[str]:
    """Return the ids of the recommendations that begin with the word; case is ignored."""
    folder = Path(__file__).parents[1] / "recommendations"
    blocks = (
        block
        for path in sorted(folder.glob("*.toml"))
        for block in _read_toml_blocks(path, "recommendation")
    )
    return _filter_by_prefix((str(block["id"]) for block in blocks if "id" in block), incomplete)


def word_completion(words: Sequence[str]) -> Callable[[str], list[str]]:
    """Return what completes a value that is one of a few words."""

    def complete_words(incomplete: str) -> list[str]:
        return _filter_by_prefix(words, incomplete)

    return complete_words


def complete_scenarios(incomplete: str) -> list[str]:
    """Return the names of the scenarios that begin with the word."""
    return _filter_by_prefix((path.stem for path in scenario_folder().glob("*.toml")), incomplete)


def complete_schemas(incomplete: str) -> list[str]:
    """Return the commands with a JSON Schema that begin with the word."""
    return _filter_by_prefix(schema_names(), incomplete)


def complete_examples(incomplete: str) -> list[str]:
    """Return the names of the examples that begin with the word."""
    folder = Path(__file__).parents[1] / "examples"
    return _filter_by_prefix((path.name for path in folder.glob("*/")), incomplete)


def complete_topics(incomplete: str) -> list[str]:
    """Return the names of the manual's pages that begin with the word."""
    folder = Path(__file__).parents[1] / "docs"
    return _filter_by_prefix((path.stem for path in folder.glob("*.md")), incomplete)


def _candidate_config_paths(ctx: typer.Context) -> Iterator[Path]:
    """Yield where the file may be, in the order in which a command looks."""
    option = ctx.params.get("config") or os.environ.get("AUDITOR_CONFIG")
    if option:
        yield Path(option).expanduser()
        return
    yield Path(CONFIG_FILE_NAME)
    yield user_config_path("auditor", appauthor=False) / CONFIG_FILE_NAME


def _read_clusters(ctx: typer.Context) -> list[dict[str, Any]]:
    """Return the clusters of the file: those on the line, if any of them is in the file."""
    for place in _candidate_config_paths(ctx):
        if place.is_file():
            clusters = _read_toml_blocks(place, "cluster")
            # Words stay in `args` while an option before the cursor lacks its value.
            words = (ctx.params.get("cluster"), *ctx.args)
            typed = {str(word).casefold() for word in words if word}
            chosen = [c for c in clusters if str(c.get("name", "")).casefold() in typed]
            return chosen or clusters
    return []


def _node_names(ctx: typer.Context) -> list[str]:
    names: list[object] = []
    for cluster in _read_clusters(ctx):
        cucm = (cluster.get("cucm_publisher"), *_list_of(cluster.get("cucm_subscribers")))
        names += [node.get("name") for node in _list_of(cluster.get("node"), dict)]
        # What has an address or a pin is a node unless it is CUCM.
        for key in ("addresses", "pins"):
            table = cluster.get(key)
            names += [n for n in table if n not in cucm] if isinstance(table, dict) else []
    return _texts(names)


def _group_names(ctx: typer.Context) -> list[str]:
    return _texts(
        node.get("redundancy_group")
        for cluster in _read_clusters(ctx)
        for node in _list_of(cluster.get("node"), dict)
    )


def _texts(values: Iterable[object]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _list_of(value: object, kind: type = str) -> list[Any]:
    return [entry for entry in value if isinstance(entry, kind)] if isinstance(value, list) else []


def _read_toml_blocks(path: Path, key: str) -> list[dict[str, Any]]:
    try:
        # Not by the loader: it takes long to import, and refuses a whole file for one mistake.
        content = tomllib.loads(path.read_text(encoding="utf-8-sig")).get(key, [])
    except (OSError, ValueError, RecursionError):
        return []
    blocks = content if isinstance(content, list) else []
    return [block for block in blocks if isinstance(block, dict)]


def _filter_by_prefix(words: Iterable[str], incomplete: str) -> list[str]:
    """Return the words that begin with the typed one; case is ignored, and what was typed stays."""
    begin, typed = incomplete.casefold(), len(incomplete)
    fitting = {word for word in words if word.isprintable() and word.casefold().startswith(begin)}
    return sorted(incomplete + word[typed:] for word in fitting)
