"""What the HA state of a pair says: of a stopped service (`explained`), and of the pair itself."""

from dataclasses import replace

from auditor.models.facts import ClusterFacts, Evidence, Group, HaState, NodeFacts, Origin, RunState
from auditor.models.findings import FindingKind, Verdict
from auditor.recommendations.ha_states import (
    GROUP_HINT,
    SERVICES_STOPPED_WHEN_IDLE,
    TRANSITION_STATES,
    HaMember,
    PairClass,
    classify_pair,
    find_group,
    find_node_group,
    ha_state_evidence,
    ha_switch_evidence,
    installed_members,
    is_ha_declared,
    is_without_ha,
    member_states_text,
    pair_causes,
)
from auditor.recommendations.view import Judgement, NodeView, ServiceView


def explain_by_ha(
    facts: ClusterFacts, node: NodeFacts, seen: ServiceView, expected: str
) -> Judgement | None:
    """Return the verdict that the pair's state gives a stopped service, None if it gives none.

    `seen` is a service that is stopped and not known to be deactivated.
    """
    group = find_node_group(facts, node)
    if (
        group is None
        or seen.state.name not in SERVICES_STOPPED_WHEN_IDLE
        or seen.run is not RunState.STOPPED
    ):
        return None
    pair = installed_members(facts, group)
    if len(pair) != 2 or group.ha_enabled is False:
        return None
    own, partner = sorted(pair, key=lambda member: member.name.casefold() != node.name.casefold())
    proof = (*seen.evidence, *ha_state_evidence((own, partner)))
    if {own.observed, partner.observed} & TRANSITION_STATES:
        return _judge_moving_pair(own, partner, seen, expected, proof)
    switched_on = group.ha_enabled is True and not group.switch_discovered
    if not switched_on or (own.observed, partner.observed) != (HaState.IDLE, HaState.BACKUP):
        return None
    return _judge_idle_node(own, partner, seen, expected, proof)


def _judge_moving_pair(
    own: HaMember, partner: HaMember, seen: ServiceView, expected: str, proof: tuple[Evidence, ...]
) -> Judgement:
    return Judgement(
        Verdict.UNKNOWN,
        expected,
        seen.observed,
        f"The pair is moving ({member_states_text(own, partner)}), and services change while it"
        " does.",
        hint="Audit again once `utils ha status` shows a stable pair.",
        evidence=proof,
    )


def _judge_idle_node(
    own: HaMember, partner: HaMember, seen: ServiceView, expected: str, proof: tuple[Evidence, ...]
) -> Judgement:
    if seen.state.activated is None:
        return Judgement(
            Verdict.UNKNOWN,
            expected,
            seen.observed,
            f"{own.name} is idle after a failover, which stops services that are activated, and "
            "whether this one is activated is not known.",
            hint=f"Look at {seen.state.name} in Service Activation of {own.name}.",
            evidence=proof,
        )
    return Judgement(
        Verdict.EXPLAINED,
        expected,
        seen.observed,
        f"{own.name} is idle after a failover, its services are stopped on purpose, and "
        f"{partner.name} serves its users in backup mode.",
        kind=FindingKind.STOPPED,
        evidence=proof,
    )


def judge_pair(facts: ClusterFacts, name: str) -> Judgement:
    """Judge a redundancy group (HA-01)."""
    group = find_group(facts, name)
    expected = f"High availability of {name} is on, and both nodes are in state normal."
    members = installed_members(facts, group) if group else ()
    if group is None or len(members) < 2:
        if not (facts.topology_observed and facts.groups_known):
            return _judge_unread_group(name, expected)
        text = (
            f"{name} has {_installed_count_text(members)} installed, so there is no pair to fail"
            " over."
        )
        return Judgement(Verdict.NOT_APPLICABLE, expected, text, text)
    off = _judge_ha_switch(facts, group, members, expected)
    draft = _judge_pair_states(members, group.ha_enabled, expected) if off is None else off
    return replace(draft, evidence=(*ha_switch_evidence(group), *draft.evidence))


def _judge_unread_group(name: str, expected: str) -> Judgement:
    """Leave a group open that the cluster did not tell itself: it may have another node."""
    observed = f"Whether {name} has a pair of nodes is not known."
    because = "The CUCM publisher did not tell the nodes and groups of the cluster."
    return Judgement(Verdict.UNKNOWN, expected, observed, because, hint=GROUP_HINT)


def _installed_count_text(members: tuple[HaMember, ...]) -> str:
    return "one node" if members else "no node"


def _judge_ha_switch(
    facts: ClusterFacts, group: Group, members: tuple[HaMember, ...], expected: str
) -> Judgement | None:
    """Return the verdict of a group that has no HA to judge, None if its states count."""
    name, meant, switch = group.name, is_ha_declared(facts, group.name), group.ha_enabled
    told = f"{name}: `high_availability` is {str(meant).lower()}."
    wish = Evidence(Origin.DECLARED, "profile", told)
    if meant is False and switch is not True:
        return _judge_ha_declared_off(facts, group, members, expected, wish)
    if switch is not False:
        return None
    text = f"High availability of {name} is switched off."
    if meant:
        because = f"`high_availability` declares it on for {name}."
        return Judgement(
            Verdict.DRIFT, expected, text, because, FindingKind.HA_ABNORMAL, evidence=(wish,)
        )
    because = f"Nobody declared whether high availability of {name} is meant to be on."
    hint = "Declare `high_availability` of the cluster."
    return Judgement(Verdict.UNKNOWN, expected, text, because, hint=hint)


