"""Go or no-go: every service of the table, both ways, on the facts of a healthy pair."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from auditor.change.checks import load_activation_advice
from auditor.change.decision import PrecheckResult, PrecheckTopic
from auditor.change.precheck import decide_change
from auditor.change.what_if import RequestedChange
from auditor.models.facts import HaState, Identity, Origin, Reach, RunState, ServiceState
from auditor.models.findings import Severity
from auditor.recommendations.packs import load_packs
from auditor.service_names import (
    AUTHENTICATION_SERVICE,
    AXL_WEB_SERVICE,
    BULK_PROVISIONING,
    CONNECTION_MANAGER,
    DIRECTORY_SERVICE,
    FEATURE_SERVICES,
    FILE_TRANSFER_MANAGER,
    MESSAGE_ARCHIVER,
    PRESENCE_ENGINE_SERVICE,
    SERVICEABILITY_REPORTER,
    SIP_FEDERATION_MANAGER,
    SIP_PROXY_SERVICE,
    TEXT_CONFERENCE_MANAGER,
    WEB_CONNECTION_MANAGER,
    XCP_ROUTER,
    XMPP_FEDERATION_MANAGER,
)
from tests import factories as make
from tests.change.window import HEALTHY, PUBLISHER, SUBSCRIBER, answers, asked, without

GOOD: Mapping[str, str] = {
    AXL_WEB_SERVICE: SUBSCRIBER,
    BULK_PROVISIONING: PUBLISHER,
    SERVICEABILITY_REPORTER: PUBLISHER,
    SIP_PROXY_SERVICE: SUBSCRIBER,
    PRESENCE_ENGINE_SERVICE: SUBSCRIBER,
    TEXT_CONFERENCE_MANAGER: SUBSCRIBER,
    WEB_CONNECTION_MANAGER: SUBSCRIBER,
    CONNECTION_MANAGER: SUBSCRIBER,
    AUTHENTICATION_SERVICE: SUBSCRIBER,
    SIP_FEDERATION_MANAGER: SUBSCRIBER,
    XMPP_FEDERATION_MANAGER: SUBSCRIBER,
    MESSAGE_ARCHIVER: SUBSCRIBER,
    DIRECTORY_SERVICE: SUBSCRIBER,
    FILE_TRANSFER_MANAGER: SUBSCRIBER,
}
"""A node on which the healthy profile wants each service."""


def test_every_service_that_can_be_activated_is_tried() -> None:
    """No service of the table is left out below, and each has its steps."""
    assert set(GOOD) == FEATURE_SERVICES == set(load_activation_advice())


@pytest.mark.parametrize("service", sorted(GOOD))
def test_turning_on_what_the_profile_wants_is_a_go(service: str) -> None:
    """And mends what differs without it."""
    node = GOOD[service]
    decision = asked(without(HEALTHY, node, service), RequestedChange(node, service, activate=True))
    doubts = [
        p for p in decision.points if p.answer not in (PrecheckResult.GO, PrecheckResult.NOTE)
    ]
    assert doubts == []
    assert decision.answer is PrecheckResult.GO
    assert PrecheckTopic.SATISFIES in {p.topic for p in decision.points}
    assert decision.steps[service]


@pytest.mark.parametrize("service", sorted(GOOD))
def test_turning_off_what_the_profile_wants_is_a_no_go(service: str) -> None:
    """It would break the row that wants it running."""
    decision = asked(HEALTHY, RequestedChange(GOOD[service], service, activate=False))
    assert decision.answer is PrecheckResult.NO_GO
    assert PrecheckResult.NO_GO in answers(decision, PrecheckTopic.BREAKS)
    assert decision.drift
    told = [(point.about, point.text) for point in decision.points]
    assert len(told) == len(set(told))


@pytest.mark.parametrize("service", [BULK_PROVISIONING, SERVICEABILITY_REPORTER])
def test_turning_on_what_is_misplaced_is_a_no_go(service: str) -> None:
    """These run on the publisher alone."""
    decision = asked(HEALTHY, RequestedChange(SUBSCRIBER, service, activate=True))
    assert PrecheckResult.NO_GO in answers(decision, PrecheckTopic.TABLE)


@pytest.mark.parametrize("service", sorted(s for s in GOOD if load_activation_advice()[s].confirm))
def test_what_no_interface_shows_must_be_confirmed(service: str) -> None:
    """Until then nobody can tell (CAU-01)."""
    node = GOOD[service]
    facts = without(HEALTHY, node, service)
    decision = asked(facts, RequestedChange(node, service, activate=True), confirmed=False)
    assert decision.answer is PrecheckResult.CANNOT_TELL
    assert set(answers(decision, PrecheckTopic.CONFIRM)) == {PrecheckResult.CANNOT_TELL}


@pytest.mark.parametrize("service", [MESSAGE_ARCHIVER, TEXT_CONFERENCE_MANAGER])
def test_a_database_that_refuses_is_a_no_go(service: str) -> None:
    """The service would not start."""
    node = GOOD[service]
    facts = without(HEALTHY, node, service)
    databases = tuple(replace(d, reach=Reach.REFUSED) for d in facts.databases)
    decision = asked(
        replace(facts, databases=databases), RequestedChange(node, service, activate=True)
    )
    assert PrecheckResult.NO_GO in answers(decision, PrecheckTopic.PREREQUISITE)


@pytest.mark.parametrize(
    ("service", "key"),
    [
        (XMPP_FEDERATION_MANAGER, "xmpp_federation_enabled_on"),
        (DIRECTORY_SERVICE, "third_party_ldap_search_configured"),
        (FILE_TRANSFER_MANAGER, "file_server_configured"),
    ],
)
def test_a_prerequisite_that_nobody_configured_is_a_no_go(service: str, key: str) -> None:
    """And one that nobody declared cannot be told."""
    node = GOOD[service]
    facts = without(HEALTHY, node, service)
    change = RequestedChange(node, service, activate=True)
    missing = replace(facts, settings={**facts.settings, key: (make.setting(False),)})
    assert PrecheckResult.NO_GO in answers(asked(missing, change), PrecheckTopic.PREREQUISITE)


def test_a_service_that_needs_one_that_is_down_is_a_no_go() -> None:
    """Unless the same change brings it."""
    facts = without(HEALTHY, SUBSCRIBER, PRESENCE_ENGINE_SERVICE, SIP_PROXY_SERVICE)
    engine = RequestedChange(SUBSCRIBER, PRESENCE_ENGINE_SERVICE, activate=True)
    proxy = RequestedChange(SUBSCRIBER, SIP_PROXY_SERVICE, activate=True)
    assert PrecheckResult.NO_GO in answers(asked(facts, engine), PrecheckTopic.PREREQUISITE)
    assert asked(facts, engine, proxy).answer is PrecheckResult.GO


def test_a_router_that_is_down_is_a_no_go_for_xcp_services() -> None:
    """They stop with it."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    stopped = ServiceState(XCP_ROUTER, False, None, RunState.STOPPED, -1069)
    nodes = tuple(replace(n, services={**n.services, XCP_ROUTER: stopped}) for n in facts.nodes)
    decision = asked(
        replace(facts, nodes=nodes),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=True),
    )
    assert PrecheckResult.NO_GO in answers(decision, PrecheckTopic.PREREQUISITE)


