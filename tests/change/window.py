"""A healthy pair with every feature, and builders of changes on it."""

from dataclasses import replace

from auditor.change.change_check import PrecheckResult, PrecheckTopic
from auditor.change.decision import Decision
from auditor.change.precheck import decide_change
from auditor.change.what_if import RequestedChange
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Severity
from auditor.models.nodes import RunState, ServiceState
from auditor.models.sessions import PRESENCE_SESSIONS
from auditor.recommendations.packs import load_packs
from tests import factories as make

ROWS = load_packs()


def without(facts: ClusterFacts, node: str, *services: str) -> ClusterFacts:
    """Return the facts with services of a node not activated."""
    nodes = []
    for node_facts in facts.nodes:
        changed = dict(node_facts.services)
        if node_facts.name == node:
            changed |= {
                name: ServiceState(name, True, False, RunState.STOPPED, -1068) for name in services
            }
        nodes.append(replace(node_facts, services=changed))
    return replace(facts, nodes=tuple(nodes))


def decide(
    facts: ClusterFacts,
    *changes: RequestedChange,
    confirmed: bool = True,
    fail_on: Severity = Severity.LOW,
) -> Decision:
    """Decide on changes with both packs."""
    return decide_change(facts, changes, ROWS, fail_on=fail_on, is_confirmed=confirmed)


def results(decision: Decision, topic: PrecheckTopic) -> list[PrecheckResult]:
    """Return the results of the checks of a topic."""
    return [check.result for check in decision.checks if check.topic is topic]


DATASTORE = ServiceState("Cisco Presence Datastore", False, None, RunState.STARTED)
HEALTHY = replace(
    make.cluster(),
    nodes=tuple(
        replace(
            node,
            services={**node.services, DATASTORE.name: DATASTORE},
            replication=2,
            sessions={PRESENCE_SESSIONS: 120},
        )
        for node in make.cluster().nodes
    ),
)
PUBLISHER, SUBSCRIBER = (node.name for node in HEALTHY.nodes)
