"""The terminal report: what weakens it, the clusters, the result and the exit code."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from auditor import __version__
from auditor.command_lines import command_line
from auditor.models.cluster_report import ClusterReport, ClusterStatus
from auditor.models.counts import ResultCounts
from auditor.models.findings import Verdict
from auditor.models.report import Report
from auditor.report import wording
from auditor.report.cluster_summary import cluster_summary
from auditor.report.console import render_console, safe_text
from auditor.report.fleet import FleetRow, build_fleet
from auditor.report.summary import cause_note, skipped_packs_text
from auditor.report.terminal_cluster import (
    is_lost_to_one_server,
    print_cluster,
    print_failure,
    status_text,
    unread_step,
)
from auditor.report.terminal_fleet import print_digest, print_fleet_table
from auditor.text import count_noun

_WARNING_STYLE = "bold white on red"


def render(report: Report, *, width: int = 100, colour: bool = False, full: bool = False) -> str:
    """Return the report as text for a terminal of `width` columns (at least 40 are used).

    Of several clusters only what differs is printed, and of one that a single server keeps from
    being audited only that, unless `full`. Without `colour` it holds no escape sequence. Text of
    servers and files is made printable.
    """
    return render_console(
        lambda console: _print_report(console, report, full=full), width=width, colour=colour
    )


def _print_report(console: Console, report: Report, *, full: bool) -> None:
    _print_warnings(console, report)
    rows = build_fleet(report)
    is_short = len(rows) > 1 and not full
    if len(rows) == 1 and not full and is_lost_to_one_server(rows[0].cluster):
        print_failure(console, report, rows[0].cluster)
        _print_weaknesses(console, report)
        console.print(Text(wording.exit_meaning(report), style="bold"))
        return
    if len(rows) > 1:
        print_fleet_table(console, rows)
    for row in rows:
        if not is_short:
            print_cluster(console, report, row.cluster, full=full)
        elif row.differs:
            print_digest(console, report, row)
    console.rule(Text("Result", style="bold"), align="left", characters="━", style="")
    _print_numbers(console, report)
    if not is_short:
        _print_summaries(console, report.clusters)
    _print_run(console, report)
    console.print(Text(wording.exit_meaning(report), style="bold"))
    if is_short:
        _print_next_command(console, rows)


def _print_warnings(console: Console, report: Report) -> None:
    """Print the options that weaken every line below."""
    if report.run.insecure:
        console.print(
            Text(
                "! --insecure: NO CERTIFICATE WAS VERIFIED. Any machine could have given these "
                "answers, and could have read the password.",
                style=_WARNING_STYLE,
            )
        )
    if report.run.allow_unknown:
        console.print(
            Text(
                "! --allow-unknown: unknown checks do not count in the exit code.",
                style=_WARNING_STYLE,
            )
        )
    unjudged = skipped_packs_text(report)
    if unjudged:
        console.print(Text(f"! --pack: {unjudged}", style=_WARNING_STYLE))
    if report.run.insecure or report.run.allow_unknown or unjudged:
        console.print()


def _verdict_count_text(counts: ResultCounts, verdict: Verdict) -> str:
    number = counts.by_verdict[verdict]
    note = cause_note(number, counts.causes) if verdict is Verdict.DRIFT else ""
    return f"{number} {verdict.words}{note}"


def _print_numbers(console: Console, report: Report) -> None:
    counts = report.counts
    tally = ", ".join(_verdict_count_text(counts, verdict) for verdict in Verdict)
    console.print(f"{count_noun(len(report.clusters), 'cluster')}: {tally}.")


def _print_summaries(console: Console, clusters: Iterable[ClusterReport]) -> None:
    for cluster in clusters:
        if cluster.status is not ClusterStatus.COMPLIANT:
            summary = safe_text(f"{cluster.name}: {cluster_summary(cluster)}")
            console.print(Text.assemble(status_text(cluster.status), " ", summary))


def _print_run(console: Console, report: Report) -> None:
    run = report.run
    console.print(
        safe_text(
            f"auditor {__version__}, {run.mode} {run.id}, {run.started_at} to {run.finished_at}, "
            f"threshold {run.fail_on}."
        )
    )
    console.print("A recommendation with its source: auditor explain ID")
    # Repeated from the top of the report, which has scrolled away by now.
    _print_weaknesses(console, report)


def _print_weaknesses(console: Console, report: Report) -> None:
    """Print in short what weakens every line above."""
    if report.run.insecure:
        console.print(Text("! --insecure: no certificate was verified.", style=_WARNING_STYLE))
    if unjudged := skipped_packs_text(report):
        console.print(Text(f"! --pack: {unjudged}", style=_WARNING_STYLE))


def _print_next_command(console: Console, rows: Sequence[FleetRow]) -> None:
    """Print where to look next: the worst cluster in full, or why it cannot be read."""
    worst = rows[0]
    if not worst.differs:
        console.print(safe_text(f"All that was read: {command_line('audit', '--full')}"))
        return
    is_drift = worst.counts.differences > 0
    step = command_line("audit", "--full", worst.name) if is_drift else unread_step(worst.name)
    console.print(safe_text(f"Next, {worst.name}: {step}", "bold"))
