"""Checks of the whole cluster: replication, the backup, and that one thing is one check."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from auditor.change.change_check import ChangeCheck, CheckKind, PrecheckResult, PrecheckTopic
from auditor.change.check_report import check_remedy, check_text
from auditor.change.decision import Decision
from auditor.change.precheck_report import render_decision_text
from auditor.change.ticket import render_decision_markdown
from auditor.change.what_if import ChangeAction, RequestedChange
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import HaState, NodeFacts, RunState, ServiceState
from auditor.models.settings import Reach
from auditor.recommendations.groups import installed_members, member_states
from auditor.report.sentences import render_clause
from auditor.service_names import (
    AUTHENTICATION_SERVICE,
    CONNECTION_MANAGER,
    MESSAGE_ARCHIVER,
    ROUTE_DATASTORE,
    SIP_PROXY_SERVICE,
    WEB_CONNECTION_MANAGER,
    XCP_ROUTER,
)
from tests import factories as make
from tests.change.window import HEALTHY, PUBLISHER, SUBSCRIBER, decide, results, without

GROUP = HEALTHY.groups[0].name
RESTART = RequestedChange(SUBSCRIBER, SIP_PROXY_SERVICE, ChangeAction.RESTART)


def replicating(states: Mapping[str, int | None]) -> ClusterFacts:
    """Return the pair with these states of replication."""
    return replace(
        HEALTHY, nodes=tuple(replace(n, replication=states[n.name]) for n in HEALTHY.nodes)
    )


def of_topic(decision: Decision, topic: PrecheckTopic) -> list[ChangeCheck]:
    """Return the checks of a topic."""
    return [check for check in decision.checks if check.topic is topic]


@pytest.mark.parametrize("state", [0, 1, 3, 4])
def test_replication_that_is_not_good_is_one_no_go(state: int) -> None:
    """Whatever the number of nodes."""
    decision = decide(replicating({PUBLISHER: state, SUBSCRIBER: state}), RESTART)
    (check,) = of_topic(decision, PrecheckTopic.REPLICATION)
    assert decision.result is PrecheckResult.NO_GO
    assert decision.objections == (check,)
    assert f"({state}) on {PUBLISHER} and " in check_text(check)
    assert decision.replication == {PUBLISHER: state, SUBSCRIBER: state}


def test_unread_replication_is_undecided() -> None:
    """It is no proof that it is good."""
    decision = decide(replicating({PUBLISHER: 2, SUBSCRIBER: None}), RESTART)
    (check,) = of_topic(decision, PrecheckTopic.REPLICATION)
    assert decision.result is PrecheckResult.UNDECIDED
    assert check_text(check).startswith(f"Database replication of {SUBSCRIBER} could not be read.")


def test_broken_replication_does_not_hide_what_is_unread() -> None:
    """Both are to be looked at."""
    decision = decide(replicating({PUBLISHER: 3, SUBSCRIBER: None}), RESTART)
    expected = [PrecheckResult.NO_GO, PrecheckResult.UNDECIDED]
    assert results(decision, PrecheckTopic.REPLICATION) == expected


def test_a_single_node_has_nothing_to_replicate_with() -> None:
    """Where the list of nodes is whole."""
    single = replace(replicating({PUBLISHER: None, SUBSCRIBER: None}), nodes=HEALTHY.nodes[1:])
    assert results(decide(single, RESTART), PrecheckTopic.REPLICATION) == []


@pytest.mark.parametrize("nodes", [HEALTHY.nodes, HEALTHY.nodes[1:]])
def test_a_list_with_gaps_never_proves_replication(nodes: tuple[NodeFacts, ...]) -> None:
    """What it lacks may be the node that does not replicate."""
    decision = decide(replace(HEALTHY, nodes=nodes, topology_observed=False), RESTART)
    (check,) = of_topic(decision, PrecheckTopic.REPLICATION)
    assert decision.result is check.result is PrecheckResult.UNDECIDED
    assert check_text(check).startswith(f"CUCM did not list all nodes of {HEALTHY.name}")
    assert "list every node" in check_remedy(check)


def test_a_list_with_gaps_does_not_hide_broken_replication() -> None:
    facts = replace(replicating({PUBLISHER: 3, SUBSCRIBER: 2}), topology_observed=False)
    assert results(decide(facts, RESTART), PrecheckTopic.REPLICATION) == [
        PrecheckResult.NO_GO,
        PrecheckResult.UNDECIDED,
    ]


@pytest.mark.parametrize("confirmed", [True, False])
def test_the_backup_is_to_be_confirmed(confirmed: bool) -> None:
    """Before every change."""
    decision = decide(HEALTHY, RESTART, confirmed=confirmed)
    (check,) = of_topic(decision, PrecheckTopic.CONFIRM)
    assert "DRS backup" in check_text(check)
    assert ("--confirm" in check_remedy(check)) is not confirmed
    expected = PrecheckResult.GO if confirmed else PrecheckResult.UNDECIDED
    assert decision.result is check.result is expected


def test_a_service_that_is_down_is_one_no_go_for_all_that_need_it() -> None:
    """They are named together."""
    services = (CONNECTION_MANAGER, AUTHENTICATION_SERVICE, WEB_CONNECTION_MANAGER)
    facts = without(HEALTHY, SUBSCRIBER, *services)
    stopped = ServiceState(XCP_ROUTER, False, None, RunState.STOPPED, -1019)
    nodes = tuple(
        replace(n, services={**n.services, XCP_ROUTER: stopped}) if n.name == SUBSCRIBER else n
        for n in facts.nodes
    )
    changes = [RequestedChange(SUBSCRIBER, s, ChangeAction.ACTIVATE) for s in services]
    decision = decide(replace(facts, nodes=nodes), *changes)
    (check,) = (c for c in decision.objections if c.kind is CheckKind.NEEDED_DOWN)
    named = f"{CONNECTION_MANAGER}, {AUTHENTICATION_SERVICE} and {WEB_CONNECTION_MANAGER}"
    assert check_text(check) == f"{named} need {XCP_ROUTER}, which is stopped."


def test_a_missing_database_is_one_no_go_for_all_nodes() -> None:
    """Not one for the database and one for its service, and not one for each node."""
    facts = without(HEALTHY, SUBSCRIBER, MESSAGE_ARCHIVER)
    facts = without(facts, PUBLISHER, MESSAGE_ARCHIVER)
    databases = tuple(replace(d, reach=Reach.REFUSED) for d in facts.databases)
    changes = [
        RequestedChange(node, MESSAGE_ARCHIVER, ChangeAction.ACTIVATE)
        for node in (PUBLISHER, SUBSCRIBER)
    ]
    decision = decide(replace(facts, databases=databases), *changes)
    (check,) = decision.objections
    assert check.kind is CheckKind.WOULD_NOT_START
    text = check_text(check)
    assert f"{MESSAGE_ARCHIVER} would not start without it." in text
    assert f"The same holds for {SUBSCRIBER}." in text
    assert " will " not in text


def test_a_restart_of_a_running_service_is_a_go() -> None:
    """It is interrupted with what needs it; nothing would break."""
    decision = decide(HEALTHY, RESTART)
    assert decision.result is PrecheckResult.GO
    assert not decision.has_nothing_to_change
    (change,) = decision.expectation.services
    assert (change.activated, change.restarted) == (True, True)
    kinds = {check.kind for check in of_topic(decision, PrecheckTopic.INTERRUPTS)}
    assert kinds == {CheckKind.CRITICAL_SERVICE_STOPS, CheckKind.DEPENDENTS_INTERRUPTED}


def test_a_restart_of_a_stopped_service_only_starts_it() -> None:
    """So nothing is interrupted, and high availability stays on."""
    stopped = ServiceState(SIP_PROXY_SERVICE, True, True, RunState.STOPPED, -1019)
    nodes = tuple(
        replace(n, services={**n.services, SIP_PROXY_SERVICE: stopped}) for n in HEALTHY.nodes
    )
    decision = decide(replace(HEALTHY, nodes=nodes), RESTART)
    (now,) = of_topic(decision, PrecheckTopic.NOW)
    assert now.kind is CheckKind.RESTART_OF_STOPPED
    assert not of_topic(decision, PrecheckTopic.INTERRUPTS)


def test_a_needed_service_that_is_restarted_runs() -> None:
    """It is not turned on by the change."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    router = RequestedChange(SUBSCRIBER, XCP_ROUTER, ChangeAction.RESTART)
    web = RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE)
    kinds = {c.kind for c in of_topic(decide(facts, router, web), PrecheckTopic.PREREQUISITE)}
    assert kinds == {CheckKind.NEEDED_RUNS}


