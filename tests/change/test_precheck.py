"""Go or no-go: every service of the table, both ways, on the facts of a healthy pair."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from auditor.change.advice import advice
from auditor.change.precheck import Answer, Decision, Topic, decide
from auditor.change.would_be import Change
from auditor.cluster import ClusterFacts, Reach
from auditor.facts import HaState, RunState, ServiceState
from auditor.findings import Severity
from auditor.names import (
    AUTHENTICATION,
    AXL,
    BULK_PROVISIONING,
    CONNECTION,
    DIRECTORY,
    FEATURE_SERVICES,
    FILE_TRANSFER,
    MESSAGE_ARCHIVER,
    PRESENCE_ENGINE,
    REPORTER,
    ROUTER,
    SIP_FEDERATION,
    SIP_PROXY,
    TEXT_CONFERENCE,
    WEB_CONNECTION,
    XMPP_FEDERATION,
)
from auditor.recommendations.model import load_packs
from tests import factories as make

ROWS = load_packs()


def without(facts: ClusterFacts, node: str, *services: str) -> ClusterFacts:
    """Return the facts with services of a node not activated."""
    nodes = []
    for one in facts.nodes:
        changed = dict(one.services)
        if one.name == node:
            changed |= {
                name: ServiceState(name, True, False, RunState.STOPPED, -1068) for name in services
            }
        nodes.append(replace(one, services=changed))
    return replace(facts, nodes=tuple(nodes))


def asked(
    facts: ClusterFacts, *changes: Change, confirmed: bool = True, fail_on: Severity = Severity.LOW
) -> Decision:
    """Decide on changes with both packs."""
    return decide(facts, changes, ROWS, fail_on=fail_on, confirmed=confirmed)


def answers(decision: Decision, topic: Topic) -> list[Answer]:
    """Return what the points of a topic answered."""
    return [point.answer for point in decision.points if point.topic is topic]


DATASTORE = ServiceState("Cisco Presence Datastore", False, None, RunState.STARTED)
HEALTHY = replace(
    make.cluster(),
    nodes=tuple(
        replace(node, services={**node.services, DATASTORE.name: DATASTORE})
        for node in make.cluster().nodes
    ),
)
PUBLISHER, SUBSCRIBER = (node.name for node in HEALTHY.nodes)

GOOD: Mapping[str, str] = {
    AXL: SUBSCRIBER,
    BULK_PROVISIONING: PUBLISHER,
    REPORTER: PUBLISHER,
    SIP_PROXY: SUBSCRIBER,
    PRESENCE_ENGINE: SUBSCRIBER,
    TEXT_CONFERENCE: SUBSCRIBER,
    WEB_CONNECTION: SUBSCRIBER,
    CONNECTION: SUBSCRIBER,
    AUTHENTICATION: SUBSCRIBER,
    SIP_FEDERATION: SUBSCRIBER,
    XMPP_FEDERATION: SUBSCRIBER,
    MESSAGE_ARCHIVER: SUBSCRIBER,
    DIRECTORY: SUBSCRIBER,
    FILE_TRANSFER: SUBSCRIBER,
}
"""A node on which the healthy profile wants each service."""


def test_every_service_that_can_be_activated_is_tried() -> None:
    """No service of the table is left out below, and each has its steps."""
    assert set(GOOD) == FEATURE_SERVICES == set(advice())


@pytest.mark.parametrize("service", sorted(GOOD))
def test_turning_on_what_the_profile_wants_is_a_go(service: str) -> None:
    """And mends what differs without it."""
    node = GOOD[service]
    decision = asked(without(HEALTHY, node, service), Change(node, service, activate=True))
    doubts = [p for p in decision.points if p.answer not in (Answer.GO, Answer.NOTE)]
    assert doubts == []
    assert decision.answer is Answer.GO
    assert Topic.SATISFIES in {p.topic for p in decision.points}
    assert decision.steps[service]


@pytest.mark.parametrize("service", sorted(GOOD))
def test_turning_off_what_the_profile_wants_is_a_no_go(service: str) -> None:
    """It would break the row that wants it running."""
    decision = asked(HEALTHY, Change(GOOD[service], service, activate=False))
    assert decision.answer is Answer.NO_GO
    assert Answer.NO_GO in answers(decision, Topic.BREAKS)
    assert decision.drift


@pytest.mark.parametrize("service", [BULK_PROVISIONING, REPORTER])
def test_turning_on_what_is_misplaced_is_a_no_go(service: str) -> None:
    """These run on the publisher alone."""
    decision = asked(HEALTHY, Change(SUBSCRIBER, service, activate=True))
    assert Answer.NO_GO in answers(decision, Topic.TABLE)


@pytest.mark.parametrize("service", sorted(s for s in GOOD if advice()[s].confirm))
def test_what_no_interface_shows_must_be_confirmed(service: str) -> None:
    """Until then nobody can tell (CAU-01)."""
    node = GOOD[service]
    facts = without(HEALTHY, node, service)
    decision = asked(facts, Change(node, service, activate=True), confirmed=False)
    assert decision.answer is Answer.CANNOT_TELL
    assert set(answers(decision, Topic.CONFIRM)) == {Answer.CANNOT_TELL}


@pytest.mark.parametrize("service", [MESSAGE_ARCHIVER, TEXT_CONFERENCE])
def test_a_database_that_refuses_is_a_no_go(service: str) -> None:
    """The service would not start."""
    node = GOOD[service]
    facts = without(HEALTHY, node, service)
    databases = tuple(replace(d, reach=Reach.REFUSED) for d in facts.databases)
    decision = asked(replace(facts, databases=databases), Change(node, service, activate=True))
    assert Answer.NO_GO in answers(decision, Topic.PREREQUISITE)


@pytest.mark.parametrize(
    ("service", "key"),
    [
        (XMPP_FEDERATION, "xmpp_federation_enabled_on"),
        (DIRECTORY, "third_party_ldap_search_configured"),
        (FILE_TRANSFER, "file_server_configured"),
    ],
)
def test_a_prerequisite_that_nobody_configured_is_a_no_go(service: str, key: str) -> None:
    """And one that nobody declared cannot be told."""
    node = GOOD[service]
    facts = without(HEALTHY, node, service)
    change = Change(node, service, activate=True)
    missing = replace(facts, settings={**facts.settings, key: (make.setting(False),)})
    assert Answer.NO_GO in answers(asked(missing, change), Topic.PREREQUISITE)


def test_a_service_that_needs_one_that_is_down_is_a_no_go() -> None:
    """Unless the same change brings it."""
    facts = without(HEALTHY, SUBSCRIBER, PRESENCE_ENGINE, SIP_PROXY)
    engine = Change(SUBSCRIBER, PRESENCE_ENGINE, activate=True)
    proxy = Change(SUBSCRIBER, SIP_PROXY, activate=True)
    assert Answer.NO_GO in answers(asked(facts, engine), Topic.PREREQUISITE)
    assert asked(facts, engine, proxy).answer is Answer.GO


def test_a_router_that_is_down_is_a_no_go_for_xcp_services() -> None:
    """They stop with it."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION)
    stopped = ServiceState(ROUTER, False, None, RunState.STOPPED, -1069)
    nodes = tuple(replace(n, services={**n.services, ROUTER: stopped}) for n in facts.nodes)
    decision = asked(replace(facts, nodes=nodes), Change(SUBSCRIBER, WEB_CONNECTION, activate=True))
    assert Answer.NO_GO in answers(decision, Topic.PREREQUISITE)


