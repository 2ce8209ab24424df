"""Services of one node from Control Center: activated or not, running or not, steady or not.

Activation and running are two axes. Where Control Center does not show
whether a service is activated, CUCM AXL is asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from auditor.collect.coverage import CoverageLog
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
    NETWORK_SERVICES,
    canonical_name,
    is_deployable_service,
    is_service_name,
)
from auditor.soap.client import Client
from auditor.soap.network import Network
from auditor.soap.records import (
    ProcessNodeService,
    ProductInformation,
    ServiceRow,
    ServiceSpecification,
    ServiceStatusReply,
)

# Cisco publishes no table of these codes. Public tools agree on this one, and TAC document 217304
# uses its words, "Service not activated".
NOT_ACTIVATED_REASON_CODE = -1068
"""Reason code of a service that is not activated."""

UNINFORMATIVE_CODES = frozenset({-1, -1004, -1010})
"""Reasons that do not show activation: Successful, Entry not found, No such service."""

# Not a Cisco table: public monitoring tools list -1 and every number from -1000 to -1075. Of these
# only -1068 means "not activated", so a service that is stopped for another reason, such as -1069
# "Commanded Out of Service", counts as activated. A code outside the list proves nothing.
ACTIVATED_CODES = frozenset(range(-1075, -999)) - UNINFORMATIVE_CODES - {NOT_ACTIVATED_REASON_CODE}
"""The listed reasons that only an activated service has."""

# A number beyond any clock would otherwise prove that a service stays up.
_MAX_UPTIME_S = 100 * 365 * 24 * 3600
"""An uptime above this is no uptime."""

_NOT_ACTIVATED_TEXTS = frozenset({"service not activated", "not activated"})
_RUN_STATES_BY_TEXT = {state.value: state for state in RunState if state is not RunState.UNKNOWN}


def _normalize_status_text(text: str | None) -> str:
    return " ".join((text or "").split()).casefold()


def merge_service_rows(
    rows: Iterable[ServiceRow], specifications: Iterable[ServiceSpecification]
) -> dict[str, ServiceState]:
    """Return one state per service, by canonical name.

    Equal rows of one service count once; rows that contradict each other make it unknown. So is
    a network service of the product list that has no row.
    """
    listed = {canonical_name(s.name): s.deployable for s in specifications}
    states: dict[str, ServiceState] = {}
    for row in rows:
        name = canonical_name(row.name)
        state = parse_service_row(row, name, resolve_deployable(name, listed))
        earlier = states.get(name)
        states[name] = state if earlier is None else _merge_duplicate_rows(earlier, state)
    # Nothing was read then, and empty services are how the facts say so.
    if not states:
        return states
    # Otherwise the service would count as one that the release of this node does not have.
    missing = (listed.keys() & NETWORK_SERVICES) - states.keys()
    return states | {name: _state_without_row(name) for name in sorted(missing)}


def has_strange_product(product: ProductInformation | None) -> bool:
    """Return whether a row of the product list names no service of IM&P.

    In a real capture such a row stands in place of a service's, whose name it has lost.
    """
    return product is not None and not all(is_service_name(s.name) for s in product.services)


def _state_without_row(name: str) -> ServiceState:
    return ServiceState(
        name=name,
        deployable=False,
        activated=None,
        state=RunState.UNKNOWN,
        note="The node lists it among its products, but Control Center gave no row for it.",
    )


def keep_listed_services(
    earlier: Mapping[str, ServiceState], later: Mapping[str, ServiceState]
) -> Mapping[str, ServiceState]:
    """Return later states, read without the product list, with what that list showed before.

    A network service that has lost its row is unknown.
    """
    # As in `merge_service_rows`: nothing was read then.
    if not later:
        return later
    states = {
        name: replace(state, deployable=False, activated=None)
        if name in earlier and earlier[name].deployable is False
        else state
        for name, state in later.items()
    }
    missing = (earlier.keys() & NETWORK_SERVICES) - later.keys()
    return states | {name: _state_without_row(name) for name in sorted(missing)}


def resolve_deployable(name: str, listed: Mapping[str, bool | None]) -> bool | None:
    """Return whether a service can be activated, None if unknown.

    Our own lists come first: a real capture has a corrupted product row for a service of them.
    """
    # That row had lost its service's name. A False that is wrong does more harm: activation would
    # not be looked at, and a service that is not activated would go unnoticed. Where the product
    # list could not be read, there is only our own.
    is_deployable = is_deployable_service(name)
    return is_deployable if is_deployable is not None else listed.get(name)


def _merge_duplicate_rows(first: ServiceState, second: ServiceState) -> ServiceState:
    # Whichever of two rows were kept, the other could be the true one. Texts do not count, because
    # the same state may be worded in two ways.
    if replace(second, reason=first.reason, note=first.note) == first:
        return first
    return ServiceState(
        name=first.name,
        deployable=first.deployable,
        activated=None,
        state=RunState.UNKNOWN,
        note="Control Center gave two rows for it that contradict each other.",
    )


def parse_service_row(row: ServiceRow, name: str, can_activate: bool | None) -> ServiceState:
    """Return the state of a service on both axes, as one row shows it."""
    activated, state, note = _interpret_service_status(row)
    return ServiceState(
        name=name,
        deployable=can_activate,
        activated=None if can_activate is False else activated,
        state=state,
        reason_code=row.reason_code,
        reason=row.reason or None,
        started_at=row.start_time or None,
        uptime_s=_plausible_uptime(row.uptime_s),
        note=note,
    )


def _plausible_uptime(uptime_s: int | None) -> int | None:
    return uptime_s if uptime_s is not None and 0 <= uptime_s < _MAX_UPTIME_S else None


def _interpret_service_status(row: ServiceRow) -> tuple[bool | None, RunState, str]:
    status = _normalize_status_text(row.status)
    # Such as "-1068.0". With any other reason a service that runs does run, so only 1068 makes it
    # doubtful. A stopped service needs no such test: with no code that can be read, its activation
    # is unknown already.
    is_unreadable_code = row.reason_code is None and "1068" in row.reason_code_text
    is_not_activated = (
        row.reason_code == NOT_ACTIVATED_REASON_CODE
        or _normalize_status_text(row.reason) in _NOT_ACTIVATED_TEXTS
    )
    # Not a status of Cisco's WSDL, but the tests of a public client have it; it leaves no doubt.
    if status in _NOT_ACTIVATED_TEXTS:
        return False, RunState.STOPPED, ""
    state = _RUN_STATES_BY_TEXT.get(status, RunState.UNKNOWN)
    if state is RunState.UNKNOWN:
        return None, state, _unreadable_status_note(row)
    if state is RunState.STOPPED:
        return _interpret_stopped(row, is_not_activated=is_not_activated)
    if is_not_activated:
        # Unknown and not drift: one of the two is wrong, and the row does not show which.
        note = f'Control Center said both "{row.status}" and "not activated".'
        return None, RunState.UNKNOWN, note
    if is_unreadable_code:
        note = f'Control Center gave the reason code "{row.reason_code_text}", which is no number.'
        return None, RunState.UNKNOWN, note
    return True, state, ""


def _unreadable_status_note(row: ServiceRow) -> str:
    if not row.status:
        return "Control Center gave no status for it."
    return f'Control Center gave the status "{row.status}", which is not a known one.'


def _interpret_stopped(
    row: ServiceRow, *, is_not_activated: bool
) -> tuple[bool | None, RunState, str]:
    if is_not_activated:
        return False, RunState.STOPPED, ""
    # Such as -1069: stopped by hand, by a reboot with HA on, or by a restart of other services (TAC
    # document 217304).
    if row.reason_code in ACTIVATED_CODES:
        return True, RunState.STOPPED, ""
    return None, RunState.STOPPED, "Control Center did not say whether it is activated."


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
