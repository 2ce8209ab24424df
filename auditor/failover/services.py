"""The checks of one node: AXL, the services that matter after a failover, group membership."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from auditor import service_names
from auditor.failover.node_checks import CheckState, CheckType, Doubt, NodeCheck
from auditor.models.facts import AxlAvailability, ClusterFacts, HaState, NodeFacts, RunState
from auditor.models.findings import Finding, FindingKind, Verdict
from auditor.models.statements import Form, make_statement
from auditor.recommendations.conditions import evaluate_feature
from auditor.recommendations.critical_services import CRITICAL_SERVICES
from auditor.recommendations.engine import (
    drop_contradicted_facts,
    drop_discovered_facts,
    evaluate_applicability,
    judge_facts,
)
from auditor.recommendations.ha import explain_by_ha
from auditor.recommendations.ha_states import (
    SERVICES_STOPPED_WHEN_IDLE,
    find_node_group,
    installed_members,
    may_stop_when_idle,
)
from auditor.recommendations.logic import any_of
from auditor.recommendations.packs import Recommendation
from auditor.recommendations.view import NodeView, ServiceView, view_service

SYNC_AND_RECOVERY_SERVICES = (
    service_names.INTERCLUSTER_SYNC_AGENT,
    service_names.DATA_MONITOR,
    service_names.SERVER_RECOVERY_MANAGER,
)
"""Services required for intercluster sync, the monitoring of replication, and failover."""

OTHER_SERVICES = (
    *sorted(SERVICES_STOPPED_WHEN_IDLE - set(CRITICAL_SERVICES)),
    service_names.SIP_FEDERATION_MANAGER,
    service_names.XMPP_FEDERATION_MANAGER,
)
"""Services of IM and Presence that must run where they are activated."""

_RECOMMENDATION_BY_SERVICE = {
    service_names.SIP_PROXY_SERVICE: "SIP-01",
    service_names.PRESENCE_ENGINE_SERVICE: "PE-01",
    service_names.SYNC_AGENT: "SYNC-01",
    service_names.XCP_ROUTER: "RTR-01",
}
_FAILOVER_RECOMMENDATIONS = (
    "AXL-01",
    "AXL-02",
    *_RECOMMENDATION_BY_SERVICE.values(),
    "HA-01",
    "HA-02",
)


@dataclass(frozen=True, slots=True)
class JudgedCluster:
    """A cluster's facts, and the findings of the recommendations that matter for a failover."""

    facts: ClusterFacts
    rows: Mapping[str, Recommendation]
    findings: Mapping[tuple[str, str], Finding]

    def finding(self, recommendation: str, subject: str) -> Finding | None:
        """Return the finding of a recommendation on a node or group."""
        return self.findings.get((recommendation, subject.casefold()))


def judge_for_failover(facts: ClusterFacts, rows: Mapping[str, Recommendation]) -> JudgedCluster:
    """Judge a cluster by the recommendations that matter for a failover; `rows` are all by id."""
    # What another machine returned in place of a node must not count for the node.
    facts = drop_contradicted_facts(facts)
    findings = judge_facts([rows[name] for name in _FAILOVER_RECOMMENDATIONS], facts)
    by_subject = {(f.recommendation, f.subject.name.casefold()): f for f in findings}
    return JudgedCluster(facts, rows, by_subject)


def check_node(findings: JudgedCluster, node: NodeFacts) -> Iterator[NodeCheck]:
    """Yield every check of a node."""
    yield check_node_axl(findings, node)
    for service in CRITICAL_SERVICES:
        yield check_critical_service(findings, node, service)
    for service in SYNC_AND_RECOVERY_SERVICES:
        yield check_sync_and_recovery(findings, node, service)
    if not node.services:
        view = view_service(findings.facts, node, OTHER_SERVICES[0])
        # One check for all of them, because it is not known which are activated.
        yield replace(_unknown_check(node, view, CheckType.OTHER), service="")
    for service in OTHER_SERVICES:
        check = check_other_service(findings, node, service)
        if check is not None:
            yield check
    yield check_group_membership(findings, node)


