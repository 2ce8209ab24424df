"""What a running simulator tells of itself at its control address."""

from collections.abc import Mapping

from auditor.simulator.exchange import World
from auditor.simulator.loopback import Address
from auditor.simulator.scenario import HA_STATES


def state(world: World, addresses: Mapping[str, Address]) -> dict[str, object]:
    """Return the cluster as it stands, the faults laid on it, and how much was asked of it."""
    cluster = world.cluster
    return {
        "cluster": cluster.scenario.cluster.name,
        "cucm": {
            "name": cluster.scenario.cucm,
            "address": list(addresses[cluster.scenario.cucm]),
        },
        "nodes": {
            node.name: {
                "address": list(addresses[node.name]),
                "group": node.group,
                "ha": HA_STATES[node.ha] if 0 <= node.ha < len(HA_STATES) else node.ha,
                "sessions": node.sessions,
            }
            for node in cluster.nodes.values()
        },
        "faults": [f"{rule.fault} on {rule.node}" for rule in world.plan.rules],
        "requests": len(world.log),
    }
