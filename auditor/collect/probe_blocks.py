"""The shape of a file of probes, and a sentence for every mistake of shape."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import (
    BeforeValidator,
    Field,
    StrictBool,
    StrictStr,
    StringConstraints,
    ValidationError,
)

from auditor.collect.probes import Confidence, Meaning
from auditor.errors import ConfigError
from auditor.shape import Strict, keys_of, meant, path_of, sentence
from auditor.showing import shown

_NAME = r"[a-z_][a-z0-9_]*"
Name = Annotated[StrictStr, StringConstraints(pattern=f"^{_NAME}$")]
Column = Annotated[StrictStr, StringConstraints(pattern=rf"^({_NAME}\.)?{_NAME}$")]
Text = Annotated[StrictStr, StringConstraints(pattern=r"^\S(.*\S)?$")]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Columns = Annotated[tuple[Column, ...], BeforeValidator(_listed), Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]


class JoinBlock(Strict):
    """`join = { table, on, to }`."""

    table: Name
    on: Name
    to: Name


class Block(Strict):
    """One `[[probe]]` in full."""

    id: Name
    meaning: Meaning
    confidence: Confidence
    source: Text
    enabled: StrictBool = True
    key: Text | None = None
    table: Name | None = None
    columns: dict[str, Columns] = Field(default_factory=dict)
    join: JoinBlock | None = None
    where: dict[Name, Text] = Field(default_factory=dict)
    statement: Text | None = None
    needs: dict[Name, Annotated[tuple[Name, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    on: Texts | None = None
    off: Texts | None = None
    good: Texts | None = None
    caution: Text | None = None


class Switch(Strict):
    """A `[[probe]]` that only turns one off."""

    id: Name
    enabled: StrictBool


def parse(text: str, origin: str) -> tuple[Block | Switch, ...]:
    """Return the blocks of a file; raises ConfigError with one line for every mistake."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as mistake:
        raise ConfigError([f"{origin}: is not TOML: {shown(str(mistake))}"]) from mistake
    blocks = data.get("probe", [])
    problems = [_stray(key) for key in data if key != "probe"]
    if not isinstance(blocks, list) or not blocks:
        problems.append("must hold probes, each written as [[probe]] in double brackets")
        blocks = []
    found: list[Block | Switch] = []
    for position, block in enumerate(blocks, 1):
        try:
            found.append(_block(block))
        except ValidationError as mistakes:
            title = _title(block, position)
            problems += [f"{title}: {sentence}" for sentence in _sentences(mistakes)]
    if problems:
        raise ConfigError(f"{origin}: {problem}" for problem in problems)
    return tuple(found)


def _block(block: object) -> Block | Switch:
    if isinstance(block, dict) and block.keys() == {"id", "enabled"}:
        return Switch.model_validate(block)
    return Block.model_validate(block)


def _stray(key: str) -> str:
    return f"there is no key `{shown(key)}`{meant(key, ['probe'])}; probes stand in [[probe]]"


def _title(block: object, position: int) -> str:
    name = block.get("id") if isinstance(block, Mapping) else None
    return (
        f"probe `{name}`"
        if isinstance(name, str) and re.fullmatch(_NAME, name)
        else (f"probe {position}")
    )


def _sentences(mistakes: ValidationError) -> Iterator[str]:
    for mistake in mistakes.errors(include_url=False):
        path = path_of(mistake)
        table = JoinBlock if path[:-1][:1] == ["join"] else Block
        yield sentence(mistake, path, keys_of(table), _pattern)


def _pattern(pattern: str) -> str:
    if _NAME in pattern:
        return "a name of small letters, digits and underscores, as the database has it"
    return "a text in one line, without blanks around it"
