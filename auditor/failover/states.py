"""HA states in words, as Cisco's pages call them.

Source: IM&P configuration guide 15, chapter on high availability.
"""

from collections.abc import Iterable

from auditor.facts import HaState
from auditor.failover.findings import GroupCheck, NodeSeen

WORDS = {
    None: "unreadable",
    HaState.UNKNOWN: "unknown",
    HaState.INITIALIZING: "initializing",
    HaState.IDLE: "idle",
    HaState.NORMAL: "normal",
    HaState.BACKUP: "running in backup mode",
    HaState.TAKING_OVER: "taking over",
    HaState.TAKING_BACK: "taking back",
    HaState.FAILING_OVER: "failing over",
    HaState.FAILED_OVER: "failed over",
    HaState.FAILED_OVER_SERVICES_DOWN: "failed over with critical services down",
    HaState.FALLING_BACK: "falling back",
    HaState.FAILED: "running in failed mode",
    HaState.DOWN: "down",
}
"""Each HA state as Cisco's pages call it."""


def state(node: NodeSeen) -> str:
    """Return the words for a node's HA state."""
    return WORDS[None if node.state is None else HaState(node.state)]


def of_pair(group: GroupCheck) -> str:
    """Return the states of a group's nodes as a list in a sentence."""
    return listed(_is_in(node) for node in group.nodes)


def _is_in(node: NodeSeen) -> str:
    if node.state is None:
        return f"{node.name} {'tells no state' if node.answered else 'does not answer'}"
    return f"{node.name} is {state(node)}"


def listed(words: Iterable[str]) -> str:
    """Return words as a list in a sentence."""
    *rest, last = list(words) or ["none"]
    return f"{', '.join(rest)} and {last}" if rest else last
