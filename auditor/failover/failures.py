"""Sources that gave nothing, and which of their failures to fix first."""

from collections.abc import Collection
from dataclasses import dataclass

from auditor.errors import Reason
from auditor.failures import Failure
from auditor.models.coverage import Outcome, Source
from auditor.models.facts import ClusterFacts


@dataclass(frozen=True, slots=True)
class SourceFailure:
    """Why a source of a server gave nothing; `text` is what the coverage says of it.

    `accepted_elsewhere`: another server accepted the same account.
    """

    cluster: str
    server: str
    source: Source
    failure: Failure
    text: str
    accepted_elsewhere: bool = False

    @property
    def reason(self) -> Reason:
        """Return the reason of the failure."""
        return self.failure.reason


_REASONS_BY_URGENCY = (
    Reason.CREDENTIALS,
    Reason.TLS,
    Reason.WRONG_NODE,
    Reason.UNREACHABLE,
    Reason.TIMED_OUT,
    Reason.SCHEDULER_LOST,
    Reason.WORKER_LOST,
    Reason.NO_WORKER,
    Reason.WORKER_VERSION,
    Reason.NO_PASSWORD,
    Reason.NOT_AUTHORISED,
    Reason.NO_SUCH_SERVICE,
    Reason.UNSUPPORTED_VERSION,
    Reason.RATE_LIMITED,
    Reason.UNAVAILABLE,
    Reason.SOAP_FAULT,
    Reason.BAD_REPLY,
    Reason.TOO_LARGE,
    Reason.BUG,
    Reason.NOT_ASKED,
)
"""Which reason to fix first: one that prevents all other requests comes first."""


def source_failures(
    facts: ClusterFacts, nodes: Collection[str], *, axl_not_needed: Collection[str] = ()
) -> tuple[SourceFailure, ...]:
    """Return what failed on the CUCM publisher and on these nodes, most urgent first.

    The own AXL of the nodes in `axl_not_needed` does not count. If a refused password prevented
    requests to a node, the server that refused it is included. A CUCM server in whose place another
    one answered left nothing unknown, and is left out.
    """
    cluster_nodes = {node.name for node in facts.nodes}
    # The TCP test goes from this machine to a database server, so it proves nothing about an
    # account or a node.
    accepting = {
        entry.node
        for entry in facts.coverage
        if entry.outcome is Outcome.COLLECTED and entry.source is not Source.TCP
    }
    failures = [
        SourceFailure(
            facts.name,
            entry.node,
            entry.source,
            entry.failure,
            entry.detail,
            accepted_elsewhere=bool(accepting - {entry.node}),
        )
        for entry in facts.coverage
        if entry.failure is not None and entry.source is not Source.TCP
    ]
    relevant = [
        failure
        for failure in failures
        if (failure.server in nodes or failure.server not in cluster_nodes)
        and not (
            failure.source is Source.CUCM_AXL and facts.cucm_stand_in not in (None, failure.server)
        )
        and not (failure.source is Source.IMP_AXL and failure.server in axl_not_needed)
    ]
    if any(failure.reason is Reason.NOT_ASKED for failure in relevant):
        relevant += [
            failure
            for failure in failures
            if failure.reason is Reason.CREDENTIALS and failure not in relevant
        ]
    return tuple(sorted(relevant, key=lambda failure: _REASONS_BY_URGENCY.index(failure.reason)))
