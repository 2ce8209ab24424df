"""The nodes of one cluster: asked in turn until one took the password, then side by side."""

from collections import deque
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from threading import Semaphore
from typing import TypeVar

from auditor.collect.clients import SurveyContext
from auditor.collect.coverage import CoverageLog
from auditor.collect.node import NodeResult, collect_node, skip_node
from auditor.collect.progress import ServersListed
from auditor.collect.tcp_checks import TCP_CHECK_TIMEOUT_S
from auditor.config.settings import ClusterSettings
from auditor.errors import BadCredentials, ExchangeError, NotAsked, Reason
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.facts import ClusterFacts
from auditor.models.nodes import NodeFacts
from auditor.models.settings import Reach
from auditor.problems import Problem

T = TypeVar("T")

_LOGIN_PROVING_SOURCES = frozenset({Source.CUCM_AXL, Source.CONTROL_CENTER, Source.PERFMON})
"""Sources whose reply shows that the server took the password.

No failure shows it, `NotAuthorised` (HTTP 403) least of all: it is not documented whether it, a
SOAP fault or HTTP 599 comes before or after the password is checked.
"""


@dataclass(frozen=True, slots=True)
class ListedNodes:
    """All nodes of a cluster, with settings that know their names.

    `axl_version` is the one that CUCM speaks, None if unknown.
    """

    settings: ClusterSettings
    nodes: tuple[NodeFacts, ...]
    axl_version: str | None


