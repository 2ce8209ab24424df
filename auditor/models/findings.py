"""Findings, what they add up to on a cluster, and the exit code of many clusters."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

from auditor.models.certificates import DEFAULT_CERTIFICATE_DAYS
from auditor.models.coverage import Coverage, asked_cucm_servers
from auditor.models.evidence import Evidence
from auditor.models.exit_codes import ExitCode
from auditor.models.facts import list_unread_servers
from auditor.models.forms import Form
from auditor.models.nodes import NodeFacts
from auditor.models.profile import ProfileEntry
from auditor.models.sessions import PRESENCE_SESSIONS
from auditor.models.statements import Statement
from auditor.service_names import DATABASE, START_ORDER, start_position


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


class ClusterStatus(StrEnum):
    """What a cluster's findings add up to; drift wins, judged at `fail_on`."""

    COMPLIANT = "compliant"
    DRIFT = "drift"
    INCOMPLETE = "incomplete"
    UNAUDITABLE = "unauditable"

    @property
    def rank(self) -> int:
        """Return 0 for drift to 3 for compliant: what to look at first, first."""
        return _STATUSES_WORST_FIRST.index(self)


# As the exit code adds clusters up. Drift is known to hurt, whatever its severity; an unauditable
# cluster may hide as much, but nobody can act on it before it can be read.
_STATUSES_WORST_FIRST = (
    ClusterStatus.DRIFT,
    ClusterStatus.UNAUDITABLE,
    ClusterStatus.INCOMPLETE,
    ClusterStatus.COMPLIANT,
)


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


@dataclass(frozen=True, slots=True)
class Cause:
    """A drift that nothing else explains, and all that it explains, what to act on first, first.

    `users` are the sessions of a redundancy group that has failed over, where they were read.
    """

    finding: Finding
    explains: tuple[Finding, ...] = ()
    users: int = 0

    @property
    def severity(self) -> Severity:
        """Return the gravest severity of the finding and of what it explains."""
        return min((f.severity for f in (self.finding, *self.explains)), key=lambda s: s.rank)


