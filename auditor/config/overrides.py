"""Deployment keys given on the command line, to test a profile before it is true."""

import tomllib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from auditor.config.loader import build_configuration, read_config_toml
from auditor.config.settings import Configuration
from auditor.errors import ConfigError
from auditor.models.deployment import FEATURE_KEYS, LIST_KEYS
from auditor.models.facts import Setting


def load_with_features(path: Path, cluster: str, features: Iterable[str]) -> Configuration:
    """Read a configuration file with some deployment keys of one cluster set anew.

    `features` are `KEY=VALUE`, the value as TOML; a bare word is taken for a string, and
    bare words with commas for a list where the key takes one.

    Raises:
        ConfigError: as `load` does, the given keys checked like those of the file; a mistake in
            them names the option.
    """
    raw = deepcopy(dict(read_config_toml(path)))
    changed = _parse_feature_options(features)
    for block in raw.get("cluster", []) if changed else ():
        if isinstance(block, dict) and str(block.get("name", "")).casefold() == cluster.casefold():
            told = block.get("deployment")
            block["deployment"] = (told if isinstance(told, dict) else {}) | changed
    build_configuration(read_config_toml(path), path)
    try:
        configuration = build_configuration(raw, path)
    except ConfigError as error:
        # The file alone was in order, so what is wrong now was given.
        given = ", ".join(f"--feature {key}" for key in changed)
        raise ConfigError(
            _prefix_option(problem, given, path) for problem in error.problems
        ) from error
    clusters = tuple(
        replace(one, settings=_with_option_source(one.settings, changed))
        if one.name.casefold() == cluster.casefold()
        else one
        for one in configuration.clusters
    )
    return replace(configuration, clusters=clusters)


def _prefix_option(problem: str, given: str, path: Path) -> str:
    """Say of a mistake by which option it was made."""
    return f"{given}: {problem.removeprefix(f'{path}: ')}"


def _with_option_source(
    settings: Mapping[str, tuple[Setting, ...]], changed: Mapping[str, Any]
) -> Mapping[str, tuple[Setting, ...]]:
    """Say of each key that was given where it stands: no file has it."""
    return {
        key: tuple(replace(told, source=f"--feature {key}") for told in tellings)
        if key in changed
        else tellings
        for key, tellings in settings.items()
    }


def _parse_feature_options(features: Iterable[str]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for text in features:
        key, value = _split_feature_option(text)
        if changed.setdefault(key, value) != value:
            raise ConfigError([f"--feature {text}: {key} is given another value too."])
    return changed


def _split_feature_option(text: str) -> tuple[str, Any]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip() or not value.strip():
        raise ConfigError([f"--feature {text}: write KEY=VALUE, such as chat=true."])
    return key.strip(), _parse_feature_value(key.strip(), value.strip())


def _parse_feature_value(key: str, text: str) -> object:
    try:
        told: Mapping[str, object] = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        listed = key in (LIST_KEYS | FEATURE_KEYS) and "," in text
        return [name.strip() for name in text.split(",")] if listed else text
    return told["value"]
