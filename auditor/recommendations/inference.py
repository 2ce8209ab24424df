"""Infers a deployment profile from the activated services and discovered settings. No I/O.

The result describes what the cluster is, not what it should be. Keys that would contradict each
other become questions, because the loader would refuse them.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from auditor import service_names
from auditor.models.deployment import (
    DEPLOYMENT_KEYS,
    INTERCLUSTER_KEY,
    INTERCLUSTER_ONLY_KEYS,
    KEYS_ASKED_AFTER,
)
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import STEADY_UPTIME_S, NodeFacts, RunState, ServiceState
from auditor.models.profile import ProfileEntry, ProfileValue
from auditor.models.settings import Setting
from auditor.recommendations.profile_questions import PROFILE_QUESTIONS
from auditor.recommendations.releases import evaluate_release_nine, evaluate_release_range
from auditor.text import join_names


@dataclass(frozen=True, slots=True)
class ServiceActivation:
    """The nodes on which a service is activated, not activated, or unknown."""

    service: str
    on: tuple[str, ...]
    off: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Return where it is activated, as a sentence."""
        if self.unknown:
            elsewhere = f" It is activated on {join_names(self.on)}." if self.on else ""
            nodes = join_names(self.unknown)
            return f"It is not known whether {self.service} is activated on {nodes}.{elsewhere}"
        place = join_names(self.on) if self.off else f"every node ({join_names(self.on)})"
        return f"{self.service} is activated on {place if self.on else 'no node'}."

    @property
    def anywhere(self) -> bool | None:
        """Return whether it is activated on any node; None is unknown."""
        return True if self.on else None if self.unknown else False

    @property
    def nodes(self) -> ProfileValue | None:
        """Return true for every node, false for none, else the nodes; None if one is unknown."""
        if self.unknown:
            return None
        return self.on if self.on and self.off else bool(self.on)


class ObservedCluster:
    """A cluster's facts in the form that the rules below need."""

    def __init__(self, facts: ClusterFacts) -> None:
        """Keep the facts; planned nodes are left out."""
        self.facts = facts
        self.nodes = facts.installed_nodes

    def activation(self, service: str) -> ServiceActivation:
        """Return on which nodes a service is activated."""
        activated = {node.name: _is_service_activated(node, service) for node in self.nodes}
        on, off, unknown = (
            tuple(name for name, state in activated.items() if state is value)
            for value in (True, False, None)
        )
        return ServiceActivation(service, on, off, unknown if self.nodes else ("any node",))

    def states(self, activation: ServiceActivation) -> list[ServiceState]:
        """Return the service on the nodes where it is activated."""
        return [
            node.services[activation.service] for node in self.nodes if node.name in activation.on
        ]

    def discovered(self, key: str) -> Setting | None:
        """Return the setting of a key that the IM&P database suggests."""
        return self.setting(key, Origin.DISCOVERED)

    def setting(self, key: str, origin: Origin) -> Setting | None:
        """Return the setting of a key that has an origin."""
        settings = self.facts.settings.get(key, ())
        return next((s for s in settings if s.origin is origin), None)

    @property
    def release(self) -> str | None:
        """Return the release of the cluster."""
        return self.facts.release


def _is_service_activated(node: NodeFacts, service: str) -> bool | None:
    state = node.services.get(service)
    if state is not None:
        return state.activated
    # AXL's enumeration has the service from 11.0 on, so an older node without it is not unknown.
    is_older = evaluate_release_range(node.release, None, "11.0").value is True
    lacks_service = service == service_names.FILE_TRANSFER_MANAGER and is_older
    return False if lacks_service and node.services else None


def infer_profile(facts: ClusterFacts) -> dict[str, ProfileEntry]:
    """Return an entry for every deployment key, in the order of the file; declared ones hold."""
    cluster = ObservedCluster(facts)
    entries: dict[str, ProfileEntry] = {}
    # In this order, because a rule reads the entries of keys before its own.
    for key in DEPLOYMENT_KEYS:
        declared = cluster.setting(key, Origin.DECLARED)
        entries[key] = (
            ProfileEntry(key, _declared_value(declared))
            if declared
            else _INFERENCE_RULES[key](cluster, key, entries)
        )
    return entries


def _declared_value(setting: Setting) -> ProfileValue:
    if setting.expressway:
        return "expressway"
    return setting.on if setting.nodes is None else tuple(sorted(setting.nodes))


def propose_answers(facts: ClusterFacts, awaited: Collection[str]) -> tuple[ProfileEntry, ...]:
    """Return what the cluster shows for deployment keys that checks wait for.

    Keys that would be asked for next are among them, so that one round of answers is enough. None
    contradicts what the file declares.
    """
    peers = INTERCLUSTER_KEY not in awaited and bool(facts.peers)
    entries = ask_about_contradictions(infer_profile(facts), peers=peers)
    declared = {
        key
        for key, settings in facts.settings.items()
        if any(setting.origin is Origin.DECLARED for setting in settings)
    }
    asked = set(awaited)
    # In the order of the file, in which no key comes before one that it is asked after.
    for key in DEPLOYMENT_KEYS:
        if key in asked and not entries[key].off:
            asked |= set(KEYS_ASKED_AFTER.get(key, ()))
    return tuple(entries[key] for key in DEPLOYMENT_KEYS if key in asked - declared)


