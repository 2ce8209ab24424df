"""One cluster on its way from settings to facts; every step is a task that waits for none.

A pool of threads in which no task waits for another, so that it can never starve.

The nodes that wait to be asked: who may be asked now, and whether it was the last.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from threading import Condition, Lock
from types import TracebackType

from auditor.collect.clients import SurveyContext
from auditor.collect.coverage import CoverageLog
from auditor.collect.facts import add_discovered_facts, build_cluster_facts, merge_survey_facts
from auditor.collect.node import NodeReadings, collect_node, drop_duplicate_machines, skip_node
from auditor.collect.scope import SurveyTopic
from auditor.collect.services import read_axl_activation, unknown_activations
from auditor.collect.tcp_checks import (
    TCP_CHECK_TIMEOUT_S,
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
    TopologyNode,
    declared_topology,
    read_topology,
    topology_from_facts,
)
from auditor.config.settings import ClusterSettings
from auditor.errors import BadCredentials, ExchangeError, Reason
from auditor.models.facts import ClusterFacts, Coverage, Outcome, Reach, Source
from auditor.soap.messages import TcpResult


class WorkerPool:
    """Runs tasks that may hand in further tasks; ends when none is left.

    `workers` bounds the tasks in flight over everything that is handed in.
    """

    def __init__(self, workers: int) -> None:
        """Start no thread yet."""
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="auditor")
        self._changed = Condition()
        self._open = 0
        self._fault: BaseException | None = None

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def submit(self, task: Callable[[], None]) -> None:
        """Hand in a task; may be called from within one."""
        with self._changed:
            self._open += 1
        self._pool.submit(task).add_done_callback(self._done)

    def _done(self, future: "Future[None]") -> None:
        fault = None if future.cancelled() else future.exception()
        with self._changed:
            self._open -= 1
            self._fault = self._fault or fault
            self._changed.notify_all()

    def wait(self, timeout_s: float | None = None) -> None:
        """Return when no task is left, or when the time is over.

        Raises:
            BaseException: what a task raised, first come.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._fault is not None or not self._open, timeout_s)
            if self._fault is not None:
                raise self._fault


@dataclass(frozen=True, slots=True)
class NextNodes:
    """Whose turn it is; `last`, told once: nobody waits, and nothing is under way any more."""

    members: tuple[TopologyNode, ...]
    last: bool


class NodeQueue:
    """Hands out nodes, one at a time until a server took the password; safe between threads."""

    def __init__(self, workers: int) -> None:
        """Hold nobody yet; `workers` nodes may be asked at the same time."""
        self.login_taken = False
        self._workers = workers
        self._lock = Lock()
        self._waiting: deque[TopologyNode] = deque()
        self._asked = 0
        self._tested = 0
        self._ended = False

    def add(self, member: TopologyNode) -> None:
        """Let a node wait."""
        self._waiting.append(member)

    def expect_tests(self, count: int) -> None:
        """Count so many TCP tests as under way."""
        self._tested = count

    def turn(self) -> NextNodes:
        """Return who may be asked now; each of them is under way until `leave`."""
        with self._lock:
            room = max(0, (self._workers if self.login_taken else 1) - self._asked)
            ready = [self._waiting.popleft() for _ in range(min(room, len(self._waiting)))]
            self._asked += len(ready)
            last = not (self._asked or self._tested or self._ended)
            self._ended = self._ended or last
        return NextNodes(tuple(ready), last)

    def drop(self) -> tuple[TopologyNode, ...]:
        """Return everybody who waits, and let nobody wait any more."""
        with self._lock:
            dropped = tuple(self._waiting)
            self._waiting.clear()
        return dropped

    def leave(self) -> None:
        """Say that a node was asked, and that its answers are kept."""
        with self._lock:
            self._asked -= 1

    def tested(self) -> None:
        """Say that a TCP test is over, and that its result is kept."""
        with self._lock:
            self._tested -= 1


_LOGIN_PROVING_SOURCES = frozenset({Source.CUCM_AXL, Source.CONTROL_CENTER, Source.PERFMON})
"""Sources whose answer shows that the password was taken.

No failure shows it, `NotAuthorised` (HTTP 403) least of all: nobody documents whether it, a SOAP
fault or HTTP 599 comes before or after the password is looked at. A node's own AXL counts as
answering when it sends a fault.
"""


