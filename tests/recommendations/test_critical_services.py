"""Which services start a failover when they stop."""

from dataclasses import replace

import pytest

from auditor.recommendations.critical_services import CRITICAL_SERVICES, is_critical_service
from auditor.service_names import (
    AUTHENTICATION_SERVICE,
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
