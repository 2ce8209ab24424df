"""Readings of answers that come again word for word, each made once."""

import hashlib
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from lxml import etree

_T = TypeVar("_T")


class Repeated(Generic[_T]):
    """What the answers to one question were read as, for those that come again; thread-safe.

    For answers that were checked and hold no secret any more, and readings that depend on
    nothing else and that nobody can change. An answer that is refused is never kept, so each
    node's is refused by itself.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[bytes, _T] = {}
        self._reading = threading.Lock()

    def of(self, answer: etree._Element, read: Callable[[], _T]) -> _T:
        """Return the reading of an answer: that of the same words before, else `read()`."""
        key = hashlib.sha256(etree.tostring(answer)).digest()
        # Held while reading, because the nodes of a cluster are asked side by side.
        with self._reading:
            if key not in self._known:
                self._known[key] = read()
            return self._known[key]
