"""Turns what is wrong with a configuration file into lines: the place, the mistake, a way out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from auditor.config.document import LISTED, TABLES
from auditor.config.values import Refused, found
from auditor.names import nearest
from auditor.showing import short, visible

Loc = tuple[str | int, ...]
"""Keys and list positions from the top of the file, as pydantic gives them."""

_MAPS = frozenset({"pins", "addresses"})
_NAME_DEPTH = 5  # pydantic marks a bad name in a map: cluster, position, map, name, "[key]"
_COMMAND = re.compile(r"passw(or)?d[-_ ]?co", re.IGNORECASE)
_PASSWORD = re.compile(r"passw|pwd|passphrase|secret|credential|token", re.IGNORECASE)
NEVER_IN_FILE = (
    "no key holds a password; set AUDITOR_PASSWORD, store it in the system keyring, name a "
    "`password_command`, or type it at the prompt"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it stands, and a sentence without the place."""

    loc: Loc
    text: str

    def line(self, path: Path, document: Mapping[str, Any]) -> str:
        """Return the whole line: file, cluster, key, sentence."""
        parts = [str(path)]
        loc = self.loc
        if loc[:1] == ("cluster",) and len(loc) > 1:
            parts.append(f"cluster {_title(document, loc[:2])}")
            loc = loc[2:]
        if loc:
            parts.append(f"key `{_key(document, self.loc, len(self.loc) - len(loc))}`")
        return visible(": ".join([*parts, self.text]))


def from_pydantic(error: ValidationError) -> list[Problem]:
    """Return the problems of single keys, in the order of the tables."""
    return [
        _problem(item["type"], item["loc"], item["input"], item.get("ctx", {}))
        for item in error.errors(include_url=False)
    ]


def _problem(kind: str, loc: Loc, value: object, context: Mapping[str, Any]) -> Problem:
    refused = context.get("error")
    if len(loc) == _NAME_DEPTH and loc[2] in _MAPS:
        return Problem(loc[:-1], f"the name {refused}")
    if isinstance(refused, Refused):
        stray = misplaced(str(loc[-1])) if loc[-2:-1] and loc[-2] in _MAPS else ""
        return Problem(loc, stray or str(refused))
    if kind == "extra_forbidden":
        return Problem(loc, _unknown(loc))
    if kind == "list_type":
        return Problem(loc, f"must be written as [[{_header(loc)}]], in double brackets")
    if loc[-1] in LISTED or isinstance(loc[-1], int):
        return Problem(loc, f"must be a table, not {found(value)}")
    return Problem(loc, f"must be written as [{_header(loc)}], in single brackets")


def _header(loc: Loc) -> str:
    return ".".join(part for part in loc if isinstance(part, str))


def holds_password(key: str) -> bool:
    """Tell whether a key that the file may not have looks like one for a password."""
    return bool(_PASSWORD.search(key)) and not _COMMAND.match(key)


def misplaced(name: str) -> str:
    """Say of a member of `pins` or `addresses` that it is no node, empty if it may be one.

    Whatever stands below such a header belongs to the map: a key meant for the cluster is taken
    for a node without a word.
    """
    if "." in name:
        return ""
    if holds_password(name):
        return NEVER_IN_FILE
    home = _home(name) if "_" in name or name == "username" else ""
    return f"`{name}` belongs {home}, above this header" if home else ""


def _unknown(loc: Loc) -> str:
    """Say of a key that no such key exists, and what may have been meant."""
    key = str(loc[-1])
    if holds_password(key):
        return NEVER_IN_FILE
    table = TABLES[tuple(part for part in loc[:-1] if isinstance(part, str))]
    close = nearest(key, table.model_fields)
    hint = f"; did you mean `{close}`?" if close else ""
    home = _home(key)
    return f"unknown key{hint}" + (f"; `{key}` belongs {home}" if home else "")


def _home(key: str) -> str:
    """Return where in the file a key would be right, empty if nowhere."""
    places = [place for place, table in TABLES.items() if key in table.model_fields]
    return _brackets(places[0]) if places else ""


def _brackets(place: tuple[str, ...]) -> str:
    if not place:
        return "at the top of the file"
    name = ".".join(place)
    return f"in [[{name}]]" if place[-1] in LISTED else f"in [{name}]"


def _title(document: Mapping[str, Any], loc: Loc) -> str:
    """Return a listed table's name in quotes, or its position from 1 where it has none."""
    entry: Any = document
    for part in loc:
        entry = entry[part]
    name = entry.get("name", entry.get("address")) if isinstance(entry, dict) else None
    if isinstance(name, str) and name.strip():
        return f'"{short(name)}"'
    return str(int(loc[-1]) + 1)


def _key(document: Mapping[str, Any], loc: Loc, start: int) -> str:
    """Return a key as a dotted path, members of lists and maps in brackets: `node[imp-a].role`."""
    path = ""
    for position in range(start, len(loc)):
        part = loc[position]
        if isinstance(part, int):
            path += f"[{_title(document, loc[: position + 1]).strip(chr(34))}]"
        elif position and loc[position - 1] in _MAPS:
            path += f"[{short(part)}]"
        else:
            path += f".{short(part)}" if path else short(part)
    return path
