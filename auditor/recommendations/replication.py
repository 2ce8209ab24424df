"""Judges the database replication of a node (REPL-01)."""

from auditor.models.coverage import Source
from auditor.models.evidence import Evidence, Origin
from auditor.models.findings import FindingKind, Verdict
from auditor.models.forms import Form
from auditor.models.nodes import (
    REPLICATION_GOOD,
    REPLICATION_INITIALIZING,
    REPLICATION_STATES,
    Identity,
)
from auditor.models.statements import make_statement
from auditor.recommendations.view import Judgement, NodeView, access_hint, explain_no_response


def judge_replication(view: NodeView) -> Judgement:
    """Judge the database replication of a node (REPL-01)."""
    name, number = view.node.name, view.node.replication
    expected = make_statement(Form.REPLICATION_EXPECTED, node=name)
    meaning = REPLICATION_STATES.get(number) if number is not None else None
    if meaning is None:
        return _judge_unread_replication(view)
    observed = make_statement(
        Form.REPLICATION_STATE, node=name, meaning=meaning, number=str(number)
    )
    fact = make_statement(Form.REPLICATE_STATE, node=name, number=str(number))
    evidence = (Evidence(Origin.OBSERVED, make_statement(Form.PERFMON_OF, node=name), fact),)
    if number == REPLICATION_GOOD:
        return Judgement(Verdict.PASS, expected, observed, evidence=evidence)
    if number == REPLICATION_INITIALIZING:
        # It may be on its way to good, and it may never get there (troubleshooting guide 15).
        return Judgement(
            Verdict.UNKNOWN,
            expected,
            observed,
            make_statement(Form.REPLICATION_INITIALIZING),
            hints=(make_statement(Form.AUDIT_WHEN_REPLICATED),),
            evidence=evidence,
        )
    return Judgement(
        Verdict.DRIFT, expected, observed, kind=FindingKind.REPLICATION_BAD, evidence=evidence
    )


def _judge_unread_replication(view: NodeView) -> Judgement:
    name = view.node.name
    expected = make_statement(Form.REPLICATION_EXPECTED, node=name)
    if view.node.identity is Identity.CONTRADICTED:
        because = make_statement(Form.WRONG_NODE, node=name)
        hint = make_statement(Form.CHECK_ADDRESS, node=name)
    else:
        because = explain_no_response(view.facts, view.node, Source.PERFMON)
        access = access_hint(view.facts, view.node, Source.PERFMON)
        # Nothing can be read on a node that gives nothing.
        form = Form.READ_REPLICATION if view.node.services else Form.BRING_BACK
        hint = access or make_statement(form, node=name)
    observed = make_statement(Form.UNKNOWN_WHETHER, what=expected)
    return Judgement(Verdict.UNKNOWN, expected, observed, because, hints=(hint,))
