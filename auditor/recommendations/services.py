"""What a recommendation expects of a service on a node, and the verdict on what was read there."""

from collections.abc import Callable, Mapping

from auditor.models.coverage import Source
from auditor.models.evidence import Evidence, Origin
from auditor.models.findings import FindingKind, Verdict
from auditor.models.forms import Form
from auditor.models.nodes import STEADY_UPTIME_S, AxlAvailability, Identity, RunState
from auditor.models.statements import Statement, make_statement
from auditor.recommendations.certificates import judge_node_certificate
from auditor.recommendations.external_databases import (
    judge_database_configured,
    judge_database_reachable,
    judge_file_server,
)
from auditor.recommendations.ha import explain_by_ha, judge_group_membership
from auditor.recommendations.prerequisites import judge_ldap_search, judge_xmpp_federation
from auditor.recommendations.replication import judge_replication
from auditor.recommendations.view import (
    Judgement,
    NodeView,
    ServiceView,
    access_hint,
    explain_no_response,
)
from auditor.recommendations.vocabulary import Expectation


def judge_node(view: NodeView) -> Judgement:
    """Return the judgement of a recommendation that applies to a node."""
    return _EXPECTATION_JUDGES[view.row.expects](view)


def _unknown_judgement(
    expected: Statement,
    service: ServiceView,
    because: Statement | None,
    *hints: Statement,
) -> Judgement:
    return Judgement(
        Verdict.UNKNOWN,
        expected,
        service.observed,
        because,
        hints=hints,
        evidence=service.evidence,
    )


def _judge_running(view: NodeView) -> Judgement:
    service = view.service
    expected = view.service_statement(
        Form.SERVICE_RUNS if view.row.network else Form.SERVICE_ACTIVATED_AND_RUNS
    )
    match service.run:
        # Running proves activation, so an unknown one is enough; only "not activated" contradicts.
        case RunState.STARTED if view.row.network or service.state.activated is not False:
            if service.state.restarted:
                return _unstable_judgement(
                    view, expected, view.service_statement(Form.SERVICE_RESTARTED)
                )
            return Judgement(Verdict.PASS, expected, service.observed, evidence=service.evidence)
        case RunState.STARTED:
            because = make_statement(Form.ACTIVATION_CONTRADICTED)
            hint = view.service_statement(Form.LOOK_IN_SERVICE_ACTIVATION)
            return _unknown_judgement(expected, service, because, hint)
        case RunState.STOPPED:
            return _judge_stopped(view, service, expected)
        case RunState.STARTING | RunState.STOPPING:
            return _judge_transition(view, expected)
        case RunState.UNKNOWN:
            return _unknown_judgement(expected, service, service.why, *service.hints)


def _judge_stopped(view: NodeView, service: ServiceView, expected: Statement) -> Judgement:
    """Judge a service that does not run; that it is stopped is known even if activation is not."""
    # Before the HA state: a failover stops services, it deactivates none.
    if not view.row.network and service.state.activated is False:
        return Judgement(
            Verdict.DRIFT,
            expected,
            service.observed,
            kind=FindingKind.NOT_ACTIVATED,
            evidence=service.evidence,
        )
    # Before the restart: a failover also explains a stop that two readings saw happen.
    explained = explain_by_ha(view.facts, view.node, service, expected)
    if explained is not None:
        return explained
    if service.state.restarted:
        return _unstable_judgement(view, expected, _ran_before(view, service))
    observed = service.observed
    if not view.row.network and service.state.activated is None:
        observed = make_statement(Form.SERVICE_ACTIVATION_UNKNOWN, observation=observed)
    return Judgement(
        Verdict.DRIFT, expected, observed, kind=FindingKind.STOPPED, evidence=service.evidence
    )


def _judge_transition(view: NodeView, expected: Statement) -> Judgement:
    """Judge a service that is still starting or stopping after the settle pause.

    One that the run before found in the same state is stuck there. One that ran at the reading
    before does not stay up.
    """
    service = view.service
    if service.state.restarted:
        return _unstable_judgement(view, expected, _ran_before(view, service))
    before = view.facts.changing_before.get((view.node.name.lower(), service.state.name))
    if before is service.run:
        observed = make_statement(
            Form.SERVICE_STILL_MOVING,
            service=view.row.service or "",
            node=view.node.name,
            state=service.run,
        )
        return _unstable_judgement(view, expected, observed)
    # No drift yet: a service may stay in Starting while the IM and Presence Data Monitor waits for
    # replication or the sync (administration guide 15, services).
    because = make_statement(Form.MOVING_AT_LAST_READING, state=service.run)
    hint = make_statement(Form.AUDIT_WHEN_SETTLED)
    return _unknown_judgement(expected, service, because, hint)


def _ran_before(view: NodeView, service: ServiceView) -> Statement:
    return make_statement(
        Form.SERVICE_RAN_BEFORE,
        service=view.row.service or "",
        node=view.node.name,
        state=service.run,
    )


def _unstable_judgement(view: NodeView, expected: Statement, observed: Statement) -> Judgement:
    return Judgement(
        Verdict.DRIFT,
        expected,
        observed,
        kind=FindingKind.UNSTABLE,
        evidence=view.service.evidence,
    )


