"""Everything that one IM&P node is asked, in turn on one session, at its own address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from auditor import names
from auditor.collect import axl, counters, ha, prerequisites, services
from auditor.collect.asking import Cost, Ledger
from auditor.collect.counters import Counters
from auditor.collect.prerequisites import Reading
from auditor.collect.probes import Probe
from auditor.collect.services import Look, Watch
from auditor.collect.terms import Terms
from auditor.collect.topics import Topic
from auditor.collect.topology import Member
from auditor.errors import Bug, ExchangeError, NotAsked, Reason, WrongNode
from auditor.facts import (
    AxlAnswer,
    AxlProbe,
    Coverage,
    HaReading,
    Identity,
    Outcome,
    Role,
    RunState,
    ServiceState,
    Source,
)
from auditor.soap.client import Client
from auditor.soap.exchange import Wire
from auditor.soap.replies import ProductInformation

SOURCES = (Source.CONTROL_CENTER, Source.PERFMON, Source.IMP_AXL)


@dataclass(frozen=True, slots=True)
class NodeAnswers:
    """What one node gave, and the coverage of what it did not."""

    member: Member
    coverage: tuple[Coverage, ...]
    services: Mapping[str, ServiceState] = field(default_factory=dict)
    release: str | None = None
    ha: HaReading | None = None
    axl: AxlProbe | None = None
    identity: Identity = Identity.UNPROVEN
    closed_by: ExchangeError | None = None
    replied_at: str | None = None
    reading: Reading | None = None
    counters: Counters = field(default_factory=lambda: Counters({}))


def collect(
    client: Client,
    member: Member,
    others: frozenset[str],
    terms: Terms,
    *,
    watch: Watch,
    gone: Callable[[], bool],
) -> NodeAnswers:
    """Ask one node about the topics of an errand: in an audit four requests, or five.

    The publisher's database is asked besides: at most six requests more. `others` are the names
    of the cluster's other nodes, lower case. `gone` tells after a time-out whether the node cannot
    be reached at all. Raises nothing but Interrupted: every failure is in the coverage.
    """
    topics = terms.errand.topics
    ledger = Ledger(member.name, client, terms.guard, gone=gone)
    product = _product(ledger) if Topic.PRODUCT in topics else None
    look = _look(ledger, product, terms.wire, watch) if Topic.SERVICES in topics else None
    states = look.services if look else {}
    state = _state(ledger, others) if Topic.HA in topics else None
    told = counters.read(ledger, others, topics)
    probe = _axl(ledger, states) if Topic.AXL in topics else None
    reading = _database(ledger, terms.probes) if member.role is Role.PUBLISHER else None
    answers = NodeAnswers(
        member,
        ledger.coverage,
        states,
        product.active_version if product else None,
        state,
        probe,
        client.identity,
        ledger.closed_by,
        look.replied_at.isoformat(timespec="seconds") if look else None,
        reading,
        told,
    )
    if isinstance(ledger.closed_by, WrongNode):
        return contradicted(answers, ledger.closed_by.detail)
    return answers


def contradicted(answers: NodeAnswers, detail: str) -> NodeAnswers:
    """Return the answers without anything that they told: another machine gave them."""
    coverage = tuple(
        replace(entry, outcome=Outcome.FAILED, reason=Reason.WRONG_NODE, detail=detail)
        for entry in answers.coverage
    )
    closed_by = answers.closed_by
    identity = Identity.CONTRADICTED
    return NodeAnswers(answers.member, coverage, identity=identity, closed_by=closed_by)


def _product(ledger: Ledger) -> ProductInformation | None:
    return ledger.ask(Source.CONTROL_CENTER, ledger.client.product_information).value


def _state(ledger: Ledger, others: frozenset[str]) -> HaReading | None:
    question = partial(ha.read_state, ledger.client, ledger.node, others)
    return ledger.ask(Source.PERFMON, question).value


def _look(
    ledger: Ledger, product: ProductInformation | None, wire: Wire, watch: Watch
) -> Look | None:
    look = ledger.ask(
        Source.CONTROL_CENTER,
        lambda: services.look(ledger.client, product, wire=wire, watch=watch),
    ).value
    if look is not None and look.second_failed is not None:
        ledger.keep(Source.CONTROL_CENTER, look.second_failed)
    return look


def _axl(ledger: Ledger, states: Mapping[str, ServiceState]) -> AxlProbe | None:
    """Probe AXL unless Control Center says that it does not run, where no answer is due."""
    service = states.get(names.AXL)
    if service is not None and service.state is RunState.STOPPED:
        ledger.skip(Source.IMP_AXL, None, "Cisco AXL Web Service does not run there.")
        return None
    answer = ledger.ask(Source.IMP_AXL, lambda: axl.probe(ledger.client))
    if answer.error is None:
        return answer.value
    if isinstance(answer.error, NotAsked):
        return AxlProbe(AxlAnswer.UNKNOWN, answer.error.detail)
    return axl.judge_failure(answer.error, control_center_answered=bool(states))


def _database(ledger: Ledger, probes: Sequence[Probe]) -> Reading | None:
    """Ask the node's database, best effort.

    Only a fault of ours counts as a gap of the audit, and evidence that holds no answer: there
    was one, or might have been, and what it told could make a difference.
    """
    entry = ledger.entries.get(Source.IMP_AXL)
    if not probes or entry is None:
        return None
    if entry.outcome is not Outcome.COLLECTED:
        return prerequisites.unread(ledger.node, probes, "its AXL was not asked, or did not answer")
    before = Cost.of(ledger.client)
    try:
        reading = ledger.guard(lambda: prerequisites.read(ledger.client, ledger.node, probes))
    except Bug as fault:
        ledger.keep(Source.IMP_AXL, fault)
        reading = prerequisites.unread(ledger.node, probes, "auditor itself failed")
    ledger.add(Source.IMP_AXL, Cost.of(ledger.client) - before)
    if isinstance(reading.stopped_by, NotAsked):
        ledger.keep(Source.IMP_AXL, reading.stopped_by)
    if reading.stopped_by is not None and reading.stopped_by.settles:
        ledger.closed_by = reading.stopped_by
    return reading


def untouched(member: Member, reason: Reason | None, detail: str) -> NodeAnswers:
    """Return the answers of a node that was not asked; no reason: it was not due."""
    coverage = tuple(
        Coverage(source, member.name, Outcome.SKIPPED, reason, detail) for source in SOURCES
    )
    return NodeAnswers(member, coverage)
