"""What users would lose if a node failed now, and what prevents it.

Sources: configuration guide 15, chapters on high availability, chat and managed file transfer;
the activation table of the administration guide 15 (AXL).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from auditor import service_names
from auditor.failover.action_texts import Action, fill_text, make_action
from auditor.failover.group_check import GroupCheck, GroupStatus
from auditor.failover.judged import JudgedCluster
from auditor.failover.node_checks import CheckType
from auditor.failover.wording import (
    distinct_checks,
    node_check_clause,
    node_state_clause,
)
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Verdict
from auditor.models.nodes import NodeFacts, RunState
from auditor.models.statements import join_statements
from auditor.recommendations.discovered import drop_discovered_facts
from auditor.recommendations.features import evaluate_feature
from auditor.recommendations.logic import all_of
from auditor.recommendations.view import view_service
from auditor.report.sentences import render_clause
from auditor.text import join_names


class Capability(StrEnum):
    """What users can lose."""

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
class FailoverImpact:
    """A capability that users of a group lose if `node` fails; verdict unknown: may lose.

    `because` is a clause. `situation` is the row of actions.toml that prevents it, and `names` fill
    its placeholders.
    """

    group: GroupCheck
    what: Capability
    node: str
    verdict: Verdict
    because: str
    situation: str = "settle_impact"
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def action(self) -> Action:
        """Return what to do before a failover."""
        return make_action(self.situation, clause=self.because, **self.names)

    @property
    def remedy(self) -> str:
        """Return what prevents the loss as a clause that begins with a verb, if there is one."""
        has_remedy = self.situation != "settle_impact"
        return fill_text(self.situation, **self.names) if has_remedy else ""


_CAPABILITY_BY_SERVICE = {
    service_names.MESSAGE_ARCHIVER: Capability.LOGGING,
    service_names.FILE_TRANSFER_MANAGER: Capability.FILES,
    service_names.WEB_CONNECTION_MANAGER: Capability.WEB,
    service_names.TEXT_CONFERENCE_MANAGER: Capability.CHAT,
    service_names.CONNECTION_MANAGER: Capability.PRESENCE,
    service_names.AUTHENTICATION_SERVICE: Capability.PRESENCE,
    service_names.DIRECTORY_SERVICE: Capability.DIRECTORY,
    service_names.SIP_FEDERATION_MANAGER: Capability.SIP_FEDERATION,
    service_names.XMPP_FEDERATION_MANAGER: Capability.XMPP_FEDERATION,
}
"""What users lose if a service runs on the failing node and not on its partner."""


def failover_impacts(group: GroupCheck, judged: JudgedCluster) -> Iterator[FailoverImpact]:
    """Yield what a failure of either node would lose; nothing while a pair is moving.

    A pair that is failed over or broken has no partner left. Services that high availability
    stopped on an idle node are no loss.
    """
    # Services stop and start while a pair moves, so what runs now proves nothing about later.
    if group.status is GroupStatus.MOVING:
        return
    if group.status in STATUSES_AFTER_FAILOVER:
        yield from _last_node_impacts(group)
    elif (
        group.status is GroupStatus.NO_FAILOVER
        or len(group.nodes) < 2
        or group.is_switched_on is False
    ):
        yield from _no_partner_impacts(group)
    else:
        nodes = {node.name: node for node in judged.facts.nodes}
        first, second = (nodes[node.name] for node in group.nodes)
        for node, partner in ((first, second), (second, first)):
            yield from _partner_impacts(group, node.name, partner.name)
            yield from _service_impacts(group, judged, node, partner)
            yield from _chat_room_impacts(group, judged.facts, node)


STATUSES_AFTER_FAILOVER = (GroupStatus.FAILED_OVER, GroupStatus.BROKEN)
"""The statuses of a pair without a partner to fail over to."""


def _last_node_impacts(group: GroupCheck) -> Iterator[FailoverImpact]:
    """Yield the loss of the node that serves the users of both."""
    others = join_names(node_state_clause(node) for node in group.not_serving)
    because = (
        f"{group.name} is failed over already ({others}), so no node can take over the users again"
    )
    for node in group.serving:
        yield FailoverImpact(group, Capability.PRESENCE, node, Verdict.DRIFT, because)


def _no_partner_impacts(group: GroupCheck) -> Iterator[FailoverImpact]:
    if len(group.nodes) < 2:
        why, situation = "has one node", "add_partner"
    else:
        switch = "off" if group.is_switched_on is False else "declared off"
        why, situation = f"has its high availability {switch}", "turn_ha_on"
    for node in group.nodes:
        because = f"no node takes over the users of {node.name}: {group.name} {why}"
        yield FailoverImpact(
            group,
            Capability.PRESENCE,
            node.name,
            Verdict.DRIFT,
            because,
            situation,
            {"group": group.name},
        )


def _partner_impacts(group: GroupCheck, node: str, partner: str) -> Iterator[FailoverImpact]:
    """Yield what the partner lacks to serve users at all: services, the HA services, AXL."""
    types = (CheckType.CRITICAL, CheckType.NETWORK, CheckType.AXL)
    checks = group.checks_with(Verdict.DRIFT, Verdict.UNKNOWN)
    for check in distinct_checks(c for c in checks if c.node == partner and c.type in types):
        because = f"{node_check_clause(check)}, and {partner} would serve all users if {node} fails"
        yield FailoverImpact(group, Capability.PRESENCE, node, check.verdict, because)


def _service_impacts(
    group: GroupCheck, judged: JudgedCluster, node: NodeFacts, partner: NodeFacts
) -> Iterator[FailoverImpact]:
    """Yield services that run on this node only, so that users lose them in a failover.

    Nothing for a node without any known service: `_partner_impacts` covers that.
    """
    facts = judged.facts
    if not (node.services and partner.services):
        return
    for service, what in _CAPABILITY_BY_SERVICE.items():
        here = view_service(facts, node, service).run
        there = view_service(facts, partner, service).run
        if here is RunState.STOPPED or there is RunState.STARTED:
            continue
        # What runs although its feature is declared absent is no loss.
        if not judged.is_wanted(node.name, service):
            continue
        if here is RunState.STARTED and there is RunState.STOPPED:
            verdict, situation, where = Verdict.DRIFT, "start_on_partner", partner.name
            because = f"{service} runs on {node.name} and not on {partner.name}"
            # The file leaves the partner out, so that an audit may want the service off there.
            if not judged.is_wanted(partner.name, service):
                situation = "decide_on_partner"
        else:
            verdict, situation = Verdict.UNKNOWN, "read_service"
            where = partner.name if here is RunState.STARTED else node.name
            because = f"it is not known whether {service} runs on {where}"
        names = {"service": service, "node": where, "other": node.name}
        yield FailoverImpact(group, what, node.name, verdict, because, situation, names)


def _chat_room_impacts(
    group: GroupCheck, facts: ClusterFacts, node: NodeFacts
) -> Iterator[FailoverImpact]:
    """Yield the rooms of a node: they move only with high availability of persistent chat."""
    if view_service(facts, node, service_names.TEXT_CONFERENCE_MANAGER).run is RunState.STOPPED:
        return
    # Discovery alone must not promise that there are no rooms to lose.
    confirmed = drop_discovered_facts(facts)
    rooms = all_of(
        evaluate_feature(confirmed, "chat", node),
        evaluate_feature(confirmed, "permanent_chat", node),
    )
    if rooms.value is False:
        return
    moving = evaluate_feature(confirmed, "permanent_chat_ha")
    verdict = Verdict.UNKNOWN
    if rooms.value is None:
        reason = render_clause(join_statements(rooms.reasons))
        because = f"it is not known whether {node.name} has persistent rooms: {reason}"
    elif moving.value is None:
        reason = render_clause(join_statements(moving.reasons))
        because = f"it is not known whether the rooms of {node.name} move: {reason}"
    elif moving.value:
        return
    else:
        verdict = Verdict.DRIFT
        because = (
            f"the persistent rooms of {node.name} stay there, because high availability of"
            " persistent chat is off (`permanent_chat_ha`)"
        )
    yield FailoverImpact(group, Capability.ROOMS, node.name, verdict, because)
