"""A cluster as a snapshot holds it: words and tokens of the JSON report, and of the facts.

One difference between two snapshots, and the code that all of them add up to.

What a change was to do, as the check before it announced it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from auditor.models.findings import ExitCode, Severity


@dataclass(frozen=True, slots=True)
class ComparedService:
    """A service on both axes; `deployable` False: it cannot be activated, which is no gap."""

    activated: bool | None
    state: str
    uptime_s: int | None
    deployable: bool | None = None


@dataclass(frozen=True, slots=True)
class ComparedNode:
    """A node. `replied_at` is None where its services were not read.

    `axl` tells whether its AXL answered, None where it was not asked or nobody can tell. A planned
    node is never asked.
    """

    name: str
    traits: Mapping[str, str]
    services: Mapping[str, ComparedService]
    replied_at: datetime | None
    axl: bool | None = None
    planned: bool = False


@dataclass(frozen=True, slots=True)
class ComparedFinding:
    """A finding by its fingerprint; `subject_kind` is node, group, cluster or key.

    `verdict` is that without a waiver: what somebody accepts still is as it is.
    """

    id: str
    recommendation: str
    subject: str
    verdict: str
    kind: str | None
    severity: str
    observed: str
    subject_kind: str = "node"
    waived: bool = False


@dataclass(frozen=True, slots=True)
class ComparedCluster:
    """A cluster. `groups` are the traits of its redundancy groups, None where nobody told them.

    `complete`: these are all its nodes; otherwise the CUCM publisher did not tell them. `profile`
    is what the operator declares and `shown` what the cluster itself tells of the same keys;
    `around` is what stands beside it: peers, and databases that it lists. `reached` are external
    databases that accepted a connection. `gaps` are reasons by server and source, for every
    source that gave nothing.
    """

    name: str
    groups: Mapping[str, Mapping[str, str]] | None
    nodes: Mapping[str, ComparedNode]
    findings: Mapping[str, ComparedFinding]
    complete: bool = True
    profile: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    around: Mapping[str, str] = field(default_factory=dict)
    reached: frozenset[str] = frozenset()
    gaps: Mapping[tuple[str, str], str] = field(default_factory=dict)


class DifferenceCategory(StrEnum):
    """How a difference is filed, gravest first.

    `unseen`: a whole part could not be read before, so nothing tells whether it changed.
    `readable`: one thing was not known before and is now. `foreseen`: it differs only because the
    profile does not have the tested feature yet.
    """

    UNEXPECTED = "unexpected"
    MISSING = "missing"
    NEW = "new"
    UNAUDITABLE = "unauditable"
    UNSEEN = "unseen"
    RESTART = "restart"
    READABLE = "readable"
    FORESEEN = "foreseen"
    EXPECTED = "expected"
    FIXED = "fixed"
    PERSISTING = "persisting"


UNEXPECTED_CATEGORIES = (
    DifferenceCategory.NEW,
    DifferenceCategory.UNEXPECTED,
    DifferenceCategory.MISSING,
    DifferenceCategory.RESTART,
)
"""What nobody announced, or was announced and not done; what says most of it first."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, in a sentence; `about` is the node, group or cluster it is on.

    What is no finding has no severity of its own, and counts as much as the gravest.
    """

    sort: DifferenceCategory
    about: str
    text: str
    severity: Severity = Severity.CRITICAL


_CATEGORY_EXIT_CODES = dict.fromkeys(UNEXPECTED_CATEGORIES, ExitCode.DRIFT) | {
    DifferenceCategory.UNAUDITABLE: ExitCode.INCOMPLETE,
    DifferenceCategory.UNSEEN: ExitCode.INCOMPLETE,
}


def differences_exit_code(differences: Iterable[Difference]) -> ExitCode:
    """Return 3 for anything that nobody announced, else 4 for what could not be compared."""
    codes = (_CATEGORY_EXIT_CODES.get(d.sort, ExitCode.COMPLIANT) for d in differences)
    return ExitCode.worst(codes, default=ExitCode.COMPLIANT)


@dataclass(frozen=True, slots=True)
class ExpectedChange:
    """One change that was announced: a service on a node is to be activated, or not."""

    node: str
    service: str
    activated: bool


@dataclass(frozen=True, slots=True)
class ExpectedSetting:
    """A deployment key that was tested; `was` is what the file declared, None: nothing."""

    key: str
    was: str | None
    tested: str


@dataclass(frozen=True, slots=True)
class ExpectedFinding:
    """A finding that the change brings about only until the profile has the tested features."""

    id: str
    verdict: str
    kind: str | None
    observed: str

    def is_seen_in(self, finding: ComparedFinding) -> bool:
        """Tell whether a finding is this very one, or as much of it as was done so far."""
        same = (finding.id, finding.verdict, finding.kind) == (self.id, self.verdict, self.kind)
        return same and _split_observation(finding.observed) <= _split_observation(self.observed)


def _split_observation(observed: str) -> frozenset[str]:
    """Return what was observed, one service on one node each.

    Words in brackets are left out: nobody can know them before a service really stops.
    """
    plain = re.sub(r" \([^()]*\)", "", observed.rstrip("."))
    return frozenset(plain.split(" and "))


@dataclass(frozen=True, slots=True)
class ChangeExpectation:
    """Services to change, fingerprints of the drift that follows, and features to come."""

    services: tuple[ExpectedChange, ...] = ()
    drift: frozenset[str] = frozenset()
    features: tuple[ExpectedSetting, ...] = ()
    foreseen: tuple[ExpectedFinding, ...] = ()

    def of(self, node: str, service: str) -> ExpectedChange | None:
        """Return what was announced of a service on a node."""
        for one in self.services:
            if (one.node.casefold(), one.service) == (node.casefold(), service):
                return one
        return None

    def feature(self, key: str) -> ExpectedSetting | None:
        """Return what was announced of a deployment key."""
        return next((one for one in self.features if one.key == key), None)

    def lagging(self, profile: Mapping[str, str]) -> bool:
        """Tell whether a profile is still, in every tested key, as it was before the check."""
        return bool(self.features) and all(profile.get(f.key) == f.was for f in self.features)

    def explains(self, finding: ComparedFinding, after: ComparedCluster) -> bool:
        """Tell whether a finding is exactly what the profile, not changed yet, brings about."""
        return self.lagging(after.profile) and any(f.is_seen_in(finding) for f in self.foreseen)


NO_EXPECTATION = ChangeExpectation()
