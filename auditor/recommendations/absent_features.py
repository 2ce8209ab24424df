"""Judges whether the services of a feature that is declared absent are off (PROFILE-03)."""

from dataclasses import replace

from auditor.models.deployment import DEPLOYMENT_KEY_PREFIX
from auditor.models.evidence import Evidence, Origin
from auditor.models.facts import ClusterFacts
from auditor.models.findings import FindingKind, Verdict
from auditor.models.forms import Form
from auditor.models.nodes import RunState
from auditor.models.settings import Setting
from auditor.models.statements import Statement, join_statements, make_statement
from auditor.recommendations.conditions import evaluate_condition
from auditor.recommendations.features import effective_setting
from auditor.recommendations.logic import Evaluation, any_of
from auditor.recommendations.packs import FeatureServices, Recommendation
from auditor.recommendations.scopes import evaluate_scope
from auditor.recommendations.view import (
    Judgement,
    NodeView,
    ServiceView,
    not_applicable_judgement,
    view_service,
)


def judge_absent_feature(
    facts: ClusterFacts, row: Recommendation, key: str, loaded: frozenset[str]
) -> Judgement:
    """Judge whether the services of a feature that is declared absent are off (PROFILE-03).

    `loaded` holds the ids of all rows that are judged: where one of them asks for the service
    whatever the feature, this row yields.
    """
    expected = make_statement(Form.FEATURE_OFF_EXPECTED, key=key)
    watch = next((w for w in row.watches if f"{DEPLOYMENT_KEY_PREFIX}{w.key}" == key), None)
    if watch is None:
        return not_applicable_judgement(expected, make_statement(Form.NO_SERVICE_DEPENDS, key=key))
    setting = effective_setting(facts, watch.key)
    # Only the operator can say that a feature is absent; a table that shows none may be misread.
    if setting is None or setting.on or setting.origin is Origin.DISCOVERED:
        reason = make_statement(Form.KEY_NOT_DECLARED_FALSE, key=key)
        return not_applicable_judgement(expected, reason)
    others = tuple(sorted(loaded & set(watch.yields_to)))
    if others:
        reason = make_statement(Form.KEY_SERVICES_REQUIRED, recommendations=others)
        return not_applicable_judgement(expected, reason)
    return _judge_feature_services(facts, row, watch, expected, setting)


def _judge_feature_services(
    facts: ClusterFacts,
    row: Recommendation,
    watch: FeatureServices,
    expected: Statement,
    setting: Setting,
) -> Judgement:
    views = [NodeView(facts, node, row) for node in facts.installed_nodes]
    if not views:
        reason = make_statement(Form.NO_NODE_KNOWN)
        hints = (make_statement(Form.READ_NODES),)
        return Judgement(Verdict.UNKNOWN, expected, reason, reason, hints=hints)
    scopes = [(view, evaluate_scope(watch.on, view)) for view in views]
    services = [
        view_service(facts, view.node, service)
        for view, scope in scopes
        if scope.value is not False
        for service in watch.services
    ]
    running = [service for service in services if service.run is RunState.STARTED]
    unsettled = [s for s in services if s.run not in (RunState.STARTED, RunState.STOPPED)]
    required = _evaluate_other_features(watch, views)
    scope_unknown = any(scope.value is None for _, scope in scopes)
    fact = make_statement(Form.KEY_VALUE, key=watch.key, value="false")
    declaration = Evidence(setting.origin, setting.source, fact)
    # Before the services that are unknown: one that runs is enough.
    if running and not scope_unknown and not required.value:
        return _judge_running_services(watch, expected, running, required, declaration)
    if required.value:
        reason = make_statement(Form.REQUIRED_BY, reason=join_statements(required.reasons))
        return Judgement(
            Verdict.PASS,
            expected,
            reason,
            reason,
            hints=required.hints,
            evidence=required.evidence,
        )
    # It may run on the node that the row excepts, so it proves nothing while the scope is unknown.
    unknown = [*unsettled, *(running if scope_unknown else [])]
    judgement = _judge_services_off(watch, expected, unknown, declaration)
    return judgement if facts.topology_observed else _leave_unlisted_nodes_unknown(judgement)


def _leave_unlisted_nodes_unknown(judgement: Judgement) -> Judgement:
    """Return a pass as unknown, anything else as it is.

    The key is about the whole cluster: a node that was not listed may run the service.
    """
    if judgement.verdict is not Verdict.PASS:
        return judgement
    return replace(
        judgement,
        verdict=Verdict.UNKNOWN,
        observed=make_statement(Form.ON_KNOWN_NODES, observation=judgement.observed),
        because=make_statement(Form.NODES_NOT_LISTED),
        hints=(make_statement(Form.READ_CUCM),),
    )


def _evaluate_other_features(watch: FeatureServices, views: list[NodeView]) -> Evaluation:
    """Return whether another feature requires the services on any node."""
    if not watch.unless:
        return Evaluation(False)
    return any_of(
        *(evaluate_condition(condition, view) for view in views for condition in watch.unless)
    )


def _judge_running_services(
    watch: FeatureServices,
    expected: Statement,
    running: list[ServiceView],
    required: Evaluation,
    declaration: Evidence,
) -> Judgement:
    judgement = Judgement(
        Verdict.DRIFT,
        expected,
        join_statements(service.observed for service in running),
        make_statement(Form.ONLY_WITH_FEATURE, key=watch.key),
        FindingKind.PROFILE_CONFLICT,
        evidence=(declaration, *(piece for service in running for piece in service.evidence)),
    )
    if required.value is None:
        reason = join_statements(required.reasons)
        return replace(
            judgement,
            verdict=Verdict.UNKNOWN,
            because=make_statement(Form.POSSIBLY_REQUIRED_BY, reason=reason),
            kind=None,
            hints=required.hints,
        )
    return judgement


def _judge_services_off(
    watch: FeatureServices, expected: Statement, unknown: list[ServiceView], declaration: Evidence
) -> Judgement:
    if unknown:
        return Judgement(
            Verdict.UNKNOWN,
            expected,
            join_statements(service.observed for service in unknown),
            unknown[0].why or make_statement(Form.SERVICE_NOT_SETTLED),
            hints=unknown[0].hints or (make_statement(Form.AUDIT_WHEN_SETTLED),),
            evidence=(declaration, *(piece for service in unknown for piece in service.evidence)),
        )
    return Judgement(
        Verdict.PASS,
        expected,
        make_statement(Form.SERVICES_DO_NOT_RUN, services=watch.services),
        make_statement(Form.KEY_DECLARED_FALSE, key=watch.key),
        evidence=(declaration,),
    )
