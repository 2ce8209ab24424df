"""Names the key or header that a file has twice; `tomllib` tells only where its value ends."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from auditor.showing import short

_PART = r"""(?:"[^"\\\x00-\x1f\x7f]*"|'[^'\x00-\x1f\x7f]*'|[A-Za-z0-9_-]+)"""
_PATH = rf"({_PART}(?:\s*\.\s*{_PART})*)"
_KEY = re.compile(rf"\s*{_PATH}\s*=")
_HEADER = re.compile(rf"\s*\[\[?\s*{_PATH}\s*\]\]?\s*(?:#.*)?")
_LINE = re.compile(r"\(at line ([0-9]+), ")


def repeated(text: str, complaint: str) -> str:
    """Return a sentence on what stands twice, empty if the file does not show it for certain.

    `complaint` is what `tomllib` says of the text. The lines above must be good TOML and have the
    key already: a line that is part of a longer value is never taken for one.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    told = _LINE.search(complaint)
    number = int(told[1]) if told else len(lines)
    line, above = lines[number - 1], lines[: number - 1]
    try:
        known = tomllib.loads("\n".join(above))
    except ValueError:
        return ""
    headers = [found for each in above if (found := _HEADER.fullmatch(each))]
    if header := _HEADER.fullmatch(line):
        path, name = _parts(header[1]), "[{}]"
    elif key := _KEY.match(line):
        path, name = (_parts(headers[-1][1]) if headers else ()) + _parts(key[1]), "`{}`"
    else:
        return ""
    if not _has(known, path):
        return ""
    return f"{name.format(short('.'.join(path)))} stands twice (line {number})"


def _parts(written: str) -> tuple[str, ...]:
    """Return the names of a dotted key."""
    parts: list[str] = []
    table: Any = tomllib.loads(f"{written} = 0")
    while isinstance(table, dict):
        ((part, table),) = table.items()
        parts.append(part)
    return tuple(parts)


def _has(document: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    """Tell whether there is such a key, in the last of tables that are listed."""
    place: Any = document
    for part in path:
        place = place[-1] if isinstance(place, list) and place else place
        if not isinstance(place, dict) or part not in place:
            return False
        place = place[part]
    return True
