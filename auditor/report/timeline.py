"""What history tells, for eyes: the recorded runs, since when findings stand, and what moved."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from auditor.findings import Severity, Status, Verdict
from auditor.past import Change, ChangesSince, Direction, PastRun, Standing, Stood
from auditor.report.screen import paint, plain
from auditor.report.wording import KINDS, MARKS, STATUS_VERDICTS, STYLES, count

_SHORT_ID = 8
_QUIET = (Verdict.PASS, Verdict.NOT_APPLICABLE)
_TITLES = {
    Direction.NEW: "New",
    Direction.WORSENED: "Worse",
    Direction.PERSISTING: "Still there",
    Direction.RESOLVED: "Resolved",
    Direction.UNASKED: "No longer asked for: the profile or the cluster changed",
    Direction.UNSEEN: "Unknown now, so neither new nor resolved",
}


def stands(verdict: Verdict, standing: Standing, now: str) -> str:
    """Return `drift since 3 days, 4 runs`; `now` is ISO 8601, as `since` is."""
    if not standing.runs:
        return f"not told since {_age(standing.since, now)}"
    if standing.since == now:
        return f"{verdict.words}, first seen in this run"
    return f"{verdict.words} since {_age(standing.since, now)}, {count(standing.runs, 'run')}"


def _age(since: str, now: str) -> str:
    """Return whole days, or hours, or minutes; a clock that was set back makes none of it."""
    age = max(datetime.fromisoformat(now) - datetime.fromisoformat(since), timedelta())
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1))):
        if age >= length:
            return count(age // length, unit)
    return count(age // timedelta(minutes=1), "minute")


def render_runs(runs: Sequence[PastRun], *, width: int = 100, colour: bool = False) -> str:
    """Return the recorded runs as a table, in the order given; one line a run and cluster."""
    return paint(lambda page: _runs(page, runs), width=width, colour=colour)


def _runs(page: Console, runs: Sequence[PastRun]) -> None:
    if not runs:
        page.print(Text("No run is recorded."))
        return
    table = _table("run", "started (UTC)", "cluster", "status")
    for title in ("drift", "unknown", "waived", "exit"):
        table.add_column(title, justify="right")
    for run in runs:
        numbers = (run.counts[v] for v in (Verdict.DRIFT, Verdict.UNKNOWN, Verdict.WAIVED))
        table.add_row(
            plain(run.id[:_SHORT_ID]),
            plain(_minute(run.started_at)),
            plain(run.cluster),
            _status(run.status),
            *(str(number) for number in (*numbers, run.exit_code)),
        )
    page.print(table)


def _table(*titles: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def _minute(moment: str) -> str:
    """Return `2026-03-01 02:00` of `2026-03-01T02:00:00Z`."""
    return moment[:16].replace("T", " ")


def _status(status: Status) -> Text:
    verdict = STATUS_VERDICTS[status]
    return Text(f"{MARKS[verdict]} {status}", style=STYLES[verdict])


def render_standings(
    cluster: str, rows: Iterable[Stood], now: str, *, width: int = 100, colour: bool = False
) -> str:
    """Return how long each finding of a cluster stands that is no pass; the rest is counted."""
    told = sorted(rows, key=_order)
    return paint(lambda page: _standings(page, cluster, told, now), width=width, colour=colour)


def _standings(page: Console, cluster: str, rows: Sequence[Stood], now: str) -> None:
    shown = [row for row in rows if row.verdict not in _QUIET]
    page.print(plain(f"Cluster {cluster}", "bold"))
    if shown:
        table = _table("", "recommendation", "subject", "severity", "stands")
        for row in shown:
            _add(table, row, stands(row.verdict, row.standing, now), row.verdict)
        page.print(table)
    page.print(Text(f"{count(len(rows) - len(shown), 'finding')} as recommended or not asked."))


def _add(table: Table, row: Stood, said: str, verdict: Verdict) -> None:
    kind = f" ({KINDS[row.kind]})" if row.kind else ""
    table.add_row(
        Text(MARKS[verdict], style=STYLES[verdict]),
        plain(row.recommendation),
        plain(row.subject.name),
        plain(row.severity),
        plain(f"{said}{kind}"),
    )


def _order(row: Stood) -> tuple[int, int, str, str]:
    worst_first = (Verdict.DRIFT, Verdict.UNKNOWN, Verdict.EXPLAINED, Verdict.WAIVED)
    rank = worst_first.index(row.verdict) if row.verdict in worst_first else len(worst_first)
    severity = tuple(Severity).index(row.severity)
    return rank, severity, row.recommendation, row.subject.name.lower()


def render_changes(told: ChangesSince, now: str, *, width: int = 100, colour: bool = False) -> str:
    """Return what moved on a cluster between two recorded runs, new differences first."""
    return paint(lambda page: _changes(page, told, now), width=width, colour=colour)


def _changes(page: Console, told: ChangesSince, now: str) -> None:
    page.print(plain(f"Cluster {told.after.cluster}", "bold"))
    for word, run in (("from", told.before), ("to", told.after)):
        page.print(plain(f"{word} {_minute(run.started_at)} UTC, run {run.id[:_SHORT_ID]}"))
    if not told.changes:
        page.print(Text("No difference then, none now."))
    for direction, title in _TITLES.items():
        group = [change for change in told.changes if change.direction is direction]
        if group:
            page.print()
            page.print(Text(f"{title} ({len(group)})", style="bold"))
            page.print(_moved(group, now))


def _moved(changes: Iterable[Change], now: str) -> Table:
    table = _table("", "recommendation", "subject", "severity", "stands")
    for change in changes:
        finding = change.finding
        was = f"; was {change.before.words}" if change.before else "; never judged before"
        said = stands(finding.verdict, finding.standing, now)
        _add(
            table,
            finding,
            said if change.before is finding.verdict else said + was,
            finding.verdict,
        )
    return table
