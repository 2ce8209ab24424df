"""On which nodes a recommendation is judged: by role, group, intercluster peers and features."""

from collections.abc import Callable, Mapping

from auditor.models.forms import Form
from auditor.models.nodes import NodeFacts, Role
from auditor.models.statements import Statement, make_statement
from auditor.recommendations.features import (
    effective_setting,
    evaluate_feature,
    evaluate_xmpp_federation,
)
from auditor.recommendations.groups import GROUP_HINT, installed_group_nodes
from auditor.recommendations.logic import ALWAYS_TRUE, Evaluation, all_of, any_of, negate_evaluation
from auditor.recommendations.view import NodeView
from auditor.recommendations.vocabulary import Condition, NodeScope

_ROLE_HINT = make_statement(Form.READ_ROLES)


def evaluate_scope(scope: NodeScope, view: NodeView) -> Evaluation:
    """Return whether a recommendation with this scope is judged on the node."""
    return _SCOPE_EVALUATORS[scope](view)


def evaluate_routing_node(view: NodeView) -> Evaluation:
    """Return whether the node only routes for intradomain federation.

    Source: Partitioned Intradomain Federation Guide 12.5(1), "Additional Configuration for
    Routing IM and Presence Service Node".
    """
    routing = evaluate_feature(view.facts, "routing_nodes", view.node)
    if not routing.value:
        return routing
    reasons = tuple(
        make_statement(Form.ROUTING_NODE_SPARED, reason=reason) for reason in routing.reasons
    )
    return Evaluation(True, reasons, routing.hints, routing.evidence)


def _on_node(form: Form, view: NodeView) -> Statement:
    return make_statement(form, node=view.node.name)


def _evaluate_publisher(view: NodeView) -> Evaluation:
    role = view.node.role
    publisher = _on_node(Form.NODE_IS_PUBLISHER, view)
    if role is Role.PUBLISHER:
        return Evaluation(True, (publisher,))
    if role is Role.UNKNOWN:
        reason = make_statement(Form.UNKNOWN_WHETHER, what=publisher)
        return Evaluation(None, (reason,), (_ROLE_HINT,))
    if not any(node.role is Role.PUBLISHER for node in view.facts.nodes):
        return Evaluation(None, (make_statement(Form.NO_PUBLISHER_KNOWN),), (_ROLE_HINT,))
    return Evaluation(False, (_on_node(Form.NODE_IS_SUBSCRIBER, view),))


def evaluate_not_publisher(view: NodeView) -> Evaluation:
    """Return true for a subscriber even where it is unknown which node is the publisher."""
    if view.node.role is Role.SUBSCRIBER:
        return Evaluation(True, (_on_node(Form.NODE_IS_SUBSCRIBER, view),))
    return negate_evaluation(_evaluate_publisher(view))


def _evaluate_synced_from(view: NodeView) -> Evaluation:
    """Peers sync from the publisher's group and from the groups that the profile adds."""
    return any_of(_evaluate_publisher_group(view), _evaluate_added_group(view))


def _evaluate_publisher_group(view: NodeView) -> Evaluation:
    node = view.node
    publishers = [other for other in view.facts.nodes if other.role is Role.PUBLISHER]
    if node.role is Role.PUBLISHER:
        reason = _on_node(Form.PEERS_SYNC_FROM_PUBLISHER, view)
        return Evaluation(True, (_note_missing_partner(view, reason),))
    if not publishers:
        return Evaluation(None, (make_statement(Form.NO_PUBLISHER_KNOWN),), (_ROLE_HINT,))
    in_same_group = [_is_in_same_group(node, other) for other in publishers]
    member = _on_node(Form.IN_PUBLISHER_GROUP, view)
    # Before what is unknown of other publishers: one group in common is enough.
    if any(in_same_group):
        return Evaluation(True, (_note_missing_partner(view, member),))
    # Peers are configured with the publisher, and any node may be its partner here. False would let
    # AXL be off on the very node that must answer after a failover.
    alone = [p.name for p in publishers if p.group_known and p.redundancy_group is None]
    if alone:
        reason = make_statement(Form.PUBLISHER_WITHOUT_GROUP, publisher=alone[0])
        hint = make_statement(Form.PUT_INTO_GROUP, node=alone[0])
        return Evaluation(None, (reason,), (hint,))
    if None in in_same_group:
        reason = make_statement(Form.UNKNOWN_WHETHER, what=member)
        return Evaluation(None, (reason,), (GROUP_HINT,))
    return Evaluation(False, (_on_node(Form.NOT_IN_PUBLISHER_GROUP, view),))