def test_a_node_that_was_not_read_cannot_be_told() -> None:
    """A go would be a false pass."""
    nodes = tuple(replace(n, services={}) if n.name == SUBSCRIBER else n for n in HEALTHY.nodes)
    decision = asked(
        replace(HEALTHY, nodes=nodes),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=True),
    )
    assert decision.answer is PrecheckResult.CANNOT_TELL


def test_a_service_that_nobody_asked_for_cannot_be_told_while_undeclared() -> None:
    """The profile decides whether it is wanted."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    known = {k: v for k, v in facts.settings.items() if k != "web_clients"}
    decision = asked(
        replace(facts, settings=known),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=True),
    )
    assert decision.answer is PrecheckResult.CANNOT_TELL
    assert any("web_clients" in point.remedy for point in decision.points)


def test_drift_below_the_threshold_is_a_note() -> None:
    """It is told and decides nothing."""
    change = RequestedChange(SUBSCRIBER, SERVICEABILITY_REPORTER, activate=True)
    decision = asked(HEALTHY, change, fail_on=Severity.CRITICAL)
    assert answers(decision, PrecheckTopic.BREAKS) == [PrecheckResult.NOTE]


@pytest.mark.parametrize(
    ("state", "answer"),
    [(HaState.FAILING_OVER, PrecheckResult.CANNOT_TELL), (HaState.FAILED, PrecheckResult.NO_GO)],
)
def test_a_pair_that_is_not_well_is_no_time_for_a_change(
    state: HaState, answer: PrecheckResult
) -> None:
    """Moving cannot be told, broken is a no-go."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    nodes = tuple(replace(n, ha_state=make.reading(state)) for n in facts.nodes)
    decision = asked(
        replace(facts, nodes=nodes),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=True),
    )
    assert answer in answers(decision, PrecheckTopic.GROUP)


