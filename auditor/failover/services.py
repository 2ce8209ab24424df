"""The services that matter after a failover: do they run on one node, and must they?

AXL on one node: must it answer there, and does it?

A cluster's facts with what the recommendations that matter after a failover say of them.

Which services keep restarting, by the start times that look after look tells.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from auditor.failover.model import NodeCheck, NodeCheckType
from auditor.models.facts import AxlAvailability, ClusterFacts, HaState, NodeFacts, RunState
from auditor.models.findings import Finding, Verdict
from auditor.recommendations.conditions import evaluate_feature
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
)
from auditor.recommendations.logic import any_of
from auditor.recommendations.packs import Recommendation
from auditor.recommendations.view import NodeView, ServiceView, view_service
from auditor.service_names import (
    AXL_WEB_SERVICE,
    CLIENT_PROFILE_AGENT,
    DATA_MONITOR,
    FILE_TRANSFER_MANAGER,
    INTERCLUSTER_SYNC_AGENT,
    PRESENCE_ENGINE_SERVICE,
    SERVER_RECOVERY_MANAGER,
    SIP_FEDERATION_MANAGER,
    SIP_PROXY_SERVICE,
    SYNC_AGENT,
    XCP_ROUTER,
    XMPP_FEDERATION_MANAGER,
)

_FAILOVER_RECOMMENDATIONS = (
    "AXL-01",
    "AXL-02",
    "SIP-01",
    "PE-01",
    "SYNC-01",
    "RTR-01",
    "HA-01",
    "HA-02",
)


@dataclass(frozen=True, slots=True)
class FailoverFindings:
    """A cluster's facts, and what the recommendations that matter here say of them."""

    facts: ClusterFacts
    rows: Mapping[str, Recommendation]
    findings: Mapping[tuple[str, str], Finding]

    def finding(self, row: str, subject: str) -> Finding | None:
        """Return the finding of a recommendation on a node or group."""
        return self.findings.get((row, subject.casefold()))


def judge_for_failover(facts: ClusterFacts, rows: Mapping[str, Recommendation]) -> FailoverFindings:
    """Judge a cluster by the recommendations that matter here; `rows` are all of them by id."""
    facts = drop_contradicted_facts(facts)
    found = judge_facts([rows[name] for name in _FAILOVER_RECOMMENDATIONS], facts)
    return FailoverFindings(
        facts, rows, {(f.recommendation, f.subject.name.casefold()): f for f in found}
    )


CRITICAL_SERVICES = (
    CLIENT_PROFILE_AGENT,
    SYNC_AGENT,
    XCP_ROUTER,
    SIP_PROXY_SERVICE,
    PRESENCE_ENGINE_SERVICE,
)
"""What must run before high availability is enabled (configuration guide 15, HA chapter), in the
order in which they start."""

SYNC_AND_RECOVERY_SERVICES = (INTERCLUSTER_SYNC_AGENT, DATA_MONITOR, SERVER_RECOVERY_MANAGER)
"""Whom intercluster sync, the wait for replication and the failover itself hang on."""

OTHER_SERVICES = (
    *sorted(SERVICES_STOPPED_WHEN_IDLE - set(CRITICAL_SERVICES)),
    SIP_FEDERATION_MANAGER,
    XMPP_FEDERATION_MANAGER,
)
"""Services of IM and Presence that must run where they are activated."""

_RECOMMENDATION_BY_SERVICE = {
    SIP_PROXY_SERVICE: "SIP-01",
    PRESENCE_ENGINE_SERVICE: "PE-01",
    SYNC_AGENT: "SYNC-01",
    XCP_ROUTER: "RTR-01",
}
_SERVICE_VERDICT_LABELS = {
    Verdict.PASS: "runs",
    Verdict.EXPLAINED: "stopped by HA",
    Verdict.NOT_APPLICABLE: "not asked of it",
}


def check_critical_service(known: FailoverFindings, node: NodeFacts, service: str) -> NodeCheck:
    """Return whether a service runs that high availability itself needs."""
    row = _RECOMMENDATION_BY_SERVICE.get(service)
    if row is None:
        return _check_service_running(known, node, service, NodeCheckType.CRITICAL)
    finding = known.finding(row, node.name)
    if finding is None or _may_be_ha_stopped(known.facts, node, service):
        return _check_service_running(known, node, service, NodeCheckType.CRITICAL)
    told = finding.observed
    if finding.verdict is Verdict.UNKNOWN:
        told = _unknown_service_text(node, finding.observed, finding.because)
    return NodeCheck(
        NodeCheckType.CRITICAL,
        node.name,
        finding.verdict,
        told,
        _SERVICE_VERDICT_LABELS.get(finding.verdict)
        or _service_state_label(view_service(known.facts, node, service)),
        service,
    )


