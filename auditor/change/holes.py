"""What a survey of a cluster did not see, and why, as whoever compares later must know it."""

from collections.abc import Iterable, Iterator

from auditor.errors import Reason
from auditor.facts import Coverage, Outcome, Source
from auditor.findings import ClusterReport
from auditor.report import sight
from auditor.report.wording import listed


def unasked(coverage: Iterable[Coverage]) -> str:
    """Return why no server told anything at all, empty where one did."""
    asked = [entry for entry in coverage if entry.source is not Source.TCP]
    if any(entry.outcome is Outcome.COLLECTED for entry in asked):
        return ""
    return sight.told([entry for entry in asked if entry.reason]) or "no server was asked"


def advice(coverage: Iterable[Coverage]) -> str:
    """Return what the first server that failed says of it, with what to do."""
    failed = (entry.detail for entry in coverage if entry.outcome is Outcome.FAILED)
    return next((detail for detail in failed if detail), "")


def lines(cluster: ClusterReport) -> Iterator[str]:
    """Yield a sentence for everything that a snapshot of a cluster lacks."""
    if why := unasked(cluster.coverage):
        yield f"It holds nothing of {cluster.name}: {why}."
        return
    if not cluster.nodes:
        why = sight.cause(cluster) or "CUCM listed none"
        yield f"It holds no node of {cluster.name}: {why}."
        return
    gaps = [entry for entry in cluster.coverage if entry.reason]
    unread = {name: _reason(gaps, name) for name in cluster.unread}
    for reason, nodes in _grouped((reason, name) for name, reason in unread.items()).items():
        verb, whose = ("is", "its") if len(nodes) == 1 else ("are", "their")
        told = f"{listed(nodes)} {verb} missing ({reason})"
        yield f"{told}: {whose} services cannot be compared later."
    others = [entry for entry in gaps if entry.node not in unread]
    for what, nodes in _grouped((f"{e.source}|{_words(e.reason)}", e.node) for e in others).items():
        source, _, reason = what.partition("|")
        yield f"The answer of {source} on {listed(nodes)} is missing ({reason})."


def _reason(gaps: Iterable[Coverage], node: str) -> str:
    """Return why the services of a node are not known."""
    told = {entry.source: entry.reason for entry in gaps if entry.node == node}
    return _words(told.get(Source.CONTROL_CENTER) or next(iter(told.values()), None))


def _words(reason: Reason | None) -> str:
    return reason.replace("_", " ") if reason else "no state was told"


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for key, name in pairs:
        grouped.setdefault(key, []).append(name)
    return grouped
