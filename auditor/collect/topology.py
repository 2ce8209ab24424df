"""CUCM AXL: which IM&P nodes there are, their roles, and their redundancy groups.

CUCM AXL: the presence redundancy groups, held against the list of nodes.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from auditor.config.hosts import is_host
from auditor.config.settings import ClusterSettings, DeclaredNode
from auditor.errors import BadReply, ExchangeError, UnsupportedVersion
from auditor.failures import Problem
from auditor.models.facts import ClusterFacts, Group, NodeFacts, Origin, Role
from auditor.soap.client import Client
from auditor.soap.records import ProcessNode, RedundancyGroup


def build_redundancy_groups(
    rows: Iterable[RedundancyGroup], members: Iterable[str]
) -> tuple[Group, ...]:
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
        raise BadReply(Problem.NO_GROUPS)
    _refuse_duplicates("the redundancy group", (group.name for group in groups))
    _refuse_duplicates(
        "among the servers of redundancy groups", (s for g in groups for s in g.nodes)
    )
    _refuse_empty_groups(groups, members)
    return groups


def _refuse_duplicates(what: str, names: Iterable[str]) -> None:
    for name, count in Counter(name.casefold() for name in names).items():
        if count > 1:
            raise BadReply(Problem.REPEATED_ROW, item=f"{what} {name}", count=count)


def _refuse_empty_groups(groups: Iterable[Group], members: Iterable[str]) -> None:
    """Refuse a group without servers beside a node without group: they may belong together."""
    placed = {server.casefold() for group in groups for server in group.nodes}
    alone = [name for name in members if name.casefold() not in placed]
    empty = [group.name for group in groups if not group.nodes]
    if alone and empty:
        raise BadReply(Problem.EMPTY_GROUP, group=empty[0], node=alone[0])


def find_unlisted_server(groups: Iterable[Group], members: Iterable[str]) -> BadReply | None:
    """Return an error if a group has a server that is not among the cluster's nodes.

    The list of nodes is then not whole, and nobody would miss the one that was not asked.
    """
    known = {name.casefold() for name in members}
    for group in groups:
        for server in group.nodes:
            if server.casefold() not in known:
                return BadReply(Problem.UNLISTED_NODE, node=server, group=group.name)
    return None


SYSTEM_NODE_NAME = "enterprisewidedata"
"""The row of `listProcessNode` that is no node."""

IMP_ROLE = "cucm im and presence"
CUCM_ROLE = "cucm voice/video"
FIRST_AXL_WITH_IMP = 10.0
"""AXL 9.x knows neither the IM&P role nor redundancy groups (facts, 1.2)."""

_ROLES_BY_USAGE = {"publisher": Role.PUBLISHER, "subscriber": Role.SUBSCRIBER}


@dataclass(frozen=True, slots=True)
class Topology:
    """The cluster's nodes and groups.

    `complete`: the nodes are known to be all there are. `trouble` is why a part is missing.
    """

    nodes: tuple[NodeFacts, ...]
    groups: tuple[Group, ...] = ()
    groups_known: bool = False
    complete: bool = False
    trouble: ExchangeError | None = None


def read_topology(cucm: Client, settings: ClusterSettings) -> Topology:
    """Ask the CUCM publisher for nodes and groups; two AXL calls, or one before AXL 10.0.

    Raises:
        ExchangeError: the nodes could not be read; use `declared_topology` then.
    """
    rows = cucm.list_process_nodes()
    if _is_axl_too_old(cucm.axl_version):
        return _complete_topology(declared_topology(settings), cucm.axl_version)
    members = _parse_process_nodes(rows, settings)
    names = [member.name for member in members]
    try:
        groups = build_redundancy_groups(cucm.list_presence_redundancy_groups(), names)
    except ExchangeError as error:
        return _topology_without_groups(members, settings, error)
    missing = find_unlisted_server(groups, names)
    if missing is not None:
        return replace(_topology_without_groups(members, settings, missing), complete=False)
    return Topology(_assign_groups(members, groups), groups, groups_known=True, complete=True)


def _complete_topology(known: Topology, version: str | None) -> Topology:
    """Return the declared topology as the whole, for a CUCM that cannot list IM&P nodes."""
    if not known.nodes:
        raise UnsupportedVersion(Problem.NODES_NOT_LISTED, version=version)
    return replace(known, complete=True)


def _topology_without_groups(
    members: tuple[NodeFacts, ...], settings: ClusterSettings, trouble: ExchangeError
) -> Topology:
    """Return the nodes that AXL listed, with the groups that the file declares."""
    named = _assign_declared_groups(members, settings.nodes)
    groups = declared_topology(settings).groups
    return Topology(named, groups, groups_known=False, complete=True, trouble=trouble)


def declared_topology(settings: ClusterSettings, trouble: ExchangeError | None = None) -> Topology:
    """Return the topology that the file declares, for what AXL cannot tell or did not."""
    members = _clear_doubtful_roles(
        NodeFacts(
            node.name,
            settings.address_of(node.name).shown,
            node.role,
            node.redundancy_group,
            node.redundancy_group is not None,
        )
        for node in settings.nodes
    )
    names = dict.fromkeys(n.redundancy_group for n in settings.nodes if n.redundancy_group)
    groups = tuple(
        Group(g, tuple(m.name for m in members if m.redundancy_group == g), None, Origin.DECLARED)
        for g in names
    )
    known = bool(members) and all(m.group_known for m in members)
    return Topology(_mark_planned(members, settings), groups, groups_known=known, trouble=trouble)


def topology_from_facts(facts: ClusterFacts) -> Topology:
    """Return the topology that an earlier survey found."""
    nodes = tuple(node.without_readings() for node in facts.nodes)
    return Topology(nodes, facts.groups, facts.groups_known, facts.topology_observed)


def _is_axl_too_old(version: str | None) -> bool:
    try:
        return version is not None and float(version) < FIRST_AXL_WITH_IMP
    except ValueError as error:
        raise UnsupportedVersion(Problem.VERSION_UNKNOWN, version=version) from error


def _parse_process_nodes(
    rows: Iterable[ProcessNode], settings: ClusterSettings
) -> tuple[NodeFacts, ...]:
    found = []
    for row in rows:
        if row.name.casefold() == SYSTEM_NODE_NAME:
            continue
        if not is_host(row.name):
            raise BadReply(Problem.IMPOSSIBLE_NODE_NAME, name=repr(row.name))
        role = " ".join((row.role or "").split()).casefold()
        if role == IMP_ROLE:
            usage = (row.usage or "").strip().casefold()
            address = settings.address_of(row.name).shown
            found.append(NodeFacts(row.name, address, _ROLES_BY_USAGE.get(usage, Role.UNKNOWN)))
        elif role != CUCM_ROLE:
            raise BadReply(Problem.UNKNOWN_ROLE, name=row.name, role=repr(row.role))
    if not found:
        raise BadReply(Problem.NO_NODES)
    twice = [name for name, n in Counter(m.name.casefold() for m in found).items() if n > 1]
    if twice:
        raise BadReply(Problem.REPEATED_NODE, name=twice[0])
    return _mark_planned(_clear_doubtful_roles(found), settings)


def _clear_doubtful_roles(members: Iterable[NodeFacts]) -> tuple[NodeFacts, ...]:
    """Leave roles as told only if exactly one node is the publisher.

    A list with none, or with two, would put the publisher's recommendations on the wrong node
    or on nobody, so every role that it touches becomes unknown.
    """
    told = tuple(members)
    publishers = sum(m.role is Role.PUBLISHER for m in told)
    if publishers == 1:
        return told
    doubtful = Role.PUBLISHER if publishers else Role.SUBSCRIBER
    return tuple(replace(m, role=Role.UNKNOWN) if m.role is doubtful else m for m in told)


def _mark_planned(members: Iterable[NodeFacts], settings: ClusterSettings) -> tuple[NodeFacts, ...]:
    planned = {name.casefold() for name in settings.planned_nodes}
    return tuple(replace(m, planned=m.name.casefold() in planned) for m in members)


def _assign_groups(members: Iterable[NodeFacts], groups: Iterable[Group]) -> tuple[NodeFacts, ...]:
    of = {server.casefold(): group.name for group in groups for server in group.nodes}
    return tuple(
        replace(m, redundancy_group=of.get(m.name.casefold()), group_known=True) for m in members
    )


def _assign_declared_groups(
    members: Iterable[NodeFacts], nodes: Sequence[DeclaredNode]
) -> tuple[NodeFacts, ...]:
    of = {n.name.casefold(): n.redundancy_group for n in nodes if n.redundancy_group}
    return tuple(
        replace(m, redundancy_group=of[m.name.casefold()], group_known=True)
        if m.name.casefold() in of
        else m
        for m in members
    )
