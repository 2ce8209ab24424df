"""Service names: one spelling for each service, whatever spelling a source or a person used.

The spelling kept is the one of Control Center's SOAP interface. The lists are those of Cisco's
administration guide 15, of releases 9.1 to 10.5, and of the entries that AXL has for IM&P nodes.
"""

import functools
import re

AXL_WEB_SERVICE = "Cisco AXL Web Service"
BULK_PROVISIONING = "Cisco Bulk Provisioning Service"
SERVICEABILITY_REPORTER = "Cisco Serviceability Reporter"
SIP_PROXY_SERVICE = "Cisco SIP Proxy"
PRESENCE_ENGINE_SERVICE = "Cisco Presence Engine"
TEXT_CONFERENCE_MANAGER = "Cisco XCP Text Conference Manager"
WEB_CONNECTION_MANAGER = "Cisco XCP Web Connection Manager"
CONNECTION_MANAGER = "Cisco XCP Connection Manager"
SIP_FEDERATION_MANAGER = "Cisco XCP SIP Federation Connection Manager"
XMPP_FEDERATION_MANAGER = "Cisco XCP XMPP Federation Connection Manager"
MESSAGE_ARCHIVER = "Cisco XCP Message Archiver"
DIRECTORY_SERVICE = "Cisco XCP Directory Service"
AUTHENTICATION_SERVICE = "Cisco XCP Authentication Service"
FILE_TRANSFER_MANAGER = "Cisco XCP File Transfer Manager"

SYNC_AGENT = "Cisco Sync Agent"
INTERCLUSTER_SYNC_AGENT = "Cisco Intercluster Sync Agent"
XCP_ROUTER = "Cisco XCP Router"
SERVER_RECOVERY_MANAGER = "Cisco Server Recovery Manager"
DATA_MONITOR = "Cisco IM and Presence Data Monitor"
CLIENT_PROFILE_AGENT = "Cisco Client Profile Agent"
ROUTE_DATASTORE = "Cisco Route Datastore"
LOGIN_DATASTORE = "Cisco Login Datastore"
SIP_REGISTRATION_DATASTORE = "Cisco SIP Registration Datastore"
PRESENCE_DATASTORE = "Cisco Presence Datastore"
XCP_CONFIG_MANAGER = "Cisco XCP Config Manager"
OAM_AGENT = "Cisco OAM Agent"
CONFIG_AGENT = "Cisco Config Agent"
DATABASE = "A Cisco DB"
DATABASE_REPLICATOR = "A Cisco DB Replicator"
DATABASE_LAYER_MONITOR = "Cisco Database Layer Monitor"
CERTIFICATE_CHANGE_NOTIFICATION = "Cisco Certificate Change Notification"

# With Cisco XCP File Transfer Manager, which Cisco's table of recommended services omits.
# Administration guide 15, "Post Change Tasks And Verification", numbers the services from the Data
# Monitor to the Config Agent. It leaves out the database, which all of them need, and the Sync
# Agent; feature services follow in any order.
START_ORDER = (
    DATABASE,
    DATABASE_REPLICATOR,
    DATA_MONITOR,
    SERVER_RECOVERY_MANAGER,
    ROUTE_DATASTORE,
    LOGIN_DATASTORE,
    SIP_REGISTRATION_DATASTORE,
    PRESENCE_DATASTORE,
    XCP_CONFIG_MANAGER,
    XCP_ROUTER,
    OAM_AGENT,
    CLIENT_PROFILE_AGENT,
    INTERCLUSTER_SYNC_AGENT,
    CONFIG_AGENT,
    SYNC_AGENT,
)
"""The network services that others depend on, in the order in which Cisco starts them."""

# Cisco starts feature services in any order, but Presence Engine needs SIP Proxy. Those that can be
# critical come first, as failover-check names them. A fixed order is the same in every report.
_SERVICE_ORDER = (
    *START_ORDER,
    SIP_PROXY_SERVICE,
    PRESENCE_ENGINE_SERVICE,
    TEXT_CONFERENCE_MANAGER,
    AXL_WEB_SERVICE,
    AUTHENTICATION_SERVICE,
    CONNECTION_MANAGER,
    WEB_CONNECTION_MANAGER,
    DIRECTORY_SERVICE,
    FILE_TRANSFER_MANAGER,
    MESSAGE_ARCHIVER,
    SIP_FEDERATION_MANAGER,
    XMPP_FEDERATION_MANAGER,
)