def check_group_membership(findings: JudgedCluster, node: NodeFacts) -> NodeCheck:
    """Return whether the node belongs to a redundancy group (HA-02)."""
    finding = findings.finding("HA-02", node.name)
    verdict = finding.verdict if finding else Verdict.UNKNOWN
    states = {Verdict.PASS: CheckState.IN_GROUP, Verdict.DRIFT: CheckState.IN_NO_GROUP}
    notes = (finding.because,) if finding and verdict is Verdict.UNKNOWN else ()
    state = states.get(verdict, CheckState.UNKNOWN)
    group = node.redundancy_group or ""
    return NodeCheck(CheckType.MEMBER, node.name, verdict, state, detail=group, notes=notes)


def check_critical_service(findings: JudgedCluster, node: NodeFacts, service: str) -> NodeCheck:
    """Return whether a service runs that high availability itself needs."""
    row = _RECOMMENDATION_BY_SERVICE.get(service, "")
    finding = findings.finding(row, node.name)
    # Where high availability may have stopped the service, the finding would ask to start it by
    # hand.
    if finding is None or _may_be_stopped_by_ha(findings.facts, node, service):
        return _judge_unlisted_service(findings, node, service, CheckType.CRITICAL)
    view = view_service(findings.facts, node, service)
    check = _build_service_check(node, view, CheckType.CRITICAL, finding.verdict)
    # To start a stopped service comes before the question why it restarts.
    if finding.kind is FindingKind.UNSTABLE and view.run is not RunState.STOPPED:
        return replace(check, state=CheckState.RESTARTING, detail="")
    if finding.verdict is not Verdict.UNKNOWN or not node.services:
        return check
    return replace(check, notes=(finding.because,))


def check_sync_and_recovery(findings: JudgedCluster, node: NodeFacts, service: str) -> NodeCheck:
    """Return whether a service runs that sync and recovery depend on.

    Without intercluster peers, the Intercluster Sync Agent need not run.
    """
    check = _judge_unlisted_service(findings, node, service, CheckType.SYNC_AND_RECOVERY)
    if service != service_names.INTERCLUSTER_SYNC_AGENT or check.verdict is Verdict.PASS:
        return check
    # Discovery alone must not excuse a stopped agent: it reads tables that Cisco does not document.
    peers = evaluate_feature(drop_discovered_facts(findings.facts), "intercluster")
    if peers.value:
        return check
    verdict = Verdict.NOT_APPLICABLE if peers.value is False else Verdict.UNKNOWN
    return replace(check, verdict=verdict, doubt=Doubt.PEERS, because=peers.because)


def check_other_service(findings: JudgedCluster, node: NodeFacts, service: str) -> NodeCheck | None:
    """Return the check of a service that is activated, or may be; None for any other.

    Releases before 11.0 have no File Transfer Manager.
    """
    state = node.services.get(service)
    # Without any row, `check_node` yields one check for all. A single missing row is unknown, not
    # off, because Control Center may leave one out.
    is_absent = state is None and (
        not node.services or service == service_names.FILE_TRANSFER_MANAGER
    )
    if is_absent or (state is not None and state.activated is False):
        return None
    return _judge_unlisted_service(findings, node, service, CheckType.OTHER)


def _judge_unlisted_service(
    findings: JudgedCluster, node: NodeFacts, service: str, check_type: CheckType
) -> NodeCheck:
    view = view_service(findings.facts, node, service)
    if view.run is RunState.STARTED:
        return _build_service_check(node, view, check_type, Verdict.PASS)
    if view.run is RunState.STOPPED:
        return _check_stopped_service(findings.facts, node, view, check_type)
    return _unknown_check(node, view, check_type)


