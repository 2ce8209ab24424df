"""Equal parts of findings as one object: nodes that are alike are judged in the same words."""

from collections import defaultdict
from typing import Any, TypeVar

T = TypeVar("T")


class SharedParts:
    """What findings of one cluster are made of, in a third of the memory.

    A fleet has a hundred thousand findings.
    """

    def __init__(self) -> None:
        """Start with no part."""
        # By type, because a text and a word of an enumeration may be equal.
        self._parts: defaultdict[type, dict[Any, Any]] = defaultdict(dict)

    def share(self, part: T) -> T:
        """Return the part that came first among those that are equal to this one."""
        shared: T = self._parts[type(part)].setdefault(part, part)
        return shared

    def share_all(self, parts: tuple[T, ...]) -> tuple[T, ...]:
        """Return several parts as the tuple that came first, of parts that came first."""
        return self.share(tuple(map(self.share, parts))) if parts else ()