def _judge_ha_declared_off(
    facts: ClusterFacts,
    group: Group,
    members: tuple[HaMember, ...],
    expected: str,
    wish: Evidence,
) -> Judgement:
    """Return the verdict of a group whose HA the file declares off and nobody saw on."""
    because = f"`high_availability` declares it off for {group.name}"
    if is_without_ha(facts, group):
        seen = "off" if group.ha_enabled is False else "declared off, and the switch was not read"
        text = f"High availability of {group.name} is {seen}."
        return Judgement(Verdict.NOT_APPLICABLE, expected, text, f"{because}.", evidence=(wish,))
    unread = "not read" if group.ha_enabled is None else "only discovered to be off"
    return Judgement(
        Verdict.UNKNOWN,
        expected,
        f"{member_states_text(*members)}.",
        f"{because}, but only high availability gives nodes such states, and its switch was "
        f"{unread}.",
        hint="Run `utils ha status` on both nodes, and make AXL of the CUCM publisher answer.",
        evidence=(wish, *ha_state_evidence(members)),
    )


def _judge_pair_states(
    members: tuple[HaMember, ...], switch: bool | None, expected: str
) -> Judgement:
    observed = f"{member_states_text(*members)}."
    proof = ha_state_evidence(members)
    one, other = (members[0].state, members[1].state)
    kind = classify_pair(one, other) if len(members) == 2 else PairClass.UNKNOWN
    because = _pair_reason(kind, members)
    if kind is PairClass.HEALTHY and switch:
        return Judgement(Verdict.PASS, expected, observed, because, evidence=proof)
    if kind in (PairClass.FAILED_OVER, PairClass.BROKEN):
        return Judgement(
            Verdict.DRIFT, expected, observed, because, FindingKind.HA_ABNORMAL, evidence=proof
        )
    if kind is PairClass.HEALTHY:
        because = "The states are healthy, but whether high availability is on is not known."
        hint = "Make AXL of the CUCM publisher answer, then audit again."
        return Judgement(Verdict.UNKNOWN, expected, observed, because, hint=hint, evidence=proof)
    return Judgement(
        Verdict.UNKNOWN, expected, observed, because, hint=_pair_hint(kind, members), evidence=proof
    )


def _pair_reason(kind: PairClass, members: tuple[HaMember, ...]) -> str:
    unread = [member.silence for member in members if member.reading is None]
    known = pair_causes(members[0].state, members[1].state) if len(members) == 2 else ()
    text = f"The pair is {kind}" if kind is not PairClass.UNKNOWN else "The pair cannot be judged"
    if unread:
        text += f", and {' and '.join(unread)}"
    if known:
        text += f"; documented causes are {', or '.join(known)}"
        text += ", and `utils ha status` tells which"
    return f"{text}."


def _pair_hint(kind: PairClass, members: tuple[HaMember, ...]) -> str:
    if kind is PairClass.MOVING:
        return "Audit again once `utils ha status` shows a stable pair."
    if any(member.state is HaState.UNKNOWN for member in members):
        return "Restart Cisco Server Recovery Manager on both nodes, then read `utils ha status`."
    return "Read `utils ha status` on both nodes, and make PerfMon of both answer."


def judge_group_membership(view: NodeView) -> Judgement:
    """Judge whether a node belongs to a redundancy group (HA-02)."""
    node = view.node
    expected = f"{node.name} belongs to a presence redundancy group."
    if not node.group_known:
        observed = f"The redundancy group of {node.name} is not known."
        because = "Neither AXL of the CUCM publisher nor the profile tells it."
        return Judgement(Verdict.UNKNOWN, expected, observed, because, hint=GROUP_HINT)
    listed = find_node_group(view.facts, node)
    origin = listed.origin if listed else Origin.OBSERVED
    if node.redundancy_group is None:
        observed = f"{node.name} is in no redundancy group."
        if _is_declared_planned(view):
            because = "It is declared in planned_nodes, and nobody asked it whether it is in use."
            hint = f"Take {node.name} out of `planned_nodes` once it is installed."
            return Judgement(Verdict.UNKNOWN, expected, observed, because, hint=hint)
        return Judgement(
            Verdict.DRIFT,
            expected,
            observed,
            "The Presence Engine of a node outside every group does not start.",
            FindingKind.NOT_GROUPED,
            evidence=(Evidence(origin, "presence redundancy groups", observed),),
        )
    observed = f"{node.name} is in {node.redundancy_group}."
    declared = origin is Origin.DECLARED
    proof = Evidence(origin, "profile" if declared else "presence redundancy groups", observed)
    because = f"The {'profile' if declared else 'cluster'} lists the node in this group."
    return Judgement(Verdict.PASS, expected, observed, because, evidence=(proof,))


def _is_declared_planned(view: NodeView) -> bool:
    """Tell whether the file names a node as planned that accepts connections all the same."""
    declared = view.facts.named.get("planned_nodes", ())
    return view.node.name.casefold() in {name.casefold() for name in declared}
