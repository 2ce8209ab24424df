"""Puts the answers of a cluster together into the facts that the engine judges."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from auditor.cluster import ClusterFacts, Setting
from auditor.collect import comparing, planned
from auditor.collect.filling import fill
from auditor.collect.node import NodeAnswers
from auditor.collect.reach import Place, filled
from auditor.collect.topology import Topology
from auditor.config.settings import ClusterSettings, DeclaredNode
from auditor.facts import Coverage, NodeFacts, Origin, Role
from auditor.soap.exchange import TcpResult


def assemble(
    settings: ClusterSettings,
    topology: Topology,
    answers: Sequence[NodeAnswers],
    reached: Mapping[Place, TcpResult],
    coverage: Iterable[Coverage],
) -> ClusterFacts:
    """Return the facts of one cluster; `coverage` is that of the CUCM publisher and TCP tests."""
    return ClusterFacts(
        name=settings.name,
        nodes=tuple(_node(settings, a) for a in answers),
        groups=topology.groups,
        groups_known=topology.groups_known,
        topology_observed=topology.complete,
        settings=_with_peers(settings, [member.name for member in topology.members]),
        databases=filled(settings.databases, reached),
        high_availability=settings.high_availability,
        named=settings.named,
        disputed={**_disputed(settings.nodes, topology), **_there_after_all(settings, answers)},
        compared={
            **comparing.switches(settings.high_availability, topology),
            **comparing.databases(settings.databases, ()),
            **comparing.peers(settings.peers, ()),
        },
        coverage=(*coverage, *(entry for a in answers for entry in a.coverage)),
    )


def redeclared(facts: ClusterFacts, told: ClusterSettings, file: ClusterSettings) -> ClusterFacts:
    """Return the facts, assembled with the settings `told`, as those of the `file` make them."""
    names = [node.name for node in facts.nodes]
    gone, come = _with_peers(told, names), _with_peers(file, names)
    seen = {
        key: tuple(one for one in tellings if one not in gone.get(key, ()))
        for key, tellings in facts.settings.items()
    }
    keys = dict.fromkeys((*come, *(key for key, tellings in seen.items() if tellings)))
    settings = {key: (*come.get(key, ()), *seen.get(key, ())) for key in keys}
    return replace(facts, settings=settings, named=file.named)


def _disputed(
    declared: Sequence[DeclaredNode], topology: Topology
) -> Mapping[str, tuple[str, ...]]:
    """Return, by key of the file, where the declared nodes differ from those that AXL lists."""
    if not (declared and topology.complete):
        return {}
    listed = {m.name.casefold(): m for m in topology.members}
    named = {n.name.casefold() for n in declared}
    nodes = [f"CUCM lists {m.name} too" for key, m in listed.items() if key not in named]
    groups = []
    for one in declared:
        member = listed.get(one.name.casefold())
        if member and member.role not in (one.role, Role.UNKNOWN):
            nodes.append(f"{one.name} is declared {one.role}, and CUCM has it as {member.role}")
        if member and member.group_known and one.redundancy_group:
            has = member.redundancy_group or "no group"
            if has.casefold() != one.redundancy_group.casefold():
                where = one.redundancy_group
                groups.append(f"{one.name} is declared in {where}, and CUCM has it in {has}")
    told = {"node": tuple(nodes), "node.redundancy_group": tuple(groups)}
    return {key: sentences for key, sentences in told.items() if sentences}


def _there_after_all(
    settings: ClusterSettings, answers: Iterable[NodeAnswers]
) -> Mapping[str, tuple[str, ...]]:
    """Return the nodes that are declared as planned and accept connections."""
    found = tuple(
        f"{a.member.name} is declared as not installed yet, and accepts connections"
        for a in answers
        if planned.declared(settings, a.member) and not a.member.planned
    )
    return {"planned_nodes": found} if found else {}


def with_readings(
    facts: ClusterFacts, answers: Iterable[NodeAnswers], settings: ClusterSettings
) -> ClusterFacts:
    """Return the facts with what databases of the nodes filled in, where nobody else told it."""
    for reading in (a.reading for a in answers if a.reading is not None):
        facts = fill(facts, reading)
    listed = comparing.peers(settings.peers, facts.peers)
    return replace(facts, compared={**facts.compared, **listed})


def _node(settings: ClusterSettings, answers: NodeAnswers) -> NodeFacts:
    member = answers.member
    return NodeFacts(
        name=member.name,
        address=settings.dial(member.name).shown,
        role=member.role,
        redundancy_group=member.redundancy_group,
        group_known=member.group_known,
        planned=member.planned,
        identity=answers.identity,
        release=answers.release,
        ha_state=answers.ha,
        services=answers.services,
        axl=answers.axl,
        replied_at=answers.replied_at,
        sessions=answers.counters.sessions,
        replication=answers.counters.replication,
    )


def _with_peers(
    settings: ClusterSettings, names: Iterable[str]
) -> Mapping[str, tuple[Setting, ...]]:
    """Add what the peer lists of other clusters in the file tell of this one.

    A peer address that is one of our nodes says that this cluster has intercluster peers, and
    that they sync from that node's group (contract, section 4).
    """
    ours = {name.casefold(): name for name in names}
    hosts = [(settings.dial(name).host.casefold(), name) for name in ours.values()]
    shared = Counter(host for host, _ in hosts)
    ours |= {host: name for host, name in hosts if shared[host] == 1}
    told = [(by, ours[a.casefold()]) for by, a in settings.peered_from if a.casefold() in ours]
    if not told:
        return settings.settings
    source = "intercluster_peer of cluster " + ", ".join(sorted({by for by, _ in told}))
    extended = dict(settings.settings)
    extended["intercluster"] = _intercluster(extended.get("intercluster", ()), source)
    mine = extended.get("intercluster_synced_from", ())
    nodes = frozenset(node for _, node in told).union(*(s.nodes or () for s in mine))
    sources = "; ".join((*(s.source for s in mine), source))
    extended["intercluster_synced_from"] = (Setting(True, Origin.DECLARED, sources, nodes),)
    return extended


def _intercluster(mine: tuple[Setting, ...], source: str) -> tuple[Setting, ...]:
    """Let the cluster's own word count, and keep the other's beside it as a contradiction."""
    if not mine:
        return (Setting(True, Origin.DECLARED, source),)
    return mine if mine[0].on else (*mine, Setting(True, Origin.DISCOVERED, source))
