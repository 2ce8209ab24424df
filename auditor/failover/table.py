"""A redundancy group as a small table: a column for each node, a row for each aspect."""

from collections.abc import Sequence

from rich.table import Table

from auditor.failover import states
from auditor.failover.findings import GroupCheck
from auditor.failover.seen import Aspect, NodeSeen, Point
from auditor.findings import Verdict
from auditor.report.screen import plain
from auditor.report.wording import MARKS, STYLES

_GRAVITY = (Verdict.DRIFT, Verdict.UNKNOWN, Verdict.EXPLAINED, Verdict.PASS, Verdict.NOT_APPLICABLE)

REPLICATION = {
    0: "initializing",
    1: "not all tables there",
    2: "good",
    3: "BAD",
    4: "SETUP FAILED",
}
"""What `Replicate_State` means (RTMT guide, replicates created and state of replication)."""


def table(group: GroupCheck) -> Table:
    """Return a group's table: a column for each node, a row for each aspect."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    for _ in group.nodes:
        grid.add_column(overflow="fold")
    grid.add_row(plain(""), *(plain(f"{node.name} ({node.role})") for node in group.nodes))
    grid.add_row(plain("HA state"), *(plain(_state(node)) for node in group.nodes))
    for aspect in Aspect:
        cells = [
            _cell([p for p in group.points if (p.node, p.aspect) == (n.name, aspect)])
            for n in group.nodes
        ]
        grid.add_row(plain(str(aspect)), *(plain(text, style) for text, style in cells))
    grid.add_row(plain("sessions"), *(plain(_count(group, node)) for node in group.nodes))
    grid.add_row(plain("replication"), *(plain(replication(node)) for node in group.nodes))
    return grid


def _state(node: NodeSeen) -> str:
    told = states.state(node)
    return f"{told} (from the database)" if node.state_source == "discovered" else told


def _cell(points: Sequence[Point]) -> tuple[str, str]:
    """Return one cell: the gravest verdict, and of how many services it holds."""
    if not points:
        return "none activated", ""
    verdict = next(v for v in _GRAVITY if any(point.verdict is v for point in points))
    concerned = [point for point in points if point.verdict is verdict]
    mark, style = MARKS[verdict], "" if verdict is Verdict.PASS else STYLES[verdict]
    if points[0].aspect in (Aspect.AXL, Aspect.MEMBER):
        optional = " (optional)" if verdict is Verdict.NOT_APPLICABLE else ""
        return f"{mark} {concerned[0].word}{optional}", style
    judged = [point for point in points if point.verdict is not Verdict.NOT_APPLICABLE]
    if verdict is Verdict.PASS:
        return f"{mark} {len(judged)} of {len(judged)} run", style
    words = ", ".join(dict.fromkeys(point.word for point in concerned))
    return f"{mark} {len(concerned)} of {len(judged)}: {words}", style


def _count(group: GroupCheck, node: NodeSeen) -> str:
    count = node.sessions.get(group.sessions.counter)
    return "not readable" if count is None else f"{count:,}"


def replication(node: NodeSeen) -> str:
    """Return the state of a node's database replication in words."""
    if node.replication is None:
        return "not readable"
    return f"{REPLICATION.get(node.replication, 'unknown')} ({node.replication})"