def _is_in_same_group(node: NodeFacts, key_node: NodeFacts) -> bool | None:
    """Return whether a node is in the group of a key node.

    None also where the key node is outside every group: then its partner is unknown.
    """
    if not (node.group_known and key_node.group_known) or key_node.redundancy_group is None:
        return None
    return (node.redundancy_group or "").casefold() == key_node.redundancy_group.casefold()


def _evaluate_added_group(view: NodeView) -> Evaluation:
    setting = effective_setting(view.facts, "intercluster_synced_from")
    listed = evaluate_feature(view.facts, "intercluster_synced_from")
    if setting is None or not setting.on:
        return Evaluation(False, listed.reasons, listed.hints, listed.evidence)
    member = make_statement(Form.IN_SYNCED_GROUP, node=view.node.name, origin=setting.origin)
    entries = sorted({name.casefold() for name in setting.nodes or ()})
    covered = [_entry_covers_node(view, entry) for entry in entries]
    if any(covered):
        reason = _note_missing_partner(view, member)
        return Evaluation(True, (reason,), listed.hints, listed.evidence)
    if None in covered:
        reason = make_statement(Form.UNKNOWN_WHETHER, what=member)
        return Evaluation(None, (reason,), (GROUP_HINT,), listed.evidence)
    reason = make_statement(Form.NOT_IN_SYNCED_GROUP, node=view.node.name, origin=setting.origin)
    return Evaluation(False, (reason,), listed.hints, listed.evidence)


def _entry_covers_node(view: NodeView, entry: str) -> bool | None:
    """Return whether an entry (a group, or a node in place of its group) covers the node."""
    node = view.node
    if entry == node.name.casefold():
        return True
    named = [other for other in view.facts.nodes if other.name.casefold() == entry]
    if named:
        return _is_in_same_group(node, named[0])
    if not node.group_known:
        return None
    return (node.redundancy_group or "").casefold() == entry


def _note_missing_partner(view: NodeView, reason: Statement) -> Statement:
    """Return the reason, with a note if the node has no partner to fail over to."""
    groups_known = all(node.group_known for node in view.facts.installed_nodes)
    partners = installed_group_nodes(view.facts, view.node.redundancy_group or "")
    # Only complete lists prove that there is no partner.
    if view.facts.topology_observed and groups_known and len(partners) <= 1:
        return make_statement(Form.WITHOUT_PARTNER, reason=reason)
    return reason


def _evaluate_remaining(view: NodeView) -> Evaluation:
    """Return whether neither AXL-01 nor AXL-02 covers the node."""
    synced = all_of(evaluate_feature(view.facts, "intercluster"), _evaluate_synced_from(view))
    return negate_evaluation(any_of(_evaluate_publisher(view), synced))


def _feature_evaluator(key: str) -> Callable[[NodeView], Evaluation]:
    return lambda view: evaluate_feature(view.facts, key, view.node)


_SCOPE_EVALUATORS: Mapping[NodeScope, Callable[[NodeView], Evaluation]] = {
    NodeScope.ALL: lambda _: ALWAYS_TRUE,
    NodeScope.PUBLISHER: _evaluate_publisher,
    NodeScope.NOT_PUBLISHER: evaluate_not_publisher,
    NodeScope.SYNCED_FROM: _evaluate_synced_from,
    NodeScope.REMAINING: _evaluate_remaining,
    NodeScope.CHAT_NODES: _feature_evaluator(Condition.CHAT),
    NodeScope.SIP_FEDERATION_NODES: _feature_evaluator(Condition.SIP_FEDERATION),
    NodeScope.XMPP_FEDERATION_NODES: evaluate_xmpp_federation,
    # With Expressway this holds on every node: then the service must be off everywhere.
    NodeScope.WITHOUT_XMPP_FEDERATION: lambda view: negate_evaluation(
        evaluate_xmpp_federation(view)
    ),
    NodeScope.COMPLIANCE_NODES: _feature_evaluator(Condition.COMPLIANCE),
    NodeScope.FILE_TRANSFER_NODES: _feature_evaluator(Condition.MANAGED_FILE_TRANSFER),
}
