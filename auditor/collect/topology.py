"""CUCM AXL: which IM&P nodes there are, their roles, and their redundancy groups."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from auditor.cluster import ClusterFacts, Group
from auditor.collect import redundancy
from auditor.config import hosts
from auditor.config.settings import ClusterSettings, DeclaredNode
from auditor.errors import BadReply, ExchangeError, UnsupportedVersion
from auditor.facts import Origin, Role
from auditor.soap.client import Client
from auditor.soap.replies import ProcessNode

SYSTEM_ROW = "enterprisewidedata"
"""The row of `listProcessNode` that is no node."""

IMP_ROLE = "cucm im and presence"
CUCM_ROLE = "cucm voice/video"
FIRST_AXL_WITH_IMP = 10.0
"""AXL 9.x knows neither the IM&P role nor redundancy groups (facts, 1.2)."""

_ROLES = {"publisher": Role.PUBLISHER, "subscriber": Role.SUBSCRIBER}


@dataclass(frozen=True, slots=True)
class Member:
    """A node as the topology tells it, before it is asked anything itself."""

    name: str
    role: Role
    redundancy_group: str | None = None
    group_known: bool = False
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Topology:
    """The cluster's nodes and groups.

    `complete`: the nodes are known to be all there are. `trouble` is why a part is missing.
    """

    members: tuple[Member, ...]
    groups: tuple[Group, ...] = ()
    groups_known: bool = False
    complete: bool = False
    trouble: ExchangeError | None = None


def ask(cucm: Client, settings: ClusterSettings) -> Topology:
    """Ask the CUCM publisher for nodes and groups; two AXL calls, or one before AXL 10.0.

    Raises:
        ExchangeError: the nodes could not be read; use `declared` then.
    """
    rows = cucm.list_process_nodes()
    if _older_than_imp(cucm.axl_version):
        return _all_there_are(declared(settings), cucm.axl_version)
    members = _members(rows, settings)
    names = [member.name for member in members]
    try:
        groups = redundancy.read(cucm.list_presence_redundancy_groups(), names)
    except ExchangeError as error:
        return _without_groups(members, settings, error)
    missing = redundancy.unlisted(groups, names)
    if missing is not None:
        return replace(_without_groups(members, settings, missing), complete=False)
    return Topology(_grouped(members, groups), groups, groups_known=True, complete=True)


def _all_there_are(known: Topology, version: str | None) -> Topology:
    """Return the declared topology as the whole, for a CUCM that cannot list IM&P nodes."""
    if not known.members:
        raise UnsupportedVersion(
            f"AXL {version} of CUCM cannot list IM and Presence nodes, and the file has none.",
            "Declare every node of the cluster as [[cluster.node]].",
        )
    return replace(known, complete=True)


def _without_groups(
    members: tuple[Member, ...], settings: ClusterSettings, trouble: ExchangeError
) -> Topology:
    """Return the nodes that AXL listed, with the groups that the file declares."""
    named = _declared_groups(members, settings.nodes)
    groups = declared(settings).groups
    return Topology(named, groups, groups_known=False, complete=True, trouble=trouble)


def declared(settings: ClusterSettings, trouble: ExchangeError | None = None) -> Topology:
    """Return the topology that the file declares, for what AXL cannot tell or did not."""
    members = _sole_publisher(
        Member(n.name, n.role, n.redundancy_group, n.redundancy_group is not None)
        for n in settings.nodes
    )
    names = dict.fromkeys(n.redundancy_group for n in settings.nodes if n.redundancy_group)
    groups = tuple(
        Group(g, tuple(m.name for m in members if m.redundancy_group == g), None, Origin.DECLARED)
        for g in names
    )
    known = bool(members) and all(m.group_known for m in members)
    return Topology(_planned(members, settings), groups, groups_known=known, trouble=trouble)


def remembered(facts: ClusterFacts) -> Topology:
    """Return the topology that an earlier survey found."""
    members = tuple(
        Member(n.name, n.role, n.redundancy_group, n.group_known, n.planned) for n in facts.nodes
    )
    return Topology(members, facts.groups, facts.groups_known, facts.topology_observed)


def _older_than_imp(version: str | None) -> bool:
    try:
        return version is not None and float(version) < FIRST_AXL_WITH_IMP
    except ValueError as error:
        raise UnsupportedVersion(
            f"AXL version {version} is not understood.", "Set `axl_version` for this cluster."
        ) from error


def _members(rows: Iterable[ProcessNode], settings: ClusterSettings) -> tuple[Member, ...]:
    found = []
    for row in rows:
        if row.name.casefold() == SYSTEM_ROW:
            continue
        if not hosts.is_host(row.name):
            raise BadReply(
                f"CUCM AXL listed {row.name!r}, which is no name that can be dialled.",
                "Compare with CUCM's server list, and declare the nodes as [[cluster.node]].",
            )
        role = " ".join((row.role or "").split()).casefold()
        if role == IMP_ROLE:
            usage = (row.usage or "").strip().casefold()
            found.append(Member(row.name, _ROLES.get(usage, Role.UNKNOWN)))
        elif role != CUCM_ROLE:
            raise BadReply(
                f"CUCM AXL gave {row.name} the role {row.role!r}: IM&P node or not is unknown.",
                "Declare the nodes as [[cluster.node]] and compare with CUCM's server list.",
            )
    if not found:
        raise BadReply(
            "CUCM AXL listed no IM and Presence node.",
            "Check that this is the CUCM that the nodes belong to, and declare the nodes as "
            "[[cluster.node]].",
        )
    twice = [name for name, n in Counter(m.name.casefold() for m in found).items() if n > 1]
    if twice:
        raise BadReply(
            f"CUCM AXL listed {twice[0]} twice.", "Compare with CUCM's server list; ask again."
        )
    return _planned(_sole_publisher(found), settings)


def _sole_publisher(members: Iterable[Member]) -> tuple[Member, ...]:
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


def _planned(members: Iterable[Member], settings: ClusterSettings) -> tuple[Member, ...]:
    planned = {name.casefold() for name in settings.planned_nodes}
    return tuple(replace(m, planned=m.name.casefold() in planned) for m in members)


def _grouped(members: Iterable[Member], groups: Iterable[Group]) -> tuple[Member, ...]:
    of = {server.casefold(): group.name for group in groups for server in group.nodes}
    return tuple(
        replace(m, redundancy_group=of.get(m.name.casefold()), group_known=True) for m in members
    )


def _declared_groups(
    members: Iterable[Member], nodes: Sequence[DeclaredNode]
) -> tuple[Member, ...]:
    of = {n.name.casefold(): n.redundancy_group for n in nodes if n.redundancy_group}
    return tuple(
        replace(m, redundancy_group=of[m.name.casefold()], group_known=True)
        if m.name.casefold() in of
        else m
        for m in members
    )
