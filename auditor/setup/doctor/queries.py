"""What the CUCM publisher and a node are asked, and the steps that come of their replies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from auditor.collect.axl import count_nodes_over_axl, judge_axl_failure
from auditor.collect.perfmon import HA_STATE_OBJECT, refuse_foreign_counters
from auditor.collect.topology import Topology, read_topology
from auditor.config.settings import ClusterSettings
from auditor.errors import ExchangeError, Reason
from auditor.failure_reasons import Interface
from auditor.models.nodes import AxlAvailability, Role
from auditor.setup.doctor.interfaces import (
    QueryResult,
    credentials_step,
    role_step,
    service_step,
    version_step,
    versions_sentence,
)
from auditor.setup.doctor.model import (
    CheckedServer,
    CheckupStep,
    DoctorCheck,
    StepOutcome,
    failed_step,
)
from auditor.soap.client import Client
from auditor.text import count_noun

NODE_CHECKS = (
    DoctorCheck.CREDENTIALS,
    DoctorCheck.SERVICEABILITY_SERVICE,
    DoctorCheck.SERVICEABILITY_ROLE,
    DoctorCheck.AXL_SERVICE,
    DoctorCheck.AXL_ROLE,
    DoctorCheck.VERSION,
)
PUBLISHER_CHECKS = (
    DoctorCheck.CREDENTIALS,
    DoctorCheck.AXL_SERVICE,
    DoctorCheck.AXL_ROLE,
    DoctorCheck.VERSION,
    DoctorCheck.NODES,
)


@dataclass(frozen=True, slots=True)
class NodeQueryResults:
    """What came of each request to a node, in order; an error that settles is the last."""

    serviceability: tuple[QueryResult, ...]
    axl: QueryResult
    versions: str


def query_node(client: Client, name: str, others: frozenset[str]) -> NodeQueryResults:
    """Ask Control Center, PerfMon and AXL once each; `others` are the other nodes, lower case.

    After an error that settles, such as a refused password, nothing more is asked.
    """
    release: list[str] = []

    def control_center() -> None:
        release.append(client.product_information().active_version or "")

    def perfmon() -> None:
        # A certificate for several servers does not prove which one answers; the counters name it.
        refuse_foreign_counters(client.perfmon_counters(HA_STATE_OBJECT, name), name, others)

    results = [_try_query(Interface.CONTROL_CENTER, control_center)]
    if not _has_final_error(results):
        results.append(_try_query(Interface.PERFMON, perfmon))
    # After an error that settles AXL is not asked, and fails for the same reason.
    axl = results[-1]
    if not _has_final_error(results):
        axl = _try_query(Interface.AXL, lambda: count_nodes_over_axl(client, name))
    versions = versions_sentence("".join(release), client.axl_version)
    return NodeQueryResults(tuple(results), axl, versions)


def _try_query(interface: Interface, query: Callable[[], object]) -> QueryResult:
    try:
        query()
    except ExchangeError as error:
        return QueryResult(interface, error)
    return QueryResult(interface)


def _has_final_error(results: Sequence[QueryResult]) -> bool:
    return results[-1].error is not None and results[-1].error.settles


def node_steps(
    server: CheckedServer, role: Role, results: NodeQueryResults, *, needs_axl: bool | None = None
) -> list[CheckupStep]:
    """Return the steps of a node in that role; `needs_axl`: peers sync from it, None: unknown."""
    serviceability = results.serviceability
    service = service_step(server, DoctorCheck.SERVICEABILITY_SERVICE, serviceability)
    axl_service = _axl_service_step(server, role, results, needs_axl=needs_axl)
    return [
        credentials_step(server, (*serviceability, results.axl)),
        service,
        role_step(
            server, DoctorCheck.SERVICEABILITY_ROLE, _ignore_perfmon_fault(serviceability), service
        ),
        axl_service,
        _axl_role_step(server, results.axl, axl_service),
        # The release of a node comes from Control Center, so this step depends on that service.
        version_step(server, [results.axl], results.versions, service),
    ]


def _ignore_perfmon_fault(results: Sequence[QueryResult]) -> list[QueryResult]:
    """Take PerfMon's SOAP fault for a reply: a release may lack the object asked for."""
    return [
        QueryResult(result.interface)
        if result.interface is Interface.PERFMON
        and result.error is not None
        and result.error.reason is Reason.SOAP_FAULT
        else result
        for result in results
    ]