def check_sync_and_recovery(known: FailoverFindings, node: NodeFacts, service: str) -> NodeCheck:
    """Return whether a service runs that sync and recovery hang on."""
    point = _check_service_running(known, node, service, NodeCheckType.KEEPERS)
    if service != INTERCLUSTER_SYNC_AGENT or point.verdict is Verdict.PASS:
        return point
    peers = evaluate_feature(drop_discovered_facts(known.facts), "intercluster")
    if peers.value:
        return point
    verdict = Verdict.NOT_APPLICABLE if peers.value is False else Verdict.UNKNOWN
    text = f"{point.text.rstrip('.')}, and {peers.clause}."
    return NodeCheck(point.aspect, node.name, verdict, text, point.word, service)


def check_other_service(known: FailoverFindings, node: NodeFacts, service: str) -> NodeCheck | None:
    """Return a point on a service that is activated, or may be; None on any other.

    Releases before 11.0 have no File Transfer Manager.
    """
    state = node.services.get(service)
    absent = state is None and (not node.services or service == FILE_TRANSFER_MANAGER)
    if absent or (state is not None and state.activated is False):
        return None
    return _check_service_running(known, node, service, NodeCheckType.OTHERS)


def _check_service_running(
    known: FailoverFindings, node: NodeFacts, service: str, aspect: NodeCheckType
) -> NodeCheck:
    seen = view_service(known.facts, node, service)
    if seen.run is RunState.STARTED:
        return NodeCheck(aspect, node.name, Verdict.PASS, seen.observed, "runs", service)
    if seen.run is RunState.STOPPED:
        return _check_stopped_service(known, node, seen, aspect)
    text = _unknown_service_text(
        node, seen.observed, seen.why or "It was looked at while it moved."
    )
    return NodeCheck(aspect, node.name, Verdict.UNKNOWN, text, _service_state_label(seen), service)


def _unknown_service_text(node: NodeFacts, observed: str, why: str) -> str:
    """Return why a service is not known; of a node that told none, the same for each of them."""
    return f"{observed} {why}" if node.services else why


def _check_stopped_service(
    known: FailoverFindings, node: NodeFacts, seen: ServiceView, aspect: NodeCheckType
) -> NodeCheck:
    service = seen.state.name
    draft = explain_by_ha(known.facts, node, seen, f"{service} runs.")
    if draft is not None:
        word = _SERVICE_VERDICT_LABELS.get(draft.verdict, "stopped")
        return NodeCheck(aspect, node.name, draft.verdict, draft.observed, word, service)
    if seen.state.activated is None and seen.state.deployable is not False:
        text = f"{seen.observed} Whether it is activated is not known."
        return NodeCheck(aspect, node.name, Verdict.UNKNOWN, text, "stopped", service)
    if _may_be_ha_stopped(known.facts, node, service):
        text = (
            f"{seen.observed} High availability stops it on an idle node, and that {node.name} is "
            "one is not certain."
        )
        return NodeCheck(aspect, node.name, Verdict.UNKNOWN, text, "stopped", service)
    return NodeCheck(aspect, node.name, Verdict.DRIFT, seen.observed, "STOPPED", service)


def _may_be_ha_stopped(facts: ClusterFacts, node: NodeFacts, service: str) -> bool:
    """Tell whether a service is stopped as on an idle node, though that explains nothing yet.

    The states were only discovered, or nobody told that high availability is on: to start the
    service by hand would be the wrong advice.
    """
    group, seen = find_node_group(facts, node), view_service(facts, node, service)
    stopped = seen.run is RunState.STOPPED and seen.state.activated is not False
    if (
        group is None
        or group.ha_enabled is False
        or service not in SERVICES_STOPPED_WHEN_IDLE
        or not stopped
    ):
        return False
    told = {member.name: member.state for member in installed_members(facts, group)}
    own = told.pop(node.name, None)
    return own is HaState.IDLE and set(told.values()) == {HaState.BACKUP}


def _service_state_label(seen: ServiceView) -> str:
    if seen.run is RunState.STOPPED:
        return "NOT ACTIVATED" if seen.state.activated is False else "STOPPED"
    return str(seen.run)


AXL_FAULT_LABEL = "answers, with a fault"
"""The word for AXL that answers with a SOAP fault, which is an answer (AXL-04)."""


def is_axl_required(known: FailoverFindings, node: NodeFacts) -> bool | None:
    """Tell whether AXL must run on a node (AXL-01, AXL-02), None if that is not known.

    What was only discovered frees no node of it.
    """
    told, firmly = (
        _is_axl_applicable(facts, node, known)
        for facts in (known.facts, drop_discovered_facts(known.facts))
    )
    return None if told is False and firmly is not False else told


