"""A question for each deployment key: what no interface reports, and the operator knows."""

from collections.abc import Mapping

from auditor.models.profile import ProfileEntry, ProfileValue

PROFILE_QUESTIONS: Mapping[str, str] = {
    "bulk_administration": "Are users administered with the Bulk Administration Tool (BAT)?",
    "chat": "Is group chat in use, and on which nodes? true, false or a list of nodes.",
    "permanent_chat": "Is persistent chat turned on (Messaging > Group Chat and Persistent Chat)?",
    "permanent_chat_ha": "Is high availability turned on for persistent chat?",
    "web_clients": "Do web clients (over BOSH) sign in to these nodes?",
    "xmpp_clients": "Do XMPP clients, such as Jabber, sign in to these nodes?",
    "third_party_ldap_search": (
        "Do third-party XMPP clients search an LDAP directory through IM and Presence? Jabber "
        "searches by itself."
    ),
    "third_party_ldap_search_configured": (
        "Are the LDAP settings for third-party clients filled in (Application > Third-Party "
        "Clients)?"
    ),
    "sip_federation": "On which nodes does interdomain federation over SIP run?",
    "partitioned_intradomain_federation": (
        "Is partitioned intradomain federation with a Microsoft server in use?"
    ),
    "xmpp_federation": (
        "On which nodes does interdomain federation over XMPP run? true, false, a list, or "
        '"expressway" if Expressway does it.'
    ),
    "xmpp_federation_enabled_on": (
        'On which nodes does "XMPP Federation Node Status" say On (Presence > Inter Domain '
        "Federation > XMPP Federation > Settings)?"
    ),
    "compliance": "On which nodes does the Message Archiver have to log?",
    "compliance_third_party": "On which nodes does a third-party compliance server log?",
    "managed_file_transfer": "On which nodes is managed file transfer in use?",
    "file_server_configured": "Is an external file server assigned on these nodes?",
    "routing_nodes": (
        "Which nodes do nothing but route for intradomain federation? Left out: none."
    ),
    "intercluster": "Does the cluster have intercluster peers?",
    "intercluster_synced_from": (
        "Which redundancy groups other than the publisher's do remote peers sync from? Left out: "
        "none."
    ),
    "intercluster_cup86": "Is a peer on Cisco Unified Presence 8.6(x)?",
}


def question_entry(key: str, why: str = "", value: ProfileValue = False) -> ProfileEntry:
    """Return the entry of a key as its question; `why` is what is known, `value` the example."""
    return ProfileEntry(key, value, why, PROFILE_QUESTIONS[key])
