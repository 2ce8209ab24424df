"""The shape of a pack's TOML blocks, and a sentence for every mistake of shape."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from auditor import names
from auditor.errors import ConfigError
from auditor.findings import Kind, Severity, SubjectKind
from auditor.recommendations.vocabulary import (
    Condition,
    Expectation,
    Mode,
    Scope,
)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_ID = r"[A-Z]+-[0-9]{2}"
Id = Annotated[str, StringConstraints(pattern=f"^{_ID}$")]
_SHORT = 60
Release = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RemedyBlock(_Strict):
    """`remedy.KIND = { page, action, cli }`."""

    page: Text
    action: Text
    cli: StrictStr = ""


class SourceBlock(_Strict):
    """`source = { document, section, url, releases }`."""

    document: Text
    section: Text
    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
    releases: Text


class ReleasesBlock(_Strict):
    """`releases = { from = "11.0", below = "15.0" }`, either left out."""

    start: Release | None = Field(default=None, alias="from")
    below: Release | None = None


class WatchBlock(_Strict):
    """One block of `[[recommendation.watches]]`."""

    key: Text
    services: Annotated[tuple[Text, ...], Field(min_length=1)]
    on: Scope = Scope.ALL
    unless: tuple[Condition, ...] = ()
    yields_to: tuple[Id, ...] = ()


class Block(_Strict):
    """One `[[recommendation]]`."""

    id: Id
    title: Text
    service: Text | None = None
    subject: SubjectKind = SubjectKind.NODE
    applies: Condition = Condition.ALWAYS
    on: Scope = Scope.ALL
    expects: Expectation
    severity: Severity
    consequence: Text
    source: SourceBlock
    remedy: dict[Kind, RemedyBlock] = Field(default_factory=dict)
    kind: Kind | None = None
    mode: Mode = Mode.AUDIT
    or_activated: StrictBool = False
    unless: Condition | None = None
    network: StrictBool = False
    routing_nodes: StrictBool = True
    releases: ReleasesBlock = ReleasesBlock()
    severity_when: dict[Condition, Severity] = Field(default_factory=dict)
    watches: tuple[WatchBlock, ...] = ()


class _Pack(_Strict):
    recommendation: tuple[Block, ...]


def parse(text: str, origin: str) -> tuple[Block, ...]:
    """Return the blocks of a pack.

    Raises:
        ConfigError: one line for every mistake, naming the file, the block and the key.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as mistake:
        raise ConfigError([f"{origin}: no valid TOML: {mistake}."]) from mistake
    try:
        pack = _Pack.model_validate(data)
    except ValidationError as mistakes:
        raise ConfigError(_sentences(mistakes, data, origin)) from mistakes
    if not pack.recommendation:
        raise ConfigError([f"{origin}: the pack holds no recommendation."])
    return pack.recommendation


def _sentences(mistakes: ValidationError, data: Mapping[str, Any], origin: str) -> Iterator[str]:
    for mistake in mistakes.errors(include_url=False):
        where, path = _place(mistake["loc"], data)
        yield f"{origin}: {where}: {_sentence(mistake, path)}"


def _place(loc: tuple[int | str, ...], data: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return the name of the block and the path of keys inside it."""
    keys = [part for part in loc if isinstance(part, str) and part != "[key]"]
    if len(loc) < 2 or loc[0] != "recommendation" or not isinstance(loc[1], int):
        return "the pack", keys
    block = data["recommendation"][loc[1]]
    name = block.get("id") if isinstance(block, dict) else None
    known = isinstance(name, str) and re.fullmatch(_ID, name)
    return str(name) if known else f"block {loc[1] + 1}", keys[1:]


def _sentence(mistake: ErrorDetails, path: list[str]) -> str:
    key = f"`{shown('.'.join(path))}`" if path else "it"
    match mistake["type"]:
        case "extra_forbidden":
            return f"there is no key {key}{_meant(path[-1], _keys(path[:-1]))}."
        case "missing":
            return f"the key {key} is missing."
        case "enum":
            expected = re.findall("'([^']*)'", str(mistake["ctx"]["expected"]))
            word = str(mistake["input"])
            return f"{key} cannot be `{shown(word)}`{_meant(word, expected)}."
        case "string_pattern_mismatch":
            return f"{key} must match {mistake['ctx']['pattern']}."
        case kind:
            return f"{key} must be {_SHAPES.get(kind, 'something else')}."


def shown(text: str) -> str:
    """Return text that fits on one line of an error, whatever stands in the file."""
    short = text if len(text) <= _SHORT else f"{text[:_SHORT]}..."
    return "".join(sign if sign.isprintable() else "?" for sign in short)


def _keys(path: list[str]) -> list[str]:
    """Return the keys that may stand in the table at a path inside a block."""
    model = _TABLES.get(path[0] if path else "", Block)
    return [field.alias or name for name, field in model.model_fields.items()]


def _meant(word: str, choices: Iterable[str]) -> str:
    nearest = names.nearest(word, choices)
    return f"; did you mean `{nearest}`" if nearest else ""


_SHAPES = {
    "string_type": "a text",
    "string_too_short": "a text that is not empty",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "too_short": "a list that is not empty",
    "dict_type": "a table",
    "model_type": "a table",
}
"""What pydantic misses, in the words of TOML."""

_TABLES: Mapping[str, type[BaseModel]] = {
    "remedy": RemedyBlock,
    "source": SourceBlock,
    "releases": ReleasesBlock,
    "watches": WatchBlock,
}