def start_position(service: str | None) -> int:
    """Return a sort key of services by the order in which to start them; what has no place last."""
    return _SERVICE_ORDER.index(service) if service in _SERVICE_ORDER else len(_SERVICE_ORDER)


FEATURE_SERVICES = frozenset(
    {
        AXL_WEB_SERVICE,
        BULK_PROVISIONING,
        SERVICEABILITY_REPORTER,
        SIP_PROXY_SERVICE,
        PRESENCE_ENGINE_SERVICE,
        TEXT_CONFERENCE_MANAGER,
        WEB_CONNECTION_MANAGER,
        CONNECTION_MANAGER,
        SIP_FEDERATION_MANAGER,
        XMPP_FEDERATION_MANAGER,
        MESSAGE_ARCHIVER,
        DIRECTORY_SERVICE,
        AUTHENTICATION_SERVICE,
        FILE_TRANSFER_MANAGER,
    }
)
"""Services that can be activated and deactivated."""

# With Cisco Sync Agent, although Cisco's table of services to activate has it: Cisco's lists of
# services call it a network service, and those cannot be activated.
NETWORK_SERVICES = frozenset(
    {
        SYNC_AGENT,
        INTERCLUSTER_SYNC_AGENT,
        XCP_ROUTER,
        SERVER_RECOVERY_MANAGER,
        DATA_MONITOR,
        CLIENT_PROFILE_AGENT,
        ROUTE_DATASTORE,
        LOGIN_DATASTORE,
        SIP_REGISTRATION_DATASTORE,
        PRESENCE_DATASTORE,
        XCP_CONFIG_MANAGER,
        OAM_AGENT,
        CONFIG_AGENT,
        DATABASE,
        DATABASE_REPLICATOR,
        DATABASE_LAYER_MONITOR,
        CERTIFICATE_CHANGE_NOTIFICATION,
        "Cisco AMC Service",
        "Cisco AXL Tomcat",
        "Cisco Audit Event Service",
        "Cisco CDP",
        "Cisco CDP Agent",
        "Cisco CallManager Serviceability",
        "Cisco CallManager Serviceability RTMT",
        "Cisco Certificate Expiry Monitor",
        "Cisco DRF Local",
        "Cisco ELM Client Service",
        "Cisco IM and Presence Admin",
        "Cisco License Manager",
        "Cisco Log Partition Monitoring Tool",
        "Cisco Management Agent Service",
        "Cisco RCC Device Selection Service",
        "Cisco RIS Data Collector",
        "Cisco RTMT Reporter Servlet",
        "Cisco SSOSP Tomcat",
        "Cisco Syslog Agent",
        "Cisco Tomcat",
        "Cisco Tomcat Stats Servlet",
        "Cisco Trace Collection Service",
        "Cisco Trace Collection Servlet",
        "Cisco UDS Tomcat",
        "Host Resources Agent",
        "MIB2 Agent",
        "Native Agent Adaptor",
        "Platform Communication Web Service",
        "SNMP Master Agent",
        "SOAP -Log Collection APIs",
        "SOAP -Performance Monitoring APIs",
        "SOAP -Real-Time Service APIs",
        "System Application Agent",
    }
)
"""Services that are always there: they can be started and stopped, not activated."""

_FEATURE_OR_NETWORK_SERVICES = frozenset(
    {"Platform Administrative Web Service"}
)  # the guide for 15 has it in both

CONTROL_CENTER_SERVICES = FEATURE_SERVICES | NETWORK_SERVICES | _FEATURE_OR_NETWORK_SERVICES
"""Services that Control Center has a row for."""

_TRACE_ONLY_ENTRIES = frozenset(
    {
        "Cisco CCMService Web Service",
        "Cisco GRT Communication Web Service",
        "Cisco RTMT Web Service",
        "Cisco RisBean Library",
        "Cisco SIP Proxy Logger",
        "Cisco SOAP Web Service",
        "Cisco SOAPMessage Service",
        "Cisco Unified OS Admin Web Service",
        "Cisco Unified Reporting Web Service",
    }
)  # AXL lists them for IM&P nodes; they only carry a trace level and have no Control Center row

