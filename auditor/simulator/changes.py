"""Changes to a running simulator, as they are written: services, HA states, faults, table rows.

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
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from auditor.simulator.faults import ANY_NODE, Fault, FaultRule
from auditor.simulator.scenario import CertificateDays, ScenarioError, ServiceEntry, ha_state_number
from auditor.simulator.sequences import HaSequence
from auditor.simulator.service import COMMANDED_OUT_CODE
from auditor.simulator.validation_errors import validation_messages

HaStateNumber = Annotated[int, BeforeValidator(ha_state_number)]

RowValue = str | int | None


class _ChangeModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServiceChange(_ChangeModel):
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


class HaChange(_ChangeModel):
    """States of a group's nodes in order, or one node's state, or the next documented pair."""

    group: str | None = None
    states: list[HaStateNumber] | None = None
    step: HaDirection | None = None
    node: str | None = None
    state: HaStateNumber | None = None


class SessionChange(_ChangeModel):
    """How many sessions a node holds."""

    node: str
    count: Annotated[int, Field(ge=0)]


class ReplicationChange(_ChangeModel):
    """Which `Replicate_State` a node, IM&P or CUCM, shows."""

    node: str
    state: int


class CertificateChange(_ChangeModel):
    """How many days a server's certificate is valid from now on."""

    node: str
    days: CertificateDays


class DatabaseChange(_ChangeModel):
    """Whether an external database accepts connections."""

    name: str
    listening: bool


class SequenceChange(_ChangeModel):
    """A sequence for a pair, whose steps follow each other on the clock."""

    group: str
    sequence: HaSequence
    step_s: Annotated[float, Field(gt=0)] = 10.0


class FaultClearance(_ChangeModel):
    """Which faults to lift."""

    node: str = ANY_NODE
    fault: Fault | None = None


class RowChange(_ChangeModel):
    """Rows of a table: changed where they match, inserted without `where`, else deleted."""

    table: str
    where: dict[str, RowValue] = {}
    set: dict[str, RowValue] | None = None
    side: Literal["imp", "cucm"] = "imp"


def _wrap_in_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


ACCEPT_SINGLE = BeforeValidator(_wrap_in_list)


class ClusterChange(_ChangeModel):
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


def parse_cluster_change(data: Mapping[str, object]) -> ClusterChange:
    """Return a checked change; raise ScenarioError with every mistake at once."""
    try:
        return ClusterChange.model_validate(data)
    except ValidationError as exc:
        raise ScenarioError(*validation_messages(exc, ClusterChange, data)) from exc
