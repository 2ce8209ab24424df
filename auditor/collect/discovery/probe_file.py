"""Loads the probes that ship, and an operator's own file that replaces, adds or turns off some.

Every mistake in a file becomes one line; the statements are checked as they would be sent.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import StrictBool, ValidationError

from auditor.collect.discovery.probes import (
    MAX_STATEMENTS,
    MEANING_COLUMNS,
    NAME_PATTERN,
    DatabaseName,
    Probe,
    ProbeJoin,
    ProbeMeaning,
    count_statements,
)
from auditor.collect.discovery.sql import sample_statements
from auditor.errors import ConfigError
from auditor.models.deployment import DEPLOYMENT_KEYS, FEATURE_KEYS, LIST_KEYS, SYNCED_FROM_KEY
from auditor.soap.sql_guard import StatementRefused, check_select_statement
from auditor.text import did_you_mean, join_names, printable_excerpt, shorten_text
from auditor.toml_errors import StrictTable, describe_mistake, mistake_path, table_keys

BUILT_IN_PROBE_FILE = "probes.toml"
_MAX_TALLIES = 2  # the rows of the statement that they share multiply

_KEYS_BY_MEANING: Mapping[ProbeMeaning, frozenset[str]] = {
    ProbeMeaning.SWITCH: frozenset(DEPLOYMENT_KEYS) - LIST_KEYS,
    ProbeMeaning.PRESENT: frozenset(DEPLOYMENT_KEYS) - LIST_KEYS,
    ProbeMeaning.NODES: (FEATURE_KEYS | LIST_KEYS) - {SYNCED_FROM_KEY},
}
"""The keys that rows of a meaning can decide; the other meanings take no key."""


class ProbeSwitch(StrictTable):
    """A `[[probe]]` that only turns one off."""

    id: DatabaseName
    enabled: StrictBool


@cache
def load_built_in_probes() -> tuple[Probe, ...]:
    """Return the probes that ship with the program."""
    text = (files(__package__) / BUILT_IN_PROBE_FILE).read_text("utf-8")
    tables = _parse_probe_file(text, BUILT_IN_PROBE_FILE, ())
    return tuple(table for table in tables if isinstance(table, Probe))


def load_probes(paths: Iterable[Path | None]) -> Mapping[Path | None, tuple[Probe, ...]]:
    """Return the probes for each operator's file, those that ship for None.

    Raises:
        ConfigError: one line for every mistake in all files.
    """
    built_in = load_built_in_probes()
    loaded: dict[Path | None, tuple[Probe, ...]] = {}
    problems: list[str] = []
    for path in dict.fromkeys(paths):
        try:
            loaded[path] = built_in if path is None else _merge_operator_probes(built_in, path)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return loaded


def _merge_operator_probes(built_in: Sequence[Probe], path: Path) -> tuple[Probe, ...]:
    merged = {probe.id: probe for probe in built_in}
    for table in _parse_probe_file(_read_probe_text(path), str(path), tuple(merged)):
        if isinstance(table, Probe) and table.enabled:
            merged[table.id] = table
        else:
            merged.pop(table.id, None)
    problems = [f"{path}: {problem}" for problem in _set_problems(tuple(merged.values()))]
    if problems:
        raise ConfigError(problems)
    return tuple(merged.values())


def _read_probe_text(path: Path) -> str:
    try:
        # Some editors put a byte order mark first, which is no TOML.
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
    except UnicodeDecodeError:
        problem = "is not UTF-8 text"
    raise ConfigError([f"{path}: {problem}"])


def _parse_probe_file(
    text: str, origin: str, built_in: Sequence[str]
) -> tuple[Probe | ProbeSwitch, ...]:
    """Return the tables of a file, each of them correct by itself.

    `built_in` are the ids of the probes that ship, which alone can be turned off.
    """
    tables = _parse_tables(text, origin)
    counts = Counter(table.id for table in tables)
    problems = [f"probe `{name}`: it is there twice" for name, n in counts.items() if n > 1]
    for table in tables:
        mistakes = (
            _switch_problems(table, built_in)
            if isinstance(table, ProbeSwitch)
            else _probe_problems(table)
        )
        problems += [f"probe `{table.id}`: {mistake}" for mistake in mistakes]
    if problems:
        raise ConfigError(f"{origin}: {problem}" for problem in problems)
    return tables


def _parse_tables(text: str, origin: str) -> tuple[Probe | ProbeSwitch, ...]:
    """Return the tables of a file; raises ConfigError with one line for every mistake of shape."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Deep nesting ends the parser with a RecursionError.
        raise ConfigError([f"{origin}: is not TOML: {printable_excerpt(str(error))}"]) from error
    tables = data.get("probe", [])
    problems = [_unexpected_key_text(key) for key in data if key != "probe"]
    if not isinstance(tables, list) or not tables:
        problems.append("must hold probes, each written as [[probe]] in double brackets")
        tables = []
    parsed: list[Probe | ProbeSwitch] = []
    for position, table in enumerate(tables, 1):
        is_switch = isinstance(table, dict) and table.keys() == {"id", "enabled"}
        try:
            parsed.append((ProbeSwitch if is_switch else Probe).model_validate(table))
        except ValidationError as error:
            title = _probe_title(table, position)
            problems += [f"{title}: {sentence}" for sentence in _mistake_sentences(error)]
    if problems:
        raise ConfigError(f"{origin}: {problem}" for problem in problems)
    return tuple(parsed)


def _unexpected_key_text(key: str) -> str:
    hint = did_you_mean(key, ["probe"])
    return f"there is no key `{printable_excerpt(key)}`{hint}; probes are written in [[probe]]"


