"""Loads probes: those that ship, with those that an operator's own file corrects or adds.

The shape of a file of probes, and a sentence for every mistake of shape.

Whether a block of a file of probes makes sense: its key, its columns, its statement.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import (
    BeforeValidator,
    Field,
    StrictBool,
    StrictStr,
    StringConstraints,
    ValidationError,
)

from auditor.collect.discovery.probes import (
    MAX_STATEMENTS,
    MEANING_COLUMNS,
    Probe,
    ProbeConfidence,
    ProbeJoin,
    ProbeMeaning,
    count_statements,
)
from auditor.collect.discovery.sql import sample_statements
from auditor.errors import ConfigError
from auditor.models.deployment import (
    DEPLOYMENT_KEYS,
    FEATURE_KEYS,
    LIST_KEYS,
    SYNCED_FROM_KEY,
)
from auditor.soap.sql_guard import StatementRefused, check_select_statement
from auditor.text import did_you_mean, printable_excerpt, shorten_text
from auditor.toml_errors import StrictTable, describe_mistake, mistake_path, table_keys

_NAME_PATTERN = r"[a-z_][a-z0-9_]*"
DatabaseName = Annotated[StrictStr, StringConstraints(pattern=f"^{_NAME_PATTERN}$")]
ColumnName = Annotated[
    StrictStr, StringConstraints(pattern=rf"^({_NAME_PATTERN}\.)?{_NAME_PATTERN}$")
]
ProbeText = Annotated[StrictStr, StringConstraints(pattern=r"^\S(.*\S)?$")]


def _as_column_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


ColumnNames = Annotated[
    tuple[ColumnName, ...], BeforeValidator(_as_column_list), Field(min_length=1)
]
ProbeTexts = Annotated[tuple[ProbeText, ...], Field(min_length=1)]


class JoinBlock(StrictTable):
    """`join = { table, on, to }`."""

    table: DatabaseName
    on: DatabaseName
    to: DatabaseName


class ProbeBlock(StrictTable):
    """One `[[probe]]` in full."""

    id: DatabaseName
    meaning: ProbeMeaning
    confidence: ProbeConfidence
    source: ProbeText
    enabled: StrictBool = True
    key: ProbeText | None = None
    table: DatabaseName | None = None
    columns: dict[str, ColumnNames] = Field(default_factory=dict)
    join: JoinBlock | None = None
    where: dict[DatabaseName, ProbeText] = Field(default_factory=dict)
    statement: ProbeText | None = None
    needs: dict[DatabaseName, Annotated[tuple[DatabaseName, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    on: ProbeTexts | None = None
    off: ProbeTexts | None = None
    good: ProbeTexts | None = None
    caution: ProbeText | None = None


class ProbeSwitch(StrictTable):
    """A `[[probe]]` that only turns one off."""

    id: DatabaseName
    enabled: StrictBool


def parse_probe_blocks(text: str, origin: str) -> tuple[ProbeBlock | ProbeSwitch, ...]:
    """Return the blocks of a file; raises ConfigError with one line for every mistake."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as mistake:
        raise ConfigError(
            [f"{origin}: is not TOML: {printable_excerpt(str(mistake))}"]
        ) from mistake
    blocks = data.get("probe", [])
    problems = [_unexpected_key_text(key) for key in data if key != "probe"]
    if not isinstance(blocks, list) or not blocks:
        problems.append("must hold probes, each written as [[probe]] in double brackets")
        blocks = []
    found: list[ProbeBlock | ProbeSwitch] = []
    for position, block in enumerate(blocks, 1):
        try:
            found.append(_build_probe_block(block))
        except ValidationError as mistakes:
            title = _probe_title(block, position)
            problems += [f"{title}: {sentence}" for sentence in _mistake_sentences(mistakes)]
    if problems:
        raise ConfigError(f"{origin}: {problem}" for problem in problems)
    return tuple(found)


def _build_probe_block(block: object) -> ProbeBlock | ProbeSwitch:
    if isinstance(block, dict) and block.keys() == {"id", "enabled"}:
        return ProbeSwitch.model_validate(block)
    return ProbeBlock.model_validate(block)


def _unexpected_key_text(key: str) -> str:
    return (
        f"there is no key `{printable_excerpt(key)}`{did_you_mean(key, ['probe'])}; probes stand in"
        " [[probe]]"
    )


def _probe_title(block: object, position: int) -> str:
    name = block.get("id") if isinstance(block, Mapping) else None
    return (
        f"probe `{name}`"
        if isinstance(name, str) and re.fullmatch(_NAME_PATTERN, name)
        else (f"probe {position}")
    )


