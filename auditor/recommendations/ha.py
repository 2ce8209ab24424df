"""Judges redundancy groups (HA-01, HA-02), and services that a failover stops on purpose."""

from dataclasses import replace

from auditor.models.evidence import Evidence, Origin
from auditor.models.facts import ClusterFacts, Group
from auditor.models.findings import FindingKind, Verdict
from auditor.models.forms import Form
from auditor.models.nodes import HaState, NodeFacts, RunState
from auditor.models.statements import Statement, make_statement
from auditor.recommendations import groups, ha_states
from auditor.recommendations.view import Judgement, NodeView, ServiceView, not_applicable_judgement


def explain_by_ha(
    facts: ClusterFacts, node: NodeFacts, service: ServiceView, expected: Statement
) -> Judgement | None:
    """Return the judgement of a stopped service by the state of its pair, None if it says nothing.

    `service` is stopped and not known to be deactivated.
    """
    group = groups.find_node_group(facts, node)
    if (
        group is None
        or not ha_states.may_stop_when_idle(service.state)
        or service.run is not RunState.STOPPED
    ):
        return None
    pair = groups.installed_members(facts, group)
    # Without a partner, or with high availability off, no failover stopped the service.
    if len(pair) != 2 or group.ha_enabled is False:
        return None
    # False sorts before True: the node itself comes first.
    own, partner = sorted(pair, key=lambda member: member.name.casefold() != node.name.casefold())
    unexplained = Judgement(
        Verdict.UNKNOWN,
        expected,
        service.observed,
        evidence=(*service.evidence, *groups.ha_state_evidence((own, partner))),
    )
    # The Server Recovery Manager may be stopping or starting it right now: neither drift nor an
    # explanation would be certain.
    if {own.observed, partner.observed} & ha_states.TRANSITION_STATES:
        return replace(
            unexplained,
            because=make_statement(Form.PAIR_MOVING, states=groups.member_states(own, partner)),
            hints=(make_statement(Form.AUDIT_WHEN_PAIR_STABLE),),
        )
    # Failed Over explains nothing: the configuration guide 15 (high availability) says that no
    # critical service is down in it. Only in Idle are services stopped on purpose.
    if (own.observed, partner.observed) != (HaState.IDLE, HaState.BACKUP):
        return None
    return _explain_by_idle(facts, group, service, unexplained, (own.name, partner.name))


def _explain_by_idle(
    facts: ClusterFacts,
    group: Group,
    service: ServiceView,
    unexplained: Judgement,
    names: tuple[str, str],
) -> Judgement | None:
    """Return the judgement of a stopped service of an idle node whose partner is in backup mode.

    `names` are the node's and its partner's. None if the states do not explain it.
    """
    name, partner = names
    # An explanation needs proof: a switch that was only discovered could hide an outage.
    if group.ha_enabled is not True or group.switch_discovered:
        if facts.topology_recorded_at is None:
            return None
        # The pair is that of an earlier run, and to start by hand what a fallback starts is wrong.
        return replace(
            unexplained,
            because=make_statement(Form.IDLE_SWITCH_UNKNOWN, node=name, partner=partner),
            hints=(make_statement(Form.CHECK_HA_AND_CUCM),),
        )
    # If it is not activated, the fallback does not start it either, and that is drift.
    if service.state.activated is None and service.state.deployable is not False:
        hint = make_statement(
            Form.LOOK_IN_SERVICE_ACTIVATION, service=service.state.name, node=name
        )
        because = make_statement(Form.IDLE_ACTIVATION_UNKNOWN, node=name)
        return replace(unexplained, because=because, hints=(hint,))
    return replace(
        unexplained,
        verdict=Verdict.EXPLAINED,
        because=make_statement(Form.IDLE_NODE, node=name, partner=partner),
        kind=FindingKind.STOPPED,
    )


