"""The way back from a change: what it did is set back, in Cisco's order around a failover.

What cannot be taken back is a limit, with a text in `limit_texts.toml`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

from auditor.change.advice import connects_users, load_activation_advice
from auditor.change.steps import ChangeStep, StepKind, find_switched_groups, steps_after
from auditor.change.stops import ServiceStop, find_ordered_starts, find_stops
from auditor.change.what_if import (
    ChangeAction,
    RequestedChange,
    apply_changes,
    find_changed_node,
    is_already_made,
)
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import RunState
from auditor.service_names import XCP_ROUTER, start_position


class LimitKind(StrEnum):
    """What keeps a change from being taken back; the report has one text for each."""

    STATE_UNKNOWN_BEFORE = auto()
    NOTHING_CHANGED = auto()
    RESTART_SETS_NOTHING = auto()
    USERS_STAY_OUT = auto()
    DATA_REMAINS = auto()


@dataclass(frozen=True, slots=True)
class RollbackLimit:
    """Something that no step takes back, with what its text needs."""

    kind: LimitKind
    service: str = ""
    nodes: tuple[str, ...] = ()
    details: str = ""


@dataclass(frozen=True, slots=True)
class Rollback:
    """The steps back, and what they do not take back."""

    steps: tuple[ChangeStep, ...] = ()
    limits: tuple[RollbackLimit, ...] = ()


NO_ROLLBACK = Rollback()

_STEPS_BACK = (
    StepKind.DEACTIVATE,
    StepKind.DEACTIVATE_IF_IT_WAS_OFF,
    StepKind.ACTIVATE,
    StepKind.ACTIVATE_IF_IT_WAS_ON,
    StepKind.STOP,
    StepKind.START_IF_DOWN,
)
"""In their order: what was turned on goes off first, for it may need what was turned off."""

_STEPS_THAT_END_IN_A_STOP = (
    StepKind.DEACTIVATE,
    StepKind.DEACTIVATE_IF_IT_WAS_OFF,
    StepKind.STOP,
)


def plan_rollback(facts: ClusterFacts, changes: Sequence[RequestedChange]) -> Rollback:
    """Return how to take back a change; `facts` are those from before it."""
    stops = find_stops(facts, changes)
    way_back = {change: tuple(_steps_back(facts, change)) for change in changes}
    following = tuple(_restarts_after_setting_back(stops, changes, way_back))
    # High availability may still be off because of the change itself, and must come on again.
    groups = find_switched_groups(
        facts,
        (
            *stops,
            *find_ordered_starts(facts, changes),
            *_stops_on_the_way_back(facts, changes),
        ),
    )
    done = tuple(_merge_steps(way_back))
    if not done:
        return Rollback(limits=tuple(_limits(facts, changes, stops, way_back)))
    before = (
        (
            ChangeStep(
                StepKind.HA_STAYS_OFF,
                nodes=groups.ungrouped,
                groups=(*groups.switched_on, *groups.unknown),
            ),
            ChangeStep(StepKind.WAIT_IF_IT_WAS_ON),
        )
        if groups
        else ()
    )
    return Rollback(
        steps=(
            *before,
            *done,
            *_settings_to_set_back(way_back),
            *following,
            ChangeStep(StepKind.COMPARE_ROLLED_BACK),
            *steps_after(groups),
        ),
        limits=tuple(_limits(facts, changes, stops, way_back)),
    )


def _steps_back(facts: ClusterFacts, change: RequestedChange) -> Iterator[StepKind]:
    """Yield what sets back one service on one node; nothing if it is as requested already."""
    state = find_changed_node(facts, change).services.get(change.service)
    run_state = state.state if state else RunState.UNKNOWN
    was_activated = state.activated if state else None
    match change.action, was_activated:
        case ChangeAction.RESTART, _:
            yield StepKind.STOP if run_state is RunState.STOPPED else StepKind.START_IF_DOWN
        case ChangeAction.ACTIVATE, None:
            yield StepKind.DEACTIVATE_IF_IT_WAS_OFF
        case ChangeAction.ACTIVATE, False:
            yield StepKind.DEACTIVATE
        case ChangeAction.DEACTIVATE, None:
            yield StepKind.ACTIVATE_IF_IT_WAS_ON
        case ChangeAction.DEACTIVATE, True:
            yield StepKind.ACTIVATE
    # To turn a service on starts it too, which it was not before.
    if not change.restarts and was_activated and run_state is RunState.STOPPED:
        yield StepKind.STOP


def _merge_steps(
    way_back: Mapping[RequestedChange, Sequence[StepKind]],
) -> Iterator[ChangeStep]:
    """Yield one step for each kind and service, with all of its nodes, in the order to do them."""
    nodes: dict[tuple[StepKind, str], list[str]] = {}
    for change, kinds in way_back.items():
        for kind in kinds:
            nodes.setdefault((kind, change.service), []).append(change.node)
    for kind, service in sorted(nodes, key=_position):
        yield ChangeStep(kind, service, tuple(nodes[kind, service]))


def _position(step: tuple[StepKind, str]) -> tuple[int, int, str]:
    kind, service = step
    place = start_position(service)
    # What starts last is stopped first.
    return (
        _STEPS_BACK.index(kind),
        -place if kind in _STEPS_THAT_END_IN_A_STOP else place,
        service,
    )


def _stops_on_the_way_back(
    facts: ClusterFacts, changes: Sequence[RequestedChange]
) -> Iterator[ServiceStop]:
    """Yield what the way back stops, on the cluster as the change leaves it."""
    for change in changes:
        if change.activates or find_ordered_starts(facts, [change]):
            yield ServiceStop(change.node, change.service, is_requested=True)
    inverse = [
        RequestedChange(change.node, change.service, ChangeAction.ACTIVATE)
        for change in changes
        if change.deactivates
    ]
    yield from find_stops(apply_changes(facts, changes, started=True), inverse)


def _settings_to_set_back(
    way_back: Mapping[RequestedChange, Sequence[StepKind]],
) -> Iterator[ChangeStep]:
    advice = load_activation_advice()
    for service in _activated_services(way_back):
        for text in advice[service].undo if service in advice else ():
            yield ChangeStep(StepKind.SET_BACK, service, details=text)


def _activated_services(
    way_back: Mapping[RequestedChange, Sequence[StepKind]],
) -> tuple[str, ...]:
    """Return the services that the change turns on, and the way back turns off."""
    return tuple(dict.fromkeys(c.service for c, kinds in way_back.items() if c.activates and kinds))


def _restarts_after_setting_back(
    stops: Sequence[ServiceStop],
    changes: Sequence[RequestedChange],
    way_back: Mapping[RequestedChange, Sequence[StepKind]],
) -> Iterator[ChangeStep]:
    """Yield the restarts with which the old settings take effect, as the new ones did."""
    activated = _activated_services(way_back)
    own = {change.service for change in changes}
    nodes: dict[str, list[str]] = {}
    for stop in stops:
        # What the way back turned off has nothing to restart.
        if activated and not stop.is_requested and stop.service not in own:
            nodes.setdefault(stop.service, []).append(stop.node)
    for service, names in nodes.items():
        yield ChangeStep(StepKind.RESTART_AFTER_SETTING_BACK, service, tuple(names))


def _limits(
    facts: ClusterFacts,
    changes: Sequence[RequestedChange],
    stops: Sequence[ServiceStop],
    way_back: Mapping[RequestedChange, Sequence[StepKind]],
) -> Iterator[RollbackLimit]:
    nodes: dict[tuple[LimitKind, str], list[str]] = {}
    for change in changes:
        if kind := _limit_of(facts, change, way_back[change]):
            nodes.setdefault((kind, change.service), []).append(change.node)
    for (kind, service), names in nodes.items():
        yield RollbackLimit(kind, service, tuple(names))
    if any(stop.service == XCP_ROUTER or connects_users(stop.service) for stop in stops):
        yield RollbackLimit(LimitKind.USERS_STAY_OUT)
    advice = load_activation_advice()
    for service in _activated_services(way_back):
        for text in advice[service].remains if service in advice else ():
            yield RollbackLimit(LimitKind.DATA_REMAINS, service, details=text)


_LIMITS_BY_STEP = {
    StepKind.DEACTIVATE_IF_IT_WAS_OFF: LimitKind.STATE_UNKNOWN_BEFORE,
    StepKind.ACTIVATE_IF_IT_WAS_ON: LimitKind.STATE_UNKNOWN_BEFORE,
    StepKind.START_IF_DOWN: LimitKind.RESTART_SETS_NOTHING,
}


def _limit_of(
    facts: ClusterFacts, change: RequestedChange, kinds: Sequence[StepKind]
) -> LimitKind | None:
    """Return what is not taken back of one change, None if all of it is."""
    if kinds:
        return _LIMITS_BY_STEP.get(kinds[0])
    is_made = is_already_made(change, facts)
    return LimitKind.NOTHING_CHANGED if is_made else LimitKind.STATE_UNKNOWN_BEFORE
