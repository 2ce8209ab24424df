"""What a report adds up to, for every format alike: nodes read, gaps, since when.

What an audit cannot see: why nodes and clusters gave nothing, and which could be read before.

What moved since the last run, in a few plain sentences.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from auditor.errors import Reason
from auditor.failures import Failure, failure_cause
from auditor.models.facts import Coverage, Source
from auditor.models.findings import ClusterReport, ClusterStatus, Finding, SubjectKind, Verdict
from auditor.models.history import ChangeDirection, ClusterHistory, FindingAge
from auditor.models.report import Report, RunMetadata
from auditor.problems import Problem
from auditor.text import count_noun, is_or_are, join_names

_SKIPPED_PACK_TEXTS = {
    "table": "Cisco's own table was NOT judged",
    "guides": "what other Cisco guides add was not judged",
}
"""What leaving out a built-in pack means."""


def skipped_packs_text(report: Report) -> str:
    """Return what --pack kept from being judged, as a sentence; empty if nothing."""
    missing = [text for pack, text in _SKIPPED_PACK_TEXTS.items() if pack not in report.run.packs]
    return f"{' and '.join(missing)}." if report.run.packs and missing else ""


def count_verdict(cluster: ClusterReport, verdict: Verdict) -> int:
    """Return how many findings of a cluster ended in a verdict."""
    return sum(finding.verdict is verdict for finding in cluster.findings)


def count_nodes_read(cluster: ClusterReport) -> tuple[int, int]:
    """Return of how many nodes the state of any service is known, and of how many it should be."""
    due = sum(not node.planned for node in cluster.nodes)
    return due - len(cluster.unread), due


def coverage_gaps(cluster: ClusterReport) -> list[Coverage]:
    """Return what should have been asked and gave nothing, by node."""
    return sorted(
        (entry for entry in cluster.coverage if entry.reason is not None),
        key=lambda entry: (entry.node.lower(), entry.outcome, entry.source),
    )


def is_complete(cluster: ClusterReport) -> bool:
    """Tell whether every question about a cluster got its answer, whatever the answer was."""
    return (
        any(node.services for node in cluster.nodes)
        and not coverage_gaps(cluster)
        and not count_verdict(cluster, Verdict.UNKNOWN)
    )


def get_finding_age(report: Report, finding: Finding) -> FindingAge | None:
    """Return since when a finding stands in its verdict; None without history."""
    past = report.past.get(finding.cluster)
    return past.ages.get(finding.id) if past else None


def finding_age_text(standing: FindingAge, run: RunMetadata) -> str:
    """Return how long a finding has stood at a run, and how many runs saw it so."""
    if standing.since >= run.started_at:
        return "this run, for the first time"
    gone = datetime.fromisoformat(run.started_at) - datetime.fromisoformat(standing.since)
    hours = gone.seconds // 3600
    long = (
        count_noun(gone.days, "day")
        if gone.days
        else count_noun(hours, "hour")
        if hours
        else "minutes"
    )
    return f"{long}, {count_noun(standing.runs, 'run')} (first seen {standing.since})"


@dataclass(frozen=True, slots=True)
class ReachabilityChange:
    """A node, or with `node` None a whole cluster, that was lost from sight or is back.

    `unknown` is how many checks of a node have no answer, `why` the reason in a few words.
    """

    cluster: str
    node: str | None
    back: bool
    unknown: int = 0
    why: str = ""


def failure_reason(cluster: ClusterReport) -> str:
    """Return why nodes of a cluster could not be read, empty where no reason is known.

    Servers that failed in the same way are named together; what was only not asked after another
    failure is left out.
    """
    asked = [_worst_gap(cluster, name) for name in (cluster.publisher or "", *cluster.unread)]
    return describe_failures([entry for entry in asked if entry])


def _worst_gap(cluster: ClusterReport, node: str) -> Coverage | None:
    """Return the gap that says most of why a server gave nothing."""
    gaps = [entry for entry in cluster.coverage if entry.node == node and entry.reason]
    return min(gaps, key=_gap_weight, default=None)


def _gap_weight(entry: Coverage) -> tuple[bool, bool]:
    graver = (Source.CUCM_AXL, Source.CONTROL_CENTER)
    return entry.reason is Reason.NOT_ASKED, entry.source not in graver


def describe_failures(gaps: Sequence[Coverage]) -> str:
    """Return why servers gave nothing, those that failed in the same way together."""
    servers: dict[Reason, dict[str, None]] = {}
    for entry in gaps:
        if entry.reason:
            servers.setdefault(entry.reason, {})[entry.node] = None
    if len(servers) > 1:
        servers.pop(Reason.NOT_ASKED, None)
    return "; ".join(
        failure_cause(Failure(reason, Problem.UNSPECIFIED, join_names(names, limit=3)))
        for reason, names in servers.items()
    )


def reachability_changes(report: Report) -> tuple[ReachabilityChange, ...]:
    """Return what the run before could read and this one cannot, and what can be read again."""
    return tuple(
        sight
        for cluster in report.clusters
        if (past := report.past.get(cluster.name)) and past.runs
        for sight in cluster_reachability_changes(cluster, past)
    )


def cluster_reachability_changes(
    cluster: ClusterReport, past: ClusterHistory
) -> Iterator[ReachabilityChange]:
    """Give what moved out of sight and back; a cluster that is lost stands for all of its nodes.

    Nodes are left out where nobody knows which of them the run before could read.
    """
    was_dark = past.runs[0].status is ClusterStatus.UNAUDITABLE
    is_dark = cluster.status is ClusterStatus.UNAUDITABLE
    if is_dark:
        if not was_dark:
            yield ReachabilityChange(cluster.name, None, back=False, why=failure_reason(cluster))
        return
    before = None if past.other_publisher else past.unread
    for name in cluster.unread:
        if before is not None and name.lower() not in before:
            gap = _worst_gap(cluster, name)
            why = describe_failures([gap] if gap else [])
            yield ReachabilityChange(
                cluster.name,
                name,
                back=False,
                unknown=_count_unknown_checks(cluster, name),
                why=why,
            )
    read = [n.name for n in cluster.nodes if not n.planned and n.name not in cluster.unread]
    if was_dark and read:
        yield ReachabilityChange(cluster.name, None, back=True)
        return
    for name in read:
        if before and name.lower() in before:
            yield ReachabilityChange(cluster.name, name, back=True)


def _count_unknown_checks(cluster: ClusterReport, node: str) -> int:
    return sum(
        finding.verdict is Verdict.UNKNOWN
        for finding in cluster.findings
        if finding.subject.kind is SubjectKind.NODE and finding.subject.name == node
    )


def reachability_line(sight: ReachabilityChange) -> str:
    """Return what is told of it in one line, without a full stop."""
    who = f"{sight.node} ({sight.cluster})" if sight.node else f"cluster {sight.cluster}"
    verb = "read" if sight.node else "audited"
    if sight.back:
        return f"back: {who} can be {verb} again"
    unknown = f", {count_noun(sight.unknown, 'check')} unknown" if sight.unknown else ""
    why = f": {sight.why}" if sight.why else ""
    return f"worse: {who} can no longer be {verb}{unknown}{why}"


def reachability_sentence(sight: ReachabilityChange) -> str:
    """Return what a report of that cluster says of it."""
    who, verb = (sight.node, "read") if sight.node else ("The cluster", "audited")
    if sight.back:
        return f"{who} can be {verb} again."
    return f"{who} could be {verb} then and cannot be now."


_DIRECTION_WORDS = {
    ChangeDirection.NEW: "new",
    ChangeDirection.WORSENED: "worse",
    ChangeDirection.PERSISTING: "still there",
    ChangeDirection.RESOLVED: "resolved",
    ChangeDirection.NOT_APPLICABLE: "no longer asked for",
}


def changes_summary(cluster: ClusterReport, past: ClusterHistory) -> str:
    """Return the sentences that follow "Since the run of ...:"."""
    return " ".join(_change_sentences(cluster, past)) or "nothing changed."


def _change_sentences(cluster: ClusterReport, past: ClusterHistory) -> Iterator[str]:
    if past.other_publisher:
        yield (
            f"that run asked another CUCM publisher, {past.other_publisher}; if it is another"
            " cluster, give each of the two its own name."
        )
    tally = Counter(change.direction for change in past.changes)
    told = [
        (tally[direction], word) for direction, word in _DIRECTION_WORDS.items() if tally[direction]
    ]
    if told:
        number, word = told[0]
        parts = [f"{count_noun(number, 'difference')} {is_or_are(number)} {word}"]
        parts += [f"{number} {word}" for number, word in told[1:]]
        yield f"{', '.join(parts)}."
    unseen = Counter(c.before for c in past.changes if c.direction is ChangeDirection.UNKNOWN)
    if passed := unseen[Verdict.PASS]:
        yield f"{count_noun(passed, 'check')} that passed {is_or_are(passed)} unknown now."
    if lost := unseen.total() - passed:
        yield f"{count_noun(lost, 'earlier difference')} cannot be seen now."
    yield from map(reachability_sentence, cluster_reachability_changes(cluster, past))
