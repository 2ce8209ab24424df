"""Deployment keys given on the command line, to test a profile before it is true."""

import tomllib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

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
    changed = dict(_pair(text) for text in features)
    for block in raw.get("cluster", []) if changed else ():
        if isinstance(block, dict) and str(block.get("name", "")).casefold() == cluster.casefold():
            told = block.get("deployment")
            block["deployment"] = (told if isinstance(told, dict) else {}) | changed
    return understand(raw, path)


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
