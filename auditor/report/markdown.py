"""The report as Markdown, for tickets, chats and wikis: verdicts first, names as code."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from auditor import __version__
from auditor.models.cluster_report import ClusterReport
from auditor.models.counts import count_results
from auditor.models.findings import Finding, Severity, Verdict, finding_sort_key
from auditor.models.report import Report
from auditor.report import summary, wording
from auditor.report.answers import paste_instruction, render_answers, waiting_checks_text
from auditor.report.block_rows import age_rows, check_list_rows
from auditor.report.cause_blocks import begin_remedy, describe_effects, effect_rows
from auditor.report.cluster_summary import cluster_summary
from auditor.report.columns import Column
from auditor.report.fleet import FleetRow, build_fleet
from auditor.report.fleet_table import CAUSES, fleet_columns
from auditor.report.grouping import own_severity_note, up_to_highest
from auditor.report.markdown_text import (
    escape_markdown,
    format_code,
    format_code_block,
    format_table,
    join_lines,
)
from auditor.report.sentences import render_sentence, render_source
from auditor.report.unread import UnreadServer
from auditor.report.unread_blocks import (
    failure_rows,
    list_awaited_servers,
    tally_severities,
    waiting_for_text,
)
from auditor.text import count_noun


def render(report: Report) -> str:
    """Return the report as Markdown with tables, as GitHub and GitLab read it.

    Passes are counted only. No text of a server or file is read as markup, link or mention.
    """
    return join_lines(_report_markdown(report))


def _report_markdown(report: Report) -> Iterator[str]:
    run = report.run
    yield "# IM and Presence service audit"
    yield ""
    if run.insecure:
        yield "**--insecure: no certificate was verified.** Any machine could have answered."
        yield ""
    if skipped := summary.skipped_packs_text(report):
        yield f"**--pack: {skipped}**"
        yield ""
    yield f"**{escape_markdown(wording.exit_meaning(report))}**"
    yield ""
    rows = build_fleet(report)
    yield from _fleet_markdown(rows)
    for row in rows:
        yield from _cluster_markdown(report, row.cluster)
    yield ""
    what = (
        f"{escape_markdown(run.mode)} {format_code(run.id)}, {run.started_at} to {run.finished_at}"
    )
    yield f"auditor {__version__}, {what}, threshold {run.fail_on}."


def _fleet_markdown(rows: Sequence[FleetRow]) -> Iterator[str]:
    columns = fleet_columns(rows)
    lines = zip(*(map(_cell_markdown(column), column.cells) for column in columns), strict=True)
    yield from format_table(
        tuple(f"{c.title} {CAUSES}" if c.is_severity else c.title for c in columns), lines
    )


def _cell_markdown(column: Column) -> Callable[[str], str]:
    return format_code if column.is_name else escape_markdown


def _status_mark(cluster: ClusterReport) -> str:
    return wording.VERDICT_MARKS[wording.STATUS_VERDICTS[cluster.status]]


def _cluster_markdown(report: Report, cluster: ClusterReport) -> Iterator[str]:
    yield ""
    yield f"## {_status_mark(cluster)} Cluster {format_code(cluster.name)}: {cluster.status}"
    yield ""
    yield escape_markdown(cluster_summary(cluster))
    yield ""
    read, due = summary.count_nodes_read(cluster)
    releases = escape_markdown(summary.releases_text(cluster))
    yield f"Release {releases}, {read} of {count_noun(due, 'node')} read."
    yield from _changes_markdown(report, cluster)
    if cluster.is_nothing_read:
        yield from _gaps_markdown(cluster)
    for verdict, heading in wording.VERDICT_HEADINGS.items():
        yield from _verdict_markdown(report, cluster, verdict, heading)
    if not cluster.is_nothing_read:
        yield from _gaps_markdown(cluster)
    yield from _notices_markdown(cluster)


def _verdict_markdown(
    report: Report, cluster: ClusterReport, verdict: Verdict, heading: str
) -> Iterator[str]:
    findings = sorted((f for f in cluster.findings if f.verdict is verdict), key=finding_sort_key)
    if not findings:
        return
    by_cause = verdict is Verdict.DRIFT
    number = (
        wording.count_differences(count_results(cluster))
        if by_cause
        else count_noun(len(findings), "finding")
    )
    yield ""
    yield f"### {heading}: {number}"
    yield ""
    if not by_cause:
        servers = list_awaited_servers(cluster) if verdict is Verdict.UNKNOWN else []
        for server in servers:
            yield from _server_markdown(report, cluster, server)
        waiting = [f for f in findings if f.awaited_keys] if cluster.proposed else []
        yield from _waiting_checks_markdown(cluster, waiting)
        grouped = {f.id for f in (*waiting, *(f for server in servers for f in server.findings))}
        for finding in findings:
            if finding.id not in grouped:
                yield from _finding_markdown(report, finding)
    for cause in cluster.causes if by_cause else ():
        effects = describe_effects([cause], cluster)
        finding = begin_remedy(cause.finding, effects)
        yield from _finding_markdown(report, finding, effect_rows(effects), cause.severity)


def _server_markdown(report: Report, cluster: ClusterReport, server: UnreadServer) -> Iterator[str]:
    """Yield the checks that wait for a server as one entry, all of them named."""
    findings = sorted(server.findings, key=finding_sort_key)
    head = up_to_highest(findings, waiting_for_text(server))
    yield f"- {wording.VERDICT_MARKS[Verdict.UNKNOWN]} **{escape_markdown(head)}**"
    rows = [
        *failure_rows(cluster, server),
        ("severity", tally_severities(findings)),
        *check_list_rows(findings, cluster),
        *age_rows(report, findings),
    ]
    yield from (f"  - {label}: {escape_markdown(text)}" for label, text in rows)


def _waiting_checks_markdown(cluster: ClusterReport, waiting: Sequence[Finding]) -> Iterator[str]:
    """Yield the checks that wait for the operator as one entry, with the lines to paste."""
    if not waiting:
        return
    yield f"- {wording.VERDICT_MARKS[Verdict.UNKNOWN]} **{waiting_checks_text(len(waiting))}**"
    for label, text in check_list_rows(waiting, cluster):
        yield f"  - {label}: {escape_markdown(text)}"
    yield f"  - remedy: {escape_markdown(paste_instruction(cluster.name))}"
    yield ""
    yield from format_code_block(render_answers(cluster.proposed), "toml", indent="  ")
    yield ""


def _changes_markdown(report: Report, cluster: ClusterReport) -> Iterator[str]:
    past = report.past.get(cluster.name)
    if past is None or not past.runs:
        return
    yield ""
    yield (
        f"Since the run of {past.runs[0].started_at}:"
        f" {escape_markdown(summary.changes_summary(cluster, past))}"
    )


def _finding_markdown(
    report: Report,
    finding: Finding,
    effects: Iterable[wording.LabelledText] = (),
    severity: Severity | None = None,
) -> Iterator[str]:
    severity = severity or finding.severity
    what = wording.difference_suffix(finding) + own_severity_note(finding, severity)
    name = f" {escape_markdown(wording.finding_label(finding))}" if finding.service else ""
    subject = f"{finding.subject.kind} {format_code(finding.subject.name)}"
    yield (
        f"- {wording.VERDICT_MARKS[finding.verdict]} **{severity}"
        f" {escape_markdown(finding.recommendation)}**{name} on {subject}{what}"
    )
    # Square brackets, as in the other formats, would be escaped here.
    evidence_texts = (
        f"{render_sentence(piece.statement)} ({piece.origin}, {render_source(piece)})"
        for piece in finding.evidence
    )
    rows = [
        *wording.labelled_sentences(finding),
        *effects,
        *((wording.RowLabel.EVIDENCE, text) for text in evidence_texts),
    ]
    yield from (f"  - {label}: {escape_markdown(text)}" for label, text in rows)
    if finding.waiver:
        waiver = finding.waiver
        yield (
            f"  - waived until {escape_markdown(waiver.expires)} by"
            f" {escape_markdown(waiver.owner)}: {escape_markdown(waiver.reason)} ({waiver.verdict}"
            " without)"
        )
    age = summary.get_finding_age(report, finding)
    if age:
        yield f"  - since: {summary.finding_age_text(age, report.run)}"


def _gaps_markdown(cluster: ClusterReport) -> Iterator[str]:
    gaps = summary.coverage_gaps(cluster)
    if not gaps:
        return
    yield ""
    yield "### What could not be read"
    yield ""
    yield from format_table(
        ("node", "source", "reason", "what to do"),
        (
            (
                format_code(entry.node),
                str(entry.source),
                entry.reason.words if entry.reason else "",
                escape_markdown(entry.explanation),
            )
            for entry in gaps
        ),
    )


def _notices_markdown(cluster: ClusterReport) -> Iterator[str]:
    if cluster.notices:
        yield ""
        yield "### Notices"
        yield ""
    yield from (f"- {escape_markdown(notice)}" for notice in cluster.notices)
