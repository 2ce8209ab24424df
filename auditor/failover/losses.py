"""What users would lose if a node failed: presence, IM, logging or anything else, and why.

Sources: configuration guide 15, chapters on high availability, chat and managed file transfer;
the activation table of the administration guide 15 (AXL).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from auditor import names
from auditor.cluster import ClusterFacts
from auditor.facts import HaState, NodeFacts, RunState
from auditor.failover import states
from auditor.failover.findings import GroupCheck, Standing
from auditor.failover.judged import Judged
from auditor.failover.repairs import PAGE
from auditor.failover.seen import Aspect, Point
from auditor.failover.states import listed
from auditor.findings import Verdict
from auditor.recommendations.conditions import feature
from auditor.recommendations.firm import firm
from auditor.recommendations.truth import both
from auditor.recommendations.view import look


class What(StrEnum):
    """What users lose, as a sentence names it."""

    PRESENCE = "presence and IM"
    LOGGING = "logging of messages"
    ROOMS = "persistent chat rooms"
    CHAT = "group chat"
    FILES = "managed file transfer"
    WEB = "web clients"
    DIRECTORY = "directory search"
    SIP_FEDERATION = "SIP federation"
    XMPP_FEDERATION = "XMPP federation"


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that would not move; verdict drift, or unknown where it cannot be told.

    `node` is the node whose failure brings it about; `remedy`, if there is one, begins with a verb.
    """

    cluster: str
    group: str
    what: What
    node: str
    verdict: Verdict
    why: str
    remedy: str = ""


_ON_BOTH = {
    names.MESSAGE_ARCHIVER: What.LOGGING,
    names.FILE_TRANSFER: What.FILES,
    names.WEB_CONNECTION: What.WEB,
    names.TEXT_CONFERENCE: What.CHAT,
    names.CONNECTION: What.PRESENCE,
    names.AUTHENTICATION: What.PRESENCE,
    names.DIRECTORY: What.DIRECTORY,
    names.SIP_FEDERATION: What.SIP_FEDERATION,
    names.XMPP_FEDERATION: What.XMPP_FEDERATION,
}
"""What is lost if a service runs on the failing node and not on its partner."""


def losses(group: GroupCheck, known: Judged) -> Iterator[Loss]:
    """Yield what a failure of either node would lose, none while a pair moves.

    A pair that is failed over or broken has no partner to go to; what high availability stopped
    on its idle node is no loss.
    """
    nodes = {node.name: node for node in known.facts.nodes}
    pair = [nodes[node.name] for node in group.nodes]
    if group.standing is Standing.MOVING:
        return
    if group.standing in (Standing.FAILED_OVER, Standing.BROKEN):
        yield from _of_last_node(group)
    elif group.standing is Standing.NO_FAILOVER or len(pair) < 2 or group.switch is False:
        yield from _of_no_partner(group)
    else:
        yield from _of_pair(group, known, pair)


def _of_last_node(group: GroupCheck) -> Iterator[Loss]:
    """Yield what goes with the node that serves the users of both."""
    for node in group.nodes:
        if node.state == HaState.BACKUP:
            others = listed(states.of_node(other) for other in group.nodes if other is not node)
            why = (
                f"{group.name} is failed over already ({others}), so nobody takes the users over "
                "again."
            )
            yield Loss(group.cluster, group.name, What.PRESENCE, node.name, Verdict.DRIFT, why)


def _of_no_partner(group: GroupCheck) -> Iterator[Loss]:
    how = "add a second node to" if len(group.nodes) < 2 else "turn high availability on for"
    for node in group.nodes:
        told = f"nobody takes the users of {node.name} over: {group.name} {_no_partner(group)}."
        yield Loss(
            group.cluster,
            group.name,
            What.PRESENCE,
            node.name,
            Verdict.DRIFT,
            told,
            f"{how} {group.name} ({PAGE})",
        )


def _no_partner(group: GroupCheck) -> str:
    if len(group.nodes) < 2:
        return "has one node"
    return f"has its high availability {'off' if group.switch is False else 'declared off'}"


def _of_pair(group: GroupCheck, known: Judged, pair: Sequence[NodeFacts]) -> Iterator[Loss]:
    for node, partner in ((pair[0], pair[1]), (pair[1], pair[0])):
        yield from _of_partner(group, node, partner)
        yield from _of_services(group.name, known.facts, node, partner)
        yield from _of_rooms(group.name, known.facts, node)


def _of_partner(group: GroupCheck, node: NodeFacts, partner: NodeFacts) -> Iterator[Loss]:
    """Yield what the partner lacks to serve at all: services, the HA services, AXL."""
    for point in group.points:
        if point.node != partner.name or point.verdict not in (Verdict.DRIFT, Verdict.UNKNOWN):
            continue
        if point.aspect in (Aspect.CRITICAL, Aspect.KEEPERS, Aspect.AXL):
            yield Loss(
                group.cluster,
                group.name,
                What.PRESENCE,
                node.name,
                point.verdict,
                _why(point, node),
            )


def _why(point: Point, node: NodeFacts) -> str:
    return f"{point.text.rstrip('.')}, and {point.node} would serve everybody if {node.name} fails."


def _of_services(
    group: str, facts: ClusterFacts, node: NodeFacts, partner: NodeFacts
) -> Iterator[Loss]:
    """Yield what runs on the node and not on its partner, which then nobody does for its users.

    Of a node that told no service at all, its own silence is told instead of each of them.
    """
    if not (node.services and partner.services):
        return
    for service, what in _ON_BOTH.items():
        here = look(facts, node, service).run
        there = look(facts, partner, service).run
        if here is RunState.STOPPED or there is RunState.STARTED:
            continue
        if here is RunState.STARTED and there is RunState.STOPPED:
            why = f"{service} runs on {node.name} and not on {partner.name}."
            how = f"activate and start {service} on {partner.name}"
            yield Loss(facts.name, group, what, node.name, Verdict.DRIFT, why, how)
        else:
            who = partner.name if here is RunState.STARTED else node.name
            why = f"whether {service} runs on {who} is not known."
            how = f"look for {service} in Control Center of {who} and with `utils service list`"
            yield Loss(facts.name, group, what, node.name, Verdict.UNKNOWN, why, how)


def _of_rooms(group: str, facts: ClusterFacts, node: NodeFacts) -> Iterator[Loss]:
    """Yield the rooms of a node: they move only with high availability of persistent chat."""
    if look(facts, node, names.TEXT_CONFERENCE).run is RunState.STOPPED:
        return
    firmly = firm(facts)
    rooms = both(feature(firmly, "chat", node), feature(firmly, "permanent_chat", node))
    if rooms.value is False:
        return
    moving = feature(firmly, "permanent_chat_ha")
    if rooms.value is None:
        told = f"whether {node.name} has persistent rooms is not known: {rooms.clause}."
        yield Loss(facts.name, group, What.ROOMS, node.name, Verdict.UNKNOWN, told)
    elif moving.value is None:
        told = f"whether the rooms of {node.name} move is not known: {moving.clause}."
        yield Loss(facts.name, group, What.ROOMS, node.name, Verdict.UNKNOWN, told)
    elif not moving.value:
        told = (
            f"the persistent rooms of {node.name} stay there: high availability of persistent "
            "chat is off (`permanent_chat_ha`)."
        )
        yield Loss(facts.name, group, What.ROOMS, node.name, Verdict.DRIFT, told)
