"""AXL of a node: must it answer, and does it?"""

from dataclasses import replace

from auditor.failover.judged import JudgedCluster
from auditor.failover.node_checks import CheckState, CheckType, Doubt, NodeCheck
from auditor.failover.services import build_service_check
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Verdict
from auditor.models.forms import Form
from auditor.models.nodes import AxlAvailability, NodeFacts, RunState
from auditor.models.statements import make_statement
from auditor.recommendations.discovered import drop_discovered_facts
from auditor.recommendations.engine import evaluate_applicability
from auditor.recommendations.features import evaluate_feature
from auditor.recommendations.logic import any_of
from auditor.recommendations.view import NodeView, view_service
from auditor.service_names import AXL_WEB_SERVICE

_ROWS_OF_AXL = ("AXL-01", "AXL-02", "AXL-05")
"""The rows that say where AXL must run."""

_ROW_OF_ANSWERS = "AXL-04"
"""The row that wants AXL to answer wherever it runs."""


def is_axl_required(judged: JudgedCluster, node: NodeFacts) -> bool | None:
    """Return whether AXL must run or answer on a node, None if that is not known.

    An audit calls it critical where AXL runs and does not answer, whatever needs it. Facts that are
    only discovered do not make it optional. Where nodes and groups are those of an earlier run,
    they do not make it required either.
    """
    silent = judged.finding(_ROW_OF_ANSWERS, node.name)
    if silent is not None and silent.verdict is Verdict.DRIFT:
        return True
    required, without_discovery = (
        _is_axl_applicable(facts, node, judged)
        for facts in (judged.facts, drop_discovered_facts(judged.facts))
    )
    if required is without_discovery:
        return required
    is_dated = judged.facts.topology_recorded_at is not None
    return None if required is False or is_dated else required


def _is_axl_applicable(facts: ClusterFacts, node: NodeFacts, judged: JudgedCluster) -> bool | None:
    views = [NodeView(facts, node, judged.rows[name]) for name in _ROWS_OF_AXL]
    return any_of(*(evaluate_applicability(view) for view in views)).value


def check_node_axl(judged: JudgedCluster, node: NodeFacts) -> NodeCheck:
    """Return whether AXL is activated, runs, and answered an authenticated request."""
    check = _check_axl_reply(judged.facts, node)
    is_required = is_axl_required(judged, node)
    if check.verdict is Verdict.PASS:
        return check
    severities = [judged.severity(name, node.name) for name in (*_ROWS_OF_AXL, _ROW_OF_ANSWERS)]
    check = replace(check, severity=min(severities, key=lambda severity: severity.rank))
    if is_required is False:
        return replace(check, verdict=Verdict.NOT_APPLICABLE, doubt=Doubt.OPTIONAL)
    if is_required is None and check.verdict is Verdict.DRIFT:
        hints = evaluate_feature(judged.facts, "intercluster").hints
        notes = (*check.notes, *(hints or (make_statement(Form.READ_CUCM),)))
        return replace(check, verdict=Verdict.UNKNOWN, doubt=Doubt.REQUIREMENT, notes=notes)
    return check


def _check_axl_reply(facts: ClusterFacts, node: NodeFacts) -> NodeCheck:
    view = view_service(facts, node, AXL_WEB_SERVICE)
    check = build_service_check(facts, node, view, CheckType.AXL, Verdict.UNKNOWN)
    # The reply comes before the row of Control Center: a service can be started and still fail to
    # answer.
    if node.axl is not None and node.axl.answer is AxlAvailability.ANSWERED:
        return replace(check, verdict=Verdict.PASS, state=CheckState.ANSWERS, notes=())
    if node.axl is not None and node.axl.answer is AxlAvailability.NOT_ANSWERING:
        state = CheckState.ANSWERS_WITH_FAULT if node.axl.fault else CheckState.NO_ANSWER
        return replace(check, verdict=Verdict.DRIFT, state=state, notes=(node.axl.text,))
    if view.run is RunState.STOPPED:
        return replace(check, verdict=Verdict.DRIFT)
    if not node.services:
        return check
    note = node.axl.text if node.axl is not None else view.why or view.observed
    return replace(check, state=CheckState.UNKNOWN, notes=(note,))
