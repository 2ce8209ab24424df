"""Everything that one IM&P node is asked, in turn on one session, at its own address.

Whether two nodes are one machine that answered twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations

from auditor.collect.axl import judge_axl_failure, probe_axl
from auditor.collect.clients import SurveyContext
from auditor.collect.coverage import CoverageLog, RequestStats
from auditor.collect.discovery.probes import Probe
from auditor.collect.discovery.reader import ProbeResults, fail_all_probes, read_probes
from auditor.collect.perfmon import CounterValues, read_counters, read_ha_state
from auditor.collect.scope import SurveyTopic
from auditor.collect.services import RecheckPolicy, ServicesReading, read_services
from auditor.collect.topology import TopologyNode
from auditor.errors import Bug, ExchangeError, NotAsked, Reason, WrongNode
from auditor.models.facts import (
    AxlAvailability,
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
from auditor.service_names import AXL_WEB_SERVICE
from auditor.soap.client import Client
from auditor.soap.network import Network
from auditor.soap.records import ProductInformation

NODE_SOURCES = (Source.CONTROL_CENTER, Source.PERFMON, Source.IMP_AXL)


@dataclass(frozen=True, slots=True)
class NodeReadings:
    """What one node gave, and the coverage of what it did not."""

    member: TopologyNode
    coverage: tuple[Coverage, ...]
    services: Mapping[str, ServiceState] = field(default_factory=dict)
    release: str | None = None
    ha: HaReading | None = None
    axl: AxlProbe | None = None
    identity: Identity = Identity.UNPROVEN
    closed_by: ExchangeError | None = None
    replied_at: str | None = None
    reading: ProbeResults | None = None
    counters: CounterValues = field(default_factory=lambda: CounterValues({}))


def collect_node(
    client: Client,
    member: TopologyNode,
    others: frozenset[str],
    terms: SurveyContext,
    *,
    watch: RecheckPolicy,
    gone: Callable[[], bool],
) -> NodeReadings:
    """Ask one node about the topics of an errand: in an audit four requests, or five.

    The publisher's database is asked besides: at most six requests more. `others` are the names
    of the cluster's other nodes, lower case. `gone` tells after a time-out whether the node cannot
    be reached at all. Raises nothing but Interrupted: every failure is in the coverage.
    """
    topics = terms.errand.topics
    ledger = CoverageLog(member.name, client, terms.guard, gone=gone)
    product = _read_product(ledger) if SurveyTopic.PRODUCT in topics else None
    look = (
        _read_node_services(ledger, product, terms.wire, watch)
        if SurveyTopic.SERVICES in topics
        else None
    )
    states = look.services if look else {}
    state = _read_node_ha_state(ledger, others) if SurveyTopic.HA in topics else None
    told = read_counters(ledger, others, topics)
    probe = _probe_node_axl(ledger, states) if SurveyTopic.AXL in topics else None
    reading = _read_node_database(ledger, terms.probes) if member.role is Role.PUBLISHER else None
    answers = NodeReadings(
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
        return discard_readings(answers, ledger.closed_by.detail)
    return answers


def discard_readings(answers: NodeReadings, detail: str) -> NodeReadings:
    """Return the answers without anything that they told: another machine gave them."""
    coverage = tuple(
        replace(entry, outcome=Outcome.FAILED, reason=Reason.WRONG_NODE, detail=detail)
        for entry in answers.coverage
    )
    closed_by = answers.closed_by
    identity = Identity.CONTRADICTED
    return NodeReadings(answers.member, coverage, identity=identity, closed_by=closed_by)


def _read_product(ledger: CoverageLog) -> ProductInformation | None:
    return ledger.ask(Source.CONTROL_CENTER, ledger.client.product_information).value


def _read_node_ha_state(ledger: CoverageLog, others: frozenset[str]) -> HaReading | None:
    question = partial(read_ha_state, ledger.client, ledger.node, others)
    return ledger.ask(Source.PERFMON, question).value


def _read_node_services(
    ledger: CoverageLog, product: ProductInformation | None, wire: Network, watch: RecheckPolicy
) -> ServicesReading | None:
    look = ledger.ask(
        Source.CONTROL_CENTER,
        lambda: read_services(ledger.client, product, wire=wire, watch=watch),
    ).value
    if look is not None and look.second_failed is not None:
        ledger.keep(Source.CONTROL_CENTER, look.second_failed)
    return look


def _probe_node_axl(ledger: CoverageLog, states: Mapping[str, ServiceState]) -> AxlProbe | None:
    """Probe AXL unless Control Center says that it does not run, where no answer is due."""
    service = states.get(AXL_WEB_SERVICE)
    if service is not None and service.state is RunState.STOPPED:
        ledger.skip(Source.IMP_AXL, None, "Cisco AXL Web Service does not run there.")
        return None
    answer = ledger.ask(Source.IMP_AXL, lambda: probe_axl(ledger.client))
    if answer.error is None:
        return answer.value
    if isinstance(answer.error, NotAsked):
        return AxlProbe(AxlAvailability.UNKNOWN, answer.error.detail)
    return judge_axl_failure(answer.error, control_center_answered=bool(states))


def _read_node_database(ledger: CoverageLog, probes: Sequence[Probe]) -> ProbeResults | None:
    """Ask the node's database, best effort.

    Only a fault of ours counts as a gap of the audit, and evidence that holds no answer: there
    was one, or might have been, and what it told could make a difference.
    """
    entry = ledger.entries.get(Source.IMP_AXL)
    if not probes or entry is None:
        return None
    if entry.outcome is not Outcome.COLLECTED:
        return fail_all_probes(ledger.node, probes, "its AXL was not asked, or did not answer")
    before = RequestStats.of(ledger.client)
    try:
        reading = ledger.guard(lambda: read_probes(ledger.client, ledger.node, probes))
    except Bug as fault:
        ledger.keep(Source.IMP_AXL, fault)
        reading = fail_all_probes(ledger.node, probes, "auditor itself failed")
    ledger.add(Source.IMP_AXL, RequestStats.of(ledger.client) - before)
    if isinstance(reading.stopped_by, NotAsked):
        ledger.keep(Source.IMP_AXL, reading.stopped_by)
    if reading.stopped_by is not None and reading.stopped_by.settles:
        ledger.closed_by = reading.stopped_by
    return reading


def skip_node(member: TopologyNode, reason: Reason | None, detail: str) -> NodeReadings:
    """Return the answers of a node that was not asked; no reason: it was not due."""
    coverage = tuple(
        Coverage(source, member.name, Outcome.SKIPPED, reason, detail) for source in NODE_SOURCES
    )
    return NodeReadings(member, coverage)


SAME_MACHINE_SHARE = 0.9
"""Share of the started services with one start time from which two answers are one machine's.

