"""Findings, the report that holds them, and the exit code that they add up to."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from auditor.facts import Coverage, Evidence, NodeFacts


class Verdict(StrEnum):
    """What a recommendation came to on one subject (contract, section 1)."""

    PASS = "pass"
    DRIFT = "drift"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    EXPLAINED = "explained"
    WAIVED = "waived"


class Kind(StrEnum):
    """In which way a subject differs."""

    NOT_ACTIVATED = "not_activated"
    STOPPED = "stopped"
    MISPLACED = "misplaced"
    UNNEEDED = "unneeded"
    PREREQUISITE_MISSING = "prerequisite_missing"
    UNSTABLE = "unstable"
    NOT_ANSWERING = "not_answering"
    HA_ABNORMAL = "ha_abnormal"
    NOT_GROUPED = "not_grouped"
    PROFILE_CONFLICT = "profile_conflict"


class Severity(StrEnum):
    """How much a drift matters, most first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Return 0 for critical to 4 for info, for sorting."""
        return tuple(Severity).index(self)

    def reaches(self, threshold: "Severity") -> bool:
        """Tell whether this is at or above the threshold."""
        return self.rank <= threshold.rank


class SubjectKind(StrEnum):
    """What a recommendation is judged on."""

    NODE = "node"
    GROUP = "group"
    CLUSTER = "cluster"
    KEY = "key"


class Status(StrEnum):
    """What a cluster's findings add up to; drift wins, judged at `fail_on`."""

    COMPLIANT = "compliant"
    DRIFT = "drift"
    INCOMPLETE = "incomplete"
    UNAUDITABLE = "unauditable"


