"""Infers a deployment profile from what is activated and discovered: pure.

A profile inferred so describes what is, not what is meant to be.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from auditor import names
from auditor.cluster import ClusterFacts, Setting
from auditor.facts import STEADY_UPTIME_S, RunState, ServiceState
from auditor.inference.lines import Line, Value, listed
from auditor.inference.questions import QUESTIONS
from auditor.inference.seen import Seen
from auditor.recommendations.conditions import release_within
from auditor.recommendations.vocabulary import DEPLOYMENT_KEYS


def infer(facts: ClusterFacts) -> dict[str, Line]:
    """Return a line for every deployment key, in the order of the file."""
    seen = Seen(facts)
    lines: dict[str, Line] = {}
    for key in DEPLOYMENT_KEYS:
        lines[key] = _RULES[key](seen, key, lines)
    return lines


Rule = Callable[[Seen, str, Mapping[str, Line]], Line]


def _ask(key: str, why: str = "", value: Value = False) -> Line:
    return Line(key, value, why, QUESTIONS[key])


def _anywhere(service: str) -> Rule:
    def rule(seen: Seen, key: str, _: Mapping[str, Line]) -> Line:
        where = seen.where(service)
        if where.anywhere is None:
            return _ask(key, where.sentence)
        return Line(key, where.anywhere, where.sentence)

    return rule


def _on_nodes(service: str) -> Rule:
    def rule(seen: Seen, key: str, _: Mapping[str, Line]) -> Line:
        where = seen.where(service)
        if where.nodes is None:
            return _ask(key, where.sentence, where.on or False)
        return Line(key, where.nodes, where.sentence)

    return rule


def _asked(_: Seen, key: str, __: Mapping[str, Line]) -> Line:
    return _ask(key)


def _none(_: Seen, key: str, __: Mapping[str, Line]) -> Line:
    return _ask(key, value=())


def _told(told: Setting) -> str:
    """Say what the database told."""
    word = "off"
    if told.on:
        word = f"on for {listed(sorted(told.nodes))}" if told.nodes else "on"
    return f"Discovered to be {word}: {told.source}."


def _discovered(seen: Seen, key: str, _: Mapping[str, Line]) -> Line:
    told = seen.discovered(key)
    if told is None:
        return _ask(key)
    return Line(key, told.on, _told(told))


def _chat(seen: Seen, key: str, lines: Mapping[str, Line]) -> Line:
    """Chat without its service and permanent chat on cannot both be meant."""
    line = _on_nodes(names.TEXT_CONFERENCE)(seen, key, lines)
    permanent = seen.discovered("permanent_chat")
    if line.off and permanent is not None and permanent.on:
        why = f"{line.why} Yet permanent chat is on: {permanent.source}."
        return _ask(key, why, True)
    return line


def _permanent_chat(seen: Seen, key: str, lines: Mapping[str, Line]) -> Line:
    if lines["chat"].off:
        return Line(key, False, "There is no chat.")
    line = _discovered(seen, key, lines)
    if line.on and not lines["chat"].on:
        return line.asking(QUESTIONS[key])
    return line


def _permanent_chat_ha(_: Seen, key: str, lines: Mapping[str, Line]) -> Line:
    if lines["permanent_chat"].off:
        return Line(key, False, "There is no permanent chat.")
    return _ask(key)


def _ldap_configured(seen: Seen, key: str, lines: Mapping[str, Line]) -> Line:
    """The service stays up only with its settings (the table's note on it)."""
    if lines["third_party_ldap_search"].off:
        return Line(key, False, "There is no such search.")
    states = seen.states(seen.where(names.DIRECTORY))
    if lines["third_party_ldap_search"].on and states and all(map(_steady, states)):
        why = f"{names.DIRECTORY} stays up, which it does not without these settings."
        return Line(key, True, why)
    return _ask(key)


def _steady(state: ServiceState) -> bool:
    runs = state.state is RunState.STARTED and state.restarted is not True
    return runs and (state.uptime_s or 0) >= STEADY_UPTIME_S


def _sip_federation(seen: Seen, key: str, lines: Mapping[str, Line]) -> Line:
    line = _on_nodes(names.SIP_FEDERATION)(seen, key, lines)
    other = " It serves partitioned intradomain federation and peers on release 8.6(x) as well."
    return replace(line, why=line.why + other) if line.on else line


def _xmpp_federation(seen: Seen, key: str, lines: Mapping[str, Line]) -> Line:
    """The setting of each node and the service that needs it should agree."""
    line = _on_nodes(names.XMPP_FEDERATION)(seen, key, lines)
    told = seen.discovered(key)
    if told is None or line.question:
        return line
    if told.expressway:
        why = f"{line.why} Discovered that hosts federate which are no nodes: {told.source}."
        value: Value = "expressway"
        return Line(key, value, why) if line.off else Line(key, value, why, QUESTIONS[key])
    why = f"{line.why} {_told(told)}"
    where = seen.where(names.XMPP_FEDERATION)
    if told.on == line.on and frozenset(where.on) == (told.nodes or frozenset()):
        return Line(key, line.value, why)
    return Line(key, line.value, why, QUESTIONS[key])


def _enabled_on(seen: Seen, key: str, _: Mapping[str, Line]) -> Line:
    told = seen.discovered(key)
    if told is None:
        return _ask(key, value=())
    return Line(key, tuple(sorted(told.nodes or ())), _told(told))


def _third_party(seen: Seen, key: str, lines: Mapping[str, Line]) -> Line:
    line = _discovered(seen, key, lines)
    return Line(key, True, f"{line.why} On which nodes, nobody told.") if line.on else line


def _file_transfer(seen: Seen, key: str, lines: Mapping[str, Line]) -> Line:
    line = _on_nodes(names.FILE_TRANSFER)(seen, key, lines)
    told = seen.discovered(key)
    if told is None or line.question:
        return line
    why = f"{line.why} {_told(told)}"
    agrees = told.on == line.on
    return Line(key, line.value, why, "" if agrees else QUESTIONS[key])


def _file_server(seen: Seen, key: str, lines: Mapping[str, Line]) -> Line:
    """The service starts only with a file server and a database (configuration guide 15)."""
    if lines["managed_file_transfer"].off:
        return Line(key, False, "There is no managed file transfer.")
    states = seen.states(seen.where(names.FILE_TRANSFER))
    if states and all(state.state is RunState.STARTED for state in states):
        return Line(key, True, f"{names.FILE_TRANSFER} runs, which it does not without one.")
    return _ask(key)


def _synced_from(_: Seen, key: str, lines: Mapping[str, Line]) -> Line:
    return _ask(key, "" if not lines["intercluster"].off else "There are no peers.", ())


def _cup86(seen: Seen, key: str, lines: Mapping[str, Line]) -> Line:
    if lines["intercluster"].off:
        return Line(key, False, "There are no peers.")
    nine = release_within(seen.release, "9.0", "10.0")
    if nine.value is False:
        return Line(key, False, f"Only a release 9.x can have such a peer; this is {seen.release}.")
    return _ask(key)


_RULES: Mapping[str, Rule] = {
    "bulk_administration": _anywhere(names.BULK_PROVISIONING),
    "chat": _chat,
    "permanent_chat": _permanent_chat,
    "permanent_chat_ha": _permanent_chat_ha,
    "web_clients": _anywhere(names.WEB_CONNECTION),
    "xmpp_clients": _anywhere(names.CONNECTION),
    "third_party_ldap_search": _anywhere(names.DIRECTORY),
    "third_party_ldap_search_configured": _ldap_configured,
    "sip_federation": _sip_federation,
    "partitioned_intradomain_federation": _asked,
    "xmpp_federation": _xmpp_federation,
    "xmpp_federation_enabled_on": _enabled_on,
    "compliance": _on_nodes(names.MESSAGE_ARCHIVER),
    "compliance_third_party": _third_party,
    "managed_file_transfer": _file_transfer,
    "file_server_configured": _file_server,
    "routing_nodes": _none,
    "intercluster": _discovered,
    "intercluster_synced_from": _synced_from,
    "intercluster_cup86": _cup86,
}
