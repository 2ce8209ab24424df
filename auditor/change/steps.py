"""The steps of a change in their order; those around a failover are Cisco's.

Source: administration guide 15, "Pre-Change Tasks" and "Post Change Tasks".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

from auditor.change.advice import ActivationAdvice, load_activation_advice
from auditor.change.stops import (
    ServiceStop,
    find_ordered_starts,
    find_stops,
    groups_to_switch_off,
    nodes_of_unknown_group,
)
from auditor.change.what_if import ChangeAction, RequestedChange
from auditor.models.facts import ClusterFacts
from auditor.recommendations.critical_services import needs_ha_off
from auditor.service_names import CONNECTION_MANAGER, WEB_CONNECTION_MANAGER


class StepKind(StrEnum):
    """What is done in a step; the report has one text for each."""

    PREPARE = auto()
    WRITE_EXPECTATION = auto()
    HA_OFF = auto()
    HA_OFF_IF_ON = auto()
    WAIT = auto()
    RECORD_STATE = auto()
    RECORD_SESSIONS = auto()
    ACTIVATE = auto()
    DEACTIVATE = auto()
    RESTART = auto()
    RESTART_FOLLOWING = auto()
    FINISH = auto()
    COMPARE_STATE = auto()
    COMPARE_SESSIONS = auto()
    HA_ON = auto()
    HA_ON_IF_IT_WAS = auto()
    ALL_NORMAL = auto()

    # The way back.
    HA_STAYS_OFF = auto()
    WAIT_IF_IT_WAS_ON = auto()
    STOP = auto()
    DEACTIVATE_IF_IT_WAS_OFF = auto()
    ACTIVATE_IF_IT_WAS_ON = auto()
    START_IF_DOWN = auto()
    SET_BACK = auto()
    RESTART_AFTER_SETTING_BACK = auto()
    COMPARE_ROLLED_BACK = auto()


@dataclass(frozen=True, slots=True)
class ChangeStep:
    """One step, with what its text needs; `details` is the text of `services.toml`."""

    kind: StepKind
    service: str = ""
    nodes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    details: str = ""


_ACTION_STEPS = {
    ChangeAction.DEACTIVATE: StepKind.DEACTIVATE,
    ChangeAction.ACTIVATE: StepKind.ACTIVATE,
    ChangeAction.RESTART: StepKind.RESTART,
}


_SERVICES_WITH_SESSIONS = (CONNECTION_MANAGER, WEB_CONNECTION_MANAGER)


@dataclass(frozen=True, slots=True)
class SwitchedGroups:
    """The groups whose high availability must be off during a change, by what is known of it.

    `ungrouped` are nodes whose group is unknown.
    """

    switched_on: tuple[str, ...]
    unknown: tuple[str, ...]
    ungrouped: tuple[str, ...]

    def __bool__(self) -> bool:
        """Return whether there is anything to switch, or to look at."""
        return bool(self.switched_on or self.unknown or self.ungrouped)


def find_switched_groups(facts: ClusterFacts, stops: Sequence[ServiceStop]) -> SwitchedGroups:
    """Return the groups that would fail over because of these stops."""
    groups = groups_to_switch_off(facts, stops)
    return SwitchedGroups(
        switched_on=tuple(group.name for group in groups if group.ha_enabled),
        unknown=tuple(group.name for group in groups if not group.ha_enabled),
        ungrouped=nodes_of_unknown_group(facts, stops),
    )


def plan_steps(facts: ClusterFacts, changes: Sequence[RequestedChange]) -> tuple[ChangeStep, ...]:
    """Return the steps of a change, from its preparation until its groups are normal again."""
    stops = find_stops(facts, changes)
    without_ha = (*stops, *find_ordered_starts(facts, changes))
    groups = find_switched_groups(facts, without_ha)
    is_disruptive = any(
        needs_ha_off(facts, stop.service) or stop.service in _SERVICES_WITH_SESSIONS
        for stop in without_ha
    )
    return (
        *_advice_steps(changes, StepKind.PREPARE, lambda advice: advice.before),
        ChangeStep(StepKind.WRITE_EXPECTATION),
        *_steps_before(groups),
        ChangeStep(StepKind.RECORD_SESSIONS if is_disruptive else StepKind.RECORD_STATE),
        *_requested_steps(changes),
        *_following_steps(stops),
        *_advice_steps(changes, StepKind.FINISH, lambda advice: advice.after),
        ChangeStep(StepKind.COMPARE_SESSIONS if is_disruptive else StepKind.COMPARE_STATE),
        *steps_after(groups),
    )


def _advice_steps(
    changes: Sequence[RequestedChange],
    kind: StepKind,
    texts: Callable[[ActivationAdvice], tuple[str, ...]],
) -> Iterator[ChangeStep]:
    advice = load_activation_advice()
    for service in dict.fromkeys(change.service for change in changes if change.activates):
        for text in texts(advice[service]) if service in advice else ():
            yield ChangeStep(kind, service, details=text)


def _steps_before(groups: SwitchedGroups) -> Iterator[ChangeStep]:
    """Yield how high availability goes off."""
    if groups.switched_on:
        yield ChangeStep(StepKind.HA_OFF, groups=groups.switched_on)
    # What could not be read, the engineer looks at.
    if groups.unknown or groups.ungrouped:
        yield ChangeStep(StepKind.HA_OFF_IF_ON, nodes=groups.ungrouped, groups=groups.unknown)
    if groups:
        yield ChangeStep(StepKind.WAIT)


def steps_after(groups: SwitchedGroups) -> Iterator[ChangeStep]:
    """Yield how high availability comes on again, until every pair is normal."""
    if groups.switched_on:
        yield ChangeStep(StepKind.HA_ON, groups=groups.switched_on)
    if groups.unknown or groups.ungrouped:
        yield ChangeStep(StepKind.HA_ON_IF_IT_WAS, nodes=groups.ungrouped, groups=groups.unknown)
    if groups:
        yield ChangeStep(
            StepKind.ALL_NORMAL,
            nodes=groups.ungrouped,
            groups=(*groups.switched_on, *groups.unknown),
        )


def _requested_steps(changes: Sequence[RequestedChange]) -> Iterator[ChangeStep]:
    """Yield one step for each service and action, with all of its nodes."""
    nodes: dict[tuple[ChangeAction, str], list[str]] = {}
    for change in changes:
        nodes.setdefault((change.action, change.service), []).append(change.node)
    # What is turned off goes first: it may need what is restarted.
    order = list(_ACTION_STEPS)
    for (action, service), names in sorted(nodes.items(), key=lambda item: order.index(item[0][0])):
        yield ChangeStep(_ACTION_STEPS[action], service, tuple(names))


def _following_steps(stops: Sequence[ServiceStop]) -> Iterator[ChangeStep]:
    nodes: Mapping[str, list[str]] = {stop.service: [] for stop in stops if not stop.is_requested}
    for stop in stops:
        if not stop.is_requested:
            nodes[stop.service].append(stop.node)
    for service, names in nodes.items():
        yield ChangeStep(StepKind.RESTART_FOLLOWING, service, tuple(names))
