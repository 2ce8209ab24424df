"""The terminal report: whole pages at fixed widths, and what no page may do."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from auditor import __version__
from auditor.errors import Reason
from auditor.failure_reasons import REASONS
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.evidence import Evidence, Origin
from auditor.models.facts import Group
from auditor.models.findings import FindingKind, FindingSubject, Severity, SubjectKind, Verdict
from auditor.models.forms import Form
from auditor.models.history import ClusterHistory, FindingAge
from auditor.models.nodes import HaReading, HaState, Role, RunState
from auditor.models.report import Report
from auditor.models.statements import add_detail, make_statement
from auditor.recommendations.groups import ha_switch_evidence
from auditor.report import terminal
from auditor.report.wording import (
    KIND_TEXTS,
    VERDICT_MARKS,
    VERDICT_STYLES,
    severity_summary,
)
from auditor.service_names import AXL_WEB_SERVICE, SIP_PROXY_SERVICE
from auditor.text import printable
from tests.factories import sentence
from tests.report import samples
from tests.report.shapes import SHAPES, sample

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("shape", SHAPES)
def test_whole_page(shape: str, compare_golden: Callable[[Path, str], None]) -> None:
    text = terminal.render(sample(shape), width=100).replace(f" {__version__},", " VERSION,")
    compare_golden(GOLDEN / f"{shape}.txt", text)


def test_whole_page_on_a_narrow_terminal(compare_golden: Callable[[Path, str], None]) -> None:
    text = terminal.render(samples.mixed(), width=80).replace(f" {__version__},", " VERSION,")
    compare_golden(GOLDEN / "mixed-80.txt", text)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "hostile"])
@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_is_wider_than_the_page(shape: str, width: int) -> None:
    """Names of more than 30 characters, as hostile ones are, may make it wider."""
    page = terminal.render(sample(shape), width=width)
    assert max(cell_len(line) for line in page.splitlines()) <= width


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "many"])
@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_no_word_is_broken_or_cut_at_any_width(shape: str, width: int) -> None:
    """What is shown is to be searched and pasted. A table of clusters has fewer columns instead."""
    words = set(terminal.render(sample(shape), width=400).split())
    narrow = set(terminal.render(sample(shape), width=width).split())
    assert {word for word in words - narrow if not set(word) <= set("─━")} == set()


@pytest.mark.parametrize("shape", SHAPES)
def test_colour_adds_no_information(shape: str) -> None:
    plain = terminal.render(sample(shape), width=100)
    coloured = terminal.render(sample(shape), width=100, colour=True)
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert "\x1b" not in plain
    assert "\x1b[" in coloured
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


@pytest.mark.parametrize("colour", [True, False])
def test_the_environment_does_not_change_the_page(
    monkeypatch: pytest.MonkeyPatch, colour: bool
) -> None:
    before = terminal.render(samples.mixed(), colour=colour)
    for name, value in {
        "TERM": "dumb",
        "COLUMNS": "33",
        "NO_COLOR": "1",
        "FORCE_COLOR": "1",
    }.items():
        monkeypatch.setenv(name, value)
    assert terminal.render(samples.mixed(), colour=colour) == before


def test_a_page_on_hostile_names_is_utf_8_without_any_control_character() -> None:
    page = terminal.render(samples.hostile(), width=80)
    assert page.encode().decode() == page
    assert not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", page
    )
    assert "[red]b[/red]" in page
    assert ":smile:" in page


@given(st.text())
@example("\ud800")  # no UTF-8: half of a pair, as broken decoders leave it
def test_printable_text_is_one_line_of_harmless_characters(text: str) -> None:
    shown = printable(text)
    assert shown.encode().decode() == shown
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", shown)
    assert printable(shown) == shown


def test_very_long_text_shows_how_much_was_cut() -> None:
    assert printable("x" * 2500).endswith("x… (500 more characters)")


def cell(page: str, service: str, column: int) -> str:
    """Return one cell of the first matrix."""
    line = next(line for line in page.splitlines() if line.startswith(service + " "))
    return re.split(r" {2,}", line)[column]


def test_a_cell_that_drifts_is_in_capitals() -> None:
    page = terminal.render(samples.mixed(), width=140)
    assert cell(page, "SIP Proxy", 1) == "✓ running"
    assert cell(page, "SIP Proxy", 2) == "✗ STOPPED"
    assert cell(page, "Bulk Provisioning Service", 4) == "✗ MISPLACED"


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (FindingKind.NOT_ANSWERING, "✗ NO ANSWER"),
        (FindingKind.UNSTABLE, "✗ UNSTABLE"),
        (FindingKind.UNNEEDED, "✗ UNNEEDED"),
        (FindingKind.PROFILE_CONFLICT, "✗ CONFLICT"),
        (FindingKind.PREREQUISITE_MISSING, "✗ RUNNING"),
    ],
)
def test_a_running_service_that_drifts_shows_its_kind(kind: FindingKind, word: str) -> None:
    drift = replace(samples.stopped(AXL_WEB_SERVICE, samples.PUB), kind=kind)
    findings = (*samples.judged(samples.PUB), drift)
    node = samples.node(samples.PUB, Role.PUBLISHER)
    page = terminal.render(Report(samples.RUN, (samples.cluster(node, findings=findings),)))
    assert cell(page, "AXL Web Service", 1) == word


def test_a_running_service_with_an_unknown_check_has_no_tick() -> None:
    doubt = replace(samples.unread(AXL_WEB_SERVICE, samples.PUB), recommendation="AXL-04")
    findings = (*samples.judged(samples.PUB), doubt)
    node = samples.node(samples.PUB, Role.PUBLISHER)
    page = terminal.render(Report(samples.RUN, (samples.cluster(node, findings=findings),)))
    assert cell(page, "AXL Web Service", 1) == "? running"


def test_an_unread_node_has_no_tick_in_its_column() -> None:
    page = terminal.render(samples.incomplete())
    rows = page.partition("─ Administration")[2].partition("✓ as recommended")[0]
    cells = [re.split(r" {2,}", line)[-1] for line in rows.splitlines() if "  " in line]
    assert set(cells) == {"? not read"}


def test_a_service_without_a_row_is_marked() -> None:
    node = samples.node(samples.PUB, Role.PUBLISHER)
    less = {name: state for name, state in node.services.items() if name != SIP_PROXY_SERVICE}
    findings = samples.judged(
        samples.PUB, SIP_01=lambda *_: samples.unread(SIP_PROXY_SERVICE, samples.PUB)
    )
    report = samples.cluster(replace(node, services=less), findings=findings)
    page = terminal.render(Report(samples.RUN, (report,)))
    assert cell(page, "SIP Proxy", 1) == "? no row"


def test_services_that_are_not_judged_show_only_where_one_does_not_run() -> None:
    page = terminal.render(samples.mixed(), width=140)
    assert cell(page, "Tomcat", 3) == "○ stopped"
    assert "A Cisco DB" not in page


def test_an_inferred_ha_state_is_marked() -> None:
    node = samples.node(samples.PUB, Role.PUBLISHER)
    guess = replace(node, ha_state=HaReading(HaState.NORMAL, Origin.DISCOVERED, "SQL"))
    report = samples.cluster(guess, findings=samples.judged(samples.PUB))
    page = terminal.render(Report(samples.RUN, (report,)))
    assert "○ normal (inferred)\n" in " ".join(page.split(" ")) or "(inferred)\n" in page


@pytest.mark.parametrize(
    ("enabled", "verdict", "state", "shown"),
    [
        (False, Verdict.DRIFT, HaState.UNKNOWN, "✗ HA OFF"),
        (False, Verdict.DRIFT, HaState.NORMAL, "✗ HA OFF"),
        (False, Verdict.UNKNOWN, HaState.UNKNOWN, "? HA off"),
        (False, Verdict.UNKNOWN, HaState.IDLE, "? idle"),
        (False, Verdict.NOT_APPLICABLE, HaState.UNKNOWN, "○ HA off"),
        (True, Verdict.DRIFT, HaState.UNKNOWN, "✗ ABNORMAL"),
        (True, Verdict.DRIFT, HaState.FAILED, "✗ FAILED"),
        (None, Verdict.DRIFT, HaState.UNKNOWN, "✗ ABNORMAL"),
    ],
)
def test_high_availability_that_is_off_is_shown_as_off(
    enabled: bool | None, verdict: Verdict, state: HaState, shown: str
) -> None:
    node = samples.node(samples.PUB, Role.PUBLISHER, ha=state)
    switch = ha_switch_evidence(Group(samples.GROUP, (samples.PUB,), enabled, Origin.OBSERVED))
    off = replace(samples.ha(verdict=verdict), evidence=switch)
    report = samples.cluster(node, findings=(*samples.judged(samples.PUB), off))
    page = terminal.render(Report(samples.RUN, (report,)))
    assert cell(page, "HA state", 1) == shown


def test_a_planned_node_is_neither_read_nor_missing() -> None:
    planned = replace(samples.silent(samples.SUB, Role.SUBSCRIBER), planned=True)
    first = samples.compliant_cluster()
    report = replace(
        first,
        nodes=(first.nodes[0], planned),
        findings=samples.judged(samples.PUB),
        coverage=samples.collected(samples.PUB),
    )
    page = terminal.render(Report(samples.RUN, (report,)))
    assert cell(page, "SIP Proxy", 2) == "○ planned"
    assert "1 of 1 node read" in page


def test_the_nodes_of_a_redundancy_group_stay_in_one_table() -> None:
    page = terminal.render(samples.fleet(), width=72)
    heads = re.findall(r"^ +(imp-\d.*)$", page, re.MULTILINE)
    assert [head.split() for head in heads] == [
        ["imp-0", "imp-1"],
        ["imp-2", "imp-3"],
        ["imp-4", "imp-5"],
    ]


def test_nodes_of_different_domains_keep_their_full_names() -> None:
    other = "imp-sub.elsewhere.test"
    report = samples.cluster(
        samples.node(samples.PUB, Role.PUBLISHER),
        samples.node(other, Role.SUBSCRIBER),
        findings=(*samples.judged(samples.PUB), *samples.judged(other)),
    )
    page = terminal.render(Report(samples.RUN, (report,)))
    assert "without their domain" not in page
    assert "elsewhere" in page


def test_addresses_as_names_are_not_cut() -> None:
    report = samples.cluster(
        *(samples.node(n, Role.SUBSCRIBER) for n in ("10.1.1.1", "11.1.1.1")),
        findings=(*samples.judged("10.1.1.1"), *samples.judged("11.1.1.1")),
    )
    page = terminal.render(Report(samples.RUN, (report,)))
    assert re.search(r"10\.1\.1\.1 +11\.1\.1\.1", page)


def test_one_reason_for_many_unknowns_is_printed_once() -> None:
    page = terminal.render(samples.incomplete(), full=True)
    assert page.count("gave no answer (timed_out)") == 1
    assert "16 checks for one reason" in page


def test_findings_alike_on_two_nodes_are_one_block_with_both_names() -> None:
    drifts = [samples.stopped(SIP_PROXY_SERVICE, of) for of in (samples.PUB, samples.SUB)]
    drifts = [
        replace(
            d,
            observed=make_statement(Form.SERVICE_RUNS, service="SIP", node=d.subject.name),
            evidence=(Evidence(Origin.OBSERVED, "x", sentence(d.subject.name * n)),),
        )
        for n, d in enumerate(drifts, start=1)
    ]
    report = replace(samples.compliant_cluster(), findings=tuple(drifts))
    page = terminal.render(Report(samples.RUN, (report,)))
    assert page.count("CRITICAL SIP-01") == 1
    assert "on        both nodes" in page
    assert "observed  SIP runs on the node." in page
    assert page.count("[observed, x]") == 2


def test_findings_alike_on_two_keys_name_the_key_without_quotes() -> None:
    """What quotes a key quotes no sentence about it."""
    rows = [
        replace(
            samples.ha(verdict=Verdict.DRIFT),
            recommendation="PROFILE-02",
            service=None,
            subject=FindingSubject(SubjectKind.KEY, key),
            expected=make_statement(Form.NAMES_EXIST_EXPECTED, key=key),
            kind=FindingKind.PROFILE_CONFLICT,
            because=make_statement(Form.KEY_NOT_DECLARED, key=key),
            remedy=(make_statement(Form.DECLARE_KEY, key=key),),
        )
        for key in ("chat", "compliance")
    ]
    cluster = replace(samples.compliant_cluster(), findings=tuple(rows))
    page = terminal.render(Report(samples.RUN, (cluster,)))
    assert "key       chat and compliance" in page
    assert "Every name in the key is a node or group of the cluster." in page
    assert "The key is not declared." in page
    assert "Declare the key in [cluster.deployment]." in page
    assert "`" not in page


def test_findings_that_differ_in_more_than_the_node_are_printed_apart() -> None:
    drifts = [
        replace(samples.stopped(SIP_PROXY_SERVICE, of), observed=sentence(f"{word} on {of}."))
        for of, word in ((samples.PUB, "Stopped"), (samples.SUB, "Failed"))
    ]
    report = replace(samples.compliant_cluster(), findings=tuple(drifts))
    page = terminal.render(Report(samples.RUN, (report,)))
    assert f"Stopped on {samples.PUB}." in page
    assert f"Failed on {samples.SUB}." in page


def test_a_name_inside_a_longer_name_is_not_replaced() -> None:
    first, second = "imp", "imp-2"
    drifts = [
        replace(
            samples.stopped(SIP_PROXY_SERVICE, of),
            observed=make_statement(Form.CLUSTER_LISTS, names=(of, f"gw-{of}", "imp-2.test")),
        )
        for of in (first, second)
    ]
    report = replace(samples.compliant_cluster(), findings=tuple(drifts))
    page = terminal.render(Report(samples.RUN, (report,)))
    assert "The cluster lists imp, gw-imp, imp-2.test." in page
    assert "The cluster lists imp-2, gw-imp-2, imp-2.test." in page


def test_a_remedy_of_several_unknowns_is_printed_once_with_every_reason() -> None:
    base = replace(
        samples.unread(AXL_WEB_SERVICE, samples.PUB), remedy=(sentence("Mend it."),), evidence=()
    )
    silent = make_statement(Form.SOURCE_SILENT, source=Source.PERFMON, node=samples.PUB)
    state = make_statement(Form.SERVICE_STATE_UNKNOWN, service="SIP", node=samples.PUB)
    reasons = (silent, add_detail(state, silent), sentence("The row was odd."))
    unknowns = tuple(
        replace(base, recommendation=f"AXL-0{n}", because=because)
        for n, because in enumerate(reasons)
    )
    page = terminal.render(
        Report(samples.RUN, (replace(samples.compliant_cluster(), findings=unknowns),))
    )
    block = page.partition("? CRITICAL: 3 checks for one reason\n")[2].partition("\n\n")[0]
    assert block.splitlines()[:4] == [
        f"  checks    AXL-00 AXL-01 AXL-02, on {samples.PUB}",
        f"  because   PerfMon of {samples.PUB} returned nothing.",
        "            The row was odd.",
        "  remedy    Mend it.",
    ]


def test_unknowns_without_a_remedy_stay_apart() -> None:
    unknowns = tuple(
        replace(samples.unread(name, samples.PUB), remedy=())
        for name in (AXL_WEB_SERVICE, SIP_PROXY_SERVICE)
    )
    report = replace(samples.compliant_cluster(), findings=unknowns)
    page = terminal.render(Report(samples.RUN, (report,)))
    assert "? CRITICAL AXL-01" in page
    assert "? CRITICAL SIP-01" in page


def test_more_evidence_than_fits_is_counted() -> None:
    pieces = tuple(Evidence(Origin.OBSERVED, "x", sentence(f"piece {n}")) for n in range(9))
    drift = replace(samples.stopped(SIP_PROXY_SERVICE, samples.SUB), evidence=pieces)
    report = replace(samples.compliant_cluster(), findings=(drift,))
    page = terminal.render(Report(samples.RUN, (report,)))
    assert "and 1 more in the JSON report" in page


def test_drift_below_the_threshold_is_in_the_first_lines() -> None:
    page = terminal.render(samples.below_threshold())
    assert "Below the threshold high: 1 difference" in page.partition("\n\n")[0]
    assert "(below the threshold high)" in page


def test_limitations_of_the_report_come_first_and_last() -> None:
    lines = terminal.render(samples.lenient()).splitlines()
    assert lines[0].startswith("! --insecure: NO CERTIFICATE WAS VERIFIED")
    assert any(line.startswith("! --allow-unknown") for line in lines[:4])
    assert lines[-2] == "! --insecure: no certificate was verified."
    assert lines[-1].startswith("Exit code 0 ONLY because of --allow-unknown; without it 4")


def test_allow_unknown_is_named_only_if_it_changed_the_exit_code() -> None:
    report = samples.compliant()
    page = terminal.render(replace(report, run=replace(report.run, allow_unknown=True)))
    assert page.endswith("Exit code 0: compliant and complete.\n")


def test_a_gap_without_advice_of_its_own_gets_one() -> None:
    gap = Coverage(Source.PERFMON, samples.SUB, Outcome.FAILED, Reason.NOT_AUTHORISED)
    first = samples.compliant_cluster()
    report = replace(first, coverage=(*first.coverage, gap))
    page = terminal.render(Report(samples.RUN, (report,)))
    text = " ".join(page.split())
    assert "perfmon: not authorised. imp-sub.example.test did not let the account ask" in text
    assert "Give the account the role" in text
    assert "A source that should have answered did not." in page


def test_a_source_that_was_not_due_is_no_gap() -> None:
    quiet = Coverage(Source.TCP, "db.example.test", Outcome.SKIPPED)
    first = samples.compliant_cluster()
    report = replace(first, coverage=(*first.coverage, quiet))
    page = terminal.render(Report(samples.RUN, (report,)))
    assert "could not be read" not in page
    assert "Exit code 0" in page


def test_a_drift_summary_names_nodes_that_were_not_audited() -> None:
    first = samples.incomplete_cluster()
    drift = samples.stopped(SIP_PROXY_SERVICE, samples.PUB)
    report = replace(first, findings=(*first.findings, drift))
    page = terminal.render(Report(samples.RUN, (report,)))
    summary = f"{samples.SUB} could not be audited. 17 more checks are unknown."
    assert summary in page.replace("\n", " ")


def test_the_red_colour_ends_with_its_word() -> None:
    page = terminal.render(samples.mixed(), colour=True)
    assert "\x1b[1;37;41m✗ DRIFT\x1b[0m  release" in page
    assert "\x1b[1;37;41m✗ \x1b[0m\x1b[1mCRITICAL SIP-01" in page


def test_every_token_has_a_text() -> None:
    assert set(VERDICT_MARKS) == set(VERDICT_STYLES) == set(Verdict)
    assert set(KIND_TEXTS) == set(FindingKind)
    assert set(REASONS) == set(Reason)
    assert len(set(VERDICT_MARKS.values())) == len(Verdict)


def test_severities_are_counted_worst_first() -> None:
    low = replace(samples.stopped(AXL_WEB_SERVICE, "a"), severity=Severity.LOW)
    assert severity_summary([low, samples.stopped(AXL_WEB_SERVICE, "b")]) == "1 critical, 1 low"


def test_a_service_that_still_starts_has_a_mark_of_its_own() -> None:
    page = terminal.render(samples.mixed(), width=140)
    assert cell(page, "XCP Connection Manager", 2) == f"… {RunState.STARTING}"


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2026-03-01T02:00:00Z", "this run, for the first time"),
        ("2026-03-01T01:30:00Z", "30 minutes, 3 runs (first seen 2026-03-01T01:30:00Z)"),
        ("2026-03-01T00:30:00Z", "1 hour, 3 runs (first seen 2026-03-01T00:30:00Z)"),
        ("2026-02-26T02:00:00Z", "3 days, 3 runs (first seen 2026-02-26T02:00:00Z)"),
    ],
)
def test_history_adds_how_long_a_difference_has_lasted(since: str, expected: str) -> None:
    drift = samples.stopped(SIP_PROXY_SERVICE, samples.PUB)
    cluster = replace(samples.compliant_cluster(), findings=(drift,))
    past = ClusterHistory({drift.id: FindingAge(since, 3)})
    page = terminal.render(Report(samples.RUN, (cluster,), {"lab": past}), width=140)
    assert f"since     {expected}\n" in page


def test_a_block_of_several_findings_shows_the_longest_age() -> None:
    drifts = [samples.stopped(SIP_PROXY_SERVICE, of) for of in (samples.PUB, samples.SUB)]
    cluster = replace(samples.compliant_cluster(), findings=tuple(drifts))
    nights = [FindingAge("2026-02-27T02:00:00Z", 3), FindingAge("2026-02-26T02:00:00Z", 4)]
    past = ClusterHistory({drift.id: night for drift, night in zip(drifts, nights, strict=True)})
    page = terminal.render(Report(samples.RUN, (cluster,), {"lab": past}), width=140)
    age = "3 days, 4 runs (first seen 2026-02-26T02:00:00Z), some of them for less"
    assert f"since     {age}\n" in page
