"""The record as plain data, from which all figures are computed."""

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.history.trends import FindingPeriod
from auditor.models.cluster_report import ClusterStatus
from auditor.models.estate import FindingIdentity
from auditor.models.findings import Verdict, Waiver
from auditor.models.history import PastRun


@dataclass(frozen=True, slots=True)
class ClusterRun:
    """A recorded run on one cluster; `seq` grows in the order of recording.

    `unread` are the nodes that it could not read, each with its reason if there is one; None if it
    did not record them.
    """

    seq: int
    past: PastRun
    publisher: str | None
    causes: int | None
    reason: str | None
    unread: Mapping[str, str | None] | None

    @property
    def day(self) -> str:
        """Return the UTC day on which it started."""
        return self.past.started_at[:10]

    @property
    def is_unauditable(self) -> bool:
        """Return whether it could read nothing of the cluster."""
        return self.past.status is ClusterStatus.UNAUDITABLE

    @property
    def is_incomplete(self) -> bool:
        """Return whether it could read only a part; drift hides that in the status."""
        return not self.is_unauditable and bool(
            self.past.status is ClusterStatus.INCOMPLETE
            or self.past.counts[Verdict.UNKNOWN]
            or self.unread
        )


@dataclass(frozen=True, slots=True)
class RecordedFinding:
    """A finding with all its periods, oldest first, and the waiver of its last verdict."""

    identity: FindingIdentity
    periods: tuple[FindingPeriod, ...]
    waiver: Waiver | None

    @property
    def judged(self) -> FindingPeriod | None:
        """Return its last period that is not unknown."""
        return next((p for p in reversed(self.periods) if p.verdict is not Verdict.UNKNOWN), None)


@dataclass(frozen=True, slots=True)
class EstateRecord:
    """Everything that is recorded of some clusters: runs by cluster, in order, and findings."""

    runs: Mapping[str, tuple[ClusterRun, ...]]
    findings: tuple[RecordedFinding, ...]
