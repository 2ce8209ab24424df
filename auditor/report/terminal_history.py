"""The history in a terminal: recorded runs, the age of findings, and changes between runs."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from rich.console import Console
from rich.table import Table
from rich.text import Text

from auditor.models.cluster_report import ClusterStatus
from auditor.models.counts import ChangeCategory, categorise_change
from auditor.models.findings import Verdict
from auditor.models.history import (
    FindingAge,
    HistoricalFinding,
    PastRun,
    RunChanges,
)
from auditor.report.change_causes import CauseChange, fold_changes
from auditor.report.columns import plain_table
from auditor.report.console import render_console, safe_text
from auditor.report.durations import elapsed_text
from auditor.report.summary import CHANGE_WORDS, cause_note
from auditor.report.wording import STATUS_VERDICTS, VERDICT_MARKS, VERDICT_STYLES, kind_note
from auditor.text import count_noun, format_minute, join_names

_SHORT_ID_LENGTH = 8
_UNLISTED_VERDICTS = (Verdict.PASS, Verdict.NOT_APPLICABLE)
_CATEGORY_NOTES = {
    ChangeCategory.NOT_ASKED: ", since the profile or the cluster changed",
    ChangeCategory.UNKNOWN: ", so neither new nor resolved",
}


class HistoryColumn(StrEnum):
    """A column of the tables of the history, by its title."""

    MARK = ""
    RUN = "run"
    STARTED = "started (UTC)"
    CLUSTER = "cluster"
    STATUS = "status"
    RECOMMENDATION = "recommendation"
    SUBJECT = "subject"
    SEVERITY = "severity"
    VERDICT = "verdict"
    NOW = "now"
    CAME = "came"
    WINDOW = "window (UTC)"
    WHAT = "what"
    RUNS = "runs"
    LAST = "last (UTC)"
    HEALED = "healed (UTC)"


_WRAPPED_COLUMNS = frozenset(
    {
        HistoryColumn.CLUSTER,
        HistoryColumn.SUBJECT,
        HistoryColumn.VERDICT,
        HistoryColumn.NOW,
        HistoryColumn.WHAT,
        HistoryColumn.WINDOW,
    }
)


def verdict_age_text(verdict: Verdict, age: FindingAge, now: str) -> str:
    """Return `drift since 3 days, 4 runs`; `now` is ISO 8601, as `since` is."""
    # In no run: the later one did not judge the finding.
    if not age.runs:
        return f"unknown since {elapsed_text(age.since, now)}"
    if age.since == now:
        return f"{verdict.words}, first seen in this run"
    return f"{verdict.words} since {elapsed_text(age.since, now)}, {count_noun(age.runs, 'run')}"


def render_past_runs(runs: Sequence[PastRun], *, width: int = 100, colour: bool = False) -> str:
    """Return the recorded runs as a table, in the order given; one line a run and cluster."""
    return render_console(
        lambda console: _print_past_runs(console, runs), width=width, colour=colour
    )


def _print_past_runs(console: Console, runs: Sequence[PastRun]) -> None:
    if not runs:
        console.print(Text("No run is recorded."))
        return
    table = history_table(
        console,
        HistoryColumn.RUN,
        HistoryColumn.STARTED,
        HistoryColumn.CLUSTER,
        HistoryColumn.STATUS,
    )
    # The exit code is that of the whole run, which may have audited other clusters too.
    for title in ("drift", "unknown", "waived", "run\nexit"):
        table.add_column(title, justify="right", no_wrap=True)
    for run in runs:
        numbers = (run.counts[v] for v in (Verdict.DRIFT, Verdict.UNKNOWN, Verdict.WAIVED))
        table.add_row(
            safe_text(run.id[:_SHORT_ID_LENGTH]),
            safe_text(format_minute(run.started_at)),
            safe_text(run.cluster),
            _run_status_text(run.status),
            *(str(number) for number in (*numbers, run.exit_code)),
        )
    console.print(table)


def history_table(console: Console, *columns: HistoryColumn, names: Iterable[str] = ()) -> Table:
    """Return an empty table with these columns.

    Only columns that hold names or sentences may be narrowed, and that of the subjects, whose
    `names` are given, only where a third of the console is too narrow for one of them.
    """
    is_whole = max((len(name) for name in names), default=0) <= console.width // 3
    wrapped = _WRAPPED_COLUMNS - {HistoryColumn.SUBJECT} if is_whole else _WRAPPED_COLUMNS
    table = plain_table()
    for column in columns:
        table.add_column(column, no_wrap=column not in wrapped)
    return table


def _run_status_text(status: ClusterStatus) -> Text:
    verdict = STATUS_VERDICTS[status]
    return Text(f"{VERDICT_MARKS[verdict]} {status}", style=VERDICT_STYLES[verdict])


def render_finding_ages(
    cluster: str,
    rows: Iterable[HistoricalFinding],
    now: str,
    *,
    width: int = 100,
    colour: bool = False,
) -> str:
    """Return the age of each finding of a cluster that is not a pass; the rest is counted."""
    ordered = sorted(rows, key=_finding_age_sort_key)
    return render_console(
        lambda console: _print_finding_ages(console, cluster, ordered, now),
        width=width,
        colour=colour,
    )


def _print_finding_ages(
    console: Console, cluster: str, rows: Sequence[HistoricalFinding], now: str
) -> None:
    listed = [row for row in rows if row.verdict not in _UNLISTED_VERDICTS]
    console.print(safe_text(f"Cluster {cluster}", "bold"))
    if listed:
        names = [row.subject.name for row in listed]
        columns = (
            HistoryColumn.MARK,
            HistoryColumn.RECOMMENDATION,
            HistoryColumn.SUBJECT,
            HistoryColumn.SEVERITY,
            HistoryColumn.VERDICT,
        )
        table = history_table(console, *columns, names=names)
        for row in listed:
            _add_finding_row(table, row, verdict_age_text(row.verdict, row.age, now), row.verdict)
        console.print(table)
    console.print(
        Text(f"{count_noun(len(rows) - len(listed), 'finding')} as recommended or not applicable.")
    )


def _add_finding_row(table: Table, row: HistoricalFinding, age_text: str, verdict: Verdict) -> None:
    table.add_row(
        Text(VERDICT_MARKS[verdict], style=VERDICT_STYLES[verdict]),
        safe_text(row.recommendation),
        safe_text(row.subject.name),
        safe_text(row.severity),
        safe_text(f"{age_text}{kind_note(row.kind)}"),
    )


def _finding_age_sort_key(row: HistoricalFinding) -> tuple[int, int, str, str]:
    return row.verdict.rank, row.severity.rank, row.recommendation, row.subject.name.lower()


def render_changes_since(
    changes: RunChanges, now: str, *, width: int = 100, colour: bool = False
) -> str:
    """Return the changes of a cluster between two recorded runs, new differences first."""
    return render_console(
        lambda console: _print_run_changes(console, changes, now), width=width, colour=colour
    )


def _print_run_changes(console: Console, changes: RunChanges, now: str) -> None:
    console.print(safe_text(f"Cluster {changes.after.cluster}", "bold"))
    for word, run in (("from", changes.before), ("to", changes.after)):
        console.print(
            safe_text(
                f"{word} {format_minute(run.started_at)} UTC, run {run.id[:_SHORT_ID_LENGTH]}"
            )
        )
    if not changes.changes:
        console.print(Text("No difference then, none now."))
    for category, words in CHANGE_WORDS.items():
        group = [change for change in changes.changes if categorise_change(change) is category]
        if group:
            console.print()
            folded = fold_changes(group)
            number = f"{len(group)}{cause_note(len(group), len(folded))}"
            note = _CATEGORY_NOTES.get(category, "")
            console.print(Text(f"{words.capitalize()}: {number}{note}", style="bold"))
            console.print(_changes_table(console, folded, now))


def _changes_table(console: Console, changes: Sequence[CauseChange], now: str) -> Table:
    names = [entry.change.finding.subject.name for entry in changes]
    columns = (
        HistoryColumn.MARK,
        HistoryColumn.RECOMMENDATION,
        HistoryColumn.SUBJECT,
        HistoryColumn.SEVERITY,
        HistoryColumn.VERDICT,
    )
    table = history_table(console, *columns, names=names)
    for entry in changes:
        change, finding = entry.change, entry.change.finding
        effects = join_names(effect.finding.recommendation for effect in entry.effects)
        explains = f"; explains {effects}" if entry.effects else ""
        was = f"; was {change.before.words}" if change.before else "; never judged before"
        age_text = verdict_age_text(finding.verdict, finding.age, now)
        _add_finding_row(
            table,
            finding,
            (age_text if change.before is finding.verdict else age_text + was) + explains,
            finding.verdict,
        )
    return table
