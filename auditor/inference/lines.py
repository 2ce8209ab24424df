"""One key of the file to be written: its value with where it comes from, or what to ask instead."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

Value = bool | str | tuple[str, ...]

MARK = "# ?"
"""How a line of the file begins that asks something."""


@dataclass(frozen=True, slots=True)
class Line:
    """A key with its value.

    `why` are sentences on where the value comes from. `question` is empty if nobody needs to be
    asked; else the key is written as a comment, with `value` as what it may be.
    """

    key: str
    value: Value
    why: str = ""
    question: str = ""

    @property
    def on(self) -> bool:
        """Tell whether it says that something is in use."""
        return not self.question and bool(self.value)

    @property
    def off(self) -> bool:
        """Tell whether it says that something is not in use."""
        return not self.question and not self.value

    def asking(self, question: str, value: Value | None = None) -> "Line":
        """Return the line as a question."""
        return replace(self, question=question, value=self.value if value is None else value)


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence."""
    return ", ".join(words)
