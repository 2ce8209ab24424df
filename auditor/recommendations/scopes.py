"""The named scopes: on which nodes a recommendation is judged, as three-valued truth."""

from collections.abc import Callable, Mapping

from auditor.cluster import ClusterFacts
from auditor.facts import NodeFacts, Role
from auditor.recommendations.conditions import deciding, feature, holds
from auditor.recommendations.ha import GROUP_HINT
from auditor.recommendations.truth import ALWAYS, Truth, both, either, negate
from auditor.recommendations.view import View
from auditor.recommendations.vocabulary import Condition, Scope

_ROLE_HINT = (
    "Make AXL of the CUCM publisher answer, or declare `role` of the nodes in [[cluster.node]]."
)


def within(scope: Scope, view: View) -> Truth:
    """Tell whether the node of a view is one that the row is judged on."""
    return _MEANING[scope](view)


def members(facts: ClusterFacts, group: str) -> tuple[NodeFacts, ...]:
    """Return the installed nodes of a redundancy group."""
    return tuple(
        node
        for node in facts.nodes
        if not node.planned
        and node.redundancy_group is not None
        and node.redundancy_group.casefold() == group.casefold()
    )


def routing(view: View) -> Truth:
    """Tell whether the node only routes for intradomain federation.

    Source: Partitioned Intradomain Federation Guide 12.5(1), "Additional Configuration for
    Routing IM and Presence Service Node".
    """
    truth = feature(view.facts, "routing_nodes", view.node)
    if not truth.value:
        return truth
    clause = f"{truth.clause}, and the Partitioned Intradomain Federation Guide keeps this off"
    return Truth(True, f"{clause} routing nodes", truth.hint, truth.evidence)


def _publisher(view: View) -> Truth:
    role, name = view.node.role, view.node.name
    if role is Role.PUBLISHER:
        return Truth(True, f"node {name} is the publisher")
    if role is Role.UNKNOWN:
        return Truth(None, f"whether node {name} is the publisher is not known", _ROLE_HINT)
    if not any(node.role is Role.PUBLISHER for node in view.facts.nodes):
        return Truth(None, "no node is known to be the publisher", _ROLE_HINT)
    return Truth(False, f"node {name} is a subscriber")


def _not_publisher(view: View) -> Truth:
    """A subscriber is none even where nobody knows which node is the publisher."""
    if view.node.role is Role.SUBSCRIBER:
        return Truth(True, f"node {view.node.name} is a subscriber")
    return negate(_publisher(view))


def _synced_from(view: View) -> Truth:
    """Peers sync from the publisher's group and from the groups that the profile adds."""
    return either(_in_publishers_group(view), _in_added_group(view))


def _in_publishers_group(view: View) -> Truth:
    node = view.node
    publishers = [other for other in view.facts.nodes if other.role is Role.PUBLISHER]
    if node.role is Role.PUBLISHER:
        return _alone(view, f"peers sync from {node.name}, the publisher")
    if not publishers:
        return Truth(None, "no node is known to be the publisher", _ROLE_HINT)
    same = [_same_group(node, other) for other in publishers]
    clause = f"node {node.name} is in the redundancy group of the publisher"
    if any(same):
        return _alone(view, clause)
    loose = [p.name for p in publishers if p.group_known and p.redundancy_group is None]
    if loose:
        why = f"publisher {loose[0]} is in no redundancy group, so its partner is not known"
        return Truth(None, why, f"Put {loose[0]} into a redundancy group.")
    if None in same:
        return Truth(None, f"whether {clause} is not known", GROUP_HINT)
    return Truth(False, f"node {node.name} is not in the redundancy group of the publisher")


def _same_group(node: NodeFacts, key: NodeFacts) -> bool | None:
    """Tell whether a node is in the group of a key node, which should be in one.

    A key node outside every group leaves open which node its partner is.
    """
    if not (node.group_known and key.group_known) or key.redundancy_group is None:
        return None
    return (node.redundancy_group or "").casefold() == key.redundancy_group.casefold()


def _in_added_group(view: View) -> Truth:
    told = deciding(view.facts, "intercluster_synced_from")
    listed = feature(view.facts, "intercluster_synced_from")
    if told is None or not told.on:
        return Truth(False, listed.clause, listed.hint, listed.evidence)
    entries = {name.casefold() for name in told.nodes or ()}
    place = f"node {view.node.name} is in a group of `intercluster_synced_from` ({told.origin})"
    answers = [_stands_for(view, entry) for entry in entries]
    if any(answers):
        alone = _alone(view, place)
        return Truth(True, alone.clause, listed.hint, listed.evidence)
    if None in answers:
        return Truth(None, f"whether {place} is not known", GROUP_HINT, listed.evidence)
    clause = f"`intercluster_synced_from` does not reach node {view.node.name} ({told.origin})"
    return Truth(False, clause, listed.hint, listed.evidence)


def _stands_for(view: View, entry: str) -> bool | None:
    """Tell whether an entry, a group or a node that stands for its group, covers the node."""
    node = view.node
    if entry == node.name.casefold():
        return True
    named = [other for other in view.facts.nodes if other.name.casefold() == entry]
    if named:
        return _same_group(node, named[0])
    if not node.group_known:
        return None
    return (node.redundancy_group or "").casefold() == entry


def _alone(view: View, clause: str) -> Truth:
    """Say it where a node has no partner to fail over to."""
    told = all(node.group_known for node in view.facts.nodes if not node.planned)
    if (
        view.facts.topology_observed
        and told
        and len(members(view.facts, view.node.redundancy_group or "")) <= 1
    ):
        clause += ", and no failover is possible because it has no partner"
    return Truth(True, clause)


def _remaining(view: View) -> Truth:
    """What neither AXL-01 nor AXL-02 covers."""
    synced = both(feature(view.facts, "intercluster"), _synced_from(view))
    return negate(either(_publisher(view), synced))


def _runs(condition: Condition) -> Callable[[View], Truth]:
    return lambda view: holds(condition, view)


_MEANING: Mapping[Scope, Callable[[View], Truth]] = {
    Scope.ALL: lambda _: ALWAYS,
    Scope.PUBLISHER: _publisher,
    Scope.NOT_PUBLISHER: _not_publisher,
    Scope.SYNCED_FROM: _synced_from,
    Scope.REMAINING: _remaining,
    Scope.CHAT_NODES: _runs(Condition.CHAT),
    Scope.SIP_FEDERATION_NODES: _runs(Condition.SIP_FEDERATION),
    Scope.XMPP_FEDERATION_NODES: _runs(Condition.XMPP_FEDERATION),
    Scope.WITHOUT_XMPP_FEDERATION: lambda view: negate(holds(Condition.XMPP_FEDERATION, view)),
    Scope.COMPLIANCE_NODES: _runs(Condition.COMPLIANCE),
    Scope.FILE_TRANSFER_NODES: _runs(Condition.MANAGED_FILE_TRANSFER),
}
