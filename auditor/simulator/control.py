"""Changes to a running simulator: services, HA states, faults, table rows.

A change is a mapping of one or more of the keys below; each value is one mapping or a list of
them. The same mapping comes from `Simulator.change` and, as JSON, from the control address.

    start, stop, activate, deactivate, restart    {node, service} (stop also takes reason)
    service                                       {node, service, and keys of the scenario's}
    ha                                            {group, states = [..]} or {node, state}
                                                  or {group, step = "failover" | "fallback"}
    sessions                                      {node, count}
    replication                                   {node, state}
    certificate                                   {node, days}
    database                                      {name, listening}
    play                                          {group, sequence, step_s}, see `sequences`
    fault                                         as a `[[fault]]` of the scenario
    clear                                         {node, fault}, both optional
    row                                           {table, where, set, side}

A sequence leads one redundancy group through documented pairs of HA states.

Source: IM&P configuration guide 15, chapter on high availability, node states and their causes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from auditor.simulator.cluster import SimulatedCluster, SimulatedNode
from auditor.simulator.faults import ANY_NODE, Fault, FaultPlan, FaultRule
from auditor.simulator.scenario import (
    HA_STATES,
    CertificateDays,
    ScenarioError,
    ServiceEntry,
    ha_state_number,
)
from auditor.simulator.service import COMMANDED_OUT_CODE, NOT_ACTIVATED_CODE
from auditor.simulator.validation_errors import validation_messages

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

HaStateNumber = Annotated[int, BeforeValidator(ha_state_number)]
RowValue = str | int | None


class _ControlModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServiceChange(_ControlModel):
    """A service of a node; `reason` is for stopping it."""

    node: str
    service: str
    reason: int = COMMANDED_OUT_CODE


class ServiceDetail(ServiceEntry):
    """A service of a node, with the keys of a scenario."""

    node: str
    service: str


class HaDirection(StrEnum):
    """Which way the next documented pair lies."""

    FAILOVER = "failover"
    FALLBACK = "fallback"


class HaChange(_ControlModel):
    """States of a group's nodes in order, or one node's state, or the next documented pair."""

    group: str | None = None
    states: list[HaStateNumber] | None = None
    step: HaDirection | None = None
    node: str | None = None
    state: HaStateNumber | None = None


class SessionChange(_ControlModel):
    """How many sessions a node holds."""

    node: str
    count: Annotated[int, Field(ge=0)]


class ReplicationChange(_ControlModel):
    """Which `Replicate_State` a node, IM&P or CUCM, shows."""

    node: str
    state: int


class CertificateChange(_ControlModel):
    """How many days a server's certificate is valid from now on."""

    node: str
    days: CertificateDays


class DatabaseChange(_ControlModel):
    """Whether an external database accepts connections."""

    name: str
    listening: bool


class SequenceChange(_ControlModel):
    """A sequence for a pair, whose steps follow each other on the clock."""

    group: str
    sequence: HaSequence
    step_s: Annotated[float, Field(gt=0)] = 10.0


class FaultClearance(_ControlModel):
    """Which faults to lift."""

    node: str = ANY_NODE
    fault: Fault | None = None


class RowChange(_ControlModel):
    """Rows of a table: changed where they match, inserted without `where`, else deleted."""

    table: str
    where: dict[str, RowValue] = {}
    set: dict[str, RowValue] | None = None
    side: Literal["imp", "cucm"] = "imp"


def _wrap_in_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


ACCEPT_SINGLE = BeforeValidator(_wrap_in_list)


class ClusterChange(_ControlModel):
    """Everything that one change may hold, applied in this order."""

    clear: Annotated[list[FaultClearance], ACCEPT_SINGLE] = []
    activate: Annotated[list[ServiceChange], ACCEPT_SINGLE] = []
    start: Annotated[list[ServiceChange], ACCEPT_SINGLE] = []
    restart: Annotated[list[ServiceChange], ACCEPT_SINGLE] = []
    stop: Annotated[list[ServiceChange], ACCEPT_SINGLE] = []
    deactivate: Annotated[list[ServiceChange], ACCEPT_SINGLE] = []
    service: Annotated[list[ServiceDetail], ACCEPT_SINGLE] = []
    ha: Annotated[list[HaChange], ACCEPT_SINGLE] = []
    sessions: Annotated[list[SessionChange], ACCEPT_SINGLE] = []
    replication: Annotated[list[ReplicationChange], ACCEPT_SINGLE] = []
    certificate: Annotated[list[CertificateChange], ACCEPT_SINGLE] = []
    database: Annotated[list[DatabaseChange], ACCEPT_SINGLE] = []
    play: Annotated[list[SequenceChange], ACCEPT_SINGLE] = []
    row: Annotated[list[RowChange], ACCEPT_SINGLE] = []
    fault: Annotated[list[FaultRule], ACCEPT_SINGLE] = Field(default=[])