# Without these, a service that two sources spell differently would look like a missing one.
_SERVICE_ALIASES = {
    "Aupair": DATABASE_LAYER_MONITOR,
    "Cisco Certificate Change Notification Service": CERTIFICATE_CHANGE_NOTIFICATION,
    "Cisco Configuration Agent": CONFIG_AGENT,
    "Cisco File Transfer Manager": FILE_TRANSFER_MANAGER,
    "Cisco Presence Login Datastore": LOGIN_DATASTORE,
    "Cisco Presence SIP Registration Datastore": SIP_REGISTRATION_DATASTORE,
    "Cisco RCC Device Selection": "Cisco RCC Device Selection Service",
    "Cisco Replication Watcher": DATA_MONITOR,
    "Cisco ReplicationWatcher": DATA_MONITOR,
    "Cisco SOAP-Log Collection APIs": "SOAP -Log Collection APIs",
    "Cisco SOAP-Log-Collection APIs": "SOAP -Log Collection APIs",
    "Cisco SOAP-Performance Monitoring APIs": "SOAP -Performance Monitoring APIs",
    "Cisco SOAP-Performance-Monitoring APIs": "SOAP -Performance Monitoring APIs",
    "Cisco SOAP-Real-Time Service APIs": "SOAP -Real-Time Service APIs",
    "Cisco Unified Presence XCP Connection Manager": CONNECTION_MANAGER,
    "Cisco XCP Client Connection Manager": CONNECTION_MANAGER,
    "Cisco XCP Text Conference Mgr Service": TEXT_CONFERENCE_MANAGER,
    "Cisco XCP Text Conferencing Manager": TEXT_CONFERENCE_MANAGER,
    "Text Conference Manager service": TEXT_CONFERENCE_MANAGER,
    "XCP Router": XCP_ROUTER,
}


@functools.lru_cache(maxsize=1024)
def _spelling_key(name: str) -> str:
    """Return what two spellings of one name have in common."""
    # Control Center writes "SOAP -Log Collection APIs", with a blank that other sources leave out.
    return re.sub(r" ?- ?", "-", " ".join(name.split())).casefold()


_CANONICAL_NAMES = CONTROL_CENTER_SERVICES | _TRACE_ONLY_ENTRIES
ALL_SPELLINGS = tuple(sorted({*_CANONICAL_NAMES, *_SERVICE_ALIASES}))
"""Every known spelling."""

_CANONICAL_BY_KEY = {_spelling_key(name): name for name in _CANONICAL_NAMES} | {
    _spelling_key(variant): name for variant, name in _SERVICE_ALIASES.items()
}


# Every node lists the same sixty names twice.
@functools.lru_cache(maxsize=512)
def canonical_name(name: str) -> str:
    """Return Control Center's spelling of a known name, any other name with its blanks collapsed.

    Case, the number of blanks and blanks around a hyphen make no difference.
    """
    return _CANONICAL_BY_KEY.get(_spelling_key(name), " ".join(name.split()))


def find_service(typed: str) -> str | None:
    """Return the service of a name in any spelling, also without `Cisco` and `XCP`; else None."""
    if is_service_name(typed):
        return canonical_name(typed)
    return _CANONICAL_BY_SHORT_KEY.get(_short_key(typed))


def suggest_services(typed: str) -> tuple[str, ...]:
    """Return the services whose names have every word that was typed."""
    words = set(_short_key(typed).split())
    return tuple(
        sorted(name for name in CONTROL_CENTER_SERVICES if words <= set(_short_key(name).split()))
    )


def strip_maker(name: str) -> str:
    """Return the name of a service without `Cisco` and `XCP`."""
    return re.sub(r"^(?:A )?(?:Cisco )?(?:XCP )?", "", name, flags=re.IGNORECASE)


def _short_key(name: str) -> str:
    return strip_maker(_spelling_key(name))


_CANONICAL_BY_SHORT_KEY = {_short_key(key): name for key, name in _CANONICAL_BY_KEY.items()}


def is_service_name(name: str) -> bool:
    """Return whether a list of IM&P services, or AXL for such a node, has the name."""
    return _spelling_key(name) in _CANONICAL_BY_KEY


def is_deployable_service(name: str) -> bool | None:
    """Return whether a service can be activated; None where only the node itself can say.

    True outranks what a product list says: a captured one has a corrupted row for AXL.
    """
    spelled = canonical_name(name)
    if spelled in FEATURE_SERVICES:
        return True
    # None where Cisco's guide has a service in both lists: the node's product list decides then.
    return False if spelled in NETWORK_SERVICES else None
