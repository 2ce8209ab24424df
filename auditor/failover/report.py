"""The check as a page: the verdict and the action first, then each group as a small table.

A redundancy group as a small table: a column for each node, a row for each aspect.

The check as JSON: sorted keys, everything that the page tells and how many requests it took.
"""

import dataclasses
import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from auditor.failover.actions import choose_action, choose_group_action
from auditor.failover.ha_states import ha_state_label
from auditor.failover.model import (
    ClusterCheck,
    FailoverCheck,
    GroupCheck,
    GroupStatus,
    NodeCheck,
    NodeCheckType,
    NodeStatus,
)
from auditor.failover.readiness import FailoverReadiness
from auditor.failover.services import AXL_FAULT_LABEL
from auditor.failover.summary import failover_summary, group_summary
from auditor.models.facts import Source
from auditor.models.findings import ExitCode, Verdict
from auditor.report.console import render_console, safe_text
from auditor.report.wording import VERDICT_MARKS, VERDICT_STYLES
from auditor.text import printable

REPLICATION_LABELS = {
    0: "initializing",
    1: "not all tables there",
    2: "good",
    3: "BAD",
    4: "SETUP FAILED",
}
"""What `Replicate_State` means (RTMT guide, replicates created and state of replication)."""


def group_table(group: GroupCheck) -> Table:
    """Return a group's table: a column for each node, a row for each aspect."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    for _ in group.nodes:
        grid.add_column(overflow="fold")
    grid.add_row(safe_text(""), *(safe_text(f"{node.name} ({node.role})") for node in group.nodes))
    grid.add_row(safe_text("HA state"), *(safe_text(_ha_state_cell(node)) for node in group.nodes))
    for aspect in NodeCheckType:
        cells = [
            _node_check_cell([p for p in group.points if (p.node, p.aspect) == (n.name, aspect)])
            for n in group.nodes
        ]
        grid.add_row(safe_text(str(aspect)), *(safe_text(text, style) for text, style in cells))
    grid.add_row(
        safe_text("sessions"),
        *(safe_text(_session_count_cell(group, node)) for node in group.nodes),
    )
    grid.add_row(
        safe_text("replication"), *(safe_text(replication_label(node)) for node in group.nodes)
    )
    return grid


def _ha_state_cell(node: NodeStatus) -> str:
    told = ha_state_label(node)
    return f"{told} (from the database)" if node.state_source == "discovered" else told


def _node_check_cell(points: Sequence[NodeCheck]) -> tuple[str, str]:
    """Return one cell: the gravest verdict, and of how many services it holds."""
    if not points:
        return "none activated", ""
    verdict = min((point.verdict for point in points), key=lambda verdict: verdict.rank)
    concerned = [point for point in points if point.verdict is verdict]
    mark, style = VERDICT_MARKS[verdict], "" if verdict is Verdict.PASS else VERDICT_STYLES[verdict]
    if points[0].aspect in (NodeCheckType.AXL, NodeCheckType.MEMBER):
        optional = " (optional)" if verdict is Verdict.NOT_APPLICABLE else ""
        return f"{mark} {concerned[0].word}{optional}", style
    judged = [point for point in points if point.verdict is not Verdict.NOT_APPLICABLE]
    if verdict is Verdict.PASS:
        return f"{mark} {len(judged)} of {len(judged)} run", style
    words = ", ".join(dict.fromkeys(point.word for point in concerned))
    return f"{mark} {len(concerned)} of {len(judged)}: {words}", style


def _session_count_cell(group: GroupCheck, node: NodeStatus) -> str:
    count = node.sessions.get(group.sessions.counter)
    return "not readable" if count is None else f"{count:,}"


def replication_label(node: NodeStatus) -> str:
    """Return the state of a node's database replication in words."""
    if node.replication is None:
        return "not readable"
    return f"{REPLICATION_LABELS.get(node.replication, 'unknown')} ({node.replication})"


_EXIT_CODE_STYLES = {ExitCode.COMPLIANT: "bold green", ExitCode.DRIFT: "bold red"}
_GOOD_REPLICATION_STATE = 2
_HA_SWITCH_LABELS = {True: "on", False: "OFF", None: "not known to be on"}


