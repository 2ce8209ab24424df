"""Reads the services of one node: from Control Center, a second time where a state may not last.

Where Control Center does not show whether a service is activated, CUCM AXL is asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from auditor.collect.coverage import CoverageLog
from auditor.collect.service_rows import merge_service_rows
from auditor.errors import ExchangeError
from auditor.models.coverage import Source
from auditor.models.nodes import (
    CHANGING_STATES,
    RESTART_TOLERANCE,
    STEADY_UPTIME_S,
    NodeFacts,
    RunState,
    ServiceState,
)
from auditor.service_names import (
    DIRECTORY_SERVICE,
    canonical_name,
)
from auditor.soap.client import Client
from auditor.soap.network import Network
from auditor.soap.records import (
    ProcessNodeService,
    ProductInformation,
    ServiceStatusReply,
)


def unknown_activations(states: Mapping[str, ServiceState]) -> frozenset[str]:
    """Return the services whose activation Control Center does not show."""
    return frozenset(
        name
        for name, s in states.items()
        # A service that runs is activated; one whose state is unknown stays unknown either way.
        if s.state is RunState.STOPPED and s.activated is None and s.deployable is not False
    )


def apply_axl_activation(
    states: Mapping[str, ServiceState], entries: Iterable[ProcessNodeService]
) -> dict[str, ServiceState]:
    """Fill unknown activations from AXL `isActive`, and note where the two sources differ.

    AXL `enable` is the trace switch, and has nothing to do with it.
    """
    active: dict[str, set[bool | None]] = {}
    for entry in entries:
        active.setdefault(canonical_name(entry.service), set()).add(entry.is_active)
    merged = dict(states)
    for name, state in states.items():
        values = active.get(name, set())
        # AXL may list one service in two spellings; where they differ, neither proves anything.
        if len(values) == 1 and state.deployable is not False:
            merged[name] = _apply_is_active(state, next(iter(values)))
    return merged


def _apply_is_active(state: ServiceState, is_active: bool | None) -> ServiceState:
    if is_active is None or state.state is RunState.UNKNOWN:
        return state
    activation = "activated" if is_active else "not activated"
    if state.activated is None:
        return replace(state, activated=is_active, note=f"CUCM AXL says that it is {activation}.")
    if state.activated is not is_active:
        # The node's own word counts: that CUCM's copy is always current is documented nowhere.
        return replace(state, note=f"CUCM AXL says otherwise: {activation}.")
    return state


@dataclass(frozen=True, slots=True)
class RecheckPolicy:
    """When services are read a second time: after which pause, and always, where due, or never."""

    pause_s: float
    always: bool = False
    never: bool = False

    @property
    def longest_pause_s(self) -> float:
        """Return how long a node may be left alone between two readings."""
        return 0 if self.never else self.pause_s


def read_services(
    log: CoverageLog,
    node: NodeFacts,
    product: ProductInformation | None,
    network: Network,
    recheck: RecheckPolicy,
) -> NodeFacts:
    """Return the node with all its services, read once or twice as the policy says.

    A second reading is due if a service is Starting or Stopping, or the XCP Directory Service has
    just started (it starts and stops again without its LDAP settings). If it fails, the first one
    is used and the failure is recorded. Sends one or two requests.

    Raises:
        ExchangeError: the first request failed.
    """
    specifications = product.services if product else ()
    first = log.client.service_status()
    services = merge_service_rows(first.rows, specifications)
    node = _with_services(node, services, first)
    if recheck.never or not (recheck.always or _needs_recheck(services)):
        return node
    network.pause(recheck.pause_s)
    try:
        second = log.client.service_status()
    except ExchangeError as error:
        # Not raised, which would lose the first reading. The `ask` around this call records success
        # afterwards, but a failure in the log stays, so the gap is kept; the same `ask` counts the
        # requests of both readings, so none are counted here.
        log.record(Source.CONTROL_CENTER, error)
        return node
    later = merge_service_rows(second.rows, specifications)
    # Not the pause: the second request takes time too, more if it has to be repeated.
    between = second.received_at - first.received_at
    compared = {
        name: replace(state, restarted=has_restarted(services.get(name), state, between))
        for name, state in later.items()
    }
    return _with_services(node, compared, second)


def _with_services(
    node: NodeFacts, services: Mapping[str, ServiceState], reply: ServiceStatusReply
) -> NodeFacts:
    replied_at = reply.received_at.isoformat(timespec="seconds")
    return replace(node, services=services, replied_at=replied_at)


def _needs_recheck(states: Mapping[str, ServiceState]) -> bool:
    return any(s.state in CHANGING_STATES for s in states.values()) or _is_freshly_started(
        states.get(DIRECTORY_SERVICE)
    )


def _is_freshly_started(state: ServiceState | None) -> bool:
    return (
        state is not None
        and state.state is RunState.STARTED
        # Where no uptime is given, only a second reading can show that it stays up.
        and (state.uptime_s is None or state.uptime_s < STEADY_UPTIME_S)
    )


def has_restarted(
    before: ServiceState | None, after: ServiceState, between: timedelta
) -> bool | None:
    """Return whether a service restarted between two readings, None if that is unknown.

    It did if it no longer runs, if the start time that the node gives changed, if its uptime fell,
    or if its start, computed from the reply's time, moved by more than two minutes.
    """
    # What was Starting before and runs now has started for the first time.
    if before is None or before.state is not RunState.STARTED:
        return None
    if after.state in {RunState.STOPPED, *CHANGING_STATES}:
        return True
    # A restart can be so quick that the second uptime is not below the first.
    if before.started_at and after.started_at and before.started_at != after.started_at:
        return True
    if before.uptime_s is None or after.uptime_s is None or after.state is RunState.UNKNOWN:
        return None
    moved = between - timedelta(seconds=after.uptime_s - before.uptime_s)
    return after.uptime_s < before.uptime_s or abs(moved) > RESTART_TOLERANCE


def read_axl_activation(
    cucm: Client, node: str, states: Mapping[str, ServiceState]
) -> dict[str, ServiceState]:
    """Return the node's services with activation filled in from `listProcessNodeService`.

    Sends one request to the CUCM publisher; raises ExchangeError.
    """
    return apply_axl_activation(states, cucm.list_process_node_services(node))