def judge_pair(facts: ClusterFacts, name: str) -> Judgement:
    """Judge a redundancy group (HA-01)."""
    group = groups.find_group(facts, name)
    expected = make_statement(Form.PAIR_EXPECTED, group=name)
    members = groups.installed_members(facts, group) if group else ()
    if group is None or len(members) < 2:
        # A group of one may be a pair whose other node was not listed.
        if not (facts.topology_observed and facts.groups_known):
            return _judge_unread_group(name, expected)
        form = Form.ONE_NODE_INSTALLED if members else Form.NO_NODE_INSTALLED
        count = make_statement(form, group=name)
        return not_applicable_judgement(expected, count)
    # The switch comes first: without high availability the states of the nodes mean nothing.
    judgement = _judge_ha_switch(facts, group, members, expected) or _judge_pair_states(
        members, group.ha_enabled, expected
    )
    return replace(judgement, evidence=(*groups.ha_switch_evidence(group), *judgement.evidence))


def _judge_unread_group(name: str, expected: Statement) -> Judgement:
    """Return unknown for a group that the cluster did not list: it may have another node."""
    pair = make_statement(Form.HAS_PAIR, group=name)
    return Judgement(
        Verdict.UNKNOWN,
        expected,
        make_statement(Form.UNKNOWN_WHETHER, what=pair),
        make_statement(Form.TOPOLOGY_NOT_READ),
        hints=(groups.GROUP_HINT,),
    )


def _judge_ha_switch(
    facts: ClusterFacts, group: Group, members: tuple[groups.HaMember, ...], expected: Statement
) -> Judgement | None:
    """Return the judgement of a group without high availability, None if its states count."""
    name, declared = group.name, group.is_ha_declared(facts.high_availability)
    fact = make_statement(Form.HA_DECLARED, group=name, value="true" if declared else "false")
    declaration = Evidence(Origin.DECLARED, "profile", fact)
    if declared is False and group.ha_enabled is not True:
        return _judge_ha_declared_off(facts, group, members, expected, declaration)
    # Also where it is declared off and read as on: PROFILE-01 reports the contradiction, and the
    # states of the pair count as they are.
    if group.ha_enabled is not False:
        return None
    observed = make_statement(Form.HA_SWITCHED_OFF, group=name)
    if declared:
        return Judgement(
            Verdict.DRIFT,
            expected,
            observed,
            make_statement(Form.HA_DECLARED_ON, group=name),
            FindingKind.HA_ABNORMAL,
            evidence=(declaration,),
        )
    # Off may be on purpose; only the file can say so, and either verdict would be a guess.
    because = make_statement(Form.HA_NOT_DECLARED, group=name)
    hints = (make_statement(Form.DECLARE_HA),)
    return Judgement(Verdict.UNKNOWN, expected, observed, because, hints=hints)


def _judge_ha_declared_off(
    facts: ClusterFacts,
    group: Group,
    members: tuple[groups.HaMember, ...],
    expected: Statement,
    declaration: Evidence,
) -> Judgement:
    """Judge a group whose high availability is declared off and was not read as on."""
    name = group.name
    if groups.is_without_ha(facts, group):
        form = Form.HA_OFF if group.ha_enabled is False else Form.HA_OFF_NOT_READ
        return Judgement(
            Verdict.NOT_APPLICABLE,
            expected,
            make_statement(form, group=name),
            make_statement(Form.HA_DECLARED_OFF, group=name),
            evidence=(declaration,),
        )
    unread = group.ha_enabled is None
    form = Form.HA_OFF_BUT_SWITCH_UNREAD if unread else Form.HA_OFF_BUT_SWITCH_DISCOVERED
    return Judgement(
        Verdict.UNKNOWN,
        expected,
        groups.member_states(*members),
        make_statement(form, group=name),
        hints=(make_statement(Form.CHECK_HA_AND_CUCM),),
        evidence=(declaration, *groups.ha_state_evidence(members)),
    )


def _judge_pair_states(
    members: tuple[groups.HaMember, ...], switch: bool | None, expected: Statement
) -> Judgement:
    pair_class = (
        ha_states.classify_pair(members[0].state, members[1].state)
        if len(members) == 2
        else ha_states.PairClass.UNKNOWN
    )
    judgement = Judgement(
        Verdict.UNKNOWN,
        expected,
        groups.member_states(*members),
        _pair_reason(pair_class, members),
        evidence=groups.ha_state_evidence(members),
    )
    unread = _unread_reasons(members)
    if pair_class is ha_states.PairClass.HEALTHY and unread:
        return replace(
            judgement,
            because=make_statement(Form.PAIR_HEALTHY_BY_DATABASE, unread=unread),
            hints=(make_statement(Form.CHECK_HA_AND_PERFMON),),
        )
    # Normal alone is no pass: a node without high availability may report it too.
    if pair_class is ha_states.PairClass.HEALTHY and switch:
        return replace(judgement, verdict=Verdict.PASS)
    if pair_class in (ha_states.PairClass.FAILED_OVER, ha_states.PairClass.BROKEN):
        return replace(judgement, verdict=Verdict.DRIFT, kind=FindingKind.HA_ABNORMAL)
    if pair_class is ha_states.PairClass.HEALTHY:
        return replace(
            judgement,
            because=make_statement(Form.PAIR_HEALTHY_SWITCH_UNKNOWN),
            hints=(make_statement(Form.READ_CUCM),),
        )
    return replace(judgement, hints=(_pair_hint(pair_class, members),))


