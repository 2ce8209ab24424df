"""HA states in words, as Cisco's pages call them.

Source: IM&P configuration guide 15, chapter on high availability.
"""

from collections.abc import Iterable

from auditor.errors import Reason
from auditor.facts import HaState
from auditor.failover.findings import GroupCheck
from auditor.failover.seen import NodeSeen

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


_SILENCE = {
    Reason.CREDENTIALS: "refuses the user name or password",
    Reason.NOT_AUTHORISED: "tells no state, because the account lacks a role",
    Reason.TLS: "shows no certificate that is trusted",
    Reason.WRONG_NODE: "has another machine answer for it",
    Reason.NOT_ASKED: "was not asked",
    Reason.UNREACHABLE: "does not answer",
    Reason.TIMED_OUT: "does not answer in time",
}
_LOST = (Reason.UNREACHABLE, Reason.TIMED_OUT)


def state(node: NodeSeen) -> str:
    """Return the words for a node's HA state."""
    return WORDS[None if node.state is None else HaState(node.state)]


def of_pair(group: GroupCheck) -> str:
    """Return the states of a group's nodes as a list in a sentence."""
    return listed(of_node(node) for node in group.nodes)


def of_node(node: NodeSeen) -> str:
    """Return the state of a node as a clause, or why there is none."""
    if node.state is not None:
        return f"{node.name} is {state(node)}"
    why = _SILENCE.get(node.obstacle.reason) if node.obstacle else None
    return f"{node.name} {why or 'tells no state'}"


def lost(node: NodeSeen) -> bool:
    """Tell whether a node gave no sign of life at all, whoever asked."""
    lost = node.obstacle is not None and node.obstacle.reason in _LOST
    return node.state is None and not node.answered and lost


def listed(words: Iterable[str]) -> str:
    """Return words as a list in a sentence."""
    *rest, last = list(words) or ["none"]
    return f"{', '.join(rest)} and {last}" if rest else last
