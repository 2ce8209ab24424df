"""Everything that one IM&P node is asked, in turn on one session, at its own address."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from auditor import names
from auditor.collect import axl, ha, services
from auditor.collect.asking import Guard, Ledger
from auditor.collect.services import Look, Watch
from auditor.collect.topology import Member
from auditor.errors import ExchangeError, NotAsked, Reason, WrongNode
from auditor.facts import (
    AxlAnswer,
    AxlProbe,
    Coverage,
    HaReading,
    Identity,
    Outcome,
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


def collect(
    client: Client,
    member: Member,
    others: frozenset[str],
    *,
    guard: Guard,
    wire: Wire,
    watch: Watch,
) -> NodeAnswers:
    """Ask one node for its product list, services, HA state and AXL: four requests, or five.

    `others` are the names of the cluster's other nodes, lower case. Raises nothing but
    Interrupted: every failure is in the coverage.
    """
    ledger = Ledger(member.name, client, guard)
    product = ledger.ask(Source.CONTROL_CENTER, client.product_information).value
    look = _look(ledger, product, wire, watch)
    states = look.services if look else {}
    state = ledger.ask(Source.PERFMON, lambda: ha.read_state(client, member.name, others)).value
    probe = _axl(ledger, states)
    identity = client.identity
    answers = NodeAnswers(
        member,
        ledger.coverage,
        states,
        product.active_version if product else None,
        state,
        probe,
        identity,
        ledger.closed_by,
        look.replied_at.isoformat(timespec="seconds") if look else None,
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


def untouched(member: Member, reason: Reason | None, detail: str) -> NodeAnswers:
    """Return the answers of a node that was not asked; no reason: it was not due."""
    coverage = tuple(
        Coverage(source, member.name, Outcome.SKIPPED, reason, detail) for source in SOURCES
    )
    return NodeAnswers(member, coverage)
