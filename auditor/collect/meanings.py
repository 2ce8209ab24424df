"""What the rows of the IM&P database say: pure, and everything of it is only discovered."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from auditor.cluster import Database, Reach, Setting
from auditor.collect.catalogue import Rows
from auditor.collect.hostnames import Unclear, host_of, node_of
from auditor.collect.prerequisites import Reading
from auditor.collect.probes import WORDS, Meaning, Probe
from auditor.config import hosts
from auditor.config.problems import short, visible
from auditor.facts import HaState, Origin

NODE_KEYS = frozenset(
    {
        "chat",
        "sip_federation",
        "xmpp_federation",
        "compliance",
        "compliance_third_party",
        "managed_file_transfer",
    }
)
"""Keys that may hold for some nodes only: true by itself does not say for which."""

USES = frozenset({"permanent_chat", "compliance", "managed_file_transfer"})
_TRUE, _FALSE = frozenset({"t", "true", "1"}), frozenset({"f", "false", "0"})
_KINDS = {"postgres": "postgresql", "microsoft sql server": "mssql"}
_LONGEST = 200
_TIME = re.compile(r"\s*\d{4}-\d{2}-\d{2}.*$", re.DOTALL)
"""The time at the end of a status: it would differ in every run."""


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
class _Answer:
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


def understand(reading: Reading, nodes: Sequence[str]) -> Discovery:
    """Return what a reading says of a cluster with these nodes; what is unclear is a gap."""
    found: list[Discovery] = [Discovery(gaps=reading.gaps)]
    for probe in reading.probes:
        if probe.id in reading.rows:
            answer = _Answer(probe, reading.rows[probe.id], nodes, _source(probe, reading.node))
            try:
                found.append(_MEANINGS[probe.meaning](answer))
            except Unclear as why:
                found.append(Discovery(gaps={probe.id: visible(str(why))[:_LONGEST]}))
    return Discovery(
        settings={key: told for one in found for key, told in one.settings.items()},
        databases=tuple(d for one in found for d in one.databases),
        places=tuple(p for one in found for p in one.places),
        peers=tuple(p for one in found for p in one.peers),
        told=tuple(t for one in found for t in one.told),
        notices=tuple(n for one in found for n in one.notices),
        gaps={name: why for one in found for name, why in one.gaps.items()},
    )


def _source(probe: Probe, node: str) -> str:
    marks = [probe.columns[role][0] for role in sorted(probe.required) if role in probe.columns]
    where = probe.table or " and ".join(probe.needs) or f"column {' and '.join(marks)}"
    caution = f"; {probe.caution}" if probe.caution else ""
    return f"{where} in the database of {node} ({WORDS[probe.confidence]}{caution})"


def _switch(answer: _Answer) -> Discovery:
    values = answer.texts("value")
    probe, key = answer.probe, answer.probe.key or ""
    if not values:
        raise Unclear("there is no row")
    folded = {value.casefold() for value in values}
    if not folded <= probe.on and not folded <= probe.off:
        raise Unclear(f"the value {_quoted(values)} says nothing certain")
    on = folded <= probe.on
    return Discovery({key: _unplaced(answer.setting(on), key)})


def _present(answer: _Answer) -> Discovery:
    key = answer.probe.key or ""
    values = {row.get("row") for row in answer.rows}
    on = bool(values - {None, "f"}) if answer.probe.shares else bool(answer.rows)
    return Discovery({key: _unplaced(answer.setting(on), key)})


def _unplaced(told: Setting, key: str) -> Setting:
    """Say of a feature that may be on some nodes only that nobody knows on which."""
    placed = not told.on or key not in NODE_KEYS
    return Setting(told.on, told.origin, told.source, told.nodes, told.expressway, placed)


def _nodes(answer: _Answer) -> Discovery:
    named = [node_of(text, answer.nodes) for text in answer.texts("node")]
    strange = [t for t, node in zip(answer.texts("node"), named, strict=True) if node is None]
    if strange:
        raise Unclear(f"{_quoted(strange)} is no node of the cluster")
    found = [node for node in named if node is not None]
    return Discovery({answer.probe.key or "": answer.setting(bool(found), found)})


def _xmpp_federation(answer: _Answer) -> Discovery:
    """Rows of hosts that are no nodes are Expressways: it writes its own beside ours."""
    components = answer.texts("host")
    placed = {component: node_of(host_of(component), answer.nodes) for component in components}
    own = sorted({node for node in placed.values() if node is not None})
    strange = [component for component, node in placed.items() if node is None]
    federation = answer.setting(bool(own), own)
    if strange and not own:
        federation = answer.setting(True, expressway=True)
    told = (f"XMPP federation: {_quoted(strange)} names no node of the cluster.",)
    return Discovery(
        {"xmpp_federation": federation, "xmpp_federation_enabled_on": answer.setting(*_list(own))},
        told=told if strange else (),
    )


def _list(nodes: Sequence[str]) -> tuple[bool, Sequence[str]]:
    return bool(nodes), nodes


def _peers(answer: _Answer) -> Discovery:
    own = {node.casefold() for node in answer.nodes}
    addresses = [text for text in answer.texts("address") if text.casefold() not in own]
    if answer.rows and answer.texts("address") and not addresses:
        raise Unclear("it lists only nodes of this cluster")
    usable = tuple(text for text in addresses if hosts.is_host(text))
    return Discovery({"intercluster": answer.setting(bool(answer.rows))}, peers=usable)


def _databases(answer: _Answer) -> Discovery:
    known = {node.casefold(): node for node in answer.nodes}
    serves: dict[tuple[str, str], list[str | None]] = {}
    for row in answer.rows:
        name, kind = row.get("name"), (row.get("kind") or "").casefold()
        if name:
            node = known.get((row.get("node") or "").casefold())
            serves.setdefault((name, _KINDS.get(kind, kind) or "unknown"), []).append(node)
    return Discovery(
        databases=tuple(
            Database(
                name=_clean(name),
                host="",
                port=0,
                type=_clean(kind),
                used_by=USES,
                nodes=None if None in nodes else frozenset(node for node in nodes if node),
                reach=Reach.UNKNOWN,
                origin=Origin.DISCOVERED,
                reach_text=f"Its address is not told by {answer.source}.",
            )
            for (name, kind), nodes in sorted(serves.items())
        )
    )


def _groups(answer: _Answer) -> Discovery:
    known = {node.casefold(): node for node in answer.nodes}
    places = tuple(
        Place(
            known.get(name.casefold(), _clean(name)),
            _clean(row.get("subcluster") or "") or None,
            _truth(row.get("switch")),
            _state(row),
            answer.source,
        )
        for row in answer.rows
        if (name := row.get("node"))
    )
    if len({place.node.casefold() for place in places}) != len(places):
        raise Unclear("it lists a node twice")
    asked = any("subcluster" in row for row in answer.rows)
    alone = [p.node for p in places if asked and p.group is None and p.node in answer.nodes]
    notice = f"{' and '.join(alone)}: in no redundancy group, says {answer.source}."
    return Discovery(places=places, notices=(notice,) if alone else ())


def _state(row: Mapping[str, str | None]) -> HaState | None:
    text = row.get("state") or ""
    return HaState.from_number(int(text)) if re.fullmatch(r"[0-9]{1,3}", text) else None


def _truth(text: str | None) -> bool | None:
    word = (text or "").casefold()
    return True if word in _TRUE else False if word in _FALSE else None


def _tally(answer: _Answer) -> Discovery:
    return Discovery(told=(f"{answer.probe.id}: {len(answer.texts('value'))}.",))


def _status(answer: _Answer) -> Discovery:
    values = sorted({_TIME.sub("", text).strip() for text in answer.texts("value")})
    if not values:
        raise Unclear("there is no row")
    told = (f"{answer.probe.id}: {_quoted(values)}.",)
    good = {text.casefold() for text in answer.probe.good}
    bad = bool(good) and any(value.casefold() not in good for value in values)
    notice = f"{answer.probe.id}: {_quoted(values)}, says {answer.source}."
    return Discovery(told=told, notices=(notice,) if bad else ())


def _quoted(texts: Iterable[str]) -> str:
    return " and ".join(f'"{_clean(text)}"' for text in texts)


def _clean(text: str) -> str:
    """Return text of the database in one short line."""
    return short(visible(text))


_MEANINGS: Mapping[Meaning, Callable[[_Answer], Discovery]] = {
    Meaning.SWITCH: _switch,
    Meaning.PRESENT: _present,
    Meaning.NODES: _nodes,
    Meaning.XMPP_FEDERATION: _xmpp_federation,
    Meaning.PEERS: _peers,
    Meaning.DATABASES: _databases,
    Meaning.GROUPS: _groups,
    Meaning.TALLY: _tally,
    Meaning.STATUS: _status,
}
