"""What the rows of the IM&P database mean, by the meaning of their probe. No I/O.

Whatever the rows show is only discovered; where they allow two readings, nothing is concluded.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from auditor.collect.discovery.probes import CONFIDENCE_TEXTS, Probe, ProbeMeaning
from auditor.collect.discovery.reader import ProbeResults
from auditor.collect.discovery.sql import DatabaseRows
from auditor.collect.hostnames import AmbiguousHost, component_host, match_node_name
from auditor.config.hosts import is_host
from auditor.models.deployment import FEATURE_KEYS, INTERCLUSTER_KEY
from auditor.models.evidence import Origin
from auditor.models.nodes import HaState
from auditor.models.settings import ExternalDatabase, Reach, Setting
from auditor.text import join_names, printable_excerpt


@dataclass(frozen=True, slots=True)
class GroupMembership:
    """A node's redundancy group, the HA switch of the group, and the node's HA state, as known."""

    node: str
    group: str | None
    switch: bool | None
    state: HaState | None
    source: str


@dataclass(frozen=True, slots=True)
class DiscoveredFacts:
    """What the rows of probes show.

    `summaries` are sentences for the coverage, `notices` sentences for the reader of the report,
    and `gaps` clauses by probe id.
    """

    settings: Mapping[str, Setting] = field(default_factory=dict)
    databases: tuple[ExternalDatabase, ...] = ()
    memberships: tuple[GroupMembership, ...] = ()
    peers: tuple[str, ...] = ()
    summaries: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    gaps: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProbeRows:
    """The rows of one probe, with the names of the cluster's nodes and the source to cite."""

    probe: Probe
    rows: DatabaseRows
    nodes: Sequence[str]
    source: str

    def texts(self, column: str) -> list[str]:
        """Return the different texts of a column, sorted."""
        return sorted({text for row in self.rows if (text := row.get(column))})

    def setting(
        self, on: bool, nodes: Iterable[str] | None = None, *, expressway: bool = False
    ) -> Setting:
        """Return a discovered setting."""
        named = None if nodes is None else frozenset(nodes)
        return Setting(on, Origin.DISCOVERED, self.source, named, expressway)


def quote_database_texts(texts: Iterable[str]) -> str:
    """Return texts of the database in quotation marks, on one line."""
    return " and ".join(f'"{clean_database_text(text)}"' for text in texts)


def clean_database_text(text: str) -> str:
    """Return a text of the database as one short line."""
    return printable_excerpt(text)


class AmbiguousData(Exception):
    """Rows allow no conclusion; the text is a clause that says why."""


def interpret_switch(answer: ProbeRows) -> DiscoveredFacts:
    """Interpret values that the probe lists as on or off; any other value is ambiguous."""
    values = answer.texts("value")
    probe, key = answer.probe, answer.probe.key or ""
    if not values:
        raise AmbiguousData("there is no row")
    folded = {value.casefold() for value in values}
    if not folded <= set(probe.on) and not folded <= set(probe.off):
        raise AmbiguousData(f"the value {quote_database_texts(values)} is neither on nor off")
    on = folded <= set(probe.on)
    return DiscoveredFacts({key: _mark_unplaced(answer.setting(on), key)})


def interpret_row_existence(answer: ProbeRows) -> DiscoveredFacts:
    """Interpret whether there is a row."""
    key = answer.probe.key or ""
    # A shared statement has outer joins: an empty table gives a row there, which says `f`.
    values = {row.get("row") for row in answer.rows}
    on = bool(values - {None, "f"}) if answer.probe.shares_statement else bool(answer.rows)
    return DiscoveredFacts({key: _mark_unplaced(answer.setting(on), key)})


def _mark_unplaced(setting: Setting, key: str) -> Setting:
    """Mark a feature that may be on some nodes only, because it is unknown on which."""
    return replace(setting, placed=not setting.on or key not in FEATURE_KEYS)


def interpret_nodes(answer: ProbeRows) -> DiscoveredFacts:
    """Interpret the nodes that rows name."""
    matches = {text: match_node_name(text, answer.nodes) for text in answer.texts("node")}
    unknown = [text for text, node in matches.items() if node is None]
    if unknown:
        raise AmbiguousData(f"{quote_database_texts(unknown)} is not a node of the cluster")
    nodes = [node for node in matches.values() if node is not None]
    return DiscoveredFacts({answer.probe.key or "": answer.setting(bool(nodes), nodes)})


def interpret_xmpp_federation(answer: ProbeRows) -> DiscoveredFacts:
    """Interpret hosts: those that are not nodes are Expressways, which write their own rows."""
    components = answer.texts("host")
    matches = {
        component: match_node_name(component_host(component), answer.nodes)
        for component in components
    }
    nodes = sorted({node for node in matches.values() if node is not None})
    others = [component for component, node in matches.items() if node is None]
    on_nodes = answer.setting(bool(nodes), nodes)
    is_on_expressway = bool(others) and not nodes
    federation = answer.setting(True, expressway=True) if is_on_expressway else on_nodes
    summary = f"XMPP federation: {quote_database_texts(others)} names no node of the cluster."
    return DiscoveredFacts(
        {"xmpp_federation": federation, "xmpp_federation_enabled_on": on_nodes},
        summaries=(summary,) if others else (),
    )


def interpret_peers(answer: ProbeRows) -> DiscoveredFacts:
    """Interpret the peers that are listed, without the nodes of this cluster."""
    own = {node.casefold() for node in answer.nodes}
    addresses = [text for text in answer.texts("address") if text.casefold() not in own]
    # The meaning of the table is inferred, and a cluster that is its own peer contradicts it.
    if answer.rows and answer.texts("address") and not addresses:
        raise AmbiguousData("it lists only nodes of this cluster")
    usable = tuple(text for text in addresses if is_host(text))
    return DiscoveredFacts({INTERCLUSTER_KEY: answer.setting(bool(answer.rows))}, peers=usable)


