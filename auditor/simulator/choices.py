"""What the control address takes: the changes with their keys, and the words that they hold."""

from collections.abc import Iterable

from auditor.simulator.cluster import Cluster
from auditor.simulator.control import CHANGES, Move
from auditor.simulator.faults import Fault, Interface
from auditor.simulator.scenario import HA_STATES
from auditor.simulator.scenes import Scene


def choices(cluster: Cluster, databases: Iterable[str]) -> dict[str, object]:
    """Return, for this cluster, every change and every word that a change may hold."""
    services = dict.fromkeys(
        service.kind.name for node in cluster.nodes.values() for service in node.services.values()
    )
    return {
        "changes": {name: list(model.model_fields) for name, model in CHANGES.items()},
        "node": [*cluster.nodes, cluster.scenario.cucm, "*"],
        "group": list(cluster.groups),
        "service": list(services),
        "database": list(databases),
        "fault": [str(fault) for fault in Fault],
        "interface": [str(interface) for interface in Interface],
        "scene": [str(scene) for scene in Scene],
        "step": [str(move) for move in Move],
        "state": list(HA_STATES),
    }
