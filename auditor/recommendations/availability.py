"""What the HA state of a pair says: of a stopped service (`explained`), and of the pair itself."""

from dataclasses import replace

from auditor.cluster import ClusterFacts, Group
from auditor.facts import Evidence, HaState, NodeFacts, Origin, RunState
from auditor.findings import Kind, Verdict
from auditor.recommendations.draft import Draft
from auditor.recommendations.ha import (
    GROUP_HINT,
    IDLE_STOPS,
    MOVING,
    Member,
    PairClass,
    causes,
    classify,
    declared,
    evidence,
    find,
    group_of,
    installed,
    spared,
    states,
    switch_evidence,
)
from auditor.recommendations.view import Seen, View


def excuse(facts: ClusterFacts, node: NodeFacts, seen: Seen, expected: str) -> Draft | None:
    """Return the verdict that the pair's state gives a stopped service, None if it gives none.

    `seen` is a service that is stopped and not known to be deactivated.
    """
    group = group_of(facts, node)
    if group is None or seen.state.name not in IDLE_STOPS or seen.run is not RunState.STOPPED:
        return None
    pair = installed(facts, group)
    if len(pair) != 2 or group.ha_enabled is False:
        return None
    own, partner = sorted(pair, key=lambda member: member.name.casefold() != node.name.casefold())
    proof = (*seen.evidence, *evidence((own, partner)))
    if {own.observed, partner.observed} & MOVING:
        return _moving(own, partner, seen, expected, proof)
    switched_on = group.ha_enabled is True and not group.switch_discovered
    if not switched_on or (own.observed, partner.observed) != (HaState.IDLE, HaState.BACKUP):
        return None
    return _idle(own, partner, seen, expected, proof)


def _moving(
    own: Member, partner: Member, seen: Seen, expected: str, proof: tuple[Evidence, ...]
) -> Draft:
    return Draft(
        Verdict.UNKNOWN,
        expected,
        seen.observed,
        f"The pair is moving ({states(own, partner)}), and services change while it does.",
        hint="Audit again once `utils ha status` shows a stable pair.",
        evidence=proof,
    )


def _idle(
    own: Member, partner: Member, seen: Seen, expected: str, proof: tuple[Evidence, ...]
) -> Draft:
    if seen.state.activated is None:
        return Draft(
            Verdict.UNKNOWN,
            expected,
            seen.observed,
            f"{own.name} is idle after a failover, which stops services that are activated, and "
            "whether this one is activated is not known.",
            hint=f"Look at {seen.state.name} in Service Activation of {own.name}.",
            evidence=proof,
        )
    return Draft(
        Verdict.EXPLAINED,
        expected,
        seen.observed,
        f"{own.name} is idle after a failover, its services are stopped on purpose, and "
        f"{partner.name} serves its users in backup mode.",
        kind=Kind.STOPPED,
        evidence=proof,
    )


def pair_healthy(facts: ClusterFacts, name: str) -> Draft:
    """Judge a redundancy group (HA-01)."""
    group = find(facts, name)
    expected = f"High availability of {name} is on, and both nodes are in state normal."
    members = installed(facts, group) if group else ()
    if group is None or len(members) < 2:
        if not (facts.topology_observed and facts.groups_known):
            return _open_group(name, expected)
        text = f"{name} has {_count(members)} installed, so there is no pair to fail over."
        return Draft(Verdict.NOT_APPLICABLE, expected, text, text)
    off = _switched_off(facts, group, members, expected)
    draft = _pair(members, group.ha_enabled, expected) if off is None else off
    return replace(draft, evidence=(*switch_evidence(group), *draft.evidence))


def _open_group(name: str, expected: str) -> Draft:
    """Leave a group open that the cluster did not tell itself: it may have another node."""
    observed = f"Whether {name} has a pair of nodes is not known."
    because = "The CUCM publisher did not tell the nodes and groups of the cluster."
    return Draft(Verdict.UNKNOWN, expected, observed, because, hint=GROUP_HINT)


def _count(members: tuple[Member, ...]) -> str:
    return "one node" if members else "no node"


def _switched_off(
    facts: ClusterFacts, group: Group, members: tuple[Member, ...], expected: str
) -> Draft | None:
    """Return the verdict of a group that has no HA to judge, None if its states count."""
    name, meant, switch = group.name, declared(facts, group.name), group.ha_enabled
    told = f"{name}: `high_availability` is {str(meant).lower()}."
    wish = Evidence(Origin.DECLARED, "profile", told)
    if meant is False and switch is not True:
        return _declared_off(facts, group, members, expected, wish)
    if switch is not False:
        return None
    text = f"High availability of {name} is switched off."
    if meant:
        because = f"`high_availability` declares it on for {name}."
        return Draft(Verdict.DRIFT, expected, text, because, Kind.HA_ABNORMAL, evidence=(wish,))
    because = f"Nobody declared whether high availability of {name} is meant to be on."
    hint = "Declare `high_availability` of the cluster."
    return Draft(Verdict.UNKNOWN, expected, text, because, hint=hint)