def _probe_title(table: object, position: int) -> str:
    name = table.get("id") if isinstance(table, Mapping) else None
    is_name = isinstance(name, str) and re.fullmatch(NAME_PATTERN, name)
    return f"probe `{name}`" if is_name else f"probe {position}"


def _mistake_sentences(error: ValidationError) -> Iterator[str]:
    for mistake in error.errors(include_url=False):
        path = mistake_path(mistake)
        table = ProbeJoin if path[:-1][:1] == ["join"] else Probe
        yield describe_mistake(mistake, path, table_keys(table), _describe_pattern)


def _describe_pattern(pattern: str) -> str:
    if NAME_PATTERN in pattern:
        return "a name of small letters, digits and underscores, as in the database"
    return "a text in one line, without blanks around it"


def _switch_problems(switch: ProbeSwitch, built_in: Sequence[str]) -> Iterator[str]:
    if switch.enabled:
        yield "it needs `meaning`, `confidence` and `source`; leave it out to keep ours"
    elif switch.id not in built_in:
        hint = did_you_mean(switch.id, built_in) or f"; there are {', '.join(built_in)}"
        yield f"there is no such probe to turn off{hint}"


def _probe_problems(probe: Probe) -> Iterator[str]:
    yield from _key_problems(probe)
    yield from _value_problems(probe)
    yield from _column_problems(probe) if probe.statement is None else _statement_problems(probe)
    yield from _sql_guard_problems(probe)


def _key_problems(probe: Probe) -> Iterator[str]:
    allowed = _KEYS_BY_MEANING.get(probe.meaning)
    if allowed is None:
        if probe.key is not None:
            yield f"a probe of meaning {probe.meaning} takes no `key`"
    elif probe.key is None:
        yield f"a probe of meaning {probe.meaning} needs a `key` of [cluster.deployment]"
    elif probe.key not in allowed:
        hint = did_you_mean(probe.key, allowed) or f"; it can be {', '.join(sorted(allowed))}"
        key = shorten_text(probe.key)
        yield f"key `key` cannot be `{key}` with meaning {probe.meaning}{hint}"


def _value_problems(probe: Probe) -> Iterator[str]:
    switch_keys = probe.model_fields_set & {"on", "off"}
    if switch_keys and probe.meaning is not ProbeMeaning.SWITCH:
        yield "`on` and `off` belong to meaning switch"
    if probe.good and probe.meaning is not ProbeMeaning.STATUS:
        yield "`good` belongs to meaning status"
    if len(switch_keys) == 1:
        yield "`on` and `off` go together"
    both = set(probe.on) & set(probe.off) if len(switch_keys) > 1 else ()
    if both:
        yield f"`on` and `off` both hold {', '.join(sorted(both))}"


def _statement_problems(probe: Probe) -> Iterator[str]:
    composed = [name for name in ("table", "columns", "join", "where") if getattr(probe, name)]
    if composed:
        yield f"`statement` is the whole SELECT; leave out {', '.join(composed)}"
    if not probe.needs:
        yield "`statement` goes with `needs`, the tables and columns that must be there"
    selected = re.split(r"\bfrom\b", probe.statement or "", maxsplit=1, flags=re.IGNORECASE)[0]
    words = set(re.findall(r"\w+", selected.lower()))
    for name in sorted(probe.required_columns - words):
        yield f"`statement` has no column `{name}`; write `... as {name}`"


def _column_problems(probe: Probe) -> Iterator[str]:
    required, optional = MEANING_COLUMNS[probe.meaning]
    for name in sorted(required - probe.columns.keys()):
        yield f"the key `columns.{name}` is missing"
    allowed = required | optional
    for name in sorted(probe.columns.keys() - allowed):
        hint = did_you_mean(name, allowed) or f"; it has {', '.join(sorted(allowed))}"
        yield f"there is no key `columns.{shorten_text(name)}` in meaning {probe.meaning}{hint}"
    if probe.needs:
        yield "`needs` goes with `statement`"
    if probe.table is None and (not required or probe.join or probe.where):
        yield "the key `table` is missing"
    columns = [column for names in probe.columns.values() for column in names]
    tables = {column.partition(".")[0] for column in columns if "." in column}
    for name in sorted(tables - {probe.table, probe.join.table if probe.join else None}):
        yield f"a column is in table `{name}`, which is neither `table` nor that of `join`"


def _sql_guard_problems(probe: Probe) -> Iterator[str]:
    """Yield why the SQL guard of the SOAP layer would refuse a statement of the probe."""
    for statement in sample_statements(probe):
        try:
            check_select_statement(statement)
        except StatementRefused as refused:
            yield str(refused)
            # The other samples of the probe would mostly be refused for the same reason.
            return


def _set_problems(probes: Sequence[Probe]) -> Iterator[str]:
    """Yield what is wrong with probes together that are correct by themselves."""
    needed = count_statements(probes)
    if needed > MAX_STATEMENTS:
        yield (
            f"the probes need {needed} statements, and a run may send {MAX_STATEMENTS}, the "
            "catalogue's included; turn one off with `enabled = false`, or use a meaning that "
            "shares a statement (switch, present, tally, status)"
        )
    tallies = [
        probe.id
        for probe in probes
        if probe.shares_statement and probe.meaning is ProbeMeaning.TALLY
    ]
    if len(tallies) > _MAX_TALLIES:
        yield (
            f"{join_names(tallies)} all tally, and the rows of the statement that they share "
            f"multiply; keep {_MAX_TALLIES} of them"
        )
    # Otherwise the last of them would win, by nothing but its place in the file.
    counts = Counter(key for probe in probes for key in probe.keys)
    for key in (key for key, count in counts.items() if count > 1):
        ids = " and ".join(probe.id for probe in probes if key in probe.keys)
        yield f"probes {ids} decide the same key `{key}`; turn one off, or give both the same id"
