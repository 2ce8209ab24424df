"""The services that matter after a failover: do they run on one node, and must they?"""

from auditor import names
from auditor.cluster import ClusterFacts
from auditor.facts import HaState, NodeFacts, RunState
from auditor.failover.judged import Judged
from auditor.failover.seen import Aspect, Point
from auditor.findings import Verdict
from auditor.recommendations.availability import excuse
from auditor.recommendations.conditions import feature
from auditor.recommendations.firm import firm
from auditor.recommendations.ha import IDLE_STOPS, group_of, installed
from auditor.recommendations.view import Seen, look

CRITICAL = (
    names.CLIENT_PROFILE,
    names.SYNC_AGENT,
    names.ROUTER,
    names.SIP_PROXY,
    names.PRESENCE_ENGINE,
)
"""What must run before high availability is enabled (configuration guide 15, HA chapter), in the
order in which they start."""

KEEPERS = (names.INTERCLUSTER_SYNC, names.DATA_MONITOR, names.SERVER_RECOVERY)
"""Whom intercluster sync, the wait for replication and the failover itself hang on."""

OTHERS = (*sorted(IDLE_STOPS - set(CRITICAL)), names.SIP_FEDERATION, names.XMPP_FEDERATION)
"""Services of IM and Presence that must run where they are activated."""

_ROW_OF = {
    names.SIP_PROXY: "SIP-01",
    names.PRESENCE_ENGINE: "PE-01",
    names.SYNC_AGENT: "SYNC-01",
    names.ROUTER: "RTR-01",
}
_WORDS = {
    Verdict.PASS: "runs",
    Verdict.EXPLAINED: "stopped by HA",
    Verdict.NOT_APPLICABLE: "not asked of it",
}


def critical(known: Judged, node: NodeFacts, service: str) -> Point:
    """Return whether a service runs that high availability itself needs."""
    row = _ROW_OF.get(service)
    if row is None:
        return _running(known, node, service, Aspect.CRITICAL)
    finding = known.finding(row, node.name)
    if finding is None or _may_rest(known.facts, node, service):
        return _running(known, node, service, Aspect.CRITICAL)
    told = finding.observed
    if finding.verdict is Verdict.UNKNOWN:
        told = _not_known(node, finding.observed, finding.because)
    return Point(
        Aspect.CRITICAL,
        node.name,
        finding.verdict,
        told,
        _WORDS.get(finding.verdict) or _word(look(known.facts, node, service)),
        service,
    )


def keeper(known: Judged, node: NodeFacts, service: str) -> Point:
    """Return whether a service runs that sync and recovery hang on."""
    point = _running(known, node, service, Aspect.KEEPERS)
    if service != names.INTERCLUSTER_SYNC or point.verdict is Verdict.PASS:
        return point
    peers = feature(firm(known.facts), "intercluster")
    if peers.value:
        return point
    verdict = Verdict.NOT_APPLICABLE if peers.value is False else Verdict.UNKNOWN
    text = f"{point.text.rstrip('.')}, and {peers.clause}."
    return Point(point.aspect, node.name, verdict, text, point.word, service)


def other(known: Judged, node: NodeFacts, service: str) -> Point | None:
    """Return a point on a service that is activated, or may be; None on any other.

    Releases before 11.0 have no File Transfer Manager.
    """
    state = node.services.get(service)
    absent = state is None and (not node.services or service == names.FILE_TRANSFER)
    if absent or (state is not None and state.activated is False):
        return None
    return _running(known, node, service, Aspect.OTHERS)


def _running(known: Judged, node: NodeFacts, service: str, aspect: Aspect) -> Point:
    seen = look(known.facts, node, service)
    if seen.run is RunState.STARTED:
        return Point(aspect, node.name, Verdict.PASS, seen.observed, "runs", service)
    if seen.run is RunState.STOPPED:
        return _stopped(known, node, seen, aspect)
    text = _not_known(node, seen.observed, seen.why or "It was looked at while it moved.")
    return Point(aspect, node.name, Verdict.UNKNOWN, text, _word(seen), service)


def _not_known(node: NodeFacts, observed: str, why: str) -> str:
    """Return why a service is not known; of a node that told none, the same for each of them."""
    return f"{observed} {why}" if node.services else why


def _stopped(known: Judged, node: NodeFacts, seen: Seen, aspect: Aspect) -> Point:
    service = seen.state.name
    draft = excuse(known.facts, node, seen, f"{service} runs.")
    if draft is not None:
        word = _WORDS.get(draft.verdict, "stopped")
        return Point(aspect, node.name, draft.verdict, draft.observed, word, service)
    if seen.state.activated is None and seen.state.deployable is not False:
        text = f"{seen.observed} Whether it is activated is not known."
        return Point(aspect, node.name, Verdict.UNKNOWN, text, "stopped", service)
    if _may_rest(known.facts, node, service):
        text = (
            f"{seen.observed} High availability stops it on an idle node, and that {node.name} is "
            "one is not certain."
        )
        return Point(aspect, node.name, Verdict.UNKNOWN, text, "stopped", service)
    return Point(aspect, node.name, Verdict.DRIFT, seen.observed, "STOPPED", service)


def _may_rest(facts: ClusterFacts, node: NodeFacts, service: str) -> bool:
    """Tell whether a service is stopped as on an idle node, though that explains nothing yet.

    The states were only discovered, or nobody told that high availability is on: to start the
    service by hand would be the wrong advice.
    """
    group, seen = group_of(facts, node), look(facts, node, service)
    stopped = seen.run is RunState.STOPPED and seen.state.activated is not False
    if group is None or group.ha_enabled is False or service not in IDLE_STOPS or not stopped:
        return False
    told = {member.name: member.state for member in installed(facts, group)}
    own = told.pop(node.name, None)
    return own is HaState.IDLE and set(told.values()) == {HaState.BACKUP}


def _word(seen: Seen) -> str:
    if seen.run is RunState.STOPPED:
        return "NOT ACTIVATED" if seen.state.activated is False else "STOPPED"
    return str(seen.run)