def _judge_not_activated(view: NodeView) -> Judgement:
    """Judge activation alone: a service that is starting where it must not be is drift."""
    service = view.service
    expected = view.service_statement(Form.SERVICE_NOT_ACTIVATED)
    # Stopped is not enough for a pass: a service that is activated may start at any time.
    match service.state.activated:
        case False:
            return Judgement(Verdict.PASS, expected, service.observed, evidence=service.evidence)
        case True:
            observed = make_statement(
                Form.SERVICE_ACTIVATED_AND_STATE,
                service=view.row.service or "",
                node=view.node.name,
                state=service.run,
            )
            return Judgement(
                Verdict.DRIFT, expected, observed, kind=view.row.kind, evidence=service.evidence
            )
        case None:
            activated = view.service_statement(Form.SERVICE_ACTIVATED)
            because = service.why or make_statement(Form.UNKNOWN_WHETHER, what=activated)
            hint = service.hint or view.service_statement(Form.LOOK_IN_SERVICE_ACTIVATION)
            return _unknown_judgement(expected, service, because, hint)


def _judge_optional(view: NodeView) -> Judgement:
    service = view.service
    expected = view.service_statement(Form.SERVICE_OPTIONAL)
    if service.run is RunState.UNKNOWN:
        return _unknown_judgement(expected, service, service.why, *service.hints)
    because = make_statement(Form.OPERATORS_CHOICE)
    return Judgement(Verdict.PASS, expected, service.observed, because, evidence=service.evidence)


def _judge_stays_up(view: NodeView) -> Judgement:
    service = view.service
    expected = view.service_statement(Form.SERVICE_STAYS_UP)
    # Before its state: it may run now, and still have come up anew between two readings.
    if service.state.restarted:
        return _unstable_judgement(view, expected, view.service_statement(Form.SERVICE_RESTARTED))
    match service.run:
        case RunState.STARTED:
            return _judge_uptime(service, expected)
        case RunState.STOPPED:
            return Judgement(
                Verdict.NOT_APPLICABLE,
                expected,
                service.observed,
                make_statement(Form.JUDGED_BY_OTHER_ROW),
                evidence=service.evidence,
            )
        case RunState.STARTING | RunState.STOPPING:
            return _judge_transition(view, expected)
        case RunState.UNKNOWN:
            return _unknown_judgement(expected, service, service.why, *service.hints)


def _judge_uptime(service: ServiceView, expected: Statement) -> Judgement:
    """Judge a service that runs; no statement holds its uptime, which differs in every run."""
    uptime = service.state.uptime_s
    # A low uptime is enough where a second reading saw no restart.
    if uptime is None or (uptime < STEADY_UPTIME_S and service.state.restarted is not False):
        because = make_statement(Form.SECOND_READING_NEEDED)
        return _unknown_judgement(expected, service, because, make_statement(Form.AUDIT_LATER))
    because = make_statement(Form.STAYED_UP)
    return Judgement(Verdict.PASS, expected, service.observed, because, evidence=service.evidence)


def _judge_axl_response(view: NodeView) -> Judgement:
    name, probe = view.node.name, view.node.axl
    expected = make_statement(Form.AXL_REPLIES_EXPECTED, node=name)
    access = access_hint(view.facts, view.node, Source.IMP_AXL)
    hints = (access or make_statement(Form.TEST_AXL, node=name),)
    unknown = make_statement(Form.UNKNOWN_WHETHER, what=make_statement(Form.AXL_REPLY, node=name))
    # The reply is that of another machine: neither a pass nor drift of this node.
    if view.node.identity is Identity.CONTRADICTED:
        because = make_statement(Form.WRONG_NODE, node=name)
        return Judgement(Verdict.UNKNOWN, expected, unknown, because, hints=hints)
    if probe is None:
        because = explain_no_response(view.facts, view.node, Source.IMP_AXL)
        return Judgement(Verdict.UNKNOWN, expected, unknown, because, hints=hints)
    note = make_statement(Form.NOTE, detail=probe.text)
    evidence = (Evidence(Origin.OBSERVED, make_statement(Form.AXL_OF, node=name), note),)
    match probe.answer:
        case AxlAvailability.ANSWERED:
            observed = make_statement(Form.AXL_REPLIED, node=name)
            return Judgement(Verdict.PASS, expected, observed, evidence=evidence)
        case AxlAvailability.NOT_ANSWERING:
            return Judgement(
                Verdict.DRIFT,
                expected,
                make_statement(
                    Form.AXL_WITHOUT_DATABASE if probe.fault else Form.AXL_DID_NOT_REPLY, node=name
                ),
                kind=FindingKind.NOT_ANSWERING,
                evidence=evidence,
            )
        case AxlAvailability.UNKNOWN:
            return Judgement(
                Verdict.UNKNOWN, expected, unknown, note, hints=hints, evidence=evidence
            )


def _judge_ldap_search(view: NodeView) -> Judgement:
    """Judge DIR-02 by the file; where it says nothing, by whether the service stays up (DIR-03)."""
    return judge_ldap_search(view, stays_up=_judge_stays_up(view).verdict is Verdict.PASS)


# The expectations that are missing here have other subjects than a node; `engine` judges them.
_EXPECTATION_JUDGES: Mapping[Expectation, Callable[[NodeView], Judgement]] = {
    Expectation.RUNNING: _judge_running,
    Expectation.NOT_ACTIVATED: _judge_not_activated,
    Expectation.OPTIONAL: _judge_optional,
    Expectation.STAYS_UP: _judge_stays_up,
    Expectation.ANSWERS: _judge_axl_response,
    Expectation.DATABASE_CONFIGURED: judge_database_configured,
    Expectation.DATABASE_REACHABLE: judge_database_reachable,
    Expectation.XMPP_FEDERATION_ON: judge_xmpp_federation,
    Expectation.LDAP_SEARCH_CONFIGURED: _judge_ldap_search,
    Expectation.FILE_SERVER_AND_DATABASE: judge_file_server,
    Expectation.GROUPED: judge_group_membership,
    Expectation.REPLICATION_GOOD: judge_replication,
    Expectation.CERTIFICATE_VALID: judge_node_certificate,
}
