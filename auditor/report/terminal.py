"""The report for eyes: verdict first, then the matrix, the findings, what is missing, the code."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor import __version__
from auditor.errors import Reason
from auditor.facts import Coverage, Outcome, Source
from auditor.findings import ClusterReport, Status, Verdict
from auditor.report import blocks, grid, matrix, since, tally
from auditor.report.screen import paint, plain
from auditor.report.tally import left_out
from auditor.report.wording import (
    LEGEND,
    MARKS,
    REASONS,
    STATUS_VERDICTS,
    STYLES,
    count,
    dark,
    exit_meaning,
    sentence,
)
from auditor.runs import Report

_ALARM = "bold white on red"


def render(report: Report, *, width: int = 100, colour: bool = False) -> str:
    """Return the report as text for a terminal of `width` columns (at least 40 are used).

    Without `colour` no escape sequence is in it. Text of servers and files is made harmless first.
    """
    return paint(lambda page: _draw(page, report), width=width, colour=colour)


def _draw(page: Console, report: Report) -> None:
    _alarms(page, report)
    if len(report.clusters) > 1:
        _overview(page, report.clusters)
    for cluster in report.clusters:
        _cluster(page, report, cluster)
    _result(page, report)


def _alarms(page: Console, report: Report) -> None:
    """Say first what weakens every line below."""
    if report.run.insecure:
        page.print(
            Text(
                "! --insecure: NO CERTIFICATE WAS VERIFIED. Any machine could have given these "
                "answers, and could have read the password.",
                style=_ALARM,
            )
        )
    if report.run.allow_unknown:
        page.print(
            Text(
                "! --allow-unknown: what could not be told does not count in the exit code.",
                style=_ALARM,
            )
        )
    unjudged = left_out(report)
    if unjudged:
        page.print(Text(f"! --pack: {unjudged}", style=_ALARM))
    if report.run.insecure or report.run.allow_unknown or unjudged:
        page.print()


def _status(status: Status) -> Text:
    verdict = STATUS_VERDICTS[status]
    return Text(f"{MARKS[verdict]} {status.upper()}", style=STYLES[verdict])


def _overview(page: Console, clusters: Iterable[ClusterReport]) -> None:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
    for title in ("cluster", "status"):
        table.add_column(title, overflow="fold")
    for title in ("drift", "unknown", "nodes read"):
        table.add_column(title, justify="right")
    for cluster in clusters:
        answered, due = tally.nodes_read(cluster)
        table.add_row(
            plain(cluster.name),
            _status(cluster.status),
            str(tally.of(cluster, Verdict.DRIFT)),
            str(tally.of(cluster, Verdict.UNKNOWN)),
            f"{answered} of {due}",
        )
    page.print(table)
    page.print()


def _cluster(page: Console, report: Report, cluster: ClusterReport) -> None:
    page.rule(plain(f"Cluster {cluster.name}", "bold"), align="left", characters="━", style="")
    answered, due = tally.nodes_read(cluster)
    release = f"release {cluster.release}" if cluster.release else "release unknown"
    about = plain(f"{release}, {answered} of {count(due, 'node')} read")
    page.print(Text.assemble(_status(cluster.status), "  ", about))
    page.print(plain(sentence(cluster), "bold"))
    past = report.past.get(cluster.name)
    if past and past.runs:
        told = since.moved(cluster, past)
        page.print(plain(f"Since the run of {past.runs[0].started_at}: {told}"))
    if dark(cluster):
        _gaps(page, cluster.coverage)
    if cluster.nodes:
        _matrix(page, cluster)
    blocks.draw(page, report, cluster)
    if not dark(cluster):
        _gaps(page, cluster.coverage)
    _notices(page, cluster.notices)
    page.print()


def _matrix(page: Console, cluster: ClusterReport) -> None:
    for table in matrix.tables(cluster, page.width):
        page.print()
        page.print(table)
    page.print()
    _legend(page)
    domain = grid.domain(cluster)
    if domain:
        page.print(plain(f"Nodes are named without their domain, {domain}.", "dim"))


def _legend(page: Console) -> None:
    """Print what the marks mean, without a line break inside a meaning."""
    lines = [LEGEND[0]]
    for meaning in LEGEND[1:]:
        if len(lines[-1]) + 3 + len(meaning) > page.width:
            lines.append(meaning)
        else:
            lines[-1] += f"   {meaning}"
    page.print(Text("\n".join(lines), style="dim"))


def _gaps(page: Console, coverage: Sequence[Coverage]) -> None:
    """Print what gave nothing, why, and what to do; one entry for what failed in the same way."""
    gaps: dict[tuple[str, Reason, str], list[Source]] = {}
    failed = {entry.node for entry in coverage if entry.outcome is Outcome.FAILED}
    for entry in sorted(coverage, key=lambda e: (e.node.lower(), e.outcome)):
        if entry.reason is None:
            continue
        after = entry.reason is Reason.NOT_ASKED and entry.node in failed
        detail = "not asked after that." if after else entry.detail or REASONS[entry.reason]
        gaps.setdefault((entry.node, entry.reason, detail), []).append(entry.source)
    if not gaps:
        return
    page.print()
    page.rule(Text("What could not be read", style="bold"), align="left", style="dim")
    previous = ""
    for (node, reason, detail), sources in gaps.items():
        if node != previous:
            page.print()
            page.print(
                Text.assemble((f"{MARKS[Verdict.UNKNOWN]} ", STYLES[Verdict.UNKNOWN]), plain(node))
            )
            previous = node
        word = "" if reason is Reason.NOT_ASKED else f"{reason.replace('_', ' ')}. "
        line = plain(f"{', '.join(sources)}: {word}{detail}")
        page.print(Padding(line, (0, 0, 0, 2)))


def _notices(page: Console, notices: Iterable[str]) -> None:
    told = list(notices)
    if not told:
        return
    page.print()
    page.rule(Text("Notices", style="bold"), align="left", style="dim")
    page.print()
    for notice in told:
        page.print(Padding(plain(f"- {notice}"), (0, 0, 0, 2)))


def _result(page: Console, report: Report) -> None:
    page.rule(Text("Result", style="bold"), align="left", characters="━", style="")
    tally = ", ".join(f"{report.count(verdict)} {verdict.replace('_', ' ')}" for verdict in Verdict)
    page.print(f"{count(len(report.clusters), 'cluster')}: {tally}.")
    for cluster in report.clusters:
        if cluster.status is not Status.COMPLIANT:
            told = plain(f"{cluster.name}: {sentence(cluster)}")
            page.print(Text.assemble(_status(cluster.status), " ", told))
    run = report.run
    page.print(
        plain(
            f"auditor {__version__}, {run.mode} {run.id}, {run.started_at} to {run.finished_at}, "
            f"threshold {run.fail_on}."
        )
    )
    page.print("A recommendation with its source: auditor explain ID")
    if run.insecure:
        page.print(Text("! --insecure: no certificate was verified.", style=_ALARM))
    if unjudged := left_out(report):
        page.print(Text(f"! --pack: {unjudged}", style=_ALARM))
    page.print(Text(exit_meaning(report), style="bold"))
