"""The checks of one node's services: what the rows of an audit say of them, for a failover."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from auditor import service_names
from auditor.failover.judged import JudgedCluster
from auditor.failover.node_checks import (
    CheckState,
    CheckType,
    Doubt,
    NodeCheck,
)
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Finding, FindingKind, Verdict
from auditor.models.forms import Form
from auditor.models.nodes import HaState, NodeFacts, RunState
from auditor.models.statements import make_statement
from auditor.recommendations.critical_services import (
    CRITICAL_SERVICES,
    is_critical_service,
    needs_ha_off,
)
from auditor.recommendations.discovered import drop_discovered_facts
from auditor.recommendations.groups import find_node_group, installed_members
from auditor.recommendations.ha import explain_by_ha
from auditor.recommendations.ha_states import SERVICES_STOPPED_WHEN_IDLE, may_stop_when_idle
from auditor.recommendations.view import ServiceView, view_service
from auditor.service_names import START_ORDER

ORDERED_NETWORK_SERVICES = tuple(name for name in START_ORDER if name not in CRITICAL_SERVICES)
"""The network services of the start order that are not critical themselves."""

OTHER_SERVICES = (
    *sorted(SERVICES_STOPPED_WHEN_IDLE - set(CRITICAL_SERVICES)),
    service_names.SIP_FEDERATION_MANAGER,
    service_names.XMPP_FEDERATION_MANAGER,
)
"""Services of IM and Presence that must run where the deployment needs them."""


def check_services(judged: JudgedCluster, node: NodeFacts) -> Iterator[NodeCheck]:
    """Yield every check of a node's services."""
    critical = critical_services(judged)
    for service in critical:
        yield _check_named_service(judged, node, service, CheckType.CRITICAL)
    for service in ORDERED_NETWORK_SERVICES:
        yield _check_named_service(judged, node, service, CheckType.NETWORK)
    if not node.services:
        view = view_service(judged.facts, node, OTHER_SERVICES[0])
        # One check for all of them, because it is not known which are activated.
        check = _unknown_check(judged.facts, node, view, CheckType.OTHER)
        yield replace(check, service="")
        return
    for service in OTHER_SERVICES:
        if service in critical:
            continue
        check = _check_named_service(judged, node, service, CheckType.OTHER)
        # A service that is off, and that nothing asks for, has no place in the count.
        if check.state is not CheckState.NOT_ACTIVATED or check.verdict is Verdict.DRIFT:
            yield check


def critical_services(judged: JudgedCluster) -> tuple[str, ...]:
    """Return the services that are known to be critical: discovery alone makes none of them so."""
    facts = drop_discovered_facts(judged.facts)
    others = (service for service in OTHER_SERVICES if is_critical_service(facts, service))
    return (*CRITICAL_SERVICES, *others)


_VERDICTS_BY_WEIGHT = (Verdict.DRIFT, Verdict.PASS, Verdict.EXPLAINED, Verdict.UNKNOWN)
"""Which of several rows on one service counts: one that knows comes before one that does not."""


def _weightiest(findings: Sequence[Finding]) -> Finding | None:
    """Return the finding that counts, None where no row asks for the service."""
    applicable = [f for f in findings if f.verdict in _VERDICTS_BY_WEIGHT]
    return min(
        applicable,
        key=lambda f: (_VERDICTS_BY_WEIGHT.index(f.verdict), f.severity.rank),
        default=None,
    )


def _check_named_service(
    judged: JudgedCluster, node: NodeFacts, service: str, check_type: CheckType
) -> NodeCheck:
    """Return the check of a service by the findings of the rows that want it to run."""
    view = view_service(judged.facts, node, service)
    finding = _weightiest(judged.service_findings(node.name, service))
    if not node.services:
        return _unknown_check(judged.facts, node, view, check_type, finding)
    if finding is None:
        return build_service_check(judged.facts, node, view, check_type, Verdict.NOT_APPLICABLE)
    check = build_service_check(judged.facts, node, view, check_type, finding.verdict, finding)
    if _may_be_stopped_by_ha(judged.facts, node, service) and finding.verdict is Verdict.DRIFT:
        return replace(check, verdict=Verdict.UNKNOWN, doubt=Doubt.IDLE_NODE)
    match finding.verdict:
        case Verdict.DRIFT:
            return _describe_drift(judged, check, finding, view)
        case Verdict.UNKNOWN:
            return _describe_unknown(judged.facts, node, check, finding, view)
    return check


def _describe_drift(
    judged: JudgedCluster, check: NodeCheck, finding: Finding, view: ServiceView
) -> NodeCheck:
    # To start a stopped service comes before the question why it restarts.
    if finding.kind is FindingKind.UNSTABLE and view.run is not RunState.STOPPED:
        return replace(check, state=CheckState.RESTARTING, detail="")
    missing = judged.missing_prerequisite(check.node, check.service)
    if missing is not None:
        check = replace(check, missing=missing.observed, remedies=missing.remedy)
    # A network service cannot be activated, so that nothing is left to find out.
    if view.state.activated is None and view.state.deployable is not False:
        return replace(check, doubt=Doubt.ACTIVATION)
    return check


