"""The checks of a change that are about the whole cluster: replication, interruptions, backup."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from auditor.change.advice import load_activation_advice
from auditor.change.change_check import ChangeCheck, CheckKind, PrecheckResult, PrecheckTopic
from auditor.change.stops import (
    ServiceStop,
    find_connection_stops,
    find_ordered_starts,
    find_stops,
    groups_to_switch_off,
)
from auditor.change.what_if import RequestedChange, WhatIfFindings, find_changed_node
from auditor.models.facts import ClusterFacts, Group
from auditor.models.findings import Finding
from auditor.models.forms import Form
from auditor.models.nodes import REPLICATION_GOOD, REPLICATION_STATES, RunState
from auditor.models.sessions import PRESENCE_SESSIONS
from auditor.models.statements import Statement, make_statement
from auditor.recommendations.critical_services import is_critical_service, needs_ha_off
from auditor.recommendations.groups import HaMember, installed_members, member_states
from auditor.recommendations.ha_states import serves_alone
from auditor.recommendations.vocabulary import Expectation
from auditor.service_names import XCP_ROUTER


def read_replication_states(facts: ClusterFacts) -> dict[str, int | None]:
    """Return PerfMon's `Replicate_State` of each node, None where it was not read."""
    return {node.name: node.replication for node in facts.installed_nodes}


def read_session_counts(facts: ClusterFacts) -> dict[str, int | None]:
    """Return the users' sessions of each node, None where they were not read."""
    return {node.name: node.sessions.get(PRESENCE_SESSIONS) for node in facts.installed_nodes}


def replication_checks(facts: ClusterFacts, judged: WhatIfFindings) -> Iterator[ChangeCheck]:
    """Yield whether the database of every node replicates, as Cisco asks before any change.

    Broken replication is one check, whatever the number of nodes, and so is unread replication.
    Where the list of nodes may have gaps, that of the nodes that it lacks is unread too.
    """
    states = read_replication_states(facts)
    # A single node has nothing to replicate with; but a list with gaps may hide its partner.
    if len(states) < 2 and facts.topology_observed:
        return
    read = {name: state for name, state in states.items() if state is not None}
    broken = {name: state for name, state in read.items() if state != REPLICATION_GOOD}
    unread = [name for name, state in states.items() if state is None]
    if broken:
        details = tuple(_replication_state(name, state) for name, state in broken.items())
        check = _replication_check(
            facts, CheckKind.REPLICATION_BROKEN, PrecheckResult.NO_GO, details
        )
        yield replace(check, findings=tuple(_replication_findings(judged, list(broken))))
    if unread:
        check = _replication_check(
            facts, CheckKind.REPLICATION_UNREAD, PrecheckResult.UNDECIDED, tuple(unread)
        )
        yield replace(check, findings=tuple(_replication_findings(judged, unread)))
    if not facts.topology_observed:
        kind = CheckKind.REPLICATION_UNLISTED
        yield _replication_check(facts, kind, PrecheckResult.UNDECIDED, ())
    elif not broken and not unread:
        check = _replication_check(facts, CheckKind.REPLICATION_GOOD, PrecheckResult.GO, ())
        yield replace(check, findings=tuple(_replication_findings(judged, list(states))))


def _replication_findings(judged: WhatIfFindings, nodes: Sequence[str]) -> Iterator[Finding]:
    """Yield what was judged of the replication of these nodes."""
    for finding in judged.current:
        expects = judged.rows[finding.recommendation].expects
        if expects is Expectation.REPLICATION_GOOD and finding.subject.name in nodes:
            yield finding


def _replication_state(node: str, state: int) -> Statement:
    meaning = REPLICATION_STATES[state]
    return make_statement(Form.REPLICATION_STATE_ON, node=node, meaning=meaning, number=str(state))


def _replication_check(
    facts: ClusterFacts,
    kind: CheckKind,
    result: PrecheckResult,
    details: tuple[str | Statement, ...],
) -> ChangeCheck:
    return ChangeCheck(
        topic=PrecheckTopic.REPLICATION,
        result=result,
        kind=kind,
        about=facts.name,
        details=details,
    )


_KINDS_OF_STOPS = {
    True: CheckKind.CRITICAL_SERVICE_STOPS,
    False: CheckKind.FOUNDATION_STOPS,
    None: CheckKind.PERHAPS_CRITICAL_STOPS,
}


