"""Infers a deployment profile from what is activated and discovered: pure.

A profile inferred so describes what is, not what is meant to be.


What is activated and discovered on a cluster, as the rules of the profile ask for it.

Turns into questions what the loader would refuse: keys that need, or exclude, one another.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from auditor.models.deployment import DEPLOYMENT_KEYS, INTERCLUSTER_ONLY_KEYS
from auditor.models.facts import (
    STEADY_UPTIME_S,
    ClusterFacts,
    NodeFacts,
    Origin,
    RunState,
    ServiceState,
    Setting,
)
from auditor.recommendations.conditions import evaluate_release_range
from auditor.service_names import (
    BULK_PROVISIONING,
    CONNECTION_MANAGER,
    DIRECTORY_SERVICE,
    FILE_TRANSFER_MANAGER,
    MESSAGE_ARCHIVER,
    SIP_FEDERATION_MANAGER,
    TEXT_CONFERENCE_MANAGER,
    WEB_CONNECTION_MANAGER,
    XMPP_FEDERATION_MANAGER,
)
from auditor.setup.init.questions import PROFILE_QUESTIONS, ProfileEntry, ProfileValue
from auditor.text import join_names


@dataclass(frozen=True, slots=True)
class ServiceActivation:
    """On which nodes a service is activated, is not, and may be; `absent`: no release has it."""

    service: str
    on: tuple[str, ...]
    off: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Say where it is activated."""
        if self.unknown:
            known = f" It is activated on {join_names(self.on)}." if self.on else ""
            open_ones = join_names(self.unknown)
            return f"Whether {self.service} is activated on {open_ones} is not known.{known}"
        place = join_names(self.on) if self.off else f"every node ({join_names(self.on)})"
        return f"{self.service} is activated on {place if self.on else 'no node'}."

    @property
    def anywhere(self) -> bool | None:
        """Tell whether it is activated on any node."""
        return True if self.on else None if self.unknown else False

    @property
    def nodes(self) -> ProfileValue | None:
        """Return true for every node, false for none, else the nodes; None if one is unknown."""
        if self.unknown:
            return None
        return self.on if self.on and self.off else bool(self.on)


class ObservedCluster:
    """A cluster's facts, as the rules below ask for them."""

    def __init__(self, facts: ClusterFacts) -> None:
        """Look at the nodes that are installed."""
        self.facts = facts
        self.nodes = tuple(node for node in facts.nodes if not node.planned)

    def where(self, service: str) -> ServiceActivation:
        """Return on which nodes a service is activated."""
        told = {node.name: _is_service_activated(node, service) for node in self.nodes}
        on, off, unknown = (
            tuple(name for name, state in told.items() if state is wanted)
            for wanted in (True, False, None)
        )
        return ServiceActivation(service, on, off, unknown if self.nodes else ("any node",))

    def states(self, where: ServiceActivation) -> list[ServiceState]:
        """Return the service on the nodes where it is activated."""
        return [node.services[where.service] for node in self.nodes if node.name in where.on]

    def discovered(self, key: str) -> Setting | None:
        """Return what the database told of a key."""
        told = self.facts.settings.get(key, ())
        return next((one for one in told if one.origin is Origin.DISCOVERED), None)

    @property
    def release(self) -> str | None:
        """Return the release of the cluster."""
        return self.facts.release


def _is_service_activated(node: NodeFacts, service: str) -> bool | None:
    state = node.services.get(service)
    if state is not None:
        return state.activated
    before = service == FILE_TRANSFER_MANAGER and _is_release_before(node.release, "11.0")
    return False if before and node.services else None


def _is_release_before(release: str | None, than: str) -> bool:
    return evaluate_release_range(release, None, than).value is True


def infer_profile(facts: ClusterFacts) -> dict[str, ProfileEntry]:
    """Return a line for every deployment key, in the order of the file."""
    seen = ObservedCluster(facts)
    lines: dict[str, ProfileEntry] = {}
    for key in DEPLOYMENT_KEYS:
        lines[key] = _INFERENCE_RULES[key](seen, key, lines)
    return lines


InferenceRule = Callable[[ObservedCluster, str, Mapping[str, ProfileEntry]], ProfileEntry]


def _question_entry(key: str, why: str = "", value: ProfileValue = False) -> ProfileEntry:
    return ProfileEntry(key, value, why, PROFILE_QUESTIONS[key])