def render_failover_text(
    check: FailoverCheck, *, width: int, colour: bool, fold: bool = False
) -> str:
    """Return the page; the first line is the verdict, the second what to do.

    `fold` breaks these two between words where the page ends, for a terminal; else each is one
    line, whatever its length.
    """

    def draw(page: Console) -> None:
        style = _EXIT_CODE_STYLES.get(check.exit_code, "bold yellow")
        page.print(safe_text(failover_summary(check), style), soft_wrap=not fold)
        page.print(safe_text(choose_action(check), "bold"), soft_wrap=not fold)
        for cluster in check.clusters:
            _print_cluster_check(page, cluster, alone=len(check.clusters) == 1)
        _print_peerings(page, check)
        page.print()
        page.print(safe_text(_failover_footer(check, check.exit_code), "dim"))

    return render_console(draw, width=width, colour=colour)


def _print_cluster_check(page: Console, cluster: ClusterCheck, *, alone: bool) -> None:
    for gap in cluster.gaps:
        page.print()
        page.print(safe_text(f"Cluster {cluster.name}: {gap}"))
    for group in cluster.groups:
        page.print()
        where = "" if alone else f" of cluster {cluster.name}"
        head = (
            f"{group.name}{where}: high availability is {_HA_SWITCH_LABELS[group.switch]},"
            f" {_group_status_label(group)}"
        )
        page.print(safe_text(head, "bold"))
        page.print(Padding(group_table(group), (0, 0, 0, 2)))
        _print_group_details(page, group)
    for point in cluster.alone:
        page.print(
            safe_text(
                f"  {VERDICT_MARKS[point.verdict]} {point.text}", VERDICT_STYLES[point.verdict]
            )
        )


def _group_status_label(group: GroupCheck) -> str:
    told = str(group.standing).replace("_", " ")
    if group.settled is None:
        return told
    if not group.settled.stable:
        return f"{told}, not settled"
    return f"{told}, {'unchanged' if group.standing is GroupStatus.BROKEN else 'stable'}"


def _print_group_details(page: Console, group: GroupCheck) -> None:
    """Print what the table has no room for: what is wrong or unknown, causes, sessions."""
    for point in _distinct_node_checks(group.of(Verdict.DRIFT, Verdict.UNKNOWN)):
        _print_below_table(
            page, f"{VERDICT_MARKS[point.verdict]} {point.text}", VERDICT_STYLES[point.verdict]
        )
    for point in group.points:
        if point.word == AXL_FAULT_LABEL:
            _print_below_table(page, f"! {point.text}")
    for obstacle in group.obstacles:
        if obstacle.source is Source.CUCM_AXL:
            _print_below_table(page, f"? {obstacle.text}")
    for node in group.nodes:
        if node.silence and node.answered:
            _print_below_table(page, f"? {node.silence}.")
        if node.replication not in (None, _GOOD_REPLICATION_STATE):
            text = f"! Database replication of {node.name} is {replication_label(node)}"
            _print_below_table(
                page, f"{text}: run `utils dbreplication runtimestate` on the publisher."
            )
    _print_below_table(page, _sessions_line(group))
    if group.causes:
        told = "; ".join(group.causes)
        _print_below_table(
            page, f"Documented causes: {told}. Which one: `utils ha status` on either node."
        )


def _distinct_node_checks(points: Iterable[NodeCheck]) -> Iterable[NodeCheck]:
    """Return the points that tell something new: a node that is silent is so for every service."""
    return {(point.node, point.text): point for point in points}.values()


def _print_below_table(page: Console, text: str, style: str = "") -> None:
    """Print folded lines under the table."""
    style = "bold red" if style == VERDICT_STYLES[Verdict.DRIFT] else style
    width = max(30, page.width - 4)
    for line in textwrap.wrap(printable(text), width, break_on_hyphens=False):
        page.print(Padding(safe_text(line, style), (0, 0, 0, 2)))


def _sessions_line(group: GroupCheck) -> str:
    told = group.sessions
    if told.before is None:
        return ""
    now = "not readable now" if told.now is None else f"{told.now:,} now"
    return f"Sessions ({told.counter}): {now}, {told.before:,} in the snapshot."


def _print_peerings(page: Console, check: FailoverCheck) -> None:
    if check.peerings or check.notes:
        page.print()
        page.print(safe_text("Between clusters", "bold"))
    for peering in check.peerings:
        text = (
            f"{VERDICT_MARKS[peering.verdict]} {peering.asker} asks {peering.asked}: AXL"
            f" {peering.text}"
        )
        _print_below_table(
            page,
            text,
            VERDICT_STYLES[peering.verdict] if peering.verdict is not Verdict.PASS else "",
        )
    for note in check.notes:
        _print_below_table(page, note)


