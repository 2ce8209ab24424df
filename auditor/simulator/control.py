"""Changes to a running simulator: services, HA states, faults, table rows.

A change is a mapping of one or more of the keys below; each value is one mapping or a list of
them. The same mapping comes from `Simulator.change` and, as JSON, from the control address.

    start, stop, activate, deactivate, restart    {node, service} (stop also takes reason)
    service                                       {node, service, and keys of the scenario's}
    ha                                            {group, states = [..]} or {node, state}
                                                  or {group, step = "failover" | "fallback"}
    sessions                                      {node, count}
    database                                      {name, listening}
    play                                          {group, scene, step_s}, see `scenes`
    fault                                         as a `[[fault]]` of the scenario
    clear                                         {node, fault}, both optional
    row                                           {table, where, set, side}
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from auditor.simulator.cluster import Cluster
from auditor.simulator.faults import ANY, Fault, Plan, Rule
from auditor.simulator.mistakes import sentences
from auditor.simulator.scenario import (
    HA_STATES,
    FaultEntry,
    ScenarioError,
    ServiceEntry,
    ha_number,
)
from auditor.simulator.scenes import Scene, Step, steps
from auditor.simulator.service import COMMANDED_OUT, NOT_ACTIVATED

FAILOVER = (("failing_over", "taking_over"), ("idle", "backup"))
FALLBACK = (("taking_back", "falling_back"), ("normal", "normal"))
"""The documented pairs of a manual failover and of the fallback after it (guide 15, HA)."""

HaState = Annotated[int, BeforeValidator(ha_number)]
Value = str | int | None


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServiceChange(_Strict):
    """A service of a node; `reason` is for stopping it."""

    node: str
    service: str
    reason: int = COMMANDED_OUT


class ServiceDetail(ServiceEntry):
    """A service of a node, told as a scenario tells it."""

    node: str
    service: str


class Move(StrEnum):
    """Which way the next documented pair lies."""

    FAILOVER = "failover"
    FALLBACK = "fallback"


class HaChange(_Strict):
    """States of a group's nodes in order, or one node's state, or the next documented pair."""

    group: str | None = None
    states: list[HaState] | None = None
    step: Move | None = None
    node: str | None = None
    state: HaState | None = None


class SessionChange(_Strict):
    """How many sessions a node holds."""

    node: str
    count: Annotated[int, Field(ge=0)]


class DatabaseChange(_Strict):
    """Whether an external database accepts connections."""

    name: str
    listening: bool


class Play(_Strict):
    """A scene for a pair, whose steps follow each other on the clock."""

    group: str
    scene: Scene
    step_s: Annotated[float, Field(gt=0)] = 10.0


class Clear(_Strict):
    """Which faults to lift."""

    node: str = ANY
    fault: Fault | None = None


class RowChange(_Strict):
    """Rows of a table: changed where they match, inserted without `where`, else deleted."""

    table: str
    where: dict[str, Value] = {}
    set: dict[str, Value] | None = None
    side: Literal["imp", "cucm"] = "imp"


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


Several = BeforeValidator(_as_list)


class Change(_Strict):
    """All that one change may hold, done in this order."""

    clear: Annotated[list[Clear], Several] = []
    activate: Annotated[list[ServiceChange], Several] = []
    start: Annotated[list[ServiceChange], Several] = []
    restart: Annotated[list[ServiceChange], Several] = []
    stop: Annotated[list[ServiceChange], Several] = []
    deactivate: Annotated[list[ServiceChange], Several] = []
    service: Annotated[list[ServiceDetail], Several] = []
    ha: Annotated[list[HaChange], Several] = []
    sessions: Annotated[list[SessionChange], Several] = []
    database: Annotated[list[DatabaseChange], Several] = []
    play: Annotated[list[Play], Several] = []
    row: Annotated[list[RowChange], Several] = []
    fault: Annotated[list[FaultEntry], Several] = Field(default=[])


CHANGES: Mapping[str, type[BaseModel]] = {
    name: get_args(field.annotation)[0] for name, field in Change.model_fields.items()
}
"""What each change takes, by its key."""

Edit = Callable[[RowChange], None]


def parse(data: Mapping[str, object]) -> Change:
    """Return a checked change; raise ScenarioError with every mistake at once."""
    try:
        return Change.model_validate(data)
    except ValidationError as exc:
        raise ScenarioError(*sentences(exc, Change, data)) from exc


def apply(change: Change, cluster: Cluster, plan: Plan, edit: Edit) -> None:
    """Do a change; raise ScenarioError for a name that the cluster does not have."""
    now = cluster.clock.now()
    for clear in change.clear:
        plan.clear(clear.node, clear.fault)
    for entry in (*change.activate, *change.start, *change.restart):
        cluster.node(entry.node).service(entry.service).start(now)
    for entry in change.stop:
        cluster.node(entry.node).service(entry.service).stop(entry.reason)
    for entry in change.deactivate:
        cluster.node(entry.node).service(entry.service).stop(NOT_ACTIVATED)
    for detail in change.service:
        cluster.node(detail.node).service(detail.service).become(detail, now)
    for ha in change.ha:
        _apply_ha(ha, cluster)
    for held in change.sessions:
        cluster.node(held.node).sessions = held.count
    for row in change.row:
        edit(row)
    for fault in change.fault:
        _check_names(fault, cluster)
        plan.rules.append(rule(fault))


def scene(play: Play, cluster: Cluster) -> tuple[Step, ...]:
    """Return the steps of a scene; raise ScenarioError for a group that is no pair."""
    nodes = list(cluster.members(play.group))
    if len(nodes) != 2:
        raise ScenarioError(f"play: group {play.group} is no pair")
    return steps(play.scene, play.group, nodes, play.step_s)


def rule(entry: FaultEntry) -> Rule:
    """Return the rule of a fault entry."""
    return Rule(**dict(entry))


def _check_names(fault: FaultEntry, cluster: Cluster) -> None:
    for name in (fault.node, fault.of):
        if name not in (ANY, None, cluster.scenario.cucm):
            cluster.node(str(name))


def _apply_ha(change: HaChange, cluster: Cluster) -> None:
    if change.node is not None and change.state is not None:
        cluster.set_ha(cluster.node(change.node), change.state)
        return
    if change.group is None or (change.states is None) == (change.step is None):
        raise ScenarioError("ha: give node and state, or group with states or step")
    nodes = list(cluster.members(change.group))
    states = change.states
    if states is None:
        pairs = FAILOVER if change.step is Move.FAILOVER else FALLBACK
        states = _next_pair(pairs, [node.ha for node in nodes])
    if len(states) != len(nodes):
        raise ScenarioError(f"ha: group {change.group} has {len(nodes)} nodes")
    for node, state in zip(nodes, states, strict=True):
        cluster.set_ha(node, state)


def _next_pair(pairs: tuple[tuple[str, str], ...], now: list[int]) -> list[int]:
    """Return the pair after the present one: the first of the sequence if it has not begun."""
    numbers = [[HA_STATES.index(state) for state in pair] for pair in pairs]
    if now not in numbers:
        return numbers[0]
    return numbers[min(numbers.index(now) + 1, len(numbers) - 1)]
