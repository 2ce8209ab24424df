"""The recorded runs of a cluster up to this one, as numbers for its chart and its sparkline."""

from dataclasses import dataclass

from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.counts import count_results
from auditor.models.findings import Verdict
from auditor.models.history import ClusterHistory
from auditor.models.report import RunMetadata


@dataclass(frozen=True, slots=True)
class RunCounts:
    """What one run found on one cluster."""

    started_at: str
    status: ClusterStatus
    drift: int
    unknown: int
    passed: int


def list_run_counts(
    cluster: ClusterReport, run: RunMetadata, past: ClusterHistory | None, most: int
) -> list[RunCounts]:
    """Return the last runs up to this one, at most `most`, oldest first; none without history."""
    if past is None or not past.runs:
        return []
    earlier = [
        RunCounts(
            run.started_at,
            run.status,
            run.counts.get(Verdict.DRIFT, 0),
            run.counts.get(Verdict.UNKNOWN, 0),
            run.counts.get(Verdict.PASS, 0),
        )
        for run in reversed(past.runs)
    ]
    counts = count_results(cluster)
    last = RunCounts(
        run.started_at, cluster.status, counts.differences, counts.unknown, counts.passed
    )
    return [*earlier, last][-most:]
