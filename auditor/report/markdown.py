"""The report as Markdown, for tickets, chats and wikis: verdicts first, names as code."""

import re
from collections.abc import Iterable, Iterator, Sequence

from auditor import __version__
from auditor.findings import ClusterReport, Finding, Verdict, order
from auditor.report import since, tally
from auditor.report.passages import HEADINGS, said
from auditor.report.screen import printable
from auditor.report.wording import (
    KINDS,
    MARKS,
    REASONS,
    STATUS_VERDICTS,
    count,
    dark,
    exit_meaning,
    name_of,
    sentence,
)
from auditor.runs import Report

_SPECIAL = re.compile(r"([\\`*_\[\]<!~&$])")
_OPENING = re.compile(r"^(\d*)([-+#=>.)])")
"""What begins a list, a heading or a quotation, but only at the beginning of a line."""

_LINKING = re.compile(r"@|://|www\.|:[\w+-]+:|#\d", re.IGNORECASE)
"""What some readers turn into a link, a mention or a picture; a word that holds it is code."""

CODE = re.compile(
    r"(?:(?<!\S)|(?<=\s\())"
    r"`([^`\\|\s](?:[^`\\|]*[^`\\|\s])?)`"
    r"(?=[.,;:)]*(?:\s|$))"
)
"""Code as sentences have it; nothing beside it may become code too, for the marks would join."""

_BAR = "&#124;"
"""A bar as no table takes it for the end of a cell, whatever stands before it."""


def render(report: Report) -> str:
    """Return the report as Markdown with tables, as GitHub and GitLab read it.

    Passes are counted only. No text of a server or file is read as markup, link or mention.
    """
    lines = list(_page(report))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def escaped(text: str) -> str:
    """Return text on one line in which nothing is markup but `code` between blanks."""
    parts = CODE.split(printable(text))
    line = "".join(code(part) if odd % 2 else _words(part) for odd, part in enumerate(parts))
    return _OPENING.sub(r"\1\\\2", line)


def _words(text: str) -> str:
    return " ".join(_word(word) for word in text.split(" "))


def _word(word: str) -> str:
    if _LINKING.search(word):
        return code(word)
    return _SPECIAL.sub(r"\\\1", word).replace("|", _BAR)


def code(text: str) -> str:
    """Return a name as code, which no reader interprets; also inside a table."""
    return _BAR.join(_fenced(part) for part in printable(text).split("|"))


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text[:1] in (" ", "`") or text[-1:] in (" ", "`") else ""
    return f"{fence}{space}{text}{space}{fence}" if text.strip() else text


def _page(report: Report) -> Iterator[str]:
    run = report.run
    yield "# IM and Presence service audit"
    yield ""
    if run.insecure:
        yield "**--insecure: no certificate was verified.** Any machine could have answered."
        yield ""
    if left_out := tally.left_out(report):
        yield f"**--pack: {left_out}**"
        yield ""
    yield f"**{escaped(exit_meaning(report))}**"
    yield ""
    yield from _overview(report.clusters)
    for cluster in report.clusters:
        yield from _cluster(report, cluster)
    yield ""
    what = f"{escaped(run.mode)} {code(run.id)}, {run.started_at} to {run.finished_at}"
    yield f"auditor {__version__}, {what}, threshold {run.fail_on}."


def _overview(clusters: Sequence[ClusterReport]) -> Iterator[str]:
    yield from _table(
        ("cluster", "status", *(verdict.words for verdict in Verdict), "nodes read"),
        (
            (
                code(cluster.name),
                f"{MARKS[STATUS_VERDICTS[cluster.status]]} {cluster.status}",
                *(str(tally.of(cluster, verdict)) for verdict in Verdict),
                "{} of {}".format(*tally.nodes_read(cluster)),
            )
            for cluster in clusters
        ),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _row(head)
    yield _row(["---"] * len(head))
    yield from map(_row, rows)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cluster(report: Report, cluster: ClusterReport) -> Iterator[str]:
    yield ""
    mark = MARKS[STATUS_VERDICTS[cluster.status]]
    yield f"## {mark} Cluster {code(cluster.name)}: {cluster.status}"
    yield ""
    yield escaped(sentence(cluster))
    yield from _changes(report, cluster)
    if dark(cluster):
        yield from _gaps(cluster)
    for verdict, heading in HEADINGS.items():
        found = sorted((f for f in cluster.findings if f.verdict is verdict), key=order)
        if found:
            yield ""
            yield f"### {heading}: {count(len(found), 'finding')}"
            yield ""
        for finding in found:
            yield from _finding(report, finding)
    if not dark(cluster):
        yield from _gaps(cluster)
    yield from _notices(cluster)


def _changes(report: Report, cluster: ClusterReport) -> Iterator[str]:
    past = report.past.get(cluster.name)
    if past is None or not past.runs:
        return
    yield ""
    yield f"Since the run of {past.runs[0].started_at}: {escaped(since.moved(cluster, past))}"


def _finding(report: Report, finding: Finding) -> Iterator[str]:
    what = f": {KINDS[finding.kind]}" if finding.kind else ""
    name = f" {escaped(name_of(finding))}" if finding.service else ""
    subject = f"{finding.subject.kind} {code(finding.subject.name)}"
    yield (
        f"- {MARKS[finding.verdict]} **{finding.severity} {escaped(finding.recommendation)}**"
        f"{name} on {subject}{what}"
    )
    # Square brackets, as in the other formats, would be escaped here.
    told = (f"{one.text} ({one.origin}, {one.source})" for one in finding.evidence)
    rows = [*said(finding), *(("evidence", text) for text in told)]
    yield from (f"  - {label}: {escaped(text)}" for label, text in rows)
    if finding.waiver:
        waiver = finding.waiver
        yield (
            f"  - waived until {escaped(waiver.expires)} by {escaped(waiver.owner)}: "
            f"{escaped(waiver.reason)} ({waiver.verdict} without)"
        )
    standing = tally.standing(report, finding)
    if standing:
        yield f"  - since: {tally.age(standing, report.run)}"


def _gaps(cluster: ClusterReport) -> Iterator[str]:
    gaps = tally.gaps(cluster)
    if not gaps:
        return
    yield ""
    yield "### What could not be read"
    yield ""
    yield from _table(
        ("node", "source", "reason", "what to do"),
        (
            (
                code(entry.node),
                str(entry.source),
                str(entry.reason).replace("_", " "),
                escaped(entry.detail or (REASONS[entry.reason] if entry.reason else "")),
            )
            for entry in gaps
        ),
    )


def _notices(cluster: ClusterReport) -> Iterator[str]:
    if cluster.notices:
        yield ""
        yield "### Notices"
        yield ""
    yield from (f"- {escaped(notice)}" for notice in cluster.notices)
