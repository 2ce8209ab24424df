"""Whether what the file declares besides features is what the cluster shows (PROFILE-01)."""

from collections.abc import Iterable, Mapping, Sequence

from auditor.collect.discovery.interpret import AmbiguousData, match_node_name
from auditor.collect.topology import Topology
from auditor.config.hosts import is_ip
from auditor.models.facts import Agreement, Evidence, ExternalDatabase, Group, KeyComparison, Origin
from auditor.models.statements import Form, join_statements, make_statement

KeyComparisons = Mapping[str, KeyComparison]
"""By key of the file."""

_NOT_COMPARABLE = KeyComparison(Agreement.SILENT, make_statement(Form.NOTHING_TO_COMPARE))
_AGREES = KeyComparison(Agreement.AGREES, make_statement(Form.NOTHING_CONTRADICTS))


def compare_declared_ha(meant: bool | frozenset[str] | None, topology: Topology) -> KeyComparisons:
    """Compare where HA is declared off with the switch of each group.

    Where it is meant to be on and is off, HA-01 tells; a group of one node has nothing to switch.
    """
    if meant is None:
        return {}
    pairs = [group for group in topology.groups if len(group.nodes) > 1]
    return {"high_availability": _compare_group_switches(meant, pairs, topology)}


def _compare_group_switches(
    meant: bool | frozenset[str], pairs: Sequence[Group], topology: Topology
) -> KeyComparison:
    against = [group for group in pairs if group.ha_enabled and not _is_ha_declared(meant, group)]
    if against:
        return _build_difference(_ha_on_evidence(group) for group in against)
    unread = [group for group in pairs if group.ha_enabled is None]
    if topology.trouble or any(group.origin is Origin.OBSERVED for group in unread):
        return KeyComparison(Agreement.UNTOLD, make_statement(Form.HA_SWITCH_NOT_READ))
    if unread:
        return _NOT_COMPARABLE
    if any(_is_ha_declared(meant, group) and not group.ha_enabled for group in pairs):
        return KeyComparison(Agreement.SILENT, make_statement(Form.HA_JUDGED_BY_PAIR_ROW))
    return _AGREES


def _is_ha_declared(meant: bool | frozenset[str], group: Group) -> bool:
    if isinstance(meant, bool):
        return meant
    return group.name.casefold() in {name.casefold() for name in meant}


def _ha_on_evidence(group: Group) -> Evidence:
    return Evidence(
        group.switch_origin or group.origin,
        "presence redundancy groups",
        make_statement(Form.HA_SWITCH_ON, group=group.name),
    )


def _build_difference(evidence: Iterable[Evidence]) -> KeyComparison:
    proof = tuple(evidence)
    because = join_statements(piece.statement for piece in proof)
    return KeyComparison(Agreement.DIFFERS, because, proof)


def compare_declared_databases(
    declared: Sequence[ExternalDatabase], found: Sequence[ExternalDatabase]
) -> KeyComparisons:
    """Compare the names of declared databases with those that the cluster's own tables list.

    A table that lists none says nothing here: the feature that needs one is compared by itself.
    """
    listed = {one.name.casefold() for one in found}
    against = _build_difference(
        [_database_list_evidence("external databases", (one.name for one in found))]
    )
    return {
        f"external_database[{one.name}]": (
            _NOT_COMPARABLE if not found else _AGREES if one.name.casefold() in listed else against
        )
        for one in declared
    }


def compare_declared_peers(declared: Sequence[str], found: Sequence[str]) -> KeyComparisons:
    """Compare declared peers with those that were discovered, where that can be told."""
    against = _build_difference([_database_list_evidence("intercluster peers", found)])
    by_answer = {True: _AGREES, False: against, None: _NOT_COMPARABLE}
    return {
        f"intercluster_peer[{peer}]": by_answer[_is_peer_listed(peer, found) if found else None]
        for peer in declared
    }


def _database_list_evidence(what: str, names: Iterable[str]) -> Evidence:
    listed = tuple(sorted(names, key=str.casefold))
    return Evidence(
        Origin.DISCOVERED,
        f"{what} in its database (meaning inferred)",
        make_statement(Form.CLUSTER_LISTS, names=listed),
    )


def _is_peer_listed(peer: str, listed: Sequence[str]) -> bool | None:
    """Tell whether a peer is on the list; None where a name and an address may be the same."""
    try:
        if match_node_name(peer, listed) is not None:
            return True
    except AmbiguousData:
        return None
    alike = all(is_ip(one) is is_ip(peer) for one in listed)
    return False if alike else None