class Survey:
    """Asks the CUCM publisher, then every node and database, then CUCM for what was left open.

    Until one server took the password, servers are asked one after the other, and a refusal
    stops the cluster: a wrong password must not lock the account (contract, section 7).
    """

    def __init__(
        self, settings: ClusterSettings, terms: SurveyContext, known: ClusterFacts | None = None
    ) -> None:
        """Open nothing yet.

        `known` is what an earlier survey found: its nodes and groups count, CUCM is not asked for
        them again, and what is told now is put over it.
        """
        self.settings = settings
        self._terms = terms
        self._known = known
        self._line = NodeQueue(settings.workers)
        self._planned: list[TopologyNode] = []
        self._topology = Topology(())
        self._answers: dict[str, NodeReadings] = {}
        self._reached: dict[TcpTarget, TcpResult] = {}
        self._tests: list[Coverage] = []
        self._cucm_name = settings.cucm_name
        self._cucm = terms.client(
            settings,
            self._cucm_name,
            settings.cucm_publisher,
            others=settings.node_names,
        )
        self._ledger = CoverageLog(self._cucm_name, self._cucm, terms.guard)
        self._facts: ClusterFacts | None = None

    @property
    def facts(self) -> ClusterFacts:
        """Return what became known, once the crew has no task left."""
        if self._facts is None:
            raise RuntimeError(f"the survey of {self.settings.name} has not ended")
        return self._facts

    def start(self, crew: WorkerPool) -> None:
        """Hand in the first step."""
        if self._known is None:
            crew.submit(partial(self._ask_cucm, crew))
        else:
            crew.submit(partial(self._remember, crew, self._known))

    def _remember(self, crew: WorkerPool, known: ClusterFacts) -> None:
        """Start from an earlier survey in place of CUCM's answer."""
        self._topology = topology_from_facts(known)
        self._line.login_taken = any(_proves_login(entry) for entry in known.coverage)
        self._plan(None)
        self._go_on(crew)

    def _ask_cucm(self, crew: WorkerPool) -> None:
        answer = self._ledger.ask(Source.CUCM_AXL, lambda: read_topology(self._cucm, self.settings))
        self._topology = answer.value or declared_topology(self.settings, answer.error)
        if answer.error is None and self._topology.trouble is not None:
            self._ledger.keep(Source.CUCM_AXL, self._topology.trouble)
        self._line.login_taken = answer.error is None
        self._terms.progress(self.settings.name, self._cucm_name)
        self._plan(answer.error or self._topology.trouble)
        self._go_on(crew)

    def _plan(self, error: ExchangeError | None) -> None:
        for member in self._topology.members:
            if not self._terms.errand.wants(member.name, member.redundancy_group):
                self._answers[member.name] = skip_node(member, None, "Not asked for.")
            elif is_declared_planned(self.settings, member):
                self._plan_around(member)
            else:
                self._line.add(member)
        if isinstance(error, BadCredentials):
            self._stop(error)

    def _plan_around(self, member: TopologyNode) -> None:
        """Leave a planned node alone; try once, over all surveys, whether it is there."""
        if self._known is None:
            self._planned.append(member)
        else:
            known = keep_as_planned if member.planned else mark_as_reachable
            self._answers[member.name] = known(member)

    def _stop(self, error: ExchangeError) -> None:
        """Ask nothing more in this cluster, and knock nowhere; every node that is left says why."""
        detail = f"Not asked, so that the account is not locked: {error}"
        for member in self._line.drop():
            self._answers[member.name] = skip_node(member, Reason.NOT_ASKED, detail)
        for member in self._take_planned():
            self._answers[member.name] = keep_as_planned(member)

    def _go_on(self, crew: WorkerPool) -> None:
        """Hand in every TCP test, and the nodes as far as they may be asked now."""
        tested = SurveyTopic.DATABASES in self._terms.errand.topics
        places = database_targets(self.settings.databases) if tested else ()
        knocks = self._take_planned()
        self._line.expect_tests(len(places) + len(knocks))
        for place in places:
            crew.submit(partial(self._test, crew, place))
        for member in knocks:
            crew.submit(partial(self._knock, crew, member))
        self._fill(crew)

    def _take_planned(self) -> tuple[TopologyNode, ...]:
        """Return the planned nodes that wait for a knock, each once."""
        waiting, self._planned = tuple(self._planned), []
        return waiting

    def _fill(self, crew: WorkerPool) -> None:
        """Hand in further nodes, or the last step once nothing is under way any more."""
        turn = self._line.turn()
        for member in turn.members:
            crew.submit(partial(self._ask_node, crew, member))
        if turn.last:
            crew.submit(self._finish)

    def _test(self, crew: WorkerPool, place: TcpTarget) -> None:
        tested = check_tcp(self._terms.wire, place, self.settings.timeout_s)
        self._reached[place] = tested.result
        self._tests.append(tested.coverage)
        self._line.tested()
        self._fill(crew)

    def _knock(self, crew: WorkerPool, member: TopologyNode) -> None:
        self._answers[member.name] = check_planned_node(self._terms.wire, self.settings, member)
        self._line.tested()
        self._fill(crew)

    def _ask_node(self, crew: WorkerPool, member: TopologyNode) -> None:
        name = member.name
        others = frozenset(m.name.casefold() for m in self._topology.members if m.name != name)
        known = others | {self._cucm_name.casefold()} - {name.casefold()}
        dial = self.settings.dial(name)
        with self._terms.client(
            self.settings, name, dial, others=known, axl_first=self._axl_version
        ) as client:
            watch = self._terms.watch(self.settings.settle_s)
            gone = partial(self._is_gone, name)
            answers = collect_node(client, member, others, self._terms, watch=watch, gone=gone)
        self._terms.progress(self.settings.name, name)
        self._answers[name] = answers
        # Before the line moves on: a database test that ends now would let in the next node.
        self._learn_of_login(answers)
        self._line.leave()
        self._fill(crew)

    def _is_gone(self, node_name: str) -> bool:
        """Tell whether not even a TCP connection gets through, where the errand is in a hurry."""
        if not self._terms.errand.hurries:
            return False
        place = self.settings.dial(node_name)
        tested = self._terms.wire.tcp(place.host, place.port, TCP_CHECK_TIMEOUT_S)
        return tested.reach is not Reach.REACHED

    def _learn_of_login(self, answers: NodeReadings) -> None:
        if self._line.login_taken:
            return
        if isinstance(answers.closed_by, BadCredentials):
            self._stop(answers.closed_by)
        elif any(_proves_login(entry) for entry in answers.coverage):
            self._line.login_taken = True

    def _finish(self) -> None:
        """Ask CUCM what Control Center left open, and put the facts together."""
        answers = [self._answers[m.name] for m in self._topology.members]
        decided = [self._decide(a) for a in drop_duplicate_machines(answers)]
        self._cucm.close()
        tests = sorted(self._tests, key=lambda entry: entry.node)
        coverage = (*self._ledger.coverage, *tests)
        facts = build_cluster_facts(self.settings, self._topology, decided, self._reached, coverage)
        facts = replace(facts, axl_version=self._axl_version)
        if self._known is not None:
            facts = merge_survey_facts(self._known, facts, self._terms.errand)
        self._facts = add_discovered_facts(facts, decided, self.settings)

    @property
    def _axl_version(self) -> str | None:
        """Return the AXL version that CUCM speaks, as far as that is known."""
        return self._cucm.axl_version or (self._known.axl_version if self._known else None)

    def _decide(self, answers: NodeReadings) -> NodeReadings:
        if not unknown_activations(answers.services) or self._ledger.failed(Source.CUCM_AXL):
            return answers
        decided = self._ledger.ask(
            Source.CUCM_AXL,
            lambda: read_axl_activation(self._cucm, answers.member.name, answers.services),
        ).value
        return answers if decided is None else replace(answers, services=decided)


def _proves_login(entry: Coverage) -> bool:
    return entry.outcome is Outcome.COLLECTED and entry.source in _LOGIN_PROVING_SOURCES
