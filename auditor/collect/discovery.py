"""What the rows of the IM&P database tell: only ever discovered, and unclear until proven."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from auditor.cluster import Database, Setting
from auditor.collect.catalogue import Rows
from auditor.collect.probes import Probe
from auditor.facts import HaState, Origin
from auditor.showing import short, visible


@dataclass(frozen=True, slots=True)
class Place:
    """A node's row: its redundancy group, the group's HA switch, and its HA state, if told."""

    node: str
    group: str | None
    switch: bool | None
    state: HaState | None
    source: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a reading says. `told` and `notices` are sentences, `gaps` clauses by probe id."""

    settings: Mapping[str, Setting] = field(default_factory=dict)
    databases: tuple[Database, ...] = ()
    places: tuple[Place, ...] = ()
    peers: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    gaps: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of one probe, with the cluster's nodes and how to cite where they come from."""

    probe: Probe
    rows: Rows
    nodes: Sequence[str]
    source: str

    def texts(self, column: str) -> list[str]:
        """Return what is told in a column, each once, in order."""
        return sorted({text for row in self.rows if (text := row.get(column))})

    def setting(
        self, on: bool, nodes: Iterable[str] | None = None, *, expressway: bool = False
    ) -> Setting:
        """Return a discovered telling."""
        named = None if nodes is None else frozenset(nodes)
        return Setting(on, Origin.DISCOVERED, self.source, named, expressway)


def quoted(texts: Iterable[str]) -> str:
    """Return texts of the database in quotation marks, in one line."""
    return " and ".join(f'"{clean(text)}"' for text in texts)


def clean(text: str) -> str:
    """Return text of the database in one short line."""
    return short(visible(text))