def _is_axl_applicable(
    facts: ClusterFacts, node: NodeFacts, known: FailoverFindings
) -> bool | None:
    views = [NodeView(facts, node, known.rows[name]) for name in ("AXL-01", "AXL-02")]
    return any_of(*(evaluate_applicability(view) for view in views)).value


def check_node_axl(known: FailoverFindings, node: NodeFacts) -> NodeCheck:
    """Tell whether AXL is activated, runs, and answered an authenticated request."""
    must = is_axl_required(known, node)
    seen = view_service(known.facts, node, AXL_WEB_SERVICE)
    verdict, text, word = _judge_axl_reply(node, seen)
    if verdict is Verdict.PASS:
        return NodeCheck(NodeCheckType.AXL, node.name, verdict, text, word, AXL_WEB_SERVICE)
    if must is False:
        text = f"{text.rstrip('.')}; it is optional on this node."
        return NodeCheck(
            NodeCheckType.AXL, node.name, Verdict.NOT_APPLICABLE, text, word, AXL_WEB_SERVICE
        )
    if must is None and verdict is Verdict.DRIFT:
        hint = (
            evaluate_feature(known.facts, "intercluster").hint
            or "Make AXL of the CUCM publisher answer."
        )
        text = f"{text.rstrip('.')}; whether it must is not known. {hint}"
        return NodeCheck(NodeCheckType.AXL, node.name, Verdict.UNKNOWN, text, word, AXL_WEB_SERVICE)
    return NodeCheck(NodeCheckType.AXL, node.name, verdict, text, word, AXL_WEB_SERVICE)


def _judge_axl_reply(node: NodeFacts, seen: ServiceView) -> tuple[Verdict, str, str]:
    if node.axl is not None and node.axl.answer is AxlAvailability.ANSWERED:
        if node.axl.fault:
            return Verdict.PASS, node.axl.text, AXL_FAULT_LABEL
        return Verdict.PASS, f"AXL answers on {node.name}.", "answers"
    if node.axl is not None and node.axl.answer is AxlAvailability.NOT_ANSWERING:
        text = f"AXL runs and does not answer on {node.name}. {node.axl.text}"
        return Verdict.DRIFT, text, "NO ANSWER"
    if seen.run is RunState.STOPPED:
        if seen.state.activated is False:
            return Verdict.DRIFT, seen.observed, "NOT ACTIVATED"
        return Verdict.DRIFT, seen.observed, "STOPPED"
    if not node.services:
        return Verdict.UNKNOWN, seen.why, "unknown"
    text = node.axl.text if node.axl is not None else seen.why or seen.observed
    return Verdict.UNKNOWN, f"Whether AXL answers on {node.name} is not known. {text}", "unknown"


ServiceOnNode = tuple[str, str]
"""A node and a service of it."""

_UNSTABLE_RESTARTS = 2
"""Moves of a start time that are no single restart, by hand or by high availability."""

UNSTABLE_LABEL = "UNSTABLE"
"""The word for a service that keeps restarting."""


@dataclass(slots=True)
class RestartCounter:
    """Counts how often the start time of a service moved from one look to the next."""

    started: dict[ServiceOnNode, str] = field(default_factory=dict)
    moves: dict[ServiceOnNode, int] = field(default_factory=dict)

    def note(self, nodes: Iterable[NodeFacts]) -> None:
        """Take in what a look told; a service that tells no start time keeps its last one."""
        for node in nodes:
            for service in node.services.values():
                if service.started_at:
                    self._note((node.name, service.name), service.started_at)

    def _note(self, running: ServiceOnNode, started_at: str) -> None:
        if self.started.get(running, started_at) != started_at:
            self.moves[running] = self.moves.get(running, 0) + 1
        self.started[running] = started_at

    def of(self, nodes: Iterable[NodeFacts]) -> tuple[ServiceOnNode, ...]:
        """Return the services of these nodes that keep restarting."""
        own = {node.name for node in nodes}
        return tuple(
            sorted(
                one
                for one, count in self.moves.items()
                if count >= _UNSTABLE_RESTARTS and one[0] in own
            )
        )


def mark_restarting(point: NodeCheck, restarting: Iterable[ServiceOnNode]) -> NodeCheck:
    """Return a point as it is, or as drift if its service keeps restarting.

    One that is stopped stays told as that; one that need not run may restart as it likes.
    """
    weighs = (
        point.verdict in (Verdict.PASS, Verdict.UNKNOWN) and point.aspect is not NodeCheckType.AXL
    )
    if not weighs or (point.node, point.service) not in restarting:
        return point
    text = f"{point.service} on {point.node} keeps restarting."
    return replace(point, verdict=Verdict.DRIFT, text=text, word=UNSTABLE_LABEL)
