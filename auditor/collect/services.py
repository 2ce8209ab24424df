"""Control Center of one node: what is activated, what runs, and whether it stays up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from auditor import names
from auditor.collect.rows import fold
from auditor.errors import ExchangeError
from auditor.facts import STEADY_UPTIME_S, RunState, ServiceState
from auditor.soap.client import Client
from auditor.soap.exchange import Wire
from auditor.soap.replies import ProductInformation, ServiceSpecification, ServiceStatusReply

RESTART_SHIFT = timedelta(seconds=120)
"""How far reply time minus uptime may move before it counts as a restart (contract, 8)."""

_MOVING = (RunState.STARTING, RunState.STOPPING)


@dataclass(frozen=True, slots=True)
class Watch:
    """How a node is looked at twice: after which pause, and whether always, where due, or never."""

    pause_s: float
    always: bool = False
    never: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """All services of a node by canonical name, as the last reply at `replied_at` told them.

    `second_failed` is the error of a second look that was due and gave nothing.
    """

    services: Mapping[str, ServiceState]
    replied_at: datetime
    second_failed: ExchangeError | None = None


def look(client: Client, product: ProductInformation | None, *, wire: Wire, watch: Watch) -> Look:
    """Ask for every service at once, and once more after a pause, as the watch says.

    Due: a service is Starting or Stopping, or the XCP Directory Service started just now (it
    starts and stops again without its LDAP settings). Sends one or two requests.
    """
    specifications = product.services if product else ()
    first = client.service_status()
    states = fold(first.rows, specifications)
    if watch.never or not (watch.always or _due(states)):
        return Look(states, first.received_at)
    wire.pause(watch.pause_s)
    try:
        second = client.service_status()
    except ExchangeError as error:
        return Look(states, first.received_at, error)
    return Look(_compare(first, second, specifications), second.received_at)


def _due(states: Mapping[str, ServiceState]) -> bool:
    return any(s.state in _MOVING for s in states.values()) or _young(states.get(names.DIRECTORY))


def _young(state: ServiceState | None) -> bool:
    return (
        state is not None
        and state.state is RunState.STARTED
        and (state.uptime_s is None or state.uptime_s < STEADY_UPTIME_S)
    )


def _compare(
    first: ServiceStatusReply,
    second: ServiceStatusReply,
    specifications: tuple[ServiceSpecification, ...],
) -> dict[str, ServiceState]:
    before = fold(first.rows, specifications)
    after = fold(second.rows, specifications)
    between = second.received_at - first.received_at
    return {
        name: replace(state, restarted=restarted(before.get(name), state, between))
        for name, state in after.items()
    }


def restarted(before: ServiceState | None, after: ServiceState, between: timedelta) -> bool | None:
    """Tell whether a service restarted between two looks; None where it cannot be told.

    A restart: it no longer runs, the start time that the node gives for it moved, its uptime fell,
    or its start, reckoned from the reply's time, moved by more than two minutes.
    """
    if before is None or before.state is not RunState.STARTED:
        return None
    if after.state in (RunState.STOPPED, *_MOVING):
        return True
    if before.started_at and after.started_at and before.started_at != after.started_at:
        return True
    if before.uptime_s is None or after.uptime_s is None or after.state is RunState.UNKNOWN:
        return None
    moved = between - timedelta(seconds=after.uptime_s - before.uptime_s)
    return after.uptime_s < before.uptime_s or abs(moved) > RESTART_SHIFT
