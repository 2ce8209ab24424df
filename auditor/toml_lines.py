"""The text of a TOML file: the line of a key, which the parser does not keep, and its end."""

import tomllib
from collections.abc import Sequence
from typing import Any

Loc = Sequence[str | int]

BYTE_ORDER_MARK = "\ufeff"
"""Some editors begin a file with it; `tomllib` refuses it."""


class TomlLines:
    """The lines of a valid TOML file."""

    def __init__(self, text: str) -> None:
        """Take the text of the file."""
        self._lines = text.splitlines(keepends=True)
        self._beginnings: dict[int, dict[str, Any] | None] = {}

    def find(self, loc: Loc) -> int | None:
        """Return the line, from 1, on which a key or table begins; None for the file itself.

        `loc` are keys and positions in lists from the top. Where the key is missing, it is the line
        of the table that lacks it.
        """
        if not loc:
            return None
        return self._find_present(loc) or self.find(loc[:-1])

    def _find_present(self, loc: Loc) -> int | None:
        """Return the line below the longest beginning of the file that lacks the key."""
        low, high = 0, len(self._lines)
        if not self._holds(high, loc):
            return None
        # Halved, until no beginning between the two ends outside of a value of several lines.
        while (middle := self._find_middle(low, high)) is not None:
            if self._holds(middle, loc):
                high = middle
            else:
                low = middle
        return low + 1

    def _find_middle(self, low: int, high: int) -> int | None:
        half = (low + high) // 2
        ends = (*range(half, high), *range(half - 1, low, -1))
        return next((end for end in ends if end > low and self._parse(end) is not None), None)

    def _holds(self, end: int, loc: Loc) -> bool:
        value: Any = self._parse(end)
        for part in loc:
            try:
                value = value[part]
            except (LookupError, TypeError):
                return False
        return True

    def _parse(self, end: int) -> dict[str, Any] | None:
        """Return the tables of the first lines, None where the last of them is within a value."""
        if end not in self._beginnings:
            try:
                self._beginnings[end] = tomllib.loads("".join(self._lines[:end]))
            except ValueError:
                self._beginnings[end] = None
        return self._beginnings[end]


def append_block(text: str, block: str) -> str:
    """Return a text with a block after it, which has the line ends of the text.

    The text stays as it is, byte order mark and all.
    """
    feed = "\r\n" if "\r\n" in text else "\n"
    ending = "" if not text or text.endswith("\n") else feed
    gap = feed if text.strip(BYTE_ORDER_MARK).strip() else ""
    return f"{text}{ending}{gap}{block.replace(chr(10), feed)}"
