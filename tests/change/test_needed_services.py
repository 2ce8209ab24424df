"""A service is started, also by a restart, only once what it waits for runs."""

from dataclasses import replace

import pytest

from auditor.change.change_check import CheckKind, PrecheckResult, PrecheckTopic
from auditor.change.check_report import check_remedy, check_text
from auditor.change.decision import Decision
from auditor.change.precheck import decide_change
from auditor.change.what_if import ChangeAction, RequestedChange
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Severity
from auditor.recommendations.packs import load_packs
from auditor.service_names import (
    AUTHENTICATION_SERVICE,
    AXL_WEB_SERVICE,
    CLIENT_PROFILE_AGENT,
    CONNECTION_MANAGER,
    DATA_MONITOR,
    DATABASE,
    LOGIN_DATASTORE,
    PRESENCE_DATASTORE,
    PRESENCE_ENGINE_SERVICE,
    ROUTE_DATASTORE,
    SIP_PROXY_SERVICE,
    START_ORDER,
    SYNC_AGENT,
    TEXT_CONFERENCE_MANAGER,
    XCP_ROUTER,
)
from tests import factories as make
from tests.change.window import HEALTHY, SUBSCRIBER, decide, without

FEATURES = (
    CONNECTION_MANAGER,
    PRESENCE_ENGINE_SERVICE,
    SIP_PROXY_SERVICE,
    AUTHENTICATION_SERVICE,
    TEXT_CONFERENCE_MANAGER,
    AXL_WEB_SERVICE,
)


def with_states(state: str, *services: str, facts: ClusterFacts = HEALTHY) -> ClusterFacts:
    """Return the facts with services of the subscriber in a state."""
    changed = {name: make.service(name, state) for name in services}
    nodes = tuple(
        replace(node, services={**node.services, **changed}) if node.name == SUBSCRIBER else node
        for node in facts.nodes
    )
    return replace(facts, nodes=nodes)


def restart(facts: ClusterFacts, service: str) -> Decision:
    """Decide on a restart on the subscriber."""
    return decide(facts, RequestedChange(SUBSCRIBER, service, ChangeAction.RESTART))


def what_is_missing(decision: Decision) -> tuple[str, ...]:
    """Return the services that the no-gos of the start are about, in their order."""
    checks = [c for c in decision.objections if c.kind is CheckKind.NEEDED_DOWN]
    return tuple(name for check in checks for name in (check.needed, *check.also_needed))


@pytest.mark.parametrize("service", [*FEATURES, XCP_ROUTER])
def test_a_running_service_is_not_restarted_while_what_it_waits_for_is_down(service: str) -> None:
    """It would stop, and not start again."""
    down = (DATABASE, DATA_MONITOR, ROUTE_DATASTORE)
    decision = restart(with_states("stopped", ROUTE_DATASTORE, DATA_MONITOR, DATABASE), service)
    assert decision.result is PrecheckResult.NO_GO
    assert what_is_missing(decision) == down
    (check,) = (c for c in decision.objections if c.kind is CheckKind.NEEDED_DOWN)
    assert "A Cisco DB, Cisco IM and Presence Data Monitor and Cisco Route Datastore" in (
        check_text(check)
    )
    assert check_remedy(check).startswith(f"Start {DATABASE} on {SUBSCRIBER} first, then")


@pytest.mark.parametrize("service", [*FEATURES, XCP_ROUTER])
def test_what_is_unknown_of_it_is_undecided(service: str) -> None:
    decision = restart(with_states("unknown", DATABASE), service)
    assert decision.result is PrecheckResult.UNDECIDED
    assert CheckKind.NEEDED_UNKNOWN in {check.kind for check in decision.checks}


@pytest.mark.parametrize("service", FEATURES)
def test_an_activation_waits_for_the_same(service: str) -> None:
    facts = with_states("stopped", DATABASE, facts=without(HEALTHY, SUBSCRIBER, service))
    decision = decide(facts, RequestedChange(SUBSCRIBER, service, ChangeAction.ACTIVATE))
    assert what_is_missing(decision) == (DATABASE,)


@pytest.mark.parametrize("position", range(1, len(START_ORDER)))
@pytest.mark.parametrize("state", ["started", "stopped"])
def test_network_services_start_in_the_order_of_cisco(position: int, state: str) -> None:
    """Whether the restart stops the service first or only starts it."""
    earlier, service = START_ORDER[position - 1 : position + 1]
    facts = with_states(state, service, facts=with_states("stopped", earlier, DATABASE))
    decision = restart(facts, service)
    assert decision.result is PrecheckResult.NO_GO
    assert set(what_is_missing(decision)) == {earlier, DATABASE}
    assert what_is_missing(decision)[0] == DATABASE


def test_the_presence_datastore_comes_after_the_other_datastores() -> None:
    stopped = (ROUTE_DATASTORE, LOGIN_DATASTORE, PRESENCE_DATASTORE)
    facts = with_states("stopped", *stopped)
    assert what_is_missing(restart(facts, PRESENCE_DATASTORE)) == stopped[:2]
    assert restart(facts, ROUTE_DATASTORE).result is PrecheckResult.GO


def test_two_services_never_wait_for_each_other() -> None:
    """The Router does not start without the Client Profile Agent, which Cisco starts after it."""
    facts = with_states("stopped", XCP_ROUTER, CLIENT_PROFILE_AGENT)
    results = [restart(facts, s).result for s in (XCP_ROUTER, CLIENT_PROFILE_AGENT)]
    assert results == [PrecheckResult.NO_GO, PrecheckResult.GO]


def test_other_network_services_wait_for_the_database_alone() -> None:
    facts = with_states("started", "Cisco DRF Local")
    service = "Cisco DRF Local"
    assert restart(with_states("stopped", DATABASE, facts=facts), service).result is (
        PrecheckResult.NO_GO
    )
    assert what_is_missing(restart(with_states("stopped", XCP_ROUTER, facts=facts), service)) == ()


def test_it_counts_whatever_the_pack() -> None:
    decision = decide_change(
        with_states("stopped", ROUTE_DATASTORE),
        [RequestedChange(SUBSCRIBER, CONNECTION_MANAGER, ChangeAction.RESTART)],
        load_packs(["table"]),
        fail_on=Severity.CRITICAL,
        is_confirmed=True,
    )
    assert what_is_missing(decision) == (ROUTE_DATASTORE,)


def test_the_sync_agent_needs_one_release_on_both_sides() -> None:
    """It fails where CUCM and IM and Presence differ."""
    nodes = tuple(replace(node, release="14.0.1.11900-1") for node in HEALTHY.nodes)
    decision = restart(replace(HEALTHY, nodes=nodes), SYNC_AGENT)
    findings = [c.finding.recommendation for c in decision.objections if c.finding]
    assert findings == ["REL-03"]


def test_nothing_would_pass_by_a_start_that_is_a_no_go() -> None:
    facts = with_states("stopped", ROUTE_DATASTORE, XCP_ROUTER)
    topics = {check.topic for check in restart(facts, XCP_ROUTER).checks}
    assert PrecheckTopic.FIXES not in topics
    fixed = [c for c in restart(facts, ROUTE_DATASTORE).checks if c.topic is PrecheckTopic.FIXES]
    assert [c.finding.recommendation for c in fixed if c.finding] == ["NET-03"]
