"""What the rows of the IM&P database mean, by the meaning of the probe that asked: pure."""

import re
from collections.abc import Callable, Mapping, Sequence

from auditor.cluster import Database, Reach
from auditor.collect import features
from auditor.collect.discovery import Answer, Discovery, Place, clean, quoted
from auditor.collect.hostnames import Unclear
from auditor.collect.prerequisites import Reading
from auditor.collect.probes import WORDS, Meaning, Probe
from auditor.facts import HaState, Origin
from auditor.showing import visible

_USES = frozenset({"permanent_chat", "compliance", "managed_file_transfer"})
_TRUE, _FALSE = frozenset({"t", "true", "1"}), frozenset({"f", "false", "0"})
_KINDS = {"postgres": "postgresql", "microsoft sql server": "mssql"}
_LONGEST = 200
_TIME = re.compile(r"\s*\d{4}-\d{2}-\d{2}.*$", re.DOTALL)
"""The time at the end of a status: it would differ in every run."""


def understand(reading: Reading, nodes: Sequence[str]) -> Discovery:
    """Return what a reading says of a cluster with these nodes; what is unclear is a gap."""
    found: list[Discovery] = [Discovery(gaps=reading.gaps)]
    for probe in reading.probes:
        if probe.id in reading.rows:
            answer = Answer(probe, reading.rows[probe.id], nodes, _source(probe, reading.node))
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


def _databases(answer: Answer) -> Discovery:
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
                name=clean(name),
                host="",
                port=0,
                type=clean(kind),
                used_by=_USES,
                nodes=None if None in nodes else frozenset(node for node in nodes if node),
                reach=Reach.UNKNOWN,
                origin=Origin.DISCOVERED,
                reach_text=f"Its address is not told by {answer.source}.",
            )
            for (name, kind), nodes in sorted(serves.items())
        )
    )


def _groups(answer: Answer) -> Discovery:
    known = {node.casefold(): node for node in answer.nodes}
    places = tuple(
        Place(
            known.get(name.casefold(), clean(name)),
            clean(row.get("subcluster") or "") or None,
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


def _tally(answer: Answer) -> Discovery:
    return Discovery(told=(f"{answer.probe.id}: {len(answer.texts('value'))}.",))


def _status(answer: Answer) -> Discovery:
    values = sorted({_TIME.sub("", text).strip() for text in answer.texts("value")})
    if not values:
        raise Unclear("there is no row")
    told = (f"{answer.probe.id}: {quoted(values)}.",)
    good = {text.casefold() for text in answer.probe.good}
    bad = bool(good) and any(value.casefold() not in good for value in values)
    notice = f"{answer.probe.id}: {quoted(values)}, says {answer.source}."
    return Discovery(told=told, notices=(notice,) if bad else ())


_MEANINGS: Mapping[Meaning, Callable[[Answer], Discovery]] = {
    Meaning.SWITCH: features.switch,
    Meaning.PRESENT: features.present,
    Meaning.NODES: features.nodes,
    Meaning.XMPP_FEDERATION: features.xmpp_federation,
    Meaning.PEERS: features.peers,
    Meaning.DATABASES: _databases,
    Meaning.GROUPS: _groups,
    Meaning.TALLY: _tally,
    Meaning.STATUS: _status,
}