def _failover_footer(check: FailoverCheck, code: ExitCode) -> str:
    since = f" Sessions are held against the snapshot of {check.since}." if check.since else ""
    insecure = " Certificates were not verified (--insecure)." if check.insecure else ""
    return (
        f"{check.finished_at}. Exit code"
        f" {int(code)}.{_acceptance_note(check, code)}{since}{insecure}"
    )


def _acceptance_note(check: FailoverCheck, code: ExitCode) -> str:
    """Return on what a good code rests that would not be good by itself."""
    if code is not ExitCode.COMPLIANT or not check.accepted:
        return ""
    return " It is 0 because of --accept failed-over, and 3 without it."


def render_readiness_text(
    readiness: FailoverReadiness, *, width: int, colour: bool, fold: bool = False
) -> str:
    """Return what a failover would lose, then the state of each group.

    `fold` is that of `render_failover_text`.
    """

    def draw(page: Console) -> None:
        style = _EXIT_CODE_STYLES.get(readiness.exit_code, "bold yellow")
        page.print(safe_text(readiness.verdict, style), soft_wrap=not fold)
        page.print(safe_text(readiness.action, "bold"), soft_wrap=not fold)
        if readiness.losses:
            page.print()
            page.print(safe_text("What would be lost", "bold"))
        for loss in readiness.losses:
            text = (
                f"{VERDICT_MARKS[loss.verdict]} {loss.group}, if {loss.node} fails: {loss.what}:"
                f" {loss.why}"
            )
            _print_below_table(page, text, VERDICT_STYLES[loss.verdict])
        for cluster in readiness.check.clusters:
            _print_cluster_check(page, cluster, alone=len(readiness.check.clusters) == 1)
        page.print()
        page.print(safe_text(_failover_footer(readiness.check, readiness.exit_code), "dim"))

    return render_console(draw, width=width, colour=colour)


FAILOVER_SCHEMA_VERSION = "1.0"


def render_failover_json(check: FailoverCheck) -> str:
    """Return the check as JSON."""
    return _dump_failover_json(
        {
            "kind": "auditor-failover-check",
            "run": _failover_run_json(check),
            "verdict": failover_summary(check),
            "action": choose_action(check),
            "clusters": [_cluster_check_json(cluster, check) for cluster in check.clusters],
            "between_clusters": [_dataclass_to_json(peering) for peering in check.peerings],
            "notes": list(check.notes),
            "exit_code": int(check.exit_code),
        }
    )


def render_readiness_json(readiness: FailoverReadiness) -> str:
    """Return what a failover would lose as JSON."""
    return _dump_failover_json(
        {
            "kind": "auditor-failover-readiness",
            "run": _failover_run_json(readiness.check),
            "verdict": readiness.verdict,
            "action": readiness.action,
            "losses": [_dataclass_to_json(loss) for loss in readiness.losses],
            "clusters": [
                _cluster_check_json(cluster, readiness.check)
                for cluster in readiness.check.clusters
            ],
            "exit_code": int(readiness.exit_code),
        }
    )


def _dump_failover_json(content: Mapping[str, Any]) -> str:
    return (
        json.dumps({"schema_version": FAILOVER_SCHEMA_VERSION, **content}, indent=2, sort_keys=True)
        + "\n"
    )


def _failover_run_json(check: FailoverCheck) -> dict[str, Any]:
    return {
        "started_at": check.started_at,
        "finished_at": check.finished_at,
        "waited": check.waited,
        "since": check.since,
        "accept_failed_over": check.accept_failed_over,
        "accepted": [check.title(group) for group in check.accepted],
        "insecure": check.insecure,
    }


def _cluster_check_json(cluster: ClusterCheck, check: FailoverCheck) -> dict[str, Any]:
    return {
        "name": cluster.name,
        "gaps": list(cluster.gaps),
        "cucm_requests": cluster.cucm_requests,
        "nodes_in_no_group": [_dataclass_to_json(point) for point in cluster.alone],
        "groups": [_group_check_json(group, check) for group in cluster.groups],
    }


def _group_check_json(group: GroupCheck, check: FailoverCheck) -> dict[str, Any]:
    told: dict[str, Any] = _dataclass_to_json(group)
    del told["cluster"], told["pair"]
    told["exit_code"] = int(group.code(accept_failed_over=check.accept_failed_over))
    told["sentence"] = group_summary(group)
    told["action"] = choose_group_action(group)
    return told


def _dataclass_to_json(value: object) -> Any:  # noqa: ANN401 - JSON has no type of its own
    """Return frozen data as JSON data; a StrEnum is a string already."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: _dataclass_to_json(getattr(value, f.name)) for f in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): _dataclass_to_json(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_dataclass_to_json(item) for item in value]
    return value
