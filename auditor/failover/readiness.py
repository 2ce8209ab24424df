"""Before the event: is each pair ready for a failover, and if not, what comes first.

What users would lose if a node failed: presence, IM, logging or anything else, and why.

Sources: configuration guide 15, chapters on high availability, chat and managed file transfer;
the activation table of the administration guide 15 (AXL).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from auditor.failover.actions import choose_action, choose_group_action
from auditor.failover.ha_states import describe_node_state, describe_pair_states
from auditor.failover.model import (
    FailoverCheck,
    GroupCheck,
    GroupStatus,
    NodeCheck,
    NodeCheckType,
)
from auditor.failover.remedies import REDUNDANCY_GROUPS_PAGE
from auditor.failover.services import FailoverFindings
from auditor.failover.summary import failover_summary
from auditor.models.facts import ClusterFacts, HaState, NodeFacts, RunState
from auditor.models.findings import ExitCode, Verdict
from auditor.recommendations.conditions import evaluate_feature
from auditor.recommendations.engine import drop_discovered_facts
from auditor.recommendations.logic import all_of
from auditor.recommendations.view import view_service
from auditor.service_names import (
    AUTHENTICATION_SERVICE,
    CONNECTION_MANAGER,
    DIRECTORY_SERVICE,
    FILE_TRANSFER_MANAGER,
    MESSAGE_ARCHIVER,
    SIP_FEDERATION_MANAGER,
    TEXT_CONFERENCE_MANAGER,
    WEB_CONNECTION_MANAGER,
    XMPP_FEDERATION_MANAGER,
)
from auditor.text import join_names


class Capability(StrEnum):
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
class FailoverImpact:
    """Something that would not move; verdict drift, or unknown where it cannot be told.

    `node` is the node whose failure brings it about; `remedy`, if there is one, begins with a verb.
    """

    cluster: str
    group: str
    what: Capability
    node: str
    verdict: Verdict
    why: str
    remedy: str = ""


_CAPABILITY_BY_SERVICE = {
    MESSAGE_ARCHIVER: Capability.LOGGING,
    FILE_TRANSFER_MANAGER: Capability.FILES,
    WEB_CONNECTION_MANAGER: Capability.WEB,
    TEXT_CONFERENCE_MANAGER: Capability.CHAT,
    CONNECTION_MANAGER: Capability.PRESENCE,
    AUTHENTICATION_SERVICE: Capability.PRESENCE,
    DIRECTORY_SERVICE: Capability.DIRECTORY,
    SIP_FEDERATION_MANAGER: Capability.SIP_FEDERATION,
    XMPP_FEDERATION_MANAGER: Capability.XMPP_FEDERATION,
}
"""What is lost if a service runs on the failing node and not on its partner."""


def failover_impacts(group: GroupCheck, known: FailoverFindings) -> Iterator[FailoverImpact]:
    """Yield what a failure of either node would lose, none while a pair moves.

    A pair that is failed over or broken has no partner to go to; what high availability stopped
    on its idle node is no loss.
    """
    nodes = {node.name: node for node in known.facts.nodes}
    pair = [nodes[node.name] for node in group.nodes]
    if group.standing is GroupStatus.MOVING:
        return
    if group.standing in (GroupStatus.FAILED_OVER, GroupStatus.BROKEN):
        yield from _last_node_impacts(group)
    elif group.standing is GroupStatus.NO_FAILOVER or len(pair) < 2 or group.switch is False:
        yield from _no_partner_impacts(group)
    else:
        yield from _pair_impacts(group, known, pair)


def _last_node_impacts(group: GroupCheck) -> Iterator[FailoverImpact]:
    """Yield what goes with the node that serves the users of both."""
    for node in group.nodes:
        if node.state == HaState.BACKUP:
            others = join_names(
                describe_node_state(other) for other in group.nodes if other is not node
            )
            why = (
                f"{group.name} is failed over already ({others}), so nobody takes the users over "
                "again."
            )
            yield FailoverImpact(
                group.cluster, group.name, Capability.PRESENCE, node.name, Verdict.DRIFT, why
            )


def _no_partner_impacts(group: GroupCheck) -> Iterator[FailoverImpact]:
    how = "add a second node to" if len(group.nodes) < 2 else "turn high availability on for"
    for node in group.nodes:
        told = (
            f"nobody takes the users of {node.name} over: {group.name} {_no_partner_reason(group)}."
        )
        yield FailoverImpact(
            group.cluster,
            group.name,
            Capability.PRESENCE,
            node.name,
            Verdict.DRIFT,
            told,
            f"{how} {group.name} ({REDUNDANCY_GROUPS_PAGE})",
        )


def _no_partner_reason(group: GroupCheck) -> str:
    if len(group.nodes) < 2:
        return "has one node"
    return f"has its high availability {'off' if group.switch is False else 'declared off'}"


def _pair_impacts(
    group: GroupCheck, known: FailoverFindings, pair: Sequence[NodeFacts]
) -> Iterator[FailoverImpact]:
    for node, partner in ((pair[0], pair[1]), (pair[1], pair[0])):
        yield from _partner_impacts(group, node, partner)
        yield from _service_impacts(group.name, known.facts, node, partner)
        yield from _chat_room_impacts(group.name, known.facts, node)


def _partner_impacts(
    group: GroupCheck, node: NodeFacts, partner: NodeFacts
) -> Iterator[FailoverImpact]:
    """Yield what the partner lacks to serve at all: services, the HA services, AXL."""
    for point in group.points:
        if point.node != partner.name or point.verdict not in (Verdict.DRIFT, Verdict.UNKNOWN):
            continue
        if point.aspect in (NodeCheckType.CRITICAL, NodeCheckType.KEEPERS, NodeCheckType.AXL):
            yield FailoverImpact(
                group.cluster,
                group.name,
                Capability.PRESENCE,
                node.name,
                point.verdict,
                _partner_impact_text(point, node),
            )


def _partner_impact_text(point: NodeCheck, node: NodeFacts) -> str:
    return f"{point.text.rstrip('.')}, and {point.node} would serve everybody if {node.name} fails."


def _service_impacts(
    group: str, facts: ClusterFacts, node: NodeFacts, partner: NodeFacts
) -> Iterator[FailoverImpact]:
    """Yield what runs on the node and not on its partner, which then nobody does for its users.

    Of a node that told no service at all, its own silence is told instead of each of them.
    """
    if not (node.services and partner.services):
        return
    for service, what in _CAPABILITY_BY_SERVICE.items():
        here = view_service(facts, node, service).run
        there = view_service(facts, partner, service).run
        if here is RunState.STOPPED or there is RunState.STARTED:
            continue
        if here is RunState.STARTED and there is RunState.STOPPED:
            why = f"{service} runs on {node.name} and not on {partner.name}."
            how = f"activate and start {service} on {partner.name}"
            yield FailoverImpact(facts.name, group, what, node.name, Verdict.DRIFT, why, how)
        else:
            who = partner.name if here is RunState.STARTED else node.name
            why = f"whether {service} runs on {who} is not known."
            how = f"look for {service} in Control Center of {who} and with `utils service list`"
            yield FailoverImpact(facts.name, group, what, node.name, Verdict.UNKNOWN, why, how)


def _chat_room_impacts(
    group: str, facts: ClusterFacts, node: NodeFacts
) -> Iterator[FailoverImpact]:
    """Yield the rooms of a node: they move only with high availability of persistent chat."""
    if view_service(facts, node, TEXT_CONFERENCE_MANAGER).run is RunState.STOPPED:
        return
    firmly = drop_discovered_facts(facts)
    rooms = all_of(
        evaluate_feature(firmly, "chat", node), evaluate_feature(firmly, "permanent_chat", node)
    )
    if rooms.value is False:
        return
    moving = evaluate_feature(firmly, "permanent_chat_ha")
    if rooms.value is None:
        told = f"whether {node.name} has persistent rooms is not known: {rooms.clause}."
        yield FailoverImpact(facts.name, group, Capability.ROOMS, node.name, Verdict.UNKNOWN, told)
    elif moving.value is None:
        told = f"whether the rooms of {node.name} move is not known: {moving.clause}."
        yield FailoverImpact(facts.name, group, Capability.ROOMS, node.name, Verdict.UNKNOWN, told)
    elif not moving.value:
        told = (
            f"the persistent rooms of {node.name} stay there: high availability of persistent "
            "chat is off (`permanent_chat_ha`)."
        )
        yield FailoverImpact(facts.name, group, Capability.ROOMS, node.name, Verdict.DRIFT, told)


_STATUSES_AFTER_FAILOVER = (GroupStatus.FAILED_OVER, GroupStatus.BROKEN)
"""How a pair stands whose failover has happened: there is no partner left to go to."""


@dataclass(frozen=True, slots=True)
class FailoverReadiness:
    """The check, and what a failover would lose on top of it."""

    check: FailoverCheck
    losses: tuple[FailoverImpact, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Return 0 if nothing would be lost, 3 if something would, 4 if that cannot be told."""
        codes = [self.check.exit_code]
        codes += [
            ExitCode.DRIFT if loss.verdict is Verdict.DRIFT else ExitCode.INCOMPLETE
            for loss in self.losses
        ]
        return ExitCode.worst(codes, default=ExitCode.INCOMPLETE)

    def of(self, group: GroupCheck) -> list[Capability]:
        """Return what a failover of a group would certainly lose."""
        return [
            x.what
            for x in self.losses
            if (x.cluster, x.group, x.verdict) == (group.cluster, group.name, Verdict.DRIFT)
        ]

    @property
    def verdict(self) -> str:
        """Return the first line."""
        against = list(_reasons_not_ready(self))
        if against:
            return f"Not ready: {'; '.join(against)}."
        if self.exit_code is ExitCode.DRIFT:
            return f"Not ready: {_check_summary_clause(self.check)}"
        of = (
            f" of {join_names(map(self.check.title, self.check.groups))}"
            if self.check.groups
            else ""
        )
        if self.exit_code is ExitCode.COMPLIANT:
            bad = [name for group in self.check.groups for name in group.bad_replication]
            but = f", but database replication of {join_names(bad)} is bad" if bad else ""
            return f"Ready: nothing that can be read would be lost in a failover{of}{but}."
        good = self.check.exit_code is ExitCode.COMPLIANT
        why = self.losses[0].why if good else _check_summary_clause(self.check)
        return f"Cannot tell whether a failover{of} would lose anything: {why}"

    @property
    def action(self) -> str:
        """Return the second line."""
        wrecked = [group for group in self.check.groups if group.bad_replication]
        if self.exit_code is ExitCode.COMPLIANT and wrecked:
            return choose_group_action(wrecked[0])
        if self.exit_code is ExitCode.COMPLIANT:
            return (
                "Do: keep a snapshot, to compare sessions afterwards (`auditor snapshot`). Do not: "
                "add, move or delete users while failed over."
            )
        spent = _groups_with_status(self.check, *_STATUSES_AFTER_FAILOVER)
        if spent:
            return choose_group_action(spent[0])
        certain = [loss for loss in self.losses if loss.verdict is Verdict.DRIFT]
        if certain:
            return self._against(certain[0])
        if self.losses and self.check.exit_code is ExitCode.COMPLIANT:
            return _action_for_impact(self.losses[0])
        return choose_action(self.check)

    def _against(self, loss: FailoverImpact) -> str:
        """Return the action for what the first line says would be lost."""
        group = next(
            g for g in self.check.groups if (g.cluster, g.name) == (loss.cluster, loss.group)
        )
        bad = group.code(accept_failed_over=False) is ExitCode.DRIFT
        if bad or group.standing is GroupStatus.SWITCHED_OFF:
            return choose_group_action(group)
        return _action_for_impact(loss)


