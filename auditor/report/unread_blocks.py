"""The checks that wait for a server that could not be read: one block for each server."""

from collections import Counter
from collections.abc import Iterator, Sequence

from auditor.failure_reasons import reason_text
from auditor.failures import FailureWords, failure_detail, failure_place, failure_remedy
from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Coverage
from auditor.models.findings import Finding, Severity, SubjectKind, Verdict, finding_sort_key
from auditor.models.report import Report
from auditor.report.block_rows import age_rows, shared_rows, subjects_text
from auditor.report.grouping import FindingGroup, group_findings, up_to_highest
from auditor.report.sentences import render_sentences
from auditor.report.unread import UnreadServer, find_unread_servers
from auditor.report.wording import LabelledText
from auditor.text import count_noun, join_names


def group_unknown(
    report: Report, cluster: ClusterReport, *, whole: bool = False
) -> list[FindingGroup]:
    """Return the blocks of what is unknown: by server first, then as `group_findings` has them.

    Without `whole`, the block of a server counts its checks and does not list them.
    """
    servers = list_awaited_servers(cluster)
    folded = {finding.id for server in servers for finding in server.findings}
    others = group_findings(report, cluster, Verdict.UNKNOWN, whole=whole, without=folded)
    return [*(_server_group(report, cluster, s, whole=whole) for s in servers), *others]


def list_awaited_servers(cluster: ClusterReport) -> list[UnreadServer]:
    """Return the unread servers that checks wait for, that of the gravest check first."""
    servers = [server for server in find_unread_servers(cluster) if server.findings]
    return sorted(servers, key=lambda server: min(f.severity.rank for f in server.findings))


def _server_group(
    report: Report, cluster: ClusterReport, server: UnreadServer, *, whole: bool
) -> FindingGroup:
    findings = tuple(sorted(server.findings, key=finding_sort_key))
    title = waiting_for_text(server)
    counts = (
        ("checks", f"{tally_severities(findings)}; --full lists them"),
        ("on", _places_text(findings, cluster)),
    )
    listed = (*shared_rows(findings, cluster, whole=True), *age_rows(report, findings))
    rows = (*failure_rows(cluster, server), *(listed if whole else counts))
    is_mixed = len({finding.severity for finding in findings}) > 1
    head = up_to_highest(findings, title)
    return FindingGroup(Verdict.UNKNOWN, head, title, rows, findings, is_mixed)


def waiting_for_text(server: UnreadServer) -> str:
    """Return how many checks wait for a server, as a heading."""
    verb = "waits" if server.unknown == 1 else "wait"
    return f"{count_noun(server.unknown, 'check')} {verb} for {server.name}"


def tally_severities(findings: Sequence[Finding]) -> str:
    """Return `8 CRITICAL, 3 LOW`: how many checks there are of each severity."""
    tally = Counter(finding.severity for finding in findings)
    return ", ".join(f"{tally[s]} {s.upper()}" for s in Severity if tally[s])


def _places_text(findings: Sequence[Finding], cluster: ClusterReport) -> str:
    """Return on which nodes checks are, and on how many groups and keys."""
    names: dict[SubjectKind, dict[str, None]] = {kind: {} for kind in SubjectKind}
    for finding in findings:
        names[finding.subject.kind][finding.subject.name] = None
    nodes = list(names[SubjectKind.NODE])
    places = [subjects_text(nodes, SubjectKind.NODE, cluster, limit=3)] if nodes else []
    groups, keys = (len(names[kind]) for kind in (SubjectKind.GROUP, SubjectKind.KEY))
    places += [count_noun(groups, "group")] if groups else []
    places += [f"{count_noun(keys, 'key')} of the profile"] if keys else []
    places += ["the cluster"] if names[SubjectKind.CLUSTER] else []
    return join_names(places)


def failure_rows(cluster: ClusterReport, server: UnreadServer) -> Iterator[LabelledText]:
    """Yield why a server could not be read, and what to fix first."""
    entry = server.failure
    if entry is None or entry.reason is None:
        yield "because", "It returned no state of a service, and no failure is known."
    else:
        sources = ", ".join(e.source for e in cluster.coverage if is_same_failure(e, entry))
        detail = failure_detail(entry.failure) if entry.failure else entry.explanation
        yield "because", f"{sources}: {entry.reason.words}. {detail}"
    yield "remedy", _access_remedy(cluster, entry) or render_sentences(server.findings[0].remedy)


def is_same_failure(entry: Coverage, other: Coverage) -> bool:
    """Return whether two sources of one server failed alike, so that one advice is enough."""
    return _failure_key(entry) == _failure_key(other)


def _failure_key(entry: Coverage) -> object:
    failure = entry.failure
    if failure is None:
        return entry.node, entry.reason, entry.note
    # A role or a service that is missing is another one for each interface.
    advice = reason_text(failure.reason, failure.interface)
    return entry.node, entry.reason, failure.problem, advice


def _access_remedy(cluster: ClusterReport, entry: Coverage | None) -> str:
    """Return what makes a source answer, and where; "" where the failure has no advice."""
    if entry is None or entry.failure is None:
        return ""
    words = FailureWords(cluster=cluster.name)
    remedy, place = failure_remedy(entry.failure, words), failure_place(entry.failure, words)
    return f"{remedy} Where: {place}." if remedy and place else remedy
