"""What a precheck finds: checks with their results, and the decision that follows from them.

Checks hold data; `precheck_report` makes the sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto

from auditor.change.diff.model import (
    ChangeExpectation,
    ExpectedChange,
    ExpectedFinding,
    ExpectedSetting,
    ServiceOnNode,
)
from auditor.change.rollback import NO_ROLLBACK, Rollback
from auditor.change.steps import ChangeStep
from auditor.change.stops import ServiceStop
from auditor.change.what_if import RequestedChange
from auditor.models.exit_codes import ExitCode
from auditor.models.facts import Evidence, Origin, ServiceState
from auditor.models.findings import Finding, Severity, Verdict
from auditor.models.statements import Statement
from auditor.recommendations.logic import Evaluation
from auditor.recommendations.view import service_evidence


class PrecheckResult(StrEnum):
    """What one check means for the change; the values are tokens of the JSON output."""

    GO = "go"
    NO_GO = "no-go"
    UNDECIDED = "cannot tell"
    NOTE = "note"


class PrecheckTopic(StrEnum):
    """What a check is about, in the order of the report; the values are tokens of the JSON."""

    # Readers of the JSON match these, so they keep the words of their first version; the headings
    # for people are in `precheck_report`.
    NOW = "the service now"
    PREREQUISITE = "prerequisites"
    REPLICATION = "database replication"
    PLACEMENT = "what Cisco's table says of it here"
    INTERRUPTS = "what the change interrupts"
    BREAKS = "what the change would break"
    FEATURE = "what the feature asks for besides"
    FIXES = "what the change would mend"
    GROUP = "the redundancy group now"
    CONFIRM = "configuration that no interface shows"


class CheckKind(StrEnum):
    """What a check found; the report has one text for each."""

    CLUSTER_UNREAD = auto()
    NODE_NOT_LISTED = auto()

    SERVICE_STATE = auto()
    SERVICE_MOVING = auto()
    ALREADY_CHANGED = auto()
    ACTIVATED_BUT_STOPPED = auto()
    RESTART_OF_RUNNING = auto()
    RESTART_OF_STOPPED = auto()
    STATE_UNKNOWN = auto()
    NODE_PLANNED = auto()
    NODE_UNREAD = auto()

    NEEDED_COMES_FIRST = auto()
    NEEDED_TURNED_OFF = auto()
    NEEDED_UNKNOWN = auto()
    NEEDED_DOWN = auto()
    NEEDED_RUNS = auto()
    STILL_NEEDED = auto()
    WOULD_NOT_START = auto()
    WOULD_NOT_STAY_UP = auto()
    WOULD_NOT_RUN_WITHOUT_FEATURE = auto()

    REPLICATION_GOOD = auto()
    REPLICATION_BROKEN = auto()
    REPLICATION_UNREAD = auto()
    REPLICATION_UNLISTED = auto()

    CRITICAL_SERVICE_STOPS = auto()
    PERHAPS_CRITICAL_STOPS = auto()
    FOUNDATION_STOPS = auto()
    STARTS_WITHOUT_HA = auto()
    ROUTER_STOPS = auto()
    CONNECTIONS_STOP = auto()
    DEPENDENTS_INTERRUPTED = auto()

    NO_RECOMMENDATION = auto()
    NOT_NEEDED = auto()
    FEATURE_NOT_DECLARED = auto()
    NEEDED_BY_OTHER_FEATURE = auto()

    FINDING = auto()
    FINDING_WITH_CHANGE = auto()
    FINDING_WITHOUT_FEATURE = auto()
    FEATURE_FINDING = auto()
    FEATURE_NOT_CONFIGURED = auto()
    FEATURE_ON_OTHER_NODE = auto()

    PAIR_STATES_NORMAL = auto()
    PARTNER_OBSTACLE = auto()
    PARTNER_UNREAD = auto()
    VERSIONS_DIFFER = auto()

    EXISTING_DRIFT = auto()
    DRIFT_FIXED = auto()
    GROUP_UNKNOWN = auto()
    NO_GROUP = auto()

    CONFIRMED = auto()
    TO_CONFIRM = auto()
    BACKUP_CONFIRMED = auto()
    BACKUP_TO_CONFIRM = auto()


RESULTS_BY_VERDICT = {
    Verdict.PASS: PrecheckResult.GO,
    Verdict.NOT_APPLICABLE: PrecheckResult.GO,
    Verdict.EXPLAINED: PrecheckResult.GO,
    Verdict.WAIVED: PrecheckResult.GO,
    Verdict.UNKNOWN: PrecheckResult.UNDECIDED,
    Verdict.DRIFT: PrecheckResult.NO_GO,
}

RESULT_EXIT_CODES = {
    PrecheckResult.GO: ExitCode.COMPLIANT,
    PrecheckResult.NO_GO: ExitCode.DRIFT,
    PrecheckResult.UNDECIDED: ExitCode.INCOMPLETE,
}
"""The exit code of each result; a note has none."""


_KINDS_OF_STATES = frozenset(
    {
        CheckKind.SERVICE_STATE,
        CheckKind.SERVICE_MOVING,
        CheckKind.ALREADY_CHANGED,
        CheckKind.ACTIVATED_BUT_STOPPED,
        CheckKind.RESTART_OF_RUNNING,
        CheckKind.RESTART_OF_STOPPED,
        CheckKind.NEEDED_DOWN,
        CheckKind.NEEDED_RUNS,
        CheckKind.STILL_NEEDED,
    }
)
_KINDS_OF_REPLICATION = frozenset({CheckKind.REPLICATION_GOOD, CheckKind.REPLICATION_BROKEN})
_KINDS_WITH_EVIDENCE = frozenset(
    {
        CheckKind.FINDING,
        CheckKind.FINDING_WITHOUT_FEATURE,
        CheckKind.WOULD_NOT_START,
        CheckKind.WOULD_NOT_STAY_UP,
        CheckKind.WOULD_NOT_RUN_WITHOUT_FEATURE,
        CheckKind.PAIR_STATES_NORMAL,
        CheckKind.PARTNER_OBSTACLE,
        CheckKind.VERSIONS_DIFFER,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCheck:
    """One check, with what its text needs.

    `about` is a node, group, key or cluster, and `also` are others of which the same is true.
    `service` is the changed one, `other_services` further ones of the same change, `stops_on` the
    nodes on which they stop, `state` its state or that of `needed`, the service that it depends on
    (or that depends on it); `also_needed` are further ones like it. `finding` is what was judged,
    with `settings` if the tested profile was, and `explains` are the recommendations whose drift
    follows from it; `findings` are those about the service, none of which applies.
    `other_use` is whether another feature uses the service. `details` come from elsewhere: the
    reason of a failure, or what to confirm.
    """

    topic: PrecheckTopic
    result: PrecheckResult
    kind: CheckKind
    about: str
    also: tuple[str, ...] = ()
    service: str = ""
    other_services: tuple[str, ...] = ()
    stops_on: tuple[str, ...] = ()
    needed: str = ""
    also_needed: tuple[str, ...] = ()
    state: ServiceState | None = None
    finding: Finding | None = None
    explains: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    settings: tuple[ExpectedSetting, ...] = ()
    other_use: Evaluation | None = None
    details: tuple[str | Statement, ...] = ()
    is_below_threshold: bool = False

    @property
    def severity(self) -> Severity:
        """Return the severity of the finding; a check without one counts as critical."""
        return self.finding.severity if self.finding else Severity.CRITICAL

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Return the evidence; a finding on facts that do not exist yet has none."""
        if self.finding:
            return self.finding.evidence if self.kind in _KINDS_WITH_EVIDENCE else ()
        if self.kind in _KINDS_OF_REPLICATION:
            return tuple(piece for finding in self.findings for piece in finding.evidence)
        if self.state and self.kind in _KINDS_OF_STATES:
            return service_evidence(self.about, self.state)
        return ()


