"""What an audit cannot see: why nodes and clusters gave nothing, and which could be read before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.errors import Reason
from auditor.facts import Coverage, Source
from auditor.findings import ClusterReport, Status, SubjectKind, Verdict
from auditor.past import Past
from auditor.report.wording import count, listed
from auditor.runs import Report

_CAUSES = {
    Reason.UNREACHABLE: "{} cannot be reached",
    Reason.TIMED_OUT: "no answer in time from {}",
    Reason.TLS: "certificate not accepted of {}",
    Reason.CREDENTIALS: "credentials refused by {}",
    Reason.NOT_AUTHORISED: "account without the role that it needs on {}",
    Reason.NO_SUCH_SERVICE: "web service missing on {}",
    Reason.RATE_LIMITED: "too many requests for {}",
    Reason.UNAVAILABLE: "web service unavailable on {}",
    Reason.SOAP_FAULT: "fault in the answer of {}",
    Reason.BAD_REPLY: "no SOAP answer from {}",
    Reason.TOO_LARGE: "answer too large from {}",
    Reason.WRONG_NODE: "another node answers for {}",
    Reason.UNSUPPORTED_VERSION: "no AXL version in common with {}",
    Reason.NOT_ASKED: "nothing was asked of {}",
    Reason.BUG: "auditor itself failed on {}",
}


@dataclass(frozen=True, slots=True)
class Sight:
    """A node, or with `node` None a whole cluster, that was lost from sight or is back.

    `unknown` is how many checks of a node have no answer, `why` the reason in a few words.
    """

    cluster: str
    node: str | None
    back: bool
    unknown: int = 0
    why: str = ""


def cause(cluster: ClusterReport) -> str:
    """Return why nodes of a cluster could not be read, empty where no reason is known.

    Servers that failed in the same way are named together; what was only not asked after another
    failure is left out.
    """
    asked = [_worst(cluster, name) for name in (cluster.publisher or "", *cluster.unread)]
    return told([entry for entry in asked if entry])


def _worst(cluster: ClusterReport, node: str) -> Coverage | None:
    """Return the gap that says most of why a server gave nothing."""
    gaps = [entry for entry in cluster.coverage if entry.node == node and entry.reason]
    return min(gaps, key=_weight, default=None)


def _weight(entry: Coverage) -> tuple[bool, bool]:
    graver = (Source.CUCM_AXL, Source.CONTROL_CENTER)
    return entry.reason is Reason.NOT_ASKED, entry.source not in graver


def told(gaps: Sequence[Coverage]) -> str:
    """Return why servers gave nothing, those that failed in the same way together."""
    servers: dict[Reason, dict[str, None]] = {}
    for entry in gaps:
        if entry.reason:
            servers.setdefault(entry.reason, {})[entry.node] = None
    if len(servers) > 1:
        servers.pop(Reason.NOT_ASKED, None)
    return ", ".join(_CAUSES[reason].format(listed(names)) for reason, names in servers.items())


def sights(report: Report) -> tuple[Sight, ...]:
    """Return what the run before could read and this one cannot, and what can be read again."""
    return tuple(
        sight
        for cluster in report.clusters
        if (past := report.past.get(cluster.name)) and past.runs
        for sight in of_cluster(cluster, past)
    )


def of_cluster(cluster: ClusterReport, past: Past) -> Iterator[Sight]:
    """Give what moved out of sight and back; a cluster that is lost stands for all of its nodes.

    Nodes are left out where nobody knows which of them the run before could read.
    """
    was_dark = past.runs[0].status is Status.UNAUDITABLE
    is_dark = cluster.status is Status.UNAUDITABLE
    if is_dark:
        if not was_dark:
            yield Sight(cluster.name, None, back=False, why=cause(cluster))
        return
    before = None if past.stranger else past.unread
    for name in cluster.unread:
        if before is not None and name.lower() not in before:
            gap = _worst(cluster, name)
            why = told([gap] if gap else [])
            yield Sight(cluster.name, name, back=False, unknown=_unknown(cluster, name), why=why)
    read = [n.name for n in cluster.nodes if not n.planned and n.name not in cluster.unread]
    if was_dark and read:
        yield Sight(cluster.name, None, back=True)
        return
    for name in read:
        if before and name.lower() in before:
            yield Sight(cluster.name, name, back=True)


def _unknown(cluster: ClusterReport, node: str) -> int:
    return sum(
        finding.verdict is Verdict.UNKNOWN
        for finding in cluster.findings
        if finding.subject.kind is SubjectKind.NODE and finding.subject.name == node
    )


def line(sight: Sight) -> str:
    """Return what is told of it in one line, without a full stop."""
    who = f"{sight.node} ({sight.cluster})" if sight.node else f"cluster {sight.cluster}"
    verb = "read" if sight.node else "audited"
    if sight.back:
        return f"back: {who} can be {verb} again"
    unknown = f", {count(sight.unknown, 'check')} unknown" if sight.unknown else ""
    why = f": {sight.why}" if sight.why else ""
    return f"worse: {who} can no longer be {verb}{unknown}{why}"


def sentence(sight: Sight) -> str:
    """Return what a report of that cluster says of it."""
    who, verb = (sight.node, "read") if sight.node else ("The cluster", "audited")
    if sight.back:
        return f"{who} can be {verb} again."
    return f"{who} could be {verb} then and cannot be now."
