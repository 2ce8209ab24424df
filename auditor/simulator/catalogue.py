"""The services that an IM&P node has, by release, with the spellings that its interfaces use.

Sources: Cisco administration guide 15, chapter "Services", for names and headings; published
Control Center captures of CUCM for the group spellings; the AXL enumeration `XService`. Cisco
publishes no product list of an IM&P node: the product ids here are invented.
"""

from dataclasses import dataclass

MajorMinor = tuple[int, int]

COMMON_PRODUCT, IMP_PRODUCT = "Common", "CUP"
_DATABASE_GROUP = "Database and Admin Services"
_PRESENCE_GROUP = "IM and Presence Services"
_PLATFORM_GROUP = "Platform Services"

AXL_SERVICE = "Cisco AXL Web Service"
BULK_SERVICE = "Cisco Bulk Provisioning Service"
REPORTER_SERVICE = "Cisco Serviceability Reporter"
SIP_PROXY_SERVICE = "Cisco SIP Proxy"
PRESENCE_ENGINE_SERVICE = "Cisco Presence Engine"
CHAT_SERVICE = "Cisco XCP Text Conference Manager"
WEB_SERVICE = "Cisco XCP Web Connection Manager"
XMPP_SERVICE = "Cisco XCP Connection Manager"
SIP_FEDERATION_SERVICE = "Cisco XCP SIP Federation Connection Manager"
XMPP_FEDERATION_SERVICE = "Cisco XCP XMPP Federation Connection Manager"
ARCHIVER_SERVICE = "Cisco XCP Message Archiver"
DIRECTORY_SERVICE = "Cisco XCP Directory Service"
AUTHENTICATION_SERVICE = "Cisco XCP Authentication Service"
FILE_TRANSFER_SERVICE = "Cisco XCP File Transfer Manager"

STOPPED_WHEN_IDLE = frozenset(
    {
        SIP_PROXY_SERVICE,
        PRESENCE_ENGINE_SERVICE,
        CHAT_SERVICE,
        WEB_SERVICE,
        XMPP_SERVICE,
        ARCHIVER_SERVICE,
        DIRECTORY_SERVICE,
        AUTHENTICATION_SERVICE,
        FILE_TRANSFER_SERVICE,
    }
)
"""What a node in HA state Idle has stopped on purpose."""

CRITICAL_NETWORK_SERVICES = frozenset(
    {"Cisco Client Profile Agent", "Cisco Sync Agent", "Cisco XCP Router"}
)
"""Critical services that are no feature services (configuration guide 15, high availability).

The guide says that a failover stops the critical services, and nowhere lists which it means."""


@dataclass(frozen=True, slots=True)
class ServiceKind:
    """One service: `axl_name` is None where AXL's enumeration does not list it."""

    name: str
    group: str
    product: str
    deployable: bool = False
    servlet: bool = False
    since: MajorMinor = (0, 0)
    until: MajorMinor = (99, 0)
    axl_name: str | None = None

    def exists_in(self, release: MajorMinor) -> bool:
        """Return whether a node of this release has the service."""
        return self.since <= release <= self.until


def _make_feature_service(
    name: str, group: str = _PRESENCE_GROUP, product: str = IMP_PRODUCT, since: MajorMinor = (0, 0)
) -> ServiceKind:
    return ServiceKind(name, group, product, deployable=True, since=since, axl_name=name)


_FEATURE_SERVICES = (
    ServiceKind(
        AXL_SERVICE,
        _DATABASE_GROUP,
        COMMON_PRODUCT,
        deployable=True,
        servlet=True,
        axl_name=AXL_SERVICE,
    ),
    _make_feature_service(BULK_SERVICE, _DATABASE_GROUP),
    _make_feature_service(REPORTER_SERVICE, "Performance and Monitoring Services", COMMON_PRODUCT),
    _make_feature_service(SIP_PROXY_SERVICE),
    _make_feature_service(PRESENCE_ENGINE_SERVICE),
    _make_feature_service(CHAT_SERVICE),
    _make_feature_service(WEB_SERVICE),
    _make_feature_service(XMPP_SERVICE),
    _make_feature_service(SIP_FEDERATION_SERVICE),
    _make_feature_service(XMPP_FEDERATION_SERVICE),
    _make_feature_service(ARCHIVER_SERVICE),
    _make_feature_service(DIRECTORY_SERVICE),
    _make_feature_service(AUTHENTICATION_SERVICE),
    # AXL's enumeration has it from 11.0 on; the guide's own list leaves it out.
    _make_feature_service(FILE_TRANSFER_SERVICE, since=(11, 0)),
)