@dataclass(frozen=True)  # without slots, for the cached property
class ClusterReport:
    """One cluster, judged. `fail_on` is the threshold at which drift counts for `status`.

    `proposed` is what the cluster shows for the deployment keys that unknown findings wait for.
    From `certificate_days` on, the values are those of the facts.
    """

    name: str
    release: str | None
    fail_on: Severity
    nodes: tuple[NodeFacts, ...] = ()
    findings: Sequence[Finding] = ()
    coverage: tuple[Coverage, ...] = ()
    notices: tuple[str, ...] = field(default=())
    certificate_days: int = DEFAULT_CERTIFICATE_DAYS
    cucm_certificate_not_after: str | None = None
    cucm_release: str | None = None
    are_nodes_listed: bool = False
    proposed: tuple[ProfileEntry, ...] = ()

    @property
    def unread(self) -> tuple[str, ...]:
        """Return the nodes that are installed and for which no service state is known.

        A node that lists its services, all in an unknown state, is among them too.
        """
        return tuple(node.name for node in self.nodes if node.is_unread)

    @property
    def is_nothing_read(self) -> bool:
        """Return whether no node listed a service; the reason then matters more than findings.

        All nodes may be `unread` where this is false: a listed service may have no known state.
        """
        return not any(node.services for node in self.nodes)

    @property
    def unread_servers(self) -> tuple[str, ...]:
        """Return the CUCM servers that failed, then the unread nodes."""
        return list_unread_servers(self.nodes, self.coverage)

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Return the causes of all drift, worst first; each drift is in exactly one of them."""
        return group_causes(self.findings, self._users_by_group)

    @property
    def _users_by_group(self) -> Mapping[str, int]:
        """Return the sessions that were read of each group, by its name in lower case."""
        users: Counter[str] = Counter()
        for node in self.nodes:
            users[(node.redundancy_group or "").lower()] += node.sessions.get(PRESENCE_SESSIONS, 0)
        return users

    @property
    def publisher(self) -> str | None:
        """Return the CUCM publisher that was asked for the nodes, None where none was."""
        return next(iter(asked_cucm_servers(self.coverage)), None)

    @property
    def certificate_ends(self) -> dict[str, datetime]:
        """Return when the certificates that were read end: of the CUCM publisher, and by node."""
        texts = {self.publisher or "CUCM": self.cucm_certificate_not_after}
        texts |= {node.name: node.certificate_not_after for node in self.nodes}
        return {name: datetime.fromisoformat(text) for name, text in texts.items() if text}

    @cached_property
    def status(self) -> ClusterStatus:
        """Return the status: drift first, then nothing read, then anything unknown."""
        if any(
            f.verdict is Verdict.DRIFT and f.severity.reaches(self.fail_on) for f in self.findings
        ):
            return ClusterStatus.DRIFT
        if self.is_nothing_read:
            return ClusterStatus.UNAUDITABLE
        if any(f.verdict is Verdict.UNKNOWN for f in self.findings) or any(
            _is_coverage_gap(entry) for entry in self.coverage
        ):
            return ClusterStatus.INCOMPLETE
        return ClusterStatus.COMPLIANT


def _is_coverage_gap(entry: Coverage) -> bool:
    """Return whether a source that was due gave nothing.

    A source skipped without a reason (a planned node, a test that the profile turned off) was
    not due.
    """
    return entry.reason is not None


def audit_exit_code(statuses: Sequence[ClusterStatus]) -> ExitCode:
    """Return 3 if any cluster drifted, else 5 if all are unauditable, else 4 or 0."""
    if ClusterStatus.DRIFT in statuses:
        return ExitCode.DRIFT
    # One cluster that could be audited makes the run incomplete, not useless.
    if all(status is ClusterStatus.UNAUDITABLE for status in statuses):
        return ExitCode.UNAUDITABLE
    if any(status is not ClusterStatus.COMPLIANT for status in statuses):
        return ExitCode.INCOMPLETE
    return ExitCode.COMPLIANT


def overall_status(statuses: Sequence[ClusterStatus]) -> ClusterStatus:
    """Return the status of all clusters together, as the exit code adds them up."""
    code = audit_exit_code(statuses)
    return next(status for status in ClusterStatus if audit_exit_code([status]) is code)


FindingSortKey: TypeAlias = tuple[int, str, bool, str, str]
CauseSortKey: TypeAlias = tuple[int, bool, int, int, int, FindingSortKey]


def finding_sort_key(finding: Finding) -> FindingSortKey:
    """Return the sort key of a finding within its cluster: severity, id, subject."""
    subject = finding.subject
    # What has expired is worse than what will.
    is_later = finding.kind is not FindingKind.EXPIRED
    name = subject.name.lower()
    return finding.severity.rank, finding.recommendation, is_later, subject.kind, name


def group_causes(
    findings: Sequence[Finding], users: Mapping[str, int] | None = None
) -> tuple[Cause, ...]:
    """Return the causes of the drift among findings of one cluster, worst first.

    Of the same severity, a stopped database is the worst, then what explains the most, then what
    starts first, then the group with the most `users` (by its name in lower case).
    A finding with several causes is under the first of them, directly or through others.
    """
    drifts = {f.id: f for f in findings if f.verdict is Verdict.DRIFT}
    explained: dict[str, list[tuple[int, Finding]]] = {
        finding.id: [] for finding in drifts.values() if not _known_causes(finding, drifts)
    }
    for finding in drifts.values():
        chain = _causal_chain(finding, drifts)
        if len(chain) > 1:
            explained[chain[-1].id].append((_causal_depth(finding, drifts), finding))
    causes = (
        Cause(
            drifts[root],
            tuple(finding for _, finding in sorted(effects, key=_effect_sort_key)),
            _count_users(drifts[root].subject, users or {}),
        )
        for root, effects in explained.items()
    )
    return tuple(sorted(causes, key=_cause_key))


def _count_users(subject: FindingSubject, users: Mapping[str, int]) -> int:
    return users.get(subject.name.lower(), 0) if subject.kind is SubjectKind.GROUP else 0


def cause_sort_key(
    finding: Finding, severity: Severity, number_explained: int, users: int = 0
) -> CauseSortKey:
    """Return the sort key of a cause, the worst first; `severity` is the gravest of its block.

    `users` is that of `Cause`.
    """
    order, service = START_ORDER, finding.service
    return (
        severity.rank,
        # Nothing starts without it, though no guide says which services stop with it.
        service != DATABASE,
        -number_explained,
        order.index(service) if service in order else len(order),
        -users,
        finding_sort_key(finding),
    )


def _cause_key(cause: Cause) -> CauseSortKey:
    return cause_sort_key(cause.finding, cause.severity, len(cause.explains), cause.users)


def _known_causes(finding: Finding, drifts: Mapping[str, Finding]) -> list[Finding]:
    return [drifts[cause] for cause in finding.caused_by if cause in drifts]


def _causal_chain(finding: Finding, drifts: Mapping[str, Finding]) -> list[Finding]:
    """Return a finding, its first cause, the first cause of that, and so on to the root."""
    chain = [finding]
    while causes := _known_causes(chain[-1], drifts):
        chain.append(causes[0])
    return chain


def _causal_depth(finding: Finding, drifts: Mapping[str, Finding]) -> int:
    """Return how many steps the longest chain of causes of a finding has."""
    causes = _known_causes(finding, drifts)
    return 1 + max(_causal_depth(cause, drifts) for cause in causes) if causes else 0


def _effect_sort_key(effect: tuple[int, Finding]) -> tuple[int, int, FindingSortKey]:
    # By depth first: a service that others wait for is the next to start.
    depth, finding = effect
    return depth, start_position(finding.service), finding_sort_key(finding)