def _check_stopped_service(
    facts: ClusterFacts, node: NodeFacts, view: ServiceView, check_type: CheckType
) -> NodeCheck:
    service = view.state.name
    expected = make_statement(Form.SERVICE_RUNS, service=service, node=node.name)
    # High availability comes first: what it stops on an idle node is no fault.
    judgement = explain_by_ha(facts, node, view, expected)
    if judgement is not None:
        return _build_service_check(node, view, check_type, judgement.verdict)
    check = _build_service_check(node, view, check_type, Verdict.DRIFT)
    # A network service cannot be activated, so its stop is a fault in any case.
    if view.state.activated is None and view.state.deployable is not False:
        return replace(check, verdict=Verdict.UNKNOWN, doubt=Doubt.ACTIVATION)
    if _may_be_stopped_by_ha(facts, node, service):
        return replace(check, verdict=Verdict.UNKNOWN, doubt=Doubt.IDLE_NODE)
    return check


def _build_service_check(
    node: NodeFacts, view: ServiceView, check_type: CheckType, verdict: Verdict
) -> NodeCheck:
    """Return a check of a service whose state is that of the view."""
    code, reason = view.state.reason_code, view.state.reason
    parts = ("" if code is None else str(code), reason or "")
    return NodeCheck(
        check_type,
        node.name,
        verdict,
        _check_state(node, view),
        view.state.name,
        detail=" ".join(part for part in parts if part),
        notes=(view.why,) if view.why else (),
    )


def _unknown_check(node: NodeFacts, view: ServiceView, check_type: CheckType) -> NodeCheck:
    check = _build_service_check(node, view, check_type, Verdict.UNKNOWN)
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


def is_axl_required(findings: JudgedCluster, node: NodeFacts) -> bool | None:
    """Return whether AXL must run on a node (AXL-01, AXL-02), None if that is not known.

    Facts that are only discovered do not make it optional. Where nodes and groups are those of an
    earlier run, they do not make it required either.
    """
    required, without_discovery = (
        _is_axl_applicable(facts, node, findings)
        for facts in (findings.facts, drop_discovered_facts(findings.facts))
    )
    if required is without_discovery:
        return required
    is_dated = findings.facts.topology_recorded_at is not None
    return None if required is False or is_dated else required


def _is_axl_applicable(
    facts: ClusterFacts, node: NodeFacts, findings: JudgedCluster
) -> bool | None:
    views = [NodeView(facts, node, findings.rows[name]) for name in ("AXL-01", "AXL-02")]
    return any_of(*(evaluate_applicability(view) for view in views)).value


def check_node_axl(findings: JudgedCluster, node: NodeFacts) -> NodeCheck:
    """Return whether AXL is activated, runs, and answered an authenticated request."""
    check = _check_axl_reply(
        node, view_service(findings.facts, node, service_names.AXL_WEB_SERVICE)
    )
    is_required = is_axl_required(findings, node)
    if check.verdict is Verdict.PASS:
        return check
    if is_required is False:
        return replace(check, verdict=Verdict.NOT_APPLICABLE, doubt=Doubt.OPTIONAL)
    if is_required is None and check.verdict is Verdict.DRIFT:
        hints = evaluate_feature(findings.facts, "intercluster").hints
        notes = (*check.notes, *(hints or (make_statement(Form.READ_CUCM),)))
        return replace(check, verdict=Verdict.UNKNOWN, doubt=Doubt.REQUIREMENT, notes=notes)
    return check


def _check_axl_reply(node: NodeFacts, view: ServiceView) -> NodeCheck:
    check = _build_service_check(node, view, CheckType.AXL, Verdict.UNKNOWN)
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


def mark_restarting(check: NodeCheck, restarting: Iterable[tuple[str, str]]) -> NodeCheck:
    """Return a check as drift if its service keeps restarting, else as it is.

    A stopped service stays stopped; one that need not run may restart.
    """
    counts = check.verdict in (Verdict.PASS, Verdict.UNKNOWN) and check.type is not CheckType.AXL
    if not counts or (check.node, check.service) not in restarting:
        return check
    return NodeCheck(
        check.type, check.node, Verdict.DRIFT, CheckState.RESTARTING, service=check.service
    )
