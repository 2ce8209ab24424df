"""CUCM AXL: the presence redundancy groups, held against the list of nodes."""

from collections import Counter
from collections.abc import Iterable

from auditor.cluster import Group
from auditor.errors import BadReply
from auditor.facts import Origin
from auditor.soap.replies import RedundancyGroup

_ADVICE = "Compare with CUCM's Presence Redundancy Groups; ask again."


def read(rows: Iterable[RedundancyGroup], members: Iterable[str]) -> tuple[Group, ...]:
    """Return the groups that AXL listed; `members` are the names of the cluster's nodes.

    Raises:
        BadReply: there is none, though the installation of the first node makes one; a group or
            a server is listed twice; or servers seem to be left out.
    """
    groups = tuple(
        Group(
            row.name,
            tuple(server for server in (row.server1, row.server2) if server),
            row.ha_enabled,
            Origin.OBSERVED,
        )
        for row in rows
    )
    if not groups:
        raise BadReply("CUCM AXL listed no presence redundancy group at all.", _ADVICE)
    _once("the redundancy group", (group.name for group in groups))
    _once("among the servers of redundancy groups", (s for g in groups for s in g.nodes))
    _filled(groups, members)
    return groups


def _once(what: str, names: Iterable[str]) -> None:
    for name, count in Counter(name.casefold() for name in names).items():
        if count > 1:
            raise BadReply(f"CUCM AXL listed {what} {name} {count} times.", _ADVICE)


def _filled(groups: Iterable[Group], members: Iterable[str]) -> None:
    """Refuse a group without servers beside a node without group: they may belong together."""
    placed = {server.casefold() for group in groups for server in group.nodes}
    alone = [name for name in members if name.casefold() not in placed]
    empty = [group.name for group in groups if not group.nodes]
    if alone and empty:
        raise BadReply(
            f"CUCM AXL listed no server of redundancy group {empty[0]}, and {alone[0]} in no "
            "group.",
            _ADVICE,
        )


def unlisted(groups: Iterable[Group], members: Iterable[str]) -> BadReply | None:
    """Return an error if a group has a server that is not among the cluster's nodes.

    The list of nodes is then not whole, and nobody would miss the one that was not asked.
    """
    known = {name.casefold() for name in members}
    for group in groups:
        for server in group.nodes:
            if server.casefold() not in known:
                return BadReply(
                    f"CUCM AXL has {server} in redundancy group {group.name}, and not in its "
                    "list of IM and Presence nodes.",
                    "Compare CUCM's server list with its Presence Redundancy Groups; ask again.",
                )
    return None
