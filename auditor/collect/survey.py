"""One cluster on its way from settings to facts; every step is a task that waits for none."""

from dataclasses import replace
from functools import partial

from auditor.cluster import ClusterFacts, Reach
from auditor.collect import activation, node, planned, reach, topology
from auditor.collect.asking import Ledger
from auditor.collect.cluster import assemble, with_readings
from auditor.collect.crew import Crew
from auditor.collect.identity import without_doubles
from auditor.collect.line import Line
from auditor.collect.merging import merged
from auditor.collect.node import NodeAnswers
from auditor.collect.rows import undecided
from auditor.collect.terms import Terms
from auditor.collect.topics import Topic
from auditor.collect.topology import Member, Topology
from auditor.config.settings import ClusterSettings
from auditor.errors import BadCredentials, ExchangeError, Reason
from auditor.facts import Coverage, Outcome, Source
from auditor.soap.exchange import TcpResult
from auditor.soap.repeated import Repeated
from auditor.soap.replies import ProductInformation

_PROVES_LOGIN = frozenset({Source.CUCM_AXL, Source.CONTROL_CENTER, Source.PERFMON})
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
        self, settings: ClusterSettings, terms: Terms, known: ClusterFacts | None = None
    ) -> None:
        """Open nothing yet.

        `known` is what an earlier survey found: its nodes and groups count, CUCM is not asked for
        them again, and what is told now is put over it.
        """
        self.settings = settings
        self._terms = terms
        self._known = known
        self._line = Line(settings.workers)
        self._planned: list[Member] = []
        self._topology = Topology(())
        self._answers: dict[str, NodeAnswers] = {}
        self._reached: dict[reach.Place, TcpResult] = {}
        self._tests: list[Coverage] = []
        self._products: Repeated[ProductInformation] = Repeated()
        self._cucm_name = settings.cucm_name
        self._cucm = terms.client(
            settings,
            self._cucm_name,
            settings.cucm_publisher,
            self._products,
            others=settings.node_names,
        )
        self._ledger = Ledger(self._cucm_name, self._cucm, terms.guard)
        self._facts: ClusterFacts | None = None

    @property
    def facts(self) -> ClusterFacts:
        """Return what became known, once the crew has no task left."""
        if self._facts is None:
            raise RuntimeError(f"the survey of {self.settings.name} has not ended")
        return self._facts

    def start(self, crew: Crew) -> None:
        """Hand in the first step."""
        if self._known is None:
            crew.submit(partial(self._ask_cucm, crew))
        else:
            crew.submit(partial(self._remember, crew, self._known))

    def _remember(self, crew: Crew, known: ClusterFacts) -> None:
        """Start from an earlier survey in place of CUCM's answer."""
        self._topology = topology.remembered(known)
        self._line.login_taken = any(_took_login(entry) for entry in known.coverage)
        self._plan(None)
        self._go_on(crew)

    def _ask_cucm(self, crew: Crew) -> None:
        answer = self._ledger.ask(Source.CUCM_AXL, lambda: topology.ask(self._cucm, self.settings))
        self._topology = answer.value or topology.declared(self.settings, answer.error)
        if answer.error is None and self._topology.trouble is not None:
            self._ledger.keep(Source.CUCM_AXL, self._topology.trouble)
        self._line.login_taken = answer.error is None
        self._terms.progress(self.settings.name, self._cucm_name)
        self._plan(answer.error or self._topology.trouble)
        self._go_on(crew)

    def _plan(self, error: ExchangeError | None) -> None:
        for member in self._topology.members:
            if not self._terms.errand.wants(member.name, member.redundancy_group):
                self._answers[member.name] = node.untouched(member, None, "Not asked for.")
            elif planned.declared(self.settings, member):
                self._plan_around(member)
            else:
                self._line.add(member)
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
        """Ask nothing more in this cluster, and knock nowhere; every node that is left says why."""
        detail = f"Not asked, so that the account is not locked: {error}"
        for member in self._line.drop():
            self._answers[member.name] = node.untouched(member, Reason.NOT_ASKED, detail)
        for member in self._take_planned():
            self._answers[member.name] = planned.left_alone(member)

    def _go_on(self, crew: Crew) -> None:
        """Hand in every TCP test, and the nodes as far as they may be asked now."""
        tested = Topic.DATABASES in self._terms.errand.topics
        places = reach.places(self.settings.databases) if tested else ()
        knocks = self._take_planned()
        self._line.expect_tests(len(places) + len(knocks))
        for place in places:
            crew.submit(partial(self._test, crew, place))
        for member in knocks:
            crew.submit(partial(self._knock, crew, member))
        self._fill(crew)

    def _take_planned(self) -> tuple[Member, ...]:
        """Return the planned nodes that wait for a knock, each once."""
        waiting, self._planned = tuple(self._planned), []
        return waiting

    def _fill(self, crew: Crew) -> None:
        """Hand in further nodes, or the last step once nothing is under way any more."""
        turn = self._line.turn()
        for member in turn.members:
            crew.submit(partial(self._ask_node, crew, member))
        if turn.last:
            crew.submit(self._finish)

    def _test(self, crew: Crew, place: reach.Place) -> None:
        tested = reach.test(self._terms.wire, place, self.settings.timeout_s)
        self._reached[place] = tested.result
        self._tests.append(tested.coverage)
        self._line.tested()
        self._fill(crew)

    def _knock(self, crew: Crew, member: Member) -> None:
        self._answers[member.name] = planned.knock(self._terms.wire, self.settings, member)
        self._line.tested()
        self._fill(crew)

    def _ask_node(self, crew: Crew, member: Member) -> None:
        name = member.name
        others = frozenset(m.name.casefold() for m in self._topology.members if m.name != name)
        known = others | {self._cucm_name.casefold()} - {name.casefold()}
        dial = self.settings.dial(name)
        with self._terms.client(
            self.settings, name, dial, self._products, others=known, axl_first=self._axl_version
        ) as client:
            watch = self._terms.watch(self.settings.settle_s)
            gone = partial(self._is_gone, name)
            answers = node.collect(client, member, others, self._terms, watch=watch, gone=gone)
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
        tested = self._terms.wire.tcp(place.host, place.port, planned.KNOCK_S)
        return tested.reach is not Reach.REACHED

    def _learn_of_login(self, answers: NodeAnswers) -> None:
        if self._line.login_taken:
            return
        if isinstance(answers.closed_by, BadCredentials):
            self._stop(answers.closed_by)
        elif any(_took_login(entry) for entry in answers.coverage):
            self._line.login_taken = True

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
            facts = merged(self._known, facts, self._terms.errand)
        self._facts = with_readings(facts, decided, self.settings)

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
