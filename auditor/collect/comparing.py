"""Whether what the file declares besides features is what the cluster shows (PROFILE-01)."""

from collections.abc import Iterable, Mapping, Sequence

from auditor.cluster import Database, Group
from auditor.collect.hostnames import Unclear, node_of
from auditor.config import hosts
from auditor.config.settings import ClusterSettings
from auditor.facts import Evidence, Origin

Compared = Mapping[str, tuple[Evidence, ...]]
"""By key of the file, what speaks against it; nothing does where the tuple is empty."""


def switches(settings: ClusterSettings, groups: Sequence[Group]) -> Compared:
    """Compare where HA is declared off with the switch of each group.

    Where it is meant to be on and is off, HA-01 tells; a group of one node has nothing to switch.
    """
    meant = settings.high_availability
    told = [g for g in groups if g.ha_enabled is not None and len(g.nodes) > 1]
    if meant is None or not told:
        return {}
    on = {g.casefold() for g in meant} if isinstance(meant, frozenset) else None
    declared_off = [
        g for g in told if not (meant if on is None else g.name.casefold() in on) and g.ha_enabled
    ]
    return {
        "high_availability": tuple(
            Evidence(
                group.switch_origin or group.origin,
                "presence redundancy groups",
                f"{group.name}: high availability is on.",
            )
            for group in declared_off
        )
    }


def databases(declared: Sequence[Database], found: Sequence[Database]) -> Compared:
    """Compare the names of declared databases with those that the cluster's own tables list.

    A table that lists none says nothing here: the feature that needs one is compared by itself.
    """
    if not found:
        return {}
    listed = {one.name.casefold() for one in found}
    against = _lists("external databases", (one.name for one in found))
    return {
        f"external_database[{one.name}]": () if one.name.casefold() in listed else (against,)
        for one in declared
    }


def peers(declared: Sequence[str], found: Sequence[str]) -> Compared:
    """Compare declared peers with those that were discovered, where that can be told."""
    against = _lists("intercluster peers", found)
    told = {peer: _is_listed(peer, found) for peer in declared if found}
    return {
        f"intercluster_peer[{peer}]": () if listed else (against,)
        for peer, listed in told.items()
        if listed is not None
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