# Cisco does not say what a listed database is used for, so it may serve any of these.
_POSSIBLE_DATABASE_USES = frozenset({"permanent_chat", "compliance", "managed_file_transfer"})
_TRUE_TEXTS, _FALSE_TEXTS = frozenset({"t", "true", "1"}), frozenset({"f", "false", "0"})
_DATABASE_TYPES = {"postgres": "postgresql", "microsoft sql server": "mssql"}
# A gap can quote texts of the database, which have any length.
_MAX_GAP_LENGTH = 200
_TRAILING_TIME = re.compile(r"\s*\d{4}-\d{2}-\d{2}.*$", re.DOTALL)
"""The time at the end of a status, which would differ in every run."""


def interpret_probe_results(results: ProbeResults, nodes: Sequence[str]) -> DiscoveredFacts:
    """Return what the results show of a cluster with these nodes; ambiguous rows are a gap."""
    parts: list[DiscoveredFacts] = [DiscoveredFacts(gaps=results.gaps)]
    for probe in results.probes:
        if probe.id in results.rows:
            source = _cite_probe(probe, results.node)
            answer = ProbeRows(probe, results.rows[probe.id], nodes, source)
            try:
                parts.append(_INTERPRETERS[probe.meaning](answer))
            except (AmbiguousData, AmbiguousHost) as error:
                why = printable_excerpt(str(error), _MAX_GAP_LENGTH)
                parts.append(DiscoveredFacts(gaps={probe.id: why}))
    return DiscoveredFacts(
        settings={key: setting for part in parts for key, setting in part.settings.items()},
        databases=tuple(database for part in parts for database in part.databases),
        memberships=tuple(member for part in parts for member in part.memberships),
        peers=tuple(peer for part in parts for peer in part.peers),
        summaries=tuple(summary for part in parts for summary in part.summaries),
        notices=tuple(notice for part in parts for notice in part.notices),
        gaps={probe_id: why for part in parts for probe_id, why in part.gaps.items()},
    )


def _cite_probe(probe: Probe, node: str) -> str:
    marks = [
        probe.columns[role][0] for role in sorted(probe.required_columns) if role in probe.columns
    ]
    where = probe.table or " and ".join(probe.needs) or f"column {' and '.join(marks)}"
    caution = f"; {probe.caution}" if probe.caution else ""
    return f"{where} in the database of {node} ({CONFIDENCE_TEXTS[probe.confidence]}{caution})"


def _interpret_databases(answer: ProbeRows) -> DiscoveredFacts:
    nodes_by_name = {node.casefold(): node for node in answer.nodes}
    nodes_of: dict[tuple[str, str], list[str | None]] = {}
    for row in answer.rows:
        name, kind = row.get("name"), (row.get("kind") or "").casefold()
        if name:
            node = nodes_by_name.get((row.get("node") or "").casefold())
            database = (name, _DATABASE_TYPES.get(kind, kind) or "unknown")
            nodes_of.setdefault(database, []).append(node)
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
                reach_text=f"Its address is not in {answer.source}.",
            )
            for (name, kind), nodes in sorted(nodes_of.items())
        )
    )


def _interpret_groups(answer: ProbeRows) -> DiscoveredFacts:
    nodes_by_name = {node.casefold(): node for node in answer.nodes}
    memberships = tuple(
        GroupMembership(
            nodes_by_name.get(name.casefold(), clean_database_text(name)),
            clean_database_text(row.get("subcluster") or "") or None,
            _parse_database_boolean(row.get("switch")),
            _parse_ha_state(row),
            answer.source,
        )
        for row in answer.rows
        if (name := row.get("node"))
    )
    if len({member.node.casefold() for member in memberships}) != len(memberships):
        raise AmbiguousData("it lists a node twice")
    has_groups = any("subcluster" in row for row in answer.rows)
    # Presence Engine does not run on a subscriber without a group (TAC document 217304).
    alone = [
        member.node
        for member in memberships
        if has_groups and member.group is None and member.node in answer.nodes
    ]
    notice = f"{join_names(alone)}: in no redundancy group, says {answer.source}."
    return DiscoveredFacts(memberships=memberships, notices=(notice,) if alone else ())


def _parse_ha_state(row: Mapping[str, str | None]) -> HaState | None:
    # int() alone also takes signs, underscores and digits of other scripts.
    text = row.get("state") or ""
    return HaState.from_number(int(text)) if re.fullmatch(r"[0-9]{1,3}", text) else None


def _parse_database_boolean(text: str | None) -> bool | None:
    value = (text or "").casefold()
    return True if value in _TRUE_TEXTS else False if value in _FALSE_TEXTS else None


def _interpret_tally(answer: ProbeRows) -> DiscoveredFacts:
    return DiscoveredFacts(summaries=(f"{answer.probe.id}: {len(answer.texts('value'))}.",))


def _interpret_status(answer: ProbeRows) -> DiscoveredFacts:
    values = sorted({_TRAILING_TIME.sub("", text).strip() for text in answer.texts("value")})
    if not values:
        raise AmbiguousData("there is no row")
    status = f"{answer.probe.id}: {quote_database_texts(values)}"
    good = {text.casefold() for text in answer.probe.good}
    is_bad = bool(good) and any(value.casefold() not in good for value in values)
    notices = (f"{status}, says {answer.source}.",) if is_bad else ()
    return DiscoveredFacts(summaries=(f"{status}.",), notices=notices)


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