def test_a_pair_with_its_switch_off_is_a_note() -> None:
    """Without HA no change can provoke a failover."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    groups = tuple(replace(g, ha_enabled=False) for g in facts.groups)
    decision = asked(
        replace(facts, groups=groups),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=True),
    )
    assert decision.answer is PrecheckResult.GO
    assert PrecheckResult.NOTE in answers(decision, PrecheckTopic.GROUP)


def test_a_node_that_another_machine_answers_for_cannot_be_told() -> None:
    """What it says of the service and of those that it needs is not this node's."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    nodes = tuple(
        replace(n, identity=Identity.CONTRADICTED) if n.name == SUBSCRIBER else n
        for n in facts.nodes
    )
    decision = asked(
        replace(facts, nodes=nodes),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=True),
    )
    assert decision.answer is PrecheckResult.CANNOT_TELL
    assert answers(decision, PrecheckTopic.NOW) == [PrecheckResult.CANNOT_TELL]
    assert PrecheckResult.GO not in answers(decision, PrecheckTopic.PREREQUISITE)


def test_a_service_on_its_way_cannot_be_told() -> None:
    """Nobody knows where it ends."""
    starting = make.service(WEB_CONNECTION_MANAGER, "starting")
    nodes = tuple(
        replace(n, services={**n.services, WEB_CONNECTION_MANAGER: starting}) for n in HEALTHY.nodes
    )
    decision = asked(
        replace(HEALTHY, nodes=nodes),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=True),
    )
    assert answers(decision, PrecheckTopic.NOW) == [PrecheckResult.CANNOT_TELL]


@pytest.mark.parametrize(
    ("state", "answer"),
    [(HaState.FAILING_OVER, PrecheckResult.CANNOT_TELL), (HaState.FAILED, PrecheckResult.NO_GO)],
)
def test_the_pair_is_looked_at_whatever_the_pack(state: HaState, answer: PrecheckResult) -> None:
    """Cisco's table says nothing of pairs, and a moving one is no time for a change."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    nodes = tuple(replace(n, ha_state=make.reading(state)) for n in facts.nodes)
    decision = decide_change(
        replace(facts, nodes=nodes),
        [RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=True)],
        load_packs(["table"]),
        fail_on=Severity.LOW,
        confirmed=True,
    )
    assert decision.answer is answer


@pytest.mark.parametrize("activate", [True, False])
def test_a_service_of_which_no_row_speaks_cannot_be_told(activate: bool) -> None:
    """The table alone does not know it, and nothing of it was looked at."""
    decision = decide_change(
        HEALTHY,
        [RequestedChange(SUBSCRIBER, FILE_TRANSFER_MANAGER, activate=activate)],
        load_packs(["table"]),
        fail_on=Severity.LOW,
        confirmed=True,
    )
    assert decision.answer is PrecheckResult.CANNOT_TELL


def test_a_group_that_nobody_told_cannot_be_told() -> None:
    """Its pair may be moving at this moment."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    nodes = tuple(replace(n, redundancy_group=None, group_known=False) for n in facts.nodes)
    blind = replace(facts, nodes=nodes, groups=(), groups_known=False)
    decision = asked(blind, RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=True))
    assert answers(decision, PrecheckTopic.GROUP) == [PrecheckResult.CANNOT_TELL]


