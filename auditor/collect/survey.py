"""One cluster from top to bottom: CUCM's list of nodes, every node, and what they left open.

Two pools: `clusters` has a thread for each survey under way, which only waits; `steps` runs what
talks to servers. No step waits for another, so neither a cluster nor a node can starve the rest.
"""

import logging
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Semaphore

from auditor.collect.clients import SurveyContext
from auditor.collect.coverage import CoverageLog
from auditor.collect.cucm import CucmReader, is_no_reply
from auditor.collect.facts import add_discovered_facts, build_cluster_facts, merge_survey_facts
from auditor.collect.node import NodeResult, collect_node, drop_duplicate_machines, skip_node
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
    read_topology,
    recorded_topology,
    topology_from_facts,
)
from auditor.collect.waiting import wait_for_all
from auditor.config.settings import ClusterSettings
from auditor.errors import AuditorError, BadCredentials, ExchangeError, NotAsked, Reason
from auditor.models.facts import ClusterFacts, Coverage, NodeFacts, Outcome, Reach, Source
from auditor.problems import Problem
from auditor.soap.client import Client
from auditor.text import utc_timestamp_or_none

log = logging.getLogger(__name__)

_LOGIN_PROVING_SOURCES = frozenset({Source.CUCM_AXL, Source.CONTROL_CENTER, Source.PERFMON})
"""Sources whose reply shows that the server took the password.

No failure shows it, `NotAuthorised` (HTTP 403) least of all: it is not documented whether it, a
SOAP fault or HTTP 599 comes before or after the password is checked.
"""


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
    """Asks one cluster.

    It asks one server at a time until one accepts the password; one that times out gives way to the
    next. If one refuses it, the survey stops: more attempts could lock the account.
    """

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
        self._is_login_proven = False
        self._refusal: BadCredentials | None = None
        self._cucm = CucmReader(settings, context, earlier)
        if earlier is None:
            context.progress(settings.name, ServersListed((settings.cucm_name,)))

    def run(self, steps: Executor) -> ClusterFacts:
        """Return the facts of the cluster; all requests are sent from `steps`."""
        with self._cucm:
            topology = steps.submit(self._find_nodes).result()
            # TCP checks send no password, so they do not wait until it is proven.
            databases = [
                steps.submit(check_tcp, self._context.network, target, self._database_timeout_s)
                for target in self._database_targets()
            ]
            planned = {
                node.name: steps.submit(self._planned_node_check(), node)
                for node in topology.nodes
                if self._is_in_scope(node) and is_declared_planned(self.settings, node)
            }
            results = self._ask_nodes(steps, topology, skipped=planned.keys())
            results |= {name: future.result() for name, future in planned.items()}
            checks = [future.result() for future in databases]
            # Before CUCM is asked, which need not complete readings that are discarded.
            distinct = drop_duplicate_machines([results[node.name] for node in topology.nodes])
            completed = steps.submit(self._complete_activations, distinct).result()
            cucm_release = steps.submit(self._read_cucm_release).result()
        return self._build_facts(topology, completed, checks, cucm_release)

    def _find_nodes(self) -> Topology:
        """Return the nodes and groups of the earlier survey, else those that CUCM lists."""
        if self._earlier is not None:
            # If the account was accepted then, no node has to be tried alone again.
            self._is_login_proven = any(_proves_login(entry) for entry in self._earlier.coverage)
            topology = topology_from_facts(self._earlier)
            self.settings = self.settings.with_listed_names(node.name for node in topology.nodes)
            return topology
        parts: list[Topology] = []
        reply = self._cucm.ask(partial(self._read_topology, parts))
        topology = reply.value or next(iter(parts), self._topology_without_cucm(reply.error))
        # The nodes are known, but groups or a row are missing: a gap of the same source.
        if reply.error is None and topology.trouble is not None:
            self._cucm.record(topology.trouble)
        self._is_login_proven = reply.error is None
        for error in (reply.error, topology.trouble):
            if isinstance(error, BadCredentials):
                self._refusal = error
        self.settings = self.settings.with_listed_names(node.name for node in topology.nodes)
        return topology

    def _read_topology(self, parts: list[Topology], cucm: Client) -> Topology:
        """Return the whole list of a server; a part goes to `parts` if another may have the whole.

        Raises:
            ExchangeError: the nodes, or only their groups, could not be read.
        """
        topology = replace(read_topology(cucm, self.settings), listed_by=self._cucm.server)
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

    def _planned_node_check(self) -> Callable[[NodeFacts], NodeResult]:
        """Return how a planned node is checked: with TCP only in the first survey of a run."""
        # A watch surveys again and again; what the first check showed is enough for it.
        if self._earlier is not None:
            return lambda node: keep_as_planned(node) if node.planned else mark_as_reachable(node)
        # After a refused password no node is contacted any more, even without one.
        if self._refusal is not None:
            return keep_as_planned
        return partial(check_planned_node, self._context.network, self.settings)

    def _ask_nodes(
        self, steps: Executor, topology: Topology, *, skipped: Collection[str]
    ) -> dict[str, NodeResult]:
        """Ask node after node until one took the password, then the others side by side.

        A node that times out before that may hang: it is asked the rest with the others.
        """
        results: dict[str, NodeResult] = {}
        waiting: deque[NodeFacts] = deque()
        for node in topology.nodes:
            if not self._is_in_scope(node):
                results[node.name] = skip_node(node, "Not asked for.")
            elif node.name not in skipped:
                waiting.append(node)
        if self._refusal is None:
            names = tuple(node.name for node in waiting)
            self._context.progress(self.settings.name, ServersListed(names))
        if self._refusal is None and not self._is_login_proven:
            waiting = deque(self._put_reachable_first(waiting, steps))
        put_aside: dict[str, CoverageLog] = {}
        while waiting and not self._is_login_proven and self._refusal is None:
            node = waiting.popleft()
            log = put_aside.pop(node.name, None) or self._open_log(topology, node, gives_way=True)
            results[node.name] = steps.submit(self._ask_node, topology, node, log).result()
            self._learn_about_login(results[node.name])
            if log.is_put_aside:
                put_aside[node.name] = log
                waiting.append(node)
        if self._refusal is not None:
            return {node.name: self._skip_after_refusal(node) for node in waiting} | results
        futures: dict[str, Future[NodeResult]] = {}
        # The pool is shared by all clusters. A slot is taken before a step enters it, because a
        # step that waits inside would hold back other clusters.
        slots = Semaphore(self.settings.workers)
        for node in waiting:
            slots.acquire()
            log = put_aside.get(node.name) or self._open_log(topology, node)
            futures[node.name] = steps.submit(self._ask_node, topology, node, log)
            futures[node.name].add_done_callback(lambda _: slots.release())
        return results | {name: future.result() for name, future in futures.items()}

    def _put_reachable_first(
        self, nodes: Collection[NodeFacts], steps: Executor
    ) -> list[NodeFacts]:
        """Return the nodes, those first that accept a TCP connection, which holds no password.

        The login takes turns, and a node that is off must not take the time of the others.
        """
        # Behind a proxy this machine may reach no node by itself.
        if len(nodes) < 2 or self.settings.proxy:
            return list(nodes)
        try_tcp = self._context.network.try_tcp
        limit_s = min(TCP_CHECK_TIMEOUT_S, self.settings.timeout_s)
        addresses = {node.name: self.settings.address_of(node.name) for node in nodes}
        checks = {
            name: steps.submit(try_tcp, address.host, address.port, limit_s)
            for name, address in addresses.items()
        }
        return sorted(nodes, key=lambda node: checks[node.name].result().reach is not Reach.REACHED)

    def _open_log(
        self, topology: Topology, node: NodeFacts, *, gives_way: bool = False
    ) -> CoverageLog:
        client = self._context.client(
            self.settings,
            node.name,
            self.settings.address_of(node.name),
            nodes=[other.name for other in topology.nodes],
            axl_first=self._axl_version,
            timed_out_before=self._has_timed_out_before(node),
        )
        return CoverageLog(node.name, client, self._context.guard, gives_way=gives_way)

    def _has_timed_out_before(self, node: NodeFacts) -> bool:
        # A wait reads again and again, and must not lose the whole time to a node that hangs. Its
        # AXL is not judged without Control Center, so a shorter time costs no verdict.
        earlier = self._earlier
        gap = None if earlier is None else earlier.gap(node.name, Source.CONTROL_CENTER)
        return gap is not None and gap.reason is Reason.TIMED_OUT

    def _ask_node(self, topology: Topology, node: NodeFacts, log: CoverageLog) -> NodeResult:
        """Ask a node everything, or go on with one that was put aside."""
        if log.is_put_aside:
            log.resume()
        recheck = self._context.recheck_policy(self.settings.settle_s)
        waiting = self._context.waiting(self.settings, node.name, recheck.longest_pause_s)
        # Ends the connection; a node that was put aside gets another one.
        with waiting, log.client:
            return collect_node(log, node, topology.nodes, self._context, recheck)

    def _skip_after_refusal(self, node: NodeFacts) -> NodeResult:
        refusal = self._refusal.failure if self._refusal else None
        error = NotAsked(Problem.AFTER_REFUSED_LOGIN, node.name, earlier=refusal)
        return skip_node(node, failure=error.failure)

    def _learn_about_login(self, result: NodeResult) -> None:
        if isinstance(result.closed_by, BadCredentials):
            self._refusal = result.closed_by
        else:
            self._is_login_proven = any(_proves_login(entry) for entry in result.coverage)

    def _complete_activations(self, results: Sequence[NodeResult]) -> list[NodeResult]:
        """Ask CUCM which services are activated where Control Center does not say."""
        # In turn, because all of these requests go to one server of CUCM.
        return [self._complete_node_activations(result) for result in results]

    def _complete_node_activations(self, result: NodeResult) -> NodeResult:
        node = result.node
        if not unknown_activations(node.services) or self._cucm.has_failed:
            return result
        services = self._cucm.ask(
            lambda cucm: read_axl_activation(cucm, node.name, node.services)
        ).value
        return (
            result if services is None else replace(result, node=replace(node, services=services))
        )

    def _read_cucm_release(self) -> str | None:
        """Return the release of CUCM's publisher, None where it is not due or was not read."""
        # Last, so that a refusal of this one request costs nothing else.
        if (
            SurveyTopic.CUCM_RELEASE not in self._context.scope.topics
            or self._refusal is not None
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


def _proves_login(entry: Coverage) -> bool:
    return entry.outcome is Outcome.COLLECTED and entry.source in _LOGIN_PROVING_SOURCES
