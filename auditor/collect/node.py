"""All requests to one IM&P node, in turn on one session, at the node's own address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

from auditor.collect.axl import judge_axl_failure, probe_axl
from auditor.collect.clients import ProbeSource, SurveyContext
from auditor.collect.coverage import CoverageLog, RequestStats
from auditor.collect.hostnames import AmbiguousHost, match_node_name
from auditor.collect.perfmon import (
    read_ha_state,
    read_replication,
    read_sessions,
)
from auditor.collect.scope import SurveyTopic
from auditor.collect.service_rows import has_strange_product
from auditor.collect.services import RecheckPolicy, read_services
from auditor.config.hosts import is_ip, split_host_port
from auditor.errors import Bug, ExchangeError, NotAsked, WrongNode
from auditor.failures import Failure
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.nodes import (
    AxlAvailability,
    AxlProbe,
    HaState,
    Identity,
    NodeFacts,
    Role,
    RunState,
    ServiceState,
)
from auditor.problems import Problem
from auditor.service_names import AXL_WEB_SERVICE
from auditor.text import utc_timestamp_or_none

if TYPE_CHECKING:  # what reads the database loads late
    from auditor.collect.discovery.reader import ProbeResults

MAX_NODE_REQUESTS = 7
"""How many requests one run sends a node, apart from repeats and the publisher's database."""

NODE_SOURCES = (Source.CONTROL_CENTER, Source.PERFMON, Source.IMP_AXL)


@dataclass(frozen=True, slots=True)
class NodeResult:
    """The result of asking one node: its facts, and the coverage of its sources.

    `closed_by` is an error after which the node was asked nothing more; `probe_results` is what
    the database of the publisher answered. `primary_node` is that of the product information.
    """

    node: NodeFacts
    coverage: tuple[Coverage, ...]
    closed_by: ExchangeError | None = None
    probe_results: "ProbeResults | None" = None
    primary_node: str | None = None


def collect_node(
    log: CoverageLog,
    node: NodeFacts,
    nodes: Sequence[NodeFacts],
    context: SurveyContext,
    recheck: RecheckPolicy,
) -> NodeResult:
    """Ask one node about the topics of the survey: five or six requests in an audit.

    The publisher's database takes two more, seven where it refuses a union. `nodes` are all of the
    cluster, this one too. Raises only Interrupted: every failure is in the coverage.
    """
    topics = context.scope.topics
    client = log.client
    others = frozenset(other.name.casefold() for other in nodes if other.name != node.name)
    product = None
    # The product comes first, because its list of services shows which of them can be activated.
    if SurveyTopic.PRODUCT in topics:
        product = log.ask(Source.CONTROL_CENTER, client.product_information).value
        node = replace(
            node,
            release=product.active_version if product else None,
            has_strange_product=has_strange_product(product),
        )
    if SurveyTopic.SERVICES in topics:
        request = partial(read_services, log, node, product, context.network, recheck)
        node = log.ask(Source.CONTROL_CENTER, request).value or node
    if SurveyTopic.HA in topics:
        ha_request = partial(read_ha_state, client, node.name, others)
        node = replace(node, ha_state=log.ask(Source.PERFMON, ha_request).value)
    if SurveyTopic.REPLICATION in topics:
        node = replace(node, replication=_ask_replication(log, others, context))
    if SurveyTopic.SESSIONS in topics:
        # One request is left for AXL.
        node = read_sessions(log, node, others, most_requests=MAX_NODE_REQUESTS - 1)
    elif SurveyTopic.BACKUP_SESSIONS in topics and _is_in_backup(node):
        node = read_sessions(log, node, others, most_requests=client.requests_sent + 1)
    # After the services: where they show that AXL Web Service is stopped, it is not asked.
    if SurveyTopic.AXL in topics:
        node = replace(node, axl=_probe_node_axl(log, node.services))
    # Subscribers hold copies of the publisher's database: to ask them would show nothing new.
    primary = product.primary_node if product else None
    is_publisher = node.role is Role.PUBLISHER or may_be_publisher(node, primary, nodes)
    probe_results = _read_node_database(log, context.probes) if is_publisher else None
    node = replace(
        node,
        identity=client.identity,
        certificate_not_after=utc_timestamp_or_none(client.certificate_not_after),
    )
    result = NodeResult(node, log.coverage, log.closed_by, probe_results, primary)
    # What was read before the error goes as well: it may be the other machine's.
    if isinstance(log.closed_by, WrongNode):
        return discard_readings(result, log.closed_by.failure)
    return result


def _is_in_backup(node: NodeFacts) -> bool:
    return node.ha_state is not None and node.ha_state.state is HaState.BACKUP


def may_be_publisher(node: NodeFacts, primary: str | None, nodes: Sequence[NodeFacts]) -> bool:
    """Return whether a node of unknown role names itself as the primary node."""
    is_unknown = node.role is Role.UNKNOWN and primary is not None
    return is_unknown and match_primary_node(primary or "", nodes) == node.name


def match_primary_node(host: str, nodes: Sequence[NodeFacts]) -> str | None:
    """Return the node of that name, or the only one that is asked at that address."""
    try:
        name = match_node_name(host, [node.name for node in nodes])
    except AmbiguousHost:
        return None
    if name is not None or not is_ip(host):
        return name
    at_host = [node.name for node in nodes if split_host_port(node.address)[0] == host]
    return at_host[0] if len(at_host) == 1 else None


