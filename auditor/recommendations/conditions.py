"""The named conditions: what the profile and the node tell, as three-valued truth."""

import re
from collections.abc import Callable, Mapping

from auditor.cluster import ClusterFacts, Setting
from auditor.facts import Evidence, NodeFacts, Origin, RunState
from auditor.recommendations.truth import ALWAYS, Truth, both
from auditor.recommendations.view import Seen, View
from auditor.recommendations.vocabulary import Condition

_TRUST = tuple(Origin)
_ENDLESS = (10**6, 0)
_COMPLETE_LISTS = frozenset({"routing_nodes", "intercluster_synced_from"})
"""Lists that are empty where nobody gives them: they only spare or add a judgement."""


def deciding(facts: ClusterFacts, key: str) -> Setting | None:
    """Return the most trusted telling of a deployment key, None if nobody told it."""
    tellings = facts.settings.get(key, ())
    if len(tellings) == 1:
        return tellings[0]
    return min(tellings, key=lambda setting: _TRUST.index(setting.origin), default=None)


def declare(key: str) -> str:
    """Return the sentence that asks for a deployment key."""
    return f"Declare `{key}` in [cluster.deployment]."


def covers(setting: Setting, node: NodeFacts) -> bool:
    """Tell whether a telling holds for a node; one that names no nodes holds for all."""
    if setting.nodes is None:
        return setting.on
    return setting.on and node.name.casefold() in {name.casefold() for name in setting.nodes}


def feature(facts: ClusterFacts, key: str, node: NodeFacts | None = None) -> Truth:
    """Tell whether a feature is deployed: anywhere, or on one node."""
    told = deciding(facts, key)
    if told is None and key in _COMPLETE_LISTS:
        return Truth(False, f"`{key}` names no node")
    if told is None:
        return Truth(None, f"nobody declared `{key}`", declare(key))
    if node is not None and not told.placed:
        clause = f"`{key}` is true ({told.origin}), and on which nodes is not known"
        evidence = (Evidence(told.origin, told.source, f"`{key}` is true on some node."),)
        return Truth(None, clause, declare(key), evidence)
    if node is None or not told.on or told.nodes is None:
        return _told(told, key, told.on, f"`{key}` is {_word(told)}")
    inside = covers(told, node)
    verb = "names" if inside else "does not name"
    return _told(told, key, inside, f"`{key}` {verb} {node.name}")


def _told(told: Setting, key: str, value: bool, text: str) -> Truth:
    hint = declare(key) if told.origin is Origin.DISCOVERED else ""
    evidence = (Evidence(told.origin, told.source, f"{text}."),)
    where = "--feature" if told.source.startswith("--feature ") else told.origin
    return Truth(value, f"{text} ({where})", hint, evidence)


def _word(told: Setting) -> str:
    if told.expressway:
        return '"expressway"'
    return "true" if told.on else "false"


def expressway(facts: ClusterFacts) -> Truth:
    """Tell whether XMPP federation runs through Expressway, outside the cluster."""
    told = deciding(facts, "xmpp_federation")
    truth = feature(facts, "xmpp_federation")
    if told is None:
        return truth
    return Truth(told.expressway, truth.clause, truth.hint, truth.evidence)


def release_within(release: str | None, start: str | None, below: str | None) -> Truth:
    """Tell whether a release is at or above `start` and lower than `below`; either may be None."""
    if start is None and below is None:
        return ALWAYS
    bounds = " and ".join(
        part for part in (start and f"from {start}", below and f"below {below}") if part
    )
    number = _number(release)
    if number is None:
        return Truth(
            None,
            f"this holds for releases {bounds}, and the release of the cluster is not known",
            "Make Control Center of the publisher answer, so that the release is known.",
        )
    inside = (_number(start) or number) <= number < (_number(below) or _ENDLESS)
    clause = f"this holds for releases {bounds}, and the cluster runs {release}"
    return Truth(inside, "" if inside else clause)


def release_nine(release: str | None) -> Truth:
    """Tell whether a release is 9.x: only then can a peer run Cisco Unified Presence 8.6(x)."""
    return release_within(release, "9.0", "10.0")


def _number(release: str | None) -> tuple[int, int] | None:
    found = re.match(r"(\d+)(?:\.(\d+))?", release or "")
    return (int(found[1]), int(found[2] or 0)) if found else None


def holds(condition: Condition, view: View) -> Truth:
    """Tell whether a named condition holds for the node of a view."""
    return _MEANING.get(condition, _same_key(condition))(view)


def _same_key(condition: Condition) -> Callable[[View], Truth]:
    """Return the meaning of a condition that is a deployment key, by node where it names nodes."""
    return lambda view: feature(view.facts, condition, view.node)


def _xmpp_federation(view: View) -> Truth:
    through = expressway(view.facts)
    truth = feature(view.facts, "xmpp_federation", view.node)
    if through.value:
        return Truth(False, truth.clause, truth.hint, truth.evidence)
    return truth


def _permanent_chat(view: View) -> Truth:
    return both(
        feature(view.facts, "chat", view.node), feature(view.facts, "permanent_chat", view.node)
    )


def _permanent_chat_ha(view: View) -> Truth:
    """Rooms with high availability concern every node, whatever nodes `chat` names."""
    keys = ("chat", "permanent_chat", "permanent_chat_ha")
    return both(*(feature(view.facts, key) for key in keys))


def _cup86(view: View) -> Truth:
    return both(release_nine(view.facts.release), feature(view.facts, "intercluster_cup86"))


def _service_activated(view: View) -> Truth:
    seen, name = view.service, view.node.name
    if seen.state.activated is None:
        clause = f"whether {view.row.service} is activated on {name} is not known{_colon(seen)}"
        hint = seen.hint or f"Look at {view.row.service} in Service Activation of {name}."
        return Truth(None, clause, hint, seen.evidence)
    word = "activated" if seen.state.activated else "not activated"
    clause = f"{view.row.service} is {word} on {name}"
    return Truth(seen.state.activated, clause, "", seen.evidence)


def _colon(seen: Seen) -> str:
    return f": {seen.why.rstrip('.')}" if seen.why else ""


def _service_runs(view: View) -> Truth:
    seen = view.service
    value = {RunState.STARTED: True, RunState.STOPPED: False}.get(seen.run)
    clause = seen.observed.rstrip(".") + _colon(seen)
    hint = "" if value is not None else seen.hint or "Audit again once the service has settled."
    return Truth(value, clause, hint, seen.evidence)


_MEANING: Mapping[Condition, Callable[[View], Truth]] = {
    Condition.ALWAYS: lambda _: ALWAYS,
    Condition.XMPP_FEDERATION: _xmpp_federation,
    Condition.EXPRESSWAY: lambda view: expressway(view.facts),
    Condition.PERMANENT_CHAT: _permanent_chat,
    Condition.PERMANENT_CHAT_HA: _permanent_chat_ha,
    Condition.INTERCLUSTER_CUP86: _cup86,
    Condition.SERVICE_ACTIVATED: _service_activated,
    Condition.SERVICE_RUNS: _service_runs,
}
