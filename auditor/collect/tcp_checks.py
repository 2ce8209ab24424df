"""Bare TCP connections: to external databases, and to nodes that are declared as planned."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from auditor.collect.node import NodeResult, skip_node
from auditor.config.settings import ClusterSettings
from auditor.errors import NotAsked
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.nodes import NodeFacts
from auditor.models.settings import ExternalDatabase, Reach
from auditor.problems import Problem
from auditor.soap.messages import TcpResult
from auditor.soap.network import Network

TCP_CHECK_TIMEOUT_S = 2.0
"""How long a node has to accept a bare TCP connection, and a database where a run hurries."""


def is_declared_planned(settings: ClusterSettings, node: NodeFacts) -> bool:
    """Return whether the file names a node as planned, even if a survey found it reachable."""
    return node.planned or node.name.casefold() in map(str.casefold, settings.planned_nodes)


def check_planned_node(network: Network, settings: ClusterSettings, node: NodeFacts) -> NodeResult:
    """Open and close one TCP connection; nothing is sent, so no password is at risk.

    A node that accepts it contradicts the file, which is drift (PROFILE-02); its services stay
    unread, so they are unknown. Any other outcome proves nothing, and the node stays planned.
    """
    address = settings.address_of(node.name)
    # A planned node is absent as a rule, and its time-out would delay every run.
    tcp = network.try_tcp(address.host, address.port, min(TCP_CHECK_TIMEOUT_S, settings.timeout_s))
    result = mark_as_reachable(node) if tcp.reach is Reach.REACHED else keep_as_planned(node)
    entry = _planned_node_coverage(address.shown, tcp)
    return replace(result, coverage=(*result.coverage, entry))


def keep_as_planned(node: NodeFacts) -> NodeResult:
    """Return the result of a planned node that is not known to be installed."""
    return skip_node(node, "Declared in planned_nodes: not installed yet.")


def mark_as_reachable(node: NodeFacts) -> NodeResult:
    """Return the result of a node that is declared as planned and accepts connections."""
    return skip_node(
        replace(node, planned=False),
        failure=NotAsked(Problem.PLANNED_NODE, node.name).failure,
    )


def _planned_node_coverage(address: str, result: TcpResult) -> Coverage:
    outcome = Outcome.SKIPPED if result.reach is Reach.UNKNOWN else Outcome.COLLECTED
    return Coverage(Source.TCP, address, outcome, None, result.text, 1, result.elapsed_ms)


TcpTarget = tuple[str, int]


@dataclass(frozen=True, slots=True)
class TcpCheck:
    """A host and port, what a connection to it came to, and the coverage of that check."""

    target: TcpTarget
    result: TcpResult
    coverage: Coverage


def database_targets(databases: Iterable[ExternalDatabase]) -> tuple[TcpTarget, ...]:
    """Return each host and port to check, once."""
    return tuple(sorted({(d.host, d.port) for d in databases if d.reach is not Reach.NOT_TRIED}))


def check_tcp(network: Network, target: TcpTarget, timeout_s: float) -> TcpCheck:
    """Open and close one TCP connection; nothing is sent.

    A refusal is a result, so its outcome is `collected`; only a name that cannot be resolved, or
    a network that cannot be used, is a gap.
    """
    result = network.try_tcp(*target, timeout_s)
    failed = result.reach is Reach.UNKNOWN
    coverage = Coverage(
        Source.TCP,
        f"{target[0]}:{target[1]}",
        Outcome.FAILED if failed else Outcome.COLLECTED,
        result.reason if failed else None,
        result.text if failed else "",
        1,
        result.elapsed_ms,
    )
    return TcpCheck(target, result, coverage)


def set_database_reach(
    databases: Iterable[ExternalDatabase], results: Mapping[TcpTarget, TcpResult]
) -> tuple[ExternalDatabase, ...]:
    """Return the databases with the results of their checks."""
    return tuple(
        replace(database, reach=result.reach, reach_text=result.text)
        if database.reach is not Reach.NOT_TRIED
        and (result := results.get((database.host, database.port)))
        else database
        for database in databases
    )
