"""What a row of Control Center means: activation and running are two axes (contract, section 2)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from auditor import names
from auditor.facts import RunState, ServiceState
from auditor.soap.replies import ProcessNodeService, ServiceRow, ServiceSpecification

NOT_ACTIVATED = -1068
"""Reason code of a service that nobody activated (facts: two independent tools)."""

SILENT_CODES = frozenset({-1, -1004, -1010})
"""Reasons that say nothing of activation: Successful, Entry not found, No such service."""

RUN_TIME_CODES = frozenset(range(-1075, -999)) - SILENT_CODES - {NOT_ACTIVATED}
"""The documented reasons that only an activated service gives."""

_LONGEST_UPTIME_S = 100 * 365 * 24 * 3600
"""What no service can have been up for, so that nothing can be reckoned from more."""

_NOT_ACTIVATED_WORDS = frozenset({"service not activated", "not activated"})
_STATES = {state.value: state for state in RunState if state is not RunState.UNKNOWN}


def _words(text: str | None) -> str:
    return " ".join((text or "").split()).casefold()


def fold(
    rows: Iterable[ServiceRow], specifications: Iterable[ServiceSpecification]
) -> dict[str, ServiceState]:
    """Return one state per service, by canonical name.

    Rows of one service that agree count once; rows that contradict each other make it unknown.
    """
    listed = {names.canonical(s.name): s.deployable for s in specifications}
    states: dict[str, ServiceState] = {}
    for row in rows:
        name = names.canonical(row.name)
        state = read(row, name, deployable(name, listed))
        known = states.get(name)
        states[name] = state if known is None else _merge(known, state)
    return states


def deployable(name: str, listed: Mapping[str, bool | None]) -> bool | None:
    """Tell whether a service can be activated: our own lists before the node's.

    A real capture holds a corrupted product row for a service of the table.
    """
    ours = names.deployable(name)
    return ours if ours is not None else listed.get(name)


def _merge(one: ServiceState, other: ServiceState) -> ServiceState:
    if replace(other, reason=one.reason, note=one.note) == one:
        return one
    return ServiceState(
        name=one.name,
        deployable=one.deployable,
        activated=None,
        state=RunState.UNKNOWN,
        note="Control Center gave two rows for it that contradict each other.",
    )


def read(row: ServiceRow, name: str, can_activate: bool | None) -> ServiceState:
    """Return what one row says of a service, on both axes."""
    activated, state, note = _meaning(row)
    return ServiceState(
        name=name,
        deployable=can_activate,
        activated=None if can_activate is False else activated,
        state=state,
        reason_code=row.reason_code,
        reason=row.reason or None,
        started_at=row.start_time or None,
        uptime_s=_uptime(row.uptime_s),
        note=note,
    )


def _uptime(told: int | None) -> int | None:
    return told if told is not None and 0 <= told < _LONGEST_UPTIME_S else None


def _meaning(row: ServiceRow) -> tuple[bool | None, RunState, str]:
    status = _words(row.status)
    odd = row.reason_code is None and "1068" in row.reason_code_text
    off = row.reason_code == NOT_ACTIVATED or _words(row.reason) in _NOT_ACTIVATED_WORDS
    if status in _NOT_ACTIVATED_WORDS:
        return False, RunState.STOPPED, ""
    state = _STATES.get(status, RunState.UNKNOWN)
    if state is RunState.UNKNOWN:
        return None, state, _unreadable(row)
    if state is RunState.STOPPED:
        return _stopped(row, off=off)
    if off:
        said = f'Control Center said both "{row.status}" and "not activated".'
        return None, RunState.UNKNOWN, said
    if odd:
        said = f'Control Center gave the reason code "{row.reason_code_text}", which is no number.'
        return None, RunState.UNKNOWN, said
    return True, state, ""


def _unreadable(row: ServiceRow) -> str:
    if not row.status:
        return "Control Center gave no status for it."
    return f'Control Center gave the status "{row.status}", which says nothing certain.'


def _stopped(row: ServiceRow, *, off: bool) -> tuple[bool | None, RunState, str]:
    if off:
        return False, RunState.STOPPED, ""
    if row.reason_code in RUN_TIME_CODES:
        return True, RunState.STOPPED, ""
    return None, RunState.STOPPED, "Control Center did not say whether it is activated."


def undecided(states: Mapping[str, ServiceState]) -> frozenset[str]:
    """Return the services whose activation only AXL can tell."""
    return frozenset(
        name
        for name, s in states.items()
        if s.state is RunState.STOPPED and s.activated is None and s.deployable is not False
    )


def with_axl(
    states: Mapping[str, ServiceState], told: Iterable[ProcessNodeService]
) -> dict[str, ServiceState]:
    """Fill undecided activations from AXL `isActive`, and note where the two sources differ.

    AXL `enable` is the trace switch and says nothing here (facts, section 0).
    """
    active: dict[str, set[bool | None]] = {}
    for entry in told:
        active.setdefault(names.canonical(entry.service), set()).add(entry.is_active)
    merged = dict(states)
    for name, state in states.items():
        said = active.get(name, set())
        if len(said) == 1 and state.deployable is not False:
            merged[name] = _judge_axl(state, next(iter(said)))
    return merged


def _judge_axl(state: ServiceState, is_active: bool | None) -> ServiceState:
    if is_active is None or state.state is RunState.UNKNOWN:
        return state
    word = "activated" if is_active else "not activated"
    if state.activated is None:
        return replace(state, activated=is_active, note=f"CUCM AXL says that it is {word}.")
    if state.activated is not is_active:
        return replace(state, note=f"CUCM AXL says otherwise: {word}.")
    return state
