"""The way back from a change: what was done is set back, and what cannot be says so."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from auditor.change.rollback import LimitKind, RollbackLimit, plan_rollback
from auditor.change.step_report import StepContext, limit_text, step_texts
from auditor.change.steps import ChangeStep, StepKind
from auditor.change.what_if import ChangeAction, RequestedChange
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import RunState, ServiceState
from auditor.service_names import (
    BULK_PROVISIONING,
    DIRECTORY_SERVICE,
    MESSAGE_ARCHIVER,
    SIP_PROXY_SERVICE,
    WEB_CONNECTION_MANAGER,
    XCP_ROUTER,
    XMPP_FEDERATION_MANAGER,
)
from tests.change.window import HEALTHY, PUBLISHER, SUBSCRIBER, decide, without

HA_OFF = [StepKind.HA_STAYS_OFF, StepKind.WAIT_IF_IT_WAS_ON]
COMPARED = [StepKind.COMPARE_ROLLED_BACK]
HA_ON = [StepKind.HA_ON, StepKind.ALL_NORMAL]


def change(service: str, action: ChangeAction, node: str = SUBSCRIBER) -> RequestedChange:
    """Return one change."""
    return RequestedChange(node, service, action)


def with_state(service: str, activated: bool | None, state: RunState) -> ClusterFacts:
    """Return the pair with a service of the subscriber in a state."""
    deployable = service != XCP_ROUTER
    row = ServiceState(service, deployable, activated, state)
    nodes = tuple(
        replace(n, services={**n.services, service: row}) if n.name == SUBSCRIBER else n
        for n in HEALTHY.nodes
    )
    return replace(HEALTHY, nodes=nodes)


def kinds(steps: Sequence[ChangeStep]) -> list[StepKind]:
    """Return the kinds of the steps."""
    return [step.kind for step in steps]


def limits(found: Sequence[RollbackLimit]) -> set[LimitKind]:
    """Return the kinds of the limits."""
    return {limit.kind for limit in found}


def test_what_was_turned_on_is_turned_off() -> None:
    """It starts no failover, so high availability is not touched."""
    facts = without(HEALTHY, SUBSCRIBER, BULK_PROVISIONING)
    back = plan_rollback(facts, [change(BULK_PROVISIONING, ChangeAction.ACTIVATE)])
    assert kinds(back.steps) == [StepKind.DEACTIVATE, *COMPARED]
    assert back.steps[0].nodes == (SUBSCRIBER,)
    assert limits(back.limits) == {LimitKind.DATA_REMAINS}


def test_what_was_turned_off_is_turned_on() -> None:
    """High availability went off for it, and comes on at the end."""
    back = plan_rollback(HEALTHY, [change(SIP_PROXY_SERVICE, ChangeAction.DEACTIVATE)])
    assert kinds(back.steps) == [*HA_OFF, StepKind.ACTIVATE, *COMPARED, *HA_ON]
    assert back.limits == ()


def test_a_critical_service_that_was_turned_on_is_turned_off_without_ha() -> None:
    """To turn it on needed no switch; to turn it off starts a failover."""
    facts = without(HEALTHY, SUBSCRIBER, SIP_PROXY_SERVICE)
    back = plan_rollback(facts, [change(SIP_PROXY_SERVICE, ChangeAction.ACTIVATE)])
    assert kinds(back.steps) == [*HA_OFF, StepKind.DEACTIVATE, *COMPARED, *HA_ON]


@pytest.mark.parametrize("service", [MESSAGE_ARCHIVER, XMPP_FEDERATION_MANAGER])
def test_the_old_settings_take_effect_with_router_on_all_nodes(service: str) -> None:
    """As the new ones did; the service itself is off, and not restarted."""
    facts = without(HEALTHY, SUBSCRIBER, service)
    back = plan_rollback(facts, [change(service, ChangeAction.ACTIVATE)])
    assert kinds(back.steps) == [
        *HA_OFF,
        StepKind.DEACTIVATE,
        StepKind.SET_BACK,
        StepKind.RESTART_AFTER_SETTING_BACK,
        *COMPARED,
        *HA_ON,
    ]
    (restart,) = (s for s in back.steps if s.kind is StepKind.RESTART_AFTER_SETTING_BACK)
    assert (restart.service, restart.nodes) == (XCP_ROUTER, (PUBLISHER, SUBSCRIBER))
    assert LimitKind.USERS_STAY_OUT in limits(back.limits)


def test_a_restart_cannot_be_taken_back() -> None:
    """It sets nothing; but high availability must come on again, and the service may be down."""
    back = plan_rollback(HEALTHY, [change(XCP_ROUTER, ChangeAction.RESTART)])
    assert kinds(back.steps) == [*HA_OFF, StepKind.START_IF_DOWN, *COMPARED, *HA_ON]
    assert limits(back.limits) == {LimitKind.RESTART_SETS_NOTHING, LimitKind.USERS_STAY_OUT}


def test_a_restart_that_only_started_is_stopped_again() -> None:
    """It was stopped before."""
    facts = with_state(WEB_CONNECTION_MANAGER, True, RunState.STOPPED)
    back = plan_rollback(facts, [change(WEB_CONNECTION_MANAGER, ChangeAction.RESTART)])
    assert kinds(back.steps) == [StepKind.STOP, *COMPARED]
    assert back.limits == ()


@pytest.mark.parametrize(
    ("action", "activated", "state", "expected", "limit"),
    [
        (ChangeAction.ACTIVATE, True, RunState.STARTED, [], {LimitKind.NOTHING_CHANGED}),
        (ChangeAction.ACTIVATE, True, RunState.STOPPED, [StepKind.STOP], set()),
        (
            ChangeAction.ACTIVATE,
            True,
            RunState.UNKNOWN,
            [],
            {LimitKind.STATE_UNKNOWN_BEFORE},
        ),
        (
            ChangeAction.ACTIVATE,
            None,
            RunState.UNKNOWN,
            [StepKind.DEACTIVATE_IF_IT_WAS_OFF],
            {LimitKind.STATE_UNKNOWN_BEFORE},
        ),
        (ChangeAction.DEACTIVATE, False, RunState.STOPPED, [], {LimitKind.NOTHING_CHANGED}),
        (
            ChangeAction.DEACTIVATE,
            True,
            RunState.STOPPED,
            [StepKind.ACTIVATE, StepKind.STOP],
            set(),
        ),
        (
            ChangeAction.DEACTIVATE,
            None,
            RunState.STOPPED,
            [StepKind.ACTIVATE_IF_IT_WAS_ON],
            {LimitKind.STATE_UNKNOWN_BEFORE},
        ),
    ],
)
def test_it_leads_back_to_the_state_before(
    action: ChangeAction,
    activated: bool | None,
    state: RunState,
    expected: list[StepKind],
    limit: set[LimitKind],
) -> None:
    """Not to the opposite of the request; and what was unknown before is not guessed."""
    facts = with_state(DIRECTORY_SERVICE, activated, state)
    back = plan_rollback(facts, [change(DIRECTORY_SERVICE, action)])
    done = [k for k in kinds(back.steps) if k not in (StepKind.SET_BACK, *COMPARED)]
    assert done == expected
    assert limits(back.limits) == limit


def test_services_go_off_in_the_reverse_of_cisco_s_start_order() -> None:
    """And those that were turned off start in that order, after the others are off."""
    later, earlier = WEB_CONNECTION_MANAGER, SIP_PROXY_SERVICE
    facts = without(HEALTHY, SUBSCRIBER, earlier, later)
    changes = [
        change(earlier, ChangeAction.ACTIVATE),
        change(later, ChangeAction.ACTIVATE),
        change(later, ChangeAction.DEACTIVATE, PUBLISHER),
        change(earlier, ChangeAction.DEACTIVATE, PUBLISHER),
    ]
    done = [(s.kind, s.service) for s in plan_rollback(facts, changes).steps if s.service]
    assert done == [
        (StepKind.DEACTIVATE, later),
        (StepKind.DEACTIVATE, earlier),
        (StepKind.ACTIVATE, earlier),
        (StepKind.ACTIVATE, later),
    ]


def test_a_decision_carries_its_way_back() -> None:
    """The documents and the JSON are made of it."""
    request = change(SIP_PROXY_SERVICE, ChangeAction.RESTART)
    assert decide(HEALTHY, request).rollback == plan_rollback(HEALTHY, [request])


@pytest.mark.parametrize("kind", LimitKind)
def test_every_kind_of_limit_has_its_text(kind: LimitKind) -> None:
    """All values that it names exist."""
    text = limit_text(RollbackLimit(kind, XCP_ROUTER, (SUBSCRIBER,), "Details."))
    assert text.endswith(".")
    assert "{" not in text


@pytest.mark.parametrize(
    ("cluster", "word"),
    [("campus-1", "campus-1"), ("campus one", '"campus one"'), ("a;b$c", "'a;b$c'")],
)
def test_commands_name_the_cluster_as_a_shell_takes_it(cluster: str, word: str) -> None:
    """A name with a blank is one word, and no name is a command."""
    texts = step_texts(ChangeStep(StepKind.COMPARE_ROLLED_BACK), StepContext(cluster))
    assert f"`auditor diff before.json live {word}`" in texts.text
