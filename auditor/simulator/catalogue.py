"""The services that an IM&P node has, by release, with the spellings that its interfaces use.

Sources: Cisco administration guide 15, chapter "Services", for names and headings; published
Control Center captures of CUCM for the group spellings; the AXL enumeration `XService`. Cisco
publishes no product list of an IM&P node: the product ids here are invented.
"""

from dataclasses import dataclass

Release = tuple[int, int]

COMMON, IMP = "Common", "CUP"
_DATABASE = "Database and Admin Services"
_PRESENCE = "IM and Presence Services"
_PLATFORM = "Platform Services"

AXL = "Cisco AXL Web Service"
BULK = "Cisco Bulk Provisioning Service"
REPORTER = "Cisco Serviceability Reporter"
SIP_PROXY = "Cisco SIP Proxy"
PRESENCE_ENGINE = "Cisco Presence Engine"
CHAT = "Cisco XCP Text Conference Manager"
WEB = "Cisco XCP Web Connection Manager"
XMPP = "Cisco XCP Connection Manager"
SIP_FEDERATION = "Cisco XCP SIP Federation Connection Manager"
XMPP_FEDERATION = "Cisco XCP XMPP Federation Connection Manager"
ARCHIVER = "Cisco XCP Message Archiver"
DIRECTORY = "Cisco XCP Directory Service"
AUTHENTICATION = "Cisco XCP Authentication Service"
FILE_TRANSFER = "Cisco XCP File Transfer Manager"

STOPPED_WHEN_IDLE = frozenset(
    {
        SIP_PROXY,
        PRESENCE_ENGINE,
        CHAT,
        WEB,
        XMPP,
        ARCHIVER,
        DIRECTORY,
        AUTHENTICATION,
        FILE_TRANSFER,
    }
)
"""What a node in HA state Idle has stopped on purpose."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One service: `axl_name` is None where AXL's enumeration does not list it."""

    name: str
    group: str
    product: str
    deployable: bool = False
    servlet: bool = False
    since: Release = (0, 0)
    until: Release = (99, 0)
    axl_name: str | None = None

    def exists_in(self, release: Release) -> bool:
        """Tell whether a node of this release has the service."""
        return self.since <= release <= self.until


def _feature(
    name: str, group: str = _PRESENCE, product: str = IMP, since: Release = (0, 0)
) -> Kind:
    return Kind(name, group, product, deployable=True, since=since, axl_name=name)


_FEATURES = (
    Kind(AXL, _DATABASE, COMMON, deployable=True, servlet=True, axl_name=AXL),
    _feature(BULK, _DATABASE),
    _feature(REPORTER, "Performance and Monitoring Services", COMMON),
    _feature(SIP_PROXY),
    _feature(PRESENCE_ENGINE),
    _feature(CHAT),
    _feature(WEB),
    _feature(XMPP),
    _feature(SIP_FEDERATION),
    _feature(XMPP_FEDERATION),
    _feature(ARCHIVER),
    _feature(DIRECTORY),
    _feature(AUTHENTICATION),
    _feature(FILE_TRANSFER, since=(11, 0)),
)


def _network(group: str, *names: str, product: str = COMMON, in_axl: bool = False) -> list[Kind]:
    return [Kind(n, group, product, axl_name=n if in_axl else None) for n in names]


_NETWORK = (
    *_network(
        "Performance and Monitoring",
        "Cisco Log Partition Monitoring Tool",
        "Cisco RIS Data Collector",
        "Cisco AMC Service",
        "Cisco Audit Event Service",
        in_axl=True,
    ),
    *_network(
        "Performance and Monitoring",
        "Cisco CallManager Serviceability RTMT",
        "Cisco RTMT Reporter Servlet",
        "Cisco Tomcat Stats Servlet",
    ),
    *_network("Backup and Restore Services", "Cisco DRF Local", in_axl=True),
    *_network(
        "System Services",
        "Cisco CallManager Serviceability",
        "Cisco CDP",
        "Cisco Trace Collection Servlet",
    ),
    *_network("System Services", "Cisco Trace Collection Service", in_axl=True),
    *_network(
        _PLATFORM,
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
    *_network(_PLATFORM, "Cisco Tomcat", "Platform Administrative Web Service", in_axl=True),
    Kind(
        "Cisco Certificate Change Notification",
        _PLATFORM,
        COMMON,
        axl_name="Cisco Certificate Change Notification Service",
    ),
    Kind(
        "Platform Communication Web Service",
        _PLATFORM,
        COMMON,
        since=(12, 5),
        axl_name="Platform Communication Web Service",
    ),
    Kind("Cisco License Manager", _PLATFORM, COMMON, until=(11, 5)),
    *_network("DB Services", "Cisco Database Layer Monitor", in_axl=True),
    Kind("SOAP -Real-Time Service APIs", "SOAP Services", COMMON, until=(11, 5)),
    Kind("SOAP -Performance Monitoring APIs", "SOAP Services", COMMON, until=(11, 5)),
    Kind("SOAP -Log Collection APIs", "SOAP Services", COMMON, until=(11, 5)),
    Kind("Cisco SOAP-Real-Time Service APIs", "SOAP Services", COMMON, since=(12, 0)),
    Kind("Cisco SOAP-Performance-Monitoring APIs", "SOAP Services", COMMON, since=(12, 0)),
    Kind("Cisco SOAP-Log-Collection APIs", "SOAP Services", COMMON, since=(12, 0)),
    *_network(
        _PRESENCE,
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
        product=IMP,
        in_axl=True,
    ),
    Kind(
        "Cisco RCC Device Selection Service",
        _PRESENCE,
        IMP,
        until=(14, 0),
        axl_name="Cisco RCC Device Selection Service",
    ),
    *_network("Admin Services", "Cisco IM and Presence Admin", product=IMP, in_axl=True),
    Kind(
        "Cisco Management Agent Service",
        "Cloud based Management Services",
        COMMON,
        since=(12, 0),
        axl_name="Cisco Management Agent Service",
    ),
)


def services_of(release: Release) -> tuple[Kind, ...]:
    """Return every service of an IM&P node of a release, feature services first."""
    return tuple(kind for kind in (*_FEATURES, *_NETWORK) if kind.exists_in(release))