def _activated_anywhere_rule(service: str) -> InferenceRule:
    def rule(seen: ObservedCluster, key: str, _: Mapping[str, ProfileEntry]) -> ProfileEntry:
        where = seen.where(service)
        if where.anywhere is None:
            return _question_entry(key, where.sentence)
        return ProfileEntry(key, where.anywhere, where.sentence)

    return rule


def _activated_nodes_rule(service: str) -> InferenceRule:
    def rule(seen: ObservedCluster, key: str, _: Mapping[str, ProfileEntry]) -> ProfileEntry:
        where = seen.where(service)
        if where.nodes is None:
            return _question_entry(key, where.sentence, where.on or False)
        return ProfileEntry(key, where.nodes, where.sentence)

    return rule


def _always_ask(_: ObservedCluster, key: str, __: Mapping[str, ProfileEntry]) -> ProfileEntry:
    return _question_entry(key)


def _ask_for_node_list(
    _: ObservedCluster, key: str, __: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    return _question_entry(key, value=())


def _discovered_setting_sentence(told: Setting) -> str:
    """Say what the database told."""
    word = "off"
    if told.on:
        word = f"on for {join_names(sorted(told.nodes))}" if told.nodes else "on"
    return f"Discovered to be {word}: {told.source}."


def _infer_from_database(
    seen: ObservedCluster, key: str, _: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    told = seen.discovered(key)
    if told is None:
        return _question_entry(key)
    return ProfileEntry(key, told.on, _discovered_setting_sentence(told))


def _infer_chat(seen: ObservedCluster, key: str, lines: Mapping[str, ProfileEntry]) -> ProfileEntry:
    """Chat without its service and permanent chat on cannot both be meant."""
    line = _activated_nodes_rule(TEXT_CONFERENCE_MANAGER)(seen, key, lines)
    permanent = seen.discovered("permanent_chat")
    if line.off and permanent is not None and permanent.on:
        why = f"{line.why} Yet permanent chat is on: {permanent.source}."
        return _question_entry(key, why, True)
    return line


def _infer_permanent_chat(
    seen: ObservedCluster, key: str, lines: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    if lines["chat"].off:
        return ProfileEntry(key, False, "There is no chat.")
    line = _infer_from_database(seen, key, lines)
    if line.on and not lines["chat"].on:
        return line.asking(PROFILE_QUESTIONS[key])
    return line


def _infer_permanent_chat_ha(
    _: ObservedCluster, key: str, lines: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    if lines["permanent_chat"].off:
        return ProfileEntry(key, False, "There is no permanent chat.")
    return _question_entry(key)


def _infer_ldap_configured(
    seen: ObservedCluster, key: str, lines: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    """The service stays up only with its settings (the table's note on it)."""
    if lines["third_party_ldap_search"].off:
        return ProfileEntry(key, False, "There is no such search.")
    states = seen.states(seen.where(DIRECTORY_SERVICE))
    if lines["third_party_ldap_search"].on and states and all(map(_is_running_steadily, states)):
        why = f"{DIRECTORY_SERVICE} stays up, which it does not without these settings."
        return ProfileEntry(key, True, why)
    return _question_entry(key)


def _is_running_steadily(state: ServiceState) -> bool:
    runs = state.state is RunState.STARTED and state.restarted is not True
    return runs and (state.uptime_s or 0) >= STEADY_UPTIME_S


def _infer_sip_federation(
    seen: ObservedCluster, key: str, lines: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    line = _activated_nodes_rule(SIP_FEDERATION_MANAGER)(seen, key, lines)
    other = " It serves partitioned intradomain federation and peers on release 8.6(x) as well."
    return replace(line, why=line.why + other) if line.on else line


def _infer_xmpp_federation(
    seen: ObservedCluster, key: str, lines: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    """The setting of each node and the service that needs it should agree."""
    line = _activated_nodes_rule(XMPP_FEDERATION_MANAGER)(seen, key, lines)
    told = seen.discovered(key)
    if told is None or line.question:
        return line
    if told.expressway:
        why = f"{line.why} Discovered that hosts federate which are no nodes: {told.source}."
        value: ProfileValue = "expressway"
        return (
            ProfileEntry(key, value, why)
            if line.off
            else ProfileEntry(key, value, why, PROFILE_QUESTIONS[key])
        )
    why = f"{line.why} {_discovered_setting_sentence(told)}"
    where = seen.where(XMPP_FEDERATION_MANAGER)
    if told.on == line.on and frozenset(where.on) == (told.nodes or frozenset()):
        return ProfileEntry(key, line.value, why)
    return ProfileEntry(key, line.value, why, PROFILE_QUESTIONS[key])


def _infer_xmpp_enabled_nodes(
    seen: ObservedCluster, key: str, _: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    told = seen.discovered(key)
    if told is None:
        return _question_entry(key, value=())
    return ProfileEntry(key, tuple(sorted(told.nodes or ())), _discovered_setting_sentence(told))


def _infer_third_party_compliance(
    seen: ObservedCluster, key: str, lines: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    line = _infer_from_database(seen, key, lines)
    return ProfileEntry(key, True, f"{line.why} On which nodes, nobody told.") if line.on else line


def _infer_file_transfer(
    seen: ObservedCluster, key: str, lines: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    line = _activated_nodes_rule(FILE_TRANSFER_MANAGER)(seen, key, lines)
    told = seen.discovered(key)
    if told is None or line.question:
        return line
    why = f"{line.why} {_discovered_setting_sentence(told)}"
    agrees = told.on == line.on
    return ProfileEntry(key, line.value, why, "" if agrees else PROFILE_QUESTIONS[key])


def _infer_file_server(
    seen: ObservedCluster, key: str, lines: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    """The service starts only with a file server and a database (configuration guide 15)."""
    if lines["managed_file_transfer"].off:
        return ProfileEntry(key, False, "There is no managed file transfer.")
    states = seen.states(seen.where(FILE_TRANSFER_MANAGER))
    if states and all(state.state is RunState.STARTED for state in states):
        return ProfileEntry(
            key, True, f"{FILE_TRANSFER_MANAGER} runs, which it does not without one."
        )
    return _question_entry(key)


def _ask_for_synced_groups(
    _: ObservedCluster, key: str, lines: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    return _question_entry(key, "" if not lines["intercluster"].off else "There are no peers.", ())


def _infer_cup86_peer(
    seen: ObservedCluster, key: str, lines: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    if lines["intercluster"].off:
        return ProfileEntry(key, False, "There are no peers.")
    nine = evaluate_release_range(seen.release, "9.0", "10.0")
    if nine.value is False:
        return ProfileEntry(
            key, False, f"Only a release 9.x can have such a peer; this is {seen.release}."
        )
    return _question_entry(key)


_INFERENCE_RULES: Mapping[str, InferenceRule] = {
    "bulk_administration": _activated_anywhere_rule(BULK_PROVISIONING),
    "chat": _infer_chat,
    "permanent_chat": _infer_permanent_chat,
    "permanent_chat_ha": _infer_permanent_chat_ha,
    "web_clients": _activated_anywhere_rule(WEB_CONNECTION_MANAGER),
    "xmpp_clients": _activated_anywhere_rule(CONNECTION_MANAGER),
    "third_party_ldap_search": _activated_anywhere_rule(DIRECTORY_SERVICE),
    "third_party_ldap_search_configured": _infer_ldap_configured,
    "sip_federation": _infer_sip_federation,
    "partitioned_intradomain_federation": _always_ask,
    "xmpp_federation": _infer_xmpp_federation,
    "xmpp_federation_enabled_on": _infer_xmpp_enabled_nodes,
    "compliance": _activated_nodes_rule(MESSAGE_ARCHIVER),
    "compliance_third_party": _infer_third_party_compliance,
    "managed_file_transfer": _infer_file_transfer,
    "file_server_configured": _infer_file_server,
    "routing_nodes": _ask_for_node_list,
    "intercluster": _infer_from_database,
    "intercluster_synced_from": _ask_for_synced_groups,
    "intercluster_cup86": _infer_cup86_peer,
}


_KEY_DEPENDENCIES = (("permanent_chat", "chat"), ("permanent_chat_ha", "permanent_chat"))


def ask_about_contradictions(
    lines: dict[str, ProfileEntry], *, peers: bool
) -> dict[str, ProfileEntry]:
    """Return lines that do not contradict each other; `peers`: the file lists some."""
    fitting = dict(lines)
    if peers and fitting["intercluster"].off:
        line = fitting["intercluster"]
        why = f"{line.why} Yet its database lists peers, below."
        fitting["intercluster"] = ProfileEntry(line.key, True, why, PROFILE_QUESTIONS[line.key])
    for key, needed in _KEY_DEPENDENCIES:
        if fitting[key].on and not fitting[needed].on:
            line = fitting[key]
            why = f"{line.why} It needs `{needed}`."
            fitting[key] = ProfileEntry(key, line.value, why, PROFILE_QUESTIONS[key])
    for key in INTERCLUSTER_ONLY_KEYS:
        if fitting[key].on and fitting["intercluster"].off:
            fitting[key] = fitting[key].asking(PROFILE_QUESTIONS[key])
    return fitting
