"""One cluster, judged: its findings with its facts, its status, and the exit code of several."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from auditor.models.causes import Cause, group_causes
from auditor.models.certificates import DEFAULT_CERTIFICATE_DAYS
from auditor.models.coverage import Coverage, asked_cucm_servers
from auditor.models.exit_codes import ExitCode
from auditor.models.facts import list_unread_servers
from auditor.models.findings import Finding, Severity, Verdict
from auditor.models.nodes import NodeFacts
from auditor.models.profile import ProfileEntry
from auditor.models.sessions import PRESENCE_SESSIONS


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
    def cucm_publisher(self) -> str | None:
        """Return the CUCM publisher that was asked for the nodes, None where none was."""
        return next(iter(asked_cucm_servers(self.coverage)), None)

    @property
    def certificate_ends(self) -> dict[str, datetime]:
        """Return when the certificates that were read end: of the CUCM publisher, and by node."""
        texts = {self.cucm_publisher or "CUCM": self.cucm_certificate_not_after}
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
