"""The report as Markdown, for tickets, chats and wikis: verdicts first, names as code."""

import re
from collections.abc import Iterable, Iterator, Sequence

from auditor import __version__
from auditor.models.counts import count_results
from auditor.models.findings import ClusterReport, Finding, Verdict, finding_sort_key
from auditor.models.report import Report
from auditor.report import summary, wording
from auditor.report.cause_blocks import begin_remedy, describe_effects, effect_rows
from auditor.report.code_marks import split_code
from auditor.report.sentences import render_sentence, render_source
from auditor.text import count_noun, printable

_MARKUP_SIGNS = re.compile(r"([\\`*_\[\]<!~&$])")
_BLOCK_START = re.compile(r"^(\d*)([-+#=>.)])")
"""Characters that begin a list, a heading or a quotation at the start of a line."""

_LINK_PATTERN = re.compile(r"@|://|www\.|:[\w+-]+:|#\d", re.IGNORECASE)
"""What some readers turn into a link, mention or picture; a word with it becomes code."""

_ESCAPED_PIPE = "&#124;"
"""A bar that never ends a table cell."""


def render(report: Report) -> str:
    """Return the report as Markdown with tables, as GitHub and GitLab read it.

    Passes are counted only. No text of a server or file is read as markup, link or mention.
    """
    lines = list(_report_markdown(report))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def escape_markdown(text: str) -> str:
    """Return text on one line in which nothing is markup but `format_code` between blanks."""
    parts = split_code(printable(text))
    line = "".join(
        format_code(part) if odd % 2 else _escape_words(part) for odd, part in enumerate(parts)
    )
    return _BLOCK_START.sub(r"\1\\\2", line)


def _escape_words(text: str) -> str:
    return " ".join(_escape_word(word) for word in text.split(" "))


def _escape_word(word: str) -> str:
    # A backslash does not keep every reader from making a link or a mention; code does.
    if _LINK_PATTERN.search(word):
        return format_code(word)
    return _MARKUP_SIGNS.sub(r"\\\1", word).replace("|", _ESCAPED_PIPE)


def format_code(text: str) -> str:
    """Return a name as code, which no reader interprets; also inside a table."""
    # Between pieces of code, because no entity is read inside code.
    return _ESCAPED_PIPE.join(_fence_code(part) for part in printable(text).split("|"))


def _fence_code(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    # CommonMark takes one blank away at both ends, and a backtick there would join the fence.
    space = " " if text[:1] in (" ", "`") or text[-1:] in (" ", "`") else ""
    return f"{fence}{space}{text}{space}{fence}" if text.strip() else text


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
    yield from _overview_markdown(report.clusters)
    for cluster in report.clusters:
        yield from _cluster_markdown(report, cluster)
    yield ""
    what = (
        f"{escape_markdown(run.mode)} {format_code(run.id)}, {run.started_at} to {run.finished_at}"
    )
    yield f"auditor {__version__}, {what}, threshold {run.fail_on}."


def _overview_markdown(clusters: Sequence[ClusterReport]) -> Iterator[str]:
    yield from _table_markdown(
        ("cluster", "status", "causes", *(verdict.words for verdict in Verdict), "nodes read"),
        (
            (
                format_code(cluster.name),
                f"{_status_mark(cluster)} {cluster.status}",
                str(counts.causes),
                *map(str, counts.by_verdict.values()),
                "{} of {}".format(*summary.count_nodes_read(cluster)),
            )
            for cluster in clusters
            for counts in [count_results(cluster)]
        ),
    )


def _status_mark(cluster: ClusterReport) -> str:
    return wording.VERDICT_MARKS[wording.STATUS_VERDICTS[cluster.status]]


def _table_markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _table_row_markdown(head)
    yield _table_row_markdown(["---"] * len(head))
    yield from map(_table_row_markdown, rows)
    yield ""


def _table_row_markdown(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cluster_markdown(report: Report, cluster: ClusterReport) -> Iterator[str]:
    yield ""
    yield f"## {_status_mark(cluster)} Cluster {format_code(cluster.name)}: {cluster.status}"
    yield ""
    yield escape_markdown(wording.cluster_summary(cluster))
    yield ""
    read, due = summary.count_nodes_read(cluster)
    releases = escape_markdown(summary.releases_text(cluster))
    yield f"Release {releases}, {read} of {count_noun(due, 'node')} read."
    yield from _changes_markdown(report, cluster)
    if wording.nothing_was_read(cluster):
        yield from _gaps_markdown(cluster)
    for verdict, heading in wording.VERDICT_HEADINGS.items():
        yield from _verdict_markdown(report, cluster, verdict, heading)
    if not wording.nothing_was_read(cluster):
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
        for finding in findings:
            yield from _finding_markdown(report, finding)
    for cause in cluster.causes if by_cause else ():
        effects = describe_effects([cause], cluster)
        finding = begin_remedy(cause.finding, effects)
        yield from _finding_markdown(report, finding, effect_rows(effects))


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
    report: Report, finding: Finding, effects: Iterable[wording.LabelledText] = ()
) -> Iterator[str]:
    what = f": {wording.KIND_TEXTS[finding.kind]}" if finding.kind else ""
    name = f" {escape_markdown(wording.finding_label(finding))}" if finding.service else ""
    subject = f"{finding.subject.kind} {format_code(finding.subject.name)}"
    yield (
        f"- {wording.VERDICT_MARKS[finding.verdict]} **{finding.severity}"
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
        *(("evidence", text) for text in evidence_texts),
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
    yield from _table_markdown(
        ("node", "source", "reason", "what to do"),
        (
            (
                format_code(entry.node),
                str(entry.source),
                str(entry.reason).replace("_", " "),
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
