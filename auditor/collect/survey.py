"""One cluster on its way from settings to facts; every step is a task that waits for none."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from threading import Lock

from auditor.cluster import ClusterFacts, Reach
from auditor.collect import activation, node, planned, reach, servers, topology
from auditor.collect.asking import Guard, Ledger
from auditor.collect.cluster import assemble, with_readings
from auditor.collect.crew import Crew
from auditor.collect.identity import without_doubles
from auditor.collect.merging import merged
from auditor.collect.node import NodeAnswers
from auditor.collect.probes import Probe
from auditor.collect.rows import undecided
from auditor.collect.services import Watch
from auditor.collect.topics import EVERYTHING, Errand, Topic
from auditor.collect.topology import Member, Topology
from auditor.config.settings import ClusterSettings, Dial
from auditor.credentials import Credentials
from auditor.errors import BadCredentials, ExchangeError, Reason
from auditor.facts import Coverage, Outcome, Role, Source
from auditor.soap.client import Client
from auditor.soap.exchange import TcpResult, Wire
from auditor.soap.repeated import Repeated
from auditor.soap.replies import ProductInformation

Progress = Callable[[str, str], None]
"""Told the cluster and the server that was just asked."""

_PROVES_LOGIN = frozenset({Source.CUCM_AXL, Source.CONTROL_CENTER, Source.PERFMON})
"""Sources whose answer shows that the password was taken.

