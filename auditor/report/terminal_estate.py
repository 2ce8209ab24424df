"""The figures of the estate in a terminal: what is open, what came back, what could not be read."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.text import Text

from auditor.models.estate import Estate, FindingState, FlappingFinding, OpenDifference, Outage
from auditor.models.findings import Severity, Verdict
from auditor.report.console import render_console, safe_text
from auditor.report.durations import elapsed_text
from auditor.report.estate_words import (
    difference_state_text,
    list_alarms,
    outage_reason_text,
    outage_text,
)
from auditor.report.terminal_history import HistoryColumn, history_table
from auditor.report.wording import VERDICT_MARKS, VERDICT_STYLES
from auditor.text import format_minute

MAX_LINES = 10
"""How many entries of each list are shown; the page and JSON have all."""

_Entry = TypeVar("_Entry")


def render_alarms(estate: Estate, *, width: int = 100, colour: bool = False) -> str:
    """Return what the reader must know before any number; empty if there is nothing."""
    lines = [safe_text(alarm, "bold red") for alarm in list_alarms(estate)]
    if not lines:
        return ""
    return render_console(
        lambda console: console.print(*lines, sep="\n"), width=width, colour=colour
    )


def render_open_differences(
    estate: Estate, *, only_unjudged: bool, width: int = 100, colour: bool = False
) -> str:
    """Return what no run has shown to be fixed, gravest and oldest first; empty without any.

    `only_unjudged`: only what the last run of its cluster did not judge.
    """
    entries = [
        entry
        for entry in estate.differences
        if entry.verdict is Verdict.DRIFT
        and (entry.state is not FindingState.CONFIRMED or not only_unjudged)
    ]
    entries = _spread_over_clusters(entries)
    title = "Differences that the last run did not judge" if only_unjudged else "Open differences"
    return _render_list(
        title,
        entries,
        lambda console, some: _print_differences(console, some, estate.at),
        width,
        colour,
    )


def _spread_over_clusters(entries: Sequence[OpenDifference]) -> list[OpenDifference]:
    """Return the entries, gravest first, and of one severity each cluster's first before a second.

    The list is cut, and one cluster must not hide that others have grave differences too.
    """
    seen: Counter[tuple[Severity, str]] = Counter()
    keys: list[tuple[int, int]] = []
    for entry in entries:
        place = entry.severity, entry.finding.cluster
        keys.append((entry.severity.rank, seen[place]))
        seen[place] += 1
    order = sorted(range(len(entries)), key=lambda number: keys[number])
    return [entries[number] for number in order]


def _print_differences(console: Console, entries: Sequence[OpenDifference], now: str) -> None:
    names = [entry.finding.subject.name for entry in entries]
    columns = (
        HistoryColumn.MARK,
        HistoryColumn.CLUSTER,
        HistoryColumn.RECOMMENDATION,
        HistoryColumn.SUBJECT,
        HistoryColumn.SEVERITY,
        HistoryColumn.NOW,
    )
    table = history_table(console, *columns, names=names)
    for entry in entries:
        is_confirmed = entry.state is FindingState.CONFIRMED
        table.add_row(
            _mark(entry.verdict if is_confirmed else Verdict.UNKNOWN),
            safe_text(entry.finding.cluster),
            safe_text(entry.finding.recommendation),
            safe_text(entry.finding.subject.name),
            safe_text(entry.severity),
            safe_text(_open_text(entry, now)),
        )
    console.print(table)


def _open_text(entry: OpenDifference, now: str) -> str:
    text = difference_state_text(entry, now)
    # Where it was waived or explained before, it is older than its drift.
    if entry.exists_since == entry.age.since:
        return text
    return f"{text}; exists since {elapsed_text(entry.exists_since, now)}"


def render_flapping(estate: Estate, *, width: int = 100, colour: bool = False) -> str:
    """Return the differences that were fixed and came back; empty without any."""
    title = "Flapping: fixed, and there again"
    return _render_list(title, estate.flapping, _print_flapping, width, colour)


def _print_flapping(console: Console, entries: Sequence[FlappingFinding]) -> None:
    names = [entry.finding.subject.name for entry in entries]
    columns = (
        HistoryColumn.MARK,
        HistoryColumn.CLUSTER,
        HistoryColumn.RECOMMENDATION,
        HistoryColumn.SUBJECT,
        HistoryColumn.CAME,
        HistoryColumn.WINDOW,
    )
    table = history_table(console, *columns, names=names)
    for entry in entries:
        table.add_row(
            _mark(Verdict.DRIFT if entry.is_open else Verdict.PASS),
            safe_text(entry.finding.cluster),
            safe_text(entry.finding.recommendation),
            safe_text(entry.finding.subject.name),
            f"{entry.times} times",
            safe_text(f"{entry.first_at[:10]} to {entry.last_at[:10]}"),
        )
    console.print(table)


def render_outages(estate: Estate, *, width: int = 100, colour: bool = False) -> str:
    """Return what could not be read, and since when it can again; empty without any."""
    return _render_list("What could not be read", estate.outages, _print_outages, width, colour)


def _print_outages(console: Console, entries: Sequence[Outage]) -> None:
    table = history_table(
        console,
        HistoryColumn.MARK,
        HistoryColumn.CLUSTER,
        HistoryColumn.WHAT,
        HistoryColumn.RUNS,
        HistoryColumn.LAST,
        HistoryColumn.HEALED,
    )
    for entry in entries:
        healed = format_minute(entry.healed_at) if entry.healed_at else "not yet"
        table.add_row(
            _mark(Verdict.PASS if entry.healed_at else Verdict.UNKNOWN),
            safe_text(entry.cluster),
            safe_text(f"{outage_text(entry)} ({outage_reason_text(entry)})"),
            str(entry.runs),
            safe_text(format_minute(entry.last_at)),
            safe_text(healed),
        )
    console.print(table)


def _mark(verdict: Verdict) -> Text:
    return Text(VERDICT_MARKS[verdict], style=VERDICT_STYLES[verdict])


def _render_list(
    title: str,
    entries: Sequence[_Entry],
    draw: Callable[[Console, Sequence[_Entry]], None],
    width: int,
    colour: bool,
) -> str:
    if not entries:
        return ""

    def print_list(console: Console) -> None:
        console.print(Text(f"{title} ({len(entries)})", style="bold"))
        draw(console, entries[:MAX_LINES])
        more = len(entries) - MAX_LINES
        if more > 0:
            console.print(Text(f"And {more} more; `-o html:FILE` and `-o json` have them."))

    return render_console(print_list, width=width, colour=colour)
