"""Go or no-go: every service of the table, both ways, on the facts of a healthy pair."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from auditor.change.advice import load_activation_advice
from auditor.change.change_check import ChangeCheck, CheckKind, PrecheckResult, PrecheckTopic
from auditor.change.check_report import check_remedy, check_text
from auditor.change.precheck import decide_change
from auditor.change.what_if import ChangeAction, RequestedChange
from auditor.models.evidence import Origin
from auditor.models.findings import Severity
from auditor.models.nodes import HaState, Identity, RunState, ServiceState
from auditor.models.settings import Reach
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
from tests.change.window import HEALTHY, PUBLISHER, SUBSCRIBER, decide, results, without

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
def test_turning_on_a_wanted_service_is_a_go(service: str) -> None:
    """It also fixes the drift that is there without it."""
    node = GOOD[service]
    decision = decide(
        without(HEALTHY, node, service), RequestedChange(node, service, ChangeAction.ACTIVATE)
    )
    passing = {PrecheckResult.GO, PrecheckResult.NOTE}
    assert {check.result for check in decision.checks} <= passing
    assert decision.result is PrecheckResult.GO
    assert PrecheckTopic.FIXES in {check.topic for check in decision.checks}
    assert any(step.service == service for step in decision.steps)


@pytest.mark.parametrize("service", sorted(GOOD))
def test_turning_off_a_wanted_service_is_a_no_go(service: str) -> None:
    """It would break the recommendation that it runs."""
    decision = decide(HEALTHY, RequestedChange(GOOD[service], service, ChangeAction.DEACTIVATE))
    assert decision.result is PrecheckResult.NO_GO
    assert PrecheckResult.NO_GO in results(decision, PrecheckTopic.BREAKS)
    assert decision.drift
    texts = [(check.about, check_text(check)) for check in decision.checks]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("service", [BULK_PROVISIONING, SERVICEABILITY_REPORTER])
def test_turning_on_a_misplaced_service_is_a_no_go(service: str) -> None:
    """These run on the publisher alone."""
    decision = decide(HEALTHY, RequestedChange(SUBSCRIBER, service, ChangeAction.ACTIVATE))
    assert PrecheckResult.NO_GO in results(decision, PrecheckTopic.PLACEMENT)


@pytest.mark.parametrize("service", sorted(s for s in GOOD if load_activation_advice()[s].confirm))
def test_configuration_that_no_interface_shows_must_be_confirmed(service: str) -> None:
    """Until then the change is undecided (CAU-01)."""
    node = GOOD[service]
    facts = without(HEALTHY, node, service)
    decision = decide(facts, RequestedChange(node, service, ChangeAction.ACTIVATE), confirmed=False)
    assert decision.result is PrecheckResult.UNDECIDED
    assert set(results(decision, PrecheckTopic.CONFIRM)) == {PrecheckResult.UNDECIDED}


@pytest.mark.parametrize("service", [MESSAGE_ARCHIVER, TEXT_CONFERENCE_MANAGER])
def test_a_database_that_refuses_is_a_no_go(service: str) -> None:
    """The service would not start."""
    node = GOOD[service]
    facts = without(HEALTHY, node, service)
    databases = tuple(replace(d, reach=Reach.REFUSED) for d in facts.databases)
    decision = decide(
        replace(facts, databases=databases), RequestedChange(node, service, ChangeAction.ACTIVATE)
    )
    assert PrecheckResult.NO_GO in results(decision, PrecheckTopic.PREREQUISITE)


@pytest.mark.parametrize(
    ("service", "key"),
    [
        (XMPP_FEDERATION_MANAGER, "xmpp_federation_enabled_on"),
        (DIRECTORY_SERVICE, "third_party_ldap_search_configured"),
        (FILE_TRANSFER_MANAGER, "file_server_configured"),
    ],
)
def test_a_prerequisite_that_is_not_configured_is_a_no_go(service: str, key: str) -> None:
    """The service would run without it."""
    node = GOOD[service]
    facts = without(HEALTHY, node, service)
    change = RequestedChange(node, service, ChangeAction.ACTIVATE)
    missing = replace(facts, settings={**facts.settings, key: (make.setting(False),)})
    assert PrecheckResult.NO_GO in results(decide(missing, change), PrecheckTopic.PREREQUISITE)


def test_a_service_that_needs_one_that_is_down_is_a_no_go() -> None:
    """Unless the same change brings it."""
    facts = without(HEALTHY, SUBSCRIBER, PRESENCE_ENGINE_SERVICE, SIP_PROXY_SERVICE)
    engine = RequestedChange(SUBSCRIBER, PRESENCE_ENGINE_SERVICE, ChangeAction.ACTIVATE)
    proxy = RequestedChange(SUBSCRIBER, SIP_PROXY_SERVICE, ChangeAction.ACTIVATE)
    assert PrecheckResult.NO_GO in results(decide(facts, engine), PrecheckTopic.PREREQUISITE)
    assert decide(facts, engine, proxy).result is PrecheckResult.GO


def test_a_router_that_is_down_is_a_no_go_for_xcp_services() -> None:
    """They stop with it."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    stopped = ServiceState(XCP_ROUTER, False, None, RunState.STOPPED, -1069)
    nodes = tuple(replace(n, services={**n.services, XCP_ROUTER: stopped}) for n in facts.nodes)
    decision = decide(
        replace(facts, nodes=nodes),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE),
    )
    assert PrecheckResult.NO_GO in results(decision, PrecheckTopic.PREREQUISITE)


