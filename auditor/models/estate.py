"""The estate over time, as figures: what the recorded runs of all clusters add up to.

All times are ISO 8601 in UTC, days are UTC days. None means that the runs did not record it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.models.cluster_report import ClusterStatus
from auditor.models.findings import FindingKind, FindingSubject, Severity, Verdict, Waiver
from auditor.models.history import FindingAge, PastRun


@dataclass(frozen=True, slots=True)
class DayCounts:
    """The last run of a day, or of several clusters the last run of each.

    `counts` are those of the run. `not_judged` is drift of earlier runs that it did not judge, so
    that nobody knows whether it is fixed.
    """

    day: str
    runs: int
    counts: Mapping[Verdict, int]
    not_judged: int


@dataclass(frozen=True, slots=True)
class ClusterDay:
    """One cluster on a day on which it was audited."""

    cluster: str
    status: ClusterStatus
    counted: DayCounts


@dataclass(frozen=True, slots=True)
class EstateDay:
    """All clusters on a day with a run; one without a run keeps its drift, as not_judged.

    `audited` are the clusters with a run on this day, `unauditable` those of them whose last run
    could read nothing, `expected` all that had a run by this day.
    """

    counted: DayCounts
    audited: int
    expected: int
    unauditable: tuple[str, ...]


class FindingState(StrEnum):
    """Where a recorded difference stands after the last run of its cluster.

    `UNKNOWN`: the last run could not judge it. `NOT_JUDGED`: the last run did not ask for it, or
    read nothing of its cluster. Neither shows that it is fixed.
    """

    CONFIRMED = "confirmed"
    UNKNOWN = "unknown"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class FindingIdentity:
    """What names a finding."""

    id: str
    cluster: str
    recommendation: str
    service: str | None
    subject: FindingSubject


@dataclass(frozen=True, slots=True)
class OpenDifference:
    """A difference that no run has shown to be fixed.

    `verdict` and `age` are those of the last run that judged it. `exists_since` is the first run
    that found it in any way, waived and explained included. `last_judged` is the last run that did.
    """

    finding: FindingIdentity
    verdict: Verdict
    kind: FindingKind | None
    severity: Severity
    state: FindingState
    age: FindingAge
    exists_since: str
    last_judged: str
    waiver: Waiver | None = None


@dataclass(frozen=True, slots=True)
class FlappingFinding:
    """Drift that was fixed and came back: `times` it came, within a window.

    `is_open` says whether it is there now; else `last_at` is when it was last found fixed.
    """

    finding: FindingIdentity
    severity: Severity
    times: int
    first_at: str
    last_at: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class FixTimes:
    """How long drift of a severity took until a run found it as recommended, in seconds.

    `open` counts those that are not fixed, which are in no median; the oldest has lasted
    `oldest_open_s`. `not_applicable` ended because the recommendation no longer applies.
    `unmeasured` were fixed, but the clock was set back meanwhile.
    """

    severity: Severity
    fixed: int
    median_s: int | None
    worst_s: int | None
    open: int
    oldest_open_s: int | None
    not_applicable: int
    unmeasured: int


class OutageKind(StrEnum):
    """What could not be read: all of a cluster, a part of it, or one node."""

    UNAUDITABLE = "unauditable"
    INCOMPLETE = "incomplete"
    UNREAD_NODE = "unread_node"


@dataclass(frozen=True, slots=True)
class Outage:
    """Consecutive runs of a cluster that could not read it, or one of its nodes.

    `healed_at` is the run that could again; None: none has. `reasons` are tokens, empty where the
    runs recorded none.
    """

    kind: OutageKind
    cluster: str
    node: str | None
    first_at: str
    last_at: str
    runs: int
    reasons: tuple[str, ...]
    healed_at: str | None


@dataclass(frozen=True, slots=True)
class RunGap:
    """Days without a run although runs are closer together otherwise.

    `cluster` None: no cluster was audited. `before_at` is the last run before it, `after_at` the
    next one; None: there is none yet. `usual_days` is the usual step from run to run.
    """

    cluster: str | None
    before_at: str
    after_at: str | None
    days: int
    usual_days: int


@dataclass(frozen=True, slots=True)
class ClockStep:
    """A run that began, by its clock, before a run that was recorded earlier."""

    run: str
    started_at: str
    earlier_at: str


@dataclass(frozen=True, slots=True)
class PublisherUse:
    """A CUCM publisher that runs of a cluster asked, and when they did."""

    publisher: str
    first_at: str
    last_at: str
    runs: int


@dataclass(frozen=True, slots=True)
class ClusterSummary:
    """A cluster: its last run, and what is recorded of it.

    `causes` are those of the last run. `unread` are the nodes that it could not read.
    `not_judged` is as in `DayCounts`. More than one of `publishers` may be several clusters of one
    name.
    """

    cluster: str
    last: PastRun
    runs: int
    first_at: str
    causes: int | None
    unread: tuple[str, ...] | None
    not_judged: int
    publishers: tuple[PublisherUse, ...]


@dataclass(frozen=True, slots=True)
class Estate:
    """All figures; `at` is when they were made. Without runs, all else is empty."""

    at: str
    runs: int
    first_at: str | None
    last_at: str | None
    clusters: tuple[ClusterSummary, ...]
    days: tuple[EstateDay, ...]
    cluster_days: tuple[ClusterDay, ...]
    differences: tuple[OpenDifference, ...]
    flapping: tuple[FlappingFinding, ...]
    fix_times: tuple[FixTimes, ...]
    outages: tuple[Outage, ...]
    gaps: tuple[RunGap, ...]
    clock_steps: tuple[ClockStep, ...]
