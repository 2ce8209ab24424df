"""What the rows of the IM&P database mean, by the meaning of the probe that asked: pure.

What rows of the IM&P database say of features: whether they are on, and on which nodes.

What the rows of the IM&P database tell: only ever discovered, and unclear until proven.

Which node a name in the IM&P database stands for.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from auditor.collect.discovery.probes import CONFIDENCE_TEXTS, Probe, ProbeMeaning
from auditor.collect.discovery.reader import ProbeResults
from auditor.collect.discovery.sql import DatabaseRows
from auditor.config.hosts import is_host
from auditor.models.deployment import FEATURE_KEYS, INTERCLUSTER_KEY
from auditor.models.facts import ExternalDatabase, HaState, Origin, Reach, Setting
from auditor.text import printable_excerpt


@dataclass(frozen=True, slots=True)
class GroupMembership:
    """A node's row: its redundancy group, the group's HA switch, and its HA state, if told."""

    node: str
    group: str | None
    switch: bool | None
    state: HaState | None
    source: str


@dataclass(frozen=True, slots=True)
class DiscoveredFacts:
    """What a reading says. `told` and `notices` are sentences, `gaps` clauses by probe id."""

    settings: Mapping[str, Setting] = field(default_factory=dict)
    databases: tuple[ExternalDatabase, ...] = ()
    places: tuple[GroupMembership, ...] = ()
    peers: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    gaps: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProbeRows:
    """The rows of one probe, with the cluster's nodes and how to cite where they come from."""

    probe: Probe
    rows: DatabaseRows
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


def quote_database_texts(texts: Iterable[str]) -> str:
    """Return texts of the database in quotation marks, in one line."""
    return " and ".join(f'"{clean_database_text(text)}"' for text in texts)


def clean_database_text(text: str) -> str:
    """Return text of the database in one short line."""
    return printable_excerpt(text)


class AmbiguousData(Exception):
    """An answer says nothing certain; the text is a clause that says why."""


def component_host(component: str) -> str:
    """Return the host that an XCP component such as `cm-2_s2scp-1.HOST` runs on.

    Raises:
        Unclear: it names none.
    """
    host = component.partition(".")[2]
    if not host:
        raise AmbiguousData(f'"{component}" names no host')
    return host


def match_node_name(host: str, nodes: Iterable[str]) -> str | None:
    """Return the node that a host is, None if it is no node.

    The only public sample of a component writes the dots of its host as hyphens (TAC document
    213865), so both count as one, and a name without a domain may stand for one with it.

    Raises:
        Unclear: there are several readings.
    """
    known = list(nodes)
    same = [node for node in known if _hyphenate_host(node) == _hyphenate_host(host)]
    if same:
        return same[0]
    short = [
        node
        for node in known
        if _host_label(node) == _host_label(host) and _is_one_unqualified(node, host)
    ]
    if len(short) == 1:
        return short[0]
    blurred = [
        n
        for n in known
        if "." not in n and _hyphenate_host(host).startswith(f"{_hyphenate_host(n)}-")
    ]
    if short or blurred:
        raise AmbiguousData(f'"{host}" may or may not be {(short + blurred)[0]}')
    return None


def _hyphenate_host(host: str) -> str:
    return host.replace(".", "-").casefold()


def _host_label(host: str) -> str:
    return host.partition(".")[0].casefold()


def _is_one_unqualified(one: str, other: str) -> bool:
    return ("." in one) != ("." in other)


def interpret_switch(answer: ProbeRows) -> DiscoveredFacts:
    """Tell a feature by values that the probe lists as on or off; any other value is unclear."""
    values = answer.texts("value")
    probe, key = answer.probe, answer.probe.key or ""
    if not values:
        raise AmbiguousData("there is no row")
    folded = {value.casefold() for value in values}
    if not folded <= set(probe.on) and not folded <= set(probe.off):
        raise AmbiguousData(f"the value {quote_database_texts(values)} says nothing certain")
    on = folded <= set(probe.on)
    return DiscoveredFacts({key: _mark_unplaced(answer.setting(on), key)})