CHANGE_MODELS: Mapping[str, type[BaseModel]] = {
    name: get_args(field.annotation)[0] for name, field in ClusterChange.model_fields.items()
}
"""What each change takes, by its key."""

EditRow = Callable[[RowChange], None]


def parse_cluster_change(data: Mapping[str, object]) -> ClusterChange:
    """Return a checked change; raise ScenarioError with every mistake at once."""
    try:
        return ClusterChange.model_validate(data)
    except ValidationError as exc:
        raise ScenarioError(*validation_messages(exc, ClusterChange, data)) from exc


def apply_cluster_change(
    change: ClusterChange, cluster: SimulatedCluster, plan: FaultPlan, edit: EditRow
) -> None:
    """Do a change; raise ScenarioError for a name that the cluster does not have."""
    # First, so that one change can put a fault in place of another.
    for clear in change.clear:
        plan.clear(clear.node, clear.fault)
    _apply_service_changes(change, cluster)
    for ha in change.ha:
        _apply_ha_change(ha, cluster)
    for held in change.sessions:
        cluster.node(held.node).sessions = held.count
    for replicated in change.replication:
        cluster.server(replicated.node).replication = replicated.state
    for certificate in change.certificate:
        cluster.certificate_days[cluster.server(certificate.node).name] = certificate.days
    for row in change.row:
        edit(row)
    for fault in change.fault:
        _check_fault_names(fault, cluster)
        plan.rules.append(fault)


def _apply_service_changes(change: ClusterChange, cluster: SimulatedCluster) -> None:
    now = cluster.clock.now()
    for entry in (*change.activate, *change.start, *change.restart):
        cluster.node(entry.node).service(entry.service).start(now)
    for entry in change.stop:
        cluster.node(entry.node).service(entry.service).stop(entry.reason)
    for entry in change.deactivate:
        cluster.node(entry.node).service(entry.service).stop(NOT_ACTIVATED_CODE)
    for detail in change.service:
        cluster.node(detail.node).service(detail.service).become(detail, now)


def build_sequence(play: SequenceChange, cluster: SimulatedCluster) -> tuple[SequenceStep, ...]:
    """Return the steps of a sequence; raise ScenarioError for a group that is no pair."""
    nodes = list(cluster.members(play.group))
    if len(nodes) != 2:
        raise ScenarioError(f"play: group {play.group} is no pair")
    return sequence_steps(play.sequence, play.group, nodes, play.step_s)


def _check_fault_names(fault: FaultRule, cluster: SimulatedCluster) -> None:
    for name in (fault.node, fault.of):
        if name not in (ANY_NODE, None):
            cluster.server(str(name))


def _apply_ha_change(change: HaChange, cluster: SimulatedCluster) -> None:
    if change.node is not None and change.state is not None:
        cluster.set_ha(cluster.node(change.node), change.state)
        return
    if change.group is None or (change.states is None) == (change.step is None):
        raise ScenarioError("ha: give node and state, or group with states or step")
    nodes = list(cluster.members(change.group))
    states = change.states
    if states is None:
        pairs = (
            FAILOVER_STATE_PAIRS if change.step is HaDirection.FAILOVER else FALLBACK_STATE_PAIRS
        )
        states = _next_state_pair(pairs, [node.ha for node in nodes])
    if len(states) != len(nodes):
        raise ScenarioError(f"ha: group {change.group} has {len(nodes)} nodes")
    for node, state in zip(nodes, states, strict=True):
        cluster.set_ha(node, state)


def _next_state_pair(pairs: tuple[tuple[str, str], ...], now: list[int]) -> list[int]:
    """Return the pair after the present one: the first of the sequence if it has not begun."""
    numbers = [[HA_STATES.index(state) for state in pair] for pair in pairs]
    if now not in numbers:
        return numbers[0]
    return numbers[min(numbers.index(now) + 1, len(numbers) - 1)]
