"""One cluster from top to bottom: CUCM's list of nodes, every node, and what they left open.

Two pools: `clusters` has a thread for each survey under way, which only waits; `steps` runs what
talks to servers. No step waits for another, so neither a cluster nor a node can starve the rest.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from queue import SimpleQueue

from auditor.collect.clients import SurveyContext
from auditor.collect.cucm import CucmReader, is_no_reply
from auditor.collect.facts import add_discovered_facts, build_cluster_facts, merge_survey_facts
from auditor.collect.node import NodeResult, drop_duplicate_machines
from auditor.collect.nodes import ListedNodes, NodesSurvey
from auditor.collect.progress import ServersListed
from auditor.collect.roles import fill_discovered_roles
from auditor.collect.scope import SurveyTopic
from auditor.collect.services import read_axl_activation, unknown_activations
from auditor.collect.tcp_checks import (
    TCP_CHECK_TIMEOUT_S,
    TcpCheck,
    TcpTarget,
    check_planned_node,
    check_tcp,
    database_targets,
    is_declared_planned,
    keep_as_planned,
    mark_as_reachable,
)
from auditor.collect.topology import (
    Topology,
    declared_topology,
    mark_left_out_nodes,
    read_topology,
    recorded_topology,
    topology_from_facts,
)
from auditor.collect.waiting import wait_for_all
from auditor.config.settings import ClusterSettings
from auditor.errors import AuditorError, BadCredentials, ExchangeError
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import NodeFacts, ServiceState
from auditor.soap.client import Client
from auditor.text import utc_timestamp_or_none

log = logging.getLogger(__name__)


def run_surveys(surveys: Sequence["ClusterSurvey"], workers: int) -> list[ClusterFacts]:
    """Run surveys side by side, and return their facts in the same order.

    `workers` caps the steps in flight over all clusters. The first exception of a survey is raised
    at once; steps that are under way are left to end by themselves.
    """
    threads = max(1, min(workers, len(surveys)))
    steps = ThreadPoolExecutor(workers, thread_name_prefix="auditor-step")
    clusters = ThreadPoolExecutor(threads, thread_name_prefix="auditor-cluster")
    try:
        futures = [clusters.submit(survey.run, steps) for survey in surveys]
        wait_for_all(futures)
        return [future.result() for future in futures]
    finally:
        # Without waiting, so that Ctrl-C does not sit out the time-outs of servers.
        for pool in (clusters, steps):
            pool.shutdown(wait=False, cancel_futures=True)


class ClusterSurvey:
    """Asks one cluster; see `NodesSurvey` for whom the password is sent to, and when no more."""

    def __init__(
        self, settings: ClusterSettings, context: SurveyContext, earlier: ClusterFacts | None = None
    ) -> None:
        """Open nothing yet.

        `earlier` are the facts of an earlier survey: its nodes and groups are used, CUCM is not
        asked for them again, and the new facts replace those of the same topic.
        """
        self.settings = settings
        self._context = context
        self._earlier = earlier
        self._cucm = CucmReader(settings, context, earlier)
        if earlier is None:
            context.progress(settings.name, ServersListed((settings.cucm_name,)))

    def run(self, steps: Executor) -> ClusterFacts:
        """Return the facts of the cluster; all requests are sent from `steps`."""
        nodes_survey = NodesSurvey(self._context, steps, self.settings.workers, self._earlier)
        with self._cucm:
            topology = self._find_nodes(steps, nodes_survey)
            # Of the list alone, for a release that CUCM does not tell costs nothing else.
            has_cucm_failed = self._cucm.has_failed
            # Beside the nodes if the password is proven, else after them.
            release_step = (
                steps.submit(self._read_cucm_release) if nodes_survey.is_login_proven else None
            )
            # TCP checks send no password, so they do not wait until it is proven.
            databases = [
                steps.submit(check_tcp, self._context.network, target, self._database_timeout_s)
                for target in self._database_targets()
            ]
            check_planned = self._planned_node_check(nodes_survey)
            planned = {
                node.name: steps.submit(check_planned, node)
                for node in topology.nodes
                if self._is_in_scope(node) and is_declared_planned(self.settings, node)
            }
            results = nodes_survey.finish(self._listed(topology.nodes), skipped=planned.keys())
            results |= {name: future.result() for name, future in planned.items()}
            checks = [future.result() for future in databases]
            # Before CUCM is asked, which need not complete readings that are discarded.
            distinct = drop_duplicate_machines([results[node.name] for node in topology.nodes])
            if release_step is None and not nodes_survey.is_refused:
                release_step = steps.submit(self._read_cucm_release)
            cucm_release = release_step.result() if release_step else None
            completed = (
                distinct
                if has_cucm_failed
                else steps.submit(self._complete_activations, distinct).result()
            )
        return self._build_facts(topology, completed, checks, cucm_release)

    def _find_nodes(self, steps: Executor, nodes_survey: NodesSurvey) -> Topology:
        """Return the nodes and groups of the earlier survey, else those that CUCM lists.

        Nodes are started as soon as they are listed, because groups are a question of their own.
        """
        if self._earlier is not None:
            topology = topology_from_facts(self._earlier)
            self.settings = self.settings.with_listed_names(node.name for node in topology.nodes)
            return topology
        listings: SimpleQueue[tuple[NodeFacts, ...]] = SimpleQueue()
        topology_step = steps.submit(self._ask_cucm, listings.put, nodes_survey.note_cucm_login)
        # Whatever becomes of it, or this thread would wait for ever.
        topology_step.add_done_callback(lambda _: listings.put(()))
        listed = self._listed(listings.get())
        # Where groups choose the nodes, they must be known first.
        if listed.nodes and self._context.scope.groups is None:
            nodes_survey.start(
                listed,
                (
                    node
                    for node in listed.nodes
                    if self._is_in_scope(node) and not is_declared_planned(listed.settings, node)
                ),
            )
        topology = topology_step.result()
        self.settings = self.settings.with_listed_names(node.name for node in topology.nodes)
        return topology

    def _listed(self, nodes: tuple[NodeFacts, ...]) -> ListedNodes:
        settings = self.settings.with_listed_names(node.name for node in nodes)
        return ListedNodes(settings, nodes, self._axl_version)

    def _ask_cucm(
        self,
        report_nodes: Callable[[tuple[NodeFacts, ...]], None],
        report_login: Callable[[ExchangeError | None], None],
    ) -> Topology:
        """Return what CUCM lists, or what stands in for it.

        `report_login` is called with each failure, and with None once CUCM listed its nodes.
        """

        def report_list(nodes: tuple[NodeFacts, ...]) -> None:
            report_login(None)
            report_nodes(nodes)

        parts: list[Topology] = []
        reply = self._cucm.ask(partial(self._read_topology, parts, report_list))
        report_login(reply.error)
        if reply.value is None:
            return next(iter(parts), self._topology_without_cucm(reply.error))
        topology = mark_left_out_nodes(reply.value, parts)
        # The nodes are known, but groups or a row are missing: a gap of the same source.
        if topology.trouble is not None:
            self._cucm.record(topology.trouble)
            report_login(topology.trouble)
        return topology

    def _read_topology(
        self,
        parts: list[Topology],
        report_nodes: Callable[[tuple[NodeFacts, ...]], None],
        cucm: Client,
    ) -> Topology:
        """Return the whole list of a server; a part goes to `parts` if another may have the whole.

        Raises:
            ExchangeError: the nodes, or only their groups, could not be read.
        """
        topology = read_topology(cucm, self.settings, report_nodes)
        topology = replace(topology, listed_by=self._cucm.server)
        trouble = topology.trouble
        if trouble is not None and self._cucm.has_another and is_no_reply(trouble):
            parts.append(topology)
            raise trouble
        return topology

    def _topology_without_cucm(self, error: ExchangeError | None) -> Topology:
        """Return the nodes that the file declares, else those that an earlier run recorded."""
        declared = declared_topology(self.settings, error)
        # After a refused password no node is asked, so there is no use for a list of them.
        if declared.nodes or isinstance(error, BadCredentials):
            return declared
        try:
            recorded = self._context.recall_topology(self.settings.name, self.settings.cucm_name)
        except AuditorError as fault:
            log.warning("the history has no nodes of %s: %s", self.settings.name, fault)
            return declared
        return recorded_topology(recorded, self.settings, error) if recorded else declared

    def _database_targets(self) -> tuple[TcpTarget, ...]:
        if SurveyTopic.DATABASES not in self._context.scope.topics:
            return ()
        return database_targets(self.settings.databases)

    @property
    def _database_timeout_s(self) -> float:
        limit = self.settings.timeout_s
        return min(TCP_CHECK_TIMEOUT_S, limit) if self._context.scope.hurries else limit

    def _is_in_scope(self, node: NodeFacts) -> bool:
        return self._context.scope.includes(node.name, node.redundancy_group)

    def _planned_node_check(self, nodes_survey: NodesSurvey) -> Callable[[NodeFacts], NodeResult]:
        """Return how a planned node is checked: with TCP only in the first survey of a run."""
        # A watch surveys again and again; what the first check showed is enough for it.
        if self._earlier is not None:
            return lambda node: keep_as_planned(node) if node.planned else mark_as_reachable(node)
        # After a refused password no node is contacted any more, even without one.
        if nodes_survey.is_refused:
            return keep_as_planned
        return partial(check_planned_node, self._context.network, self.settings)

    def _complete_activations(self, results: Sequence[NodeResult]) -> list[NodeResult]:
        """Ask CUCM which services are activated where Control Center does not say."""
        completed = []
        may_answer = True
        # In turn, because all of these requests go to one server of CUCM.
        for result in results:
            node = result.node
            if may_answer and unknown_activations(node.services):
                reply = self._cucm.ask(partial(_read_activations, node))
                may_answer = reply.error is None
                node = replace(node, services=reply.value or node.services)
            completed.append(replace(result, node=node))
        return completed

    def _read_cucm_release(self) -> str | None:
        """Return the release of CUCM's publisher, None where it is not due or was not read."""
        if (
            SurveyTopic.CUCM_RELEASE not in self._context.scope.topics
            or not self._cucm.may_answer
            # A subscriber switches its version later, so that its own says nothing of the cluster.
            or self._cucm.server != self.settings.cucm_name
        ):
            return None
        return self._cucm.ask_server(lambda cucm: cucm.ccm_version()).value

    def _build_facts(
        self,
        topology: Topology,
        results: Sequence[NodeResult],
        checks: Sequence[TcpCheck],
        cucm_release: str | None,
    ) -> ClusterFacts:
        tcp_coverage = sorted((check.coverage for check in checks), key=lambda entry: entry.node)
        results = fill_discovered_roles(results)
        reached = {check.target: check.result for check in checks}
        coverage = (*self._cucm.coverage, *tcp_coverage)
        facts = build_cluster_facts(self.settings, topology, results, reached, coverage)
        facts = replace(
            facts,
            axl_version=self._axl_version,
            cucm_release=cucm_release,
            cucm_certificate_not_after=utc_timestamp_or_none(
                self._cucm.publisher_certificate_not_after
            ),
        )
        if self._earlier is not None:
            facts = merge_survey_facts(self._earlier, facts, self._context.scope)
        # After the merge, so that the database also fills gaps of nodes that were not asked now.
        return add_discovered_facts(facts, results, self.settings)

    @property
    def _axl_version(self) -> str | None:
        """Return the AXL version that CUCM speaks, as far as that is known."""
        return self._cucm.client.axl_version or (
            self._earlier.axl_version if self._earlier else None
        )


def _read_activations(node: NodeFacts, cucm: Client) -> Mapping[str, ServiceState]:
    return read_axl_activation(cucm, node.name, node.services)