def interpret_row_existence(answer: ProbeRows) -> DiscoveredFacts:
    """Tell a feature by the mere presence of rows."""
    key = answer.probe.key or ""
    values = {row.get("row") for row in answer.rows}
    on = bool(values - {None, "f"}) if answer.probe.shares_statement else bool(answer.rows)
    return DiscoveredFacts({key: _mark_unplaced(answer.setting(on), key)})


def _mark_unplaced(told: Setting, key: str) -> Setting:
    """Say of a feature that may be on some nodes only that nobody knows on which."""
    placed = not told.on or key not in FEATURE_KEYS
    return Setting(told.on, told.origin, told.source, told.nodes, told.expressway, placed)


def interpret_nodes(answer: ProbeRows) -> DiscoveredFacts:
    """Tell a feature by the nodes that rows name."""
    named = [match_node_name(text, answer.nodes) for text in answer.texts("node")]
    strange = [t for t, node in zip(answer.texts("node"), named, strict=True) if node is None]
    if strange:
        raise AmbiguousData(f"{quote_database_texts(strange)} is no node of the cluster")
    found = [node for node in named if node is not None]
    return DiscoveredFacts({answer.probe.key or "": answer.setting(bool(found), found)})


def interpret_xmpp_federation(answer: ProbeRows) -> DiscoveredFacts:
    """Rows of hosts that are no nodes are Expressways: it writes its own beside ours."""
    components = answer.texts("host")
    placed = {
        component: match_node_name(component_host(component), answer.nodes)
        for component in components
    }
    own = sorted({node for node in placed.values() if node is not None})
    strange = [component for component, node in placed.items() if node is None]
    here = answer.setting(bool(own), own)
    elsewhere = bool(strange) and not own
    federation = answer.setting(True, expressway=True) if elsewhere else here
    told = (f"XMPP federation: {quote_database_texts(strange)} names no node of the cluster.",)
    return DiscoveredFacts(
        {"xmpp_federation": federation, "xmpp_federation_enabled_on": here},
        told=told if strange else (),
    )


def interpret_peers(answer: ProbeRows) -> DiscoveredFacts:
    """Tell intercluster by the peers that are listed, without the nodes of this cluster."""
    own = {node.casefold() for node in answer.nodes}
    addresses = [text for text in answer.texts("address") if text.casefold() not in own]
    if answer.rows and answer.texts("address") and not addresses:
        raise AmbiguousData("it lists only nodes of this cluster")
    usable = tuple(text for text in addresses if is_host(text))
    return DiscoveredFacts({INTERCLUSTER_KEY: answer.setting(bool(answer.rows))}, peers=usable)


_POSSIBLE_DATABASE_USES = frozenset({"permanent_chat", "compliance", "managed_file_transfer"})
_TRUE_TEXTS, _FALSE_TEXTS = frozenset({"t", "true", "1"}), frozenset({"f", "false", "0"})
_DATABASE_TYPES = {"postgres": "postgresql", "microsoft sql server": "mssql"}
_MAX_GAP_LENGTH = 200
_TRAILING_TIME = re.compile(r"\s*\d{4}-\d{2}-\d{2}.*$", re.DOTALL)
"""The time at the end of a status: it would differ in every run."""


def interpret_probe_results(reading: ProbeResults, nodes: Sequence[str]) -> DiscoveredFacts:
    """Return what a reading says of a cluster with these nodes; what is unclear is a gap."""
    found: list[DiscoveredFacts] = [DiscoveredFacts(gaps=reading.gaps)]
    for probe in reading.probes:
        if probe.id in reading.rows:
            answer = ProbeRows(
                probe, reading.rows[probe.id], nodes, _cite_probe(probe, reading.node)
            )
            try:
                found.append(_INTERPRETERS[probe.meaning](answer))
            except AmbiguousData as why:
                found.append(
                    DiscoveredFacts(gaps={probe.id: printable_excerpt(str(why), _MAX_GAP_LENGTH)})
                )
    return DiscoveredFacts(
        settings={key: told for one in found for key, told in one.settings.items()},
        databases=tuple(d for one in found for d in one.databases),
        places=tuple(p for one in found for p in one.places),
        peers=tuple(p for one in found for p in one.peers),
        told=tuple(t for one in found for t in one.told),
        notices=tuple(n for one in found for n in one.notices),
        gaps={name: why for one in found for name, why in one.gaps.items()},
    )


