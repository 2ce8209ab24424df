"""What history adds to a cluster: since when a finding stands, and what moved between two runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.models.findings import ClusterStatus, FindingKind, FindingSubject, Severity, Verdict


class ChangeDirection(StrEnum):
    """How a difference moved between an earlier run and a later one.

    `unasked`: nothing is asked of it any more, so nobody can say that it was mended.
    `unseen`: the later run could not tell or did not judge it, so it is neither new nor resolved.
    """

    NEW = "new"
    WORSENED = "worsened"
    PERSISTING = "persisting"
    RESOLVED = "resolved"
    UNASKED = "unasked"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class FindingAge:
    """Since when a finding stands in its verdict, and how many runs saw it so.

    `since` is the start of the first of these runs (ISO 8601, UTC).
    """

    since: str
    runs: int


@dataclass(frozen=True, slots=True)
class HistoricalFinding:
    """A finding as history keeps it: who stands where, and since when."""

    id: str
    cluster: str
    recommendation: str
    service: str | None
    subject: FindingSubject
    verdict: Verdict
    kind: FindingKind | None
    severity: Severity
    standing: FindingAge


@dataclass(frozen=True, slots=True)
class FindingChange:
    """A finding that differs in one of two runs; `before` None: it was never judged before.

    `finding` is how it stands now; one that the later run did not judge is given as unknown, over
    no run, since it was judged last.
    """

    direction: ChangeDirection
    finding: HistoricalFinding
    before: Verdict | None


@dataclass(frozen=True, slots=True)
class PastRun:
    """What a recorded run came to on one cluster; `exit_code` is that of the whole run."""

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
    """What moved on one cluster between two recorded runs."""

    before: PastRun
    after: PastRun
    changes: tuple[FindingChange, ...]


@dataclass(frozen=True, slots=True)
class ClusterHistory:
    """What history adds to a cluster: standings by finding id, and changes since the last run.

    `runs` are the recorded ones before this run, the latest first; none of them, no changes.
    `unread` are the nodes that the last of them could not read, in lower case, None where that is
    not on record; `stranger` is the CUCM publisher that it asked, where that is another than this
    run's.
    """

    standings: Mapping[str, FindingAge] = field(default_factory=dict)
    changes: tuple[FindingChange, ...] = ()
    runs: tuple[PastRun, ...] = ()
    unread: frozenset[str] | None = frozenset()
    stranger: str | None = None