def _pair_reason(
    pair_class: ha_states.PairClass, members: tuple[groups.HaMember, ...]
) -> Statement:
    causes = ha_states.pair_causes(members[0].state, members[1].state) if len(members) == 2 else ()
    unknown = pair_class is ha_states.PairClass.UNKNOWN
    return make_statement(
        Form.PAIR_CLASS_UNKNOWN if unknown else Form.PAIR_CLASS,
        pair_class="" if unknown else pair_class,
        unread=_unread_reasons(members),
        causes=causes,
    )


def _unread_reasons(members: tuple[groups.HaMember, ...]) -> tuple[Statement, ...]:
    """Return why PerfMon did not return states, one reason for each node without one."""
    return tuple(m.unread_because for m in members if m.unread_because is not None)


def _pair_hint(pair_class: ha_states.PairClass, members: tuple[groups.HaMember, ...]) -> Statement:
    if pair_class is ha_states.PairClass.MOVING:
        return make_statement(Form.AUDIT_WHEN_PAIR_STABLE)
    if any(member.state is HaState.UNKNOWN for member in members):
        return make_statement(Form.RESTART_RECOVERY_MANAGER)
    return make_statement(Form.CHECK_HA_AND_PERFMON)


def judge_group_membership(view: NodeView) -> Judgement:
    """Judge whether a node belongs to a redundancy group (HA-02)."""
    node = view.node
    expected = make_statement(Form.GROUP_EXPECTED, node=node.name)
    if not node.group_known:
        return Judgement(
            Verdict.UNKNOWN,
            expected,
            make_statement(Form.GROUP_UNKNOWN, node=node.name),
            make_statement(Form.GROUP_NOT_NAMED),
            hints=(groups.GROUP_HINT,),
        )
    group = groups.find_node_group(view.facts, node)
    origin = group.origin if group else Origin.OBSERVED
    if node.redundancy_group is None:
        return _judge_ungrouped_node(view, origin, expected)
    observed = make_statement(Form.IN_GROUP, node=node.name, group=node.redundancy_group)
    declared = origin is Origin.DECLARED
    evidence = Evidence(origin, "profile" if declared else groups.GROUPS_SOURCE, observed)
    because = make_statement(Form.LISTED_BY_PROFILE if declared else Form.LISTED_BY_CLUSTER)
    return Judgement(Verdict.PASS, expected, observed, because, evidence=(evidence,))


def _judge_ungrouped_node(view: NodeView, origin: Origin, expected: Statement) -> Judgement:
    name = view.node.name
    observed = make_statement(Form.NOT_GROUPED, node=name)
    # It accepts connections but was asked nothing: PROFILE-02 reports that, and a second drift for
    # the same line of the file would not help.
    if _is_declared_planned(view):
        return Judgement(
            Verdict.UNKNOWN,
            expected,
            observed,
            make_statement(Form.PLANNED_NOT_ASKED),
            hints=(make_statement(Form.REMOVE_FROM_PLANNED, node=name),),
        )
    return Judgement(
        Verdict.DRIFT,
        expected,
        observed,
        make_statement(Form.GROUP_NEEDED),
        FindingKind.NOT_GROUPED,
        evidence=(Evidence(origin, groups.GROUPS_SOURCE, observed),),
    )


def _is_declared_planned(view: NodeView) -> bool:
    """Return whether the file names a node as planned although it accepts connections."""
    declared = view.facts.named.get("planned_nodes", ())
    return view.node.name.casefold() in {name.casefold() for name in declared}
