"""The check as text: the two first lines, then each group as a small table."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from auditor.command_lines import command_line
from auditor.failover import wording
from auditor.failover.actions import choose_action
from auditor.failover.console_lines import WARNING_MARK, print_line, print_verdict_line
from auditor.failover.fleet_report import print_group_table, print_parts
from auditor.failover.group_check import GroupCheck, GroupStatus, NodeStatus, SessionComparison
from auditor.failover.model import CheckPart, ClusterCheck, FailoverCheck
from auditor.failover.node_checks import CheckState, CheckType, NodeCheck
from auditor.failover.readiness import FailoverReadiness
from auditor.failover.summary import FAILED_OVER_AND_BROKEN, VERSIONS_DIFFER, summarize_check
from auditor.models.coverage import Source
from auditor.models.evidence import Origin
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Verdict
from auditor.models.nodes import REPLICATION_GOOD, REPLICATION_STATES
from auditor.report.console import render_console, safe_text
from auditor.report.sentences import render_sentence
from auditor.report.wording import VERDICT_MARKS, VERDICT_STYLES
from auditor.text import join_names

_EXIT_CODE_STYLES = {ExitCode.COMPLIANT: "bold green", ExitCode.DRIFT: "bold red"}
_HA_SWITCH_LABELS = {True: "on", False: "OFF", None: "not known to be on"}


def render_failover_text(
    check: FailoverCheck, *, width: int, colour: bool, fold: bool = False, full: bool = False
) -> str:
    """Return the check as text: the first line is its state, the second what to do.

    `fold` wraps these two lines at the width, for a terminal; else each is one line. Of several
    clusters only the groups that need something are shown, unless `full`.
    """

    def draw(console: Console) -> None:
        summary, action = str(summarize_check(check)), choose_action(check)
        worst = check.worst
        is_good = check.exit_code is ExitCode.COMPLIANT
        has_warning = isinstance(worst, GroupCheck) and worst.has_warning
        style = "bold yellow" if is_good and has_warning else _line_style(check.exit_code)
        _print_first_lines(console, summary, action, style, fold=fold)
        _print_groups(console, check, full=full, part_in_first_lines=check.worst)
        _print_peerings(console, check, full=full)
        _print_footer(console, check, check.exit_code)
        _print_next_command(console, check, full=full, options=("--full",))

    return render_console(draw, width=width, colour=colour)


def render_readiness_text(
    readiness: FailoverReadiness,
    *,
    width: int,
    colour: bool,
    fold: bool = False,
    full: bool = False,
) -> str:
    """Return what a failover would lose, then the state of each group.

    `fold` and `full` are those of `render_failover_text`.
    """

    def draw(console: Console) -> None:
        code = readiness.exit_code
        style = _line_style(code)
        _print_first_lines(console, readiness.summary, readiness.action, style, fold=fold)
        _print_obstacles(console, readiness)
        _print_impacts(console, readiness)
        _print_groups(
            console, readiness.check, full=full, part_in_first_lines=None, readiness=readiness
        )
        _print_footer(console, readiness.check, code)
        _print_next_command(console, readiness.check, full=full, options=("--readiness", "--full"))

    return render_console(draw, width=width, colour=colour)


def _line_style(code: ExitCode) -> str:
    return _EXIT_CODE_STYLES.get(code, "bold yellow")


def _print_first_lines(
    console: Console, summary: str, action: str, style: str, *, fold: bool
) -> None:
    # A script or a log reads each of these as one line, so only a terminal folds them.
    console.print(safe_text(summary, style), soft_wrap=not fold)
    console.print(safe_text(action, "bold"), soft_wrap=not fold)


def _print_obstacles(console: Console, readiness: FailoverReadiness) -> None:
    if readiness.obstacles:
        console.print()
        console.print(safe_text("What is in the way", "bold"))
    for obstacle in readiness.obstacles:
        finding = obstacle.finding
        where = readiness.check.title(obstacle.group)
        text = f"{where}: {obstacle.clause} ({finding.recommendation})."
        print_verdict_line(console, finding.verdict, text)


def _print_impacts(console: Console, readiness: FailoverReadiness) -> None:
    if readiness.impacts:
        console.print()
        console.print(safe_text("What would be lost", "bold"))
    for impact in readiness.impacts:
        where = f"{readiness.check.title(impact.group)}, if {impact.node} fails"
        print_verdict_line(console, impact.verdict, f"{where}: {impact.what}: {impact.because}.")


def _print_groups(
    console: Console,
    check: FailoverCheck,
    *,
    full: bool,
    part_in_first_lines: CheckPart | None,
    readiness: FailoverReadiness | None = None,
) -> None:
    """Print the groups; the first two lines of the page are about one part, or about none."""
    if len(check.clusters) > 1:
        print_group_table(console, check, readiness)
    if len(check.clusters) > 1 and not full:
        print_parts(console, check, part_in_first_lines)
        return
    for cluster in check.clusters:
        _print_cluster(console, cluster, is_only_one=len(check.clusters) == 1)


def _print_cluster(console: Console, cluster: ClusterCheck, *, is_only_one: bool) -> None:
    if cluster.lacks_groups:
        console.print()
        console.print(safe_text(wording.missing_groups_text(cluster)))
    for text in wording.origin_texts(cluster):
        console.print()
        console.print(safe_text(text))
    for group in cluster.groups:
        where = "" if is_only_one else f" of cluster {cluster.name}"
        switch = _HA_SWITCH_LABELS[group.is_switched_on]
        console.print()
        console.print(
            safe_text(
                f"{group.name}{where}: high availability is {switch}, {_status_label(group)}",
                "bold",
            )
        )
        console.print(Padding(_group_table(group), (0, 0, 0, 2)))
        _print_group_details(console, group)
    for check in cluster.ungrouped:
        text = f"  {VERDICT_MARKS[check.verdict]} {wording.node_check_text(check)}"
        console.print(safe_text(text, VERDICT_STYLES[check.verdict]))


def _status_label(group: GroupCheck) -> str:
    label = str(group.status).replace("_", " ")
    if group.is_failed_over_and_broken:
        label = FAILED_OVER_AND_BROKEN
    elif group.status is GroupStatus.NORMAL and group.versions is not None:
        label = f"{label}, but {VERSIONS_DIFFER}"
    if group.stability is None:
        return label
    if group.is_unstable:
        return f"{label}, not stable"
    # "Stable" would sound like good news of a broken pair.
    return f"{label}, {'unchanged' if group.status is GroupStatus.BROKEN else 'stable'}"


def _group_table(group: GroupCheck) -> Table:
    """Return a table with a column for each node and a row for each type of check."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    for _ in group.nodes:
        table.add_column()
    table.add_row("", *(safe_text(f"{node.name} ({node.role})") for node in group.nodes))
    table.add_row("HA state", *(safe_text(_ha_state_cell(node)) for node in group.nodes))
    for check_type in CheckType:
        cells = [
            _checks_cell([c for c in group.checks if (c.node, c.type) == (node.name, check_type)])
            for node in group.nodes
        ]
        table.add_row(str(check_type), *(safe_text(text, style) for text, style in cells))
    table.add_row("sessions", *(safe_text(_sessions_cell(group, node)) for node in group.nodes))
    table.add_row("replication", *(safe_text(_replication_label(node)) for node in group.nodes))
    return table


