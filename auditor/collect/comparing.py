"""Whether what the file declares besides features is what the cluster shows (PROFILE-01)."""

from collections.abc import Iterable, Mapping, Sequence

from auditor.cluster import Agreement, Comparison, Database, Group
from auditor.collect.hostnames import Unclear, node_of
from auditor.collect.topology import Topology
from auditor.config import hosts
from auditor.facts import Evidence, Origin

Compared = Mapping[str, Comparison]
"""By key of the file."""

_NOTHING = Comparison(Agreement.SILENT, "Nothing was seen that it could be compared with.")
_SAME = Comparison(Agreement.AGREES, "Nothing that was seen speaks against it.")


def switches(meant: bool | frozenset[str] | None, topology: Topology) -> Compared:
    """Compare where HA is declared off with the switch of each group.

    Where it is meant to be on and is off, HA-01 tells; a group of one node has nothing to switch.
    """
    if meant is None:
        return {}
    pairs = [group for group in topology.groups if len(group.nodes) > 1]
    return {"high_availability": _switch(meant, pairs, topology)}


def _switch(meant: bool | frozenset[str], pairs: Sequence[Group], topology: Topology) -> Comparison:
    against = [group for group in pairs if group.ha_enabled and not _wanted(meant, group)]
    if against:
        return _differs(_is_on(group) for group in against)
    unread = [group for group in pairs if group.ha_enabled is None]
    if topology.trouble or any(group.origin is Origin.OBSERVED for group in unread):
        because = "The CUCM publisher did not tell where high availability is on."
        return Comparison(Agreement.UNTOLD, because)
    if unread:
        return _NOTHING
    if any(_wanted(meant, group) and not group.ha_enabled for group in pairs):
        because = "It says where high availability is meant to be on, and HA-01 judges where not."
        return Comparison(Agreement.SILENT, because)
    return _SAME


def _wanted(meant: bool | frozenset[str], group: Group) -> bool:
    if isinstance(meant, bool):
        return meant
    return group.name.casefold() in {name.casefold() for name in meant}


def _is_on(group: Group) -> Evidence:
    text = f"{group.name}: high availability is on."
    return Evidence(group.switch_origin or group.origin, "presence redundancy groups", text)


def _differs(evidence: Iterable[Evidence]) -> Comparison:
    proof = tuple(evidence)
    return Comparison(Agreement.DIFFERS, " ".join(one.text for one in proof), proof)


def databases(declared: Sequence[Database], found: Sequence[Database]) -> Compared:
    """Compare the names of declared databases with those that the cluster's own tables list.

    A table that lists none says nothing here: the feature that needs one is compared by itself.
    """
    listed = {one.name.casefold() for one in found}
    against = _differs([_lists("external databases", (one.name for one in found))])
    return {
        f"external_database[{one.name}]": (
            _NOTHING if not found else _SAME if one.name.casefold() in listed else against
        )
        for one in declared
    }


def peers(declared: Sequence[str], found: Sequence[str]) -> Compared:
    """Compare declared peers with those that were discovered, where that can be told."""
    against = _differs([_lists("intercluster peers", found)])
    by_answer = {True: _SAME, False: against, None: _NOTHING}
    return {
        f"intercluster_peer[{peer}]": by_answer[_is_listed(peer, found) if found else None]
        for peer in declared
    }


def _lists(what: str, names: Iterable[str]) -> Evidence:
    text = f"The cluster lists {', '.join(sorted(names, key=str.casefold))}."
    return Evidence(Origin.DISCOVERED, f"{what} in its database (meaning inferred)", text)


def _is_listed(peer: str, listed: Sequence[str]) -> bool | None:
    """Tell whether a peer is on the list; None where a name and an address may be the same."""
    try:
        if node_of(peer, listed) is not None:
            return True
    except Unclear:
        return None
    alike = all(hosts.is_ip(one) is hosts.is_ip(peer) for one in listed)
    return False if alike else None
