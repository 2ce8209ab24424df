"""Whether the certificates that the servers of a cluster present are valid for long enough."""

from dataclasses import replace
from datetime import datetime

from auditor.models.certificates import URGENT_CERTIFICATE_DAYS, certificate_days_left
from auditor.models.coverage import Source
from auditor.models.evidence import Evidence, Origin
from auditor.models.facts import ClusterFacts
from auditor.models.findings import FindingKind, Verdict
from auditor.models.forms import Form
from auditor.models.nodes import Identity, NodeFacts, Role
from auditor.models.statements import Statement, make_statement
from auditor.recommendations.logic import Evaluation
from auditor.recommendations.packs import Recommendation
from auditor.recommendations.view import Judgement, NodeView, explain_no_response


def view_cucm_publisher(facts: ClusterFacts, row: Recommendation) -> NodeView:
    """Return the CUCM publisher as a node of which no more than the certificate is known."""
    node = NodeFacts(
        facts.cucm_publisher or "CUCM",
        "",
        Role.UNKNOWN,
        certificate_not_after=facts.cucm_certificate_not_after,
    )
    return NodeView(facts, node, row)


def evaluate_certificate_urgent(view: NodeView) -> Evaluation:
    """Return whether a certificate has ended, or ends within a few days."""
    not_after, moment = _not_after(view), view.facts.started_at
    if not_after is None or moment is None:
        return Evaluation(None)
    return Evaluation(certificate_days_left(not_after, moment) < URGENT_CERTIFICATE_DAYS)


def judge_node_certificate(view: NodeView) -> Judgement:
    """Judge the certificate that a node presented."""
    name = view.node.name
    # A certificate of another machine says nothing about this one.
    if view.node.identity is Identity.CONTRADICTED:
        because = make_statement(Form.WRONG_NODE, node=name)
        return _unknown_certificate(view, because, make_statement(Form.CHECK_ADDRESS, node=name))
    because = explain_no_response(view.facts, view.node, Source.CONTROL_CENTER)
    return _judge_certificate(view, because, make_statement(Form.BRING_BACK, node=name))


def judge_cucm_certificate(view: NodeView) -> Judgement:
    """Judge the certificate that the CUCM publisher presented."""
    because = explain_no_response(view.facts, view.node, Source.CUCM_AXL)
    return _judge_certificate(view, because, make_statement(Form.READ_CUCM))


def _judge_certificate(view: NodeView, unread: Statement, hint: Statement) -> Judgement:
    not_after, moment, days = _not_after(view), view.facts.started_at, view.facts.certificate_days
    if not_after is None:
        return _unknown_certificate(view, unread, hint)
    if moment is None:
        return _unknown_certificate(view, make_statement(Form.RUN_TIME_UNKNOWN))
    # Dates and no counts of days: two runs of one day are to say the same.
    observed = make_statement(
        Form.CERTIFICATE_EXPIRED if not_after <= moment else Form.CERTIFICATE_VALID_UNTIL,
        server=view.node.name,
        date=str(not_after.date()),
    )
    source = make_statement(Form.HANDSHAKE_WITH, server=view.node.name)
    judgement = Judgement(
        Verdict.PASS,
        _expected_statement(view),
        observed,
        make_statement(Form.CERTIFICATE_DAYS, days=str(days)),
        evidence=(Evidence(Origin.OBSERVED, source, observed),),
    )
    if certificate_days_left(not_after, moment) >= days:
        return judgement
    kind = FindingKind.EXPIRED if not_after <= moment else FindingKind.EXPIRING
    return replace(judgement, verdict=Verdict.DRIFT, kind=kind)


def _unknown_certificate(view: NodeView, because: Statement, *hints: Statement) -> Judgement:
    observed = make_statement(Form.CERTIFICATE_UNKNOWN, server=view.node.name)
    return Judgement(Verdict.UNKNOWN, _expected_statement(view), observed, because, hints=hints)


def _expected_statement(view: NodeView) -> Statement:
    return make_statement(
        Form.CERTIFICATE_EXPECTED, server=view.node.name, days=str(view.facts.certificate_days)
    )


def _not_after(view: NodeView) -> datetime | None:
    text = view.node.certificate_not_after
    return None if text is None else datetime.fromisoformat(text)