def discard_readings(result: NodeResult, failure: Failure) -> NodeResult:
    """Return the result without anything that was read: another machine answered."""
    coverage = tuple(
        replace(entry, outcome=Outcome.FAILED, reason=failure.reason, failure=failure)
        for entry in result.coverage
    )
    node = replace(result.node.without_readings(), identity=Identity.CONTRADICTED)
    return NodeResult(node, coverage, result.closed_by)


def _ask_replication(
    log: CoverageLog, others: frozenset[str], context: SurveyContext
) -> int | None:
    """Return the state of the node's replication, None if it was not read or has no other node."""
    if not others or not log.may_answer(Source.PERFMON):
        return None
    request = partial(read_replication, log.client, log.node, others)
    # A failover check judges by the HA state, and must not say that PerfMon gave none.
    ask = log.ask_optional if context.scope.hurries else log.ask
    return ask(Source.PERFMON, request).value


def _probe_node_axl(log: CoverageLog, services: Mapping[str, ServiceState]) -> AxlProbe | None:
    """Probe AXL unless Control Center says that it is stopped: no reply is due then."""
    service = services.get(AXL_WEB_SERVICE)
    if service is not None and service.state is RunState.STOPPED:
        log.skip(Source.IMP_AXL, "Cisco AXL Web Service does not run there.")
        return None
    reply = log.ask(Source.IMP_AXL, lambda: probe_axl(log.client, log.node))
    if reply.error is None:
        return reply.value
    if isinstance(reply.error, NotAsked):
        return AxlProbe(AxlAvailability.UNKNOWN, reply.error.detail)
    return judge_axl_failure(reply.error, control_center_answered=bool(services))


def _read_node_database(log: CoverageLog, source: ProbeSource) -> "ProbeResults | None":
    """Ask the node's database, best effort.

    Only a bug of this program and a replay without a recorded reply count as gaps of the audit:
    there was a reply, or might have been, and it could have made a difference.
    """
    entry = log.entries.get(Source.IMP_AXL)
    probes = source()
    if not probes or entry is None:
        return None
    # Late, as the probes are: clusters are asked sooner without them.
    from auditor.collect.discovery.reader import fail_all_probes, read_probes

    # Each statement would fail in the same way, and a time-out would be waited for again.
    if entry.outcome is not Outcome.COLLECTED:
        return fail_all_probes(log.node, probes, "its AXL was not asked, or did not answer")
    before = RequestStats.of(log.client)
    try:
        results = log.guard(lambda: read_probes(log.client, log.node, probes))
    except Bug as bug:
        log.record(Source.IMP_AXL, bug)
        results = fail_all_probes(log.node, probes, "auditor itself failed")
    log.add_stats(Source.IMP_AXL, RequestStats.of(log.client) - before)
    if isinstance(results.stopped_by, NotAsked):
        log.record(Source.IMP_AXL, results.stopped_by)
    # A failed read is no gap, but a reply of another machine discards the node here too.
    if results.stopped_by is not None and results.stopped_by.settles:
        log.closed_by = results.stopped_by
    return results


def skip_node(node: NodeFacts, note: str = "", failure: Failure | None = None) -> NodeResult:
    """Return the result of a node that was not asked; no failure: it did not have to be."""
    reason = failure.reason if failure else None
    coverage = tuple(
        Coverage(source, node.name, Outcome.SKIPPED, reason, note, failure=failure)
        for source in NODE_SOURCES
    )
    return NodeResult(node, coverage)


# A judgement, not a measurement. Of 50 started services five may differ: more restarts between two
# replies are unlikely, and so are equal seconds of 45 services on two machines.
SAME_MACHINE_SHARE = 0.9
"""Share of the started services with one start time from which two replies are one machine's.

Not all of them: a service may restart between the two replies, and one that keeps restarting
does. Two machines that booted at the same moment share far fewer.
"""


def drop_duplicate_machines(results: Sequence[NodeResult]) -> tuple[NodeResult, ...]:
    """Discard the readings of nodes whose started services have the same start times.

    Start times are given to the second and no two machines share all of them, so both replies
    are worthless: it is unknown which node gave them.
    """
    twins: dict[str, str] = {}
    for first, second in combinations([result.node for result in results], 2):
        if _is_same_machine(first.services, second.services):
            twins.setdefault(first.name, second.name)
            twins.setdefault(second.name, first.name)
    return tuple(
        _discard_duplicate(result, twins[result.node.name]) if result.node.name in twins else result
        for result in results
    )


def _is_same_machine(first: Mapping[str, ServiceState], second: Mapping[str, ServiceState]) -> bool:
    first_times, second_times = _service_start_times(first), _service_start_times(second)
    equal = len(first_times.items() & second_times.items())
    # Names, not pairs: a service that restarted in between would count twice.
    either = len(first_times.keys() | second_times.keys())
    # Without this, two nodes on which nothing runs would be one machine.
    return bool(first_times) and equal >= SAME_MACHINE_SHARE * either


def _service_start_times(services: Mapping[str, ServiceState]) -> dict[str, str]:
    return {
        name: service.started_at
        for name, service in services.items()
        if service.state is RunState.STARTED and service.started_at
    }


def _discard_duplicate(result: NodeResult, twin: str) -> NodeResult:
    error = WrongNode(Problem.SAME_MACHINE, result.node.name, other=twin)
    return discard_readings(result, error.failure)
