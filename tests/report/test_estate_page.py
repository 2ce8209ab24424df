"""The page of the estate as a file: what it holds, and that its numbers are those of the runs."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from auditor import __version__
from auditor.models.estate import EstateDay, FixTimes
from auditor.models.findings import Severity, Verdict, Waiver
from auditor.report.html.estate.days import MAX_DAYS, fold_idle_days, list_days, list_months
from auditor.report.html.estate.render import render_estate_page
from auditor.report.html.estate.view import MAX_ROWS, build_estate_view
from tests.report import estate_pages
from tests.report.test_html_report import HOSTILE

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", [n for n in estate_pages.ESTATES if n != "years"])
def test_whole_page(name: str, compare_golden: Callable[[Path, str], None]) -> None:
    page = render_estate_page(estate_pages.ESTATES[name]())
    text = page.replace(f"auditor {__version__}", "auditor VERSION")
    # The report's own golden pages hold the style.
    text = re.sub(r"<style>.*?</style>", "<style>...</style>", text, flags=re.DOTALL)
    text = re.sub(r"sha256-[^&]*", "sha256-...", text)
    compare_golden(GOLDEN / f"estate-{name}.html", text)


def _select(page: str, path: str) -> list[Any]:
    """Return what XPath finds; its stubs cannot say what that is."""
    found: Any = html.fromstring(page).xpath(path)
    return list(found)


def _rows(page: str, section: str) -> list[list[str]]:
    table = f"//section[@aria-labelledby='{section}']//table"
    return [
        [" ".join(cell.text_content().split()) for cell in row]
        for row in _select(page, f"({table})[1]//tbody/tr")
    ]


def test_a_job_that_stopped_is_the_first_thing_on_the_page() -> None:
    (alarm,) = _select(render_estate_page(estate_pages.nights()), "//p[@class='alarm']")
    assert alarm.text_content() == (
        "No run for 4 days: the last one began at 2026-03-19 09:00 UTC. "
        "See whether the timer still runs."
    )


def test_a_clock_and_a_second_publisher_are_alarms_too() -> None:
    alarms = _select(render_estate_page(estate_pages.years()), "//p[@class='alarm']")
    clock, publishers = (alarm.text_content() for alarm in alarms)
    assert "The clock was set back 1 time" in clock
    assert "cucm-old.example.test and cucm-new.example.test" in publishers


def test_what_older_runs_did_not_record_is_no_zero() -> None:
    (row,) = _rows(render_estate_page(estate_pages.older_schema()), "clusters")
    assert row[4] == "not recorded"
    assert row[10] == "not recorded"


def test_a_waived_finding_without_a_record_of_its_waiver_says_so() -> None:
    estate = estate_pages.nights()
    waived = next(d for d in estate.differences if d.verdict is Verdict.WAIVED)
    bare = replace(estate, differences=(replace(waived, waiver=None),))
    (row,) = _rows(render_estate_page(bare), "waived")
    assert row[3:7] == ["not recorded"] * 4


@pytest.mark.parametrize(
    ("expires", "said"),
    [
        ("2026-03-25", "2026-03-25, 1 day left"),
        ("2026-03-24", "2026-03-24, ends today"),
        ("2026-03-23", "2026-03-23, ✗ ended; the next audit shows it"),
    ],
)
def test_a_waiver_says_how_long_it_holds(expires: str, said: str) -> None:
    estate = estate_pages.nights()
    waived = next(d for d in estate.differences if d.verdict is Verdict.WAIVED)
    changed = replace(waived, waiver=Waiver("x", "y", expires, Verdict.DRIFT))
    (row,) = _rows(render_estate_page(replace(estate, differences=(changed,))), "waived")
    assert row[4] == said


def test_the_tiles_count_what_the_tables_list() -> None:
    estate = estate_pages.nights()
    page = render_estate_page(estate)
    tiles = {
        tile.find("dt").text_content(): int(tile.find("dd/b").text)
        for tile in _select(page, "//div[starts-with(@class, 'tile')]")
    }
    rows = _rows(page, "clusters")
    assert tiles["Differences"] == sum(int(row[5]) for row in rows) == 1
    assert tiles["No longer judged"] == sum(int(row[6]) for row in rows)
    assert tiles["Unknown"] == sum(int(row[7]) for row in rows)
    assert tiles["Waived"] == sum(int(row[9]) for row in rows)
    assert tiles["Fixed"] == sum(times.fixed for times in estate.fix_times)
    targets = {link.get("href")[1:] for link in _select(page, "//div/dt/a")}
    assert targets <= {element.get("id") for element in _select(page, "//*[@id]")}


def test_the_chart_and_the_table_have_every_day_up_to_today() -> None:
    rows = list_days(estate_pages.nights().days, "2026-03-24")
    assert [row.first[-2:] for row in rows] == [f"{day:02}" for day in range(1, 25)]
    folded = fold_idle_days(rows)
    idle = [(row.first[-2:], row.last[-2:]) for row in folded if row.is_idle]
    assert idle == [("20", "24"), ("08", "11")]


def test_days_without_a_run_keep_what_was_open() -> None:
    rows = {row.first[-2:]: row for row in list_days(estate_pages.nights().days, "2026-03-24")}
    assert rows["08"].not_judged == rows["07"].differences + rows["07"].not_judged
    assert rows["11"].not_judged == rows["08"].not_judged
    assert (rows["08"].differences, rows["08"].unknown) == (0, 0)


def test_a_long_history_is_summed_up_by_month() -> None:
    days = estate_pages.years().days
    rows = list_days(days, "2026-12-26")
    assert len(rows) == MAX_DAYS
    months = list_months(days, rows)
    assert [month.month for month in months] == [f"2026-{n:02}" for n in (9, 8, 7, 6, 5, 4, 3)]
    assert (
        sum(month.runs for month in months) + sum(row.day.counted.runs for row in rows if row.day)
        == 300
    )


def _days(*names: str) -> list[EstateDay]:
    (day, *_) = estate_pages.first_run().days
    return [replace(day, counted=replace(day.counted, day=name)) for name in names]


def test_a_run_from_the_future_does_not_hide_the_present() -> None:
    rows = list_days(_days("2026-03-01", "2031-01-01"), "2026-03-02")
    assert len(rows) == MAX_DAYS
    assert rows[-1].first == "2031-01-01"


def test_a_table_is_cut_and_says_so() -> None:
    estate = estate_pages.nights()
    (one, *_) = estate.differences
    many = replace(estate, differences=tuple([one] * (MAX_ROWS + 7)))
    page = render_estate_page(many)
    assert len(_rows(page, "open")) == MAX_ROWS
    assert "And 7 more differences" in page


def test_open_ones_are_not_in_the_time_to_fix() -> None:
    estate = estate_pages.nights()
    only_open = FixTimes(Severity.LOW, 0, None, None, 2, 86_400, 0, 0)
    unmeasured = FixTimes(Severity.INFO, 1, None, None, 0, None, 0, 1)
    page = render_estate_page(replace(estate, fix_times=(only_open, unmeasured)))
    assert _rows(page, "fixed") == [
        ["low", "0", "none fixed", "none fixed", "2", "1 day", "0", "0"],
        ["info", "1", "not measured", "not measured", "0", "", "0", "1"],
    ]


def test_a_difference_that_is_not_read_is_said_to_be_open() -> None:
    states = {
        row.entry.finding.recommendation: row.state
        for row in build_estate_view(estate_pages.hostile()).differences.shown
    }
    assert states == {"PE-01": "was drift (stopped), not judged since 4 days"}


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_text_stays_text(attack: str) -> None:
    page = render_estate_page(estate_pages.hostile(attack))
    assert _select(page, "//script | //img | //iframe | //*[@onload or @onerror]") == []


def test_the_page_loads_nothing() -> None:
    page = render_estate_page(estate_pages.nights())
    (policy,) = _select(page, "//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in policy
    assert _select(page, "//@src | //link") == []


def test_years_of_runs_are_a_small_page() -> None:
    assert len(render_estate_page(estate_pages.years()).encode()) < 120_000
