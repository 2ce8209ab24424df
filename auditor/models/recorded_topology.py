"""The nodes of a cluster as an earlier run recorded them."""

from collections.abc import Callable
from dataclasses import dataclass

from auditor.models.nodes import Role


@dataclass(frozen=True, slots=True)
class RecordedNode:
    """A node as an earlier run knew it; the last two are as in `NodeFacts`."""

    name: str
    role: Role
    redundancy_group: str | None
    group_known: bool


@dataclass(frozen=True, slots=True)
class RecordedTopology:
    """The nodes that CUCM listed to an earlier run, which started at `listed_at`."""

    listed_at: str
    nodes: tuple[RecordedNode, ...]


TopologyRecall = Callable[[str, str], RecordedTopology | None]
"""Returns what is recorded of a cluster, by its name and that of its CUCM publisher."""


def recall_nothing(_cluster: str, _publisher: str) -> RecordedTopology | None:
    """Return None: the recall of a run without history."""
    return None
