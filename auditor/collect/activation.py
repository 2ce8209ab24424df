"""CUCM AXL on activation, asked only where Control Center does not say (contract, section 2)."""

from collections.abc import Mapping

from auditor.collect.rows import with_axl
from auditor.errors import BadReply
from auditor.facts import ServiceState
from auditor.soap.client import Client


def decide(cucm: Client, node: str, states: Mapping[str, ServiceState]) -> dict[str, ServiceState]:
    """Return the node's services with activation filled in from `listProcessNodeService`.

    Sends one request to the CUCM publisher.

    Raises:
        BadReply: the answer holds rows of another node.
    """
    told = cucm.list_process_node_services(node)
    foreign = {entry.node for entry in told if entry.node.casefold() != node.casefold()}
    if foreign:
        raise BadReply(
            f"CUCM was asked for the services of {node} and answered for {sorted(foreign)[0]}.",
            "Compare with Service Activation in Cisco Unified IM and Presence Serviceability.",
        )
    return with_axl(states, told)
