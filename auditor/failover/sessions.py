"""Users' sessions of a group: now, and in a snapshot."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from auditor.collect.counters import CLIENT_SOCKETS, PRESENCE_SESSIONS
from auditor.config.settings import ClusterSettings
from auditor.errors import ConfigError
from auditor.facts import HaState, NodeFacts
from auditor.failover.seen import Sessions

Counts = Mapping[str, Mapping[str, int]]
"""Sessions by counter, by node name in lower case."""


def before(
    clusters: Sequence[ClusterSettings], snapshot: Mapping[str, Any] | None
) -> Mapping[str, Counts]:
    """Return the sessions that a snapshot holds, by cluster and lower-case node name.

    Raises:
        ConfigError: it is of other clusters.
    """
    if snapshot is None:
        return {}
    facts = snapshot["facts"]
    missing = [settings.name for settings in clusters if settings.name not in facts]
    if missing:
        text = f"--since: the snapshot is of {', '.join(sorted(facts))}, not of {missing[0]}."
        raise ConfigError([text])
    return {
        name: {node["name"].casefold(): node.get("sessions", {}) for node in facts[name]["nodes"]}
        for name in (settings.name for settings in clusters)
    }


def count(nodes: Sequence[NodeFacts], earlier: Counts | None) -> Sessions:
    """Count the sessions of a group by the counter that both sides have, else by what is there.

    A node that is down holds none, nor does one that tells nothing while its partner serves in
    backup mode; any other whose count is missing leaves the sum unknown.
    """
    taken_over = any(n.ha_state and n.ha_state.state is HaState.BACKUP for n in nodes)
    for counter in (PRESENCE_SESSIONS, CLIENT_SOCKETS):
        now = _sum(_held(node, counter, taken_over=taken_over) for node in nodes)
        old = _earlier(nodes, earlier, counter)
        if now is not None:
            return Sessions(counter, now, old)
    return Sessions(PRESENCE_SESSIONS, None, _earlier(nodes, earlier, PRESENCE_SESSIONS))


def _held(node: NodeFacts, counter: str, *, taken_over: bool) -> int | None:
    down = node.ha_state is not None and node.ha_state.state is HaState.DOWN
    silent = not node.services and node.ha_state is None
    return 0 if down or (silent and taken_over) else node.sessions.get(counter)


def _earlier(nodes: Iterable[NodeFacts], counts: Counts | None, counter: str) -> int | None:
    if counts is None:
        return None
    return _sum(counts.get(node.name.casefold(), {}).get(counter) for node in nodes)


def _sum(counts: Iterable[int | None]) -> int | None:
    told = list(counts)
    known = [one for one in told if one is not None]
    return sum(known) if known and len(known) == len(told) else None
