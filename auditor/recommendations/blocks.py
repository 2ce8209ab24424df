"""The shape of a pack's TOML blocks, and a sentence for every mistake of shape."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    Field,
    StrictBool,
    StrictStr,
    StringConstraints,
    ValidationError,
)

from auditor.errors import ConfigError
from auditor.findings import Kind, Severity, SubjectKind
from auditor.recommendations.vocabulary import (
    Condition,
    Expectation,
    Mode,
    Scope,
)
from auditor.shape import Strict, keys_of, sentence

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_ID = r"[A-Z]+-[0-9]{2}"
Id = Annotated[str, StringConstraints(pattern=f"^{_ID}$")]
Release = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+$")]


class RemedyBlock(Strict):
    """`remedy.KIND = { page, action, cli }`."""

    page: Text
    action: Text
    cli: StrictStr = ""


class SourceBlock(Strict):
    """`source = { document, section, url, releases }`; `passage` for a section without a title."""

    document: Text
    section: Text | None = None
    passage: Text | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
    releases: Text


class ReleasesBlock(Strict):
    """`releases = { from = "11.0", below = "15.0" }`, either left out."""

    start: Release | None = Field(default=None, alias="from")
    below: Release | None = None


class WatchBlock(Strict):
    """One block of `[[recommendation.watches]]`."""

    key: Text
    services: Annotated[tuple[Text, ...], Field(min_length=1)]
    on: Scope = Scope.ALL
    unless: tuple[Condition, ...] = ()
    yields_to: tuple[Id, ...] = ()


class Block(Strict):
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


class _Pack(Strict):
    recommendation: tuple[Block, ...]


def parse(text: str, origin: str) -> tuple[Block, ...]:
    """Return the blocks of a pack.

    Raises:
        ConfigError: one line for every mistake, naming the file, the block and the key.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as mistake:
        raise ConfigError([f"{origin}: no valid TOML: {mistake}"]) from mistake
    try:
        pack = _Pack.model_validate(data)
    except ValidationError as mistakes:
        raise ConfigError(_sentences(mistakes, data, origin)) from mistakes
    if not pack.recommendation:
        raise ConfigError([f"{origin}: the pack holds no recommendation"])
    return pack.recommendation


def _sentences(mistakes: ValidationError, data: Mapping[str, Any], origin: str) -> Iterator[str]:
    for mistake in mistakes.errors(include_url=False):
        where, path = _place(mistake["loc"], data)
        yield f"{origin}: {where}: {sentence(mistake, path, _keys(path[:-1]), _pattern)}"


def _place(loc: tuple[int | str, ...], data: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return the name of the block and the path of keys inside it."""
    keys = [part for part in loc if isinstance(part, str) and part != "[key]"]
    if len(loc) < 2 or loc[0] != "recommendation" or not isinstance(loc[1], int):
        return "the pack", keys
    block = data["recommendation"][loc[1]]
    name = block.get("id") if isinstance(block, dict) else None
    known = isinstance(name, str) and re.fullmatch(_ID, name)
    return str(name) if known else f"block {loc[1] + 1}", keys[1:]


def _keys(path: list[str]) -> list[str]:
    """Return the keys that may stand in the table at a path inside a block."""
    return keys_of(_TABLES.get(path[0] if path else "", Block))


def _pattern(pattern: str) -> str:
    return f"a text that matches {pattern}"


_TABLES: Mapping[str, type[BaseModel]] = {
    "remedy": RemedyBlock,
    "source": SourceBlock,
    "releases": ReleasesBlock,
    "watches": WatchBlock,
}
