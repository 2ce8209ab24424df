"""The servers of a cluster that could not be read, why, and the checks that wait for them.

Every format counts and folds these checks by what is here.
"""

from dataclasses import dataclass

from auditor.errors import Reason
from auditor.failures import Failure
from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Coverage, find_first_failure
from auditor.models.findings import Finding, Verdict
from auditor.problems import Problem


@dataclass(frozen=True, slots=True)
class UnreadServer:
    """A node that is due and returned no services, or a CUCM server without an answer.

    `failure` is what to fix first, None if no reason is known. `findings` are the unknown checks
    that wait for the server; one that waits for several is with the first of them alone.
    """

    name: str
    failure: Coverage | None
    findings: tuple[Finding, ...]

    @property
    def unknown(self) -> int:
        """Return how many checks wait for the server."""
        return len(self.findings)


def find_unread_servers(cluster: ClusterReport) -> tuple[UnreadServer, ...]:
    """Return the servers that gave nothing, CUCM first, each with its first failure."""
    names = cluster.unread_servers
    waiting: dict[str, list[Finding]] = {name: [] for name in names}
    for finding in cluster.findings if names else ():
        first = next((name for name in names if name in finding.waits_for), None)
        if finding.verdict is Verdict.UNKNOWN and first is not None:
            waiting[first].append(finding)
    return tuple(
        UnreadServer(name, find_first_failure(cluster.coverage, name), tuple(findings))
        for name, findings in waiting.items()
    )


def count_unknown_checks(cluster: ClusterReport, server: str) -> int:
    """Return how many checks wait for a server."""
    return sum(s.unknown for s in find_unread_servers(cluster) if s.name == server)


def alike_failure(entry: Coverage, reason: Reason) -> Failure:
    """Return what the failures of several servers have in common, without a server."""
    failure = entry.failure
    # Its reason would say that it is not trusted here, and pinning it would not help.
    if failure is not None and failure.problem is Problem.EXPIRED_CERTIFICATE:
        return Failure(reason, failure.problem, "", values={"date": failure.values["date"]})
    return Failure(reason, Problem.UNSPECIFIED, "")