def _declared_off(
    facts: ClusterFacts,
    group: Group,
    members: tuple[Member, ...],
    expected: str,
    wish: Evidence,
) -> Draft:
    """Return the verdict of a group whose HA the file declares off and nobody saw on."""
    because = f"`high_availability` declares it off for {group.name}"
    if spared(facts, group):
        seen = "off" if group.ha_enabled is False else "declared off, and the switch was not read"
        text = f"High availability of {group.name} is {seen}."
        return Draft(Verdict.NOT_APPLICABLE, expected, text, f"{because}.", evidence=(wish,))
    unread = "not read" if group.ha_enabled is None else "only discovered to be off"
    return Draft(
        Verdict.UNKNOWN,
        expected,
        f"{states(*members)}.",
        f"{because}, but only high availability gives nodes such states, and its switch was "
        f"{unread}.",
        hint="Run `utils ha status` on both nodes, and make AXL of the CUCM publisher answer.",
        evidence=(wish, *evidence(members)),
    )


def _pair(members: tuple[Member, ...], switch: bool | None, expected: str) -> Draft:
    observed = f"{states(*members)}."
    proof = evidence(members)
    one, other = (members[0].state, members[1].state)
    kind = classify(one, other) if len(members) == 2 else PairClass.UNKNOWN
    because = _because(kind, members)
    if kind is PairClass.HEALTHY and switch:
        return Draft(Verdict.PASS, expected, observed, because, evidence=proof)
    if kind in (PairClass.FAILED_OVER, PairClass.BROKEN):
        return Draft(Verdict.DRIFT, expected, observed, because, Kind.HA_ABNORMAL, evidence=proof)
    if kind is PairClass.HEALTHY:
        because = "The states are healthy, but whether high availability is on is not known."
        hint = "Make AXL of the CUCM publisher answer, then audit again."
        return Draft(Verdict.UNKNOWN, expected, observed, because, hint=hint, evidence=proof)
    return Draft(
        Verdict.UNKNOWN, expected, observed, because, hint=_hint(kind, members), evidence=proof
    )


def _because(kind: PairClass, members: tuple[Member, ...]) -> str:
    unread = [member.silence for member in members if member.reading is None]
    known = causes(members[0].state, members[1].state) if len(members) == 2 else ()
    text = f"The pair is {kind}" if kind is not PairClass.UNKNOWN else "The pair cannot be judged"
    if unread:
        text += f", and {' and '.join(unread)}"
    if known:
        text += f"; documented causes are {', or '.join(known)}"
        text += ", and `utils ha status` tells which"
    return f"{text}."


def _hint(kind: PairClass, members: tuple[Member, ...]) -> str:
    if kind is PairClass.MOVING:
        return "Audit again once `utils ha status` shows a stable pair."
    if any(member.state is HaState.UNKNOWN for member in members):
        return "Restart Cisco Server Recovery Manager on both nodes, then read `utils ha status`."
    return "Read `utils ha status` on both nodes, and make PerfMon of both answer."


def grouped(view: View) -> Draft:
    """Judge whether a node belongs to a redundancy group (HA-02)."""
    node = view.node
    expected = f"{node.name} belongs to a presence redundancy group."
    if not node.group_known:
        observed = f"The redundancy group of {node.name} is not known."
        because = "Neither AXL of the CUCM publisher nor the profile tells it."
        return Draft(Verdict.UNKNOWN, expected, observed, because, hint=GROUP_HINT)
    listed = group_of(view.facts, node)
    origin = listed.origin if listed else Origin.OBSERVED
    if node.redundancy_group is None:
        observed = f"{node.name} is in no redundancy group."
        if _is_declared_planned(view):
            because = "It is declared in planned_nodes, and nobody asked it whether it is in use."
            hint = f"Take {node.name} out of `planned_nodes` once it is installed."
            return Draft(Verdict.UNKNOWN, expected, observed, because, hint=hint)
        return Draft(
            Verdict.DRIFT,
            expected,
            observed,
            "The Presence Engine of a node outside every group does not start.",
            Kind.NOT_GROUPED,
            evidence=(Evidence(origin, "presence redundancy groups", observed),),
        )
    observed = f"{node.name} is in {node.redundancy_group}."
    declared = origin is Origin.DECLARED
    proof = Evidence(origin, "profile" if declared else "presence redundancy groups", observed)
    because = f"The {'profile' if declared else 'cluster'} lists the node in this group."
    return Draft(Verdict.PASS, expected, observed, because, evidence=(proof,))


def _is_declared_planned(view: View) -> bool:
    """Tell whether the file names a node as planned that accepts connections all the same."""
    declared = view.facts.named.get("planned_nodes", ())
    return view.node.name.casefold() in {name.casefold() for name in declared}
