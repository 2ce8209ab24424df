"""Compares declared HA, databases and peers with what was read (PROFILE-01)."""

from collections.abc import Iterable, Mapping, Sequence

from auditor.collect.hostnames import AmbiguousHost, match_node_name
from auditor.collect.topology import Topology
from auditor.config.hosts import is_ip
from auditor.models.evidence import Evidence, Origin
from auditor.models.facts import Group
from auditor.models.forms import Form
from auditor.models.settings import Agreement, ExternalDatabase, KeyComparison
from auditor.models.statements import join_statements, make_statement

KeyComparisons = Mapping[str, KeyComparison]
"""By key of the file."""

_NOT_COMPARABLE = KeyComparison(Agreement.NOT_COMPARABLE, make_statement(Form.NOTHING_TO_COMPARE))
_AGREES = KeyComparison(Agreement.AGREES, make_statement(Form.NOTHING_CONTRADICTS))


def compare_declared_ha(
    declared: bool | frozenset[str] | None, topology: Topology
) -> KeyComparisons:
    """Compare where HA is declared off with the switch of each group.

    HA-01 judges where it is declared on and is off. A group of one node has no switch.
    """
    if declared is None:
        return {}
    pairs = [group for group in topology.groups if len(group.nodes) > 1]
    return {"high_availability": _compare_group_switches(declared, pairs, topology)}


def _compare_group_switches(
    declared: bool | frozenset[str], pairs: Sequence[Group], topology: Topology
) -> KeyComparison:
    different = [
        group for group in pairs if group.ha_enabled and not group.is_ha_declared(declared)
    ]
    if different:
        return _build_difference(_ha_on_evidence(group) for group in different)
    unread = [group for group in pairs if group.ha_enabled is None]
    # AXL should have given these switches, so they are a gap. A CUCM before AXL 10.0 has none to
    # give, and the file's groups carry no switch: nothing to compare.
    if topology.trouble or any(group.origin is Origin.OBSERVED for group in unread):
        return KeyComparison(Agreement.UNREADABLE, make_statement(Form.HA_SWITCH_NOT_READ))
    if unread:
        return _NOT_COMPARABLE
    # Not a second finding on the same switch, but no agreement either: HA-01 has the drift.
    if any(group.is_ha_declared(declared) and not group.ha_enabled for group in pairs):
        return KeyComparison(Agreement.NOT_COMPARABLE, make_statement(Form.HA_JUDGED_BY_PAIR_ROW))
    return _AGREES


def _ha_on_evidence(group: Group) -> Evidence:
    return Evidence(
        group.switch_origin or group.origin,
        "presence redundancy groups",
        make_statement(Form.HA_SWITCH_ON, group=group.name),
    )


def _build_difference(evidence: Iterable[Evidence]) -> KeyComparison:
    evidence = tuple(evidence)
    because = join_statements(piece.statement for piece in evidence)
    return KeyComparison(Agreement.DIFFERS, because, evidence)


def compare_declared_databases(
    declared: Sequence[ExternalDatabase], listed: Sequence[ExternalDatabase]
) -> KeyComparisons:
    """Compare the names of declared databases with those that the cluster's own tables list.

    An empty list proves nothing here: the feature that needs a database is compared by itself.
    """
    names = {database.name.casefold() for database in listed}
    evidence = _database_list_evidence("external databases", (d.name for d in listed))
    difference = _build_difference([evidence])
    return {
        f"external_database[{database.name}]": (
            _NOT_COMPARABLE
            if not listed
            else _AGREES
            if database.name.casefold() in names
            else difference
        )
        for database in declared
    }


def compare_declared_peers(declared: Sequence[str], listed: Sequence[str]) -> KeyComparisons:
    """Compare declared peers with those that the cluster's own tables list."""
    difference = _build_difference([_database_list_evidence("intercluster peers", listed)])
    results = {True: _AGREES, False: difference, None: _NOT_COMPARABLE}
    return {
        f"intercluster_peer[{peer}]": results[_is_peer_listed(peer, listed) if listed else None]
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
    """Return whether a peer is listed, None if a name and an address may be the same host."""
    try:
        if match_node_name(peer, listed) is not None:
            return True
    except AmbiguousHost:
        return None
    # Only like compares with like: a name and an address may well be one host.
    is_same_kind = all(is_ip(address) is is_ip(peer) for address in listed)
    return False if is_same_kind else None
