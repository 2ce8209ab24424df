"""What a report adds up to, for every format alike: nodes read, gaps, since when."""

from datetime import datetime

from auditor.facts import Coverage
from auditor.findings import ClusterReport, Finding, Verdict
from auditor.past import Standing
from auditor.report.wording import count
from auditor.runs import Report, Run

_UNJUDGED = {
    "table": "Cisco's own table was NOT judged",
    "guides": "what other Cisco guides add was not judged",
}
"""What leaving out a built-in pack means."""


def left_out(report: Report) -> str:
    """Return what --pack kept from being judged, as a sentence; empty if nothing."""
    missing = [text for pack, text in _UNJUDGED.items() if pack not in report.run.packs]
    return f"{' and '.join(missing)}." if report.run.packs and missing else ""


def of(cluster: ClusterReport, verdict: Verdict) -> int:
    """Return how many findings of a cluster ended in a verdict."""
    return sum(finding.verdict is verdict for finding in cluster.findings)


def nodes_read(cluster: ClusterReport) -> tuple[int, int]:
    """Return of how many nodes the state of any service is known, and of how many it should be."""
    due = sum(not node.planned for node in cluster.nodes)
    return due - len(cluster.unread), due


def gaps(cluster: ClusterReport) -> list[Coverage]:
    """Return what should have been asked and gave nothing, by node."""
    return sorted(
        (entry for entry in cluster.coverage if entry.reason is not None),
        key=lambda entry: (entry.node.lower(), entry.outcome, entry.source),
    )


def complete(cluster: ClusterReport) -> bool:
    """Tell whether every question about a cluster got its answer, whatever the answer was."""
    return (
        any(node.services for node in cluster.nodes)
        and not gaps(cluster)
        and not of(cluster, Verdict.UNKNOWN)
    )


def standing(report: Report, finding: Finding) -> Standing | None:
    """Return since when a finding stands in its verdict; None without history."""
    past = report.past.get(finding.cluster)
    return past.standings.get(finding.id) if past else None


def age(standing: Standing, run: Run) -> str:
    """Return how long a finding has stood at a run, and how many runs saw it so."""
    if standing.since >= run.started_at:
        return "this run, for the first time"
    gone = datetime.fromisoformat(run.started_at) - datetime.fromisoformat(standing.since)
    hours = gone.seconds // 3600
    long = count(gone.days, "day") if gone.days else count(hours, "hour") if hours else "minutes"
    return f"{long}, {count(standing.runs, 'run')} (first seen {standing.since})"
