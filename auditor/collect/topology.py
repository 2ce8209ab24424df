"""The nodes, roles and redundancy groups of a cluster: from CUCM AXL, else from the file."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from auditor.collect.roles import clear_doubtful_roles, fill_declared_roles
from auditor.config.hosts import is_host
from auditor.config.settings import ClusterSettings, DeclaredNode
from auditor.errors import BadReply, ExchangeError, UnsupportedVersion
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts, Group
from auditor.models.nodes import NodeFacts, RecordedTopology, Role
from auditor.problems import Problem
from auditor.soap.client import Client
from auditor.soap.records import ProcessNode, RedundancyGroup

SYSTEM_NODE_NAME = "enterprisewidedata"
"""The row of `listProcessNode` that is not a node."""

IMP_ROLE = "cucm im and presence"
CUCM_ROLE = "cucm voice/video"
FIRST_AXL_WITH_IMP = 10.0
"""AXL 9.x knows neither the IM&P role nor redundancy groups (its published WSDL)."""

# Cisco's documents disagree on how the IM&P publisher is listed: TAC document 217581 counts two
# publishers, `show network cluster` prints it as a subscriber. Hence `roles.fill_declared_roles`.
_ROLES_BY_USAGE = {"publisher": Role.PUBLISHER, "subscriber": Role.SUBSCRIBER}


@dataclass(frozen=True, slots=True)
class Topology:
    """The cluster's nodes, nothing of which has been read yet, and its groups.

    `complete`: these are known to be all nodes. `trouble` is why a part is missing. `recorded_at`
    is the start of the earlier run from which all of this is. `listed_by` is the CUCM server that
    listed the nodes now, None where none did. `cucm_subscribers` are the CUCM servers of the list
    that are not its publisher.
    """

    nodes: tuple[NodeFacts, ...]
    groups: tuple[Group, ...] = ()
    groups_known: bool = False
    complete: bool = False
    trouble: ExchangeError | None = None
    recorded_at: str | None = None
    cucm_subscribers: tuple[str, ...] = ()
    listed_by: str | None = None


def read_topology(
    cucm: Client,
    settings: ClusterSettings,
    report_nodes: Callable[[tuple[NodeFacts, ...]], None] = lambda _: None,
) -> Topology:
    """Ask the CUCM publisher for nodes and groups; two AXL calls, or one before AXL 10.0.

    `report_nodes` is called between the two with the nodes, whose groups are not known yet.

    Raises:
        ExchangeError: the nodes could not be read; use `declared_topology` then.
    """
    rows = cucm.list_process_nodes()
    settings = settings.with_listed_names(row.name for row in rows)
    # Not sooner: only the first reply shows which version CUCM accepts.
    if _is_axl_too_old(cucm.axl_version):
        return _complete_topology(declared_topology(settings), cucm.axl_version)
    nodes, unreadable = _parse_process_nodes(rows, settings)
    report_nodes(nodes)
    # A node whose role cannot be read may still be the partner of one in a group.
    names = [node.name for node in nodes] + [error.failure.values["name"] for error in unreadable]
    try:
        groups = build_redundancy_groups(cucm.list_presence_redundancy_groups(), names)
    except ExchangeError as error:
        topology = _topology_without_groups(nodes, settings, error)
        return replace(topology, complete=not unreadable)
    missing = find_unlisted_server(groups, names)
    if missing is not None:
        return replace(_topology_without_groups(nodes, settings, missing), complete=False)
    return Topology(
        _assign_groups(nodes, groups),
        groups,
        groups_known=True,
        complete=not unreadable,
        trouble=unreadable[0] if unreadable else None,
        cucm_subscribers=_list_cucm_subscribers(rows, settings),
    )


def _list_cucm_subscribers(
    rows: Iterable[ProcessNode], settings: ClusterSettings
) -> tuple[str, ...]:
    return tuple(
        row.name
        for row in rows
        if _normalized_role(row) == CUCM_ROLE
        and (row.usage or "").strip().casefold() == "subscriber"
        and is_host(row.name)
        and settings.full_name(row.name) != settings.full_name(settings.cucm_name)
    )


def _normalized_role(row: ProcessNode) -> str:
    return " ".join((row.role or "").split()).casefold()


def _complete_topology(declared: Topology, version: str | None) -> Topology:
    """Return the declared topology as complete, for a CUCM that cannot list IM&P nodes."""
    if not declared.nodes:
        raise UnsupportedVersion(Problem.NODES_NOT_LISTED, version=version)
    return replace(declared, complete=True)


def _topology_without_groups(
    nodes: tuple[NodeFacts, ...], settings: ClusterSettings, trouble: ExchangeError
) -> Topology:
    """Return the nodes that AXL listed, with the groups that the file declares."""
    grouped = _assign_declared_groups(nodes, settings.nodes)
    groups = declared_topology(settings).groups
    return Topology(grouped, groups, groups_known=False, complete=True, trouble=trouble)


def declared_topology(settings: ClusterSettings, trouble: ExchangeError | None = None) -> Topology:
    """Return the topology that the file declares, used where AXL gives none."""
    nodes = clear_doubtful_roles(
        NodeFacts(
            node.name,
            settings.address_of(node.name).shown,
            node.role,
            node.redundancy_group,
            node.redundancy_group is not None,
            role_origin=Origin.DECLARED,
        )
        for node in settings.nodes
    )
    names = dict.fromkeys(n.redundancy_group for n in settings.nodes if n.redundancy_group)
    groups = tuple(
        Group(g, tuple(n.name for n in nodes if n.redundancy_group == g), None, Origin.DECLARED)
        for g in names
    )
    groups_known = bool(nodes) and all(node.group_known for node in nodes)
    return Topology(
        _mark_planned(nodes, settings), groups, groups_known=groups_known, trouble=trouble
    )


def recorded_topology(
    recorded: RecordedTopology, settings: ClusterSettings, trouble: ExchangeError | None
) -> Topology:
    """Return the topology of an earlier run, used where neither CUCM nor the file has one.

    Roles and groups may have changed since, so they are only discovered; the HA switches are not
    recorded, because they change most easily.
    """
    nodes = tuple(
        NodeFacts(
            node.name,
            settings.address_of(node.name).shown,
            node.role,
            node.redundancy_group,
            node.group_known,
            role_origin=Origin.DISCOVERED,
        )
        for node in recorded.nodes
    )
    names = dict.fromkeys(node.redundancy_group for node in nodes if node.redundancy_group)
    groups = tuple(
        Group(
            name,
            tuple(node.name for node in nodes if node.redundancy_group == name),
            None,
            Origin.DISCOVERED,
        )
        for name in names
    )
    return Topology(
        _mark_planned(nodes, settings), groups, trouble=trouble, recorded_at=recorded.listed_at
    )


def topology_from_facts(facts: ClusterFacts) -> Topology:
    """Return the topology that an earlier survey found."""
    nodes = tuple(node.without_readings() for node in facts.nodes)
    return Topology(
        nodes,
        facts.groups,
        facts.groups_known,
        facts.topology_observed,
        recorded_at=facts.topology_recorded_at,
        listed_by=facts.nodes_listed_by,
    )


def mark_left_out_nodes(topology: Topology, earlier: Iterable[Topology]) -> Topology:
    """Return a topology as incomplete if it lacks a node that an earlier server had listed.

    The publisher listed the node and then failed, so another CUCM server was asked: either list
    may be the old one, and the node must not go unnoticed.
    """
    listed = {node.name.casefold() for node in topology.nodes}
    for part in earlier:
        for node in part.nodes:
            if node.name.casefold() not in listed:
                trouble = BadReply(Problem.LEFT_OUT_NODE, node=node.name)
                return replace(topology, complete=False, trouble=topology.trouble or trouble)
    return topology


def _is_axl_too_old(version: str | None) -> bool:
    try:
        return version is not None and float(version) < FIRST_AXL_WITH_IMP
    except ValueError as error:
        raise UnsupportedVersion(Problem.VERSION_UNKNOWN, version=version) from error


def _parse_process_nodes(
    rows: Iterable[ProcessNode], settings: ClusterSettings
) -> tuple[tuple[NodeFacts, ...], list[BadReply]]:
    """Return the IM&P nodes, and an error for each row whose role cannot be read.

    Raises:
        BadReply: no row can be used, or one of them contradicts the others.
    """
    nodes = []
    unreadable = []
    for row in rows:
        if row.name.casefold() == SYSTEM_NODE_NAME:
            continue
        # The name is the address to connect to, unless the file gives another.
        if not is_host(row.name):
            raise BadReply(Problem.IMPOSSIBLE_NODE_NAME, name=repr(row.name))
        role = _normalized_role(row)
        # AXL has only these two roles. A row with any other may be an IM&P node, so it is not
        # dropped: that node would go unjudged and unnoticed.
        if role == IMP_ROLE:
            usage = (row.usage or "").strip().casefold()
            address = settings.address_of(row.name).shown
            nodes.append(NodeFacts(row.name, address, _ROLES_BY_USAGE.get(usage, Role.UNKNOWN)))
        elif role != CUCM_ROLE:
            unreadable.append(BadReply(Problem.UNKNOWN_ROLE, name=row.name, role=repr(row.role)))
    if not nodes and unreadable:
        raise unreadable[0]
    # An error, so that the nodes that the file declares are used in place of an empty list.
    if not nodes:
        raise BadReply(Problem.NO_NODES)
    names = [node.name for node in nodes] + [e.failure.values["name"] for e in unreadable]
    # Results are kept by name, so a second node of the same name would be lost.
    counts = Counter(name.casefold() for name in names)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        raise BadReply(Problem.REPEATED_NODE, name=repeated[0])
    return _mark_planned(fill_declared_roles(nodes, settings.nodes), settings), unreadable


def _mark_planned(nodes: Iterable[NodeFacts], settings: ClusterSettings) -> tuple[NodeFacts, ...]:
    planned = {name.casefold() for name in settings.planned_nodes}
    return tuple(replace(node, planned=node.name.casefold() in planned) for node in nodes)


def _assign_groups(nodes: Iterable[NodeFacts], groups: Iterable[Group]) -> tuple[NodeFacts, ...]:
    group_of = {server.casefold(): group.name for group in groups for server in group.nodes}
    return tuple(
        replace(node, redundancy_group=group_of.get(node.name.casefold()), group_known=True)
        for node in nodes
    )


def _assign_declared_groups(
    nodes: Iterable[NodeFacts], declared: Sequence[DeclaredNode]
) -> tuple[NodeFacts, ...]:
    group_of = {n.name.casefold(): n.redundancy_group for n in declared if n.redundancy_group}
    return tuple(
        replace(node, redundancy_group=group, group_known=True)
        if (group := group_of.get(node.name.casefold()))
        else node
        for node in nodes
    )


def build_redundancy_groups(
    rows: Iterable[RedundancyGroup], nodes: Iterable[str]
) -> tuple[Group, ...]:
    """Return the groups that AXL listed; `nodes` are the names of the cluster's nodes.

    Raises:
        BadReply: there is no group, though the installation of the first node makes one; a group
            or a server is listed twice; or servers seem to be missing.
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
    _refuse_empty_groups(groups, nodes)
    return groups


def _refuse_duplicates(what: str, names: Iterable[str]) -> None:
    for name, count in Counter(name.casefold() for name in names).items():
        if count > 1:
            raise BadReply(Problem.REPEATED_ROW, item=f"{what} {name}", count=count)


def _refuse_empty_groups(groups: Iterable[Group], nodes: Iterable[str]) -> None:
    """Refuse a group without servers beside a node without a group: they may belong together.

    A group whose high availability was read has no server: its row is whole.
    """
    placed = {server.casefold() for group in groups for server in group.nodes}
    alone = [name for name in nodes if name.casefold() not in placed]
    empty = [group.name for group in groups if not group.nodes and group.ha_enabled is None]
    if alone and empty:
        raise BadReply(Problem.EMPTY_GROUP, group=empty[0], node=alone[0])


def find_unlisted_server(groups: Iterable[Group], nodes: Iterable[str]) -> BadReply | None:
    """Return an error if a group has a server that is not among the cluster's nodes.

    The list of nodes is incomplete then, and the missing node would go unnoticed.
    """
    listed = {name.casefold() for name in nodes}
    for group in groups:
        for server in group.nodes:
            if server.casefold() not in listed:
                return BadReply(Problem.UNLISTED_NODE, node=server, group=group.name)
    return None
