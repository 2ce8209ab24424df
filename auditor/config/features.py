"""Deployment keys given on the command line, to test a profile before it is true."""

import tomllib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from auditor.cluster import Setting
from auditor.config.loader import read_toml, understand
from auditor.config.settings import Configuration
from auditor.errors import ConfigError


def load_with(path: Path, cluster: str, features: Iterable[str]) -> Configuration:
    """Read a configuration file with some deployment keys of one cluster set anew.

    `features` are `KEY=VALUE`, the value as TOML; a bare word is taken for a string.

    Raises:
        ConfigError: as `load` does, the given keys checked like those of the file.
    """
    raw = deepcopy(dict(read_toml(path)))
    changed = _changed(features)
    for block in raw.get("cluster", []) if changed else ():
        if isinstance(block, dict) and str(block.get("name", "")).casefold() == cluster.casefold():
            told = block.get("deployment")
            block["deployment"] = (told if isinstance(told, dict) else {}) | changed
    configuration = understand(raw, path)
    clusters = tuple(
        replace(one, settings=_sourced(one.settings, changed))
        if one.name.casefold() == cluster.casefold()
        else one
        for one in configuration.clusters
    )
    return replace(configuration, clusters=clusters)


def _sourced(
    settings: Mapping[str, tuple[Setting, ...]], changed: Mapping[str, Any]
) -> Mapping[str, tuple[Setting, ...]]:
    """Say of each key that was given where it stands: no file has it."""
    return {
        key: tuple(replace(told, source=f"--feature {key}") for told in tellings)
        if key in changed
        else tellings
        for key, tellings in settings.items()
    }


def _changed(features: Iterable[str]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for text in features:
        key, value = _pair(text)
        if changed.setdefault(key, value) != value:
            raise ConfigError([f"--feature {text}: {key} is given another value too."])
    return changed


def _pair(text: str) -> tuple[str, Any]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip() or not value.strip():
        raise ConfigError([f"--feature {text}: write KEY=VALUE, such as chat=true."])
    return key.strip(), _value(value.strip())


def _value(text: str) -> object:
    try:
        told: Mapping[str, object] = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return told["value"]
