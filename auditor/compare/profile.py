"""The deployment, before and after: what the operator declares, and what the cluster shows."""

from collections.abc import Iterator

from auditor.compare.announced import Announced, Feature
from auditor.compare.difference import Difference, Sort
from auditor.compare.places import traits
from auditor.compare.seen import ClusterSeen

SOMEWHERE = "true on some nodes"
"""A feature that the cluster shows, without showing on which nodes."""


def profile(before: ClusterSeen, after: ClusterSeen, announced: Announced) -> Iterator[Difference]:
    """Yield what is declared otherwise than before: findings then go by another yardstick."""
    for key in sorted(before.profile.keys() | after.profile.keys()):
        was, now = before.profile.get(key), after.profile.get(key)
        if was != now:
            feature = announced.feature(key)
            meant = feature is not None and now == feature.tested
            text = f"The profile had {_told(key, was)}, and has {_told(key, now)}."
            yield Difference(Sort.EXPECTED if meant else Sort.UNEXPECTED, after.name, text)


def _told(key: str, value: str | None) -> str:
    return f"no {key}" if value is None else f"{key} = {value}"


def shown(before: ClusterSeen, after: ClusterSeen, announced: Announced) -> Iterator[Difference]:
    """Yield what the cluster itself tells otherwise than before."""
    for key, was in sorted(before.shown.items()):
        now = after.shown.get(key)
        feature = announced.feature(key)
        if now not in (None, was):
            meant = feature is not None and _fits(feature, now)
            text = f"What the cluster shows of {key} was {was}, is {now}."
            yield Difference(Sort.EXPECTED if meant else Sort.UNEXPECTED, after.name, text)
    if lost := sorted(before.shown.keys() - after.shown.keys()):
        text = f"What the cluster showed of {', '.join(lost)} could not be read now."
        yield Difference(Sort.UNAUDITABLE, after.name, text)
    if gained := sorted(after.shown.keys() - before.shown.keys()):
        text = f"What the cluster shows of {', '.join(gained)} could not be read before."
        yield Difference(Sort.READABLE, after.name, text)
    yield from traits(after.name, before.around, after.around)
    for name in sorted(before.reached - after.reached):
        text = f"External database {name} accepted a connection from here before, and not now."
        yield Difference(Sort.UNAUDITABLE, after.name, text)


def _fits(feature: Feature, shown: str) -> bool:
    return shown == feature.tested or (shown == SOMEWHERE and feature.tested != "false")
