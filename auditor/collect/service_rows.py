"""What Control Center's row of a service shows: activated or not, and running or not.

The two are axes of their own, and a row may leave either open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from auditor.models.nodes import RunState, ServiceState
from auditor.service_names import (
    NETWORK_SERVICES,
    canonical_name,
    is_deployable_service,
    is_service_name,
)
from auditor.soap.records import ProductInformation, ServiceRow, ServiceSpecification

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


# Sixty rows of each node have one of a few words.
@lru_cache(maxsize=256)
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
        state = interpret_service_row(row, name, resolve_deployable(name, listed))
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


def interpret_service_row(row: ServiceRow, name: str, can_activate: bool | None) -> ServiceState:
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
