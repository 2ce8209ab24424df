"""Nodes as people type them: by their whole name, or by its first label where one node has it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from auditor.config.hosts import match_names
from auditor.config.settings import ClusterSettings
from auditor.errors import ConfigError
from auditor.models.deployment import DEPLOYMENT_KEY_PREFIX, KEY_TYPES, KeyType
from auditor.models.facts import ClusterFacts
from auditor.models.settings import Setting
from auditor.recommendations.logic import unique
from auditor.text import did_you_mean, join_names


def explain_mismatch(typed: str, cluster: str, kind: str, names: Sequence[str]) -> str:
    """Return the error on a name that means none of the names, or several."""
    matches = match_names(typed, names)
    if len(matches) > 1:
        return f"{typed!r} may be {join_names(matches, word='or')}: give the whole name."
    hint = did_you_mean(typed, names) or "."
    return f"cluster {cluster} has no {kind} {typed!r}{hint} It has {join_names(names)}."


def name_feature_nodes(settings: ClusterSettings, facts: ClusterFacts) -> ClusterSettings:
    """Return the settings with whole names in the keys of --feature, as the cluster lists them.

    Raises:
        ConfigError: a name means no node of the cluster, or several; names the candidates.
    """
    problems: list[str] = []
    named = dict(settings.named)
    declared = dict(settings.settings)
    for key, values in settings.settings.items():
        if any(value.from_option and value.nodes for value in values):
            rename = _Renamer(key, facts, problems)
            declared[key] = tuple(_rename_nodes(value, rename) for value in values)
            path = f"{DEPLOYMENT_KEY_PREFIX}{key}"
            named[path] = tuple(map(rename, named.get(path, ())))
    if problems:
        raise ConfigError(unique(problems))
    return replace(settings, settings=declared, named=named)


def _rename_nodes(setting: Setting, rename: Callable[[str], str]) -> Setting:
    return replace(setting, nodes=frozenset(map(rename, setting.nodes or ())))


class _Renamer:
    """Returns the whole name of each typed one of a key, and keeps what is wrong with it."""

    def __init__(self, key: str, facts: ClusterFacts, problems: list[str]) -> None:
        takes_groups = KEY_TYPES[key] is KeyType.GROUPS
        groups = [group.name for group in facts.groups] if takes_groups else []
        self._kind = "group or node" if takes_groups else "node"
        self._names = [*groups, *(node.name for node in facts.nodes)]
        self._key, self._facts, self._problems = key, facts, problems

    def __call__(self, typed: str) -> str:
        matches = match_names(typed, self._names)
        if len(matches) == 1:
            return matches[0]
        # Only CUCM's list proves that a name is wrong; without it the node may well exist.
        if matches or self._facts.topology_observed:
            text = explain_mismatch(typed, self._facts.name, self._kind, self._names)
            self._problems.append(f"--feature {self._key}: {text}")
        return typed
