"""The decision that follows from the checks of a change; `precheck_report` and `ticket` word it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.change.change_check import ChangeCheck, CheckKind, PrecheckResult, PrecheckTopic
from auditor.change.diff.expected import (
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
from auditor.models.evidence import Evidence, Origin
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Severity, Verdict
from auditor.models.statements import Statement

RESULT_EXIT_CODES = {
    PrecheckResult.GO: ExitCode.COMPLIANT,
    PrecheckResult.NO_GO: ExitCode.DRIFT,
    PrecheckResult.UNDECIDED: ExitCode.INCOMPLETE,
}
"""The exit code of each result; a note has none."""


_KINDS_OF_PAIRS = (CheckKind.FINDING, CheckKind.OTHER_GROUP)


_TO_CONFIRM = (CheckKind.TO_CONFIRM, CheckKind.BACKUP_TO_CONFIRM)


@dataclass(frozen=True, slots=True)
class DecisionOptions:
    """What the command was told, beside the change, that can lead to another decision.

    `fail_on` None and no `packs`: it went by the file and by its own packs.
    """

    is_confirmed: bool = False
    fail_on: Severity | None = None
    packs: tuple[str, ...] = ()
    insecure: bool = False


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
    be judged. `expectation_file` is where the expectation was asked to be written, empty if it was
    not. `options` are those of the command that made the check.
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
    expectation_file: str = ""
    options: DecisionOptions = DecisionOptions()

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
    def open_checks(self) -> tuple[ChangeCheck, ...]:
        """Return the undecided checks, most severe first, and last what somebody is to confirm."""
        undecided = (check for check in self.checks if check.result is PrecheckResult.UNDECIDED)
        return tuple(
            sorted(undecided, key=lambda check: (check.kind in _TO_CONFIRM, check.severity.rank))
        )

    @property
    def groups_left_unhealthy(self) -> tuple[str, ...]:
        """Return the groups that are not known to be healthy, and that no step changes."""
        return tuple(
            check.about
            for check in self.checks
            if check.kind in _KINDS_OF_PAIRS
            and check.topic is PrecheckTopic.GROUP
            and check.result is PrecheckResult.NOTE
            and check.finding is not None
            and check.finding.verdict in (Verdict.DRIFT, Verdict.UNKNOWN)
        )

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
    def has_expectation_file(self) -> bool:
        """Return whether what the change is expected to do is in a file."""
        return bool(self.expectation_file and self.changes) and not self.has_no_go

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
