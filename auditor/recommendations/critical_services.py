"""The services whose stop starts a failover while high availability is on.

Source: configuration guide 15, chapters on high availability, of presence and of persistent chat.
"""

from auditor import service_names
from auditor.models.facts import ClusterFacts
from auditor.recommendations.conditions import evaluate_feature

CRITICAL_SERVICES = (
    service_names.CLIENT_PROFILE_AGENT,
    service_names.SYNC_AGENT,
    service_names.XCP_ROUTER,
    service_names.SIP_PROXY_SERVICE,
    service_names.PRESENCE_ENGINE_SERVICE,
)
"""The services that are critical in every cluster, in the order in which they start."""


def is_critical_service(facts: ClusterFacts, service: str) -> bool | None:
    """Return whether a service is critical in a cluster, None if that is not known."""
    if service in CRITICAL_SERVICES:
        return True
    if service == service_names.TEXT_CONFERENCE_MANAGER:
        return evaluate_feature(facts, "permanent_chat_ha").value
    # It is critical where "Enable monitoring of XCP Authentication Service" is on, a service
    # parameter that nothing here reads.
    return None if service == service_names.AUTHENTICATION_SERVICE else False


SERVICES_UNDER_CRITICAL = frozenset(
    {
        service_names.DATA_MONITOR,
        service_names.SERVER_RECOVERY_MANAGER,
        service_names.ROUTE_DATASTORE,
        service_names.LOGIN_DATASTORE,
        service_names.SIP_REGISTRATION_DATASTORE,
        service_names.PRESENCE_DATASTORE,
        service_names.XCP_CONFIG_MANAGER,
    }
)
"""The network services that start before the critical ones, which do not start without them (TAC
document 217304, start order), or that decide on a failover themselves."""