def _action_for_impact(loss: FailoverImpact) -> str:
    how = f"{loss.remedy}." if loss.remedy else f"settle this first: {loss.why}"
    return f"Do: {how} Do not: fail over by hand before."


def _reasons_not_ready(found: FailoverReadiness) -> Iterator[str]:
    """Yield what certainly stands against a failover: first the pairs that had one already."""
    spent = _groups_with_status(found.check, *_STATUSES_AFTER_FAILOVER)
    for group in spent:
        how = "failed over" if group.standing is GroupStatus.FAILED_OVER else "broken"
        yield (
            f"{found.check.title(group)} is {how} already ({describe_pair_states(group)}), so a"
            " further failure has no partner to go to"
        )
    losing = [
        (group, what)
        for group in found.check.groups
        if group not in spent
        if (what := found.of(group))
    ]
    if losing:
        told = ", ".join(dict.fromkeys(one for _, whats in losing for one in whats))
        where = join_names(found.check.title(group) for group, _ in losing)
        yield f"a failover of {where} would lose {told}"


def _check_summary_clause(check: FailoverCheck) -> str:
    """Return what the check says, without a word of verdict that the first line has already."""
    told = failover_summary(check)
    if told.startswith(("Cannot tell", "Not sound: ", "Not certain: ")):
        return told.partition(": ")[2]
    return told[:1].lower() + told[1:]


def _groups_with_status(check: FailoverCheck, *standings: GroupStatus) -> list[GroupCheck]:
    return [group for group in check.groups if group.standing in standings]


def assess_readiness(
    check: FailoverCheck, clusters: Mapping[str, FailoverFindings]
) -> FailoverReadiness:
    """Return what a failover of each group would lose; `clusters` are judged, by name."""
    found = (x for group in check.groups for x in failover_impacts(group, clusters[group.cluster]))
    return FailoverReadiness(check, tuple(dict.fromkeys(found)))
