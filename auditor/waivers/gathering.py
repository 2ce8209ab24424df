"""Finds the waivers of a run: which file speaks for which cluster."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.config.settings import ClusterSettings
from auditor.errors import ConfigError
from auditor.waivers.applying import strangers
from auditor.waivers.rules import WaiverRule, load_waivers


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the waivers of one cluster are; `notices` are on blocks that can never have effect."""

    rules: tuple[WaiverRule, ...] = ()
    notices: tuple[str, ...] = ()


def gather(
    chosen: Sequence[ClusterSettings],
    configured: Sequence[ClusterSettings],
    option: Path | None,
    known: Collection[str],
) -> Mapping[str, Accepted]:
    """Return the waivers of the chosen clusters by name; those without a file are left out.

    `option` takes the place of every file that the configuration names. `configured` are all
    clusters of the configuration, `known` the ids of all recommendations that exist.

    Raises:
        ConfigError: a file cannot be read, or one line for every mistake in all of them.
    """
    homes = {settings.name: option or settings.waivers for settings in configured}
    rules = _read({path: None for s in chosen if (path := homes[s.name])}, known)
    accepted: dict[str, Accepted] = {}
    told: set[Path] = set()
    for settings in chosen:
        path = homes[settings.name]
        if path is None:
            continue
        notices = () if path in told else tuple(_idle(rules[path], path, homes))
        accepted[settings.name] = Accepted(rules[path], notices)
        told.add(path)
    return accepted


def _read(paths: Collection[Path], known: Collection[str]) -> Mapping[Path, tuple[WaiverRule, ...]]:
    read: dict[Path, tuple[WaiverRule, ...]] = {}
    problems: list[str] = []
    for path in paths:
        try:
            read[path] = load_waivers(path, known)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return read


def _idle(
    rules: Sequence[WaiverRule], path: Path, homes: Mapping[str, Path | None]
) -> Iterator[str]:
    """Say which waivers of a file are about no cluster, or about one that another file is for."""
    yield from strangers(rules, homes)
    elsewhere = {name.casefold(): home for name, home in homes.items() if home != path}
    for rule in rules:
        if rule.cluster.casefold() in elsewhere:
            home = elsewhere[rule.cluster.casefold()]
            place = f"takes its waivers from {home.name}" if home else "names no waiver file"
            yield (
                f'{rule.place} has no effect: cluster "{rule.cluster}" {place}; move the waiver '
                "or correct the key `waivers`."
            )
