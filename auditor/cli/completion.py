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

from auditor.resources import scenario_folder, schema_names

CONFIG_FILE_NAME = "auditor.toml"


def complete_clusters(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the clusters of the configuration file that begin with the word; case is ignored."""
    for place in _candidate_config_paths(ctx):
        if place.is_file():
            names = (cluster.get("name") for cluster in _read_toml_blocks(place, "cluster"))
            return _filter_by_prefix((name for name in names if isinstance(name, str)), incomplete)
    return []


def complete_recommendations(incomplete: str) -> list[str]:
    """Return the ids of the recommendations that begin with the word; case is ignored."""
    folder = Path(__file__).parents[1] / "recommendations"
    blocks = (
        block
        for path in sorted(folder.glob("*.toml"))
        for block in _read_toml_blocks(path, "recommendation")
    )
    return _filter_by_prefix((str(block["id"]) for block in blocks if "id" in block), incomplete)


def format_completion(formats: Sequence[str]) -> Callable[[str], list[str]]:
    """Return what completes the value of `--output` for a command that writes these formats."""

    def complete_formats(incomplete: str) -> list[str]:
        return _filter_by_prefix(formats, incomplete)

    return complete_formats


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