def ticket(decision: Decision) -> str:
    """Return the document of a decision."""
    return render_decision_markdown(replace(decision, checked_at="2026-01-02T03:04:05+00:00"))


def with_east(state: HaState | None, facts: ClusterFacts = HEALTHY) -> ClusterFacts:
    """Return a cluster with a second pair, one node of which is in this state."""
    third = replace(HEALTHY.nodes[1], name="imp3", redundancy_group="East")
    fourth = replace(third, name="imp4", ha_state=make.reading(state) if state else None)
    east = replace(HEALTHY.groups[0], name="East", nodes=("imp3", "imp4"))
    return replace(facts, groups=(*facts.groups, east), nodes=(*facts.nodes, third, fourth))


def test_every_pair_that_a_following_restart_reaches_is_checked() -> None:
    """Router is restarted on all nodes, so that a broken pair elsewhere matters too."""
    facts = with_east(HaState.FAILED, without(HEALTHY, SUBSCRIBER, MESSAGE_ARCHIVER))
    change = RequestedChange(SUBSCRIBER, MESSAGE_ARCHIVER, ChangeAction.ACTIVATE)
    pairs = {c.about: c.result for c in of_topic(decide(facts, change), PrecheckTopic.GROUP)}
    assert pairs["East"] is PrecheckResult.NO_GO


