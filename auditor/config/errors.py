"""Mistakes in a configuration file: where they are, what is wrong, and how to correct them."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from auditor.config.schema import REPEATED_TABLES, TABLES_BY_PATH
from auditor.config.value_checks import InvalidValue, type_name
from auditor.errors import ConfigError
from auditor.text import did_you_mean, escape_unprintable, shorten_text
from auditor.toml_lines import TomlLines

Loc = tuple[str | int, ...]
"""Keys and list positions from the top of the file, as pydantic gives them."""

_MAP_KEYS = frozenset({"pins", "addresses"})
_NAME_DEPTH = 5  # pydantic marks a bad name in a map: cluster, position, map, name, "[key]"
# `password_command` misspelt holds no password, so it gets the usual hint.
_COMMAND_KEY = re.compile(r"passw(or)?d[-_ ]?co", re.IGNORECASE)
_PASSWORD_KEY = re.compile(r"passw|pwd|passphrase|secret|credential|token", re.IGNORECASE)
CREDENTIAL_HINT = (
    "no key holds a password; set AUDITOR_PASSWORD, store it in the system keyring, name a "
    "`password_command`, or type it at the prompt"
)


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One mistake: its place in the file, and a sentence that does not name the place."""

    loc: Loc
    text: str

    def line(self, path: Path, document: Mapping[str, Any], number: int | None = None) -> str:
        """Return one line for the user: file and line, cluster, key, sentence."""
        place = f"{path}:{number}" if number else str(path)
        return escape_unprintable(f"{place}: {self.line_in_file(document)}")

    def line_in_file(self, document: Mapping[str, Any]) -> str:
        """Return the line without the name of the file."""
        parts = []
        loc = self.loc
        if loc[:1] == ("cluster",) and len(loc) > 1:
            parts.append(f"cluster {_table_title(document, loc[:2])}")
            loc = loc[2:]
        if loc:
            parts.append(f"key `{_dotted_key(document, self.loc, len(self.loc) - len(loc))}`")
        return escape_unprintable(": ".join([*parts, self.text]))

    def member(self, document: Mapping[str, Any]) -> str:
        """Return the name of the list or map member of a cluster that it is about, or ""."""
        if self.loc[:1] != ("cluster",) or len(self.loc) < 4:
            return ""
        part = self.loc[3]
        if isinstance(part, int):
            return _table_title(document, self.loc[:4]).strip('"')
        return shorten_text(part) if self.loc[2] in _MAP_KEYS else ""


class InvalidConfiguration(ConfigError):
    """A file with mistakes. `mistakes` and `document` let a caller name the places otherwise."""

    def __init__(
        self,
        mistakes: Sequence[ConfigProblem],
        path: Path,
        document: Mapping[str, Any],
        text: str = "",
    ) -> None:
        """Take the mistakes of the file at `path`, its tables as TOML has them, and its text."""
        self.mistakes = tuple(mistakes)
        self.document = document
        lines = TomlLines(text)
        super().__init__(
            mistake.line(path, document, lines.find(mistake.loc)) for mistake in mistakes
        )


def problems_from_pydantic(error: ValidationError) -> list[ConfigProblem]:
    """Return the problems of single keys, in the order of the tables."""
    return [
        _to_config_problem(item["type"], item["loc"], item["input"], item.get("ctx", {}))
        for item in error.errors(include_url=False)
    ]


def _to_config_problem(
    kind: str, loc: Loc, value: object, context: Mapping[str, Any]
) -> ConfigProblem:
    refused = context.get("error")
    if len(loc) == _NAME_DEPTH and loc[2] in _MAP_KEYS:
        return ConfigProblem(loc[:-1], f"the name {refused}")
    if isinstance(refused, InvalidValue):
        stray = misplaced_key_text(str(loc[-1])) if loc[-2:-1] and loc[-2] in _MAP_KEYS else ""
        return ConfigProblem(loc, stray or str(refused))
    if kind == "extra_forbidden":
        return ConfigProblem(loc, _unknown_key_text(loc))
    if kind == "list_type":
        return ConfigProblem(
            loc, f"must be written as [[{_table_header(loc)}]], in double brackets"
        )
    if loc[-1] in REPEATED_TABLES or isinstance(loc[-1], int):
        return ConfigProblem(loc, f"must be a table, not {type_name(value)}")
    return ConfigProblem(loc, f"must be written as [{_table_header(loc)}], in single brackets")


def _table_header(loc: Loc) -> str:
    return ".".join(part for part in loc if isinstance(part, str))


def is_password_key(key: str) -> bool:
    """Return whether an unknown key looks like one for a password."""
    return bool(_PASSWORD_KEY.search(key)) and not _COMMAND_KEY.match(key)


