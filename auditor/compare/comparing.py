"""The comparing of two snapshots of a cluster, blind to uptime that only grew."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from auditor.compare.announced import NOTHING, Announced, Expected
from auditor.compare.difference import Difference, Sort
from auditor.compare.seen import ClusterSeen, FindingSeen, NodeSeen, ServiceSeen

RESTART_SHIFT = timedelta(seconds=120)
"""How far reply time minus uptime may move before it counts as a restart (contract, 8)."""

SETTLED = frozenset({"pass", "not_applicable", "explained", "waived"})
"""Verdicts that ask for nothing."""


def compare(
    before: ClusterSeen, after: ClusterSeen, announced: Announced = NOTHING
) -> tuple[Difference, ...]:
    """Return every difference between two snapshots of one cluster, gravest sort first.

    An announced change that did not happen is a difference too.
    """
    found = [
        *_traits(before.name, before.traits, after.traits),
        *_nodes(before, after, announced),
        *_undone(after, announced),
        *_findings(before, after, announced),
    ]
    ranks = tuple(Sort)
    return tuple(sorted(found, key=lambda d: (ranks.index(d.sort), d.about.lower(), d.text)))


def _traits(
    about: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Difference]:
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key, "not known"), after.get(key, "not known")
        if was != now:
            sort = Sort.UNAUDITABLE if now == "not known" else Sort.UNEXPECTED
            yield Difference(sort, about, f"{key} was {was}, is {now}.")


def _nodes(before: ClusterSeen, after: ClusterSeen, announced: Announced) -> Iterator[Difference]:
    for key in sorted(before.nodes.keys() | after.nodes.keys()):
        was, now = before.nodes.get(key), after.nodes.get(key)
        if was is None and now is not None:
            yield from _new_node(now.name, before)
        elif was is not None and now is None:
            yield _lost_node(was.name, after)
        elif was is not None and now is not None:
            yield from _traits(now.name, was.traits, now.traits)
            yield from _services(was, now, announced)


def _new_node(name: str, before: ClusterSeen) -> Iterator[Difference]:
    if before.complete:
        yield Difference(Sort.UNEXPECTED, name, "The node is new in the cluster.")


def _lost_node(name: str, after: ClusterSeen) -> Difference:
    if after.complete:
        return Difference(Sort.UNEXPECTED, name, "The node is no longer in the cluster.")
    text = "Whether it is still in the cluster could not be read: CUCM did not list its nodes."
    return Difference(Sort.UNAUDITABLE, name, text)


def _services(was: NodeSeen, now: NodeSeen, announced: Announced) -> Iterator[Difference]:
    if was.services and not now.services:
        text = "Its services were read before and could not be read now."
        yield Difference(Sort.UNAUDITABLE, now.name, text)
        return
    for name in sorted(was.services.keys() | now.services.keys()):
        old, new = was.services.get(name), now.services.get(name)
        if old is None or new is None:
            yield from _one_sided(now.name, name, old, seen_before=bool(was.services))
            continue
        if (old.activated, old.state) != (new.activated, new.state):
            yield _changed(now.name, name, old, new, announced.of(now.name, name))
        elif _restarted(was, now, old, new):
            meant = announced.of(now.name, name) is not None
            sort = Sort.EXPECTED if meant else Sort.RESTART
            yield Difference(sort, now.name, f"{name} was restarted.")


def _one_sided(
    node: str, name: str, old: ServiceSeen | None, *, seen_before: bool
) -> Iterator[Difference]:
    if old is not None:
        yield Difference(Sort.UNAUDITABLE, node, f"{name} has no row any more.")
    elif seen_before:
        yield Difference(Sort.UNEXPECTED, node, f"{name} has a row now and had none before.")


def _changed(
    node: str, name: str, old: ServiceSeen, new: ServiceSeen, announced: Expected | None
) -> Difference:
    text = f"{name} was {_words(old)}, is {_words(new)}."
    if new.state == "unknown" or (old.activated is not None and new.activated is None):
        return Difference(Sort.UNAUDITABLE, node, text)
    if announced is not None and _done(new, announced):
        return Difference(Sort.EXPECTED, node, text)
    return Difference(Sort.UNEXPECTED, node, text)


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


def _undone(after: ClusterSeen, announced: Announced) -> Iterator[Difference]:
    for one in announced.services:
        node = after.nodes.get(one.node.casefold())
        service = node.services.get(one.service) if node else None
        wanted = "activated and running" if one.activated else "not activated"
        if service is None:
            text = f"{one.service} was to be {wanted}, and its state could not be read."
            yield Difference(Sort.UNAUDITABLE, one.node, text)
        elif not _done(service, one):
            text = f"{one.service} was to be {wanted}, and is {_words(service)}."
            yield Difference(Sort.MISSING, one.node, text)


def _findings(
    before: ClusterSeen, after: ClusterSeen, announced: Announced
) -> Iterator[Difference]:
    for key in sorted(before.findings.keys() | after.findings.keys()):
        was, now = before.findings.get(key), after.findings.get(key)
        if now is not None:
            sort = _sort(was.verdict if was else "pass", now.verdict)
            if sort is Sort.NEW and key in announced.drift:
                sort = Sort.EXPECTED
            if sort is not None:
                yield Difference(sort, now.subject, _sentence(now))
        elif was is not None and was.verdict == "drift":
            text = f"{was.recommendation}: its subject is gone, so it is no longer judged."
            yield Difference(Sort.UNAUDITABLE, was.subject, text)


def _sort(was: str, now: str) -> Sort | None:
    if now == "unknown":
        return None if was == "unknown" else Sort.UNAUDITABLE
    if now == "drift":
        return Sort.PERSISTING if was == "drift" else Sort.NEW
    return Sort.FIXED if was == "drift" and now in SETTLED else None


def _sentence(finding: FindingSeen) -> str:
    kind = f" ({finding.kind})" if finding.kind else ""
    return (
        f"{finding.recommendation} [{finding.severity}]: {finding.verdict}{kind}. "
        f"{finding.observed}"
    )
