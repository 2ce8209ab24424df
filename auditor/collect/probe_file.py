"""Loads probes: those that ship, with those that an operator's own file corrects or adds."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from auditor.collect import probe_sense
from auditor.collect.probe_blocks import Block, Switch
from auditor.collect.probes import MOST_STATEMENTS, Meaning, Probe, statements_needed
from auditor.errors import ConfigError

BUILT_IN = "probes.toml"
_MOST_TALLIES = 2  # the rows of the statement that they share multiply


def built_in() -> tuple[Probe, ...]:
    """Return the probes that ship with the program."""
    text = (files(__package__) / BUILT_IN).read_text("utf-8")
    return tuple(
        probe_sense.probe_of(b)
        for b in probe_sense.parse(text, BUILT_IN, ())
        if isinstance(b, Block)
    )


def load(paths: Iterable[Path | None]) -> Mapping[Path | None, tuple[Probe, ...]]:
    """Return the probes for each operator's file, ours for None.

    Raises:
        ConfigError: one line for every mistake in all files.
    """
    ours = built_in()
    loaded: dict[Path | None, tuple[Probe, ...]] = {}
    problems: list[str] = []
    for path in dict.fromkeys(paths):
        try:
            loaded[path] = ours if path is None else _merged(ours, path)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return loaded


def _merged(ours: Sequence[Probe], path: Path) -> tuple[Probe, ...]:
    blocks = probe_sense.parse(_text(path), str(path), [probe.id for probe in ours])
    merged = {probe.id: probe for probe in ours}
    for block in blocks:
        if isinstance(block, Switch) or not block.enabled:
            merged.pop(block.id, None)
        else:
            merged[block.id] = probe_sense.probe_of(block)
    problems = [f"{path}: {problem}" for problem in _together(tuple(merged.values()))]
    if problems:
        raise ConfigError(problems)
    return tuple(merged.values())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
    except UnicodeDecodeError:
        problem = "is not UTF-8 text"
    raise ConfigError([f"{path}: {problem}"])


def _together(probes: Sequence[Probe]) -> Iterator[str]:
    """Yield what probes that are fine by themselves are too much of together."""
    needed = statements_needed(probes)
    if needed > MOST_STATEMENTS:
        yield (
            f"the probes need {needed} statements, and a run may send {MOST_STATEMENTS}, the "
            "catalogue's included; turn one off with `enabled = false`, or use a meaning that "
            "shares a statement (switch, present, tally, status)"
        )
    tallies = [probe.id for probe in probes if probe.shares and probe.meaning is Meaning.TALLY]
    if len(tallies) > _MOST_TALLIES:
        yield (
            f"{' and '.join(tallies)} all tally, and the rows of the statement that they share "
            f"multiply; keep {_MOST_TALLIES} of them"
        )
    tellers = Counter(key for probe in probes for key in probe.keys)
    for key in (key for key, count in tellers.items() if count > 1):
        both = " and ".join(probe.id for probe in probes if key in probe.keys)
        yield f"probes {both} tell the same key `{key}`; turn one off, or give both the same id"
