"""Totals of a report for every format: counts, nodes read, gaps, and changes since the last run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from auditor.errors import Reason
from auditor.failures import Failure, failure_cause
from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.counts import ChangeCategory, count_changes, count_results
from auditor.models.coverage import Coverage, find_first_failure
from auditor.models.findings import Finding
from auditor.models.history import ClusterHistory, FindingAge
from auditor.models.releases import nodes_by_version, version_number
from auditor.models.report import Report, RunMetadata
from auditor.report.change_causes import fold_changes
from auditor.report.durations import elapsed_text
from auditor.report.unread import alike_failure, count_unknown_checks
from auditor.text import count_noun, is_or_are, join_names

_SKIPPED_PACK_TEXTS = {
    "table": "Cisco's own table was NOT judged",
    "guides": "what other Cisco guides add was not judged",
}
"""What leaving out a built-in pack means, as the middle of a sentence."""


def skipped_packs_clause(report: Report) -> str:
    """Return what --pack left out, without a full stop; "" if nothing."""
    missing = [text for pack, text in _SKIPPED_PACK_TEXTS.items() if pack not in report.run.packs]
    return " and ".join(missing) if report.run.packs else ""


def skipped_packs_text(report: Report) -> str:
    """Return what --pack left out, as a sentence; "" if nothing."""
    clause = skipped_packs_clause(report)
    return f"{clause}." if clause else ""


def count_nodes_read(cluster: ClusterReport) -> tuple[int, int]:
    """Return how many nodes had a service state read, and how many should have had one."""
    due = sum(not node.planned for node in cluster.nodes)
    return due - len(cluster.unread), due


def releases_text(cluster: ClusterReport) -> str:
    """Return every release that runs: `14.0.1.13900-8 on 3 nodes, 14.0.1.12900-2 on imp4`.

    A release that all nodes share is alone, and CUCM's comes last.
    """
    versions = nodes_by_version(node for node in cluster.nodes if not node.planned)
    if len(versions) > 1:
        of_nodes = [
            f"{version} on {names[0] if len(names) == 1 else count_noun(len(names), 'node')}"
            for version, names in versions.items()
        ]
    else:
        of_nodes = list(versions) or [version_number(cluster.release or "unknown")]
    cucm = [f"CUCM {version_number(cluster.cucm_release)}"] if cluster.cucm_release else []
    return ", ".join((*of_nodes, *cucm))


def coverage_gaps(cluster: ClusterReport) -> list[Coverage]:
    """Return the sources that were due and failed or were skipped, sorted by node."""
    return sorted(
        (entry for entry in cluster.coverage if entry.reason is not None),
        key=lambda entry: (entry.node.lower(), entry.outcome, entry.source),
    )


def is_complete(cluster: ClusterReport) -> bool:
    """Return whether nothing about a cluster is unknown, whatever its verdicts."""
    return (
        not cluster.is_nothing_read
        and not coverage_gaps(cluster)
        and not count_results(cluster).unknown
    )


def caused_by_texts(cluster: ClusterReport) -> dict[str, str]:
    """Return what explains a finding, as `NET-03 on imp2, NET-06 on imp2`, by its id.

    Findings that nothing explains are left out.
    """
    names = {f.id: f"{f.recommendation} on {f.subject.name}" for f in cluster.findings}
    return {
        finding.id: ", ".join(names[cause] for cause in finding.caused_by)
        for finding in cluster.findings
        if finding.caused_by
    }


def get_finding_age(report: Report, finding: Finding) -> FindingAge | None:
    """Return how long a finding has had its verdict; None without history."""
    past = report.past.get(finding.cluster)
    return past.ages.get(finding.id) if past else None


def finding_age_text(age: FindingAge, run: RunMetadata) -> str:
    """Return how long and in how many runs a finding has had its verdict."""
    # Times in ISO 8601 and UTC sort as text.
    if age.since >= run.started_at:
        return "this run, for the first time"
    elapsed = elapsed_text(age.since, run.started_at)
    return f"{elapsed}, {count_noun(age.runs, 'run')} (first seen {age.since})"


@dataclass(frozen=True, slots=True)
class ReachabilityChange:
    """A node, or a whole cluster if `node` is None, that became unreachable or reachable again.

    `unknown` counts the checks of the node without an answer; `why` is the reason in a few words.
    """

    cluster: str
    node: str | None
    back: bool
    unknown: int = 0
    why: str = ""


def failure_reason(cluster: ClusterReport) -> str:
    """Return why nodes of a cluster could not be read, "" where no reason is known.

    Servers that failed in the same way are named together. Servers that were only not asked after
    another failure are left out.
    """
    gaps = [
        find_first_failure(cluster.coverage, name)
        for name in (cluster.cucm_publisher or "", *cluster.unread)
    ]
    return describe_failures([entry for entry in gaps if entry])


def describe_failures(gaps: Sequence[Coverage]) -> str:
    """Return why servers gave nothing; those that failed in the same way are named together."""
    servers: dict[Failure, dict[str, None]] = {}
    for entry in gaps:
        if entry.reason:
            servers.setdefault(alike_failure(entry, entry.reason), {})[entry.node] = None
    if len(servers) > 1:
        servers = {f: names for f, names in servers.items() if f.reason is not Reason.NOT_ASKED}
    return "; ".join(
        failure_cause(replace(alike, server=join_names(names, limit=3)))
        for alike, names in servers.items()
    )


def reachability_changes(
    cluster: ClusterReport, past: ClusterHistory | None
) -> Iterator[ReachabilityChange]:
    """Yield nodes that became unreachable or reachable again.

    An unreachable cluster is reported once and not per node. Nodes are left out where it is not
    known which of them the last run could read.
    """
    if past is None or not past.runs:
        return
    was_unauditable = past.runs[0].status is ClusterStatus.UNAUDITABLE
    is_unauditable = cluster.status is ClusterStatus.UNAUDITABLE
    if is_unauditable:
        if not was_unauditable:
            yield ReachabilityChange(cluster.name, None, back=False, why=failure_reason(cluster))
        return
    # Another publisher may list other nodes, so the two runs cannot be compared by node.
    before = None if past.other_publisher else past.unread
    for name in cluster.unread:
        if before is not None and name.lower() not in before:
            failed = find_first_failure(cluster.coverage, name)
            why = describe_failures([failed] if failed else [])
            yield ReachabilityChange(
                cluster.name,
                name,
                back=False,
                unknown=count_unknown_checks(cluster, name),
                why=why,
            )
    read = [n.name for n in cluster.nodes if not n.planned and n.name not in cluster.unread]
    if was_unauditable and read:
        yield ReachabilityChange(cluster.name, None, back=True)
        return
    for name in read:
        if before and name.lower() in before:
            yield ReachabilityChange(cluster.name, name, back=True)


def reachability_line(change: ReachabilityChange) -> str:
    """Return the change in one line, without a full stop."""
    who = f"{change.node} ({change.cluster})" if change.node else f"cluster {change.cluster}"
    verb = "read" if change.node else "audited"
    if change.back:
        return f"back: {who} can be {verb} again"
    unknown = f", {count_noun(change.unknown, 'check')} unknown" if change.unknown else ""
    why = f": {change.why}" if change.why else ""
    return f"unread: {who} can no longer be {verb}{unknown}{why}"


def reachability_sentence(change: ReachabilityChange) -> str:
    """Return the change as a sentence in the report of its cluster."""
    who, verb = (change.node, "read") if change.node else ("The cluster", "audited")
    if change.back:
        return f"{who} can be {verb} again."
    return f"{who} could be {verb} then and cannot be now."


CHANGE_WORDS = {
    ChangeCategory.NEW: "new",
    ChangeCategory.WORSE: "worse",
    ChangeCategory.STILL_THERE: "still there",
    ChangeCategory.RESOLVED: "resolved",
    # Not "resolved": a misspelt name in the profile has the same effect.
    ChangeCategory.NOT_ASKED: "no longer asked for",
    ChangeCategory.UNKNOWN: "unknown now",
    ChangeCategory.UNPROVEN: "passed then, unknown now",
    ChangeCategory.ACCEPTED: "newly explained or waived",
    ChangeCategory.STILL_ACCEPTED: "still explained or waived",
    ChangeCategory.NO_LONGER_ACCEPTED: "no longer explained or waived",
}
"""The words for each category of changes, in the order in which they are read."""

_CATEGORIES_OF_ONE_SENTENCE = (
    ChangeCategory.NEW,
    ChangeCategory.WORSE,
    ChangeCategory.STILL_THERE,
    ChangeCategory.RESOLVED,
    ChangeCategory.NOT_ASKED,
)


def cause_note(differences: int, causes: int) -> str:
    """Return ` (1 cause)` to put behind a number of differences, "" if none explains another."""
    return f" ({count_noun(causes, 'cause')})" if causes < differences else ""


def changes_summary(cluster: ClusterReport, past: ClusterHistory) -> str:
    """Return the sentences that follow "Since the run of ...:"."""
    return " ".join(_change_sentences(cluster, past)) or "nothing changed."


def _change_sentences(cluster: ClusterReport, past: ClusterHistory) -> Iterator[str]:
    if past.other_publisher:
        yield (
            f"that run used another CUCM publisher, {past.other_publisher}; if it is another"
            " cluster, give each of the two its own name."
        )
    counts = count_changes(past.changes)
    causes = count_changes(entry.change for entry in fold_changes(past.changes, cluster.nodes))
    words = [
        (counts[category], CHANGE_WORDS[category] + cause_note(counts[category], causes[category]))
        for category in _CATEGORIES_OF_ONE_SENTENCE
        if counts[category]
    ]
    if words:
        (number, first), *others = words
        parts = [f"{count_noun(number, 'difference')} {is_or_are(number)} {first}"]
        parts += [f"{more} {word}" for more, word in others]
        yield f"{', '.join(parts)}."
    if number := counts[ChangeCategory.UNPROVEN]:
        yield f"{count_noun(number, 'check')} that passed {is_or_are(number)} unknown now."
    if number := counts[ChangeCategory.UNKNOWN]:
        yield f"{count_noun(number, 'earlier difference')} {is_or_are(number)} unknown now."
    for category in (ChangeCategory.ACCEPTED, ChangeCategory.NO_LONGER_ACCEPTED):
        if number := counts[category]:
            yield f"{count_noun(number, 'check')} {is_or_are(number)} {CHANGE_WORDS[category]}."
    yield from map(reachability_sentence, reachability_changes(cluster, past))
