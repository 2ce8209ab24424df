"""Writes values and comments as TOML; whatever a cluster answered stays data."""

import textwrap
from collections.abc import Iterable, Mapping

from auditor.inference.lines import Value
from auditor.showing import visible

_WIDTH = 98
_ESCAPES = {'"': '\\"', "\\": "\\\\"}


def text(value: str) -> str:
    """Return a basic string; what does not print is written as an escape."""
    return f'"{"".join(map(_sign, value))}"'


def _sign(sign: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    return sign if sign.isprintable() else f"\\U{ord(sign):08x}"


def value(given: Value | int) -> str:
    """Return true or false, a number, a string, or a list of strings."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int):
        return str(given)
    if isinstance(given, str):
        return text(given)
    return f"[{', '.join(map(text, given))}]"


def pair(key: str, given: Value | int) -> str:
    """Return `key = value`; a key that is no bare one is quoted."""
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return f"{key if bare else text(key)} = {value(given)}"


def table(head: str, content: Mapping[str, Value | int]) -> str:
    """Return a table with its header."""
    return "\n".join([head, *(pair(key, given) for key, given in content.items())])


def comment(*sentences: str, mark: str = "#") -> list[str]:
    """Return each text as wrapped lines of comment, the first of them behind `mark`."""
    lines: list[str] = []
    for sentence in filter(None, sentences):
        wrapped = textwrap.wrap(visible(sentence), _WIDTH - len(mark), break_on_hyphens=False)
        lines += [f"{mark if not number else '#'} {line}" for number, line in enumerate(wrapped)]
    return lines


def commented(lines: Iterable[str]) -> list[str]:
    """Return lines that are to be uncommented by a person."""
    return [f"# {line}" if line else "#" for text in lines for line in text.splitlines()]
