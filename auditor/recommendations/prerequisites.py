"""What must be configured before a service may be turned on (the notes of Cisco's table)."""

from dataclasses import replace

from auditor.models.evidence import Origin
from auditor.models.findings import FindingKind, Verdict
from auditor.models.forms import Form
from auditor.models.nodes import RunState
from auditor.models.statements import Statement, make_statement
from auditor.recommendations.features import declare_key_hint, effective_setting, evaluate_feature
from auditor.recommendations.logic import Evaluation
from auditor.recommendations.view import Judgement, NodeView


def judge_xmpp_federation(view: NodeView) -> Judgement:
    """Judge whether XMPP federation is turned on in the administration of a node."""
    key = "xmpp_federation_enabled_on"
    expected = make_statement(Form.XMPP_FEDERATION_EXPECTED, node=view.node.name)
    # It cannot be started while the federation is off on its node (Interdomain Federation Guide
    # 15).
    if not _is_key_declared(view, key) and view.service.run is RunState.STARTED:
        return judge_proven_by_start(view, expected)
    federation = effective_setting(view.facts, "xmpp_federation")
    evaluation = evaluate_feature(view.facts, key, view.node)
    confirmed = (
        federation is not None and federation.on and federation.origin is not Origin.DISCOVERED
    )
    # Once the federation itself is declared, a missing list is an empty one, as with databases.
    if effective_setting(view.facts, key) is None and confirmed:
        reason = make_statement(Form.KEY_NAMES_NO_NODE, key=key)
        evaluation = Evaluation(False, (reason,), (declare_key_hint(key),))
    return judge_prerequisite(view, expected, evaluation)


def judge_ldap_search(view: NodeView, *, stays_up: bool) -> Judgement:
    """Judge whether the LDAP contact search of third-party XMPP clients is configured.

    `stays_up`: its service runs and does not restart (DIR-03), which it does without the search.
    """
    key = "third_party_ldap_search_configured"
    expected = make_statement(Form.LDAP_SEARCH_EXPECTED)
    # Started is no proof here: without the search it starts, and then stops again.
    if not _is_key_declared(view, key) and stays_up:
        return judge_proven_by_start(view, expected)
    return judge_prerequisite(view, expected, evaluate_feature(view.facts, key))


def _is_key_declared(view: NodeView, key: str) -> bool:
    """Return whether the file has a key; what a database suggests contradicts no service."""
    setting = effective_setting(view.facts, key)
    return setting is not None and setting.origin is not Origin.DISCOVERED


def judge_proven_by_start(view: NodeView, expected: Statement) -> Judgement:
    """Return pass: a service that does not start without a prerequisite was started.

    That proves the prerequisite at the last start, where the file says nothing of it.
    """
    service = view.service
    because = view.service_statement(Form.STARTED_WITH_PREREQUISITE)
    return Judgement(Verdict.PASS, expected, service.observed, because, evidence=service.evidence)


def judge_prerequisite(view: NodeView, expected: Statement, evaluation: Evaluation) -> Judgement:
    """Judge by whether a prerequisite is configured; one that is missing, by its service."""
    judgement = Judgement(
        Verdict.PASS,
        expected,
        evaluation.because or expected,
        hints=evaluation.hints,
        evidence=evaluation.evidence,
    )
    if evaluation.value:
        return judgement
    if evaluation.value is None:
        what = make_statement(Form.THIS_IS_CONFIGURED)
        return replace(
            judgement,
            verdict=Verdict.UNKNOWN,
            observed=make_statement(Form.UNKNOWN_WHETHER, what=what),
            because=evaluation.because,
        )
    return _judge_missing_prerequisite(view, judgement)


def _judge_missing_prerequisite(view: NodeView, judgement: Judgement) -> Judgement:
    """Judge a missing prerequisite by whether its service runs without it."""
    service = view.service
    evidence = (*judgement.evidence, *service.evidence)
    # Whether the file is out of date or the service cannot start shows only in whether it runs.
    if service.run is RunState.UNKNOWN:
        return replace(
            judgement,
            verdict=Verdict.UNKNOWN,
            because=service.why,
            hints=service.hints,
            evidence=evidence,
        )
    runs = service.run is RunState.STARTED
    return replace(
        judgement,
        verdict=Verdict.DRIFT,
        because=view.service_statement(
            Form.RUNS_WITHOUT_PREREQUISITE if runs else Form.STOPPED_WITHOUT_PREREQUISITE
        ),
        kind=FindingKind.PROFILE_CONFLICT if runs else FindingKind.PREREQUISITE_MISSING,
        hints=(),
        evidence=evidence,
    )
