"""The steps of a change: Cisco's order around a failover, and what follows an activation."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from auditor.change.change_check import CheckKind
from auditor.change.step_report import StepContext, render_steps, step_texts
from auditor.change.steps import ChangeStep, StepKind, plan_steps
from auditor.change.what_if import ChangeAction, RequestedChange
from auditor.models.evidence import Origin
from auditor.models.facts import ClusterFacts
from auditor.service_names import (
    AUTHENTICATION_SERVICE,
    CLIENT_PROFILE_AGENT,
    CONNECTION_MANAGER,
    DATABASE,
    DIRECTORY_SERVICE,
    MESSAGE_ARCHIVER,
    PRESENCE_DATASTORE,
    SIP_PROXY_SERVICE,
    TEXT_CONFERENCE_MANAGER,
    WEB_CONNECTION_MANAGER,
    XCP_ROUTER,
    XMPP_FEDERATION_MANAGER,
)
from tests import factories as make
from tests.change.window import HEALTHY, PUBLISHER, SUBSCRIBER, decide, without

BEFORE = [StepKind.WRITE_EXPECTATION, StepKind.HA_OFF, StepKind.WAIT, StepKind.RECORD_SESSIONS]
AFTER = [StepKind.COMPARE_SESSIONS, StepKind.HA_ON, StepKind.ALL_NORMAL]
RECORDED = [StepKind.WRITE_EXPECTATION, StepKind.RECORD_STATE]
GROUP = HEALTHY.groups[0].name
COMPARED = [StepKind.COMPARE_STATE]


def kinds(steps: Sequence[ChangeStep]) -> list[StepKind]:
    """Return the kinds of the steps, without those that only prepare and finish."""
    return [s.kind for s in steps if s.kind not in (StepKind.PREPARE, StepKind.FINISH)]


def restart(service: str, node: str = SUBSCRIBER) -> RequestedChange:
    """Return a restart."""
    return RequestedChange(node, service, ChangeAction.RESTART)


def with_ha(on: bool | None, origin: Origin | None = None) -> ClusterFacts:
    """Return the pair with its HA switch in this position."""
    groups = tuple(replace(g, ha_enabled=on, switch_origin=origin) for g in HEALTHY.groups)
    return replace(HEALTHY, groups=groups)


@pytest.mark.parametrize(
    "service", [SIP_PROXY_SERVICE, XCP_ROUTER, TEXT_CONFERENCE_MANAGER, PRESENCE_DATASTORE]
)
def test_ha_is_off_while_a_critical_service_stops(service: str) -> None:
    """Two minutes, sessions, restart, and everything back."""
    steps = plan_steps(HEALTHY, [restart(service)])
    assert kinds(steps) == [*BEFORE, StepKind.RESTART, *AFTER]


@pytest.mark.parametrize(
    ("service", "is_ordered"),
    [
        (PRESENCE_DATASTORE, True),
        (XCP_ROUTER, True),
        (DATABASE, True),
        (CLIENT_PROFILE_AGENT, True),
        (SIP_PROXY_SERVICE, False),
        (WEB_CONNECTION_MANAGER, False),
    ],
)
def test_a_start_that_others_wait_for_needs_ha_off_too(service: str, is_ordered: bool) -> None:
    """A restart of a stopped service only starts it: nothing stops, but a failover may begin."""
    nodes = tuple(
        replace(n, services={**n.services, service: make.service(service, "stopped")})
        if n.name == SUBSCRIBER
        else n
        for n in HEALTHY.nodes
    )
    decision = decide(replace(HEALTHY, nodes=nodes), restart(service))
    around = (BEFORE, AFTER) if is_ordered else (RECORDED, COMPARED)
    assert kinds(decision.steps) == [*around[0], StepKind.RESTART, *around[1]]
    notes = {check.kind for check in decision.checks}
    assert (CheckKind.STARTS_WITHOUT_HA in notes) is is_ordered


def test_a_deactivation_stops_it_too() -> None:
    change = RequestedChange(SUBSCRIBER, SIP_PROXY_SERVICE, ChangeAction.DEACTIVATE)
    assert kinds(plan_steps(HEALTHY, [change])) == [*BEFORE, StepKind.DEACTIVATE, *AFTER]


def test_what_may_be_critical_is_treated_as_such() -> None:
    """The parameter that decides cannot be read."""
    steps = plan_steps(HEALTHY, [restart(AUTHENTICATION_SERVICE)])
    assert kinds(steps) == [*BEFORE, StepKind.RESTART, *AFTER]


def test_text_conference_manager_without_highly_available_chat_starts_no_failover() -> None:
    settings = {**HEALTHY.settings, **make.settings(permanent_chat_ha=False)}
    facts = replace(HEALTHY, settings=settings)
    steps = plan_steps(facts, [restart(TEXT_CONFERENCE_MANAGER)])
    assert kinds(steps) == [*RECORDED, StepKind.RESTART, *COMPARED]


def test_other_services_are_only_compared() -> None:
    steps = plan_steps(HEALTHY, [restart(DIRECTORY_SERVICE)])
    assert kinds(steps) == [*RECORDED, StepKind.RESTART, *COMPARED]


@pytest.mark.parametrize("service", [CONNECTION_MANAGER, WEB_CONNECTION_MANAGER])
def test_the_sessions_are_recorded_before_clients_are_disconnected(service: str) -> None:
    """No failover starts, so high availability stays as it is."""
    assert kinds(plan_steps(HEALTHY, [restart(service)])) == [
        StepKind.WRITE_EXPECTATION,
        StepKind.RECORD_SESSIONS,
        StepKind.RESTART,
        StepKind.COMPARE_SESSIONS,
    ]


def test_with_ha_off_only_the_sessions_are_recorded() -> None:
    steps = plan_steps(with_ha(False), [restart(XCP_ROUTER)])
    assert kinds(steps) == [
        StepKind.WRITE_EXPECTATION,
        StepKind.RECORD_SESSIONS,
        StepKind.RESTART,
        StepKind.COMPARE_SESSIONS,
    ]


@pytest.mark.parametrize("facts", [with_ha(None), with_ha(False, Origin.DISCOVERED)])
def test_a_switch_that_is_not_proven_off_is_looked_at(facts: ClusterFacts) -> None:
    """It may be on."""
    steps = plan_steps(facts, [restart(XCP_ROUTER)])
    assert StepKind.HA_OFF_IF_ON in kinds(steps)
    assert StepKind.HA_ON_IF_IT_WAS in kinds(steps)


def test_a_group_that_could_not_be_read_is_looked_at() -> None:
    """That no group is known does not mean that there is none."""
    nodes = tuple(replace(n, redundancy_group=None, group_known=False) for n in HEALTHY.nodes)
    facts = replace(HEALTHY, nodes=nodes, groups=(), groups_known=False)
    steps = plan_steps(facts, [restart(XCP_ROUTER)])
    (step,) = (s for s in steps if s.kind is StepKind.HA_OFF_IF_ON)
    assert f"the group of {SUBSCRIBER}" in step_texts(step, StepContext()).text


def test_only_the_pairs_of_the_change_are_waited_for() -> None:
    """Another one that is failed over would never let the step end."""
    step = plan_steps(HEALTHY, [restart(XCP_ROUTER)])[-1]
    assert step_texts(step, StepContext("lab")).text == (
        f"Wait until both nodes of {GROUP} are Normal: "
        f"`auditor failover-check lab --group {GROUP}`."
    )


def test_a_pair_without_a_known_name_cannot_be_asked_alone() -> None:
    nodes = tuple(replace(n, redundancy_group=None, group_known=False) for n in HEALTHY.nodes)
    facts = replace(HEALTHY, nodes=nodes, groups=(), groups_known=False)
    step = plan_steps(facts, [restart(XCP_ROUTER)])[-1]
    assert step_texts(step, StepContext("lab")).text == (
        f"Wait until both nodes of the group of {SUBSCRIBER} are Normal: "
        "`auditor failover-check lab`."
    )


@pytest.mark.parametrize("service", [MESSAGE_ARCHIVER, XMPP_FEDERATION_MANAGER])
def test_the_archiver_and_federation_end_with_router_on_all_nodes(service: str) -> None:
    """Their settings take effect with it, and it is a critical service."""
    facts = without(HEALTHY, SUBSCRIBER, service)
    change = RequestedChange(SUBSCRIBER, service, ChangeAction.ACTIVATE)
    decision = decide(facts, change)
    followed = [s for s in decision.steps if s.kind is StepKind.RESTART_FOLLOWING]
    nodes = {step.service: step.nodes for step in followed}
    assert nodes.pop(XCP_ROUTER) == (PUBLISHER, SUBSCRIBER)
    federation = {XMPP_FEDERATION_MANAGER: (SUBSCRIBER,)}
    assert nodes == (federation if service == XMPP_FEDERATION_MANAGER else {})
    made = [StepKind.ACTIVATE, *([StepKind.RESTART_FOLLOWING] * len(followed))]
    assert kinds(decision.steps) == [*BEFORE, *made, *AFTER]
    assert CheckKind.ROUTER_STOPS in {check.kind for check in decision.checks}
    assert decision.expectation.allows_restart(PUBLISHER, XCP_ROUTER)


def test_a_restart_of_router_says_that_it_logs_everybody_out() -> None:
    (step,) = (s for s in plan_steps(HEALTHY, [restart(XCP_ROUTER)]) if s.service)
    texts = step_texts(step, StepContext())
    assert texts.text == f"Restart {XCP_ROUTER} on {SUBSCRIBER}. It logs out every user there."
    assert texts.page.endswith("Control Center - Network Services")
    assert texts.cli == f"utils service restart {XCP_ROUTER}"


@pytest.mark.parametrize("kind", StepKind)
def test_every_kind_of_step_has_its_texts(kind: StepKind) -> None:
    """All values that they name exist, and the number stands before them."""
    step = ChangeStep(kind, XCP_ROUTER, (SUBSCRIBER,), ("Default",), "details")
    first, *_ = render_steps((step,), StepContext("lab", {SUBSCRIBER: None}), 80)
    assert first.startswith("  1. ")
    assert "{" not in "".join(render_steps((step,), StepContext("lab", {SUBSCRIBER: None}), 80))
