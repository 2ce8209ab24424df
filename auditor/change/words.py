"""A telling of a deployment key, in the words of the configuration file."""

from collections.abc import Iterable

from auditor.compare.profile import SOMEWHERE


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
