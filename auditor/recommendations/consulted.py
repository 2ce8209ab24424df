"""Which settings a verdict rests on: one that rests on none that was discovered is judged once.

Judging reads nothing but the facts, so facts that differ only in what was never looked up give the
same judgement.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from auditor.models.facts import ClusterFacts
from auditor.models.settings import Setting

D = TypeVar("D")


class ConsultedSettings(Mapping[str, tuple[Setting, ...]]):
    """The settings of a cluster, which note the keys that are looked up; for one thread."""

    def __init__(self, settings: Mapping[str, tuple[Setting, ...]]) -> None:
        """Begin with no key looked up."""
        self._settings = settings
        self._looked_up: set[str] = set()
        self._has_listed_all = False

    def clear(self) -> None:
        """Begin anew."""
        self._looked_up.clear()
        self._has_listed_all = False

    def has_consulted(self, keys: frozenset[str]) -> bool:
        """Return whether one of these keys was looked up, or may have been."""
        return self._has_listed_all or not self._looked_up.isdisjoint(keys)

    def __getitem__(self, key: str) -> tuple[Setting, ...]:
        self._looked_up.add(key)
        return self._settings[key]

    def get(self, key: str, default: D = None) -> tuple[Setting, ...] | D:  # type: ignore[assignment] # typeshed has overloads
        """Return the settings of a key; by itself, because every row on every node comes here."""
        self._looked_up.add(key)
        return self._settings.get(key, default)

    def __iter__(self) -> Iterator[str]:
        self._has_listed_all = True
        return iter(self._settings)

    def __len__(self) -> int:
        self._has_listed_all = True
        return len(self._settings)


def differing_settings(facts: ClusterFacts, confirmed: ClusterFacts) -> frozenset[str] | None:
    """Return the keys in which two states of facts differ; None if they differ in more."""
    if replace(confirmed, settings=facts.settings) != facts:
        return None
    keys = facts.settings.keys() | confirmed.settings.keys()
    return frozenset(k for k in keys if facts.settings.get(k) != confirmed.settings.get(k))
