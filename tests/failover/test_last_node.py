"""A critical service that is down on the only node that can serve the users comes first."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.failover.actions import choose_action
from auditor.models.exit_codes import ExitCode
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import HaState, RunState
from auditor.service_names import CONFIG_AGENT, PRESENCE_ENGINE_SERVICE, XCP_ROUTER
from tests.factories import service
from tests.failover.pairs import check_facts, first_line, member, pair

S = HaState


def stopped(state: HaState, name: str) -> dict[str, Any]:
    """Return the change of a second node on which a service is stopped."""
    services = {**member("imp2", state, 2).services, name: service(name, RunState.STOPPED)}
    return {"services": services}


def losing(
    other: HaState | None, state: HaState, name: str = XCP_ROUTER, *, switch: bool = True
) -> ClusterFacts:
    """Return a pair of which imp2 lacks a service; None: imp1 cannot be reached."""
    return pair(other, state, second=stopped(state, name), switch=switch)


@pytest.mark.parametrize("other", [None, S.DOWN])
def test_the_node_that_serves_all_is_mended_before_the_other_is_brought_back(
    other: HaState | None,
) -> None:
    check = check_facts(losing(other, S.BACKUP))
    assert check.exit_code is ExitCode.DRIFT
    line, action = first_line(check), choose_action(check)
    assert line.startswith("Users not served: Cisco XCP Router is stopped on imp2")
    assert line.endswith("so no user of DefaultCUPSubCluster has presence or IM.")
    assert action.startswith("Do: start Cisco XCP Router on imp2")
    assert "; then bring imp1 back" in action
    assert "restart imp2" not in action


@pytest.mark.parametrize(("state", "switch"), [(S.NORMAL, True), (S.NORMAL, False)])
def test_a_node_that_only_this_machine_cannot_reach_may_still_have_users(
    state: HaState, switch: bool
) -> None:
    check = check_facts(losing(None, state, switch=switch))
    assert first_line(check).endswith("so no user of imp2 has presence or IM.")
    action = choose_action(check)
    assert action.index("start Cisco XCP Router on imp2") < action.index("whether imp1 is up")
    # A failover could begin while the service starts, if imp1 is up after all.
    assert ("turn high availability of DefaultCUPSubCluster off" in action) is switch


def test_a_router_that_nobody_takes_over_is_the_worst_thing_without_high_availability() -> None:
    line = first_line(check_facts(losing(S.NORMAL, S.NORMAL, switch=False)))
    assert line.startswith("Users not served: Cisco XCP Router is stopped on imp2")
    assert "high availability of DefaultCUPSubCluster is off" in line


def test_another_critical_service_there_comes_first_too_but_im_may_work() -> None:
    check = check_facts(losing(None, S.BACKUP, PRESENCE_ENGINE_SERVICE))
    line = first_line(check)
    assert line.startswith("Failed over and broken: Cisco Presence Engine is stopped on imp2")
    assert line.endswith("so no other node takes over from imp2.")
    assert choose_action(check).startswith("Do: start Cisco Presence Engine on imp2")


def test_a_service_that_nothing_waits_for_does_not_come_before_the_node_that_is_down() -> None:
    check = check_facts(losing(None, S.BACKUP, CONFIG_AGENT))
    assert choose_action(check).startswith("Do: bring imp1 back")


def test_services_of_an_idle_node_are_not_started_though_its_partner_is_down() -> None:
    assert "start Cisco" not in choose_action(check_facts(pair(None, S.IDLE)))


def test_a_group_whose_users_are_not_served_comes_before_one_with_more_users() -> None:
    unserved = check_facts(losing(None, S.BACKUP))
    broken = check_facts(pair(None, S.BACKUP))
    (one,), (other,) = unserved.groups, broken.groups
    one = replace(one, name="Unserved", sessions=replace(one.sessions, now=0))
    assert one.is_unserved
    clusters = (replace(broken.clusters[0], groups=(other, one)),)
    assert replace(broken, clusters=clusters).worst == one


def test_of_groups_that_are_served_the_one_with_the_most_users_comes_first() -> None:
    (few,) = check_facts(losing(S.NORMAL, S.NORMAL, PRESENCE_ENGINE_SERVICE, switch=False)).groups
    check = check_facts(pair(None, S.BACKUP))
    few = replace(few, name="Few", nodes=tuple(replace(n, sessions={}) for n in few.nodes))
    clusters = (replace(check.clusters[0], groups=(few, *check.groups)),)
    assert replace(check, clusters=clusters).worst == check.groups[0]
