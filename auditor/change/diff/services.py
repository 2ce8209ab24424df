"""The services of a node, before and after."""

from collections.abc import Iterator
from datetime import timedelta

from auditor.change.diff.model import (
    ChangeExpectation,
    ComparedCluster,
    ComparedNode,
    ComparedService,
    Difference,
    DifferenceCategory,
    ExpectedChange,
)

_UNKNOWN_STATE = "unknown"

RESTART_TOLERANCE = timedelta(seconds=120)
"""How far reply time minus uptime may move before it counts as a restart (contract, 8)."""


def compare_services(
    was: ComparedNode, now: ComparedNode, announced: ChangeExpectation
) -> Iterator[Difference]:
    """Yield what became of each service of a node whose services were read."""
    for name in sorted(was.services.keys() | now.services.keys()):
        old, new = was.services.get(name), now.services.get(name)
        if old is None or new is None:
            yield from _added_or_removed_service(
                now.name, name, old, seen_before=bool(was.services)
            )
        elif _is_service_different(old, new):
            yield from _changed_service(now.name, name, old, new, announced.of(now.name, name))
        elif _has_restarted(was, now, old, new):
            meant = announced.of(now.name, name) is not None
            sort = DifferenceCategory.EXPECTED if meant else DifferenceCategory.RESTART
            yield Difference(sort, now.name, f"{name} was restarted.")


def find_missing_changes(
    after: ComparedCluster, announced: ChangeExpectation
) -> Iterator[Difference]:
    """Yield what was announced and did not happen, or cannot be told."""
    for one in announced.services:
        node = after.nodes.get(one.node.casefold())
        service = node.services.get(one.service) if node else None
        wanted = "activated and running" if one.activated else "not activated"
        if service is None:
            text = f"{one.service} was to be {wanted}, and its state could not be read."
            yield Difference(DifferenceCategory.UNAUDITABLE, one.node, text)
        elif _is_outcome_unknown(service, one):
            text = (
                f"{one.service} was to be {wanted}, and is {_service_state_text(service)}, as far"
                " as is known."
            )
            yield Difference(DifferenceCategory.UNAUDITABLE, one.node, text)
        elif not _matches_expected_change(service, one):
            yield _missing_change(one, service, wanted)


def _missing_change(one: ExpectedChange, service: ComparedService, wanted: str) -> Difference:
    is_so = _service_state_text(service)
    if service.activated and service.state != "started":
        is_so = f"activated, but {service.state}"
    text = f"{one.service} was to be {wanted}, and is {is_so}."
    return Difference(DifferenceCategory.MISSING, one.node, text)


def _added_or_removed_service(
    node: str, name: str, old: ComparedService | None, *, seen_before: bool
) -> Iterator[Difference]:
    if old is not None:
        yield Difference(DifferenceCategory.UNAUDITABLE, node, f"{name} has no row any more.")
    elif seen_before:
        yield Difference(
            DifferenceCategory.READABLE, node, f"{name} has a row now and had none before."
        )


def _changed_service(
    node: str,
    name: str,
    old: ComparedService,
    new: ComparedService,
    announced: ExpectedChange | None,
) -> Iterator[Difference]:
    """Tell of a service that is otherwise; what was announced and not done is told elsewhere."""
    text = f"{name} was {_service_state_text(old)}, is {_service_state_text(new)}."
    same_state = old.state == new.state
    if _is_state_different(old, new):
        if announced is None or new.activated is (not announced.activated):
            yield Difference(DifferenceCategory.UNEXPECTED, node, text)
        elif _matches_expected_change(new, announced):
            yield Difference(DifferenceCategory.EXPECTED, node, text)
    elif _has_less_data(old, new):
        yield Difference(
            DifferenceCategory.UNAUDITABLE,
            node,
            _activation_no_longer_read_text(name, old) if same_state else text,
        )
    elif announced and _matches_expected_change(new, announced):
        yield Difference(DifferenceCategory.EXPECTED, node, text)
    else:
        yield Difference(
            DifferenceCategory.READABLE,
            node,
            _activation_newly_read_text(name, new) if same_state else text,
        )


def _is_service_different(old: ComparedService, new: ComparedService) -> bool:
    return _is_state_different(old, new) or _has_less_data(old, new) or _has_less_data(new, old)


def _is_state_different(old: ComparedService, new: ComparedService) -> bool:
    """Tell whether a service stands otherwise on an axis that both sides know."""
    if old.state != new.state and _UNKNOWN_STATE not in (old.state, new.state):
        return True
    both_known = None not in (old.activated, new.activated)
    return both_known and old.activated is not new.activated


def _has_less_data(known: ComparedService, other: ComparedService) -> bool:
    """Tell whether something is known of a service on one side and open on the other."""
    if known.state != _UNKNOWN_STATE and other.state == _UNKNOWN_STATE:
        return True
    is_open = other.activated is None and other.deployable is not False
    return known.activated is not None and is_open


def _activation_no_longer_read_text(name: str, old: ComparedService) -> str:
    was = "was" if old.activated else "was not"
    return f"Whether {name} is activated is not known now; it {was}."


def _activation_newly_read_text(name: str, new: ComparedService) -> str:
    now = "is" if new.activated else "is not"
    return f"Whether {name} was activated was not known; it {now} now."


def _matches_expected_change(new: ComparedService, announced: ExpectedChange) -> bool:
    """Tell whether a service is now as announced: activated and running, or not activated."""
    if announced.activated:
        return new.activated is not False and new.state == "started"
    return new.activated is False and new.state == "stopped"


def _is_outcome_unknown(service: ComparedService, one: ExpectedChange) -> bool:
    """Tell whether too little is known of a service to say that it is not as announced."""
    activation_open = service.activated is None and service.state == "stopped"
    return service.state == _UNKNOWN_STATE or (activation_open and not one.activated)


def _service_state_text(service: ComparedService) -> str:
    if service.activated is False:
        return f"not activated ({service.state})" if service.state != "stopped" else "not activated"
    return service.state


def _has_restarted(
    was: ComparedNode, now: ComparedNode, old: ComparedService, new: ComparedService
) -> bool:
    """Tell whether a service that runs on both sides was started anew in between."""
    if new.state != "started" or old.uptime_s is None or new.uptime_s is None:
        return False
    if new.uptime_s < old.uptime_s:
        return True
    if was.replied_at is None or now.replied_at is None:
        return False
    grew = timedelta(seconds=new.uptime_s - old.uptime_s)
    return abs((now.replied_at - was.replied_at) - grew) > RESTART_TOLERANCE
