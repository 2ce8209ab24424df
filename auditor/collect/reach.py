"""Whether an external database takes a TCP connection from this machine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from auditor.cluster import Database, Reach
from auditor.facts import Coverage, Outcome, Source
from auditor.soap.exchange import TcpResult, Wire

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Tested:
    """One place, what a connection to it came to, and the coverage of that test."""

    place: Place
    result: TcpResult
    coverage: Coverage


def places(databases: Iterable[Database]) -> tuple[Place, ...]:
    """Return each host and port that is to be tested, once."""
    return tuple(sorted({(d.host, d.port) for d in databases if d.reach is not Reach.NOT_TRIED}))


def test(wire: Wire, place: Place, timeout_s: float) -> Tested:
    """Open and close one TCP connection; nothing is sent.

    A refusal is an answer, so its outcome is `collected`; only a name that cannot be looked up,
    or a network that cannot be used, leaves a gap.
    """
    result = wire.tcp(*place, timeout_s)
    failed = result.reach is Reach.UNKNOWN
    coverage = Coverage(
        Source.TCP,
        f"{place[0]}:{place[1]}",
        Outcome.FAILED if failed else Outcome.COLLECTED,
        result.reason if failed else None,
        result.text if failed else "",
        1,
        result.elapsed_ms,
    )
    return Tested(place, result, coverage)


def filled(
    databases: Iterable[Database], results: Mapping[Place, TcpResult]
) -> tuple[Database, ...]:
    """Return the databases with what their place's test came to."""
    return tuple(
        replace(d, reach=r.reach, reach_text=r.text)
        if (r := results.get((d.host, d.port))) and d.reach is not Reach.NOT_TRIED
        else d
        for d in databases
    )
