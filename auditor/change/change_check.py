"""One check before a change: its topic, result, and what its text in `check_report` needs."""

from dataclasses import dataclass
from enum import StrEnum, auto

from auditor.change.diff.expected import ExpectedSetting
from auditor.models.evidence import Evidence
from auditor.models.findings import Finding, Severity, Verdict
from auditor.models.nodes import ServiceState
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
    LAST_NODE_STOPS = auto()
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
    OTHER_GROUP = auto()
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
        CheckKind.OTHER_GROUP,
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
    `other_use` is whether another feature uses the service, and `sessions` are those that a stop
    reaches. `details` come from elsewhere: the reason of a failure, or what to confirm.
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
    sessions: int | None = None

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
