"""Which services start a failover when they stop.

Sources: administration guide 15, "Post Change Tasks And Verification"; configuration guide 15,
chapters on high availability, of presence and of persistent chat.
"""

from auditor import service_names
from auditor.models.facts import ClusterFacts
from auditor.recommendations.features import evaluate_feature
from auditor.service_names import START_ORDER

CRITICAL_SERVICES = (
    service_names.XCP_ROUTER,
    service_names.CLIENT_PROFILE_AGENT,
    service_names.SYNC_AGENT,
    service_names.SIP_PROXY_SERVICE,
    service_names.PRESENCE_ENGINE_SERVICE,
)
"""The services that are critical in every cluster, in the order in which they start: Presence
Engine needs SIP Proxy."""

FOUNDATION_SERVICES = frozenset(START_ORDER[: START_ORDER.index(CRITICAL_SERVICES[0])]) - {
    # Replication may wait; nothing that starts on the node waits for it.
    service_names.DATABASE_REPLICATOR
}
"""The network services that start before the critical ones, which do not start without them (TAC
document 217304, start order), or that decide on a failover themselves."""


def is_critical_service(facts: ClusterFacts, service: str) -> bool | None:
    """Return whether a service is critical in a cluster, None if that is not known."""
    if service in CRITICAL_SERVICES:
        return True
    if service == service_names.TEXT_CONFERENCE_MANAGER:
        return evaluate_feature(facts, "permanent_chat_ha").value
    # It is critical where "Enable monitoring of XCP Authentication Service" is on, a service
    # parameter that nothing here reads.
    return None if service == service_names.AUTHENTICATION_SERVICE else False


def needs_ha_off(facts: ClusterFacts, service: str) -> bool:
    """Return whether high availability goes off before a service is stopped, or started in order.

    Else that starts a failover, or may: while the service is down, so is a critical one.
    """
    return is_critical_service(facts, service) is not False or service in FOUNDATION_SERVICES
