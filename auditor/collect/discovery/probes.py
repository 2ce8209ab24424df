"""What a probe of the IM&P database is: a question, what an answer says, and how sure that is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MAX_STATEMENTS = 6
"""SQL statements for a cluster and run, the catalogue's included."""


class ProbeMeaning(StrEnum):
    """What an answer says; meaning in `meanings`."""

    SWITCH = "switch"
    PRESENT = "present"
    NODES = "nodes"
    XMPP_FEDERATION = "xmpp_federation"
    PEERS = "peers"
    DATABASES = "databases"
    GROUPS = "groups"
    TALLY = "tally"
    STATUS = "status"


class ProbeConfidence(StrEnum):
    """How sure it is that the table means this."""

    DOCUMENTED = "D"
    SEEN = "S"
    INFERRED = "I"


CONFIDENCE_TEXTS: Mapping[ProbeConfidence, str] = {
    ProbeConfidence.DOCUMENTED: "documented by Cisco",
    ProbeConfidence.SEEN: "seen in public scripts",
    ProbeConfidence.INFERRED: "meaning inferred",
}

SHARED_MEANINGS = frozenset(
    {ProbeMeaning.SWITCH, ProbeMeaning.PRESENT, ProbeMeaning.TALLY, ProbeMeaning.STATUS}
)
"""Meanings that look at single values, so that one statement can serve them all."""

MEANING_COLUMNS: Mapping[ProbeMeaning, tuple[frozenset[str], frozenset[str]]] = {
    ProbeMeaning.SWITCH: (frozenset({"value"}), frozenset()),
    ProbeMeaning.PRESENT: (frozenset({"row"}), frozenset()),
    ProbeMeaning.NODES: (frozenset({"node"}), frozenset()),
    ProbeMeaning.XMPP_FEDERATION: (frozenset({"host"}), frozenset()),
    ProbeMeaning.PEERS: (frozenset({"row"}), frozenset({"address"})),
    ProbeMeaning.DATABASES: (frozenset({"name"}), frozenset({"kind", "node"})),
    ProbeMeaning.GROUPS: (frozenset({"node"}), frozenset({"subcluster", "switch", "state"})),
    ProbeMeaning.TALLY: (frozenset({"value"}), frozenset()),
    ProbeMeaning.STATUS: (frozenset({"value"}), frozenset()),
}
"""The columns that an answer must hold for its meaning, and those that it may hold."""

_IMPLIED_KEYS = {
    ProbeMeaning.XMPP_FEDERATION: ("xmpp_federation", "xmpp_federation_enabled_on"),
    ProbeMeaning.PEERS: ("intercluster",),
}


@dataclass(frozen=True, slots=True)
class ProbeJoin:
    """A second table, joined where `on` of the first equals `to` of this one."""

    table: str
    on: str
    to: str


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to the database: parts of a statement or a whole one, and what it says.

    `columns` maps what an answer holds to the names to look for, in order of preference. `table`
    None: the one table that has them.
    """

    id: str
    meaning: ProbeMeaning
    confidence: ProbeConfidence
    source: str
    key: str | None = None
    table: str | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    join: ProbeJoin | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    statement: str | None = None
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    on: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()
    good: tuple[str, ...] = ()
    caution: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the deployment keys that an answer tells."""
        return (self.key,) if self.key else _IMPLIED_KEYS.get(self.meaning, ())

    @property
    def words(self) -> frozenset[str]:
        """Return the tables, columns and values that its answer is known to hold."""
        joined = (self.join.table, self.join.on, self.join.to) if self.join else ()
        listed = (*self.columns.values(), *self.needs.values())
        named = {self.table or "", *joined, *self.needs, *self.where, *self.where.values()}
        told = {name for names in listed for name in names}
        return frozenset(named | told | self.on | self.off | set(self.good)) - {""}

    @property
    def required(self) -> frozenset[str]:
        """Return the columns that an answer must hold."""
        return MEANING_COLUMNS[self.meaning][0]

    @property
    def shares(self) -> bool:
        """Tell whether its statement is shared with others."""
        return self.statement is None and self.meaning in SHARED_MEANINGS


def count_statements(probes: Iterable[Probe]) -> int:
    """Return how many statements the probes need at most, the catalogue's included."""
    shares = [probe.shares for probe in probes]
    return 1 + shares.count(False) + any(shares)
