"""The rule that infers each deployment key from services and discovered settings, or asks."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from auditor import service_names
from auditor.models.nodes import STEADY_UPTIME_S, RunState, ServiceState
from auditor.models.profile import ProfileEntry, ProfileValue
from auditor.models.settings import Setting
from auditor.recommendations.observed_cluster import ObservedCluster
from auditor.recommendations.profile_questions import PROFILE_QUESTIONS, question_entry
from auditor.recommendations.releases import evaluate_release_nine
from auditor.text import join_names

InferenceRule = Callable[[ObservedCluster, str, Mapping[str, ProfileEntry]], ProfileEntry]


def _activated_anywhere_rule(service: str) -> InferenceRule:
    def rule(cluster: ObservedCluster, key: str, _: Mapping[str, ProfileEntry]) -> ProfileEntry:
        activation = cluster.activation(service)
        if activation.anywhere is None:
            return question_entry(key, activation.sentence)
        return ProfileEntry(key, activation.anywhere, activation.sentence)

    return rule


def _activated_nodes_rule(service: str) -> InferenceRule:
    def rule(cluster: ObservedCluster, key: str, _: Mapping[str, ProfileEntry]) -> ProfileEntry:
        activation = cluster.activation(service)
        if activation.nodes is None:
            return question_entry(key, activation.sentence, activation.on or False)
        return ProfileEntry(key, activation.nodes, activation.sentence)

    return rule


def _always_ask(_: ObservedCluster, key: str, __: Mapping[str, ProfileEntry]) -> ProfileEntry:
    return question_entry(key)


def _ask_for_node_list(
    _: ObservedCluster, key: str, __: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    return question_entry(key, value=())


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
        return question_entry(key)
    return ProfileEntry(key, setting.on, _discovered_setting_sentence(setting))


def _infer_chat(
    cluster: ObservedCluster, key: str, entries: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    """Permanent chat needs chat: if only chat's service is off, ask."""
    entry = _activated_nodes_rule(service_names.TEXT_CONFERENCE_MANAGER)(cluster, key, entries)
    permanent = cluster.discovered("permanent_chat")
    if entry.off and permanent is not None and permanent.on:
        why = f"{entry.why} Yet permanent chat is on: {permanent.source}."
        return question_entry(key, why, True)
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
    return question_entry(key)


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
    return question_entry(key)


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
        return ProfileEntry(key, value, why) if entry.off else question_entry(key, why, value)
    why = f"{entry.why} {_discovered_setting_sentence(setting)}"
    activation = cluster.activation(service_names.XMPP_FEDERATION_MANAGER)
    if setting.on == entry.on and frozenset(activation.on) == (setting.nodes or frozenset()):
        return ProfileEntry(key, entry.value, why)
    return question_entry(key, why, entry.value)


def _infer_xmpp_enabled_nodes(
    cluster: ObservedCluster, key: str, _: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    setting = cluster.discovered(key)
    if setting is None:
        return question_entry(key, value=())
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
    return question_entry(key)


def _ask_for_synced_groups(
    _: ObservedCluster, key: str, entries: Mapping[str, ProfileEntry]
) -> ProfileEntry:
    return question_entry(key, "" if not entries["intercluster"].off else "There are no peers.", ())


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
    return question_entry(key)


INFERENCE_RULES: Mapping[str, InferenceRule] = {
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