class ExitCode(IntEnum):
    """What a timer can act on (contract, section 6)."""

    COMPLIANT = 0
    BUG = 1
    USAGE = 2
    DRIFT = 3
    INCOMPLETE = 4
    UNAUDITABLE = 5
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.COMPLIANT: "compliant and complete",
    ExitCode.BUG: "auditor itself failed",
    ExitCode.USAGE: "usage or configuration error, nothing was asked",
    ExitCode.DRIFT: "drift",
    ExitCode.INCOMPLETE: "incomplete: something is unknown",
    ExitCode.UNAUDITABLE: "nothing could be audited",
    ExitCode.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A node, group, cluster or profile key, by name."""

    kind: SubjectKind
    name: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """An accepted difference; `expires` is an ISO date, `verdict` what was judged without it."""

    reason: str
    owner: str
    expires: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict of one recommendation on one subject.

    `kind` is None unless the verdict is drift, explained or waived. `remedy` is empty where
    nothing needs doing.
    """

    cluster: str
    recommendation: str
    service: str | None
    subject: Subject
    verdict: Verdict
    severity: Severity
    expected: str
    observed: str
    because: str
    kind: Kind | None = None
    consequence: str = ""
    remedy: str = ""
    evidence: tuple[Evidence, ...] = ()
    waiver: Waiver | None = None

    @property
    def id(self) -> str:
        """Return the fingerprint: the same for cluster, recommendation and subject, for ever."""
        parts = (self.cluster, self.recommendation, self.subject.kind, self.subject.name.lower())
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class ClusterReport:
    """One cluster, judged. `fail_on` is the threshold at which drift counts for `status`."""

    name: str
    release: str | None
    fail_on: Severity
    nodes: tuple[NodeFacts, ...] = ()
    findings: tuple[Finding, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    notices: tuple[str, ...] = field(default=())

    @property
    def status(self) -> Status:
        """Add the findings up: drift first, then nothing looked at, then anything unknown."""
        if any(
            f.verdict is Verdict.DRIFT and f.severity.reaches(self.fail_on) for f in self.findings
        ):
            return Status.DRIFT
        if not any(node.services for node in self.nodes):
            return Status.UNAUDITABLE
        if any(f.verdict is Verdict.UNKNOWN for f in self.findings) or any(
            _missing(entry) for entry in self.coverage
        ):
            return Status.INCOMPLETE
        return Status.COMPLIANT


def _missing(entry: Coverage) -> bool:
    """Tell whether something that should have been asked gave nothing.

    A source skipped without a reason (a planned node, a test that the profile turned off) was
    not due.
    """
    return entry.reason is not None


@dataclass(frozen=True, slots=True)
class Run:
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


class Direction(StrEnum):
    """How a difference moved between an earlier run and a later one.

    `unseen`: the later run could not tell or did not judge it, so it is neither new nor resolved.
    """

    NEW = "new"
    WORSENED = "worsened"
    PERSISTING = "persisting"
    RESOLVED = "resolved"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Standing:
    """Since when a finding stands in its verdict, and how many runs saw it so.

    `since` is the start of the first of these runs (ISO 8601, UTC).
    """

    since: str
    runs: int


@dataclass(frozen=True, slots=True)
class Stood:
    """A finding as history keeps it: who stands where, and since when."""

    id: str
    cluster: str
    recommendation: str
    service: str | None
    subject: Subject
    verdict: Verdict
    kind: Kind | None
    severity: Severity
    standing: Standing


@dataclass(frozen=True, slots=True)
class Change:
    """A finding that differs in one of two runs; `before` None: it was never judged before.

    `finding` is how it stands now; one that the later run did not judge is given as unknown, over
    no run, since it was judged last.
    """

    direction: Direction
    finding: Stood
    before: Verdict | None


@dataclass(frozen=True, slots=True)
class PastRun:
    """What a recorded run came to on one cluster; `exit_code` is that of the whole run."""

    id: str
    cluster: str
    started_at: str
    finished_at: str
    release: str | None
    status: Status
    exit_code: int
    counts: Mapping[Verdict, int]


@dataclass(frozen=True, slots=True)
class ChangesSince:
    """What moved on one cluster between two recorded runs."""

    before: PastRun
    after: PastRun
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """What history adds to a cluster: standings by finding id, and changes since the last run.

    `runs` are the recorded ones before this run, the latest first; none of them, no changes.
    """

    standings: Mapping[str, Standing] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    runs: tuple[PastRun, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a run tells; every format is a pure function of it.

    `past` is what history adds, by cluster name; empty without history.
    """

    run: Run
    clusters: tuple[ClusterReport, ...]
    past: Mapping[str, Past] = field(default_factory=dict)

    def count(self, verdict: Verdict) -> int:
        """Return how many findings of all clusters ended in a verdict."""
        return Counter(f.verdict for c in self.clusters for f in c.findings)[verdict]

    @property
    def exit_code(self) -> ExitCode:
        """Add the clusters up; `allow_unknown` forgives what is incomplete, never drift."""
        return ExitCode.COMPLIANT if self.forgiven else exit_code(self._statuses)

    @property
    def forgiven(self) -> bool:
        """Tell whether the exit code is 0 only because of `allow_unknown`."""
        return self.run.allow_unknown and exit_code(self._statuses) is ExitCode.INCOMPLETE

    @property
    def _statuses(self) -> list[Status]:
        return [cluster.status for cluster in self.clusters]


def exit_code(statuses: Sequence[Status]) -> ExitCode:
    """Return 3 if any cluster drifted, else 5 if all are unauditable, else 4 or 0."""
    if Status.DRIFT in statuses:
        return ExitCode.DRIFT
    if all(status is Status.UNAUDITABLE for status in statuses):
        return ExitCode.UNAUDITABLE
    if any(status is not Status.COMPLIANT for status in statuses):
        return ExitCode.INCOMPLETE
    return ExitCode.COMPLIANT


def order(finding: Finding) -> tuple[int, str, str, str]:
    """Return the sort key of a finding within its cluster: severity, id, subject."""
    subject = finding.subject
    return finding.severity.rank, finding.recommendation, subject.kind, subject.name.lower()