No failure shows it: nobody documents whether a SOAP fault, HTTP 599 or 403 comes before or after
the password is looked at. A node's own AXL counts as answering when it sends a fault.
"""


class Survey:
    """Asks the CUCM publisher, then every node and database, then CUCM for what was left open.

    Until one server took the password, servers are asked one after the other, and a refusal
    stops the cluster: a wrong password must not lock the account (contract, section 7).
    """

    def __init__(
        self,
        settings: ClusterSettings,
        login: Credentials,
        *,
        insecure: bool,
        watch_s: float | None,
        wire: Wire,
        guard: Guard,
        progress: Progress,
        probes: Sequence[Probe] = (),
        errand: Errand = EVERYTHING,
        known: ClusterFacts | None = None,
    ) -> None:
        """Open nothing yet.

        `watch_s`: look at every service twice, that far apart. `probes`: what to ask the
        publisher's database. `known` is what an earlier survey found: its nodes and groups count,
        CUCM is not asked for them again, and what is told now is put over it.
        """
        self.settings = settings
        self._login = login
        self._insecure = insecure
        pause_s = settings.settle_s if watch_s is None else watch_s
        self._watch = Watch(pause_s, always=watch_s is not None, never=errand.hurries)
        self._wire = wire
        self._guard = guard
        self._progress = progress
        self._probes = tuple(probes)
        self._errand = errand
        self._known = known
        self._lock = Lock()
        self._queue: deque[Member] = deque()
        self._planned: list[Member] = []
        self._nodes_open = 0
        self._tests_open = 0
        self._ended = False
        self._login_taken = False
        self._topology = Topology(())
        self._answers: dict[str, NodeAnswers] = {}
        self._reached: dict[reach.Place, TcpResult] = {}
        self._tests: list[Coverage] = []
        self._products: Repeated[ProductInformation] = Repeated()
        self._cucm_name = settings.cucm_name
        self._cucm = self._client(self._cucm_name, settings.cucm_publisher, settings.node_names)
        self._ledger = Ledger(self._cucm_name, self._cucm, guard)
        self._facts: ClusterFacts | None = None

    def _client(
        self, name: str, dial: Dial, others: frozenset[str], axl_first: str | None = None
    ) -> Client:
        return Client(
            servers.endpoint(self.settings, name, dial, others, insecure=self._insecure),
            self._login,
            servers.limits(self.settings),
            self._wire,
            axl_version=self.settings.axl_version,
            axl_first=axl_first,
            products=self._products,
        )

    @property
    def facts(self) -> ClusterFacts:
        """Return what became known, once the crew has no task left."""
        if self._facts is None:
            raise RuntimeError(f"the survey of {self.settings.name} has not ended")
        return self._facts

    def start(self, crew: Crew) -> None:
        """Hand in the first step."""
        crew.submit(lambda: self._ask_cucm(crew) if self._known is None else self._remember(crew))

    def _remember(self, crew: Crew) -> None:
        """Start from an earlier survey in place of CUCM's answer."""
        assert self._known is not None  # noqa: S101 - `start` looked
        self._topology = topology.remembered(self._known)
        self._login_taken = any(_took_login(entry) for entry in self._known.coverage)
        self._plan(None)
        self._go_on(crew)

    def _ask_cucm(self, crew: Crew) -> None:
        answer = self._ledger.ask(Source.CUCM_AXL, lambda: topology.ask(self._cucm, self.settings))
        self._topology = answer.value or topology.declared(self.settings, answer.error)
        if answer.error is None and self._topology.trouble is not None:
            self._ledger.keep(Source.CUCM_AXL, self._topology.trouble)
        self._login_taken = answer.error is None
        self._progress(self.settings.name, self._cucm_name)
        self._plan(answer.error or self._topology.trouble)
        self._go_on(crew)

    def _plan(self, error: ExchangeError | None) -> None:
        for member in self._topology.members:
            if planned.declared(self.settings, member):
                self._plan_around(member)
            elif not self._errand.wants(member.name, member.redundancy_group):
                self._answers[member.name] = node.untouched(member, None, "Not asked for.")
            else:
                self._queue.append(member)
        if isinstance(error, BadCredentials):
            self._stop(error)

    def _plan_around(self, member: Member) -> None:
        """Leave a planned node alone; try once, over all surveys, whether it is there."""
        if self._known is None:
            self._planned.append(member)
        else:
            known = planned.left_alone if member.planned else planned.there
            self._answers[member.name] = known(member)

    def _stop(self, error: ExchangeError) -> None:
        """Ask nothing more in this cluster; every node that is left says why."""
        detail = f"Not asked, so that the account is not locked: {error}"
        while self._queue:
            member = self._queue.popleft()
            self._answers[member.name] = node.untouched(member, Reason.NOT_ASKED, detail)

    def _go_on(self, crew: Crew) -> None:
        """Hand in every TCP test, and the nodes as far as they may be asked now."""
        tested = Topic.DATABASES in self._errand.topics
        places = reach.places(self.settings.databases) if tested else ()
        self._tests_open = len(places) + len(self._planned)
        for place in places:
            crew.submit(partial(self._test, crew, place))
        for member in self._planned:
            crew.submit(partial(self._knock, crew, member))
        self._fill(crew)

    def _fill(self, crew: Crew) -> None:
        """Hand in further nodes, or the last step once nothing is under way any more."""
        limit = self.settings.workers if self._login_taken else 1
        with self._lock:
            room = max(0, limit - self._nodes_open)
            ready = [self._queue.popleft() for _ in range(min(room, len(self._queue)))]
            self._nodes_open += len(ready)
            last = not (self._nodes_open or self._tests_open or self._ended)
            self._ended = self._ended or last
        for member in ready:
            crew.submit(partial(self._ask_node, crew, member))
        if last:
            crew.submit(self._finish)

    def _test(self, crew: Crew, place: reach.Place) -> None:
        tested = reach.test(self._wire, place, self.settings.timeout_s)
        with self._lock:
            self._reached[place] = tested.result
            self._tests.append(tested.coverage)
            self._tests_open -= 1
        self._fill(crew)

    def _knock(self, crew: Crew, member: Member) -> None:
        answers = planned.knock(self._wire, self.settings, member)
        with self._lock:
            self._answers[member.name] = answers
            self._tests_open -= 1
        self._fill(crew)

    def _ask_node(self, crew: Crew, member: Member) -> None:
        others = frozenset(
            m.name.casefold() for m in self._topology.members if m.name != member.name
        )
        known = others | {self._cucm_name.casefold()} - {member.name.casefold()}
        with self._client(
            member.name, self.settings.dial(member.name), known, self._axl_version
        ) as client:
            answers = node.collect(
                client,
                member,
                others,
                guard=self._guard,
                wire=self._wire,
                watch=self._watch,
                probes=self._probes if member.role is Role.PUBLISHER else (),
                topics=self._errand.topics,
                gone=partial(self._is_gone, member.name),
            )
        self._progress(self.settings.name, member.name)
        with self._lock:
            self._answers[member.name] = answers
            self._nodes_open -= 1
        self._learn_of_login(answers)
        self._fill(crew)

    def _is_gone(self, node_name: str) -> bool:
        """Tell whether not even a TCP connection gets through, where the errand is in a hurry."""
        if not self._errand.hurries:
            return False
        place = self.settings.dial(node_name)
        return self._wire.tcp(place.host, place.port, planned.KNOCK_S).reach is not Reach.REACHED

    def _learn_of_login(self, answers: NodeAnswers) -> None:
        if self._login_taken:
            return
        if isinstance(answers.closed_by, BadCredentials):
            self._stop(answers.closed_by)
        elif any(_took_login(entry) for entry in answers.coverage):
            self._login_taken = True

    def _finish(self) -> None:
        """Ask CUCM what Control Center left open, and put the facts together."""
        answers = [self._answers[m.name] for m in self._topology.members]
        decided = [self._decide(a) for a in without_doubles(answers)]
        self._cucm.close()
        tests = sorted(self._tests, key=lambda entry: entry.node)
        coverage = (*self._ledger.coverage, *tests)
        facts = assemble(self.settings, self._topology, decided, self._reached, coverage)
        facts = replace(facts, axl_version=self._axl_version)
        if self._known is not None:
            facts = merged(self._known, facts, self._errand)
        self._facts = with_readings(facts, decided)

    @property
    def _axl_version(self) -> str | None:
        """Return the AXL version that CUCM speaks, as far as that is known."""
        return self._cucm.axl_version or (self._known.axl_version if self._known else None)

    def _decide(self, answers: NodeAnswers) -> NodeAnswers:
        if not undecided(answers.services) or self._ledger.failed(Source.CUCM_AXL):
            return answers
        decided = self._ledger.ask(
            Source.CUCM_AXL,
            lambda: activation.decide(self._cucm, answers.member.name, answers.services),
        ).value
        return answers if decided is None else replace(answers, services=decided)


def _took_login(entry: Coverage) -> bool:
    return entry.outcome is Outcome.COLLECTED and entry.source in _PROVES_LOGIN
