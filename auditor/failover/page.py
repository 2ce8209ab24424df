"""The check as a page: the verdict and the action first, then each group as a small table."""

import textwrap
from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding

from auditor.facts import Source
from auditor.failover import action, verdict
from auditor.failover.axl import FAULT
from auditor.failover.findings import Check, ClusterCheck, GroupCheck, Standing
from auditor.failover.readiness import Readiness
from auditor.failover.seen import Point
from auditor.failover.table import replication, table
from auditor.findings import ExitCode, Verdict
from auditor.report.screen import paint, plain, printable
from auditor.report.wording import MARKS, STYLES

_STYLES = {ExitCode.COMPLIANT: "bold green", ExitCode.DRIFT: "bold red"}
_GOOD = 2
_SWITCH = {True: "on", False: "OFF", None: "not known to be on"}


def render(check: Check, *, width: int, colour: bool, fold: bool = False) -> str:
    """Return the page; the first line is the verdict, the second what to do.

    `fold` breaks these two between words where the page ends, for a terminal; else each is one
    line, whatever its length.
    """

    def draw(page: Console) -> None:
        style = _STYLES.get(check.exit_code, "bold yellow")
        page.print(plain(verdict.of_all(check), style), soft_wrap=not fold)
        page.print(plain(action.of_all(check), "bold"), soft_wrap=not fold)
        for cluster in check.clusters:
            _cluster(page, cluster, alone=len(check.clusters) == 1)
        _between(page, check)
        page.print()
        page.print(plain(_end(check, check.exit_code), "dim"))

    return paint(draw, width=width, colour=colour)


def _cluster(page: Console, cluster: ClusterCheck, *, alone: bool) -> None:
    for gap in cluster.gaps:
        page.print()
        page.print(plain(f"Cluster {cluster.name}: {gap}"))
    for group in cluster.groups:
        page.print()
        where = "" if alone else f" of cluster {cluster.name}"
        head = f"{group.name}{where}: high availability is {_SWITCH[group.switch]}, {_pair(group)}"
        page.print(plain(head, "bold"))
        page.print(Padding(table(group), (0, 0, 0, 2)))
        _beneath(page, group)
    for point in cluster.alone:
        page.print(plain(f"  {MARKS[point.verdict]} {point.text}", STYLES[point.verdict]))


def _pair(group: GroupCheck) -> str:
    told = str(group.standing).replace("_", " ")
    if group.settled is None:
        return told
    if not group.settled.stable:
        return f"{told}, not settled"
    return f"{told}, {'unchanged' if group.standing is Standing.BROKEN else 'stable'}"


def _beneath(page: Console, group: GroupCheck) -> None:
    """Print what the table has no room for: what is wrong or unknown, causes, sessions."""
    for point in _different(group.of(Verdict.DRIFT, Verdict.UNKNOWN)):
        _print(page, f"{MARKS[point.verdict]} {point.text}", STYLES[point.verdict])
    for point in group.points:
        if point.word == FAULT:
            _print(page, f"! {point.text}")
    for obstacle in group.obstacles:
        if obstacle.source is Source.CUCM_AXL:
            _print(page, f"? {obstacle.text}")
    for node in group.nodes:
        if node.silence and node.answered:
            _print(page, f"? {node.silence}.")
        if node.replication not in (None, _GOOD):
            text = f"! Database replication of {node.name} is {replication(node)}"
            _print(page, f"{text}: run `utils dbreplication runtimestate` on the publisher.")
    _print(page, _sessions(group))
    if group.causes:
        told = "; ".join(group.causes)
        _print(page, f"Documented causes: {told}. Which one: `utils ha status` on either node.")


def _different(points: Iterable[Point]) -> Iterable[Point]:
    """Return the points that tell something new: a node that is silent is so for every service."""
    return {(point.node, point.text): point for point in points}.values()


def _print(page: Console, text: str, style: str = "") -> None:
    """Print folded lines under the table."""
    style = "bold red" if style == STYLES[Verdict.DRIFT] else style
    width = max(30, page.width - 4)
    for line in textwrap.wrap(printable(text), width, break_on_hyphens=False):
        page.print(Padding(plain(line, style), (0, 0, 0, 2)))


def _sessions(group: GroupCheck) -> str:
    told = group.sessions
    if told.before is None:
        return ""
    now = "not readable now" if told.now is None else f"{told.now:,} now"
    return f"Sessions ({told.counter}): {now}, {told.before:,} in the snapshot."


def _between(page: Console, check: Check) -> None:
    if check.peerings or check.notes:
        page.print()
        page.print(plain("Between clusters", "bold"))
    for peering in check.peerings:
        text = f"{MARKS[peering.verdict]} {peering.asker} asks {peering.asked}: AXL {peering.text}"
        _print(page, text, STYLES[peering.verdict] if peering.verdict is not Verdict.PASS else "")
    for note in check.notes:
        _print(page, note)


def _end(check: Check, code: ExitCode) -> str:
    since = f" Sessions are held against the snapshot of {check.since}." if check.since else ""
    insecure = " Certificates were not verified (--insecure)." if check.insecure else ""
    return f"{check.finished_at}. Exit code {int(code)}.{_why(check, code)}{since}{insecure}"


def _why(check: Check, code: ExitCode) -> str:
    """Return on what a good code rests that would not be good by itself."""
    if code is not ExitCode.COMPLIANT or not check.accepted:
        return ""
    return " It is 0 because of --accept failed-over, and 3 without it."


def render_readiness(readiness: Readiness, *, width: int, colour: bool, fold: bool = False) -> str:
    """Return what a failover would lose, then how each group stands; `fold` as in `render`."""

    def draw(page: Console) -> None:
        style = _STYLES.get(readiness.exit_code, "bold yellow")
        page.print(plain(readiness.verdict, style), soft_wrap=not fold)
        page.print(plain(readiness.action, "bold"), soft_wrap=not fold)
        if readiness.losses:
            page.print()
            page.print(plain("What would be lost", "bold"))
        for loss in readiness.losses:
            text = (
                f"{MARKS[loss.verdict]} {loss.group}, if {loss.node} fails: {loss.what}: {loss.why}"
            )
            _print(page, text, STYLES[loss.verdict])
        for cluster in readiness.check.clusters:
            _cluster(page, cluster, alone=len(readiness.check.clusters) == 1)
        page.print()
        page.print(plain(_end(readiness.check, readiness.exit_code), "dim"))

    return paint(draw, width=width, colour=colour)