def test_a_node_that_was_not_read_cannot_be_told() -> None:
    """A go would be a false pass."""
    nodes = tuple(replace(n, services={}) if n.name == SUBSCRIBER else n for n in HEALTHY.nodes)
    decision = asked(
        replace(HEALTHY, nodes=nodes), Change(SUBSCRIBER, WEB_CONNECTION, activate=True)
    )
    assert decision.answer is Answer.CANNOT_TELL


def test_a_service_that_nobody_asked_for_cannot_be_told_while_undeclared() -> None:
    """The profile decides whether it is wanted."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION)
    known = {k: v for k, v in facts.settings.items() if k != "web_clients"}
    decision = asked(
        replace(facts, settings=known), Change(SUBSCRIBER, WEB_CONNECTION, activate=True)
    )
    assert decision.answer is Answer.CANNOT_TELL
    assert any("web_clients" in point.remedy for point in decision.points)


def test_drift_below_the_threshold_is_a_note() -> None:
    """It is told and decides nothing."""
    change = Change(SUBSCRIBER, REPORTER, activate=True)
    decision = asked(HEALTHY, change, fail_on=Severity.CRITICAL)
    assert answers(decision, Topic.BREAKS) == [Answer.NOTE]


@pytest.mark.parametrize(
    ("state", "answer"),
    [(HaState.FAILING_OVER, Answer.CANNOT_TELL), (HaState.FAILED, Answer.NO_GO)],
)
def test_a_pair_that_is_not_well_is_no_time_for_a_change(state: HaState, answer: Answer) -> None:
    """Moving cannot be told, broken is a no-go."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION)
    nodes = tuple(replace(n, ha_state=make.reading(state)) for n in facts.nodes)
    decision = asked(replace(facts, nodes=nodes), Change(SUBSCRIBER, WEB_CONNECTION, activate=True))
    assert answer in answers(decision, Topic.GROUP)


def test_a_pair_with_its_switch_off_is_a_note() -> None:
    """Without HA no change can provoke a failover."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION)
    groups = tuple(replace(g, ha_enabled=False) for g in facts.groups)
    decision = asked(
        replace(facts, groups=groups), Change(SUBSCRIBER, WEB_CONNECTION, activate=True)
    )
    assert decision.answer is Answer.GO
    assert Answer.NOTE in answers(decision, Topic.GROUP)
