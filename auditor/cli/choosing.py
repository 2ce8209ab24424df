"""Finds the one cluster that a command is about."""

from pathlib import Path

from auditor.config.loader import load, locate
from auditor.config.settings import ClusterSettings, Configuration
from auditor.errors import ConfigError


def one_cluster(config: Path | None, name: str | None) -> tuple[Configuration, ClusterSettings]:
    """Return the file, and the cluster of that name or the only one that there is.

    Raises:
        ConfigError: the file is wrong, has no such cluster, or has several and none is named.
    """
    configuration = load(locate(config))
    found = configuration.select([name] if name else [])
    if len(found) > 1:
        names = ", ".join(settings.name for settings in found)
        raise ConfigError([f"{configuration.path}: name one of its clusters: {names}."])
    return configuration, found[0]
