"""CUCM AXL on activation, asked only where Control Center does not say (contract, section 2)."""

from collections.abc import Mapping

from auditor.collect.rows import with_axl
from auditor.facts import ServiceState
from auditor.soap.client import Client


def decide(cucm: Client, node: str, states: Mapping[str, ServiceState]) -> dict[str, ServiceState]:
    """Return the node's services with activation filled in from `listProcessNodeService`.

    Sends one request to the CUCM publisher; raises an ExchangeError like every question.
    """
    return with_axl(states, cucm.list_process_node_services(node))
