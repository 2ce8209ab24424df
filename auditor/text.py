"""Words that every part of the program puts together: escapes, excerpts, lists and counts.

Names and sentences come from servers, files and people. What is printed goes through
`printable` (reports, which may wrap it) or `escape_unprintable` (errors, which quote it exactly).
"""

import difflib
import json
import re
import shlex
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

_MAX_PRINTABLE_LENGTH = 2000
_MAX_EXCERPT_LENGTH = 60
# Scripts in use stack a few; a hundred on one letter would paint over the lines above.
_MAX_COMBINING_MARKS = 4
_MIN_WIDTH = 40
_PLAIN_ARGUMENT = re.compile(r"[\w@.,=:/+-]+")
# No shell reads these otherwise between double quotes; cmd.exe knows no single ones.
_QUOTABLE_ARGUMENT = re.compile(r"[\w@.,=:/+ -]+")
# Control, format, surrogate, private and unassigned characters, and breaks of lines.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    """Return text on one line that no terminal obeys.

    Blanks of any kind become one space; control, escape, direction and invisible characters become
    visible `\\x1b` forms. A fifth combining mark in a row is dropped, and what goes beyond 2000
    characters, the latter with a word.
    """
    # Nearly every name is of this kind, and needs no look at each character.
    if len(text) <= _MAX_PRINTABLE_LENGTH and text.isascii() and text.isprintable():
        return " ".join(text.split())
    head, beyond = text[:_MAX_PRINTABLE_LENGTH], len(text) - _MAX_PRINTABLE_LENGTH
    shown: list[str] = []
    marks = 0
    for character in " ".join(head.split()):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= _MAX_COMBINING_MARKS:
            shown.append(
                escape_unprintable(character) if category in _UNSAFE_CATEGORIES else character
            )
    return "".join(shown) + (f"… ({beyond} more characters)" if beyond > 0 else "")


def escape_unprintable(text: str) -> str:
    """Return text in one line, exact but for what does not print: that becomes an escape."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def quote_argument(text: str) -> str:
    """Return a word of a command line on one line, in quotes that Unix and Windows take."""
    word = printable(text)
    if _PLAIN_ARGUMENT.fullmatch(word):
        return word
    # Anything else is no name that an engineer gives; then at least a shell of Unix is safe.
    return f'"{word}"' if _QUOTABLE_ARGUMENT.fullmatch(word) else shlex.quote(word)


def shorten_text(text: str, limit: int = _MAX_EXCERPT_LENGTH) -> str:
    """Return text cut to `limit` characters, so that it cannot drown the sentence around it."""
    return text if len(text) <= limit else f"{text[:limit]}…"


def printable_excerpt(text: str, limit: int = _MAX_EXCERPT_LENGTH) -> str:
    """Return foreign text that fits into one line of an error."""
    return escape_unprintable(shorten_text(text, limit))


def join_names(names: Iterable[str], limit: int | None = None, word: str = "and") -> str:
    """Return `a`, `a and b` or `a, b and c`; beyond `limit`, `a, b, c and 2 more`.

    Nothing to list is `none`.
    """
    listed = list(names)
    if limit is not None and len(listed) > limit:
        listed[limit:] = [f"{len(listed) - limit} more"]
    *rest, last = listed or ["none"]
    return f"{', '.join(rest)} {word} {last}" if rest else last


def join_sorted_names(names: Iterable[str]) -> str:
    """Return `join_names` of the names in one order, whatever the order they came in."""
    return join_names(sorted(names, key=str.casefold))


def count_noun(number: int, noun: str) -> str:
    """Return `1 node`, `2 nodes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def is_or_are(number: int) -> str:
    """Return the verb that goes with a number of things."""
    return "is" if number == 1 else "are"


def nearest_choice(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice that was probably meant, None if none comes close; case is ignored."""
    folded = {choice.casefold(): choice for choice in choices}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    return folded[close[0]] if close else None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return `; did you mean `x`?`, the end of a sentence; empty if no choice comes close."""
    close = nearest_choice(word, choices)
    return f"; did you mean `{close}`?" if close else ""


def wrap_text(text: str, width: int, *, first_indent: str = "", indent: str = "") -> list[str]:
    """Return text in lines of `width` columns, at least 40; words stay whole."""
    return textwrap.wrap(
        text,
        max(width, _MIN_WIDTH),
        initial_indent=first_indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def name_list_lines(titles: Mapping[str, str], width: int) -> list[str]:
    """Return a line or more for each name, with its title behind it."""
    column = max(map(len, titles), default=0)
    indent = " " * (column + 4)
    return [
        line
        for name, title in titles.items()
        for line in wrap_text(title, width, first_indent=f"  {name:<{column}}  ", indent=indent)
    ]


def json_text(document: Mapping[str, object]) -> str:
    """Return a JSON document with sorted keys and a newline at the end, as it is written."""
    # Python would write NaN, which is no JSON.
    return f"{json.dumps(document, indent=2, sort_keys=True, allow_nan=False)}\n"


def utc_timestamp(moment: datetime) -> str:
    """Return a moment as reports and history write it: ISO 8601 in UTC, whole seconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def format_moment(timestamp: str) -> str:
    """Return an ISO 8601 moment as people read it: `2026-01-02 03:04:05 UTC`."""
    text = utc_timestamp(datetime.fromisoformat(timestamp))
    return text.replace("T", " ").replace("Z", " UTC")


def format_minute(timestamp: str) -> str:
    """Return an ISO 8601 moment in UTC to the minute, as in `2026-01-02 03:04`."""
    return timestamp[:16].replace("T", " ")


def utc_timestamp_or_none(moment: datetime | None) -> str | None:
    """Return a moment as `utc_timestamp` does, None for None."""
    return None if moment is None else utc_timestamp(moment)
