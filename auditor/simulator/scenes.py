"""Scenes of a redundancy group: documented pairs of HA states, one after the other, in time.

Source: IM&P configuration guide 15, chapter on high availability, node states and their causes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from auditor.simulator.cluster import Node

Change = Mapping[str, object]


class Scene(StrEnum):
    """What can be played with a pair; the first node of the group is the one that it befalls."""

    FAILOVER = "failover"
    FALLBACK = "fallback"
    NODE_DIES = "node_dies"
    NODE_RETURNS = "node_returns"
    SERVICE_FAILS = "service_fails"


@dataclass(frozen=True, slots=True)
class Step:
    """A change to the cluster, so many seconds after the scene began."""

    after_s: float
    change: Change


def steps(scene: Scene, group: str, pair: Sequence[Node], step_s: float) -> tuple[Step, ...]:
    """Return a scene's steps, `step_s` apart, for the two nodes of a group."""
    first, second = pair
    return tuple(
        Step(number * step_s, change)
        for number, change in enumerate(_CHANGES[scene](group, first, second))
    )


def _states(group: str, *states: str) -> dict[str, object]:
    return {"group": group, "states": list(states)}


def _sessions(first: Node, second: Node, on_first: float, on_second: float) -> list[object]:
    """Return who holds how many sessions: parts of the first node's own and of both together."""
    both = first.home + second.home
    return [
        {"node": first.name, "count": round(first.home * on_first)},
        {"node": second.name, "count": round(second.home + (both - second.home) * on_second)},
    ]


def _failover(group: str, first: Node, second: Node) -> Sequence[Change]:
    """By hand: both nodes move, then one idles and the users sign in to the other by and by."""
    return (
        {
            "ha": _states(group, "failing_over", "taking_over"),
            "sessions": _sessions(first, second, 0.5, 0),
        },
        {
            "ha": _states(group, "idle", "backup"),
            "sessions": _sessions(first, second, 0, 0.1),
        },
        {"sessions": _sessions(first, second, 0, 0.6)},
        {"sessions": _sessions(first, second, 0, 1)},
    )


def _fallback(group: str, first: Node, second: Node) -> Sequence[Change]:
    return (
        {
            "ha": _states(group, "taking_back", "falling_back"),
            "sessions": _sessions(first, second, 0, 0.5),
        },
        {
            "ha": _states(group, "normal", "normal"),
            "sessions": _sessions(first, second, 0.1, 0),
        },
        {"sessions": _sessions(first, second, 1, 0)},
    )


def _node_dies(group: str, first: Node, second: Node) -> Sequence[Change]:
    """No heartbeat: the first node answers nobody, and the second takes its users over."""
    gone = {"fault": "connection-refused", "node": first.name}
    return (
        {"fault": gone, "sessions": _sessions(first, second, 0, 0)},
        {"ha": _states(group, "down", "taking_over")},
        {"ha": _states(group, "down", "backup"), "sessions": _sessions(first, second, 0, 1)},
    )


def _node_returns(group: str, first: Node, second: Node) -> Sequence[Change]:
    """The dead node starts and finds its users gone: it is failed over until they fall back."""
    del second
    back = {"node": first.name, "fault": "connection-refused"}
    return (
        {"clear": back, "ha": _states(group, "initializing", "backup")},
        {"ha": _states(group, "failed_over", "backup")},
    )


def _service_fails(group: str, first: Node, second: Node) -> Sequence[Change]:
    """A critical service of the first node stays down: its users move, the service is left."""
    engine = {"node": first.name, "service": "Cisco Presence Engine", "reason": -1019}
    return (
        {"stop": engine},
        {"ha": _states(group, "failing_over", "taking_over")},
        {
            "ha": _states(group, "failed_over_services_down", "backup"),
            "sessions": _sessions(first, second, 0, 1),
        },
    )


_CHANGES = {
    Scene.FAILOVER: _failover,
    Scene.FALLBACK: _fallback,
    Scene.NODE_DIES: _node_dies,
    Scene.NODE_RETURNS: _node_returns,
    Scene.SERVICE_FAILS: _service_fails,
}
