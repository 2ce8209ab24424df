"""Entries of a profile as the lines of a configuration file."""

import textwrap
from collections.abc import Iterable, Mapping

import tomlkit

from auditor.models.profile import ProfileEntry, ProfileValue
from auditor.text import escape_unprintable

QUESTION_PREFIX = "# ?"
"""The beginning of a line that asks the operator something."""

_COMMENT_WIDTH = 98


def toml_pair(key: str, value: ProfileValue | int) -> str:
    """Return `key = value` as TOML; the names may be those of a hostile cluster."""
    item = tomlkit.item(list(value) if isinstance(value, tuple) else value)
    # tomlkit writes bidirectional and other invisible characters as they are.
    return _escape_in_toml(f"{tomlkit.key(key).as_string()} = {item.as_string()}")


def _escape_in_toml(line: str) -> str:
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in line)


def toml_table(header: str, content: Mapping[str, ProfileValue | int]) -> str:
    """Return a table with its header."""
    return "\n".join([header, *(toml_pair(key, value) for key, value in content.items())])


def toml_comment(*sentences: str, mark: str = "#", width: int = _COMMENT_WIDTH) -> list[str]:
    """Return each text as wrapped comment lines, the first of each after `mark`."""
    lines: list[str] = []
    for sentence in filter(None, sentences):
        wrapped = textwrap.wrap(
            escape_unprintable(sentence), width - len(mark), break_on_hyphens=False
        )
        # One mark a question, because the command counts them.
        lines += [f"{mark if not number else '#'} {line}" for number, line in enumerate(wrapped)]
    return lines


def comment_out(lines: Iterable[str]) -> list[str]:
    """Return lines as comments that a person can uncomment."""
    return [f"# {line}" if line else "#" for text in lines for line in text.splitlines()]


def profile_entry_lines(entry: ProfileEntry, width: int = _COMMENT_WIDTH) -> list[str]:
    """Return a key with the source of its value; a question keeps it commented out."""
    lines = toml_comment(entry.why, width=width)
    if entry.question:
        lines += toml_comment(entry.question, mark=QUESTION_PREFIX, width=width)
        return [*lines, f"# {toml_pair(entry.key, entry.value)}"]
    return [*lines, toml_pair(entry.key, entry.value)]
