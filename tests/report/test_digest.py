"""What a report of several clusters says of each: short, and without losing a difference."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from auditor import __version__
from auditor.errors import Reason
from auditor.models.cluster_report import ClusterReport
from auditor.models.findings import Finding, Verdict
from auditor.models.forms import Form
from auditor.models.nodes import Role
from auditor.models.report import Report
from auditor.models.statements import Statement, make_statement
from auditor.report import markdown, terminal
from auditor.report.digest import DigestEntry, digest_cluster
from auditor.report.fleet import CertificateEnd, build_fleet, build_fleet_row
from auditor.report.fleet_table import missing_columns_text
from auditor.report.steps import first_step
from auditor.service_names import SIP_PROXY_SERVICE
from tests.factories import failed_source, make_finding, sentence
from tests.report import samples
from tests.report.shapes import SHAPES, sample

GOLDEN = Path(__file__).parent / "golden"
WORTH_A_LINE = (Verdict.DRIFT, Verdict.UNKNOWN, Verdict.EXPLAINED, Verdict.WAIVED)


def digest(cluster: ClusterReport) -> tuple[DigestEntry, ...]:
    """Return the entries of a cluster."""
    return digest_cluster(build_fleet_row(Report(samples.RUN, (cluster,)), cluster))


def fleet_page(*clusters: ClusterReport, width: int = 100, full: bool = False) -> str:
    """Return the page of several clusters."""
    return terminal.render(Report(samples.RUN, clusters), width=width, full=full)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_difference_and_every_unknown_check_is_in_exactly_one_entry(shape: str) -> None:
    for cluster in sample(shape).clusters:
        told = [finding.id for entry in digest(cluster) for finding in entry.findings]
        due = [f.id for f in cluster.findings if f.verdict in WORTH_A_LINE]
        assert sorted(told) == sorted(due)


@pytest.mark.parametrize("width", [80, 160])
def test_whole_page_of_several_clusters(
    width: int, compare_golden: Callable[[Path, str], None]
) -> None:
    text = terminal.render(samples.many(), width=width).replace(f" {__version__},", " VERSION,")
    compare_golden(GOLDEN / f"many-{width}.txt", text)


@pytest.mark.parametrize("number", [1, 2, 50])
@pytest.mark.parametrize("width", [40, 80, 100, 160])
def test_a_page_of_any_number_of_clusters_fits_its_width(number: int, width: int) -> None:
    lines = fleet_page(*map(samples.site, range(number)), width=width).splitlines()
    assert max(map(cell_len, lines)) <= width


def test_a_narrow_table_leaves_columns_out_and_breaks_no_word() -> None:
    def head(width: int) -> str:
        lines = fleet_page(*samples.many().clusters, width=width).splitlines()
        return next(line for line in lines if line.startswith("cluster"))

    assert head(160).split()[-3:] == ["passed", "explained", "waived"]
    assert head(100).split()[-1] == "release"
    assert head(80).split()[-1] == "certificate"
    assert head(60).split()[-1] == "read"
    assert head(40).split() == ["cluster", "status"]


def test_what_a_narrow_table_leaves_out_is_named_and_so_is_the_first_certificate_to_end() -> None:
    rows = [
        replace(row, certificate=CertificateEnd("imp1", days, is_only_bound=False))
        for row, days in zip(build_fleet(samples.many()), (200, 3, 90, 400), strict=True)
    ]
    text = missing_columns_text(rows, 60)
    assert text == (
        "Too narrow for: unknown, certificate, release, passed, explained, waived. "
        f"First certificate to end: 3 d, of {rows[1].name}."
    )
    assert missing_columns_text(rows, 160) == ""


def test_a_cause_has_one_severity_in_the_table_the_digest_and_the_full_report() -> None:
    clusters = samples.caused_cluster("hurt"), samples.compliant_cluster("well")
    for full in (False, True):
        page = fleet_page(*clusters, full=full)
        assert page.splitlines()[0].split() == ["causes"]
        assert page.splitlines()[1].split()[:3] == ["cluster", "status", "critical"]
        assert "✗ CRITICAL RTR-01 Cisco XCP Router: stopped (high by itself)" in page
        assert "✗ HIGH" not in page


def test_a_cluster_without_a_difference_is_one_line_of_the_table() -> None:
    page = fleet_page(samples.caused_cluster("hurt"), samples.compliant_cluster("well"))
    assert page.count("well") == 1
    assert re.search(r"^well +✓ COMPLIANT", page, re.MULTILINE)


def test_drift_below_the_threshold_is_no_reason_to_stay_silent() -> None:
    (lesser,) = samples.below_threshold().clusters
    page = fleet_page(lesser, samples.compliant_cluster("well"))
    assert "✗ LOW RPT-01" in page
    assert "(below the threshold high)" in " ".join(page.split())


def test_full_shows_each_cluster_as_it_is_alone() -> None:
    clusters = samples.many().clusters
    page = fleet_page(*clusters, full=True)
    for cluster in clusters:
        alone = terminal.render(Report(samples.RUN, (cluster,)), width=100, full=True)
        assert alone.partition("\nResult ━")[0] in page


def test_one_cluster_is_shown_in_full_without_asking() -> None:
    report = samples.mixed()
    assert terminal.render(report, full=True) == terminal.render(report)


def test_the_last_lines_are_the_exit_code_and_the_next_command() -> None:
    drifted = fleet_page(*samples.many().clusters).splitlines()
    assert drifted[-2:] == ["Exit code 3: drift.", "Next, hamburg: auditor audit --full hamburg"]
    lost = fleet_page(samples.compliant_cluster("a"), samples.unauditable_cluster("b c"))
    assert lost.splitlines()[-1] == 'Next, b c: auditor doctor "b c"'
    well = fleet_page(samples.compliant_cluster("a"), samples.compliant_cluster("b"))
    assert well.splitlines()[-1] == "All that was read: auditor audit --full"


def test_nothing_in_the_row_of_an_unauditable_cluster_reads_as_a_zero() -> None:
    page = fleet_page(*samples.many().clusters, width=100)
    (line,) = re.findall(r"^münchen .*$", page, re.MULTILINE)
    assert line.split() == ["münchen", "?", "UNAUDITABLE", *"???", "0", "of", "0", "all", "?", "?"]


def test_nodes_that_failed_alike_are_one_entry_with_what_to_fix() -> None:
    base = samples.incomplete_cluster()
    third = "imp-b1.example.test"
    gaps = [failed_source(name, Reason.TIMED_OUT) for name in (samples.SUB, third)]
    cluster = replace(
        base,
        nodes=(*base.nodes, samples.silent(third, Role.SUBSCRIBER)),
        coverage=(samples.CUCM, *samples.collected(samples.PUB), *gaps),
    )
    (entry, *_) = digest(cluster)
    assert entry.head == f"{samples.SUB} and {third} not read, timed out (16 checks unknown)."
    assert entry.advice.startswith("For each of them: ")


def test_causes_that_wait_for_another_are_one_entry_in_the_order_to_start_them() -> None:
    def cause(recommendation: str, service: str, *before: str) -> Finding:
        wait = make_statement(Form.FIX_CAUSE_FIRST, recommendations=before)
        return make_finding(
            recommendation,
            service=service,
            remedy=(*((wait,) if before else ()), sentence("Start it.")),
        )

    findings = (
        cause("NET-05", "Cisco SIP Registration Datastore", "NET-03", "NET-04"),
        cause("NET-04", "Cisco Login Datastore", "NET-03"),
        cause("NET-03", "Cisco Route Datastore"),
    )
    cluster = replace(samples.compliant_cluster(), findings=findings)
    first, waiting = digest(cluster)
    assert first.head == "HIGH NET-03 Cisco Route Datastore: stopped, on imp1"
    assert waiting.head == (
        "HIGH NET-04 Cisco Login Datastore and NET-05 Cisco SIP Registration Datastore: stopped,"
        " on imp1"
    )
    assert waiting.rows == (
        ("do", "First fix NET-03, then these in this order, where they still differ."),
    )


def test_undeclared_keys_are_named_in_one_entry() -> None:
    findings = tuple(
        make_finding(
            f"X-{number}", Verdict.UNKNOWN, remedy=(make_statement(Form.DECLARE_KEY, key=key),)
        )
        for number, key in enumerate(("chat", "compliance", "chat"))
    )
    (entry,) = digest(replace(samples.compliant_cluster(), findings=findings))
    assert entry.advice == (
        "Declare `chat` and `compliance` in [cluster.deployment]; --full has the lines to paste."
    )


COMMAND = make_statement(
    Form.ROW_REMEDY,
    page="Tools > Control Center",
    action="start it",
    command="utils service start Cisco SIP Proxy",
    node="imp1",
    then="then look again",
)
ON_A_PAGE = COMMAND.without("command", "node")
HA_OFF = make_statement(Form.HA_OFF_FIRST, groups="group")


@pytest.mark.parametrize(
    ("remedy", "expected"),
    [
        ((), ""),
        ((COMMAND,), "Run `utils service start Cisco SIP Proxy` on imp1."),
        ((ON_A_PAGE,), "In Tools > Control Center, start it."),
        (
            (HA_OFF, COMMAND, make_statement(Form.HA_ON_AGAIN)),
            "Turn high availability of the redundancy group off, wait two minutes, then run `utils"
            " service start Cisco SIP Proxy` on imp1.",
        ),
        ((make_statement(Form.ROW_FIRST, action="look"), COMMAND), "First look."),
        ((sentence("Look again."),), "Look again."),
    ],
)
def test_the_first_step_is_the_first_act_and_no_more(
    remedy: tuple[Statement, ...], expected: str
) -> None:
    assert first_step(remedy) == expected


def test_what_must_hold_before_a_command_stays_with_it() -> None:
    act = make_statement(Form.ROW_REMEDY, once="a database is assigned", **dict(COMMAND.values))
    assert first_step((act,)) == (
        "Once a database is assigned, run `utils service start Cisco SIP Proxy` on imp1."
    )


def test_markdown_begins_with_the_fleet_and_goes_on_in_its_order() -> None:
    page = markdown.render(samples.many())
    places = [page.index(f"Cluster `{name}`") for name in ("hamburg", "münchen", "köln", "berlin")]
    assert places == sorted(places)
    rows = re.findall(r"^\| `(.+?)`", page, re.MULTILINE)
    assert rows[:4] == ["hamburg", "münchen", "köln", "berlin"]


def test_a_stopped_service_names_its_node_and_service() -> None:
    drift = samples.stopped(SIP_PROXY_SERVICE, samples.SUB)
    (entry,) = digest(replace(samples.compliant_cluster(), findings=(drift,)))
    assert entry.head == f"CRITICAL SIP-01 Cisco SIP Proxy: stopped, on {samples.SUB}"


def test_a_name_of_wide_letters_takes_the_room_that_it_needs() -> None:
    page = fleet_page(samples.caused_cluster("東京データセンター"), samples.compliant_cluster("a"))
    head = page.splitlines()[1]
    (line,) = re.findall(r"^東京.*✗ DRIFT.*$", page, re.MULTILINE)
    assert cell_len(line.partition("✗")[0]) == len(head.partition("status")[0])
