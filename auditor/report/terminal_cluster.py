"""One cluster in full on a terminal: status, matrix, findings, what could not be read, notices."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.command_lines import command_line, is_asked_elsewhere
from auditor.errors import Reason
from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.counts import count_results
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.findings import Verdict
from auditor.models.report import Report
from auditor.report import wording
from auditor.report.cause_blocks import group_by_cause
from auditor.report.cluster_summary import cluster_summary
from auditor.report.console import safe_text
from auditor.report.grouping import group_findings
from auditor.report.matrix import shared_domain
from auditor.report.matrix_table import build_matrix_tables
from auditor.report.summary import (
    changes_summary,
    count_nodes_read,
    releases_text,
)
from auditor.report.unread_blocks import group_unknown, is_same_failure, list_awaited_servers
from auditor.text import count_noun, is_or_are, printable


def status_text(status: ClusterStatus) -> Text:
    """Return the mark and the status in its colour."""
    verdict = wording.STATUS_VERDICTS[status]
    return Text(
        f"{wording.VERDICT_MARKS[verdict]} {status.upper()}", style=wording.VERDICT_STYLES[verdict]
    )


def print_cluster(console: Console, report: Report, cluster: ClusterReport, *, full: bool) -> None:
    """Print all that is known of a cluster but its passes.

    Unless `full`, checks that wait for a server that could not be read are counted, not listed.
    """
    _print_head(console, report, cluster)
    gaps = cluster.coverage if full else _gaps_without_block(cluster)
    # Where nothing was read, the cause, such as a refused password, matters more than findings on
    # the profile.
    if cluster.is_nothing_read:
        _print_gaps(console, cluster, gaps)
    if cluster.nodes:
        _print_matrix(console, cluster)
    print_findings(console, report, cluster, full=full)
    if not cluster.is_nothing_read:
        _print_gaps(console, cluster, gaps)
    _print_notices(console, cluster.notices)
    console.print()


def _print_head(console: Console, report: Report, cluster: ClusterReport) -> None:
    console.rule(
        safe_text(f"Cluster {cluster.name}", "bold"), align="left", characters="━", style=""
    )
    answered, due = count_nodes_read(cluster)
    read = f"{answered} of {count_noun(due, 'node')} read"
    about = safe_text(f"release {releases_text(cluster)}, {read}")
    console.print(Text.assemble(status_text(cluster.status), "  ", about))
    console.print(safe_text(cluster_summary(cluster), "bold"))
    past = report.past.get(cluster.name)
    if past and past.runs:
        changes = changes_summary(cluster, past)
        console.print(safe_text(f"Since the run of {past.runs[0].started_at}: {changes}"))


def is_lost_to_one_server(cluster: ClusterReport) -> bool:
    """Return whether one server, such as one that refused the password, left nothing to judge.

    Every check is unknown because of it then, and what is known of the cluster is in the summary.
    """
    failed = {entry.node for entry in cluster.coverage if entry.outcome is Outcome.FAILED}
    drifts = count_results(cluster).by_verdict[Verdict.DRIFT]
    return cluster.status is ClusterStatus.UNAUDITABLE and len(failed) == 1 and not drifts


def unread_step(cluster: str) -> str:
    """Return what to do next about a cluster that could not be read."""
    if is_asked_elsewhere():
        return "look on the machine of its worker: auditor docs fleets"
    return command_line("doctor", cluster)


def print_failure(console: Console, report: Report, cluster: ClusterReport) -> None:
    """Print why nothing was audited, and what to do, without all that follows from it."""
    _print_head(console, report, cluster)
    unknown = count_results(cluster).unknown
    them = "it" if unknown == 1 else "them"
    folded = (
        f"{count_noun(unknown, 'check')} {is_or_are(unknown)} unknown; --full lists {them}. "
        if unknown
        else ""
    )
    console.print(safe_text(f"{folded}Next: {unread_step(cluster.name)}"))
    _print_notices(console, cluster.notices)


def _print_matrix(console: Console, cluster: ClusterReport) -> None:
    for table in build_matrix_tables(cluster, console.width):
        console.print()
        console.print(table)
    console.print()
    _print_legend(console)
    domain = shared_domain(cluster)
    if domain:
        console.print(safe_text(f"Nodes are named without their domain, {domain}.", "dim"))


def _print_legend(console: Console) -> None:
    """Print the meaning of the marks, with no line break inside a meaning."""
    lines = [wording.MARK_LEGEND[0]]
    for meaning in wording.MARK_LEGEND[1:]:
        if len(lines[-1]) + 3 + len(meaning) > console.width:
            lines.append(meaning)
        else:
            lines[-1] += f"   {meaning}"
    console.print(Text("\n".join(lines), style="dim"))


def _gaps_without_block(cluster: ClusterReport) -> list[Coverage]:
    """Return the coverage without failures that are in the blocks of their servers."""
    failures = {s.name: s.failure for s in list_awaited_servers(cluster) if s.failure}

    def has_block(entry: Coverage) -> bool:
        failure = failures.get(entry.node)
        return failure is not None and (
            entry.reason is Reason.NOT_ASKED or is_same_failure(entry, failure)
        )

    return [entry for entry in cluster.coverage if not has_block(entry)]


def _print_gaps(console: Console, cluster: ClusterReport, coverage: Sequence[Coverage]) -> None:
    """Print the failed sources, why, and what to do; those that failed alike in one entry."""
    gaps: dict[tuple[str, Reason, str], list[Source]] = {}
    failed = {entry.node for entry in cluster.coverage if entry.outcome is Outcome.FAILED}
    for entry in sorted(coverage, key=lambda e: (e.node.lower(), e.outcome)):
        if entry.reason is None:
            continue
        # The failure before it is on the same node and has the advice, which need not be repeated.
        after = entry.reason is Reason.NOT_ASKED and entry.node in failed
        detail = "not asked after that." if after else entry.explanation
        gaps.setdefault((entry.node, entry.reason, detail), []).append(entry.source)
    if not gaps:
        return
    console.print()
    console.rule(Text("What could not be read", style="bold"), align="left", style="dim")
    previous = ""
    for (node, reason, detail), sources in gaps.items():
        if node != previous:
            console.print()
            console.print(
                Text.assemble(
                    (
                        f"{wording.VERDICT_MARKS[Verdict.UNKNOWN]} ",
                        wording.VERDICT_STYLES[Verdict.UNKNOWN],
                    ),
                    safe_text(node),
                )
            )
            previous = node
        word = "" if reason is Reason.NOT_ASKED else f"{reason.words}. "
        line = safe_text(f"{', '.join(sources)}: {word}{detail}")
        console.print(Padding(line, (0, 0, 0, 2)))


def _print_notices(console: Console, notices: Iterable[str]) -> None:
    texts = list(notices)
    if not texts:
        return
    console.print()
    console.rule(Text("Notices", style="bold"), align="left", style="dim")
    console.print()
    for notice in texts:
        console.print(Padding(safe_text(f"- {notice}"), (0, 0, 0, 2)))


def print_findings(console: Console, report: Report, cluster: ClusterReport, *, full: bool) -> None:
    """Print all findings but passes and not applicable ones: drift first and by cause."""
    counts = count_results(cluster)
    for verdict, heading in wording.VERDICT_HEADINGS.items():
        if verdict is Verdict.DRIFT:
            causes = group_by_cause(report, cluster)
            blocks = [(block.group.head, block.rows, "") for block in causes]
            number = wording.count_differences(counts)
        else:
            is_folded = verdict is Verdict.UNKNOWN and not full
            groups = (
                group_unknown(report, cluster)
                if is_folded
                else group_findings(report, cluster, verdict)
            )
            blocks = [(group.head, group.rows, group.snippet) for group in groups]
            number = count_noun(counts.by_verdict[verdict], "finding")
        if not blocks:
            continue
        console.print()
        console.rule(Text(f"{heading}: {number}", style="bold"), align="left", style="dim")
        for head, rows, snippet in blocks:
            _print_finding_block(console, verdict, head, rows)
            _print_snippet(console, snippet)


def _print_finding_block(
    console: Console, verdict: Verdict, head: str, rows: Iterable[wording.LabelledText]
) -> None:
    """Print a heading and its indented rows; a repeated label is printed once."""
    console.print()
    mark = Text(f"{wording.VERDICT_MARKS[verdict]} ", style=wording.VERDICT_STYLES[verdict])
    # Assembled, because text that is appended to the mark would take on its background.
    console.print(Text.assemble(mark, safe_text(head, "bold")))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(min_width=8, no_wrap=True)
    grid.add_column()
    previous = ""
    for label, text in rows:
        if text:
            grid.add_row(Text("" if label == previous else label, style="dim"), safe_text(text))
            previous = label
    console.print(Padding(grid, (0, 0, 0, 2)))


def _print_snippet(console: Console, snippet: str) -> None:
    """Print lines to paste, none of them broken."""
    if snippet:
        console.print()
    for line in snippet.splitlines():
        style = "dim" if line.startswith("#") else ""
        console.out(printable(line), style=style, highlight=False)
