"""Named conditions and scopes: what profile and node say of them, in three-valued logic."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from auditor.models.deployment import OPTIONAL_KEYS
from auditor.models.evidence import Evidence, Origin
from auditor.models.facts import ClusterFacts
from auditor.models.forms import Form
from auditor.models.nodes import NodeFacts, Role, RunState
from auditor.models.settings import Setting
from auditor.models.statements import Statement, add_detail, make_statement
from auditor.recommendations.certificates import evaluate_certificate_urgent
from auditor.recommendations.ha_states import GROUP_HINT
from auditor.recommendations.logic import ALWAYS_TRUE, Evaluation, all_of, any_of, negate_evaluation
from auditor.recommendations.view import NodeView
from auditor.recommendations.vocabulary import Condition, NodeScope

# `Origin` is declared in the order of trust.
_ORIGINS_BY_TRUST = tuple(Origin)
_MAX_RELEASE = (10**6, 0)
_ROLE_HINT = make_statement(Form.READ_ROLES)


def effective_setting(facts: ClusterFacts, key: str) -> Setting | None:
    """Return the most trusted setting of a deployment key, None if there is none."""
    settings = facts.settings.get(key, ())
    # The usual case, and this runs for every row on every node.
    if len(settings) == 1:
        return settings[0]
    return min(settings, key=lambda setting: _ORIGINS_BY_TRUST.index(setting.origin), default=None)


def declare_key_hint(key: str) -> Statement:
    """Return the advice to declare a deployment key."""
    return make_statement(Form.DECLARE_KEY, key=key)


def setting_covers_node(setting: Setting, node: str) -> bool:
    """Return whether a setting holds for a node; one that names no nodes holds for all."""
    if setting.nodes is None:
        return setting.on
    return setting.on and node.casefold() in {name.casefold() for name in setting.nodes}


def evaluate_feature(facts: ClusterFacts, key: str, node: NodeFacts | None = None) -> Evaluation:
    """Return whether a feature is deployed: anywhere, or on one node."""
    return _evaluate_setting(effective_setting(facts, key), key, node and node.name)


# Of one key and node for every row that depends on it.
@lru_cache(maxsize=1024)
def _evaluate_setting(setting: Setting | None, key: str, node: str | None) -> Evaluation:
    if setting is None and key in OPTIONAL_KEYS:
        return Evaluation(False, (make_statement(Form.KEY_NAMES_NO_NODE, key=key),))
    if setting is None:
        reason = make_statement(Form.KEY_NOT_DECLARED, key=key)
        return Evaluation(None, (reason,), (declare_key_hint(key),))
    # On somewhere is no proof for this node: a guess would ask for the service on the wrong node.
    if node is not None and not setting.placed:
        reason = make_statement(Form.KEY_TRUE_NODES_UNKNOWN, key=key, origin=setting.origin)
        fact = make_statement(Form.KEY_TRUE_SOMEWHERE, key=key)
        evidence = (Evidence(setting.origin, setting.source, fact),)
        return Evaluation(None, (reason,), (declare_key_hint(key),), evidence)
    if node is None or not setting.on or setting.nodes is None:
        fact = make_statement(Form.KEY_VALUE, key=key, value=switch_text(setting))
        return _setting_evaluation(setting, key, setting.on, fact)
    covered = setting_covers_node(setting, node)
    form = Form.KEY_NAMES_NODE if covered else Form.KEY_OMITS_NODE
    return _setting_evaluation(setting, key, covered, make_statement(form, key=key, node=node))


def _setting_evaluation(setting: Setting, key: str, value: bool, fact: Statement) -> Evaluation:
    # No data dictionary of the IM&P database is published, so what it shows must be confirmed in
    # the file before anything passes by it.
    hints = (declare_key_hint(key),) if setting.origin is Origin.DISCOVERED else ()
    origin = "--feature" if setting.from_option else str(setting.origin)
    reason = make_statement(fact.form, **dict(fact.values), origin=origin)
    return Evaluation(value, (reason,), hints, (Evidence(setting.origin, setting.source, fact),))


def switch_text(setting: Setting) -> str:
    """Return the value of a setting as TOML, without its nodes."""
    if setting.expressway:
        return '"expressway"'
    if not setting.on and setting.nodes is not None and setting.origin is Origin.DECLARED:
        return "[]"
    return "true" if setting.on else "false"


def evaluate_expressway(facts: ClusterFacts) -> Evaluation:
    """Return whether XMPP federation runs through Expressway, outside the cluster."""
    setting = effective_setting(facts, "xmpp_federation")
    feature = evaluate_feature(facts, "xmpp_federation")
    if setting is None:
        return feature
    return Evaluation(setting.expressway, feature.reasons, feature.hints, feature.evidence)


def evaluate_release_range(release: str | None, start: str | None, below: str | None) -> Evaluation:
    """Return whether a release is at least `start` and lower than `below`; either may be None."""
    # Most rows hold for every release; the release of the cluster need not be known for them.
    if start is None and below is None:
        return ALWAYS_TRUE
    bounds = (
        *((make_statement(Form.RELEASE_FROM, release=start),) if start else ()),
        *((make_statement(Form.RELEASE_BELOW, release=below),) if below else ()),
    )
    number = _parse_release(release)
    reason = make_statement(Form.RELEASE_RANGE, bounds=bounds, release=release or "")
    if number is None:
        return Evaluation(None, (reason,), (make_statement(Form.READ_RELEASE),))
    inside = (_parse_release(start) or number) <= number < (_parse_release(below) or _MAX_RELEASE)
    return Evaluation(inside, () if inside else (reason,))


def evaluate_release_nine(release: str | None) -> Evaluation:
    """Return whether a release is 9.x: only then can a peer run Cisco Unified Presence 8.6(x)."""
    return evaluate_release_range(release, "9.0", "10.0")


def _parse_release(release: str | None) -> tuple[int, int] | None:
    # Two fields are enough: no row depends on a service update.
    match = re.match(r"(\d+)(?:\.(\d+))?", release or "")
    return (int(match[1]), int(match[2] or 0)) if match else None


def evaluate_condition(condition: Condition, view: NodeView) -> Evaluation:
    """Return whether a named condition holds for a node; a deployment key by node if it has any."""
    evaluator = _CONDITION_EVALUATORS.get(condition)
    return evaluator(view) if evaluator else evaluate_feature(view.facts, condition, view.node)


def _evaluate_xmpp_federation(view: NodeView) -> Evaluation:
    through_expressway = evaluate_expressway(view.facts)
    feature = evaluate_feature(view.facts, "xmpp_federation", view.node)
    # The federation is then off on IM&P itself (TAC document 213865), although the feature is in
    # use.
    if through_expressway.value:
        return Evaluation(False, feature.reasons, feature.hints, feature.evidence)
    return feature


def _evaluate_without_xmpp_federation(view: NodeView) -> Evaluation:
    """Return whether XMPPFED-02 asks for the service to be off on the node."""
    federation = _evaluate_xmpp_federation(view)
    # On somewhere, and nobody knows on which nodes: this may be one of them.
    if federation.value is None:
        return evaluate_expressway(view.facts)
    return negate_evaluation(federation)


def _evaluate_runs_without_feature(view: NodeView) -> Evaluation:
    """Return whether the service runs while its feature is declared absent (PROFILE-03)."""
    setting = effective_setting(view.facts, view.row.applies)
    if setting is None or setting.on or setting.origin is Origin.DISCOVERED:
        return Evaluation(False)
    return all_of(
        negate_evaluation(evaluate_feature(view.facts, view.row.applies)),
        _evaluate_service_runs(view),
    )


def _evaluate_permanent_chat(view: NodeView) -> Evaluation:
    return all_of(
        # First `chat`: permanent chat is a part of it, so that without chat its own key need not be
        # declared.
        evaluate_feature(view.facts, "chat", view.node),
        evaluate_feature(view.facts, "permanent_chat", view.node),
    )


def _evaluate_permanent_chat_ha(view: NodeView) -> Evaluation:
    """Rooms with high availability concern every node, whatever nodes `chat` names."""
    keys = ("chat", "permanent_chat", "permanent_chat_ha")
    return all_of(*(evaluate_feature(view.facts, key) for key in keys))


def _evaluate_cup86(view: NodeView) -> Evaluation:
    return all_of(
        evaluate_release_nine(view.facts.release),
        evaluate_feature(view.facts, "intercluster_cup86"),
    )


def _evaluate_service_activated(view: NodeView) -> Evaluation:
    service = view.service
    if service.state.activated is None:
        what = view.say(Form.SERVICE_ACTIVATED)
        reason = add_detail(make_statement(Form.UNKNOWN_WHETHER, what=what), service.why)
        hint = service.hint or view.say(Form.LOOK_IN_SERVICE_ACTIVATION)
        return Evaluation(None, (reason,), (hint,), service.evidence)
    activated = service.state.activated
    form = Form.SERVICE_ACTIVATED if activated else Form.SERVICE_NOT_ACTIVATED
    return Evaluation(activated, (view.say(form),), (), service.evidence)


def _evaluate_service_runs(view: NodeView) -> Evaluation:
    service = view.service
    # A service that is starting or stopping may end either way, so it is unknown.
    value = {RunState.STARTED: True, RunState.STOPPED: False}.get(service.run)
    reason = add_detail(service.observed, service.why)
    hint = service.hint or make_statement(Form.AUDIT_WHEN_SETTLED)
    return Evaluation(value, (reason,), (hint,) if value is None else (), service.evidence)


def _evaluate_several_nodes(view: NodeView) -> Evaluation:
    """Return whether the cluster has more than one installed node."""
    if len(view.facts.installed_nodes) > 1:
        return Evaluation(True, (make_statement(Form.SEVERAL_NODES),))
    # One node of a list that may lack others does not prove that it is the only one.
    if not view.facts.topology_observed:
        reason = make_statement(Form.UNKNOWN_WHETHER, what=make_statement(Form.SEVERAL_NODES))
        return Evaluation(None, (reason,), (make_statement(Form.READ_NODES),))
    return Evaluation(False, (make_statement(Form.ONE_NODE),))


def evaluate_listed(view: NodeView) -> Evaluation:
    """Return whether the node has the service of the row at all.

    Both lists must have been read for a no: the release comes with the list of products. Where
    another node of the same release lists the service, or a row of the product list may have been
    the service's, the answer is unknown.
    """
    node, service = view.node, view.service.state.name
    if not node.services or node.release is None or service in node.services:
        return ALWAYS_TRUE
    # Two lists of one node can be short in the same way. Network services come with the release
    # and cannot be taken off a node, so a node like it shows what the lists should hold.
    for other in view.facts.nodes:
        if service in other.services and _release_line(other.release) == _release_line(
            node.release
        ):
            reason = make_statement(
                Form.LISTED_ON_LIKE_NODE, node=node.name, service=service, other=other.name
            )
            return Evaluation(
                None, (reason,), (make_statement(Form.CHECK_SERVICE_LIST, node=node.name),)
            )
    if node.has_strange_product:
        reason = make_statement(Form.STRANGE_PRODUCT, node=node.name, service=service)
        return Evaluation(
            None, (reason,), (make_statement(Form.CHECK_SERVICE_LIST, node=node.name),)
        )
    return Evaluation(False, (view.say(Form.SERVICE_NOT_LISTED),))


def _release_line(release: str | None) -> list[str]:
    """Return major and minor of a release: services do not differ within these."""
    return (release or "").split(".")[:2]


_CONDITION_EVALUATORS: Mapping[Condition, Callable[[NodeView], Evaluation]] = {
    Condition.ALWAYS: lambda _: ALWAYS_TRUE,
    Condition.XMPP_FEDERATION: _evaluate_xmpp_federation,
    Condition.EXPRESSWAY: lambda view: evaluate_expressway(view.facts),
    Condition.PERMANENT_CHAT: _evaluate_permanent_chat,
    Condition.PERMANENT_CHAT_HA: _evaluate_permanent_chat_ha,
    Condition.INTERCLUSTER_CUP86: _evaluate_cup86,
    Condition.SERVICE_ACTIVATED: _evaluate_service_activated,
    Condition.SERVICE_RUNS: _evaluate_service_runs,
    Condition.SEVERAL_NODES: _evaluate_several_nodes,
    Condition.WITHOUT_XMPP_FEDERATION: _evaluate_without_xmpp_federation,
    Condition.RUNS_WITHOUT_FEATURE: _evaluate_runs_without_feature,
    Condition.CERTIFICATE_URGENT: evaluate_certificate_urgent,
    Condition.SUBSCRIBER: lambda view: evaluate_scope(NodeScope.NOT_PUBLISHER, view),
}
"""The conditions that are more than one deployment key."""


def evaluate_scope(scope: NodeScope, view: NodeView) -> Evaluation:
    """Return whether a recommendation with this scope is judged on the node."""
    return _SCOPE_EVALUATORS[scope](view)


def installed_group_nodes(facts: ClusterFacts, group: str) -> tuple[NodeFacts, ...]:
    """Return the installed nodes of a redundancy group."""
    return tuple(
        node
        for node in facts.installed_nodes
        if node.redundancy_group is not None
        and node.redundancy_group.casefold() == group.casefold()
    )


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


def _evaluate_not_publisher(view: NodeView) -> Evaluation:
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


def _condition_evaluator(condition: Condition) -> Callable[[NodeView], Evaluation]:
    return lambda view: evaluate_condition(condition, view)


_SCOPE_EVALUATORS: Mapping[NodeScope, Callable[[NodeView], Evaluation]] = {
    NodeScope.ALL: lambda _: ALWAYS_TRUE,
    NodeScope.PUBLISHER: _evaluate_publisher,
    NodeScope.NOT_PUBLISHER: _evaluate_not_publisher,
    NodeScope.SYNCED_FROM: _evaluate_synced_from,
    NodeScope.REMAINING: _evaluate_remaining,
    NodeScope.CHAT_NODES: _condition_evaluator(Condition.CHAT),
    NodeScope.SIP_FEDERATION_NODES: _condition_evaluator(Condition.SIP_FEDERATION),
    NodeScope.XMPP_FEDERATION_NODES: _condition_evaluator(Condition.XMPP_FEDERATION),
    # With Expressway this holds on every node: then the service must be off everywhere.
    NodeScope.WITHOUT_XMPP_FEDERATION: lambda view: negate_evaluation(
        evaluate_condition(Condition.XMPP_FEDERATION, view)
    ),
    NodeScope.COMPLIANCE_NODES: _condition_evaluator(Condition.COMPLIANCE),
    NodeScope.FILE_TRANSFER_NODES: _condition_evaluator(Condition.MANAGED_FILE_TRANSFER),
}