def _mistake_sentences(mistakes: ValidationError) -> Iterator[str]:
    for mistake in mistakes.errors(include_url=False):
        path = mistake_path(mistake)
        table = JoinBlock if path[:-1][:1] == ["join"] else ProbeBlock
        yield describe_mistake(mistake, path, table_keys(table), _describe_probe_pattern)


def _describe_probe_pattern(pattern: str) -> str:
    if _NAME_PATTERN in pattern:
        return "a name of small letters, digits and underscores, as the database has it"
    return "a text in one line, without blanks around it"


_KEYS_BY_MEANING: Mapping[ProbeMeaning, frozenset[str]] = {
    ProbeMeaning.SWITCH: frozenset(DEPLOYMENT_KEYS) - LIST_KEYS,
    ProbeMeaning.PRESENT: frozenset(DEPLOYMENT_KEYS) - LIST_KEYS,
    ProbeMeaning.NODES: (FEATURE_KEYS | LIST_KEYS) - {SYNCED_FROM_KEY},
}
"""The keys that a meaning can tell; the other meanings take no key."""


def parse_probe_file(
    text: str, origin: str, ours: Sequence[str]
) -> tuple[ProbeBlock | ProbeSwitch, ...]:
    """Return the blocks of a file once every one makes sense by itself."""
    blocks = parse_probe_blocks(text, origin)
    counts = Counter(block.id for block in blocks)
    problems = [f"probe `{name}`: it stands twice" for name, n in counts.items() if n > 1]
    for block in blocks:
        found = (
            _switch_problems(block, ours)
            if isinstance(block, ProbeSwitch)
            else _block_problems(block)
        )
        problems += [f"probe `{block.id}`: {problem}" for problem in found]
    if problems:
        raise ConfigError(f"{origin}: {problem}" for problem in problems)
    return blocks


def _switch_problems(block: ProbeSwitch, ours: Sequence[str]) -> Iterator[str]:
    if block.enabled:
        yield "it needs `meaning`, `confidence` and `source`; leave it out to keep ours"
    elif block.id not in ours:
        hint = did_you_mean(block.id, ours) or f"; there are {', '.join(ours)}"
        yield f"there is no such probe to turn off{hint}"


def _block_problems(block: ProbeBlock) -> Iterator[str]:
    yield from _key_problems(block)
    yield from _value_text_problems(block)
    if block.statement is not None:
        yield from _statement_problems(block)
    else:
        yield from _column_problems(block)
    yield from _sql_guard_problems(block)


def _key_problems(block: ProbeBlock) -> Iterator[str]:
    allowed = _KEYS_BY_MEANING.get(block.meaning)
    if allowed is None:
        if block.key is not None:
            yield f"a probe of meaning {block.meaning} takes no `key`"
    elif block.key is None:
        yield f"a probe of meaning {block.meaning} needs a `key` of [cluster.deployment]"
    elif block.key not in allowed:
        hint = did_you_mean(block.key, allowed) or f"; it can be {', '.join(sorted(allowed))}"
        key = shorten_text(block.key)
        yield f"key `key` cannot be `{key}` with meaning {block.meaning}{hint}"


def _value_text_problems(block: ProbeBlock) -> Iterator[str]:
    if block.meaning is not ProbeMeaning.SWITCH and (block.on or block.off):
        yield "`on` and `off` belong to meaning switch"
    if block.meaning is not ProbeMeaning.STATUS and block.good:
        yield "`good` belongs to meaning status"
    if (block.on is None) != (block.off is None):
        yield "`on` and `off` go together"
    both = {text.casefold() for text in block.on or ()} & {t.casefold() for t in block.off or ()}
    if both:
        yield f"`on` and `off` both hold {', '.join(sorted(both))}"


def _statement_problems(block: ProbeBlock) -> Iterator[str]:
    beside = [name for name in ("table", "columns", "join", "where") if getattr(block, name)]
    if beside:
        yield f"`statement` is the whole question; leave out {', '.join(beside)}"
    if not block.needs:
        yield "`statement` goes with `needs`, the tables and columns that must be there"
    selected = re.split(r"\bfrom\b", block.statement or "", maxsplit=1, flags=re.IGNORECASE)[0]
    words = set(re.findall(r"\w+", selected.lower()))
    for name in sorted(MEANING_COLUMNS[block.meaning][0] - words):
        yield f"`statement` has no column `{name}`; write `... as {name}`"


