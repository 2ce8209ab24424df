"""The services of a node, before and after."""

from collections.abc import Iterator
from datetime import timedelta

from auditor.compare.announced import Announced, Expected
from auditor.compare.difference import Difference, Sort
from auditor.compare.seen import ClusterSeen, NodeSeen, ServiceSeen

RESTART_SHIFT = timedelta(seconds=120)
"""How far reply time minus uptime may move before it counts as a restart (contract, 8)."""


def services(was: NodeSeen, now: NodeSeen, announced: Announced) -> Iterator[Difference]:
    """Yield what became of each service of a node whose services were read."""
    for name in sorted(was.services.keys() | now.services.keys()):
        old, new = was.services.get(name), now.services.get(name)
        if old is None or new is None:
            yield from _one_sided(now.name, name, old, seen_before=bool(was.services))
        elif (old.activated, old.state) != (new.activated, new.state):
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
        yield Difference(Sort.UNEXPECTED, node, f"{name} has a row now and had none before.")


def _changed(
    node: str, name: str, old: ServiceSeen, new: ServiceSeen, announced: Expected | None
) -> Iterator[Difference]:
    text = f"{name} was {_words(old)}, is {_words(new)}."
    if new.state == "unknown" or (old.activated is not None and new.activated is None):
        yield Difference(Sort.UNAUDITABLE, node, text)
    elif announced is None or new.activated is not announced.activated:
        yield Difference(Sort.UNEXPECTED, node, text)
    elif _done(new, announced):
        yield Difference(Sort.EXPECTED, node, text)


def _done(new: ServiceSeen, announced: Expected) -> bool:
    """Tell whether a service is now as announced: activated and running, or not activated."""
    if announced.activated:
        return new.activated is not False and new.state == "started"
    return new.activated is False and new.state == "stopped"


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
