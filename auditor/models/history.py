"""What history adds to a report: the age of each finding, and what changed between two runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.models.cluster_report import ClusterStatus
from auditor.models.findings import FindingKind, FindingSubject, Severity, Verdict


class ChangeDirection(StrEnum):
    """How a difference changed between two runs; the values are tokens of the JSON report.

    `NOT_APPLICABLE`: the recommendation no longer applies, which does not mean that it was fixed.
    `UNKNOWN`: the later run did not judge it, or found it unknown: neither new nor resolved.
    """

    NEW = "new"
    WORSENED = "worsened"
    PERSISTING = "persisting"
    RESOLVED = "resolved"
    NOT_APPLICABLE = "unasked"
    UNKNOWN = "unseen"


VERDICTS_WITHOUT_AGE = (Verdict.PASS, Verdict.NOT_APPLICABLE)
"""Verdicts of which no report says since when they hold."""


@dataclass(frozen=True, slots=True)
class FindingAge:
    """How long a finding has had its verdict, and in how many runs.

    `since` is the start of the first of these runs (ISO 8601, UTC).
    """

    since: str
    runs: int


@dataclass(frozen=True, slots=True)
class HistoricalFinding:
    """A finding as history keeps it, with its age."""

    id: str
    cluster: str
    recommendation: str
    service: str | None
    subject: FindingSubject
    verdict: Verdict
    kind: FindingKind | None
    severity: Severity
    age: FindingAge


@dataclass(frozen=True, slots=True)
class FindingChange:
    """A finding that is a difference in one of two runs; `before` None: not judged before.

    `finding` is that of the later run. If that run did not judge it, it is unknown, in no run,
    since it was last judged.
    """

    direction: ChangeDirection
    finding: HistoricalFinding
    before: Verdict | None


@dataclass(frozen=True, slots=True)
class PastRun:
    """The result of a recorded run on one cluster; `exit_code` is that of the whole run."""

    id: str
    cluster: str
    started_at: str
    finished_at: str
    release: str | None
    status: ClusterStatus
    exit_code: int
    counts: Mapping[Verdict, int]


@dataclass(frozen=True, slots=True)
class RunChanges:
    """What changed on one cluster between two recorded runs."""

    before: PastRun
    after: PastRun
    changes: tuple[FindingChange, ...]


@dataclass(frozen=True, slots=True)
class ClusterHistory:
    """What history adds to a cluster: ages of findings by id, and changes since the last run.

    `ages` lacks those of `VERDICTS_WITHOUT_AGE`, which would be nearly all.
    `runs` are the recorded ones before this run, the latest first; without any there are no
    changes. `unread` are the nodes, in lower case, that the last of them could not read; None if
    it did not record them. `other_publisher` is the CUCM publisher that it asked, if this run asks
    another one.
    """

    ages: Mapping[str, FindingAge] = field(default_factory=dict)
    changes: tuple[FindingChange, ...] = ()
    runs: tuple[PastRun, ...] = ()
    unread: frozenset[str] | None = frozenset()
    other_publisher: str | None = None
