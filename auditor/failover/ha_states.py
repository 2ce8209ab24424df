"""HA states in words, as Cisco's pages call them.

Source: IM&P configuration guide 15, chapter on high availability.
"""

from auditor.errors import Reason
from auditor.failover.model import GroupCheck, NodeStatus
from auditor.models.facts import HaState
from auditor.text import join_names

HA_STATE_LABELS = {
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


_NO_STATE_REASONS = {
    Reason.CREDENTIALS: "refuses the user name or password",
    Reason.NOT_AUTHORISED: "tells no state, because the account lacks a role",
    Reason.TLS: "shows no certificate that is trusted",
    Reason.WRONG_NODE: "has another machine answer for it",
    Reason.NOT_ASKED: "was not asked",
    Reason.UNREACHABLE: "does not answer",
    Reason.TIMED_OUT: "does not answer in time",
}
_UNREACHABLE_REASONS = (Reason.UNREACHABLE, Reason.TIMED_OUT)


def ha_state_label(node: NodeStatus) -> str:
    """Return the words for a node's HA state."""
    return HA_STATE_LABELS[None if node.state is None else HaState(node.state)]


def describe_pair_states(group: GroupCheck) -> str:
    """Return the states of a group's nodes as a list in a sentence."""
    return join_names(describe_node_state(node) for node in group.nodes)


def describe_node_state(node: NodeStatus) -> str:
    """Return the state of a node as a clause, or why there is none."""
    if node.state is not None:
        return f"{node.name} is {ha_state_label(node)}"
    why = _NO_STATE_REASONS.get(node.obstacle.reason) if node.obstacle else None
    return f"{node.name} {why or 'tells no state'}"


def is_node_unreachable(node: NodeStatus) -> bool:
    """Tell whether a node gave no sign of life at all, whoever asked."""
    lost = node.obstacle is not None and node.obstacle.reason in _UNREACHABLE_REASONS
    return node.state is None and not node.answered and lost