# The table leaves AXL of a subscriber to the operator (AXL-03), unless peers need it (AXL-02).
_ABSENT_AXL = {
    True: (StepOutcome.TO_FIX, "Intercluster peers sync from its group, so they need it there."),
    False: (
        StepOutcome.NOTE,
        "This may be intended: only intercluster peers need it on a subscriber, and the file says "
        "that there are none.",
    ),
    None: (
        StepOutcome.UNKNOWN,
        "Intercluster peers may need it there: they do on both nodes of every group that they sync "
        "from. Declare `intercluster`; an audit judges it.",
    ),
}


def _axl_service_step(
    server: CheckedServer, role: Role, results: NodeQueryResults, *, needs_axl: bool | None
) -> CheckupStep:
    axl = results.axl
    step = service_step(server, DoctorCheck.AXL_SERVICE, [axl])
    if role is Role.SUBSCRIBER and step.reason is Reason.NO_SUCH_SERVICE:
        outcome, note = _ABSENT_AXL[needs_axl]
        return replace(step, outcome=outcome, note=note)
    if axl.error is None:
        return step
    control_center_answered = results.serviceability[0].error is None
    probe = judge_axl_failure(axl.error, control_center_answered=control_center_answered)
    if probe.answer is AxlAvailability.NOT_ANSWERING:
        # By the rule of AXL-04: the account was let in, but AXL is of no use to anyone.
        step = failed_step(server, DoctorCheck.AXL_SERVICE, axl.error)
        return replace(step, outcome=StepOutcome.TO_FIX)
    return step


def _axl_role_step(server: CheckedServer, axl: QueryResult, service: CheckupStep) -> CheckupStep:
    if service.outcome is StepOutcome.NOTE:
        note = "unknown while its AXL is off."
        return CheckupStep(DoctorCheck.AXL_ROLE, StepOutcome.NOTE, note)
    return role_step(server, DoctorCheck.AXL_ROLE, [axl], service)


@dataclass(frozen=True, slots=True)
class PublisherQueryResults:
    """What AXL of the CUCM publisher gave: the nodes, or in `error` why not; and its versions."""

    axl: QueryResult
    topology: Topology | None
    error: ExchangeError | None
    versions: str


def query_publisher(client: Client, settings: ClusterSettings) -> PublisherQueryResults:
    """Ask for nodes, groups and the release: three requests, one more to agree on a version."""
    topology, release, failure = None, "", None
    try:
        topology = read_topology(client, settings)
        release = client.ccm_version()
    except ExchangeError as error:
        failure = error
    # A version that was agreed on proves that AXL answered, whatever failed after it.
    axl = QueryResult(Interface.AXL, None if client.axl_version else failure)
    versions = versions_sentence(release, client.axl_version)
    return PublisherQueryResults(axl, topology, failure, versions)


def publisher_steps(
    server: CheckedServer, results: PublisherQueryResults, nodes: Sequence[str]
) -> list[CheckupStep]:
    """Return the steps; `nodes` are the names of those that are checked next."""
    service = service_step(server, DoctorCheck.AXL_SERVICE, [results.axl])
    return [
        credentials_step(server, [results.axl]),
        service,
        role_step(server, DoctorCheck.AXL_ROLE, [results.axl], service),
        version_step(server, [results.axl], results.versions, service),
        _nodes_step(server, results, nodes),
    ]


def _nodes_step(
    server: CheckedServer, results: PublisherQueryResults, nodes: Sequence[str]
) -> CheckupStep:
    check, names = DoctorCheck.NODES, ", ".join(nodes)
    if results.topology is None and (results.axl.error or results.error is None):
        return unlisted_nodes_step(nodes)
    if results.topology is None and results.error is not None:
        return failed_step(server, check, results.error, _nodes_of_file(nodes))
    if results.topology is not None and results.topology.trouble is not None:
        groups_known = results.topology.groups_known
        these = "These nodes" if groups_known else "Without their redundancy groups these nodes"
        note = f"{these} are checked: {names}."
        return failed_step(server, check, results.topology.trouble, note)
    note = f"{count_noun(len(nodes), 'IM and Presence node')}: {names}."
    return CheckupStep(check, StepOutcome.OK, note)


def unlisted_nodes_step(nodes: Sequence[str]) -> CheckupStep:
    """Return the step on the nodes of a CUCM that could not be asked for them."""
    note = f"CUCM could not list them. {_nodes_of_file(nodes)}"
    return CheckupStep(DoctorCheck.NODES, StepOutcome.SKIPPED, note)


def _nodes_of_file(nodes: Sequence[str]) -> str:
    if not nodes:
        return "The file names no node either, so none is checked."
    return f"The nodes that the file names are checked: {', '.join(nodes)}."
