"""Reads waiver files strictly: `[[waiver]]` blocks in TOML; all mistakes are reported at once."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import Field, PlainValidator, ValidationError

from auditor.config.value_checks import InvalidValue, type_name, validate_text
from auditor.errors import ConfigError
from auditor.text import did_you_mean, escape_unprintable, shorten_text
from auditor.toml_errors import StrictTable
from auditor.toml_lines import TomlLines

# Before Python 3.14 the position is only in the text of a TOMLDecodeError.
_DECODE_ERROR_LINE = re.compile(r"\(at line (\d+), column \d+\)$")
_EXPIRES_LINE = re.compile(r"\s*(?:expires|\"expires\"|'expires')\s*=([^#]*)")
_EXPIRES_EXAMPLE = "such as expires = 2026-12-31, without quotes and without a time"


@dataclass(frozen=True, slots=True)
class WaiverRule:
    """One accepted difference, valid through the whole day `expires`.

    `place` names the file and block, for messages.
    """

    recommendation: str
    cluster: str
    subject: str
    reason: str
    owner: str
    expires: date
    place: str

    @property
    def scope(self) -> tuple[str, str, str]:
        """Return what must match, all of it; names match in any case."""
        return self.recommendation, self.cluster.casefold(), self.subject.casefold()


def _validate_expiry(value: object) -> date:
    # Not isinstance: a datetime is a date too, but Python refuses to compare it with one.
    if type(value) is date:
        return value
    kinds = {datetime: "a date with a time", time: "a time"}
    raise InvalidValue(
        f"must be a date, {_EXPIRES_EXAMPLE}; not {kinds.get(type(value)) or type_name(value)}"
    )


WaiverText = Annotated[str, PlainValidator(validate_text)]


class _WaiverBlock(StrictTable, strict=True):
    recommendation: WaiverText
    cluster: WaiverText
    subject: WaiverText
    reason: WaiverText
    owner: WaiverText
    expires: Annotated[date, PlainValidator(_validate_expiry)]


class _WaiverFile(StrictTable, strict=True):
    waiver: list[_WaiverBlock] = Field(default_factory=list)


def load_waiver_file(path: Path, recommendations: Collection[str]) -> tuple[WaiverRule, ...]:
    """Read a waiver file; see `parse_waivers`.

    Raises:
        ConfigError: the file cannot be read, or one line for every mistake in it.
    """
    try:
        # Editors on Windows may write a byte order mark, which tomllib refuses.
        content = path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        problem = f"cannot be read: {exc.strerror or exc}"
    except UnicodeDecodeError:
        problem = "is not UTF-8 text"
    else:
        return parse_waivers(content, path, recommendations)
    raise ConfigError([escape_unprintable(f"{path}: {problem}")])


def parse_waivers(
    content: str, path: Path, recommendations: Collection[str]
) -> tuple[WaiverRule, ...]:
    """Return the rules of a waiver file's text, in its order.

    `recommendations` are the ids of all recommendations, whether or not this run judges them;
    `path` is the name that mistakes are reported under.

    Raises:
        ConfigError: one line for every mistake.
    """
    raw = _parse_waiver_toml(content, path)
    # Each check reads the raw blocks, because no model exists while one of them is wrong, and all
    # mistakes are to be reported at once.
    problems = [
        *_waiver_schema_errors(raw),
        *_unknown_recommendations(raw, recommendations),
        *_duplicate_waivers(raw),
    ]
    if problems:
        lines = TomlLines(content)
        raise ConfigError(
            escape_unprintable(f"{path}:{lines.find(loc)}: {problem}") for loc, problem in problems
        )
    return tuple(
        WaiverRule(**block.model_dump(), place=f"{path.name}, waiver {number}")
        for number, block in enumerate(_WaiverFile.model_validate(raw).waiver, 1)
    )


def _parse_waiver_toml(content: str, path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(content)
    except RecursionError:
        problem = "is not TOML: nested too deeply"
    except ValueError as exc:  # also numbers and dates that do not exist, such as 2026-02-31
        problem = _invalid_expiry_text(content, str(exc)) or f"is not TOML: {exc}"
    raise ConfigError([escape_unprintable(f"{path}: {problem}")])


def _invalid_expiry_text(content: str, fault: str) -> str | None:
    """Return the problem of an end date that TOML itself refuses; None if it is something else."""
    line = _DECODE_ERROR_LINE.search(fault)
    above = content.splitlines()[: int(line[1])] if line else []
    written = _EXPIRES_LINE.match(above.pop()) if above else None
    if written is None:
        return None
    try:
        # Parsed, not counted: a line such as [[waiver]] may be part of a text.
        blocks = tomllib.loads("\n".join(above))["waiver"]
    except (ValueError, KeyError):  # the line is inside of something, or in no block
        return None
    value = shorten_text(written[1].strip())
    return (
        f"waiver {len(blocks)}: key `expires`: {value} is not a date; write one {_EXPIRES_EXAMPLE}"
    )


_Mistake: TypeAlias = tuple[tuple[int | str, ...], str]
"""The place in the file, and a sentence."""


def _waiver_schema_errors(raw: Mapping[str, Any]) -> Iterator[_Mistake]:
    try:
        _WaiverFile.model_validate(raw)
    except ValidationError as exc:
        for mistake in exc.errors(include_url=False):
            refused = mistake.get("ctx", {}).get("error")
            loc = mistake["loc"]
            yield loc, _waiver_error_text(mistake["type"], loc, mistake["input"], refused)


def _waiver_error_text(
    kind: str, loc: tuple[int | str, ...], value: object, refused: object
) -> str:
    """Return the place in the file, and what is wrong there."""
    place = f"waiver {int(loc[1]) + 1}: " if len(loc) > 1 else ""
    if len(loc) == 2:
        return f"{place}must be a table, not {type_name(value)}"
    key = f"{place}key `{shorten_text(str(loc[-1]))}`: "
    match kind:
        case "missing" if loc[-1] == "expires":
            return f"{key}missing; every waiver ends on a date, {_EXPIRES_EXAMPLE}"
        case "missing":
            return f"{key}missing"
        case "extra_forbidden":
            return f"{key}unknown key{did_you_mean(str(loc[-1]), _allowed_waiver_keys(loc))}"
        case "list_type":
            return f"{key}must be written as [[waiver]], in double brackets"
    return f"{key}{refused}"


def _allowed_waiver_keys(loc: tuple[int | str, ...]) -> Collection[str]:
    return (_WaiverBlock if len(loc) > 1 else _WaiverFile).model_fields.keys()


def _raw_waiver_blocks(raw: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the blocks as written, an empty one for anything that is not a block."""
    blocks = raw.get("waiver")
    if not isinstance(blocks, list):
        return ()
    return [block if isinstance(block, dict) else {} for block in blocks]


def _unknown_recommendations(
    raw: Mapping[str, Any], recommendations: Collection[str]
) -> Iterator[_Mistake]:
    for number, block in enumerate(_raw_waiver_blocks(raw), 1):
        name = block.get("recommendation")
        if isinstance(name, str) and name.strip() and name not in recommendations:
            hint = did_you_mean(name, recommendations) or "; `auditor rules` lists them"
            text = f'there is no "{shorten_text(name)}"{hint}'
            loc = ("waiver", number - 1, "recommendation")
            yield loc, f"waiver {number}: key `recommendation`: {text}"


def _duplicate_waivers(raw: Mapping[str, Any]) -> Iterator[_Mistake]:
    """Yield blocks for the same finding: it would be unclear which date and owner are valid."""
    first: dict[tuple[str, ...], int] = {}
    for number, block in enumerate(_raw_waiver_blocks(raw), 1):
        scope = [block.get(key) for key in ("recommendation", "cluster", "subject")]
        if all(isinstance(part, str) for part in scope):
            earlier = first.setdefault(tuple(str(part).casefold() for part in scope), number)
            if earlier != number:
                text = f"waiver {number}: is about the same finding as waiver {earlier}; keep one"
                yield ("waiver", number - 1), text