def interruption_checks(
    facts: ClusterFacts, changes: Sequence[RequestedChange]
) -> Iterator[ChangeCheck]:
    """Yield, as notes, what stops on the way and whom that reaches."""
    stops = find_stops(facts, changes)
    yield from _failover_checks(facts, stops)
    starts = find_ordered_starts(facts, changes)
    for group in groups_to_switch_off(facts, starts):
        members = {name.casefold() for name in group.nodes}
        for service in dict.fromkeys(s.service for s in starts if s.node.casefold() in members):
            yield _note(CheckKind.STARTS_WITHOUT_HA, group.name, service)
    if nodes := [stop.node for stop in stops if stop.service == XCP_ROUTER]:
        yield _note(CheckKind.ROUTER_STOPS, facts.name, XCP_ROUTER, tuple(nodes))
    yield from _connection_checks(facts, stops)
    for stop in stops:
        if needing := tuple(_running_dependents(facts, stop, changes)):
            yield _note(CheckKind.DEPENDENTS_INTERRUPTED, stop.node, stop.service, needing)


def _failover_checks(facts: ClusterFacts, stops: Sequence[ServiceStop]) -> Iterator[ChangeCheck]:
    """Yield which stops start a failover, or reach all users of a group that had one."""
    groups: dict[str, list[str]] = {}
    for group in groups_to_switch_off(facts, stops):
        members = {name.casefold() for name in group.nodes}
        of_group = [
            stop
            for stop in stops
            if stop.node.casefold() in members and needs_ha_off(facts, stop.service)
        ]
        last = _find_last_node(facts, group)
        for service in dict.fromkeys(stop.service for stop in of_group):
            if last is None:
                groups.setdefault(service, []).append(group.name)
            elif service in {stop.service for stop in of_group if stop.node == last.name}:
                yield _last_node_check(facts, group, last, service)
    for service, (first, *others) in groups.items():
        kind = _KINDS_OF_STOPS[is_critical_service(facts, service)]
        yield replace(_note(kind, first, service), also=tuple(others))


def _find_last_node(facts: ClusterFacts, group: Group) -> HaMember | None:
    """Return the node that has all users of a group after a failover, None if there was none."""
    members = installed_members(facts, group)
    if len(members) != 2:
        return None
    pairs = (members, members[::-1])
    return next((own for own, other in pairs if serves_alone(own.state, other.state)), None)


def _last_node_check(
    facts: ClusterFacts, group: Group, node: HaMember, service: str
) -> ChangeCheck:
    others = [member for member in installed_members(facts, group) if member != node]
    return replace(
        _note(CheckKind.LAST_NODE_STOPS, group.name, service),
        stops_on=(node.name,),
        sessions=read_session_counts(facts).get(node.name),
        details=(member_states(*others),),
    )


def _connection_checks(facts: ClusterFacts, stops: Sequence[ServiceStop]) -> Iterator[ChangeCheck]:
    connections: dict[str, list[str]] = {}
    for stop in find_connection_stops(stops):
        connections.setdefault(stop.service, []).append(stop.node)
    for service, nodes in connections.items():
        yield _note(CheckKind.CONNECTIONS_STOP, facts.name, service, tuple(nodes))


def _note(kind: CheckKind, about: str, service: str, details: tuple[str, ...] = ()) -> ChangeCheck:
    return ChangeCheck(
        topic=PrecheckTopic.INTERRUPTS,
        result=PrecheckResult.NOTE,
        kind=kind,
        about=about,
        service=service,
        details=details,
    )


def _running_dependents(
    facts: ClusterFacts, stop: ServiceStop, changes: Sequence[RequestedChange]
) -> Iterator[str]:
    """Yield the running services that need a requested restart's service; Router stops them all."""
    requested: Mapping[tuple[str, str], RequestedChange] = {(c.node, c.service): c for c in changes}
    change = requested.get((stop.node, stop.service))
    if change is None or not change.restarts:
        return
    services = find_changed_node(facts, change).services
    for name, advice in sorted(load_activation_advice().items()):
        state = services.get(name)
        if stop.service in advice.needs and state and state.state is not RunState.STOPPED:
            yield name


def backup_check(facts: ClusterFacts, *, is_confirmed: bool) -> ChangeCheck:
    """Return whether the engineer confirms a backup, which no interface shows."""
    return ChangeCheck(
        topic=PrecheckTopic.CONFIRM,
        result=PrecheckResult.GO if is_confirmed else PrecheckResult.UNDECIDED,
        kind=CheckKind.BACKUP_CONFIRMED if is_confirmed else CheckKind.BACKUP_TO_CONFIRM,
        about=facts.name,
    )
