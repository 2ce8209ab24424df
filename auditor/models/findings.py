"""Findings: the verdict of a recommendation on one subject, with its statements."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from auditor.models.evidence import Evidence
from auditor.models.forms import Form
from auditor.models.statements import Statement


class Verdict(StrEnum):
    """The result of a recommendation on one subject."""

    PASS = "pass"
    DRIFT = "drift"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    EXPLAINED = "explained"
    WAIVED = "waived"

    @property
    def words(self) -> str:
        """Return the verdict as a sentence has it."""
        return self.replace("_", " ")

    @property
    def rank(self) -> int:
        """Return 0 for drift to 5 for not applicable: what counts most, first."""
        return _VERDICTS_WORST_FIRST.index(self)


_VERDICTS_WORST_FIRST = (
    Verdict.DRIFT,
    Verdict.UNKNOWN,
    Verdict.EXPLAINED,
    Verdict.WAIVED,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)


class FindingKind(StrEnum):
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
    REPLICATION_BAD = "replication_bad"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    RELEASE_DIFFERS = "release_differs"


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
        return _SEVERITY_RANKS[self]

    def reaches(self, threshold: "Severity") -> bool:
        """Return whether this is at or above the threshold."""
        return self.rank <= threshold.rank


_SEVERITY_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class SubjectKind(StrEnum):
    """What a recommendation is judged on."""

    NODE = "node"
    GROUP = "group"
    CLUSTER = "cluster"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class FindingSubject:
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

    `expected`, `observed` and `because` are statements; `report.sentences` renders them. `remedy`
    holds one for each thing to do, and is empty where nothing needs doing. `kind` is None unless
    the verdict is drift, explained or waived. `caused_by` holds the ids of the drift that explains
    a drift, the one to act on first; empty where none does. `waits_for` are the servers that could
    not be read and that would settle an unknown verdict; empty if it waits for anything else too.
    """

    cluster: str
    recommendation: str
    service: str | None
    subject: FindingSubject
    verdict: Verdict
    severity: Severity
    expected: Statement
    observed: Statement
    because: Statement
    kind: FindingKind | None = None
    consequence: str = ""
    remedy: tuple[Statement, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    waiver: Waiver | None = None
    caused_by: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Return the fingerprint: the same for cluster, recommendation and subject, for ever."""
        # The history and reports recognise a finding by it, so it holds no text that may change.
        parts = (self.cluster, self.recommendation, self.subject.kind, self.subject.name.lower())
        # A separator that no name holds, so that two subjects never join to the same text.
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]

    @property
    def awaited_keys(self) -> tuple[str, ...]:
        """Return the deployment keys that the verdict waits for, empty if for anything else too."""
        if self.verdict is not Verdict.UNKNOWN:
            return ()
        keys = tuple(str(s.get("key")) for s in self.remedy if s.form is Form.DECLARE_KEY)
        return keys if len(keys) == len(self.remedy) else ()


FindingSortKey: TypeAlias = tuple[int, str, bool, str, str]


def finding_sort_key(finding: Finding) -> FindingSortKey:
    """Return the sort key of a finding within its cluster: severity, id, subject."""
    subject = finding.subject
    # What has expired is worse than what will.
    is_later = finding.kind is not FindingKind.EXPIRED
    name = subject.name.lower()
    return finding.severity.rank, finding.recommendation, is_later, subject.kind, name
