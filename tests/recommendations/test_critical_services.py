"""Which services start a failover when they stop."""

from dataclasses import replace

import pytest

from auditor.recommendations.critical_services import (
    CRITICAL_SERVICES,
    FOUNDATION_SERVICES,
    is_critical_service,
    needs_ha_off,
)
from auditor.service_names import (
    AUTHENTICATION_SERVICE,
    CONFIG_AGENT,
    DATABASE,
    DATABASE_REPLICATOR,
    INTERCLUSTER_SYNC_AGENT,
    OAM_AGENT,
    PRESENCE_ENGINE_SERVICE,
    SIP_PROXY_SERVICE,
    START_ORDER,
    TEXT_CONFERENCE_MANAGER,
    WEB_CONNECTION_MANAGER,
)
from tests import factories as make


@pytest.mark.parametrize("service", CRITICAL_SERVICES)
def test_the_services_of_ciscos_list_are_critical_everywhere(service: str) -> None:
    assert is_critical_service(replace(make.cluster(), settings={}), service) is True


@pytest.mark.parametrize("declared", [True, False, None])
def test_the_text_conference_manager_is_critical_with_highly_available_chat(
    declared: bool | None,
) -> None:
    """The chat rooms of a node move to its partner with it."""
    settings = {} if declared is None else make.settings(permanent_chat_ha=declared)
    facts = replace(make.cluster(), settings=settings)
    assert is_critical_service(facts, TEXT_CONFERENCE_MANAGER) is declared


def test_the_monitoring_of_the_authentication_service_is_not_known() -> None:
    """A service parameter decides, and no interface that is asked shows it."""
    assert is_critical_service(make.cluster(), AUTHENTICATION_SERVICE) is None
    assert is_critical_service(make.cluster(), WEB_CONNECTION_MANAGER) is False


def test_critical_services_are_in_the_order_in_which_they_start() -> None:
    """The network services first, and SIP Proxy before Presence Engine, which needs it."""
    network = [name for name in START_ORDER if name in CRITICAL_SERVICES]
    assert list(CRITICAL_SERVICES) == [*network, SIP_PROXY_SERVICE, PRESENCE_ENGINE_SERVICE]


def test_high_availability_stays_on_only_where_nothing_waits_for_the_service() -> None:
    facts = make.cluster()
    stays_on = {name for name in START_ORDER if not needs_ha_off(facts, name)}
    assert stays_on == {DATABASE_REPLICATOR, OAM_AGENT, INTERCLUSTER_SYNC_AGENT, CONFIG_AGENT}
    assert DATABASE in FOUNDATION_SERVICES
