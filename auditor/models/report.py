"""One run of auditor: its circumstances, and the report of all that it found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from auditor.models.cluster_report import ClusterReport, ClusterStatus, audit_exit_code
from auditor.models.counts import ResultCounts, add_results
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Severity
from auditor.models.history import ClusterHistory


@dataclass(frozen=True, slots=True)
class RunMetadata:
    """The circumstances of a run: all that may differ between two runs on the same cluster."""

    id: str
    mode: str
    started_at: str
    finished_at: str
    fail_on: Severity
    insecure: bool = False
    allow_unknown: bool = False
    history: str | None = None
    packs: tuple[str, ...] = ()


@dataclass(frozen=True)  # without slots, for the cached properties
class Report:
    """Everything that a run found; every format is a pure function of it.

    `past` is what history adds, by cluster name; empty without history.
    """

    run: RunMetadata
    clusters: tuple[ClusterReport, ...]
    past: Mapping[str, ClusterHistory] = field(default_factory=dict)

    @cached_property
    def counts(self) -> ResultCounts:
        """Return the numbers of all clusters together."""
        return add_results(self.clusters)

    @property
    def exit_code(self) -> ExitCode:
        """Add the clusters up; `allow_unknown` forgives what is incomplete, never drift."""
        return ExitCode.COMPLIANT if self.forgiven else audit_exit_code(self._statuses)

    @property
    def forgiven(self) -> bool:
        """Return whether the exit code is 0 only because of `allow_unknown`."""
        return self.run.allow_unknown and audit_exit_code(self._statuses) is ExitCode.INCOMPLETE

    @cached_property
    def _statuses(self) -> list[ClusterStatus]:
        return [cluster.status for cluster in self.clusters]
