"""Which services the matrix of a cluster shows, in sections."""

from auditor import service_names
from auditor.models.cluster_report import ClusterReport
from auditor.models.findings import Verdict
from auditor.models.nodes import RunState, ServiceState

_SERVICE_SECTIONS = (
    (
        "Administration",
        (
            service_names.AXL_WEB_SERVICE,
            service_names.BULK_PROVISIONING,
            service_names.SERVICEABILITY_REPORTER,
        ),
    ),
    (
        "Network services",
        (
            service_names.DATABASE,
            service_names.DATABASE_REPLICATOR,
            service_names.DATA_MONITOR,
            service_names.SERVER_RECOVERY_MANAGER,
            service_names.ROUTE_DATASTORE,
            service_names.LOGIN_DATASTORE,
            service_names.SIP_REGISTRATION_DATASTORE,
            service_names.PRESENCE_DATASTORE,
            service_names.XCP_CONFIG_MANAGER,
            service_names.XCP_ROUTER,
            service_names.OAM_AGENT,
            service_names.CLIENT_PROFILE_AGENT,
            service_names.INTERCLUSTER_SYNC_AGENT,
            service_names.CONFIG_AGENT,
            service_names.SYNC_AGENT,
        ),
    ),
    ("Presence", (service_names.SIP_PROXY_SERVICE, service_names.PRESENCE_ENGINE_SERVICE)),
    (
        "Clients and chat",
        (
            service_names.CONNECTION_MANAGER,
            service_names.AUTHENTICATION_SERVICE,
            service_names.WEB_CONNECTION_MANAGER,
            service_names.DIRECTORY_SERVICE,
            service_names.TEXT_CONFERENCE_MANAGER,
        ),
    ),
    ("Federation", (service_names.SIP_FEDERATION_MANAGER, service_names.XMPP_FEDERATION_MANAGER)),
    ("Compliance and files", (service_names.MESSAGE_ARCHIVER, service_names.FILE_TRANSFER_MANAGER)),
)
"""Services that belong together, in the order in which a reader looks for them.

The network services are in Cisco's start order.
"""


def select_matrix_services(*clusters: ClusterReport) -> list[tuple[str, tuple[str, ...]]]:
    """Return the services to show: those that are judged, and others that do not run."""
    shown: set[str] = set()
    down: set[str] = set()
    for cluster in clusters:
        if not cluster.is_nothing_read:
            shown |= _judged_services(cluster)
            services = (s for node in cluster.nodes for s in node.services.values())
            down |= {service.name for service in services if _is_service_down(service)}
    placed = {service for _, services in _SERVICE_SECTIONS for service in services}
    sections = [
        (title, tuple(s for s in services if s in shown)) for title, services in _SERVICE_SECTIONS
    ]
    sections.append(("Also judged", tuple(sorted(shown - placed))))
    sections.append(("Others not running", tuple(sorted(down - shown))))
    return [(title, services) for title, services in sections if services]


def _judged_services(cluster: ClusterReport) -> set[str]:
    # A service that no node lists and that is nowhere applicable would be a row without a word.
    return {
        finding.service
        for finding in cluster.findings
        if finding.service
        and (
            finding.verdict is not Verdict.NOT_APPLICABLE
            or any(finding.service in node.services for node in cluster.nodes)
        )
    }


def _is_service_down(service: ServiceState) -> bool:
    """Return whether a service that is not judged is worth a line: it should run and does not."""
    return service.activated is not False and service.state is not RunState.STARTED


def short_service_name(service: str) -> str:
    """Return the name of a service without its maker's."""
    return service.removeprefix("Cisco ")
