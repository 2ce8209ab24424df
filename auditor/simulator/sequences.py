"""Sequences: one redundancy group is led through documented pairs of HA states.

Source: IM&P configuration guide 15, chapter on high availability, node states and their causes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.simulator.cluster import SimulatedNode
from auditor.simulator.scenario import HA_STATES

ChangeData = Mapping[str, object]


class HaSequence(StrEnum):
    """Sequences for a pair of nodes; the first node of the group is the one that fails."""

    FAILOVER = "failover"
    FALLBACK = "fallback"
    NODE_DIES = "node_dies"
    NODE_RETURNS = "node_returns"
    SERVICE_FAILS = "service_fails"


@dataclass(frozen=True, slots=True)
class SequenceStep:
    """A change to the cluster, `after_s` seconds after the start of the sequence."""

    after_s: float
    change: ChangeData


@dataclass(frozen=True, slots=True)
class _PlannedStep:
    """One step of a sequence: the pair's HA states, and its sessions.

    `sessions` are the part of its own sessions that the first node holds, and the part of the first
    node's that the second holds besides its own. `on_first` are changes to the first node.
    """

    states: tuple[str, str] | None = None
    sessions: tuple[float, float] | None = None
    on_first: Mapping[str, ChangeData] = field(default_factory=dict)


_CONNECTION_REFUSED = {"fault": "connection-refused"}

# Not -1069, the code of a service that was stopped on command.
_STOPPED_ENGINE = {"service": "Cisco Presence Engine", "reason": -1019}

_STEPS_BY_SEQUENCE = {
    # By hand: both nodes move, then one idles and the users sign in to the other by and by.
    HaSequence.FAILOVER: (
        _PlannedStep(("failing_over", "taking_over"), (0.5, 0)),
        _PlannedStep(("idle", "backup"), (0, 0.1)),
        _PlannedStep(sessions=(0, 0.6)),
        _PlannedStep(sessions=(0, 1)),
    ),
    HaSequence.FALLBACK: (
        _PlannedStep(("taking_back", "falling_back"), (0, 0.5)),
        _PlannedStep(("normal", "normal"), (0.1, 0)),
        _PlannedStep(sessions=(1, 0)),
    ),
    # No heartbeat: the first node does not answer, and the second takes over its users.
    HaSequence.NODE_DIES: (
        _PlannedStep(sessions=(0, 0), on_first={"fault": _CONNECTION_REFUSED}),
        _PlannedStep(("down", "taking_over")),
        _PlannedStep(("down", "backup"), (0, 1)),
    ),
    # The dead node starts and finds its users gone: it is failed over until they fall back.
    HaSequence.NODE_RETURNS: (
        _PlannedStep(("initializing", "backup"), on_first={"clear": _CONNECTION_REFUSED}),
        _PlannedStep(("failed_over", "backup")),
    ),
    # A critical service of the first node stays down: its users move, the service is left.
    HaSequence.SERVICE_FAILS: (
        _PlannedStep(on_first={"stop": _STOPPED_ENGINE}),
        _PlannedStep(("failing_over", "taking_over")),
        _PlannedStep(("failed_over_services_down", "backup"), (0, 1)),
    ),
}


def sequence_steps(
    sequence: HaSequence, group: str, pair: Sequence[SimulatedNode], step_s: float
) -> tuple[SequenceStep, ...]:
    """Return the steps of a sequence, `step_s` apart, for the two nodes of a group."""
    first, second = pair
    return tuple(
        SequenceStep(number * step_s, _planned_change(step, group, first, second))
        for number, step in enumerate(_STEPS_BY_SEQUENCE[sequence])
    )


def _planned_change(
    step: _PlannedStep, group: str, first: SimulatedNode, second: SimulatedNode
) -> ChangeData:
    change: dict[str, object] = {
        key: {"node": first.name, **details} for key, details in step.on_first.items()
    }
    if step.states:
        change["ha"] = {"group": group, "states": list(step.states)}
    if step.sessions:
        own, taken_over = step.sessions
        change["sessions"] = [
            {"node": first.name, "count": round(first.home * own)},
            {"node": second.name, "count": round(second.home + first.home * taken_over)},
        ]
    return change


FAILOVER_STATE_PAIRS = (("failing_over", "taking_over"), ("idle", "backup"))

FALLBACK_STATE_PAIRS = (("taking_back", "falling_back"), ("normal", "normal"))
"""The documented pairs of a manual failover and of the fallback after it (guide 15, HA)."""


def next_state_pair(pairs: tuple[tuple[str, str], ...], now: list[int]) -> list[int]:
    """Return the pair after the present one: the first of the sequence if it has not begun."""
    numbers = [[HA_STATES.index(state) for state in pair] for pair in pairs]
    if now not in numbers:
        return numbers[0]
    return numbers[min(numbers.index(now) + 1, len(numbers) - 1)]