def test_an_unread_node_is_undecided() -> None:
    """A go would be a false pass."""
    nodes = tuple(replace(n, services={}) if n.name == SUBSCRIBER else n for n in HEALTHY.nodes)
    decision = decide(
        replace(HEALTHY, nodes=nodes),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE),
    )
    assert decision.result is PrecheckResult.UNDECIDED


def test_a_service_of_an_undeclared_feature_is_undecided() -> None:
    """The profile decides whether it is wanted."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    settings = {k: v for k, v in facts.settings.items() if k != "web_clients"}
    decision = decide(
        replace(facts, settings=settings),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE),
    )
    assert decision.result is PrecheckResult.UNDECIDED
    assert any("web_clients" in check_remedy(check) for check in decision.checks)


def test_drift_below_the_threshold_is_a_note() -> None:
    """It is listed and decides nothing."""
    change = RequestedChange(SUBSCRIBER, SERVICEABILITY_REPORTER, ChangeAction.ACTIVATE)
    decision = decide(HEALTHY, change, fail_on=Severity.CRITICAL)
    assert results(decision, PrecheckTopic.BREAKS) == [PrecheckResult.NOTE]


@pytest.mark.parametrize(
    ("state", "result"),
    [(HaState.FAILING_OVER, PrecheckResult.UNDECIDED), (HaState.FAILED, PrecheckResult.NO_GO)],
)
def test_a_moving_or_broken_pair_forbids_a_change(state: HaState, result: PrecheckResult) -> None:
    """A moving one is undecided, a broken one is a no-go."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    nodes = tuple(replace(n, ha_state=make.reading(state)) for n in facts.nodes)
    decision = decide(
        replace(facts, nodes=nodes),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE),
    )
    assert result in results(decision, PrecheckTopic.GROUP)


def test_a_pair_with_ha_off_is_a_note() -> None:
    """Without HA no change can provoke a failover."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    groups = tuple(replace(g, ha_enabled=False) for g in facts.groups)
    decision = decide(
        replace(facts, groups=groups),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE),
    )
    assert decision.result is PrecheckResult.GO
    assert PrecheckResult.NOTE in results(decision, PrecheckTopic.GROUP)


def test_a_node_that_another_machine_answers_for_is_undecided() -> None:
    """The states that it reports are not this node's."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    nodes = tuple(
        replace(n, identity=Identity.CONTRADICTED) if n.name == SUBSCRIBER else n
        for n in facts.nodes
    )
    decision = decide(
        replace(facts, nodes=nodes),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE),
    )
    assert decision.result is PrecheckResult.UNDECIDED
    assert results(decision, PrecheckTopic.NOW) == [PrecheckResult.UNDECIDED]
    assert PrecheckResult.GO not in results(decision, PrecheckTopic.PREREQUISITE)