def _cite_probe(probe: Probe, node: str) -> str:
    marks = [
        probe.columns[role][0] for role in sorted(probe.required_columns) if role in probe.columns
    ]
    where = probe.table or " and ".join(probe.needs) or f"column {' and '.join(marks)}"
    caution = f"; {probe.caution}" if probe.caution else ""
    return f"{where} in the database of {node} ({CONFIDENCE_TEXTS[probe.confidence]}{caution})"


def _interpret_databases(answer: ProbeRows) -> DiscoveredFacts:
    known = {node.casefold(): node for node in answer.nodes}
    serves: dict[tuple[str, str], list[str | None]] = {}
    for row in answer.rows:
        name, kind = row.get("name"), (row.get("kind") or "").casefold()
        if name:
            node = known.get((row.get("node") or "").casefold())
            serves.setdefault((name, _DATABASE_TYPES.get(kind, kind) or "unknown"), []).append(node)
    return DiscoveredFacts(
        databases=tuple(
            ExternalDatabase(
                name=clean_database_text(name),
                host="",
                port=0,
                type=clean_database_text(kind),
                used_by=_POSSIBLE_DATABASE_USES,
                nodes=None if None in nodes else frozenset(node for node in nodes if node),
                reach=Reach.UNKNOWN,
                origin=Origin.DISCOVERED,
                reach_text=f"Its address is not told by {answer.source}.",
            )
            for (name, kind), nodes in sorted(serves.items())
        )
    )


def _interpret_groups(answer: ProbeRows) -> DiscoveredFacts:
    known = {node.casefold(): node for node in answer.nodes}
    places = tuple(
        GroupMembership(
            known.get(name.casefold(), clean_database_text(name)),
            clean_database_text(row.get("subcluster") or "") or None,
            _parse_database_boolean(row.get("switch")),
            _parse_ha_state(row),
            answer.source,
        )
        for row in answer.rows
        if (name := row.get("node"))
    )
    if len({place.node.casefold() for place in places}) != len(places):
        raise AmbiguousData("it lists a node twice")
    asked = any("subcluster" in row for row in answer.rows)
    alone = [p.node for p in places if asked and p.group is None and p.node in answer.nodes]
    notice = f"{' and '.join(alone)}: in no redundancy group, says {answer.source}."
    return DiscoveredFacts(places=places, notices=(notice,) if alone else ())


def _parse_ha_state(row: Mapping[str, str | None]) -> HaState | None:
    text = row.get("state") or ""
    return HaState.from_number(int(text)) if re.fullmatch(r"[0-9]{1,3}", text) else None


def _parse_database_boolean(text: str | None) -> bool | None:
    word = (text or "").casefold()
    return True if word in _TRUE_TEXTS else False if word in _FALSE_TEXTS else None


def _interpret_tally(answer: ProbeRows) -> DiscoveredFacts:
    return DiscoveredFacts(told=(f"{answer.probe.id}: {len(answer.texts('value'))}.",))


def _interpret_status(answer: ProbeRows) -> DiscoveredFacts:
    values = sorted({_TRAILING_TIME.sub("", text).strip() for text in answer.texts("value")})
    if not values:
        raise AmbiguousData("there is no row")
    told = (f"{answer.probe.id}: {quote_database_texts(values)}.",)
    good = {text.casefold() for text in answer.probe.good}
    bad = bool(good) and any(value.casefold() not in good for value in values)
    notice = f"{answer.probe.id}: {quote_database_texts(values)}, says {answer.source}."
    return DiscoveredFacts(told=told, notices=(notice,) if bad else ())


_INTERPRETERS: Mapping[ProbeMeaning, Callable[[ProbeRows], DiscoveredFacts]] = {
    ProbeMeaning.SWITCH: interpret_switch,
    ProbeMeaning.PRESENT: interpret_row_existence,
    ProbeMeaning.NODES: interpret_nodes,
    ProbeMeaning.XMPP_FEDERATION: interpret_xmpp_federation,
    ProbeMeaning.PEERS: interpret_peers,
    ProbeMeaning.DATABASES: _interpret_databases,
    ProbeMeaning.GROUPS: _interpret_groups,
    ProbeMeaning.TALLY: _interpret_tally,
    ProbeMeaning.STATUS: _interpret_status,
}
