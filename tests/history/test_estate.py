"""What the recorded runs add up to: nothing is fixed that no run found fixed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import ConfigError
from auditor.failure_reasons import Reason
from auditor.history.opening import open_history
from auditor.history.store import HistoryStore
from auditor.models.cluster_report import ClusterReport
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.estate import (
    Estate,
    FindingState,
    FixTimes,
    OpenDifference,
    Outage,
    OutageKind,
    RunGap,
)
from auditor.models.findings import Severity, Verdict
from auditor.models.history import FindingAge
from auditor.models.nodes import NodeFacts, Role, RunState
from auditor.models.report import Report
from auditor.report.terminal_estate import render_open_differences
from tests.history.runs import (
    DRIFT,
    NODE,
    PASS,
    UNKNOWN,
    at,
    cluster,
    finding,
    judged,
    node,
    report,
)
from tests.history.test_history_migrations import first_schema

EXPLAINED, WAIVED, NA = Verdict.EXPLAINED, Verdict.WAIVED, Verdict.NOT_APPLICABLE
SIP, AXL = "SIP-01", "AXL-01"
CUCM = "cucm-pub.example.test"
DAY_S = 24 * 60 * 60


def figures(history: HistoryStore, day: int = 10, *clusters: str) -> Estate:
    return history.estate(clusters, datetime(2026, 3, day, 2, tzinfo=UTC))


def nights(history: HistoryStore, *verdicts: Verdict | None) -> Estate:
    """Record one run a day, None for one that does not judge the finding; then sum up."""
    for day, verdict in enumerate(verdicts, 1):
        others = {AXL: PASS}
        history.record(judged(day, others if verdict is None else others | {SIP: verdict}))
    return figures(history, len(verdicts))


def high(estate: Estate) -> FixTimes:
    return next(times for times in estate.fix_times if times.severity is Severity.HIGH)


def unread(day: int, *nodes: str, reason: Reason = Reason.TIMED_OUT) -> Report:
    """Return a run that CUCM gave these nodes for, and that could read none of them."""
    gaps = [Coverage(Source.CONTROL_CENTER, name, Outcome.FAILED, reason) for name in nodes]
    facts = tuple(NodeFacts(name, name, Role.SUBSCRIBER) for name in nodes)
    findings = (finding(SIP, UNKNOWN), finding(AXL, PASS, subject="imp-pub.example.test"))
    read = replace(node(SIP=RunState.STARTED), name="imp-pub.example.test")
    base = cluster(*findings, nodes=(read, *facts))
    listed = Coverage(Source.CUCM_AXL, CUCM, Outcome.COLLECTED)
    return report(day, replace(base, coverage=(listed, *gaps)))


def asked(reported: ClusterReport, publisher: str) -> ClusterReport:
    return replace(reported, coverage=(Coverage(Source.CUCM_AXL, publisher, Outcome.COLLECTED),))


def test_nothing_recorded_is_an_estate_without_figures(history: HistoryStore) -> None:
    estate = figures(history)
    assert (estate.runs, estate.first_at, estate.days, estate.gaps) == (0, None, (), ())
    assert all(times.fixed == times.open == 0 for times in estate.fix_times)


def test_a_difference_is_fixed_by_a_run_that_found_it_as_recommended(
    history: HistoryStore,
) -> None:
    estate = nights(history, DRIFT, DRIFT, PASS)
    assert high(estate) == FixTimes(Severity.HIGH, 1, 2 * DAY_S, 2 * DAY_S, 0, None, 0, 0)
    assert estate.differences == ()


@pytest.mark.parametrize("last", [UNKNOWN, None])
def test_a_difference_that_is_not_read_is_open(history: HistoryStore, last: Verdict | None) -> None:
    estate = nights(history, DRIFT, DRIFT, last, last)
    assert (high(estate).fixed, high(estate).open, high(estate).oldest_open_s) == (0, 1, 3 * DAY_S)
    (entry,) = estate.differences
    assert entry.state is (FindingState.UNKNOWN if last else FindingState.NOT_JUDGED)
    assert (entry.verdict, entry.age, entry.last_judged) == (DRIFT, FindingAge(at(1), 2), at(2))


def test_time_to_fix_includes_the_runs_that_could_not_read(history: HistoryStore) -> None:
    assert high(nights(history, DRIFT, UNKNOWN, None, PASS)).median_s == 3 * DAY_S


def test_a_waiver_is_no_fix_and_no_longer_applying_neither(history: HistoryStore) -> None:
    waived = nights(history, DRIFT, WAIVED)
    assert (high(waived).fixed, high(waived).open) == (0, 1)
    (entry,) = waived.differences
    assert (entry.verdict, entry.age.since, entry.exists_since) == (WAIVED, at(2), at(1))
    assert entry.waiver is not None
    assert (entry.waiver.expires, entry.waiver.verdict) == ("2027-01-01", DRIFT)


def test_what_no_longer_applies_is_neither_fixed_nor_open(history: HistoryStore) -> None:
    times = high(nights(history, DRIFT, NA))
    assert (times.fixed, times.open, times.not_applicable) == (0, 0, 1)


def test_what_never_drifted_was_never_fixed(history: HistoryStore) -> None:
    times = high(nights(history, WAIVED, EXPLAINED, PASS))
    assert (times.fixed, times.open) == (0, 0)


def test_the_median_and_the_worst_are_by_severity(history: HistoryStore) -> None:
    for day in range(1, 9):
        verdicts = {
            "A": DRIFT if day < 2 else PASS,
            "B": DRIFT if day < 4 else PASS,
            "C": DRIFT if day < 8 else PASS,
        }
        findings = [finding(name, verdict) for name, verdict in verdicts.items()]
        low = finding("D", DRIFT, severity=Severity.LOW)
        history.record(report(day, cluster(*findings, low)))
    estate = figures(history, 8)
    assert high(estate) == FixTimes(Severity.HIGH, 3, 3 * DAY_S, 7 * DAY_S, 0, None, 0, 0)
    low_times = estate.fix_times[-2]
    assert (low_times.severity, low_times.fixed, low_times.median_s) == (Severity.LOW, 0, None)
    assert (low_times.open, low_times.oldest_open_s) == (1, 7 * DAY_S)


def test_a_difference_counts_as_the_gravest_that_it_was(history: HistoryStore) -> None:
    for day, severity in ((1, Severity.HIGH), (2, Severity.CRITICAL), (3, Severity.HIGH)):
        history.record(report(day, cluster(finding(SIP, DRIFT, severity=severity))))
    history.record(report(4, cluster(finding(SIP, PASS))))
    assert [t.fixed for t in figures(history).fix_times] == [1, 0, 0, 0, 0]


def test_flapping_is_drift_that_came_back_after_a_fix(history: HistoryStore) -> None:
    estate = nights(history, DRIFT, PASS, DRIFT, UNKNOWN, PASS, UNKNOWN, DRIFT)
    (entry,) = estate.flapping
    assert (entry.times, entry.first_at, entry.last_at, entry.is_open) == (3, at(1), at(7), True)
    assert high(estate).fixed == 2


def test_the_window_of_flapping_that_ended_ends_with_the_fix(history: HistoryStore) -> None:
    (entry,) = nights(history, DRIFT, PASS, DRIFT, DRIFT, PASS, PASS).flapping
    assert (entry.times, entry.first_at, entry.last_at, entry.is_open) == (2, at(1), at(5), False)


@pytest.mark.parametrize(
    "verdicts",
    [
        (DRIFT, UNKNOWN, DRIFT),
        (DRIFT, None, DRIFT),
        (DRIFT, NA, DRIFT),
        (DRIFT, WAIVED, DRIFT),
        (PASS, UNKNOWN, PASS),
        (DRIFT, PASS, UNKNOWN),
    ],
)
def test_what_nobody_fixed_does_not_flap(
    history: HistoryStore, verdicts: tuple[Verdict | None, ...]
) -> None:
    assert nights(history, *verdicts).flapping == ()


def test_a_day_has_the_last_run_of_each_cluster(history: HistoryStore) -> None:
    history.record(judged(1, {SIP: DRIFT, AXL: DRIFT}, hour=2))
    history.record(judged(1, {SIP: DRIFT, AXL: PASS}, hour=14))
    history.record(report(1, cluster(finding(SIP, UNKNOWN, cluster="b"), name="b"), hour=3))
    (day,) = figures(history).days
    assert (day.counted.day, day.counted.runs, day.audited, day.expected) == (
        "2026-03-01",
        3,
        2,
        2,
    )
    assert (day.counted.counts[DRIFT], day.counted.counts[UNKNOWN]) == (1, 1)


def test_drift_of_a_cluster_that_did_not_run_is_not_judged(history: HistoryStore) -> None:
    history.record(judged(1, {SIP: DRIFT}))
    history.record(report(2, cluster(finding(SIP, PASS, cluster="b"), name="b")))
    first, second = figures(history).days
    assert (first.counted.counts[DRIFT], first.counted.not_judged) == (1, 0)
    assert (second.counted.counts[DRIFT], second.counted.not_judged) == (0, 1)
    assert (second.audited, second.expected) == (1, 2)


def test_drift_of_a_cluster_that_could_not_be_read_is_not_judged(history: HistoryStore) -> None:
    history.record(judged(1, {SIP: DRIFT}))
    history.record(report(2, cluster(nodes=())))
    history.record(judged(3, {SIP: PASS}))
    days = figures(history).days
    assert [day.counted.not_judged for day in days] == [0, 1, 0]
    assert [day.unauditable for day in days] == [(), ("lab",), ()]
    assert [entry.counted.not_judged for entry in figures(history).cluster_days] == [0, 1, 0]


def test_the_last_run_of_each_cluster_adds_up_to_the_open_differences(
    history: HistoryStore,
) -> None:
    history.record(judged(1, {SIP: DRIFT, AXL: DRIFT, "A": WAIVED, "B": DRIFT}))
    history.record(judged(2, {SIP: DRIFT, AXL: UNKNOWN, "A": WAIVED}))
    estate = figures(history)
    (summary,) = estate.clusters
    by_state = [(d.verdict, d.state) for d in estate.differences]
    assert by_state.count((DRIFT, FindingState.CONFIRMED)) == summary.last.counts[DRIFT] == 1
    assert by_state.count((DRIFT, FindingState.NOT_JUDGED)) == summary.not_judged == 1
    assert by_state.count((WAIVED, FindingState.CONFIRMED)) == summary.last.counts[WAIVED] == 1
    assert by_state.count((DRIFT, FindingState.UNKNOWN)) == 1


def test_the_causes_of_a_run_are_kept(history: HistoryStore) -> None:
    root = finding("RTR-01", DRIFT)
    effect = replace(finding(SIP, DRIFT), caused_by=(root.id,))
    history.record(report(1, cluster(root, effect)))
    (summary,) = figures(history).clusters
    assert (summary.causes, summary.last.counts[DRIFT]) == (1, 2)


def test_a_waiver_that_was_prolonged_has_its_new_end(history: HistoryStore) -> None:
    waived = finding(SIP, WAIVED)
    assert waived.waiver is not None
    history.record(report(1, cluster(waived)))
    longer = replace(waived, waiver=replace(waived.waiver, expires="2027-06-30"))
    history.record(report(2, cluster(longer)))
    (entry,) = figures(history).differences
    assert entry.waiver == longer.waiver
    assert entry.age == FindingAge(at(1), 2)
    history.record(judged(3, {SIP: DRIFT}))
    (entry,) = figures(history).differences
    assert (entry.verdict, entry.waiver) == (DRIFT, None)


def test_a_waiver_outlives_a_run_that_could_not_judge(history: HistoryStore) -> None:
    (entry,) = nights(history, WAIVED, UNKNOWN).differences
    assert (entry.verdict, entry.state) == (WAIVED, FindingState.UNKNOWN)
    assert entry.waiver is not None


def outages(estate: Estate, kind: OutageKind) -> list[Outage]:
    return [outage for outage in estate.outages if outage.kind is kind]


def test_a_cluster_that_could_not_be_audited_healed_when_it_was_read(
    history: HistoryStore,
) -> None:
    refused = Coverage(Source.CUCM_AXL, CUCM, Outcome.FAILED, Reason.CREDENTIALS)
    silent = replace(cluster(nodes=()), coverage=(refused,))
    history.record(judged(1, {SIP: PASS}))
    history.record(report(2, silent))
    history.record(report(3, silent))
    (still,) = outages(figures(history), OutageKind.UNAUDITABLE)
    assert still.healed_at is None
    history.record(judged(4, {SIP: PASS}))
    (healed,) = outages(figures(history), OutageKind.UNAUDITABLE)
    expected = Outage(OutageKind.UNAUDITABLE, "lab", None, at(2), at(3), 2, ("credentials",), at(4))
    assert healed == expected


def test_a_node_healed_when_a_run_judged_something_on_it(history: HistoryStore) -> None:
    history.record(judged(1, {SIP: PASS}))
    history.record(unread(2, NODE.upper()))
    history.record(report(3, cluster(nodes=())))
    history.record(unread(4, NODE, reason=Reason.TLS))
    (still,) = outages(figures(history), OutageKind.UNREAD_NODE)
    assert (still.node, still.first_at, still.healed_at) == (NODE, at(2), None)
    history.record(report(5, asked(cluster(finding(AXL, PASS, subject="other")), CUCM)))
    (still,) = outages(figures(history), OutageKind.UNREAD_NODE)
    assert still.healed_at is None, "a run that asks nothing of the node has not read it"
    history.record(report(6, asked(cluster(finding(SIP, DRIFT)), CUCM)))
    (healed,) = outages(figures(history), OutageKind.UNREAD_NODE)
    assert (healed.runs, healed.reasons, healed.healed_at) == (2, ("timed_out", "tls"), at(6))


def test_a_cucm_publisher_that_failed_is_an_outage_of_its_own(history: HistoryStore) -> None:
    """Its nodes were read without it, so that the cluster alone would not show it."""
    gone = Coverage(Source.CUCM_AXL, CUCM, Outcome.FAILED, Reason.UNREACHABLE)
    history.record(judged(1, {SIP: PASS}))
    for day in (2, 3):
        history.record(report(day, replace(cluster(finding(SIP, PASS)), coverage=(gone,))))
    (still,) = outages(figures(history), OutageKind.UNREAD_NODE)
    assert (still.node, still.runs, still.reasons) == (CUCM, 2, ("unreachable",))
    assert still.healed_at is None
    history.record(report(4, asked(cluster(finding(SIP, PASS)), CUCM)))
    (healed,) = outages(figures(history), OutageKind.UNREAD_NODE)
    assert healed.healed_at == at(4)


def test_one_cluster_hides_no_grave_difference_of_another(history: HistoryStore) -> None:
    """The terminal cuts the list, which is gravest first and takes each cluster in turn."""
    nodes = [finding(SIP, DRIFT, subject=f"imp{n}.example.test", cluster="a") for n in range(20)]
    other = finding(SIP, DRIFT, cluster="z")
    history.record(report(1, cluster(*nodes, name="a"), cluster(other, name="z")))
    shown = render_open_differences(figures(history), only_unjudged=False).splitlines()
    rows = [line.split()[1] for line in shown if line.startswith("✗")]
    assert rows[:2] == ["a", "z"]
    assert len(rows) == 10


def test_drift_does_not_hide_that_a_run_was_incomplete(history: HistoryStore) -> None:
    history.record(judged(1, {SIP: DRIFT, AXL: UNKNOWN}))
    history.record(report(2, cluster(nodes=())))
    history.record(judged(3, {SIP: DRIFT, AXL: UNKNOWN}))
    history.record(judged(4, {SIP: DRIFT, AXL: PASS}))
    incomplete = outages(figures(history), OutageKind.INCOMPLETE)
    assert [(o.first_at, o.last_at, o.healed_at) for o in incomplete] == [
        (at(3), at(3), at(4)),
        (at(1), at(1), at(4)),
    ]
    (whole,) = outages(figures(history), OutageKind.UNAUDITABLE)
    assert whole.healed_at == at(3)


def test_a_nightly_job_that_stopped_is_a_gap(history: HistoryStore) -> None:
    nights(history, PASS, PASS, PASS)
    assert figures(history, 4).gaps == ()
    assert figures(history, 9).gaps == (RunGap(None, at(3), None, 5, 1),)


def test_a_missed_night_is_a_gap_and_a_weekly_job_has_none(history: HistoryStore) -> None:
    for day in (1, 2, 3, 5, 6):
        history.record(judged(day, {SIP: PASS}))
    for day in (1, 8, 15):
        history.record(report(day, cluster(name="weekly"), hour=3))
    assert figures(history, 7, "lab").gaps == (RunGap(None, at(3), at(5), 1, 1),)
    assert figures(history, 18, "weekly").gaps == ()


def test_a_cluster_that_was_left_out_has_its_own_gap(history: HistoryStore) -> None:
    for day in range(1, 8):
        both = (cluster(name="b"), cluster())
        history.record(report(day, *(both if day < 3 else both[:1])))
    assert figures(history, 7).gaps == (RunGap("lab", at(2), None, 4, 1),)


def test_a_clock_that_was_set_back_is_noted_and_measures_nothing(history: HistoryStore) -> None:
    history.record(judged(8, {SIP: PASS}))
    history.record(judged(9, {SIP: DRIFT}))
    history.record(judged(2, {SIP: PASS}))
    history.record(judged(3, {SIP: PASS}))
    estate = figures(history, 4)
    (step,) = estate.clock_steps
    assert (step.run, step.started_at, step.earlier_at) == ("run-02-02", at(2), at(9))
    assert (high(estate).fixed, high(estate).unmeasured, high(estate).median_s) == (1, 1, None)
    assert [day.counted.day[-2:] for day in estate.days] == ["02", "03", "08", "09"]
    assert (estate.first_at, estate.last_at) == (at(2), at(9))


def test_two_publishers_of_one_name_are_told_apart(history: HistoryStore) -> None:
    for day, publisher in ((1, CUCM), (2, "cucm-b.example.test"), (3, CUCM.upper())):
        history.record(report(day, asked(cluster(finding(SIP, PASS)), publisher)))
    (summary,) = figures(history).clusters
    assert [(use.publisher, use.runs) for use in summary.publishers] == [
        (CUCM.upper(), 2),
        ("cucm-b.example.test", 1),
    ]


def test_figures_of_some_clusters_hold_nothing_of_the_others(history: HistoryStore) -> None:
    history.record(
        report(1, cluster(finding(SIP, DRIFT)), cluster(finding(SIP, DRIFT, cluster="b"), name="b"))
    )
    estate = figures(history, 2, "b")
    assert [summary.cluster for summary in estate.clusters] == ["b"]
    assert [entry.finding.cluster for entry in estate.differences] == ["b"]
    assert estate.days[0].counted.counts[DRIFT] == 1
    with pytest.raises(ConfigError, match="no run of cluster"):
        figures(history, 2, "c")


def test_what_the_first_schema_did_not_record_is_not_recorded(url: str) -> None:
    first_schema(url)
    history = open_history(url)
    assert history is not None
    estate = figures(history)
    (summary,) = estate.clusters
    assert (summary.causes, summary.unread, summary.publishers) == (None, None, ())
    (entry,) = estate.differences
    assert (entry.age, entry.waiver) == (FindingAge(at(1), 2), None)
    assert [day.counted.counts[DRIFT] for day in estate.days] == [1, 1]


def test_pruned_runs_do_not_shorten_what_is_open(history: HistoryStore) -> None:
    nights(history, PASS, DRIFT, DRIFT, DRIFT)
    history.prune(timedelta(hours=12), datetime(2026, 3, 4, 2, tzinfo=UTC))
    estate = figures(history, 4)
    (entry,) = estate.differences
    assert (entry.exists_since, entry.age.since) == (at(2), at(2))
    assert high(estate).oldest_open_s == 2 * DAY_S


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([*Verdict, None]), min_size=1, max_size=12))
def test_the_figures_equal_a_walk_over_all_runs(
    tmp_path_factory: pytest.TempPathFactory, verdicts: list[Verdict | None]
) -> None:
    history = open_history(f"sqlite:///{tmp_path_factory.mktemp('walk')}/h.sqlite3")
    assert history is not None
    estate = nights(history, *verdicts)
    walked = _walk(verdicts)
    assert (high(estate).fixed, high(estate).open, high(estate).not_applicable) == walked
    assert [entry.counted.not_judged for entry in estate.days] == [
        int(v is None and _last_judged(verdicts[:place]) is DRIFT)
        for place, v in enumerate(verdicts)
    ]
    assert _states(estate.differences) == _expected_state(verdicts)


def _walk(verdicts: list[Verdict | None]) -> tuple[int, int, int]:
    fixed = not_applicable = 0
    is_open = drifted = False
    for verdict in verdicts:
        if verdict in (DRIFT, EXPLAINED, WAIVED):
            is_open, drifted = True, drifted or verdict is DRIFT
        elif verdict in (PASS, NA):
            fixed += drifted and verdict is PASS
            not_applicable += drifted and verdict is NA
            is_open = drifted = False
    return fixed, int(is_open and drifted), not_applicable


def _last_judged(verdicts: list[Verdict | None]) -> Verdict | None:
    return next((v for v in reversed(verdicts) if v not in (None, UNKNOWN)), None)


def _states(differences: tuple[OpenDifference, ...]) -> list[tuple[Verdict, FindingState]]:
    return [(entry.verdict, entry.state) for entry in differences]


def _expected_state(verdicts: list[Verdict | None]) -> list[tuple[Verdict, FindingState]]:
    last = _last_judged(verdicts)
    if last not in (DRIFT, EXPLAINED, WAIVED):
        return []
    state = {None: FindingState.NOT_JUDGED, UNKNOWN: FindingState.UNKNOWN}
    return [(last, state.get(verdicts[-1], FindingState.CONFIRMED))]
