"""The words that a pack may use; each has its meaning in one module of this package."""

from enum import StrEnum


class Condition(StrEnum):
    """When a recommendation applies; meaning in `conditions`.

    A condition that is also a deployment key is judged node by node where the key names nodes.
    """

    ALWAYS = "always"
    BULK_ADMINISTRATION = "bulk_administration"
    CHAT = "chat"
    PERMANENT_CHAT = "permanent_chat"
    PERMANENT_CHAT_HA = "permanent_chat_ha"
    WEB_CLIENTS = "web_clients"
    XMPP_CLIENTS = "xmpp_clients"
    THIRD_PARTY_LDAP_SEARCH = "third_party_ldap_search"
    SIP_FEDERATION = "sip_federation"
    PARTITIONED_INTRADOMAIN_FEDERATION = "partitioned_intradomain_federation"
    XMPP_FEDERATION = "xmpp_federation"
    EXPRESSWAY = "expressway"
    COMPLIANCE = "compliance"
    MANAGED_FILE_TRANSFER = "managed_file_transfer"
    INTERCLUSTER = "intercluster"
    INTERCLUSTER_CUP86 = "intercluster_cup86"
    SERVICE_ACTIVATED = "service_activated"
    SERVICE_RUNS = "service_runs"
    SEVERAL_NODES = "several_nodes"
    SUBSCRIBER = "subscriber"
    WITHOUT_XMPP_FEDERATION = "without_xmpp_federation"
    RUNS_WITHOUT_FEATURE = "runs_without_feature"
    CERTIFICATE_URGENT = "certificate_urgent"


class NodeScope(StrEnum):
    """On which nodes a recommendation is judged; meaning in `scopes`."""

    ALL = "all"
    PUBLISHER = "publisher"
    NOT_PUBLISHER = "not_publisher"
    SYNCED_FROM = "synced_from"
    REMAINING = "remaining"
    CHAT_NODES = "chat_nodes"
    SIP_FEDERATION_NODES = "sip_federation_nodes"
    XMPP_FEDERATION_NODES = "xmpp_federation_nodes"
    WITHOUT_XMPP_FEDERATION = "without_xmpp_federation"
    COMPLIANCE_NODES = "compliance_nodes"
    FILE_TRANSFER_NODES = "file_transfer_nodes"


class Expectation(StrEnum):
    """What is compliant; `engine` and `services` choose the function that judges it."""

    RUNNING = "running"
    NOT_ACTIVATED = "not_activated"
    OPTIONAL = "optional"
    STAYS_UP = "stays_up"
    ANSWERS = "answers"
    DATABASE_CONFIGURED = "database_configured"
    DATABASE_REACHABLE = "database_reachable"
    XMPP_FEDERATION_ON = "xmpp_federation_on"
    LDAP_SEARCH_CONFIGURED = "ldap_search_configured"
    FILE_SERVER_AND_DATABASE = "file_server_and_database"
    PAIR_HEALTHY = "pair_healthy"
    GROUPED = "grouped"
    REPLICATION_GOOD = "replication_good"
    GROUP_ON_ONE_VERSION = "group_on_one_version"
    CLUSTER_ON_ONE_VERSION = "cluster_on_one_version"
    RELEASE_OF_CUCM = "release_of_cucm"
    PROFILE_AGREES = "profile_agrees"
    PROFILE_NAMES_EXIST = "profile_names_exist"
    ABSENT_FEATURE_IS_OFF = "absent_feature_is_off"
    CERTIFICATE_VALID = "certificate_valid"
    CUCM_CERTIFICATE_VALID = "cucm_certificate_valid"
    # Only an engineer can judge it, before a change (CAU-01).
    CONFIRMED = "confirmed"


class JudgingMode(StrEnum):
    """When a recommendation is judged: in every audit, or only before a change."""

    AUDIT = "audit"
    PRECHECK = "precheck"
