"""A healthy pair with every feature, and short words to ask for a change on it."""

from dataclasses import replace

from auditor.change.decision import Answer, Decision, Topic
from auditor.change.precheck import decide
from auditor.change.would_be import Change
from auditor.cluster import ClusterFacts
from auditor.facts import RunState, ServiceState
from auditor.findings import Severity
from auditor.recommendations.model import load_packs
from tests import factories as make

ROWS = load_packs()


def without(facts: ClusterFacts, node: str, *services: str) -> ClusterFacts:
    """Return the facts with services of a node not activated."""
    nodes = []
    for one in facts.nodes:
        changed = dict(one.services)
        if one.name == node:
            changed |= {
                name: ServiceState(name, True, False, RunState.STOPPED, -1068) for name in services
            }
        nodes.append(replace(one, services=changed))
    return replace(facts, nodes=tuple(nodes))


def asked(
    facts: ClusterFacts, *changes: Change, confirmed: bool = True, fail_on: Severity = Severity.LOW
) -> Decision:
    """Decide on changes with both packs."""
    return decide(facts, changes, ROWS, fail_on=fail_on, confirmed=confirmed)


def answers(decision: Decision, topic: Topic) -> list[Answer]:
    """Return what the points of a topic answered."""
    return [point.answer for point in decision.points if point.topic is topic]


DATASTORE = ServiceState("Cisco Presence Datastore", False, None, RunState.STARTED)
HEALTHY = replace(
    make.cluster(),
    nodes=tuple(
        replace(node, services={**node.services, DATASTORE.name: DATASTORE})
        for node in make.cluster().nodes
    ),
)
PUBLISHER, SUBSCRIBER = (node.name for node in HEALTHY.nodes)
