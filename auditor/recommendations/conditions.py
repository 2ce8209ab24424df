"""When a recommendation applies: what profile and node say of it, in three-valued logic."""

from collections.abc import Callable, Mapping

from auditor.models.evidence import Origin
from auditor.models.forms import Form
from auditor.models.nodes import RunState
from auditor.models.statements import add_detail, make_statement
from auditor.recommendations.certificates import evaluate_certificate_urgent
from auditor.recommendations.features import (
    effective_setting,
    evaluate_expressway,
    evaluate_feature,
    evaluate_xmpp_federation,
)
from auditor.recommendations.logic import ALWAYS_TRUE, Evaluation, all_of, negate_evaluation
from auditor.recommendations.releases import evaluate_release_nine
from auditor.recommendations.scopes import evaluate_not_publisher
from auditor.recommendations.view import NodeView
from auditor.recommendations.vocabulary import Condition


def evaluate_condition(condition: Condition, view: NodeView) -> Evaluation:
    """Return whether a named condition holds for a node; a deployment key by node if it has any."""
    evaluator = _CONDITION_EVALUATORS.get(condition)
    return evaluator(view) if evaluator else evaluate_feature(view.facts, condition, view.node)


def _evaluate_without_xmpp_federation(view: NodeView) -> Evaluation:
    """Return whether XMPPFED-02 asks for the service to be off on the node."""
    federation = evaluate_xmpp_federation(view)
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
        what = view.service_statement(Form.SERVICE_ACTIVATED)
        reason = add_detail(make_statement(Form.UNKNOWN_WHETHER, what=what), service.why)
        hint = service.hint or view.service_statement(Form.LOOK_IN_SERVICE_ACTIVATION)
        return Evaluation(None, (reason,), (hint,), service.evidence)
    activated = service.state.activated
    form = Form.SERVICE_ACTIVATED if activated else Form.SERVICE_NOT_ACTIVATED
    return Evaluation(activated, (view.service_statement(form),), (), service.evidence)


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
    return Evaluation(False, (view.service_statement(Form.SERVICE_NOT_LISTED),))


def _release_line(release: str | None) -> list[str]:
    """Return major and minor of a release: services do not differ within these."""
    return (release or "").split(".")[:2]


_CONDITION_EVALUATORS: Mapping[Condition, Callable[[NodeView], Evaluation]] = {
    Condition.ALWAYS: lambda _: ALWAYS_TRUE,
    Condition.XMPP_FEDERATION: evaluate_xmpp_federation,
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
    Condition.SUBSCRIBER: evaluate_not_publisher,
}
"""The conditions that are more than one deployment key."""