InferenceRule = Callable[[ObservedCluster, str, Mapping[str, ProfileEntry]], ProfileEntry]


def _question_entry(key: str, why: str = "", value: ProfileValue = False) -> ProfileEntry:
    return ProfileEntry(key, value, why, PROFILE_QUESTIONS[key])


def _activated_anywhere_rule(service: str) -> InferenceRule:
    def rule(cluster: ObservedCluster, key: str, _: Mapping[str, ProfileEntry]) -> ProfileEntry:
        activation = cluster.activation(service)
        if activation.anywhere is None:
            return _question_entry(key, activation.sentence)
        return ProfileEntry(key, activation.anywhere, activation.sentence)

    return rule


def _activated_nodes_rule(service: str) -> InferenceRule:
    def rule(cluster: ObservedCluster, key: str, _: Mapping[str, ProfileEntry]) -> ProfileEntry:
        activation = cluster.activation(service)
        if activation.nodes is None:
            return _question_entry(key, activation.sentence, activation.on or False)
        return ProfileEntry(key, activation.nodes, activation.sentence)

    return rule


def _always_ask(_: ObservedCluster, key: str, __: Mapping[str, ProfileEntry]) -> ProfileEntry:
    return _question_entry(key)


def _ask_for_node_list(
    _: ObservedCluster, key: str, __: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    return _question_entry(key, value=())


def _discovered_setting_sentence(setting: Setting) -> str:
    """Return what the database suggests, as a sentence."""
    word = "off"
    if setting.on:
        word = f"on for {join_names(sorted(setting.nodes))}" if setting.nodes else "on"
    return f"Discovered to be {word}: {setting.source}."


def _infer_from_database(
    cluster: ObservedCluster, key: str, _: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    setting = cluster.discovered(key)
    if setting is None:
        return _question_entry(key)
    return ProfileEntry(key, setting.on, _discovered_setting_sentence(setting))


def _infer_chat(
    cluster: ObservedCluster, key: str, entries: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    """Permanent chat needs chat: if only chat's service is off, ask."""
    entry = _activated_nodes_rule(service_names.TEXT_CONFERENCE_MANAGER)(cluster, key, entries)
    permanent = cluster.discovered("permanent_chat")
    if entry.off and permanent is not None and permanent.on:
        why = f"{entry.why} Yet permanent chat is on: {permanent.source}."
        return _question_entry(key, why, True)
    return entry


def _infer_permanent_chat(
    cluster: ObservedCluster, key: str, entries: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    if entries["chat"].off:
        return ProfileEntry(key, False, "There is no chat.")
    entry = _infer_from_database(cluster, key, entries)
    if entry.on and not entries["chat"].on:
        return entry.asking(PROFILE_QUESTIONS[key])
    return entry


def _infer_permanent_chat_ha(
    _: ObservedCluster, key: str, entries: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    if entries["permanent_chat"].off:
        return ProfileEntry(key, False, "There is no permanent chat.")
    return _question_entry(key)


def _infer_ldap_configured(
    cluster: ObservedCluster, key: str, entries: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    """The service stays up only with its settings (note in Cisco's table)."""
    if entries["third_party_ldap_search"].off:
        return ProfileEntry(key, False, "There is no such search.")
    states = cluster.states(cluster.activation(service_names.DIRECTORY_SERVICE))
    if entries["third_party_ldap_search"].on and states and all(map(_is_running_steadily, states)):
        why = (
            f"{service_names.DIRECTORY_SERVICE} stays up, which it does not without these settings."
        )
        return ProfileEntry(key, True, why)
    return _question_entry(key)


def _is_running_steadily(state: ServiceState) -> bool:
    # A service that restarts over and over is Started at times, too.
    runs = state.state is RunState.STARTED and state.restarted is not True
    return runs and (state.uptime_s or 0) >= STEADY_UPTIME_S


def _infer_sip_federation(
    cluster: ObservedCluster, key: str, entries: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    entry = _activated_nodes_rule(service_names.SIP_FEDERATION_MANAGER)(cluster, key, entries)
    other = " It serves partitioned intradomain federation and peers on release 8.6(x) as well."
    return replace(entry, why=entry.why + other) if entry.on else entry


def _infer_xmpp_federation(
    cluster: ObservedCluster, key: str, entries: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    """The setting of each node and the service that needs it should agree."""
    entry = _activated_nodes_rule(service_names.XMPP_FEDERATION_MANAGER)(cluster, key, entries)
    setting = cluster.discovered(key)
    if setting is None or entry.question:
        return entry
    # Expressway-C writes a row of its own among the federating nodes (TAC document 213865).
    if setting.expressway:
        why = f"{entry.why} Discovered that hosts federate which are no nodes: {setting.source}."
        value: ProfileValue = "expressway"
        return ProfileEntry(key, value, why) if entry.off else _question_entry(key, why, value)
    why = f"{entry.why} {_discovered_setting_sentence(setting)}"
    activation = cluster.activation(service_names.XMPP_FEDERATION_MANAGER)
    if setting.on == entry.on and frozenset(activation.on) == (setting.nodes or frozenset()):
        return ProfileEntry(key, entry.value, why)
    return _question_entry(key, why, entry.value)


def _infer_xmpp_enabled_nodes(
    cluster: ObservedCluster, key: str, _: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    setting = cluster.discovered(key)
    if setting is None:
        return _question_entry(key, value=())
    return ProfileEntry(
        key, tuple(sorted(setting.nodes or ())), _discovered_setting_sentence(setting)
    )


def _infer_third_party_compliance(
    cluster: ObservedCluster, key: str, entries: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    entry = _infer_from_database(cluster, key, entries)
    return ProfileEntry(key, True, f"{entry.why} The nodes are not known.") if entry.on else entry


def _infer_file_transfer(
    cluster: ObservedCluster, key: str, entries: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    entry = _activated_nodes_rule(service_names.FILE_TRANSFER_MANAGER)(cluster, key, entries)
    setting = cluster.discovered(key)
    if setting is None or entry.question:
        return entry
    why = f"{entry.why} {_discovered_setting_sentence(setting)}"
    agrees = setting.on == entry.on
    return ProfileEntry(key, entry.value, why, "" if agrees else PROFILE_QUESTIONS[key])


def _infer_file_server(
    cluster: ObservedCluster, key: str, entries: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    """The service starts only with a file server and a database (configuration guide 15)."""
    if entries["managed_file_transfer"].off:
        return ProfileEntry(key, False, "There is no managed file transfer.")
    states = cluster.states(cluster.activation(service_names.FILE_TRANSFER_MANAGER))
    if states and all(state.state is RunState.STARTED for state in states):
        return ProfileEntry(
            key, True, f"{service_names.FILE_TRANSFER_MANAGER} runs, which it does not without one."
        )
    return _question_entry(key)


def _ask_for_synced_groups(
    _: ObservedCluster, key: str, entries: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    return _question_entry(
        key, "" if not entries["intercluster"].off else "There are no peers.", ()
    )


def _infer_cup86_peer(
    cluster: ObservedCluster, key: str, entries: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    if entries["intercluster"].off:
        return ProfileEntry(key, False, "There are no peers.")
    nine = evaluate_release_nine(cluster.release)
    if nine.value is False:
        return ProfileEntry(
            key, False, f"Only a release 9.x can have such a peer; this is {cluster.release}."
        )
    return _question_entry(key)


_INFERENCE_RULES: Mapping[str, InferenceRule] = {
    "bulk_administration": _activated_anywhere_rule(service_names.BULK_PROVISIONING),
    "chat": _infer_chat,
    "permanent_chat": _infer_permanent_chat,
    "permanent_chat_ha": _infer_permanent_chat_ha,
    "web_clients": _activated_anywhere_rule(service_names.WEB_CONNECTION_MANAGER),
    "xmpp_clients": _activated_anywhere_rule(service_names.CONNECTION_MANAGER),
    "third_party_ldap_search": _activated_anywhere_rule(service_names.DIRECTORY_SERVICE),
    "third_party_ldap_search_configured": _infer_ldap_configured,
    "sip_federation": _infer_sip_federation,
    # It has no service of its own: SIP federation is activated by the same one.
    "partitioned_intradomain_federation": _always_ask,
    "xmpp_federation": _infer_xmpp_federation,
    "xmpp_federation_enabled_on": _infer_xmpp_enabled_nodes,
    "compliance": _activated_nodes_rule(service_names.MESSAGE_ARCHIVER),
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
    entries: dict[str, ProfileEntry], *, peers: bool
) -> dict[str, ProfileEntry]:
    """Return entries that do not contradict each other; `peers`: the file will list peers."""
    consistent = dict(entries)
    if peers and consistent["intercluster"].off:
        entry = consistent["intercluster"]
        why = f"{entry.why} Yet its database lists peers, below."
        consistent["intercluster"] = _question_entry("intercluster", why, True)
    for key, needed in _KEY_DEPENDENCIES:
        if consistent[key].on and not consistent[needed].on:
            entry = consistent[key]
            why = f"{entry.why} It needs `{needed}`."
            consistent[key] = _question_entry(key, why, entry.value)
    for key in INTERCLUSTER_ONLY_KEYS:
        if consistent[key].on and consistent["intercluster"].off:
            consistent[key] = consistent[key].asking(PROFILE_QUESTIONS[key])
    return consistent
