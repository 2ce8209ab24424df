"""PerfMon: the counters of a node.

Shapes: Cisco's published `PerfmonService.wsdl`. Objects and counters: RTMT guide 15.
"""

from auditor.simulator import envelope
from auditor.simulator.catalogue import PRESENCE_ENGINE, XMPP
from auditor.simulator.cluster import Node
from auditor.simulator.envelope import Question, Reply, SoapFault, add
from auditor.simulator.scenario import release_of

PATH = "/perfmonservice2/services/PerfmonService"
RECOVERY_MANAGER = "Cisco Server Recovery Manager"
REPLICATION = "Number of Replicates Created and State of Replication"


def answer(question: Question, node: Node, host: str | None = None) -> Reply:
    """Answer `perfmonCollectCounterData`; the counters are named for the host that was asked.

    `host` names another machine in the counters than the one asked for. Raises SoapFault for
    an object the node does not have: SRMState is documented from release 12.5 on.
    """
    if question.operation != "perfmonCollectCounterData":
        raise SoapFault("soapenv:Client", f"{question.operation} is refused")
    asked = "".join(question.texts("Host")).strip()
    wanted = "".join(question.texts("Object")).strip()
    counters = _objects(node).get(wanted)
    if counters is None:
        raise SoapFault("soapenv:Server", f"PerfmonService: no object '{wanted}'")
    response = envelope.qualified("perfmonCollectCounterDataResponse")
    for counter, value in counters.items():
        row = add(response, "perfmonCollectCounterDataReturn")
        add(row, "Name", f"\\\\{host or asked}\\{wanted}\\{counter}")
        add(row, "Value", str(value))
        add(row, "CStatus", "1")
    return Reply(response, response)


def _objects(node: Node) -> dict[str, dict[str, int]]:
    presence, clients = node.service(PRESENCE_ENGINE), node.service(XMPP)
    objects = {
        PRESENCE_ENGINE: {"ActiveJsmSessions": node.sessions if presence.runs else 0},
        "Cisco XCP CM": {"CmConnectedSockets": node.sessions if clients.runs else 0},
        REPLICATION: {"Number of Replicates Created": 712, "Replicate_State": node.replication},
    }
    if release_of(node.release) >= (12, 5):
        objects[RECOVERY_MANAGER] = {"SRMState": node.ha}
    for name, counters in node.perfmon.items():
        objects[name] = {**objects.get(name, {}), **counters}
    return objects