def _ha_state_cell(node: NodeStatus) -> str:
    label = wording.HA_STATE_LABELS[node.state]
    return f"{label} (from the database)" if node.state_source is Origin.DISCOVERED else label


def _checks_cell(checks: Sequence[NodeCheck]) -> tuple[str, str]:
    """Return text and style of a cell: the worst verdict, and how many services have it."""
    if not checks:
        return "none needed", ""
    verdict = min((check.verdict for check in checks), key=lambda verdict: verdict.rank)
    worst = [check for check in checks if check.verdict is verdict]
    mark, style = VERDICT_MARKS[verdict], "" if verdict is Verdict.PASS else VERDICT_STYLES[verdict]
    if checks[0].type in (CheckType.AXL, CheckType.MEMBER):
        optional = " (optional)" if verdict is Verdict.NOT_APPLICABLE else ""
        return f"{mark} {wording.node_check_label(worst[0])}{optional}", style
    counted = [check for check in checks if check.verdict is not Verdict.NOT_APPLICABLE]
    if not counted:
        return "none needed", ""
    # How many services an unread node has is not known either.
    if any(check.state is CheckState.UNREAD for check in worst):
        return f"{mark} {wording.node_check_label(worst[0])}", style
    if verdict is Verdict.PASS:
        return f"{mark} {len(counted)} of {len(counted)} run", style
    labels = ", ".join(dict.fromkeys(map(wording.node_check_label, worst)))
    return f"{mark} {len(worst)} of {len(counted)}: {labels}", style


