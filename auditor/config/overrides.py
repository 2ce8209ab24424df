"""Deployment keys from the command line (`--feature`), to test a profile before it is true."""

import tomllib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from auditor.config.errors import InvalidConfiguration
from auditor.config.loader import build_configuration, read_config_toml
from auditor.config.settings import Configuration
from auditor.config.value_checks import EXPRESSWAY
from auditor.errors import ConfigError
from auditor.models.deployment import FEATURE_KEYS, LIST_KEYS
from auditor.models.settings import Setting
from auditor.text import nearest_choice


def load_with_features(path: Path, cluster: str, features: Iterable[str]) -> Configuration:
    """Read a configuration file with some deployment keys of one cluster replaced.

    `features` are `KEY=VALUE`, the value as TOML; a bare word is a string, and one or several names
    with commas are a list where the key takes one.

    Raises:
        ConfigError: as `load_configuration` does; a mistake in the replaced keys names the option.
    """
    raw = deepcopy(dict(read_config_toml(path)))
    changed = _parse_feature_options(features)
    for block in raw.get("cluster", []) if changed else ():
        if isinstance(block, dict) and str(block.get("name", "")).casefold() == cluster.casefold():
            declared = block.get("deployment")
            block["deployment"] = (declared if isinstance(declared, dict) else {}) | changed
    # First the file as it is, so that its own mistakes are not blamed on the options.
    build_configuration(read_config_toml(path), path)
    try:
        configuration = build_configuration(raw, path)
    except InvalidConfiguration as error:
        # The file alone is valid, so the mistake is in the options.
        options = ", ".join(f"--feature {key}" for key in changed)
        raise ConfigError(
            f"{options}: {mistake.line_in_file(error.document)}" for mistake in error.mistakes
        ) from error
    clusters = tuple(
        replace(settings, settings=_with_option_source(settings.settings, changed))
        if settings.name.casefold() == cluster.casefold()
        else settings
        for settings in configuration.clusters
    )
    return replace(configuration, clusters=clusters)


def _with_option_source(
    settings: Mapping[str, tuple[Setting, ...]], changed: Mapping[str, Any]
) -> Mapping[str, tuple[Setting, ...]]:
    """Return the settings; those from an option name it as their source."""
    return {
        key: tuple(
            replace(setting, source=f"--feature {key}", from_option=True) for setting in declared
        )
        if key in changed
        else declared
        for key, declared in settings.items()
    }


def _parse_feature_options(features: Iterable[str]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for text in features:
        key, value = _split_feature_option(text)
        if changed.setdefault(key, value) != value:
            raise ConfigError([f"--feature {text}: {key} has two values; give one."])
    return changed


def _split_feature_option(text: str) -> tuple[str, Any]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip() or not value.strip():
        raise ConfigError([f"--feature {text}: write KEY=VALUE, such as chat=true."])
    name = key.strip().casefold().replace("-", "_")
    return name, _parse_feature_value(name, value.strip())


def _parse_feature_value(key: str, text: str) -> object:
    try:
        table: Mapping[str, object] = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        table = {"value": text}
    value = table["value"]
    if not isinstance(value, str) or key not in LIST_KEYS | FEATURE_KEYS:
        return value
    names = [name.strip() for name in value.split(",") if name.strip()]
    # A slip in the one word that a key takes beside names must not become the name of a node.
    is_word = key in FEATURE_KEYS and "," not in value and _may_be_word(value)
    return value if is_word or not names else names


def _may_be_word(text: str) -> bool:
    words = ("true", "false", EXPRESSWAY)
    return text.casefold() in ("yes", "no", "on", "off") or nearest_choice(text, words) is not None