@dataclass(frozen=True, slots=True)
class Decision:
    """Every check of a change, its steps, and those of the way back.

    `replication` and `sessions` are PerfMon's counters of each node, None where they were not read.
    `restarts` are those that may follow from the change.
    `already_made` are the changes that the cluster has already. `drift` are the ids of findings
    that the change makes drift, `temporary` those that differ only until the profile has the
    tested `features`. `unread_reason` is why the cluster gave nothing, empty if it did.
    `stops` are what stops on the way. `read_at` is when each node replied, `checked_at` when the
    check was made (ISO 8601). `requested` are the changes as they were typed, where nothing could
    be judged.
    """

    cluster: str
    changes: tuple[RequestedChange, ...]
    checks: tuple[ChangeCheck, ...]
    steps: tuple[ChangeStep, ...] = ()
    rollback: Rollback = NO_ROLLBACK
    replication: Mapping[str, int | None] = field(default_factory=dict)
    sessions: Mapping[str, int | None] = field(default_factory=dict)
    restarts: tuple[ServiceOnNode, ...] = ()
    drift: tuple[str, ...] = ()
    already_made: tuple[RequestedChange, ...] = ()
    features: tuple[ExpectedSetting, ...] = ()
    temporary: tuple[ExpectedFinding, ...] = ()
    unread_reason: str = ""
    stops: tuple[ServiceStop, ...] = ()
    read_at: Mapping[str, str | None] = field(default_factory=dict)
    checked_at: str = ""
    requested: tuple[RequestedChange, ...] = ()

    @property
    def named_changes(self) -> tuple[RequestedChange, ...]:
        """Return the changes with the names of the cluster's nodes, or else as they were typed."""
        return self.changes or self.requested

    def moment_of(self, evidence: Evidence) -> str:
        """Return when a piece of evidence was read, empty for what the operator declares."""
        if evidence.origin is Origin.DECLARED:
            return ""
        node = evidence.source.get("node") if isinstance(evidence.source, Statement) else None
        return self.read_at.get(str(node)) or self.checked_at

    @property
    def objections(self) -> tuple[ChangeCheck, ...]:
        """Return the checks with a no-go, most severe first."""
        no_gos = (check for check in self.checks if check.result is PrecheckResult.NO_GO)
        return tuple(sorted(no_gos, key=lambda check: check.severity.rank))

    @property
    def result(self) -> PrecheckResult:
        """Return no-go if any check is, else undecided if any check is, else go."""
        results = (c.result for c in self.checks if c.result in RESULT_EXIT_CODES)
        return min(results, key=lambda r: RESULT_EXIT_CODES[r].rank, default=PrecheckResult.GO)

    @property
    def has_no_go(self) -> bool:
        """Return whether the change must not be made."""
        return self.result is PrecheckResult.NO_GO

    @property
    def has_steps_to_follow(self) -> bool:
        """Return whether somebody may follow the steps, now or once nothing is open."""
        return bool(self.steps) and not self.has_no_go

    @property
    def exit_code(self) -> ExitCode:
        """Return 0 go, 3 no-go, 4 undecided."""
        return RESULT_EXIT_CODES[self.result]

    @property
    def has_nothing_to_change(self) -> bool:
        """Return whether every change is made already."""
        # Without facts the decision has no changes, which does not mean that all are made.
        return bool(self.changes) and set(self.already_made) == set(self.changes)

    @property
    def expectation(self) -> ChangeExpectation:
        """Return what a later comparison is to expect."""
        return ChangeExpectation(
            cluster=self.cluster,
            services=tuple(
                ExpectedChange(c.node, c.service, not c.deactivates, c.restarts)
                for c in self.changes
            ),
            may_restart=self.restarts,
            drift=frozenset(self.drift),
            features=self.features,
            temporary=self.temporary,
        )
