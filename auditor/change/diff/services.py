"""The services of a node, before and after."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from auditor.change.diff.expected import ChangeExpectation, ExpectedChange
from auditor.change.diff.model import ComparedCluster, Difference, DifferenceCategory, Topic
from auditor.models.nodes import RESTART_TOLERANCE, NodeFacts, RunState, ServiceState


def compare_services(
    was: NodeFacts, now: NodeFacts, expectation: ChangeExpectation
) -> Iterator[Difference]:
    """Yield what changed in each service of a node whose services were read."""
    for name in sorted(was.services.keys() | now.services.keys()):
        old, new = was.services.get(name), now.services.get(name)
        expected = expectation.service_change(now.name, name)
        if old is None or new is None:
            yield from _added_or_removed_service(now.name, old, new, was_read=bool(was.services))
        # The first that holds is the only difference: a service that was stopped and has less
        # detail, or a restart in the course of a change, need not be reported twice.
        elif _is_state_different(old, new):
            yield from _changed_service(now.name, old, new, expected)
        elif _has_more_detail(old, new):
            yield _newly_unknown_service(now.name, old, new)
        elif _has_more_detail(new, old):
            yield _newly_readable_service(now.name, old, new, expected)
        elif _has_restarted(was, now, old, new):
            # To activate a service that was activated may well restart it.
            is_expected = expectation.allows_restart(now.name, name)
            category = DifferenceCategory.EXPECTED if is_expected else DifferenceCategory.RESTARTED
            yield _difference(category, now.name, name, f"{name} was restarted.")


def find_missing_changes(
    before: ComparedCluster, after: ComparedCluster, expectation: ChangeExpectation
) -> Iterator[Difference]:
    """Yield the expected changes that were not made, or that may not have been made."""
    for change in expectation.services:
        node = after.nodes.get(change.node.casefold())
        service = node.services.get(change.service) if node else None
        goal = _goal_text(change)
        text = f"{change.service} was to be {goal}"
        if service is None:
            text += ", and its state could not be read."
            yield _difference(DifferenceCategory.NEWLY_UNKNOWN, change.node, change.service, text)
        elif _is_outcome_unknown(service, change):
            text += f", and is {_state_text(service)}, as far as is known."
            yield _difference(DifferenceCategory.NEWLY_UNKNOWN, change.node, change.service, text)
        elif not _is_as_expected(service, change):
            is_halfway = service.activated and service.state is not RunState.STARTED
            state = f"activated, but {service.state}" if is_halfway else _state_text(service)
            text += f", and is {state}."
            yield _difference(DifferenceCategory.NOT_DONE, change.node, change.service, text)
        elif change.restarted and node is not None:
            yield from _missing_restart(before.nodes.get(change.node.casefold()), node, service)


def _difference(category: DifferenceCategory, node: str, service: str, text: str) -> Difference:
    return Difference(category, node, text, topic=Topic.SERVICE, service=service)


def _goal_text(change: ExpectedChange) -> str:
    if change.restarted:
        return "restarted and running"
    return "activated and running" if change.activated else "not activated"


def _missing_restart(
    was: NodeFacts | None, now: NodeFacts, new: ServiceState
) -> Iterator[Difference]:
    """Yield a running service that was to be restarted and was not, or may not have been."""
    old = was.services.get(new.name) if was else None
    # One that was stopped before runs only because it was started.
    if old is not None and old.state is RunState.STOPPED:
        return
    if was is not None and old is not None and _has_restarted(was, now, old, new):
        return
    has_times = was is not None and None not in (was.replied_at, now.replied_at)
    if old is not None and None not in (old.uptime_s, new.uptime_s) and has_times:
        text = f"{new.name} was to be restarted, and was not."
        yield _difference(DifferenceCategory.NOT_DONE, now.name, new.name, text)
    else:
        text = f"{new.name} was to be restarted, and it is unknown whether it was."
        yield _difference(DifferenceCategory.NEWLY_UNKNOWN, now.name, new.name, text)


def _added_or_removed_service(
    node: str, old: ServiceState | None, new: ServiceState | None, *, was_read: bool
) -> Iterator[Difference]:
    if old is not None:
        # No proof that it is gone: Control Center may have left the row out.
        text = f"{old.name} is no longer listed."
        yield _difference(DifferenceCategory.NEWLY_UNKNOWN, node, old.name, text)
    elif new is not None and was_read:
        text = f"{new.name} is listed now and was not before."
        yield _difference(DifferenceCategory.NEWLY_KNOWN, node, new.name, text)


def _changed_service(
    node: str, old: ServiceState, new: ServiceState, expected: ExpectedChange | None
) -> Iterator[Difference]:
    """Yield a service that changed; what was expected and not done is reported elsewhere."""
    text = _change_text(old, new)
    if expected is None or new.activated is (not expected.activated):
        yield _difference(DifferenceCategory.UNEXPECTED, node, new.name, text)
    elif _is_as_expected(new, expected):
        yield _difference(DifferenceCategory.EXPECTED, node, new.name, text)


def _newly_unknown_service(node: str, old: ServiceState, new: ServiceState) -> Difference:
    text = _change_text(old, new)
    if old.state is new.state:
        was = "was" if old.activated else "was not"
        text = f"Whether {old.name} is activated is unknown now; it {was}."
    return _difference(DifferenceCategory.NEWLY_UNKNOWN, node, old.name, text)


def _newly_readable_service(
    node: str, old: ServiceState, new: ServiceState, expected: ExpectedChange | None
) -> Difference:
    if expected and _is_as_expected(new, expected):
        return _difference(DifferenceCategory.EXPECTED, node, new.name, _change_text(old, new))
    text = _change_text(old, new)
    if old.state is new.state:
        now = "is" if new.activated else "is not"
        text = f"Whether {new.name} was activated was unknown; it {now} now."
    return _difference(DifferenceCategory.NEWLY_KNOWN, node, new.name, text)


def _change_text(old: ServiceState, new: ServiceState) -> str:
    return f"{new.name} was {_state_text(old)}, is {_state_text(new)}."


def _state_text(service: ServiceState) -> str:
    if service.activated is not False:
        return service.state
    is_stopped = service.state is RunState.STOPPED
    return "not activated" if is_stopped else f"not activated ({service.state})"


def _is_state_different(old: ServiceState, new: ServiceState) -> bool:
    """Return whether a service differs in its state or activation, where both sides know it."""
    if old.state is not new.state and RunState.UNKNOWN not in (old.state, new.state):
        return True
    has_both_activations = None not in (old.activated, new.activated)
    return has_both_activations and old.activated is not new.activated


def _has_more_detail(fuller: ServiceState, other: ServiceState) -> bool:
    """Return whether the first knows the state or activation of a service and the other does not.

    A service that cannot be activated has no activation to know.
    """
    if fuller.state is not RunState.UNKNOWN and other.state is RunState.UNKNOWN:
        return True
    is_activation_unknown = other.activated is None and other.deployable is not False
    return fuller.activated is not None and is_activation_unknown


def _is_as_expected(service: ServiceState, change: ExpectedChange) -> bool:
    """Return whether a service is activated and running, or not activated, as expected."""
    if change.activated:
        # A service that runs is activated, even where Control Center does not show it.
        return service.activated is not False and service.state is RunState.STARTED
    return service.activated is False and service.state is RunState.STOPPED


def _is_outcome_unknown(service: ServiceState, change: ExpectedChange) -> bool:
    """Return whether too little is known of a service to say that the change was not made."""
    is_activation_unknown = service.activated is None and service.state is RunState.STOPPED
    return service.state is RunState.UNKNOWN or (is_activation_unknown and not change.activated)


def _has_restarted(was: NodeFacts, now: NodeFacts, old: ServiceState, new: ServiceState) -> bool:
    """Return whether a service that runs on both sides was restarted in between.

    Its uptime fell, or its start (reply time minus uptime) moved by more than the tolerance.
    """
    # Other evidence than in `collect.services`, which compares two readings of one run. There a
    # stop is itself a restart, and only the node's start time shows a quick one, which moves the
    # start by less than the tolerance. Here a stop is a change of state and reported as one. Hours
    # may lie between, and a new release may write the start time, plain text in Cisco's schema, in
    # another way.
    if new.state is not RunState.STARTED or old.uptime_s is None or new.uptime_s is None:
        return False
    if new.uptime_s < old.uptime_s:
        return True
    if was.replied_at is None or now.replied_at is None:
        return False
    between = datetime.fromisoformat(now.replied_at) - datetime.fromisoformat(was.replied_at)
    grew = timedelta(seconds=new.uptime_s - old.uptime_s)
    return abs(between - grew) > RESTART_TOLERANCE
