"""The CSV report: whole tables, one row for everything, and no cell that a spreadsheet runs."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.models.report import Report
from auditor.report import csv_report
from tests.factories import sentence
from tests.report import samples, shapes

GOLDEN = Path(__file__).parent / "golden"


def rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_report.render(report), newline="")))


@pytest.mark.parametrize("shape", shapes.GOLDEN)
def test_whole_table(shape: str, compare_golden: Callable[[Path, str], None]) -> None:
    text = csv_report.render(shapes.sample(shape))
    compare_golden(GOLDEN / f"{shape}.csv", text.replace("\r\n", "\n"))


@pytest.mark.parametrize("shape", [*shapes.SHAPES, "largest"])
def test_every_cluster_finding_and_source_has_one_row(shape: str) -> None:
    report = shapes.sample(shape)
    table = rows(report)
    for record, expected in {
        "cluster": len(report.clusters),
        "finding": sum(len(cluster.findings) for cluster in report.clusters),
        "coverage": sum(len(cluster.coverage) for cluster in report.clusters),
    }.items():
        assert sum(row["record"] == record for row in table) == expected


def test_an_unauditable_cluster_has_a_row() -> None:
    first, second = rows(samples.unauditable())
    assert (first["record"], first["result"]) == ("cluster", "unauditable")
    assert (second["record"], second["kind"]) == ("coverage", "credentials")


def test_a_waived_finding_keeps_its_verdict_and_its_end() -> None:
    (row,) = [row for row in rows(samples.waived()) if row["result"] == "waived"]
    assert (row["waiver_verdict"], row["waiver_expires"]) == ("drift", "2026-04-30")


def test_history_adds_the_age_of_a_finding() -> None:
    aged = {row["recommendation"]: row for row in rows(samples.remembered()) if row["since"]}
    assert (aged["HA-01"]["since"], aged["HA-01"]["runs"]) == ("2026-02-26T02:00:00Z", "4")


def attacked(text: str) -> Mapping[str, str]:
    finding = replace(samples.mixed().clusters[0].findings[0], observed=sentence(text))
    cluster = replace(samples.mixed().clusters[0], findings=(finding,))
    return rows(Report(samples.RUN, (cluster,)))[1]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "|cmd",
        " =1",
        "\t=1",
        "\n=1",
        "\r\n=1",
        "\u200e=1",
        "\uff1d1",
    ],
)
def test_no_text_begins_a_formula(text: str) -> None:
    assert attacked(text)["observed"][0] not in "=+-@|\t\r\n\uff1d"


def test_quotes_commas_and_line_breaks_stay_in_their_cell() -> None:
    assert attacked('a,"b"\n"c";d')["observed"] == 'a,"b" "c";d'


def test_lines_end_in_crlf() -> None:
    text = csv_report.render(samples.mixed())
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