def misplaced_key_text(name: str) -> str:
    """Return why a member of `pins` or `addresses` is not a node, "" if it may be one.

    In TOML everything below such a header belongs to the map, so a key of the cluster that was
    written there would silently become a node.
    """
    # No key holds a dot, so this is the name of a host.
    if "." in name:
        return ""
    if is_password_key(name):
        return CREDENTIAL_HINT
    # A key without an underscore, such as `node` or `name`, may be the name of a host.
    home = _where_key_belongs(name) if "_" in name or name == "username" else ""
    return f"`{name}` belongs {home}, above this header" if home else ""


def _unknown_key_text(loc: Loc) -> str:
    """Return that there is no such key, and which one was probably meant."""
    key = str(loc[-1])
    if is_password_key(key):
        return CREDENTIAL_HINT
    table = TABLES_BY_PATH[tuple(part for part in loc[:-1] if isinstance(part, str))]
    hint = did_you_mean(key, table.model_fields)
    home = _where_key_belongs(key)
    return f"unknown key{hint}" + (f"; `{key}` belongs {home}" if home else "")


def _where_key_belongs(key: str) -> str:
    """Return where in the file the key is valid, "" if nowhere."""
    places = [place for place, table in TABLES_BY_PATH.items() if key in table.model_fields]
    return _bracketed_table(places[0]) if places else ""


def _bracketed_table(place: tuple[str, ...]) -> str:
    if not place:
        return "at the top of the file"
    name = ".".join(place)
    return f"in [[{name}]]" if place[-1] in REPEATED_TABLES else f"in [{name}]"


def _table_title(document: Mapping[str, Any], loc: Loc) -> str:
    """Return a listed table's name in quotes, or its position from 1 where it has none."""
    entry: Any = document
    for part in loc:
        entry = entry[part]
    name = entry.get("name", entry.get("address")) if isinstance(entry, dict) else None
    if isinstance(name, str) and name.strip():
        return f'"{shorten_text(name)}"'
    return str(int(loc[-1]) + 1)


def _dotted_key(document: Mapping[str, Any], loc: Loc, start: int) -> str:
    """Return a key as a dotted path, members of lists and maps in brackets: `node[imp-a].role`."""
    path = ""
    for position in range(start, len(loc)):
        part = loc[position]
        if isinstance(part, int):
            path += f"[{_table_title(document, loc[: position + 1]).strip(chr(34))}]"
        elif position and loc[position - 1] in _MAP_KEYS:
            path += f"[{shorten_text(part)}]"
        else:
            path += f".{shorten_text(part)}" if path else shorten_text(part)
    return path


# Quoted keys with escapes are left out: they are rare, and keep the words of tomllib.
_KEY_PART = r"""(?:"[^"\\\x00-\x1f\x7f]*"|'[^'\x00-\x1f\x7f]*'|[A-Za-z0-9_-]+)"""
_KEY_PATH = rf"({_KEY_PART}(?:\s*\.\s*{_KEY_PART})*)"
_KEY_LINE = re.compile(rf"\s*{_KEY_PATH}\s*=")
_HEADER_LINE = re.compile(rf"\s*\[\[?\s*{_KEY_PATH}\s*\]\]?\s*(?:#.*)?")
_LINE_NUMBER = re.compile(r"\(at line ([0-9]+), ")


def repeated_key_text(text: str, complaint: str) -> str:
    """Return which key or header the file has twice, "" if that is not certain.

    `complaint` is the error of `tomllib`, which names the line but not the key (and has no field
    for the line before Python 3.14). The lines above must be valid TOML and hold the key already,
    so a line inside a longer value is never mistaken for a key.
    """
    # Not `splitlines`, which ends lines at signs that tomllib does not count.
    lines = text.replace("\r\n", "\n").split("\n")
    position = _LINE_NUMBER.search(complaint)
    number = int(position[1]) if position else len(lines)
    line, above = lines[number - 1], lines[: number - 1]
    try:
        tables_above = tomllib.loads("\n".join(above))
    except ValueError:
        return ""
    headers = [match for text_line in above if (match := _HEADER_LINE.fullmatch(text_line))]
    if header := _HEADER_LINE.fullmatch(line):
        path, name = _split_dotted_key(header[1]), "[{}]"
    elif key := _KEY_LINE.match(line):
        path, name = (
            (_split_dotted_key(headers[-1][1]) if headers else ()) + _split_dotted_key(key[1]),
            "`{}`",
        )
    else:
        return ""
    if not _has_key_path(tables_above, path):
        return ""
    return f"{name.format(shorten_text('.'.join(path)))} is there twice (line {number})"


def _split_dotted_key(written: str) -> tuple[str, ...]:
    """Return the names of a dotted key."""
    parts: list[str] = []
    table: Any = tomllib.loads(f"{written} = 0")
    while isinstance(table, dict):
        ((part, table),) = table.items()
        parts.append(part)
    return tuple(parts)


def _has_key_path(document: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    """Return whether there is such a key; of repeated tables the last one counts."""
    place: Any = document
    for part in path:
        place = place[-1] if isinstance(place, list) and place else place
        if not isinstance(place, dict) or part not in place:
            return False
        place = place[part]
    return True
