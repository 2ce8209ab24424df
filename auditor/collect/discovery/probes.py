"""A probe of the IM&P database: what to ask, what the rows mean, and how certain that is."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictStr,
    StringConstraints,
)

from auditor.models.deployment import INTERCLUSTER_KEY
from auditor.toml_errors import StrictTable

# What the built-in probes need. More is refused, because Cisco's configuration guide does not
# support AXL of IM&P for applications, so it is asked little.
MAX_STATEMENTS = 6
"""SELECTs for a cluster and run, the catalogue's included; the others are sent as one statement."""


# Names enter SQL as they are, so this pattern keeps SQL out of them.
NAME_PATTERN = r"[a-z_][a-z0-9_]*"


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _in_lower_case(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text.casefold() for text in texts)


DatabaseName = Annotated[StrictStr, StringConstraints(pattern=f"^{NAME_PATTERN}$")]
DatabaseNames = Annotated[tuple[DatabaseName, ...], Field(min_length=1)]
ColumnName = Annotated[
    StrictStr, StringConstraints(pattern=rf"^({NAME_PATTERN}\.)?{NAME_PATTERN}$")
]
ColumnNames = Annotated[tuple[ColumnName, ...], BeforeValidator(_as_list), Field(min_length=1)]
ProbeText = Annotated[StrictStr, StringConstraints(pattern=r"^\S(.*\S)?$")]
ProbeTexts = Annotated[tuple[ProbeText, ...], Field(min_length=1)]
SwitchTexts = Annotated[ProbeTexts, AfterValidator(_in_lower_case)]


class ProbeMeaning(StrEnum):
    """What the rows mean; `interpret` has a function for each."""

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
    OBSERVED = "S"
    INFERRED = "I"


CONFIDENCE_TEXTS: Mapping[ProbeConfidence, str] = {
    ProbeConfidence.DOCUMENTED: "documented by Cisco",
    ProbeConfidence.OBSERVED: "seen in public scripts",
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
    ProbeMeaning.PEERS: (INTERCLUSTER_KEY,),
}


class ProbeJoin(StrictTable):
    """A second table, joined where column `on` of the first equals column `to` of this one."""

    table: DatabaseName
    on: DatabaseName
    to: DatabaseName


class Probe(StrictTable):
    """One `[[probe]]`: parts of a SELECT or a whole one, and what its rows mean.

    `columns` maps the columns of the meaning to the names to look for, in order of preference.
    `table` None: the one table that has them. `on` and `off` are in lower case.
    """

    id: DatabaseName
    meaning: ProbeMeaning
    confidence: ProbeConfidence
    source: ProbeText
    enabled: StrictBool = True
    key: ProbeText | None = None
    table: DatabaseName | None = None
    columns: Mapping[str, ColumnNames] = Field(default_factory=dict)
    join: ProbeJoin | None = None
    where: Mapping[DatabaseName, ProbeText] = Field(default_factory=dict)
    statement: ProbeText | None = None
    needs: Mapping[DatabaseName, DatabaseNames] = Field(default_factory=dict)
    on: SwitchTexts = ("t", "true", "1")
    off: SwitchTexts = ("f", "false", "0")
    good: ProbeTexts = ()
    caution: ProbeText = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the deployment keys that its rows decide."""
        return (self.key,) if self.key else _IMPLIED_KEYS.get(self.meaning, ())

    @property
    def public_texts(self) -> frozenset[str]:
        """Return the tables, columns and values that its rows are known to hold."""
        joined = (self.join.table, self.join.on, self.join.to) if self.join else ()
        listed = {
            name for names in (*self.columns.values(), *self.needs.values()) for name in names
        }
        named = {self.table or "", *joined, *self.needs, *self.where, *self.where.values()}
        return frozenset({*named, *listed, *self.on, *self.off, *self.good}) - {""}

    @property
    def required_columns(self) -> frozenset[str]:
        """Return the columns that its rows must hold."""
        return MEANING_COLUMNS[self.meaning][0]

    @property
    def shares_statement(self) -> bool:
        """Return whether it is asked in one statement with others."""
        return self.statement is None and self.meaning in SHARED_MEANINGS


def count_statements(probes: Iterable[Probe]) -> int:
    """Return how many statements the probes need at most, the catalogue's included."""
    shares = [probe.shares_statement for probe in probes]
    return 1 + shares.count(False) + any(shares)
