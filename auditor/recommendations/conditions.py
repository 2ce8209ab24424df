"""The named conditions: what the profile and the node tell, as three-valued truth.

The named scopes: on which nodes a recommendation is judged, as three-valued truth.
"""

import re
from collections.abc import Callable, Mapping

from auditor.models.deployment import OPTIONAL_KEYS
from auditor.models.facts import ClusterFacts, Evidence, NodeFacts, Origin, Role, RunState, Setting
from auditor.recommendations.ha_states import GROUP_HINT
from auditor.recommendations.logic import ALWAYS_TRUE, Evaluation, all_of, any_of, negate_evaluation
from auditor.recommendations.view import NodeView, ServiceView
from auditor.recommendations.vocabulary import Condition, NodeScope

_ORIGINS_BY_TRUST = tuple(Origin)
_MAX_RELEASE = (10**6, 0)


def effective_setting(facts: ClusterFacts, key: str) -> Setting | None:
    """Return the most trusted telling of a deployment key, None if nobody told it."""
    tellings = facts.settings.get(key, ())
    if len(tellings) == 1:
        return tellings[0]
    return min(tellings, key=lambda setting: _ORIGINS_BY_TRUST.index(setting.origin), default=None)


def declare_key_hint(key: str) -> str:
    """Return the sentence that asks for a deployment key."""
    return f"Declare `{key}` in [cluster.deployment]."


def setting_covers_node(setting: Setting, node: NodeFacts) -> bool:
    """Tell whether a telling holds for a node; one that names no nodes holds for all."""
    if setting.nodes is None:
        return setting.on
    return setting.on and node.name.casefold() in {name.casefold() for name in setting.nodes}


def evaluate_feature(facts: ClusterFacts, key: str, node: NodeFacts | None = None) -> Evaluation:
    """Tell whether a feature is deployed: anywhere, or on one node."""
    told = effective_setting(facts, key)
    if told is None and key in OPTIONAL_KEYS:
        return Evaluation(False, f"`{key}` names no node")
    if told is None:
        return Evaluation(None, f"nobody declared `{key}`", declare_key_hint(key))
    if node is not None and not told.placed:
        clause = f"`{key}` is true ({told.origin}), and on which nodes is not known"
        evidence = (Evidence(told.origin, told.source, f"`{key}` is true on some node."),)
        return Evaluation(None, clause, declare_key_hint(key), evidence)
    if node is None or not told.on or told.nodes is None:
        return _setting_evaluation(told, key, told.on, f"`{key}` is {_setting_value_text(told)}")
    inside = setting_covers_node(told, node)
    verb = "names" if inside else "does not name"
    return _setting_evaluation(told, key, inside, f"`{key}` {verb} {node.name}")


def _setting_evaluation(told: Setting, key: str, value: bool, text: str) -> Evaluation:
    hint = declare_key_hint(key) if told.origin is Origin.DISCOVERED else ""
    evidence = (Evidence(told.origin, told.source, f"{text}."),)
    where = "--feature" if told.source.startswith("--feature ") else told.origin
    return Evaluation(value, f"{text} ({where})", hint, evidence)


def _setting_value_text(told: Setting) -> str:
    if told.expressway:
        return '"expressway"'
    return "true" if told.on else "false"


def evaluate_expressway(facts: ClusterFacts) -> Evaluation:
    """Tell whether XMPP federation runs through Expressway, outside the cluster."""
    told = effective_setting(facts, "xmpp_federation")
    truth = evaluate_feature(facts, "xmpp_federation")
    if told is None:
        return truth
    return Evaluation(told.expressway, truth.clause, truth.hint, truth.evidence)


def evaluate_release_range(release: str | None, start: str | None, below: str | None) -> Evaluation:
    """Tell whether a release is at or above `start` and lower than `below`; either may be None."""
    if start is None and below is None:
        return ALWAYS_TRUE
    bounds = " and ".join(
        part for part in (start and f"from {start}", below and f"below {below}") if part
    )
    number = _parse_release(release)
    if number is None:
        return Evaluation(
            None,
            f"this holds for releases {bounds}, and the release of the cluster is not known",
            "Make Control Center of the publisher answer, so that the release is known.",
        )
    inside = (_parse_release(start) or number) <= number < (_parse_release(below) or _MAX_RELEASE)
    clause = f"this holds for releases {bounds}, and the cluster runs {release}"
    return Evaluation(inside, "" if inside else clause)


def evaluate_release_nine(release: str | None) -> Evaluation:
    """Tell whether a release is 9.x: only then can a peer run Cisco Unified Presence 8.6(x)."""
    return evaluate_release_range(release, "9.0", "10.0")


