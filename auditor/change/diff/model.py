"""What `auditor diff` compares, and what it finds: clusters, differences, events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from auditor.models.coverage import Source
from auditor.models.exit_codes import ExitCode
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Severity
from auditor.models.nodes import NodeFacts
from auditor.snapshots import Snapshot, SnapshotFinding


# Without slots: `cached_property` keeps its value in the dictionary of the object.
@dataclass(frozen=True)
class ComparedCluster:
    """One cluster of a snapshot; `findings` are by id."""

    facts: ClusterFacts
    findings: Mapping[str, SnapshotFinding] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the name of the cluster."""
        return self.facts.name

    @property
    def lists_all_nodes(self) -> bool:
        """Return whether CUCM listed the nodes; otherwise more or fewer of them may exist."""
        return self.facts.topology_observed

    @cached_property
    def nodes(self) -> Mapping[str, NodeFacts]:
        """Return the nodes by their name in lower case."""
        return {node.name.casefold(): node for node in self.facts.nodes}

    @cached_property
    def failures(self) -> Mapping[tuple[str, Source], str]:
        """Return why a source of a server gave nothing, by server and source."""
        return {
            (entry.node, entry.source): f"{entry.reason.words}. {entry.detail}".strip()
            for entry in sorted(self.facts.coverage, key=lambda e: (e.node.lower(), e.source))
            if entry.reason is not None
        }


def compared_clusters(snapshot: Snapshot) -> dict[str, ComparedCluster]:
    """Return the clusters of a snapshot by name."""
    return {
        cluster.name: ComparedCluster(
            snapshot.facts[cluster.name], {finding.id: finding for finding in cluster.findings}
        )
        for cluster in snapshot.report.clusters
    }


class DifferenceCategory(StrEnum):
    """Where a difference is listed, most serious first; the values are tokens of the JSON output.

    `NOT_COMPARED`: a whole part was unreadable before. `NEWLY_KNOWN`: one value was unknown before.
    `FEWER_SESSIONS`: a few less, as users come and go; more than that are `UNEXPECTED`.
    `UNTIL_PROFILE_FOLLOWS`: it differs only because the profile lacks the tested feature.
    """

    UNEXPECTED = "unexpected"
    NOT_DONE = "missing"
    NEW_DRIFT = "new"
    NEWLY_UNKNOWN = "unauditable"
    NOT_COMPARED = "unseen"
    RESTARTED = "restart"
    NEWLY_KNOWN = "readable"
    UNTIL_PROFILE_FOLLOWS = "foreseen"
    FEWER_SESSIONS = "sessions"
    EXPECTED = "expected"
    FIXED = "fixed"
    PERSISTING = "persisting"


UNEXPECTED_CATEGORIES = (
    DifferenceCategory.NEW_DRIFT,
    DifferenceCategory.UNEXPECTED,
    DifferenceCategory.NOT_DONE,
    DifferenceCategory.RESTARTED,
)
"""What no expectation covers, or what was expected and not done; the most important first."""


class Topic(StrEnum):
    """What of its subject a difference is about; the values are the words of its sentence."""

    OTHER = "other"
    COVERAGE = "coverage"
    NODE = "node"
    SERVICE = "service"
    SESSIONS = "sessions"
    FINDING = "finding"
    PROFILE = "profile"
    ROLE = "role"
    REDUNDANCY_GROUP = "redundancy group"
    HA_STATE = "HA state"
    IDENTITY = "identity"
    RELEASE = "release"
    CUCM_RELEASE = "CUCM's release"
    REPLICATION = "database replication"
    MEMBERS = "nodes"
    HA_SWITCH = "high availability"


class EventDirection(StrEnum):
    """Whether something got worse or better; the values are tokens of the JSON output.

    Findings decide it: a service that starts may be wanted or not.
    """

    WORSE = "worse"
    BETTER = "better"
    OTHER = "other"
    NOT_COMPARABLE = "not_comparable"
    STILL_THERE = "still_there"

    @property
    def words(self) -> str:
        """Return the direction as people call it."""
        return self.replace("_", " ")


NAMED_DIRECTIONS = (EventDirection.WORSE, EventDirection.BETTER, EventDirection.NOT_COMPARABLE)
"""What documents name at each event; the heading says the rest."""

_DIRECTIONS = {
    DifferenceCategory.NEW_DRIFT: EventDirection.WORSE,
    DifferenceCategory.FIXED: EventDirection.BETTER,
    DifferenceCategory.PERSISTING: EventDirection.STILL_THERE,
    DifferenceCategory.NEWLY_UNKNOWN: EventDirection.NOT_COMPARABLE,
    DifferenceCategory.NOT_COMPARED: EventDirection.NOT_COMPARABLE,
    DifferenceCategory.NEWLY_KNOWN: EventDirection.NOT_COMPARABLE,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference in a sentence; `about` is the node, group, cluster or key that differs.

    The severity is that of a finding; any other difference counts as critical. `service` and
    `finding` (its id) say what it is about, where it is about one.
    """

    category: DifferenceCategory
    about: str
    text: str
    severity: Severity = Severity.CRITICAL
    topic: Topic = Topic.OTHER
    service: str = ""
    finding: str = ""

    @property
    def direction(self) -> EventDirection:
        """Return whether this got worse or better."""
        if self.topic is Topic.SESSIONS and self.category is DifferenceCategory.UNEXPECTED:
            return EventDirection.WORSE
        return _DIRECTIONS.get(self.category, EventDirection.OTHER)


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """One thing that happened, with what follows from it: counted once, whatever it changed.

    No consequence is more serious for the exit code than the difference itself.
    """

    difference: Difference
    consequences: tuple[Difference, ...] = ()

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Return the difference, then its consequences."""
        return (self.difference, *self.consequences)

    @property
    def category(self) -> DifferenceCategory:
        """Return where the event is listed."""
        return self.difference.category

    @property
    def severity(self) -> Severity:
        """Return the gravest severity of all that happened."""
        return min((d.severity for d in self.differences), key=lambda severity: severity.rank)

    @property
    def direction(self) -> EventDirection:
        """Return worse if anything in it got worse, else better if anything did."""
        directions = {d.direction for d in self.differences}
        decisive = (d for d in (EventDirection.WORSE, EventDirection.BETTER) if d in directions)
        return next(decisive, self.difference.direction)


# NEWLY_KNOWN is not incomplete: the present value is known, and the audit judges it. After
# NOT_COMPARED a 0 would be an all-clear for what was never compared.
_CATEGORY_EXIT_CODES = dict.fromkeys(UNEXPECTED_CATEGORIES, ExitCode.DRIFT) | {
    DifferenceCategory.NEWLY_UNKNOWN: ExitCode.INCOMPLETE,
    DifferenceCategory.NOT_COMPARED: ExitCode.INCOMPLETE,
}


def category_exit_code(category: DifferenceCategory) -> ExitCode:
    """Return the exit code of a comparison that found nothing else."""
    return _CATEGORY_EXIT_CODES.get(category, ExitCode.COMPLIANT)


def differences_exit_code(differences: Iterable[Difference]) -> ExitCode:
    """Return 3 if anything is unexpected, else 4 if something could not be compared, else 0."""
    codes = (category_exit_code(d.category) for d in differences)
    return ExitCode.worst(codes, default=ExitCode.COMPLIANT)