Not all of them: a service may restart between the two answers, and one that keeps restarting
does. Two machines that booted at the same moment share far fewer.
"""


def drop_duplicate_machines(answers: Sequence[NodeReadings]) -> tuple[NodeReadings, ...]:
    """Empty every node whose start times agree with another's for the started services.

    Start times are told to the second and no two machines share all of them, so both answers
    are worthless: nobody can say which node gave them (contract, section 8).
    """
    twins: dict[str, str] = {}
    for one, other in combinations(answers, 2):
        if _is_same_machine(one.services, other.services):
            twins.setdefault(one.member.name, other.member.name)
            twins.setdefault(other.member.name, one.member.name)
    return tuple(
        _discard_duplicate(a, twins[a.member.name]) if a.member.name in twins else a
        for a in answers
    )


def _is_same_machine(one: Mapping[str, ServiceState], other: Mapping[str, ServiceState]) -> bool:
    times, others = _service_start_times(one), _service_start_times(other)
    alike = len(times.items() & others.items())
    return bool(times) and alike >= SAME_MACHINE_SHARE * len(times.keys() | others.keys())


def _service_start_times(services: Mapping[str, ServiceState]) -> dict[str, str]:
    return {
        name: s.started_at
        for name, s in services.items()
        if s.state is RunState.STARTED and s.started_at
    }


def _discard_duplicate(answers: NodeReadings, twin: str) -> NodeReadings:
    return discard_readings(
        answers,
        f"{answers.member.name} and {twin} gave the same start times for their services: "
        "one machine answered for both. Check `addresses`, and NAT or load balancers on the way.",
    )
