"""PerfMon: the counters of a node, IM&P or CUCM.

Shapes: Cisco's published `PerfmonService.wsdl`. Objects and counters: RTMT guide 15.
"""

from collections.abc import Mapping

from auditor.simulator.catalogue import PRESENCE_ENGINE_SERVICE, XMPP_SERVICE
from auditor.simulator.cluster import CucmNode, SimulatedNode
from auditor.simulator.envelope import (
    ReceivedRequest,
    SoapFaultReply,
    SoapReply,
    add_child,
    new_qualified_element,
)
from auditor.simulator.scenario import parse_release_text

PERFMON_PATH = "/perfmonservice2/services/PerfmonService"
RECOVERY_MANAGER_OBJECT = "Cisco Server Recovery Manager"
REPLICATION_OBJECT = "Number of Replicates Created and State of Replication"

_INSTANCES = {REPLICATION_OBJECT: "ReplicateCount"}
"""Objects whose counters belong to an instance: `\\\\host\\Object(Instance)\\Counter`."""

_REPLICATES = 712
"""How many tables are replicated: some number, which grows with every release."""


def handle_perfmon(
    soap_request: ReceivedRequest, node: SimulatedNode | CucmNode, host: str | None = None
) -> SoapReply:
    """Answer `perfmonCollectCounterData`; the counters are named for the host that was asked.

    `host` names another machine in the counters than the one asked for. Raises SoapFault for
    an object the node does not have: SRMState is documented from release 12.5 on.
    """
    if soap_request.operation != "perfmonCollectCounterData":
        raise SoapFaultReply("soapenv:Client", f"{soap_request.operation} is refused")
    requested_host = "".join(soap_request.texts("Host")).strip()
    requested_object = "".join(soap_request.texts("Object")).strip()
    counters = _counters_by_object(node).get(requested_object)
    if counters is None:
        raise SoapFaultReply("soapenv:Server", f"PerfmonService: no object '{requested_object}'")
    instance = _INSTANCES.get(requested_object)
    counted = requested_object if instance is None else f"{requested_object}({instance})"
    response = new_qualified_element("perfmonCollectCounterDataResponse")
    for counter, value in counters.items():
        row = add_child(response, "perfmonCollectCounterDataReturn")
        add_child(row, "Name", f"\\\\{host or requested_host}\\{counted}\\{counter}")
        add_child(row, "Value", str(value))
        add_child(row, "CStatus", "1")
    return SoapReply(response, response)


def _counters_by_object(node: SimulatedNode | CucmNode) -> Mapping[str, Mapping[str, int]]:
    replication = {"Number of Replicates Created": _REPLICATES, "Replicate_State": node.replication}
    if isinstance(node, CucmNode):
        return {REPLICATION_OBJECT: replication}
    objects = {
        PRESENCE_ENGINE_SERVICE: {"ActiveJsmSessions": _sessions(node, PRESENCE_ENGINE_SERVICE)},
        "Cisco XCP CM": {"CmConnectedSockets": _sessions(node, XMPP_SERVICE)},
        REPLICATION_OBJECT: replication,
    }
    if parse_release_text(node.release) >= (12, 5):
        objects[RECOVERY_MANAGER_OBJECT] = {"SRMState": node.ha}
    for name, counters in node.perfmon.items():
        objects[name] = {**objects.get(name, {}), **counters}
    return objects


def _sessions(node: SimulatedNode, service: str) -> int:
    """Return the sessions that a service has: none where it does not run, or is not there."""
    running = node.services.get(service.lower())
    return node.sessions if running is not None and running.runs else 0