@pytest.mark.parametrize("state", [HaState.FAILED, HaState.FAILING_OVER, None])
def test_a_pair_that_the_change_does_not_reach_is_a_note(state: HaState | None) -> None:
    """It is no reason against the change, but whoever waits for normal pairs must know of it."""
    decision = decide(with_east(state), RESTART)
    assert decision.result is PrecheckResult.GO
    note = next(c for c in of_topic(decision, PrecheckTopic.GROUP) if c.about == "East")
    assert note.result is PrecheckResult.NOTE
    assert "imp4 " in check_text(note)
    assert check_text(note).endswith(
        "The change does not reach this group, and leaves it as it is."
    )
    assert "normal except `East`, as before" in ticket(decision)


def test_a_healthy_pair_that_the_change_does_not_reach_is_not_mentioned() -> None:
    decision = decide(with_east(HaState.NORMAL), RESTART)
    assert "East" not in {check.about for check in decision.checks}
    assert "| every group is normal |" in ticket(decision)


PAIRS_FAILED_OVER = [HaState.IDLE, HaState.FAILED_OVER, HaState.FAILED_OVER_SERVICES_DOWN, None]


def failed_over(state: HaState | None) -> ClusterFacts:
    """Return the pair with the subscriber in backup mode, and the publisher in this state."""
    states = {PUBLISHER: state, SUBSCRIBER: HaState.BACKUP}
    nodes = []
    for node in HEALTHY.nodes:
        own = states[node.name]
        nodes.append(replace(node, ha_state=make.reading(own) if own else None))
    return replace(HEALTHY, nodes=tuple(nodes))


@pytest.mark.parametrize("state", PAIRS_FAILED_OVER)
def test_a_stop_on_the_last_node_takes_the_service_from_all_users(state: HaState | None) -> None:
    """No failover starts: it was already, and nobody is left to fail over to."""
    facts = failed_over(state)
    decision = decide(facts, RESTART)
    (note,) = (c for c in decision.checks if c.kind is CheckKind.LAST_NODE_STOPS)
    assert (note.about, note.stops_on, note.sessions) == (GROUP, (SUBSCRIBER,), 120)
    text = check_text(note)
    assert text.startswith(f"All users of {GROUP} (120 sessions) are on {SUBSCRIBER}, and lose ")
    partner = installed_members(facts, HEALTHY.groups[0])[0]
    assert text.endswith(f"takes over, because {render_clause(member_states(partner))}.")
    assert decision.result is PrecheckResult.NO_GO
    page = f"{render_decision_text(decision, width=400)}{ticket(decision)}"
    assert "failover starts" not in page
    assert "steps turn" not in page


def test_a_stop_on_the_idle_node_reaches_no_user_of_it() -> None:
    decision = decide(failed_over(HaState.IDLE), replace(RESTART, node=PUBLISHER))
    kinds = {c.kind for c in of_topic(decision, PrecheckTopic.INTERRUPTS)}
    assert not kinds & {CheckKind.LAST_NODE_STOPS, CheckKind.CRITICAL_SERVICE_STOPS}


def test_a_service_is_not_started_before_what_it_waits_for() -> None:
    """The Router would not start while a datastore is down."""
    stopped = {name: make.service(name, "stopped") for name in (ROUTE_DATASTORE, XCP_ROUTER)}
    nodes = tuple(
        replace(n, services={**n.services, **stopped}) if n.name == SUBSCRIBER else n
        for n in HEALTHY.nodes
    )
    facts = replace(HEALTHY, nodes=nodes)
    router = RequestedChange(SUBSCRIBER, XCP_ROUTER, ChangeAction.RESTART)
    (check,) = decide(facts, router).objections
    assert check_text(check) == f"{XCP_ROUTER} needs {ROUTE_DATASTORE}, which is stopped."
    assert decide(facts, replace(router, service=ROUTE_DATASTORE)).result is PrecheckResult.GO
