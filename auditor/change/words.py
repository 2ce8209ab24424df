"""A telling of a deployment key, in the words of the configuration file."""

from collections.abc import Collection, Iterable
from typing import Protocol

from auditor.compare.profile import SOMEWHERE


class Told(Protocol):
    """A telling of a key, from a cluster or from a snapshot."""

    @property
    def on(self) -> bool: ...
    @property
    def nodes(self) -> Collection[str] | None: ...
    @property
    def expressway(self) -> bool: ...
    @property
    def placed(self) -> bool: ...


def words(told: Told) -> str:
    """Return a telling in words; see `worded`."""
    return worded(on=told.on, nodes=told.nodes, expressway=told.expressway, placed=told.placed)


def worded(
    *, on: bool, nodes: Iterable[str] | None, expressway: bool = False, placed: bool = True
) -> str:
    """Return what stands, or would stand, behind the key; names of nodes in lower case."""
    if expressway:
        return '"expressway"'
    if not on:
        return "false"
    if not placed:
        return SOMEWHERE
    if nodes is None:
        return "true"
    return "[" + ", ".join(f'"{name}"' for name in sorted(n.lower() for n in nodes)) + "]"
