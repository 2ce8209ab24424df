"""The keys of [cluster.deployment], and what each takes: the one list of them."""

from collections.abc import Mapping
from enum import StrEnum


class KeyType(StrEnum):
    """What a deployment key takes in the configuration file."""

    SWITCH = "true or false"
    FEATURE = "true, false or a list of nodes"
    FEDERATION = 'true, false, a list of nodes or "expressway"'
    NODES = "a list of nodes"
    GROUPS = "a list of redundancy groups"


KEY_TYPES: Mapping[str, KeyType] = {
    "bulk_administration": KeyType.SWITCH,
    "chat": KeyType.FEATURE,
    "permanent_chat": KeyType.SWITCH,
    "permanent_chat_ha": KeyType.SWITCH,
    "web_clients": KeyType.SWITCH,
    "xmpp_clients": KeyType.SWITCH,
    "third_party_ldap_search": KeyType.SWITCH,
    "third_party_ldap_search_configured": KeyType.SWITCH,
    "sip_federation": KeyType.FEATURE,
    "partitioned_intradomain_federation": KeyType.SWITCH,
    "xmpp_federation": KeyType.FEDERATION,
    "xmpp_federation_enabled_on": KeyType.NODES,
    "compliance": KeyType.FEATURE,
    "compliance_third_party": KeyType.FEATURE,
    "managed_file_transfer": KeyType.FEATURE,
    "file_server_configured": KeyType.SWITCH,
    "routing_nodes": KeyType.NODES,
    "intercluster": KeyType.SWITCH,
    "intercluster_synced_from": KeyType.GROUPS,
    "intercluster_cup86": KeyType.SWITCH,
}
"""What each key takes; the order is that of the configuration file."""

DEPLOYMENT_KEYS = tuple(KEY_TYPES)

DEPLOYMENT_KEY_PREFIX = "deployment."
"""Prefix of the keys of [cluster.deployment] among all keys of the file."""

LIST_KEYS = frozenset(
    key for key, takes in KEY_TYPES.items() if takes in (KeyType.NODES, KeyType.GROUPS)
)
"""Keys that take only a list."""

FEATURE_KEYS = frozenset(
    key for key, takes in KEY_TYPES.items() if takes in (KeyType.FEATURE, KeyType.FEDERATION)
)
"""Keys of features that may be in use on some nodes only."""

OPTIONAL_KEYS = frozenset({"routing_nodes", "intercluster_synced_from"})
"""Lists that count as empty where they are not declared: they only add or spare a judgement."""

INTERCLUSTER_KEY = "intercluster"
SYNCED_FROM_KEY = "intercluster_synced_from"
INTERCLUSTER_ONLY_KEYS = ("intercluster_cup86", SYNCED_FROM_KEY)
"""Keys that need intercluster peers."""

KEYS_ASKED_AFTER: Mapping[str, tuple[str, ...]] = {
    "chat": ("permanent_chat",),
    "permanent_chat": ("permanent_chat_ha",),
    "third_party_ldap_search": ("third_party_ldap_search_configured",),
    "xmpp_federation": ("xmpp_federation_enabled_on",),
    "managed_file_transfer": ("file_server_configured",),
}
"""Keys that checks wait for only once another key is declared to be on."""