def _column_problems(block: ProbeBlock) -> Iterator[str]:
    must, may = MEANING_COLUMNS[block.meaning]
    for name in sorted(must - block.columns.keys()):
        yield f"the key `columns.{name}` is missing"
    for name in block.columns.keys() - must - may:
        hint = did_you_mean(name, must | may) or f"; it has {', '.join(sorted(must | may))}"
        yield f"there is no key `columns.{shorten_text(name)}` in meaning {block.meaning}{hint}"
    if block.needs:
        yield "`needs` goes with `statement`"
    if block.table is None and (not must or block.join or block.where):
        yield "the key `table` is missing"
    strange = {c.partition(".")[0] for found in block.columns.values() for c in found if "." in c}
    for name in sorted(strange - {block.table, block.join.table if block.join else None}):
        yield f"a column stands in table `{name}`, which is neither `table` nor that of `join`"


def _sql_guard_problems(block: ProbeBlock) -> Iterator[str]:
    """Hold whatever may be sent against the gate of the SOAP layer, before anything is sent."""
    for statement in sample_statements(build_probe(block)):
        try:
            check_select_statement(statement)
        except StatementRefused as refused:
            yield str(refused)
            return


def build_probe(block: ProbeBlock) -> Probe:
    return Probe(
        id=block.id,
        meaning=block.meaning,
        confidence=block.confidence,
        source=block.source,
        key=block.key,
        table=block.table,
        columns=block.columns,
        join=ProbeJoin(**block.join.model_dump()) if block.join else None,
        where=block.where,
        statement=block.statement,
        needs=block.needs,
        on=frozenset(text.casefold() for text in block.on or ("t", "true", "1")),
        off=frozenset(text.casefold() for text in block.off or ("f", "false", "0")),
        good=block.good or (),
        caution=block.caution or "",
    )


BUILT_IN_PROBE_FILE = "probes.toml"
_MAX_TALLIES = 2  # the rows of the statement that they share multiply


def load_built_in_probes() -> tuple[Probe, ...]:
    """Return the probes that ship with the program."""
    text = (files(__package__) / BUILT_IN_PROBE_FILE).read_text("utf-8")
    return tuple(
        build_probe(b)
        for b in parse_probe_file(text, BUILT_IN_PROBE_FILE, ())
        if isinstance(b, ProbeBlock)
    )


def load_probes(paths: Iterable[Path | None]) -> Mapping[Path | None, tuple[Probe, ...]]:
    """Return the probes for each operator's file, ours for None.

    Raises:
        ConfigError: one line for every mistake in all files.
    """
    ours = load_built_in_probes()
    loaded: dict[Path | None, tuple[Probe, ...]] = {}
    problems: list[str] = []
    for path in dict.fromkeys(paths):
        try:
            loaded[path] = ours if path is None else _merge_operator_probes(ours, path)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return loaded


def _merge_operator_probes(ours: Sequence[Probe], path: Path) -> tuple[Probe, ...]:
    blocks = parse_probe_file(_read_probe_text(path), str(path), [probe.id for probe in ours])
    merged = {probe.id: probe for probe in ours}
    for block in blocks:
        if isinstance(block, ProbeSwitch) or not block.enabled:
            merged.pop(block.id, None)
        else:
            merged[block.id] = build_probe(block)
    problems = [f"{path}: {problem}" for problem in _probe_set_problems(tuple(merged.values()))]
    if problems:
        raise ConfigError(problems)
    return tuple(merged.values())


def _read_probe_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
    except UnicodeDecodeError:
        problem = "is not UTF-8 text"
    raise ConfigError([f"{path}: {problem}"])


def _probe_set_problems(probes: Sequence[Probe]) -> Iterator[str]:
    """Yield what probes that are fine by themselves are too much of together."""
    needed = count_statements(probes)
    if needed > MAX_STATEMENTS:
        yield (
            f"the probes need {needed} statements, and a run may send {MAX_STATEMENTS}, the "
            "catalogue's included; turn one off with `enabled = false`, or use a meaning that "
            "shares a statement (switch, present, tally, status)"
        )
    tallies = [probe.id for probe in probes if probe.shares and probe.meaning is ProbeMeaning.TALLY]
    if len(tallies) > _MAX_TALLIES:
        yield (
            f"{' and '.join(tallies)} all tally, and the rows of the statement that they share "
            f"multiply; keep {_MAX_TALLIES} of them"
        )
    tellers = Counter(key for probe in probes for key in probe.keys)
    for key in (key for key, count in tellers.items() if count > 1):
        both = " and ".join(probe.id for probe in probes if key in probe.keys)
        yield f"probes {both} tell the same key `{key}`; turn one off, or give both the same id"
