"""The facts of a cluster that no worker could ask: nothing but why."""

import logging

from auditor.collect.facts import build_cluster_facts
from auditor.collect.node import skip_node
from auditor.collect.topology import declared_topology
from auditor.config.settings import ClusterSettings
from auditor.failure_reasons import Reason
from auditor.failures import Failure
from auditor.fleet.messages import BrokenMessage, ClusterResult
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.facts import ClusterFacts
from auditor.problems import Problem

log = logging.getLogger(__name__)

_REASONS = {
    Problem.WORKER_LOST: Reason.WORKER_LOST,
    Problem.RESULT_NOT_FETCHED: Reason.WORKER_LOST,
    Problem.WORKER_EXPOSED: Reason.NO_WORKER,
    Problem.NO_WORKER_FOR_SITE: Reason.NO_WORKER,
    Problem.NO_WORKER_AT_ALL: Reason.NO_WORKER,
    Problem.SITE_WORKERS_LOST: Reason.NO_WORKER,
    Problem.ALL_WORKERS_LOST: Reason.NO_WORKER,
    Problem.OTHER_WORKER_VERSION: Reason.WORKER_VERSION,
    Problem.NO_PROGRAM_ON_WORKER: Reason.WORKER_VERSION,
    Problem.NO_PASSWORD: Reason.NO_PASSWORD,
    Problem.PASSWORD_FAILED: Reason.NO_PASSWORD,
    Problem.SCHEDULER_GONE: Reason.SCHEDULER_LOST,
    Problem.SCHEDULER_SILENT: Reason.SCHEDULER_LOST,
    Problem.TASK_FAILED: Reason.BUG,
}


def facts_of_result(settings: ClusterSettings, result: ClusterResult) -> ClusterFacts:
    """Return the facts in a result, or what the problem in it leaves of them.

    Raises:
        BrokenMessage: the problem is none that a worker has, or lacks a value of its text.
    """
    if result.facts is not None:
        return result.facts
    try:
        facts = unaudited_facts(settings, Problem[result.problem], result.values or {})
        log.info("%s: %s", settings.name, facts.coverage[0].detail)
    except LookupError as error:
        raise BrokenMessage from error
    return facts


def unaudited_facts(
    settings: ClusterSettings, problem: Problem, values: dict[str, str]
) -> ClusterFacts:
    """Return what is known of a cluster that was not asked: what the file declares, and why."""
    server = settings.cucm_name
    failure = Failure(_REASONS[problem], problem, server, is_cucm=True, values=values)
    topology = declared_topology(settings)
    skipped = [
        skip_node(
            node,
            failure=Failure(Reason.NOT_ASKED, Problem.AFTER_FAILURE, node.name, earlier=failure),
        )
        for node in topology.nodes
    ]
    entry = Coverage(Source.CUCM_AXL, server, Outcome.FAILED, failure.reason, failure=failure)
    return build_cluster_facts(settings, topology, skipped, {}, [entry])