def test_a_starting_service_is_undecided() -> None:
    """It may still fail to start."""
    starting = make.service(WEB_CONNECTION_MANAGER, "starting")
    nodes = tuple(
        replace(n, services={**n.services, WEB_CONNECTION_MANAGER: starting}) for n in HEALTHY.nodes
    )
    decision = decide(
        replace(HEALTHY, nodes=nodes),
        RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE),
    )
    assert results(decision, PrecheckTopic.NOW) == [PrecheckResult.UNDECIDED]


@pytest.mark.parametrize(
    ("state", "result"),
    [(HaState.FAILING_OVER, PrecheckResult.UNDECIDED), (HaState.FAILED, PrecheckResult.NO_GO)],
)
def test_the_pair_is_checked_whatever_the_pack(state: HaState, result: PrecheckResult) -> None:
    """Cisco's table has no recommendation on pairs."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    nodes = tuple(replace(n, ha_state=make.reading(state)) for n in facts.nodes)
    decision = decide_change(
        replace(facts, nodes=nodes),
        [RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE)],
        load_packs(["table"]),
        fail_on=Severity.LOW,
        is_confirmed=True,
    )
    assert decision.result is result


@pytest.mark.parametrize("action", [ChangeAction.ACTIVATE, ChangeAction.DEACTIVATE])
def test_a_service_without_a_recommendation_is_undecided(action: ChangeAction) -> None:
    """The table alone does not name it."""
    decision = decide_change(
        HEALTHY,
        [RequestedChange(SUBSCRIBER, FILE_TRANSFER_MANAGER, action)],
        load_packs(["table"]),
        fail_on=Severity.LOW,
        is_confirmed=True,
    )
    assert decision.result is PrecheckResult.UNDECIDED


def test_an_unknown_group_is_undecided() -> None:
    """Its pair may be moving at this moment."""
    facts = without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    nodes = tuple(replace(n, redundancy_group=None, group_known=False) for n in facts.nodes)
    blind = replace(facts, nodes=nodes, groups=(), groups_known=False)
    decision = decide(
        blind, RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE)
    )
    assert results(decision, PrecheckTopic.GROUP) == [PrecheckResult.UNDECIDED]


def test_a_discovered_ha_switch_is_not_trusted() -> None:
    """That HA is off was only inferred."""
    groups = tuple(
        replace(g, ha_enabled=False, switch_origin=Origin.DISCOVERED) for g in HEALTHY.groups
    )
    facts = without(replace(HEALTHY, groups=groups), SUBSCRIBER, WEB_CONNECTION_MANAGER)
    decision = decide(
        facts, RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, ChangeAction.ACTIVATE)
    )
    assert PrecheckResult.NOTE not in results(decision, PrecheckTopic.GROUP)


def test_a_service_that_the_same_change_turns_off_is_missing() -> None:
    """It runs now, and will not after the change."""
    facts = without(HEALTHY, SUBSCRIBER, PRESENCE_ENGINE_SERVICE)
    engine = RequestedChange(SUBSCRIBER, PRESENCE_ENGINE_SERVICE, ChangeAction.ACTIVATE)
    proxy = RequestedChange(SUBSCRIBER, SIP_PROXY_SERVICE, ChangeAction.DEACTIVATE)
    decision = decide(facts, engine, proxy)
    kinds = {c.kind: c for c in decision.checks if c.topic is PrecheckTopic.PREREQUISITE}
    check = kinds[CheckKind.NEEDED_TURNED_OFF]
    assert (check.needed, check.result) == (SIP_PROXY_SERVICE, PrecheckResult.NO_GO)


def test_a_service_that_others_need_is_not_turned_off() -> None:
    """Unless they are turned off with it."""
    proxy = RequestedChange(SUBSCRIBER, SIP_PROXY_SERVICE, ChangeAction.DEACTIVATE)
    alone = decide(HEALTHY, proxy)
    needing = [
        check_text(check) for check in alone.checks if check.topic is PrecheckTopic.PREREQUISITE
    ]
    assert needing == [
        f"{name} is started here, and needs {SIP_PROXY_SERVICE}."
        for name in (PRESENCE_ENGINE_SERVICE, SIP_FEDERATION_MANAGER)
    ]
    leaving = [
        RequestedChange(SUBSCRIBER, s, ChangeAction.DEACTIVATE)
        for s in (PRESENCE_ENGINE_SERVICE, SIP_FEDERATION_MANAGER)
    ]
    assert results(decide(HEALTHY, proxy, *leaving), PrecheckTopic.PREREQUISITE) == []


@pytest.mark.parametrize(
    ("used", "result"), [([PUBLISHER], PrecheckResult.UNDECIDED), (False, PrecheckResult.GO)]
)
def test_another_feature_may_need_what_its_own_does_not(
    used: list[str] | bool, result: PrecheckResult
) -> None:
    """Federation sends messages through the Text Conference Manager, perhaps of another node."""
    profile = make.deployment(
        chat=False, permanent_chat=False, permanent_chat_ha=False, sip_federation=used
    )
    profile |= make.settings(partitioned_intradomain_federation=False)
    decision = decide(
        replace(HEALTHY, settings=profile),
        RequestedChange(SUBSCRIBER, TEXT_CONFERENCE_MANAGER, ChangeAction.DEACTIVATE),
    )
    assert decision.result is result


@pytest.mark.parametrize("action", [ChangeAction.ACTIVATE, ChangeAction.DEACTIVATE])
def test_a_change_that_is_made_already_is_reported(action: ChangeAction) -> None:
    """There is nothing to change, whatever the other checks find."""
    facts = (
        HEALTHY
        if action is ChangeAction.ACTIVATE
        else without(HEALTHY, SUBSCRIBER, WEB_CONNECTION_MANAGER)
    )
    change = RequestedChange(SUBSCRIBER, WEB_CONNECTION_MANAGER, action)
    other = RequestedChange(PUBLISHER, WEB_CONNECTION_MANAGER, ChangeAction.DEACTIVATE)
    assert decide(facts, change).has_nothing_to_change
    assert not decide(facts, change, other).has_nothing_to_change
    assert decide(facts, change, other).already_made == (change,)


def test_a_service_that_is_activated_but_stopped_needs_a_start() -> None:
    """Service Activation would change nothing, but a diff would miss the running service."""
    stopped = without(HEALTHY, SUBSCRIBER, SIP_PROXY_SERVICE)
    node = next(node for node in stopped.nodes if node.name == SUBSCRIBER)
    services = dict(node.services)
    services[SIP_PROXY_SERVICE] = replace(services[SIP_PROXY_SERVICE], activated=True)
    nodes = tuple(replace(n, services=services) if n is node else n for n in stopped.nodes)
    change = RequestedChange(SUBSCRIBER, SIP_PROXY_SERVICE, ChangeAction.ACTIVATE)
    decision = decide(replace(stopped, nodes=nodes), change)
    assert not decision.has_nothing_to_change
    now = next(check for check in decision.checks if check.topic is PrecheckTopic.NOW)
    assert now.kind is CheckKind.ACTIVATED_BUT_STOPPED
    assert check_text(now) == "Cisco SIP Proxy is activated already, but stopped."
    assert "Start it in Control Center" in check_remedy(now)


@pytest.mark.parametrize("kind", CheckKind)
def test_every_kind_of_check_has_its_texts(kind: CheckKind) -> None:
    """All values that they name exist."""
    topic, result = PrecheckTopic.NOW, PrecheckResult.UNDECIDED
    check = ChangeCheck(topic=topic, result=result, kind=kind, about="imp1", service="A service")
    assert check_text(check)
    assert "{" not in check_text(check) + check_remedy(check)
