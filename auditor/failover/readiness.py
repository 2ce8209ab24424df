"""Before the event: would a failover of a pair lose presence, IM, logging or anything else, and
why.

Sources: configuration guide 15, chapters on high availability, chat and managed file transfer;
the activation table of the administration guide 15 (AXL).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor import names
from auditor.cluster import ClusterFacts
from auditor.facts import NodeFacts, RunState
from auditor.failover.findings import Aspect, Check, GroupCheck, Point, Standing, gravest
from auditor.failover.points import Judged
from auditor.failover.states import listed
from auditor.findings import ExitCode, Verdict
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

    `node` is the node whose failure brings it about.
    """

    group: str
    what: What
    node: str
    verdict: Verdict
    why: str


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


@dataclass(frozen=True, slots=True)
class Readiness:
    """The check, and what a failover would lose on top of it."""

    check: Check
    losses: tuple[Loss, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Return 0 if nothing would be lost, 3 if something would, 4 if that cannot be told."""
        codes = [self.check.exit_code]
        codes += [
            ExitCode.DRIFT if loss.verdict is Verdict.DRIFT else ExitCode.INCOMPLETE
            for loss in self.losses
        ]
        return gravest(codes)

    @property
    def verdict(self) -> str:
        """Return the first line."""
        sure = [loss for loss in self.losses if loss.verdict is Verdict.DRIFT]
        names_ = [group.name for group in self.check.groups]
        if sure:
            what = ", ".join(dict.fromkeys(loss.what for loss in sure))
            where = listed(dict.fromkeys(loss.group for loss in sure))
            return f"Not ready: a failover of {where} would lose {what}."
        if self.exit_code is ExitCode.DRIFT:
            return f"Not ready: {listed(names_)} would have to be mended first."
        if self.exit_code is ExitCode.INCOMPLETE:
            return f"Cannot tell whether a failover of {listed(names_)} would lose anything."
        return f"Ready: nothing that can be read would be lost in a failover of {listed(names_)}."

    @property
    def action(self) -> str:
        """Return the second line."""
        if self.exit_code is ExitCode.COMPLIANT:
            return (
                "Do: keep a snapshot, to compare sessions afterwards (`auditor snapshot`). Do not: "
                "add, move or delete users while failed over."
            )
        told = sorted(self.losses, key=lambda loss: loss.verdict is not Verdict.DRIFT)
        first = f"settle this first: {told[0].why}" if told else "mend what is marked below."
        return f"Do: {first} Do not: fail over by hand before."


def readiness(check: Check, clusters: Mapping[str, Judged]) -> Readiness:
    """Return what a failover of each group would lose; `clusters` are judged, by name."""
    losses = tuple(
        loss for group in check.groups for loss in _losses(group, clusters[group.cluster])
    )
    return Readiness(check, tuple(dict.fromkeys(losses)))


def _losses(group: GroupCheck, known: Judged) -> Iterator[Loss]:
    nodes = {node.name: node for node in known.facts.nodes}
    pair = [nodes[node.name] for node in group.nodes]
    if len(pair) < 2 or group.standing is Standing.SWITCHED_OFF or group.switch is False:
        for node in pair:
            why = (
                f"nobody takes the users of {node.name} over: {group.name} "
                f"{'has one node' if len(pair) < 2 else 'has its high availability off'}."
            )
            yield Loss(group.name, What.PRESENCE, node.name, Verdict.DRIFT, why)
        return
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
            yield Loss(group.name, What.PRESENCE, node.name, point.verdict, _why(point, node))


def _why(point: Point, node: NodeFacts) -> str:
    return f"{point.text.rstrip('.')}, and {point.node} would serve everybody if {node.name} fails."


def _of_services(
    group: str, facts: ClusterFacts, node: NodeFacts, partner: NodeFacts
) -> Iterator[Loss]:
    """Yield what runs on the node and not on its partner, which then nobody does for its users."""
    for service, what in _ON_BOTH.items():
        here = look(facts, node, service).run
        there = look(facts, partner, service).run
        if here is RunState.STOPPED or there is RunState.STARTED:
            continue
        if here is RunState.STARTED and there is RunState.STOPPED:
            why = f"{service} runs on {node.name} and not on {partner.name}."
            yield Loss(group, what, node.name, Verdict.DRIFT, why)
        else:
            who = partner.name if here is RunState.STARTED else node.name
            why = f"whether {service} runs on {who} is not known."
            yield Loss(group, what, node.name, Verdict.UNKNOWN, why)


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
        yield Loss(group, What.ROOMS, node.name, Verdict.UNKNOWN, told)
    elif moving.value is None:
        told = f"whether the rooms of {node.name} move is not known: {moving.clause}."
        yield Loss(group, What.ROOMS, node.name, Verdict.UNKNOWN, told)
    elif not moving.value:
        told = (
            f"the persistent rooms of {node.name} stay there: high availability of persistent "
            "chat is off (`permanent_chat_ha`)."
        )
        yield Loss(group, What.ROOMS, node.name, Verdict.DRIFT, told)