def _parse_release(release: str | None) -> tuple[int, int] | None:
    found = re.match(r"(\d+)(?:\.(\d+))?", release or "")
    return (int(found[1]), int(found[2] or 0)) if found else None


def evaluate_condition(condition: Condition, view: NodeView) -> Evaluation:
    """Tell whether a named condition holds for the node of a view."""
    return _CONDITION_EVALUATORS.get(condition, _key_evaluator(condition))(view)


def _key_evaluator(condition: Condition) -> Callable[[NodeView], Evaluation]:
    """Return the meaning of a condition that is a deployment key, by node where it names nodes."""
    return lambda view: evaluate_feature(view.facts, condition, view.node)


def _evaluate_xmpp_federation(view: NodeView) -> Evaluation:
    through = evaluate_expressway(view.facts)
    truth = evaluate_feature(view.facts, "xmpp_federation", view.node)
    if through.value:
        return Evaluation(False, truth.clause, truth.hint, truth.evidence)
    return truth


def _evaluate_permanent_chat(view: NodeView) -> Evaluation:
    return all_of(
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
    seen, name = view.service, view.node.name
    if seen.state.activated is None:
        clause = (
            f"whether {view.row.service} is activated on {name} is not known{_reason_suffix(seen)}"
        )
        hint = seen.hint or f"Look at {view.row.service} in Service Activation of {name}."
        return Evaluation(None, clause, hint, seen.evidence)
    word = "activated" if seen.state.activated else "not activated"
    clause = f"{view.row.service} is {word} on {name}"
    return Evaluation(seen.state.activated, clause, "", seen.evidence)


def _reason_suffix(seen: ServiceView) -> str:
    return f": {seen.why.rstrip('.')}" if seen.why else ""


def _evaluate_service_runs(view: NodeView) -> Evaluation:
    seen = view.service
    value = {RunState.STARTED: True, RunState.STOPPED: False}.get(seen.run)
    clause = seen.observed.rstrip(".") + _reason_suffix(seen)
    hint = "" if value is not None else seen.hint or "Audit again once the service has settled."
    return Evaluation(value, clause, hint, seen.evidence)


_CONDITION_EVALUATORS: Mapping[Condition, Callable[[NodeView], Evaluation]] = {
    Condition.ALWAYS: lambda _: ALWAYS_TRUE,
    Condition.XMPP_FEDERATION: _evaluate_xmpp_federation,
    Condition.EXPRESSWAY: lambda view: evaluate_expressway(view.facts),
    Condition.PERMANENT_CHAT: _evaluate_permanent_chat,
    Condition.PERMANENT_CHAT_HA: _evaluate_permanent_chat_ha,
    Condition.INTERCLUSTER_CUP86: _evaluate_cup86,
    Condition.SERVICE_ACTIVATED: _evaluate_service_activated,
    Condition.SERVICE_RUNS: _evaluate_service_runs,
}


_ROLE_HINT = (
    "Make AXL of the CUCM publisher answer, or declare `role` of the nodes in [[cluster.node]]."
)


def evaluate_scope(scope: NodeScope, view: NodeView) -> Evaluation:
    """Tell whether the node of a view is one that the row is judged on."""
    return _SCOPE_EVALUATORS[scope](view)


def installed_group_nodes(facts: ClusterFacts, group: str) -> tuple[NodeFacts, ...]:
    """Return the installed nodes of a redundancy group."""
    return tuple(
        node
        for node in facts.nodes
        if not node.planned
        and node.redundancy_group is not None
        and node.redundancy_group.casefold() == group.casefold()
    )


def evaluate_routing_node(view: NodeView) -> Evaluation:
    """Tell whether the node only routes for intradomain federation.

    Source: Partitioned Intradomain Federation Guide 12.5(1), "Additional Configuration for
    Routing IM and Presence Service Node".
    """
    truth = evaluate_feature(view.facts, "routing_nodes", view.node)
    if not truth.value:
        return truth
    clause = f"{truth.clause}, and the Partitioned Intradomain Federation Guide keeps this off"
    return Evaluation(True, f"{clause} routing nodes", truth.hint, truth.evidence)


def _evaluate_publisher(view: NodeView) -> Evaluation:
    role, name = view.node.role, view.node.name
    if role is Role.PUBLISHER:
        return Evaluation(True, f"node {name} is the publisher")
    if role is Role.UNKNOWN:
        return Evaluation(None, f"whether node {name} is the publisher is not known", _ROLE_HINT)
    if not any(node.role is Role.PUBLISHER for node in view.facts.nodes):
        return Evaluation(None, "no node is known to be the publisher", _ROLE_HINT)
    return Evaluation(False, f"node {name} is a subscriber")


def _evaluate_not_publisher(view: NodeView) -> Evaluation:
    """A subscriber is none even where nobody knows which node is the publisher."""
    if view.node.role is Role.SUBSCRIBER:
        return Evaluation(True, f"node {view.node.name} is a subscriber")
    return negate_evaluation(_evaluate_publisher(view))


def _evaluate_synced_from(view: NodeView) -> Evaluation:
    """Peers sync from the publisher's group and from the groups that the profile adds."""
    return any_of(_evaluate_publisher_group(view), _evaluate_added_group(view))


def _evaluate_publisher_group(view: NodeView) -> Evaluation:
    node = view.node
    publishers = [other for other in view.facts.nodes if other.role is Role.PUBLISHER]
    if node.role is Role.PUBLISHER:
        return _note_missing_partner(view, f"peers sync from {node.name}, the publisher")
    if not publishers:
        return Evaluation(None, "no node is known to be the publisher", _ROLE_HINT)
    same = [_is_in_same_group(node, other) for other in publishers]
    clause = f"node {node.name} is in the redundancy group of the publisher"
    if any(same):
        return _note_missing_partner(view, clause)
    loose = [p.name for p in publishers if p.group_known and p.redundancy_group is None]
    if loose:
        why = f"publisher {loose[0]} is in no redundancy group, so its partner is not known"
        return Evaluation(None, why, f"Put {loose[0]} into a redundancy group.")
    if None in same:
        return Evaluation(None, f"whether {clause} is not known", GROUP_HINT)
    return Evaluation(False, f"node {node.name} is not in the redundancy group of the publisher")


def _is_in_same_group(node: NodeFacts, key: NodeFacts) -> bool | None:
    """Tell whether a node is in the group of a key node, which should be in one.

    A key node outside every group leaves open which node its partner is.
    """
    if not (node.group_known and key.group_known) or key.redundancy_group is None:
        return None
    return (node.redundancy_group or "").casefold() == key.redundancy_group.casefold()


def _evaluate_added_group(view: NodeView) -> Evaluation:
    told = effective_setting(view.facts, "intercluster_synced_from")
    listed = evaluate_feature(view.facts, "intercluster_synced_from")
    if told is None or not told.on:
        return Evaluation(False, listed.clause, listed.hint, listed.evidence)
    entries = {name.casefold() for name in told.nodes or ()}
    place = f"node {view.node.name} is in a group of `intercluster_synced_from` ({told.origin})"
    answers = [_entry_covers_node(view, entry) for entry in entries]
    if any(answers):
        alone = _note_missing_partner(view, place)
        return Evaluation(True, alone.clause, listed.hint, listed.evidence)
    if None in answers:
        return Evaluation(None, f"whether {place} is not known", GROUP_HINT, listed.evidence)
    clause = f"`intercluster_synced_from` does not reach node {view.node.name} ({told.origin})"
    return Evaluation(False, clause, listed.hint, listed.evidence)


def _entry_covers_node(view: NodeView, entry: str) -> bool | None:
    """Tell whether an entry, a group or a node that stands for its group, covers the node."""
    node = view.node
    if entry == node.name.casefold():
        return True
    named = [other for other in view.facts.nodes if other.name.casefold() == entry]
    if named:
        return _is_in_same_group(node, named[0])
    if not node.group_known:
        return None
    return (node.redundancy_group or "").casefold() == entry


def _note_missing_partner(view: NodeView, clause: str) -> Evaluation:
    """Say it where a node has no partner to fail over to."""
    told = all(node.group_known for node in view.facts.nodes if not node.planned)
    if (
        view.facts.topology_observed
        and told
        and len(installed_group_nodes(view.facts, view.node.redundancy_group or "")) <= 1
    ):
        clause += ", and no failover is possible because it has no partner"
    return Evaluation(True, clause)


def _evaluate_remaining(view: NodeView) -> Evaluation:
    """What neither AXL-01 nor AXL-02 covers."""
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
    NodeScope.WITHOUT_XMPP_FEDERATION: lambda view: negate_evaluation(
        evaluate_condition(Condition.XMPP_FEDERATION, view)
    ),
    NodeScope.COMPLIANCE_NODES: _condition_evaluator(Condition.COMPLIANCE),
    NodeScope.FILE_TRANSFER_NODES: _condition_evaluator(Condition.MANAGED_FILE_TRANSFER),
}