def _make_network_services(
    group: str, *names: str, product: str = COMMON_PRODUCT, in_axl: bool = False
) -> list[ServiceKind]:
    return [ServiceKind(n, group, product, axl_name=n if in_axl else None) for n in names]


# For network services, captures of Control Center spell some groups without "Services".
_NETWORK_SERVICES = (
    *_make_network_services(
        "Performance and Monitoring",
        "Cisco Log Partition Monitoring Tool",
        "Cisco RIS Data Collector",
        "Cisco AMC Service",
        "Cisco Audit Event Service",
        in_axl=True,
    ),
    *_make_network_services(
        "Performance and Monitoring",
        "Cisco CallManager Serviceability RTMT",
        "Cisco RTMT Reporter Servlet",
        "Cisco Tomcat Stats Servlet",
    ),
    *_make_network_services("Backup and Restore Services", "Cisco DRF Local", in_axl=True),
    *_make_network_services(
        "System Services",
        "Cisco CallManager Serviceability",
        "Cisco CDP",
        "Cisco Trace Collection Servlet",
    ),
    *_make_network_services("System Services", "Cisco Trace Collection Service", in_axl=True),
    *_make_network_services(
        _PLATFORM_GROUP,
        "A Cisco DB",
        "A Cisco DB Replicator",
        "SNMP Master Agent",
        "MIB2 Agent",
        "Host Resources Agent",
        "System Application Agent",
        "Cisco CDP Agent",
        "Cisco Syslog Agent",
        "Cisco Certificate Expiry Monitor",
    ),
    *_make_network_services(
        _PLATFORM_GROUP, "Cisco Tomcat", "Platform Administrative Web Service", in_axl=True
    ),
    ServiceKind(
        # The name differs between Control Center and AXL.
        "Cisco Certificate Change Notification",
        _PLATFORM_GROUP,
        COMMON_PRODUCT,
        axl_name="Cisco Certificate Change Notification Service",
    ),
    ServiceKind(
        "Platform Communication Web Service",
        _PLATFORM_GROUP,
        COMMON_PRODUCT,
        since=(12, 5),
        axl_name="Platform Communication Web Service",
    ),
    ServiceKind("Cisco License Manager", _PLATFORM_GROUP, COMMON_PRODUCT, until=(11, 5)),
    *_make_network_services("DB Services", "Cisco Database Layer Monitor", in_axl=True),
    ServiceKind("SOAP -Real-Time Service APIs", "SOAP Services", COMMON_PRODUCT, until=(11, 5)),
    ServiceKind(
        "SOAP -Performance Monitoring APIs", "SOAP Services", COMMON_PRODUCT, until=(11, 5)
    ),
    ServiceKind("SOAP -Log Collection APIs", "SOAP Services", COMMON_PRODUCT, until=(11, 5)),
    ServiceKind(
        "Cisco SOAP-Real-Time Service APIs", "SOAP Services", COMMON_PRODUCT, since=(12, 0)
    ),
    ServiceKind(
        "Cisco SOAP-Performance-Monitoring APIs", "SOAP Services", COMMON_PRODUCT, since=(12, 0)
    ),
    ServiceKind("Cisco SOAP-Log-Collection APIs", "SOAP Services", COMMON_PRODUCT, since=(12, 0)),
    *_make_network_services(
        _PRESENCE_GROUP,
        "Cisco Login Datastore",
        "Cisco Route Datastore",
        "Cisco Presence Datastore",
        "Cisco SIP Registration Datastore",
        "Cisco Config Agent",
        "Cisco Sync Agent",
        "Cisco OAM Agent",
        "Cisco Client Profile Agent",
        "Cisco Intercluster Sync Agent",
        "Cisco XCP Router",
        "Cisco XCP Config Manager",
        "Cisco Server Recovery Manager",
        "Cisco IM and Presence Data Monitor",
        product=IMP_PRODUCT,
        in_axl=True,
    ),
    ServiceKind(
        "Cisco RCC Device Selection Service",
        _PRESENCE_GROUP,
        IMP_PRODUCT,
        until=(14, 0),
        axl_name="Cisco RCC Device Selection Service",
    ),
    *_make_network_services(
        "Admin Services", "Cisco IM and Presence Admin", product=IMP_PRODUCT, in_axl=True
    ),
    ServiceKind(
        "Cisco Management Agent Service",
        "Cloud based Management Services",
        COMMON_PRODUCT,
        since=(12, 0),
        axl_name="Cisco Management Agent Service",
    ),
)


def services_of_release(release: MajorMinor) -> tuple[ServiceKind, ...]:
    """Return every service of an IM&P node of a release, feature services first."""
    return tuple(
        kind for kind in (*_FEATURE_SERVICES, *_NETWORK_SERVICES) if kind.exists_in(release)
    )
