"""The nodes and redundancy groups of a cluster, before and after, and who fell silent."""

from collections.abc import Iterator, Mapping

from auditor.compare.announced import Announced
from auditor.compare.difference import Difference, Sort
from auditor.compare.seen import ClusterSeen, NodeSeen
from auditor.compare.services import services


def silent(before: ClusterSeen, after: ClusterSeen) -> frozenset[str]:
    """Return the nodes, in lower case, whose services were read before and not now."""
    return frozenset(
        key
        for key, was in before.nodes.items()
        if was.services and key in after.nodes and not after.nodes[key].services
    )


def gaps(before: ClusterSeen, after: ClusterSeen) -> Iterator[Difference]:
    """Yield every server that gives less than before, with the reason, sources of one together."""
    told: dict[tuple[str, str], list[str]] = {}
    for (server, source), reason in after.gaps.items():
        if (server, source) not in before.gaps:
            told.setdefault((server, reason), []).append(source)
    for (server, reason), sources in told.items():
        yield Difference(Sort.UNAUDITABLE, server, f"{', '.join(sources)}: {reason}")


def nodes(before: ClusterSeen, after: ClusterSeen, announced: Announced) -> Iterator[Difference]:
    """Yield the nodes that came, went or changed."""
    quiet = silent(before, after)
    for key in sorted(before.nodes.keys() | after.nodes.keys()):
        was, now = before.nodes.get(key), after.nodes.get(key)
        if was is None or now is None:
            yield from _one_sided(was, now, before, after)
        elif key in quiet:
            yield _fell_silent(now, before, after)
            yield from traits(now.name, was.traits, now.traits, lost=False)
        else:
            yield from _unseen(was, now)
            yield from traits(now.name, was.traits, now.traits, gained=bool(was.services))
            yield from services(was, now, announced)
            if was.axl and now.axl is False:
                text = "Its AXL answered, and does not answer now."
                yield Difference(Sort.UNEXPECTED, now.name, text)
    yield from _unlisted(before, after)


def _one_sided(
    was: NodeSeen | None, now: NodeSeen | None, before: ClusterSeen, after: ClusterSeen
) -> Iterator[Difference]:
    if now is not None and before.complete:
        yield Difference(Sort.UNEXPECTED, now.name, "The node is new in the cluster.")
    if was is not None and after.complete:
        yield Difference(Sort.UNEXPECTED, was.name, "The node is no longer in the cluster.")


def _unseen(was: NodeSeen, now: NodeSeen) -> Iterator[Difference]:
    """Yield a node that was silent before: that nothing changed there is not known."""
    if was.services or was.planned or now.planned:
        return
    text = "Its services could not be read before, so nothing tells whether they changed."
    if not now.services:
        text = "Its services could be read neither before nor now."
    yield Difference(Sort.UNSEEN, now.name, text)


def _unlisted(before: ClusterSeen, after: ClusterSeen) -> Iterator[Difference]:
    if not before.complete:
        text = "CUCM did not list the nodes before, so nothing tells whether any came or went."
        yield Difference(Sort.UNSEEN, after.name, text)
    lost = sorted(node.name for key, node in before.nodes.items() if key not in after.nodes)
    if lost and not after.complete:
        text = "CUCM did not list the nodes, so whether these are still there is not known: "
        yield Difference(Sort.UNAUDITABLE, after.name, f"{text}{', '.join(lost)}.")


def _fell_silent(now: NodeSeen, before: ClusterSeen, after: ClusterSeen) -> Difference:
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
    return Difference(Sort.UNAUDITABLE, now.name, f"{text}{told}.")


def groups(before: ClusterSeen, after: ClusterSeen) -> Iterator[Difference]:
    """Yield the redundancy groups that came, went or changed."""
    if before.groups is None:
        text = (
            "Its redundancy groups could not be read before, so nothing tells whether they changed."
        )
        yield Difference(Sort.UNSEEN, after.name, text)
        return
    if after.groups is None:
        text = "Its redundancy groups were read before and could not be read now."
        yield Difference(Sort.UNAUDITABLE, after.name, text)
        return
    for name in sorted(before.groups.keys() | after.groups.keys()):
        was, now = before.groups.get(name), after.groups.get(name)
        if was is None:
            yield Difference(Sort.UNEXPECTED, name, "The redundancy group is new.")
        elif now is None:
            yield Difference(Sort.UNEXPECTED, name, "The redundancy group is gone.")
        else:
            yield from traits(name, was, now)


def traits(
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
                yield Difference(Sort.UNEXPECTED, about, f"{key} was {was}, is {now}.")
        elif was is not None and lost:
            yield Difference(Sort.UNAUDITABLE, about, f"{key} was {was}, and is not known now.")
        elif now is not None and gained:
            yield Difference(Sort.READABLE, about, f"{key} was not known, is {now}.")