def _sessions_cell(group: GroupCheck, node: NodeStatus) -> str:
    count = node.sessions.get(group.sessions.counter)
    return "not readable" if count is None else f"{count:,}"


def _replication_label(node: NodeStatus) -> str:
    if node.replication is None:
        return "not readable"
    meaning = REPLICATION_STATES[node.replication]
    return f"{meaning.upper() if node.is_replication_bad else meaning} ({node.replication})"


def _print_group_details(console: Console, group: GroupCheck) -> None:
    """Print what the table has no room for: what is wrong or unknown, sessions, causes."""
    nodes = [node.name for node in group.nodes]
    checks = sorted(
        group.checks_with(Verdict.DRIFT, Verdict.UNKNOWN),
        key=lambda check: (nodes.index(check.node), check.start_position),
    )
    for check in wording.distinct_checks(checks):
        print_verdict_line(console, check.verdict, wording.node_check_text(check))
    for failure in group.failures:
        # CUCM is no column of the table, so its failure has no other place.
        if failure.source is Source.CUCM_AXL:
            print_line(console, f"? {failure.text}")
    for node in group.nodes:
        _print_node_details(console, node)
    if group.sessions.before is not None:
        print_line(console, _sessions_line(group.sessions))
    if group.causes:
        causes = "; ".join(group.causes)
        print_line(
            console,
            f"Documented causes: {causes}. To find out which one, run `utils ha status` on"
            f" {_nodes_to_ask(group)}.",
        )


def _nodes_to_ask(group: GroupCheck) -> str:
    """Return on which nodes a command of the node can be run."""
    down = group.down_nodes
    up = [node.name for node in group.nodes if node not in down]
    if not down:
        return "either node"
    return join_names(up) if up else "either node, at its console"


def _print_node_details(console: Console, node: NodeStatus) -> None:
    # A node that returned nothing has a line for its services already.
    if node.no_state_reason and node.has_answered:
        print_line(console, f"? {render_sentence(node.no_state_reason)}")
    if node.replication not in (None, REPLICATION_GOOD):
        print_line(
            console,
            f"{WARNING_MARK} Database replication of {node.name} is {_replication_label(node)}: run"
            " `utils dbreplication runtimestate` on the publisher.",
        )


def _sessions_line(sessions: SessionComparison) -> str:
    now = "not readable now" if sessions.now is None else f"{sessions.now:,} now"
    return f"Sessions ({sessions.counter}): {now}, {sessions.before:,} in the snapshot."


def _print_peerings(console: Console, check: FailoverCheck, *, full: bool) -> None:
    is_short = len(check.clusters) > 1 and not full
    peerings = [p for p in check.peerings if not (is_short and p.verdict is Verdict.PASS)]
    if peerings or check.unchecked_peers:
        console.print()
        console.print(safe_text("Between clusters", "bold"))
    for peering in peerings:
        text = f"{peering.cluster} syncs from {peering.peer}: AXL {wording.peering_text(peering)}"
        if peering.verdict is Verdict.PASS:
            print_line(console, f"{VERDICT_MARKS[Verdict.PASS]} {text}")
        else:
            print_verdict_line(console, peering.verdict, text)
    for text in wording.unchecked_peers_texts(check.unchecked_peers):
        print_line(console, text)


def _print_footer(console: Console, check: FailoverCheck, code: ExitCode) -> None:
    sentences = [f"{check.finished_at}. Exit code {int(code)}."]
    if code is ExitCode.COMPLIANT and check.accepted:
        sentences.append("It is 0 because of --accept failed-over, and 3 without it.")
    if check.since:
        sentences.append(f"Sessions are compared with the snapshot of {check.since}.")
    if check.insecure:
        sentences.append("Certificates were not verified (--insecure).")
    console.print()
    console.print(safe_text(" ".join(sentences), "dim"))


def _print_next_command(
    console: Console, check: FailoverCheck, *, full: bool, options: Sequence[str]
) -> None:
    """Print where to look next, unless the report shows it: the cluster of the worst part."""
    name = check.cluster_of_worst
    if full or not name:
        return
    if check.exit_code is ExitCode.COMPLIANT:
        command = command_line("failover-check", *options, *check.asked_clusters)
        console.print(safe_text(f"All groups: {command}"))
        return
    command = command_line("failover-check", *options, name)
    console.print(safe_text(f"Next, {name}: {command}", "bold"))
