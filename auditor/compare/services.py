"""The services of a node, before and after."""

from collections.abc import Iterator
from datetime import timedelta

from auditor.compare.announced import Announced, Expected
from auditor.compare.difference import Difference, Sort
from auditor.compare.seen import ClusterSeen, NodeSeen, ServiceSeen

_UNKNOWN = "unknown"

RESTART_SHIFT = timedelta(seconds=120)
"""How far reply time minus uptime may move before it counts as a restart (contract, 8)."""


def services(was: NodeSeen, now: NodeSeen, announced: Announced) -> Iterator[Difference]:
    """Yield what became of each service of a node whose services were read."""
    for name in sorted(was.services.keys() | now.services.keys()):
        old, new = was.services.get(name), now.services.get(name)
        if old is None or new is None:
            yield from _one_sided(now.name, name, old, seen_before=bool(was.services))
        elif _otherwise(old, new):
            yield from _changed(now.name, name, old, new, announced.of(now.name, name))
        elif _restarted(was, now, old, new):
            meant = announced.of(now.name, name) is not None
            sort = Sort.EXPECTED if meant else Sort.RESTART
            yield Difference(sort, now.name, f"{name} was restarted.")


def undone(after: ClusterSeen, announced: Announced) -> Iterator[Difference]:
    """Yield what was announced and did not happen, or cannot be told."""
    for one in announced.services:
        node = after.nodes.get(one.node.casefold())
        service = node.services.get(one.service) if node else None
        wanted = "activated and running" if one.activated else "not activated"
        if service is None:
            text = f"{one.service} was to be {wanted}, and its state could not be read."
            yield Difference(Sort.UNAUDITABLE, one.node, text)
        elif _untold(service, one):
            text = (
                f"{one.service} was to be {wanted}, and is {_words(service)}, as far as is known."
            )
            yield Difference(Sort.UNAUDITABLE, one.node, text)
        elif not _done(service, one):
            yield _missing(one, service, wanted)


def _missing(one: Expected, service: ServiceSeen, wanted: str) -> Difference:
    is_so = _words(service)
    if service.activated and service.state != "started":
        is_so = f"activated, but {service.state}"
    text = f"{one.service} was to be {wanted}, and is {is_so}."
    return Difference(Sort.MISSING, one.node, text)


def _one_sided(
    node: str, name: str, old: ServiceSeen | None, *, seen_before: bool
) -> Iterator[Difference]:
    if old is not None:
        yield Difference(Sort.UNAUDITABLE, node, f"{name} has no row any more.")
    elif seen_before:
        yield Difference(Sort.READABLE, node, f"{name} has a row now and had none before.")


def _changed(
    node: str, name: str, old: ServiceSeen, new: ServiceSeen, announced: Expected | None
) -> Iterator[Difference]:
    """Tell of a service that is otherwise; what was announced and not done is told elsewhere."""
    text = f"{name} was {_words(old)}, is {_words(new)}."
    same_state = old.state == new.state
    if _moved(old, new):
        if announced is None or new.activated is (not announced.activated):
            yield Difference(Sort.UNEXPECTED, node, text)
        elif _done(new, announced):
            yield Difference(Sort.EXPECTED, node, text)
    elif _less_known(old, new):
        yield Difference(Sort.UNAUDITABLE, node, _lost(name, old) if same_state else text)
    elif announced and _done(new, announced):
        yield Difference(Sort.EXPECTED, node, text)
    else:
        yield Difference(Sort.READABLE, node, _gained(name, new) if same_state else text)


def _otherwise(old: ServiceSeen, new: ServiceSeen) -> bool:
    return _moved(old, new) or _less_known(old, new) or _less_known(new, old)


def _moved(old: ServiceSeen, new: ServiceSeen) -> bool:
    """Tell whether a service stands otherwise on an axis that both sides know."""
    if old.state != new.state and _UNKNOWN not in (old.state, new.state):
        return True
    both_known = None not in (old.activated, new.activated)
    return both_known and old.activated is not new.activated


def _less_known(known: ServiceSeen, other: ServiceSeen) -> bool:
    """Tell whether something is known of a service on one side and open on the other."""
    if known.state != _UNKNOWN and other.state == _UNKNOWN:
        return True
    is_open = other.activated is None and other.deployable is not False
    return known.activated is not None and is_open


def _lost(name: str, old: ServiceSeen) -> str:
    was = "was" if old.activated else "was not"
    return f"Whether {name} is activated is not known now; it {was}."


def _gained(name: str, new: ServiceSeen) -> str:
    now = "is" if new.activated else "is not"
    return f"Whether {name} was activated was not known; it {now} now."


def _done(new: ServiceSeen, announced: Expected) -> bool:
    """Tell whether a service is now as announced: activated and running, or not activated."""
    if announced.activated:
        return new.activated is not False and new.state == "started"
    return new.activated is False and new.state == "stopped"


def _untold(service: ServiceSeen, one: Expected) -> bool:
    """Tell whether too little is known of a service to say that it is not as announced."""
    activation_open = service.activated is None and service.state == "stopped"
    return service.state == _UNKNOWN or (activation_open and not one.activated)


def _words(service: ServiceSeen) -> str:
    if service.activated is False:
        return f"not activated ({service.state})" if service.state != "stopped" else "not activated"
    return service.state


def _restarted(was: NodeSeen, now: NodeSeen, old: ServiceSeen, new: ServiceSeen) -> bool:
    """Tell whether a service that runs on both sides was started anew in between."""
    if new.state != "started" or old.uptime_s is None or new.uptime_s is None:
        return False
    if new.uptime_s < old.uptime_s:
        return True
    if was.replied_at is None or now.replied_at is None:
        return False
    grew = timedelta(seconds=new.uptime_s - old.uptime_s)
    return abs((now.replied_at - was.replied_at) - grew) > RESTART_SHIFT
