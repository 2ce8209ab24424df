"""The shape of a file of probes, and a sentence for every mistake of shape."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from auditor.collect.probes import Confidence, Meaning
from auditor.errors import ConfigError
from auditor.names import nearest

_SHORT = 60
_NAME = r"[a-z_][a-z0-9_]*"
Name = Annotated[StrictStr, StringConstraints(pattern=f"^{_NAME}$")]
Column = Annotated[StrictStr, StringConstraints(pattern=rf"^({_NAME}\.)?{_NAME}$")]
Text = Annotated[StrictStr, StringConstraints(pattern=r"^\S(.*\S)?$")]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Columns = Annotated[tuple[Column, ...], BeforeValidator(_listed), Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class JoinBlock(_Strict):
    """`join = { table, on, to }`."""

    table: Name
    on: Name
    to: Name


class Block(_Strict):
    """One `[[probe]]` in full."""

    id: Name
    meaning: Meaning
    confidence: Confidence
    source: Text
    enabled: StrictBool = True
    key: Text | None = None
    table: Name | None = None
    columns: dict[str, Columns] = {}
    join: JoinBlock | None = None
    where: dict[Name, Text] = {}
    statement: Text | None = None
    needs: dict[Name, Annotated[tuple[Name, ...], Field(min_length=1)]] = {}
    on: Texts | None = None
    off: Texts | None = None
    good: Texts | None = None
    caution: Text | None = None


class Switch(_Strict):
    """A `[[probe]]` that only turns one off."""

    id: Name
    enabled: StrictBool


def parse(text: str, origin: str) -> tuple[Block | Switch, ...]:
    """Return the blocks of a file; raises ConfigError with one line for every mistake."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as mistake:
        raise ConfigError([f"{origin}: is not TOML: {_shown(str(mistake))}"]) from mistake
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
    return f"there is no key `{_shown(key)}`{_meant(key, ['probe'])}; probes stand in [[probe]]"


def _title(block: object, position: int) -> str:
    name = block.get("id") if isinstance(block, Mapping) else None
    return (
        f"probe `{name}`"
        if isinstance(name, str) and re.fullmatch(_NAME, name)
        else (f"probe {position}")
    )


def _sentences(mistakes: ValidationError) -> Iterator[str]:
    for mistake in mistakes.errors(include_url=False):
        path = [str(part) for part in mistake["loc"] if part != "[key]"]
        yield _sentence(mistake, path)


def _sentence(mistake: ErrorDetails, path: list[str]) -> str:
    key = f"key `{_shown('.'.join(path))}`" if path else "it"
    match mistake["type"]:
        case "extra_forbidden":
            return f"there is no {key}{_meant(path[-1], _keys(path[:-1]))}"
        case "missing":
            return f"the {key} is missing"
        case "enum":
            expected = re.findall("'([^']*)'", str(mistake["ctx"]["expected"]))
            word = str(mistake["input"])
            hint = _meant(word, expected) or f"; it is one of {', '.join(expected)}"
            return f"{key} cannot be `{_shown(word)}`{hint}"
        case "string_pattern_mismatch":
            return f"{key} must be {_pattern(mistake['ctx']['pattern'])}"
        case kind:
            return f"{key} must be {_SHAPES.get(kind, 'something else')}"


def _pattern(pattern: str) -> str:
    if _NAME in pattern:
        return "a name of small letters, digits and underscores, as the database has it"
    return "a text in one line, without blanks around it"


def _keys(path: list[str]) -> Iterable[str]:
    return (JoinBlock if path[:1] == ["join"] else Block).model_fields


def _meant(word: str, choices: Iterable[str]) -> str:
    close = nearest(word, choices)
    return f"; did you mean `{close}`?" if close else ""


def _shown(text: str) -> str:
    """Return text that fits on one line of an error, whatever stands in the file."""
    short = text if len(text) <= _SHORT else f"{text[:_SHORT]}..."
    return "".join(sign if sign.isprintable() else "?" for sign in short)


_SHAPES: Mapping[str, Any] = {
    "string_type": "a text",
    "bool_type": "true or false",
    "tuple_type": "a list of texts",
    "too_short": "a list that is not empty",
    "dict_type": "a table",
    "model_type": "a table",
}
"""What pydantic misses, in the words of TOML."""
