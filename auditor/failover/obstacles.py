"""What kept a server from telling something: the first thing to clear away."""

from collections.abc import Collection
from dataclasses import dataclass

from auditor.cluster import ClusterFacts
from auditor.errors import Reason
from auditor.facts import Outcome, Source


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a source of a server told nothing; `text` says it in plain sentences.

    `elsewhere`: another server took the same account.
    """

    cluster: str
    server: str
    source: Source
    reason: Reason
    text: str
    elsewhere: bool = False


_ORDER = (
    Reason.CREDENTIALS,
    Reason.TLS,
    Reason.WRONG_NODE,
    Reason.UNREACHABLE,
    Reason.TIMED_OUT,
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
"""Which reason is cleared away first: one that keeps all the rest from being asked leads."""


def obstacles(
    facts: ClusterFacts, nodes: Collection[str], *, unneeded: Collection[str] = ()
) -> tuple[Obstacle, ...]:
    """Return what kept the CUCM publisher and these nodes from telling, gravest first.

    `unneeded` are the nodes whose own AXL did not matter. Where a refused password kept a node
    from being asked at all, the server that refused it counts too.
    """
    own = {node.name for node in facts.nodes}
    taking = {
        entry.node
        for entry in facts.coverage
        if entry.outcome is Outcome.COLLECTED and entry.source is not Source.TCP
    }
    found = [
        Obstacle(
            facts.name,
            entry.node,
            entry.source,
            entry.reason,
            entry.detail,
            elsewhere=bool(taking - {entry.node}),
        )
        for entry in facts.coverage
        if entry.reason is not None and entry.source is not Source.TCP
    ]
    near = [
        o
        for o in found
        if (o.server in nodes or o.server not in own)
        and not (o.source is Source.IMP_AXL and o.server in unneeded)
    ]
    if any(o.reason is Reason.NOT_ASKED for o in near):
        near += [o for o in found if o.reason is Reason.CREDENTIALS and o not in near]
    return tuple(sorted(near, key=lambda o: _ORDER.index(o.reason)))
