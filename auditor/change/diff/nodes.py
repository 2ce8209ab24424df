"""The nodes and redundancy groups of a cluster, before and after, and who fell silent.

The deployment, before and after: what the operator declares, and what the cluster shows.

A telling of a deployment key, in the words of the configuration file.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

from auditor.change.diff.model import (
    ChangeExpectation,
    ComparedCluster,
    ComparedNode,
    Difference,
    DifferenceCategory,
    ExpectedSetting,
)
from auditor.change.diff.services import compare_services


def newly_unread_nodes(before: ComparedCluster, after: ComparedCluster) -> frozenset[str]:
    """Return the nodes, in lower case, whose services were read before and not now."""
    return frozenset(
        key
        for key, was in before.nodes.items()
        if was.services and key in after.nodes and not after.nodes[key].services
    )


def compare_coverage(before: ComparedCluster, after: ComparedCluster) -> Iterator[Difference]:
    """Yield every server that gives less than before, with the reason, sources of one together."""
    told: dict[tuple[str, str], list[str]] = {}
    for (server, source), reason in after.gaps.items():
        if (server, source) not in before.gaps:
            told.setdefault((server, reason), []).append(source)
    for (server, reason), sources in told.items():
        yield Difference(DifferenceCategory.UNAUDITABLE, server, f"{', '.join(sources)}: {reason}")


def compare_nodes(
    before: ComparedCluster, after: ComparedCluster, announced: ChangeExpectation
) -> Iterator[Difference]:
    """Yield the nodes that came, went or changed."""
    quiet = newly_unread_nodes(before, after)
    for key in sorted(before.nodes.keys() | after.nodes.keys()):
        was, now = before.nodes.get(key), after.nodes.get(key)
        if was is None or now is None:
            yield from _added_or_removed_node(was, now, before, after)
        elif key in quiet:
            yield _newly_unread_node(now, before, after)
            yield from compare_attributes(now.name, was.traits, now.traits, lost=False)
        else:
            yield from _previously_unread_node(was, now)
            yield from compare_attributes(
                now.name, was.traits, now.traits, gained=bool(was.services)
            )
            yield from compare_services(was, now, announced)
            if was.axl and now.axl is False:
                text = "Its AXL answered, and does not answer now."
                yield Difference(DifferenceCategory.UNEXPECTED, now.name, text)
    yield from _unlisted_node_differences(before, after)


def _added_or_removed_node(
    was: ComparedNode | None,
    now: ComparedNode | None,
    before: ComparedCluster,
    after: ComparedCluster,
) -> Iterator[Difference]:
    if now is not None and before.complete:
        yield Difference(DifferenceCategory.UNEXPECTED, now.name, "The node is new in the cluster.")
    if was is not None and after.complete:
        yield Difference(
            DifferenceCategory.UNEXPECTED, was.name, "The node is no longer in the cluster."
        )


def _previously_unread_node(was: ComparedNode, now: ComparedNode) -> Iterator[Difference]:
    """Yield a node that was silent before: that nothing changed there is not known."""
    if was.services or was.planned or now.planned:
        return
    text = "Its services could not be read before, so nothing tells whether they changed."
    if not now.services:
        text = "Its services could be read neither before nor now."
    yield Difference(DifferenceCategory.UNSEEN, now.name, text)


def _unlisted_node_differences(
    before: ComparedCluster, after: ComparedCluster
) -> Iterator[Difference]:
    if not before.complete:
        text = "CUCM did not list the nodes before, so nothing tells whether any came or went."
        yield Difference(DifferenceCategory.UNSEEN, after.name, text)
    lost = sorted(node.name for key, node in before.nodes.items() if key not in after.nodes)
    if lost and not after.complete:
        text = "CUCM did not list the nodes, so whether these are still there is not known: "
        yield Difference(DifferenceCategory.UNAUDITABLE, after.name, f"{text}{', '.join(lost)}.")


def _newly_unread_node(
    now: ComparedNode, before: ComparedCluster, after: ComparedCluster
) -> Difference:
    """Say once what can no longer be told of a node, instead of once for every finding."""
    rows = [
        found.recommendation
        for key, found in after.findings.items()
        if found.subject_kind == "node"
        and found.subject.casefold() == now.name.casefold()
        and found.verdict == "unknown"
        and key in before.findings
        and before.findings[key].verdict != "unknown"
    ]
    text = "Its services were read before and could not be read now"
    told = f"; no longer judged: {', '.join(sorted(rows))}" if rows else ""
    return Difference(DifferenceCategory.UNAUDITABLE, now.name, f"{text}{told}.")


def compare_groups(before: ComparedCluster, after: ComparedCluster) -> Iterator[Difference]:
    """Yield the redundancy groups that came, went or changed."""
    if before.groups is None:
        text = (
            "Its redundancy groups could not be read before, so nothing tells whether they changed."
        )
        yield Difference(DifferenceCategory.UNSEEN, after.name, text)
        return
    if after.groups is None:
        text = "Its redundancy groups were read before and could not be read now."
        yield Difference(DifferenceCategory.UNAUDITABLE, after.name, text)
        return
    for name in sorted(before.groups.keys() | after.groups.keys()):
        was, now = before.groups.get(name), after.groups.get(name)
        if was is None:
            yield Difference(DifferenceCategory.UNEXPECTED, name, "The redundancy group is new.")
        elif now is None:
            yield Difference(DifferenceCategory.UNEXPECTED, name, "The redundancy group is gone.")
        else:
            yield from compare_attributes(name, was, now)


def compare_attributes(
    about: str,
    before: Mapping[str, str],
    after: Mapping[str, str],
    *,
    lost: bool = True,
    gained: bool = True,
) -> Iterator[Difference]:
    """Yield what is otherwise than before, what is not known any more, and what is known only now.

    `lost` and `gained` False: not what fell silent, or speaks again, with its whole node.
    """
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        if was is not None and now is not None:
            if was != now:
                yield Difference(
                    DifferenceCategory.UNEXPECTED, about, f"{key} was {was}, is {now}."
                )
        elif was is not None and lost:
            yield Difference(
                DifferenceCategory.UNAUDITABLE, about, f"{key} was {was}, and is not known now."
            )
        elif now is not None and gained:
            yield Difference(DifferenceCategory.READABLE, about, f"{key} was not known, is {now}.")


TRUE_ON_SOME_NODES = "true on some nodes"
"""A feature that the cluster shows, without showing on which nodes."""


def compare_profile(
    before: ComparedCluster, after: ComparedCluster, announced: ChangeExpectation
) -> Iterator[Difference]:
    """Yield what is declared otherwise than before: findings then go by another yardstick."""
    for key in sorted(before.profile.keys() | after.profile.keys()):
        was, now = before.profile.get(key), after.profile.get(key)
        if was != now:
            feature = announced.feature(key)
            meant = feature is not None and now == feature.tested
            text = (
                f"The profile had {_profile_value_text(key, was)}, and has"
                f" {_profile_value_text(key, now)}."
            )
            yield Difference(
                DifferenceCategory.EXPECTED if meant else DifferenceCategory.UNEXPECTED,
                after.name,
                text,
            )


def _profile_value_text(key: str, value: str | None) -> str:
    return f"no {key}" if value is None else f"{key} = {value}"


def compare_observed_settings(
    before: ComparedCluster, after: ComparedCluster, announced: ChangeExpectation
) -> Iterator[Difference]:
    """Yield what the cluster itself tells otherwise than before."""
    for key, was in sorted(before.shown.items()):
        now = after.shown.get(key)
        feature = announced.feature(key)
        if now not in (None, was):
            meant = feature is not None and _matches_expected_setting(feature, now)
            text = f"What the cluster shows of {key} was {was}, is {now}."
            yield Difference(
                DifferenceCategory.EXPECTED if meant else DifferenceCategory.UNEXPECTED,
                after.name,
                text,
            )
    if lost := sorted(before.shown.keys() - after.shown.keys()):
        text = f"What the cluster showed of {', '.join(lost)} could not be read now."
        yield Difference(DifferenceCategory.UNAUDITABLE, after.name, text)
    if gained := sorted(after.shown.keys() - before.shown.keys()):
        text = f"What the cluster shows of {', '.join(gained)} could not be read before."
        yield Difference(DifferenceCategory.READABLE, after.name, text)
    yield from compare_attributes(after.name, before.around, after.around)
    for name in sorted(before.reached - after.reached):
        text = f"External database {name} accepted a connection from here before, and not now."
        yield Difference(DifferenceCategory.UNAUDITABLE, after.name, text)


def _matches_expected_setting(feature: ExpectedSetting, shown: str) -> bool:
    return shown == feature.tested or (shown == TRUE_ON_SOME_NODES and feature.tested != "false")


class SettingLike(Protocol):
    """A telling of a key, from a cluster or from a snapshot."""

    @property
    def on(self) -> bool: ...
    @property
    def nodes(self) -> Collection[str] | None: ...
    @property
    def expressway(self) -> bool: ...
    @property
    def placed(self) -> bool: ...


def setting_as_toml(told: SettingLike) -> str:
    """Return a telling in words; see `setting_value_as_toml`."""
    return setting_value_as_toml(
        on=told.on, nodes=told.nodes, expressway=told.expressway, placed=told.placed
    )


def setting_value_as_toml(
    *, on: bool, nodes: Iterable[str] | None, expressway: bool = False, placed: bool = True
) -> str:
    """Return what stands, or would stand, behind the key; names of nodes in lower case."""
    if expressway:
        return '"expressway"'
    if not on:
        return "false"
    if not placed:
        return TRUE_ON_SOME_NODES
    if nodes is None:
        return "true"
    return "[" + ", ".join(f'"{name}"' for name in sorted(n.lower() for n in nodes)) + "]"
