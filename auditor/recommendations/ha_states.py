"""What the HA states of a pair mean, and what a node without users stops.

Source: IM&P configuration guide 15, chapter on high availability (states and pairs); RTMT guide
15 (numbers of `SRMState`).
"""

from collections.abc import Mapping
from enum import StrEnum

from auditor import service_names
from auditor.models.nodes import HaState, ServiceState


class PairClass(StrEnum):
    """What two states mean for a redundancy group."""

    HEALTHY = "healthy"
    FAILED_OVER = "failed over, stable"
    BROKEN = "broken, or failed over with a node down"
    MOVING = "moving"
    UNKNOWN = "unknown"


TRANSITION_STATES = frozenset(
    {
        HaState.INITIALIZING,
        HaState.TAKING_OVER,
        HaState.TAKING_BACK,
        HaState.FAILING_OVER,
        HaState.FALLING_BACK,
    }
)
"""The states of a transition."""

_FAILED_STATES = frozenset({HaState.FAILED, HaState.DOWN})

# A closed list: the configuration guide 15 says that a failover stops services, but does not name
# them there. Whatever is not in it stays drift, so that no failure is explained away.
SERVICES_STOPPED_WHEN_IDLE = frozenset(
    {
        service_names.SIP_PROXY_SERVICE,
        service_names.PRESENCE_ENGINE_SERVICE,
        service_names.TEXT_CONFERENCE_MANAGER,
        service_names.WEB_CONNECTION_MANAGER,
        service_names.CONNECTION_MANAGER,
        service_names.MESSAGE_ARCHIVER,
        service_names.DIRECTORY_SERVICE,
        service_names.AUTHENTICATION_SERVICE,
        service_names.FILE_TRANSFER_MANAGER,
    }
)
"""The feature services that are stopped on purpose on a node that is Idle after a failover."""

NETWORK_SERVICES_STOPPED_WHEN_IDLE = frozenset(
    {service_names.XCP_ROUTER, service_names.CLIENT_PROFILE_AGENT, service_names.SYNC_AGENT}
)
"""The network services that the Server Recovery Manager stops in a failover, because they are
critical (configuration guide 15, chapter on high availability)."""

# The code alone explains nothing: it also appears after a restart of the node with high
# availability on, or of a service that stopped others (TAC document 217304).
_COMMANDED_OUT_OF_SERVICE = -1069


def may_stop_when_idle(state: ServiceState) -> bool:
    """Return whether a failover may have stopped this service, by its name and reason.

    A network service that stopped for another reason than a command failed by itself.
    """
    if state.name in NETWORK_SERVICES_STOPPED_WHEN_IDLE:
        return state.reason_code == _COMMANDED_OUT_OF_SERVICE
    return state.name in SERVICES_STOPPED_WHEN_IDLE


# A set, because the guides list a pair in either order; a set of one is two equal states.
HaStatePair = frozenset[HaState | None]

_PAIR_CAUSES: Mapping[HaStatePair, tuple[str, ...]] = {
    frozenset({HaState.IDLE, HaState.BACKUP}): (
        "a failover by hand",
        "a restart of the Server Recovery Manager, or of a node, while failed over by hand",
    ),
    frozenset({HaState.FAILED_OVER, HaState.BACKUP}): (
        "a critical service that was down and has come back",
        "a start of the node after its users had moved",
        "a partner that did not see the node when it started",
    ),
    frozenset({HaState.FAILED_OVER_SERVICES_DOWN, HaState.BACKUP}): (
        "a critical service that is down on the failed node",
        "a database failure on the failed node",
        "a partner that did not see the node when it started",
        "an automatic recovery that is still at work",
    ),
    frozenset({HaState.FAILED}): (
        "critical services that did not start while users were taken back",
        "a critical service that went down on the node in backup mode",
        "users that could not be taken over or taken back",
        "a restart of the Server Recovery Manager while failed",
    ),
    frozenset({HaState.DOWN, HaState.BACKUP}): (
        "a lost heartbeat",
        "a restart or a power loss of the node that is down",
    ),
    frozenset({None, HaState.BACKUP}): (
        "a lost heartbeat",
        "a restart or a power loss of the node that does not answer",
    ),
    frozenset({HaState.FAILING_OVER, HaState.TAKING_OVER}): (
        "a failover by hand that is under way",
        "a restart of the Server Recovery Manager during the take-over",
    ),
    frozenset({HaState.TAKING_BACK, HaState.FALLING_BACK}): (
        "a fallback, by hand or automatic, that is under way",
        "a restart of the Server Recovery Manager during the fallback",
    ),
    frozenset({HaState.UNKNOWN}): ("high availability that is not enabled properly",),
}
"""Documented causes by pair; which one it is cannot be read over SOAP."""


def classify_pair(first: HaState | None, second: HaState | None) -> PairClass:
    """Return what a pair of states means; None is a node whose state could not be read."""
    states = {first, second}
    if states == {HaState.NORMAL}:
        return PairClass.HEALTHY
    # Before the transitions: a failed node is drift, whatever its partner does.
    if states & _FAILED_STATES:
        return PairClass.BROKEN
    if states & TRANSITION_STATES:
        return PairClass.MOVING
    # Every documented pair after a failover has a node in backup mode; no guide explains the rest.
    if HaState.BACKUP not in states:
        return PairClass.UNKNOWN
    if states & {HaState.IDLE, HaState.FAILED_OVER}:
        return PairClass.FAILED_OVER
    # None beside backup is the documented "node down": the partner lost its heartbeat and took
    # over.
    if states & {HaState.FAILED_OVER_SERVICES_DOWN, None}:
        return PairClass.BROKEN
    return PairClass.UNKNOWN


def serves_alone(own: HaState | None, partner: HaState | None) -> bool:
    """Return whether a node has the users of its partner too, which cannot take them back."""
    taken_over = (PairClass.FAILED_OVER, PairClass.BROKEN)
    return own is HaState.BACKUP and classify_pair(own, partner) in taken_over


def pair_causes(first: HaState | None, second: HaState | None) -> tuple[str, ...]:
    """Return every documented cause of a pair, none for a pair that no guide lists."""
    return _PAIR_CAUSES.get(frozenset({first, second}), ())
