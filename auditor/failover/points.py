"""What is seen on one node: AXL, its services, and whether it belongs to the group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor import names
from auditor.cluster import ClusterFacts
from auditor.facts import AxlAnswer, HaState, NodeFacts, RunState
from auditor.failover.findings import Aspect, Point
from auditor.findings import Finding, Verdict
from auditor.recommendations.availability import excuse
from auditor.recommendations.conditions import feature
from auditor.recommendations.engine import applicability, judge
from auditor.recommendations.firm import believable, firm
from auditor.recommendations.ha import IDLE_STOPS, group_of, installed
from auditor.recommendations.model import Recommendation
from auditor.recommendations.truth import either
from auditor.recommendations.view import Seen, View, look

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

_ROWS = ("AXL-01", "AXL-02", "SIP-01", "PE-01", "SYNC-01", "RTR-01", "HA-01", "HA-02")
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


@dataclass(frozen=True, slots=True)
class Judged:
    """A cluster's facts, and what the recommendations that matter here say of them."""

    facts: ClusterFacts
    rows: Mapping[str, Recommendation]
    findings: Mapping[tuple[str, str], Finding]

    def finding(self, row: str, subject: str) -> Finding | None:
        """Return the finding of a recommendation on a node or group."""
        return self.findings.get((row, subject.casefold()))


def judged(facts: ClusterFacts, rows: Mapping[str, Recommendation]) -> Judged:
    """Judge a cluster by the recommendations that matter here; `rows` are all of them by id."""
    facts = believable(facts)
    found = judge([rows[name] for name in _ROWS], facts)
    return Judged(facts, rows, {(f.recommendation, f.subject.name.casefold()): f for f in found})


def points(known: Judged, node: NodeFacts) -> Iterator[Point]:
    """Yield everything that is seen on a node."""
    yield axl(known, node)
    for service in CRITICAL:
        yield _critical(known, node, service)
    for service in KEEPERS:
        yield _keeper(known, node, service)
    if not node.services:
        why = look(known.facts, node, OTHERS[0]).why
        yield Point(Aspect.OTHERS, node.name, Verdict.UNKNOWN, why, "unknown")
    for service in OTHERS:
        point = _other(known, node, service)
        if point is not None:
            yield point
    yield member(known, node)


def must_answer(known: Judged, node: NodeFacts) -> bool | None:
    """Tell whether AXL must run on a node (AXL-01, AXL-02), None if that is not known.

    What was only discovered frees no node of it.
    """
    told, firmly = (_must(facts, node, known) for facts in (known.facts, firm(known.facts)))
    return None if told is False and firmly is not False else told


def _must(facts: ClusterFacts, node: NodeFacts, known: Judged) -> bool | None:
    views = [View(facts, node, known.rows[name]) for name in ("AXL-01", "AXL-02")]
    return either(*(applicability(view) for view in views)).value


def axl(known: Judged, node: NodeFacts) -> Point:
    """Tell whether AXL is activated, runs, and answered an authenticated request."""
    must = must_answer(known, node)
    seen = look(known.facts, node, names.AXL)
    verdict, text, word = _axl(node, seen)
    if verdict is Verdict.PASS:
        return Point(Aspect.AXL, node.name, verdict, text, word, names.AXL)
    if must is False:
        text = f"{text.rstrip('.')}; it is optional on this node."
        return Point(Aspect.AXL, node.name, Verdict.NOT_APPLICABLE, text, word, names.AXL)
    if must is None and verdict is Verdict.DRIFT:
        hint = feature(known.facts, "intercluster").hint or "Make AXL of the CUCM publisher answer."
        text = f"{text.rstrip('.')}; whether it must is not known. {hint}"
        return Point(Aspect.AXL, node.name, Verdict.UNKNOWN, text, word, names.AXL)
    return Point(Aspect.AXL, node.name, verdict, text, word, names.AXL)


def _axl(node: NodeFacts, seen: Seen) -> tuple[Verdict, str, str]:
    if node.axl is not None and node.axl.answer is AxlAnswer.ANSWERED:
        return Verdict.PASS, f"AXL answers on {node.name}.", "answers"
    if node.axl is not None and node.axl.answer is AxlAnswer.NOT_ANSWERING:
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


def _critical(known: Judged, node: NodeFacts, service: str) -> Point:
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


def _keeper(known: Judged, node: NodeFacts, service: str) -> Point:
    point = _running(known, node, service, Aspect.KEEPERS)
    if service != names.INTERCLUSTER_SYNC or point.verdict is Verdict.PASS:
        return point
    peers = feature(firm(known.facts), "intercluster")
    if peers.value:
        return point
    verdict = Verdict.NOT_APPLICABLE if peers.value is False else Verdict.UNKNOWN
    text = f"{point.text.rstrip('.')}, and {peers.clause}."
    return Point(point.aspect, node.name, verdict, text, point.word, service)


def _other(known: Judged, node: NodeFacts, service: str) -> Point | None:
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


def member(known: Judged, node: NodeFacts) -> Point:
    """Tell whether the node belongs to a redundancy group (HA-02)."""
    finding = known.finding("HA-02", node.name)
    verdict = finding.verdict if finding else Verdict.UNKNOWN
    text = finding.observed if finding else f"The group of {node.name} is not known."
    words = {Verdict.PASS: "yes", Verdict.DRIFT: "IN NO GROUP"}
    return Point(Aspect.MEMBER, node.name, verdict, text, words.get(verdict, "unknown"))
