"""The pages of `auditor history`: whole, at a fixed width, and harmless whatever they hold."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from auditor.models.cluster_report import ClusterStatus
from auditor.models.findings import FindingKind, FindingSubject, Severity, SubjectKind, Verdict
from auditor.models.history import (
    ChangeDirection,
    FindingAge,
    FindingChange,
    HistoricalFinding,
    PastRun,
    RunChanges,
)
from auditor.report.terminal_history import (
    render_changes_since,
    render_finding_ages,
    render_past_runs,
    verdict_age_text,
)

GOLDEN = Path(__file__).parent / "golden"
NOW = "2026-03-04T02:00:00Z"


def run(number: int, status: ClusterStatus, *, cluster: str = "lab", drift: int = 0) -> PastRun:
    counts = dict.fromkeys(Verdict, 0) | {Verdict.PASS: 60, Verdict.DRIFT: drift}
    return PastRun(
        id=f"{number}6a1f20c-5a0e-4c8f-9a3e-8d9b0c7e1f2a",
        cluster=cluster,
        started_at=f"2026-03-0{number}T02:00:07Z",
        finished_at=f"2026-03-0{number}T02:00:12Z",
        release="14.0.1.12900-161",
        status=status,
        exit_code=3 if drift else 0,
        counts=counts,
    )


def row(
    recommendation: str,
    verdict: Verdict,
    standing: FindingAge,
    *,
    kind: FindingKind | None = None,
    severity: Severity = Severity.HIGH,
    subject: str = "imp-sub.example.test",
) -> HistoricalFinding:
    return HistoricalFinding(
        id=recommendation,
        cluster="lab",
        recommendation=recommendation,
        service=None,
        subject=FindingSubject(SubjectKind.NODE, subject),
        verdict=verdict,
        kind=kind,
        severity=severity,
        age=standing,
    )


SINCE = FindingAge("2026-03-01T02:00:00Z", 4)
FRESH = FindingAge(NOW, 1)
ROWS = (
    row("RPT-01", Verdict.PASS, SINCE),
    row("WEB-01", Verdict.NOT_APPLICABLE, SINCE),
    row("BPS-01", Verdict.DRIFT, FRESH, kind=FindingKind.MISPLACED, severity=Severity.MEDIUM),
    row("SIP-01", Verdict.DRIFT, SINCE, kind=FindingKind.STOPPED, severity=Severity.CRITICAL),
    row("PE-01", Verdict.EXPLAINED, SINCE, kind=FindingKind.STOPPED, severity=Severity.CRITICAL),
    row("CM-01", Verdict.WAIVED, SINCE, kind=FindingKind.NOT_ACTIVATED),
    row("TCM-01", Verdict.UNKNOWN, FindingAge("2026-03-04T01:15:00Z", 2)),
)
CHANGES = RunChanges(
    run(1, ClusterStatus.COMPLIANT),
    run(4, ClusterStatus.DRIFT, drift=3),
    (
        FindingChange(ChangeDirection.NEW, ROWS[2], Verdict.PASS),
        FindingChange(
            ChangeDirection.NEW, row("DIR-01", Verdict.DRIFT, FRESH, kind=FindingKind.STOPPED), None
        ),
        FindingChange(ChangeDirection.WORSENED, ROWS[3], Verdict.WAIVED),
        FindingChange(ChangeDirection.PERSISTING, ROWS[4], Verdict.EXPLAINED),
        FindingChange(ChangeDirection.RESOLVED, ROWS[0], Verdict.DRIFT),
        FindingChange(ChangeDirection.UNKNOWN, ROWS[6], Verdict.PASS),
        FindingChange(
            ChangeDirection.UNKNOWN,
            row("ARC-01", Verdict.UNKNOWN, FindingAge("2026-03-02T02:00:00Z", 0)),
            Verdict.DRIFT,
        ),
    ),
)
RUNS = (
    run(4, ClusterStatus.DRIFT, drift=3),
    run(4, ClusterStatus.COMPLIANT, cluster="köln"),
    run(3, ClusterStatus.INCOMPLETE),
    run(2, ClusterStatus.UNAUDITABLE),
    run(1, ClusterStatus.COMPLIANT),
)
PAGES: dict[str, Callable[[int], str]] = {
    "history-runs": lambda width: render_past_runs(RUNS, width=width),
    "history-ages": lambda width: render_finding_ages("lab", ROWS, NOW, width=width),
    "history-changes": lambda width: render_changes_since(CHANGES, NOW, width=width),
}


@pytest.mark.parametrize("page", PAGES)
def test_whole_page(page: str, compare_golden: Callable[[Path, str], None]) -> None:
    compare_golden(GOLDEN / f"{page}.txt", PAGES[page](100))


@pytest.mark.parametrize("page", PAGES)
def test_no_line_is_wider_than_the_page(page: str) -> None:
    assert max(cell_len(line) for line in PAGES[page](80).splitlines()) <= 80


@pytest.mark.parametrize("page", PAGES)
def test_no_word_is_broken_or_cut_on_a_narrow_page(page: str) -> None:
    words = set(PAGES[page](400).split())
    assert {word for word in words - set(PAGES[page](40).split()) if set(word) != {"─"}} == set()


@pytest.mark.parametrize(
    ("since", "runs", "expected"),
    [
        ("2026-03-01T02:00:00Z", 4, "drift since 3 days, 4 runs"),
        ("2026-03-03T02:00:00Z", 2, "drift since 1 day, 2 runs"),
        ("2026-03-03T02:00:01Z", 2, "drift since 23 hours, 2 runs"),
        ("2026-03-04T01:00:00Z", 1, "drift since 1 hour, 1 run"),
        ("2026-03-04T01:00:01Z", 2, "drift since 59 minutes, 2 runs"),
        ("2026-03-04T03:00:00Z", 2, "drift since 0 minutes, 2 runs"),
        (NOW, 1, "drift, first seen in this run"),
        ("2026-03-01T02:00:00Z", 0, "unknown since 3 days"),
    ],
)
def test_an_age_is_shown_in_one_unit(since: str, runs: int, expected: str) -> None:
    assert verdict_age_text(Verdict.DRIFT, FindingAge(since, runs), NOW) == expected


def test_a_history_without_runs_has_a_message() -> None:
    assert render_past_runs(()) == "No run is recorded.\n"


def test_a_history_without_changes_has_a_message() -> None:
    changes = RunChanges(RUNS[4], RUNS[0], ())
    assert "No difference then, none now." in render_changes_since(changes, NOW)


def test_hostile_names_reach_no_terminal() -> None:
    evil = "\x1b[31m[bold]:smile:\u202eabc\nnode"
    rows = [row("SIP-01", Verdict.DRIFT, SINCE, subject=evil)]
    page = render_finding_ages(evil, rows, NOW) + render_past_runs(
        [run(1, ClusterStatus.DRIFT, cluster=evil)]
    )
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "[bold]:smile:" in page


def test_effects_are_in_the_line_of_the_cause_they_changed_with() -> None:
    new = [
        FindingChange(
            ChangeDirection.NEW, row(id_, Verdict.DRIFT, FRESH, kind=FindingKind.STOPPED), None
        )
        for id_ in ("RTR-01", "SIP-01", "PE-01")
    ]
    page = render_changes_since(
        RunChanges(run(1, ClusterStatus.COMPLIANT), run(4, ClusterStatus.DRIFT), tuple(new)), NOW
    )
    assert "New: 3 (1 cause)" in page
    assert page.count("imp-sub.example.test") == 1
    assert "explains SIP-01 and PE-01" in " ".join(page.split())