def _describe_unknown(
    facts: ClusterFacts, node: NodeFacts, check: NodeCheck, finding: Finding, view: ServiceView
) -> NodeCheck:
    """Return a check with what keeps the row from a verdict."""
    # The row waits for a key of the profile; that an activated service runs is known without it.
    if view.run is RunState.STARTED and view.state.activated is not False:
        return replace(check, verdict=Verdict.PASS, notes=())
    if check.state is CheckState.NOT_ACTIVATED:
        return replace(check, verdict=Verdict.NOT_APPLICABLE)
    expected = make_statement(Form.SERVICE_RUNS, service=check.service, node=node.name)
    by_ha = explain_by_ha(facts, node, view, expected)
    # Whether it must run or not, a failover stopped it.
    if by_ha is not None and by_ha.verdict is Verdict.EXPLAINED:
        return replace(check, verdict=Verdict.EXPLAINED)
    notes = (*check.notes, *((finding.because,) if finding.because not in check.notes else ()))
    check = replace(check, notes=notes, remedies=finding.remedy)
    if view.run is not RunState.STOPPED or by_ha is not None:
        return check
    return replace(check, doubt=Doubt.REQUIREMENT, notes=(*notes, *finding.remedy))


def build_service_check(
    facts: ClusterFacts,
    node: NodeFacts,
    view: ServiceView,
    check_type: CheckType,
    verdict: Verdict,
    finding: Finding | None = None,
) -> NodeCheck:
    """Return a check of a service whose state is that of the view."""
    code, reason = view.state.reason_code, view.state.reason
    parts = ("" if code is None else str(code), reason or "")
    check = NodeCheck(
        check_type,
        node.name,
        verdict,
        _check_state(node, view),
        view.state.name,
        detail=" ".join(part for part in parts if part),
        notes=(view.why,) if view.why else (),
        needs_ha_off=needs_ha_off(facts, view.state.name),
    )
    return check if finding is None else replace(check, severity=finding.severity)


def _unknown_check(
    facts: ClusterFacts,
    node: NodeFacts,
    view: ServiceView,
    check_type: CheckType,
    finding: Finding | None = None,
) -> NodeCheck:
    check = build_service_check(facts, node, view, check_type, Verdict.UNKNOWN, finding)
    return (
        check if check.notes else replace(check, notes=(make_statement(Form.SERVICE_NOT_SETTLED),))
    )


_CHECK_STATES = {
    RunState.STARTED: CheckState.RUNS,
    RunState.STARTING: CheckState.STARTING,
    RunState.STOPPING: CheckState.STOPPING,
    RunState.STOPPED: CheckState.STOPPED,
    RunState.UNKNOWN: CheckState.UNKNOWN,
}


def _check_state(node: NodeFacts, view: ServiceView) -> CheckState:
    if not node.services:
        return CheckState.UNREAD
    if view.run is RunState.STOPPED and view.state.activated is False:
        return CheckState.NOT_ACTIVATED
    return _CHECK_STATES[view.run]


def _may_be_stopped_by_ha(facts: ClusterFacts, node: NodeFacts, service: str) -> bool:
    """Return whether high availability may have stopped a service, though that is not certain.

    The states are only discovered, or it is not known whether high availability is on. To start
    the service by hand would then be the wrong advice.
    """
    group, view = find_node_group(facts, node), view_service(facts, node, service)
    is_stopped = view.run is RunState.STOPPED and view.state.activated is not False
    if (
        group is None
        or group.ha_enabled is False
        or not may_stop_when_idle(view.state)
        or not is_stopped
    ):
        return False
    # Idle is documented only beside a partner in backup mode (configuration guide 15, HA chapter).
    # With any other partner, no failover explains a stopped service.
    states = {member.name: member.state for member in installed_members(facts, group)}
    own_state = states.pop(node.name, None)
    return own_state is HaState.IDLE and set(states.values()) == {HaState.BACKUP}


def mark_restarting(check: NodeCheck, restarting: Iterable[tuple[str, str]]) -> NodeCheck:
    """Return a check as drift if its service keeps restarting, else as it is.

    A stopped service stays stopped; one that need not run may restart.
    """
    counts = check.verdict in (Verdict.PASS, Verdict.UNKNOWN) and check.type is not CheckType.AXL
    if not counts or (check.node, check.service) not in restarting:
        return check
    return NodeCheck(
        check.type,
        check.node,
        Verdict.DRIFT,
        CheckState.RESTARTING,
        service=check.service,
        severity=check.severity,
        needs_ha_off=check.needs_ha_off,
    )
