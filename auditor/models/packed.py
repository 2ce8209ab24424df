"""Findings of a large run in a twentieth of their room, unpacked while somebody looks at them.

A thousand nodes have seventy thousand findings, next to all of which pass; reports look at one
cluster after the other.
"""

import io
import pickle
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import Any, overload

from auditor.models.evidence import Evidence
from auditor.models.findings import Finding, FindingSubject
from auditor.models.statements import Statement

_MOST_UNPACKED = 4
"""How many clusters are kept unpacked: reports go from one to the next, and seldom back."""


class PackedFindings(Sequence[Finding]):
    """The findings of one cluster, equal to a tuple of them."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Pack the findings."""
        self._data = _pack(tuple(findings))
        self._length = len(findings)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Finding]:
        return iter(_unpack(self._data))

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        return _unpack(self._data)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and _unpack(self._data) == tuple(other)

    def __hash__(self) -> int:
        return hash(_unpack(self._data))


def _reducer(kind: type[Any]) -> Callable[[Any], tuple[type[Any], tuple[Any, ...]]]:
    """Return how an object is taken apart: its class and its fields, in their order."""
    values = attrgetter(*(field.name for field in fields(kind)))
    return lambda item: (kind, values(item))


# What dataclasses bring along for it takes four times as long.
_REDUCERS: dict[type, Callable[[Any], tuple[type[Any], tuple[Any, ...]]]] = {
    kind: _reducer(kind) for kind in (Statement, Evidence, FindingSubject, Finding)
}


def _pack(findings: tuple[Finding, ...]) -> bytes:
    packed = io.BytesIO()
    pickler = pickle.Pickler(packed, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCERS
    pickler.dump(findings)
    return zlib.compress(packed.getvalue(), level=1)


@lru_cache(maxsize=_MOST_UNPACKED)
def _unpack(data: bytes) -> tuple[Finding, ...]:
    # Made by this process and never sent or stored, so that nobody else can have written it.
    findings: tuple[Finding, ...] = pickle.loads(zlib.decompress(data))  # noqa: S301
    return findings
