"""A redundancy group: its nodes with their HA readings, and whether HA is meant to be on."""

from dataclasses import dataclass

from auditor.models.coverage import Source
from auditor.models.evidence import Evidence, Origin
from auditor.models.facts import ClusterFacts, Group
from auditor.models.forms import Form
from auditor.models.nodes import HaReading, HaState, Identity, NodeFacts
from auditor.models.statements import Statement, join_statements, make_statement
from auditor.recommendations.view import explain_no_response

GROUP_HINT = make_statement(Form.READ_GROUPS)
"""What to do where the redundancy groups are unknown."""

GROUPS_SOURCE = "presence redundancy groups"
"""The source of evidence that CUCM's list of groups shows."""


def find_group(facts: ClusterFacts, name: str) -> Group | None:
    """Return the group of a name."""
    return next((g for g in facts.groups if g.name.casefold() == name.casefold()), None)


def find_node_group(facts: ClusterFacts, node: NodeFacts) -> Group | None:
    """Return the group that lists a node."""
    name = node.name.casefold()
    return next((g for g in facts.groups if name in {n.casefold() for n in g.nodes}), None)


def installed_group_nodes(facts: ClusterFacts, group: str) -> tuple[NodeFacts, ...]:
    """Return the installed nodes of a redundancy group."""
    return tuple(
        node
        for node in facts.installed_nodes
        if node.redundancy_group is not None
        and node.redundancy_group.casefold() == group.casefold()
    )


@dataclass(frozen=True, slots=True)
class HaMember:
    """A node of a group with its HA reading, None if unread.

    `unread_because` says why PerfMon did not return it, whether or not the database has it.
    """

    name: str
    reading: HaReading | None
    unread_because: Statement | None = None

    @property
    def state(self) -> HaState | None:
        """Return the state alone."""
        return self.reading.state if self.reading else None

    @property
    def observed(self) -> HaState | None:
        """Return the state if PerfMon returned it; a state from SQL explains nothing."""
        # The numbers of `SRMState` are documented (RTMT guide 15), those of the database are not.
        by_perfmon = self.reading is not None and self.reading.origin is Origin.OBSERVED
        return self.state if by_perfmon else None


def installed_members(facts: ClusterFacts, group: Group) -> tuple[HaMember, ...]:
    """Return the members of a group that are not only planned."""
    nodes = {node.name.casefold(): node for node in facts.nodes}
    members = []
    for name in group.nodes:
        node = nodes.get(name.casefold())
        # It stays a member: without it the pair would look like a group of one node, which has
        # nothing to judge.
        if node is None:
            unread_because = make_statement(Form.MEMBER_UNKNOWN_NODE, node=name)
            members.append(HaMember(name, None, unread_because))
        elif not node.planned:
            members.append(_ha_member(facts, node))
    return tuple(members)


def _ha_member(facts: ClusterFacts, node: NodeFacts) -> HaMember:
    if node.identity is Identity.CONTRADICTED:
        return HaMember(node.name, None, make_statement(Form.WRONG_NODE, node=node.name))
    by_perfmon = node.ha_state is not None and node.ha_state.origin is Origin.OBSERVED
    because = None if by_perfmon else explain_no_response(facts, node, Source.PERFMON)
    return HaMember(node.name, node.ha_state, because)


_STATES_WITHOUT_HA = frozenset({None, HaState.UNKNOWN, HaState.NORMAL})
"""The states of a node without high availability; None: it reports no state."""


def is_without_ha(facts: ClusterFacts, group: Group) -> bool:
    """Return whether a group has no HA to judge: it is declared off, and nothing contradicts that.

    Where the switch was not read, a state that only HA gives a node contradicts it: one of a
    failover, or of a failure.
    """
    is_declared = group.is_ha_declared(facts.high_availability)
    if is_declared is not False or group.ha_enabled is True:
        return False
    read_off = group.ha_enabled is False and not group.switch_discovered
    return read_off or all(
        member.state in _STATES_WITHOUT_HA for member in installed_members(facts, group)
    )


def ha_switch_evidence(group: Group) -> tuple[Evidence, ...]:
    """Return what was read of the switch, nothing if it was not."""
    if group.ha_enabled is None:
        return ()
    form = Form.HA_SWITCH_ON if group.ha_enabled else Form.HA_SWITCH_OFF
    origin = group.switch_origin or group.origin
    fact = make_statement(form, group=group.name)
    return (Evidence(origin, GROUPS_SOURCE, fact),)


def ha_state_evidence(members: tuple[HaMember, ...]) -> tuple[Evidence, ...]:
    """Return what was read of each member."""
    return tuple(_member_evidence(member) for member in members)


def _member_evidence(member: HaMember) -> Evidence:
    if member.reading is None:
        fact = make_statement(Form.NO_HA_STATE, node=member.name)
        return Evidence(Origin.OBSERVED, make_statement(Form.PERFMON_OF, node=member.name), fact)
    reading = member.reading
    fact = make_statement(Form.HA_STATE, node=member.name, state=reading.state)
    return Evidence(reading.origin, reading.source, fact)


def member_states(*members: HaMember) -> Statement:
    """Return the states of members as one statement."""
    return join_statements(
        make_statement(Form.MEMBER_UNREADABLE, node=member.name)
        if member.state is None
        else make_statement(Form.MEMBER_STATE, node=member.name, state=member.state)
        for member in members
    )