def test_a_switch_that_was_only_discovered_forgives_nothing() -> None:
    """Somebody inferred that it is off."""
    groups = tuple(
        replace(g, ha_enabled=False, switch_origin=Origin.DISCOVERED) for g in HEALTHY.groups
    )
    facts = without(replace(HEALTHY, groups=groups), SUBSCRIBER, WEB_CONNECTION_MANAGER)
    decision = asked(facts, RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=True))
    assert PrecheckResult.NOTE not in answers(decision, PrecheckTopic.GROUP)


def test_a_service_that_the_same_change_takes_away_is_not_there() -> None:
    """It runs now, and will not."""
    facts = without(HEALTHY, SUBSCRIBER, PRESENCE_ENGINE_SERVICE)
    engine = RequestedChange(SUBSCRIBER, PRESENCE_ENGINE_SERVICE, activate=True)
    proxy = RequestedChange(SUBSCRIBER, SIP_PROXY_SERVICE, activate=False)
    decision = asked(facts, engine, proxy)
    told = {p.text: p.answer for p in decision.points if p.topic is PrecheckTopic.PREREQUISITE}
    said = f"{PRESENCE_ENGINE_SERVICE} needs {SIP_PROXY_SERVICE}, which the same change turns off."
    assert told[said] is PrecheckResult.NO_GO


def test_a_service_that_others_need_is_not_turned_off_under_them() -> None:
    """Unless they go with it."""
    proxy = RequestedChange(SUBSCRIBER, SIP_PROXY_SERVICE, activate=False)
    alone = asked(HEALTHY, proxy)
    needing = [p.text for p in alone.points if p.topic is PrecheckTopic.PREREQUISITE]
    assert needing == [
        f"{name} is started here, and needs {SIP_PROXY_SERVICE}."
        for name in (PRESENCE_ENGINE_SERVICE, SIP_FEDERATION_MANAGER)
    ]
    leaving = [
        RequestedChange(SUBSCRIBER, s, activate=False)
        for s in (PRESENCE_ENGINE_SERVICE, SIP_FEDERATION_MANAGER)
    ]
    assert answers(asked(HEALTHY, proxy, *leaving), PrecheckTopic.PREREQUISITE) == []


@pytest.mark.parametrize(
    ("used", "answer"), [([PUBLISHER], PrecheckResult.CANNOT_TELL), (False, PrecheckResult.GO)]
)
def test_another_feature_may_need_what_its_own_does_not(
    used: list[str] | bool, answer: PrecheckResult
) -> None:
    """Federation sends messages through the Text Conference Manager, perhaps of another node."""
    told = make.deployment(
        chat=False, permanent_chat=False, permanent_chat_ha=False, sip_federation=used
    )
    told |= make.settings(partitioned_intradomain_federation=False)
    decision = asked(
        replace(HEALTHY, settings=told),
        RequestedChange(SUBSCRIBER, TEXT_CONFERENCE_MANAGER, activate=False),
    )
    assert decision.answer is answer


@pytest.mark.parametrize("activate", [True, False])
def test_a_change_that_is_so_already_is_told_as_such(activate: bool) -> None:
    """There is nothing to do, whatever else is said of it."""
    facts = HEALTHY if activate else without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    change = RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, activate=activate)
    other = RequestedChange(PUBLISHER, WEB_CONNECTION_MANAGER, activate=False)
    assert asked(facts, change).idle
    assert not asked(facts, change, other).idle
    assert asked(facts, change, other).already == (change,)