class NodesSurvey:
    """Asks the nodes of one cluster; all requests are sent from `steps`.

    One node at a time until a server accepts the password; a node that times out gives way to the
    next. If one refuses it by then, or CUCM at any time, no further request is sent: more attempts
    could lock the account. A node that refuses it later stops itself alone.
    """

    def __init__(
        self, context: SurveyContext, steps: Executor, workers: int, earlier: ClusterFacts | None
    ) -> None:
        """Ask nothing yet; `earlier` are the facts of an earlier survey of this run."""
        self._context = context
        self._steps = steps
        self._earlier = earlier
        # If the account was accepted then, no node has to be tried alone again.
        self._is_login_proven = earlier is not None and any(map(_proves_login, earlier.coverage))
        self._refusal: BadCredentials | None = None
        self._started: dict[str, Future[NodeResult]] = {}
        # The pool is shared by all clusters. A slot is taken before a step enters it, because a
        # step that waits inside would hold back other clusters.
        self._slots = Semaphore(workers)

    @property
    def is_login_proven(self) -> bool:
        """Return whether a server accepted the password."""
        return self._is_login_proven

    @property
    def is_refused(self) -> bool:
        """Return whether a server refused the password, so that no more is to be asked."""
        return self._refusal is not None

    def note_cucm_login(self, refusal: ExchangeError | None) -> None:
        """Take note that CUCM accepted the password (None), or refused it; from any thread."""
        if isinstance(refusal, BadCredentials):
            self._refusal = refusal
        elif refusal is None:
            self._is_login_proven = True

    def start(self, listed: ListedNodes, nodes: Iterable[NodeFacts]) -> None:
        """Ask nodes side by side, once the password is proven; wait for room, not for results."""
        nodes = tuple(nodes)
        self._report_listed_servers(listed, nodes)
        for node in nodes:
            self._start_node(listed, node, self._open_log(listed, node))

    def finish(self, listed: ListedNodes, *, skipped: Collection[str]) -> dict[str, NodeResult]:
        """Ask the nodes in scope that were not started, and return the results of all by name.

        A node that times out before the password is proven may hang: it is asked the rest with
        the others.
        """
        results: dict[str, NodeResult] = {}
        waiting: deque[NodeFacts] = deque()
        for node in listed.nodes:
            if not self._context.scope.includes(node.name, node.redundancy_group):
                results[node.name] = skip_node(node, "Not asked for.")
            elif node.name not in skipped and node.name not in self._started:
                waiting.append(node)
        if self._refusal is None:
            self._report_listed_servers(listed, waiting)
        if self._refusal is None and not self._is_login_proven:
            waiting = deque(self._put_reachable_first(listed.settings, waiting))
        put_aside: dict[str, CoverageLog] = {}
        while waiting and not self._is_login_proven and self._refusal is None:
            node = waiting.popleft()
            log = put_aside.pop(node.name, None) or self._open_log(listed, node, gives_way=True)
            results[node.name] = self._steps.submit(self._ask_node, listed, node, log).result()
            self._learn_about_login(results[node.name])
            if log.is_put_aside:
                put_aside[node.name] = log
                waiting.append(node)
        if self._refusal is not None:
            results = {node.name: self._skip_after_refusal(node) for node in waiting} | results
        else:
            for node in waiting:
                log = put_aside.get(node.name) or self._open_log(listed, node)
                self._start_node(listed, node, log)
        return results | {
            node.name: self._take_started(node)
            for node in listed.nodes
            if node.name in self._started
        }

    def _take_started(self, node: NodeFacts) -> NodeResult:
        result = self._started[node.name].result()
        # Begun before CUCM refused: half of what it is was read, or all, by chance.
        if self._refusal is not None:
            return _drop_readings(result, self._skip_after_refusal(node))
        return _place_node(result, node)

    def _report_listed_servers(self, listed: ListedNodes, nodes: Iterable[NodeFacts]) -> None:
        names = tuple(node.name for node in nodes)
        self._context.progress(listed.settings.name, ServersListed(names))

    def _start_node(self, listed: ListedNodes, node: NodeFacts, log: CoverageLog) -> None:
        self._slots.acquire()
        future = self._steps.submit(self._ask_node, listed, node, log)
        future.add_done_callback(lambda _: self._slots.release())
        self._started[node.name] = future

    def _put_reachable_first(
        self, settings: ClusterSettings, nodes: Collection[NodeFacts]
    ) -> list[NodeFacts]:
        """Return the nodes, those first that accept a TCP connection, which holds no password.

        The login takes turns, and a node that is off must not take the time of the others.
        """
        # Behind a proxy this machine may reach no node by itself.
        if len(nodes) < 2 or settings.proxy:
            return list(nodes)
        try_tcp = self._context.network.try_tcp
        limit_s = min(TCP_CHECK_TIMEOUT_S, settings.timeout_s)
        addresses = {node.name: settings.address_of(node.name) for node in nodes}
        checks = {
            name: self._steps.submit(try_tcp, address.host, address.port, limit_s)
            for name, address in addresses.items()
        }
        return sorted(nodes, key=lambda node: checks[node.name].result().reach is not Reach.REACHED)

    def _open_log(
        self, listed: ListedNodes, node: NodeFacts, *, gives_way: bool = False
    ) -> CoverageLog:
        client = self._context.client(
            listed.settings,
            node.name,
            listed.settings.address_of(node.name),
            nodes=[other.name for other in listed.nodes],
            axl_first=listed.axl_version,
            timed_out_before=self._has_timed_out_before(node),
        )
        return CoverageLog(node.name, client, self._guard_request, gives_way=gives_way)

    def _guard_request(self, request: Callable[[], T]) -> T:
        # Before each request, because CUCM may refuse the password while nodes are asked.
        if self._refusal is not None:
            raise self._not_asked()
        return self._context.guard(request)

    def _has_timed_out_before(self, node: NodeFacts) -> bool:
        # A wait reads again and again, and must not lose the whole time to a node that hangs. Its
        # AXL is not judged without Control Center, so a shorter time costs no verdict.
        earlier = self._earlier
        gap = None if earlier is None else earlier.gap(node.name, Source.CONTROL_CENTER)
        return gap is not None and gap.reason is Reason.TIMED_OUT

    def _ask_node(self, listed: ListedNodes, node: NodeFacts, log: CoverageLog) -> NodeResult:
        """Ask a node everything, or go on with one that was put aside."""
        if self._refusal is not None:
            return self._skip_after_refusal(node)
        if log.is_put_aside:
            log.resume()
        settings = listed.settings
        recheck = self._context.recheck_policy(settings.settle_s)
        waiting = self._context.waiting(settings, node.name, recheck.longest_pause_s)
        # Ends the connection; a node that was put aside gets another one.
        with waiting, log.client:
            return collect_node(log, node, listed.nodes, self._context, recheck)

    def _skip_after_refusal(self, node: NodeFacts) -> NodeResult:
        return skip_node(node, failure=self._not_asked(node.name).failure)

    def _not_asked(self, node: str = "") -> NotAsked:
        refusal = self._refusal.failure if self._refusal else None
        return NotAsked(Problem.AFTER_REFUSED_LOGIN, node, earlier=refusal)

    def _learn_about_login(self, result: NodeResult) -> None:
        if isinstance(result.closed_by, BadCredentials):
            self._refusal = result.closed_by
        else:
            self._is_login_proven = any(map(_proves_login, result.coverage))


def _drop_readings(result: NodeResult, skipped: NodeResult) -> NodeResult:
    """Return a node as skipped, with the requests that it was sent all the same."""
    asked = {entry.source: entry for entry in result.coverage}
    coverage = tuple(
        replace(entry, requests=own.requests, elapsed_ms=own.elapsed_ms)
        if (own := asked.get(entry.source))
        else entry
        for entry in skipped.coverage
    )
    return replace(skipped, coverage=coverage)


def _place_node(result: NodeResult, node: NodeFacts) -> NodeResult:
    """Return the result with the place of the node in the list, which may have come later."""
    placed = replace(
        result.node,
        role=node.role,
        role_origin=node.role_origin,
        redundancy_group=node.redundancy_group,
        group_known=node.group_known,
    )
    return replace(result, node=placed)


def _proves_login(entry: Coverage) -> bool:
    return entry.outcome is Outcome.COLLECTED and entry.source in _LOGIN_PROVING_SOURCES
