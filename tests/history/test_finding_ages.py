"""How long a finding has lasted, over how many runs, and what changed between two runs."""

from dataclasses import replace

import pytest

from auditor.errors import ConfigError
from auditor.history.store import HistoryStore
from auditor.models.cluster_report import ClusterStatus
from auditor.models.coverage import Coverage, Outcome, Source
from auditor.models.findings import FindingKind, Severity, Verdict
from auditor.models.history import ChangeDirection, FindingAge
from auditor.models.nodes import RunState
from auditor.models.report import Report
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

EXPLAINED, WAIVED = Verdict.EXPLAINED, Verdict.WAIVED
SIP = "SIP-01"


def stand(history: HistoryStore, *verdicts: Verdict | None) -> dict[Verdict, FindingAge]:
    """Record one run a day, None for one that does not judge it; return its period then."""
    for day, verdict in enumerate(verdicts, 1):
        others = {"AXL-01": PASS}
        history.record(judged(day, others if verdict is None else others | {SIP: verdict}))
    rows = [row for row in history.latest_findings("lab") if row.recommendation == SIP]
    return {row.verdict: row.age for row in rows}


def moved(history: HistoryStore, report: Report) -> dict[str, str]:
    """Return the direction of each change that a report brings, by recommendation."""
    changes = history.past(report)["lab"].changes
    return {change.finding.recommendation: str(change.direction) for change in changes}


def test_drift_begins_with_the_first_run_that_found_it(history: HistoryStore) -> None:
    assert stand(history, PASS, DRIFT, DRIFT, DRIFT) == {DRIFT: FindingAge(at(2), 3)}


def test_drift_that_was_fixed_and_came_back_begins_anew(
    history: HistoryStore,
) -> None:
    assert stand(history, DRIFT, PASS, DRIFT) == {DRIFT: FindingAge(at(3), 1)}


@pytest.mark.parametrize("verdict", [DRIFT, EXPLAINED, WAIVED])
def test_the_age_of_a_difference_includes_unknown_runs(
    history: HistoryStore, verdict: Verdict
) -> None:
    assert stand(history, verdict, verdict, UNKNOWN, None, verdict) == {
        verdict: FindingAge(at(1), 3)
    }


@pytest.mark.parametrize("gap", [UNKNOWN, None])
def test_the_age_of_a_pass_ends_at_an_unknown_run(
    history: HistoryStore, gap: Verdict | None
) -> None:
    assert stand(history, PASS, gap, PASS) == {PASS: FindingAge(at(3), 1)}


def test_a_pass_between_two_drifts_counts_also_after_an_unknown(history: HistoryStore) -> None:
    assert stand(history, DRIFT, PASS, UNKNOWN, DRIFT) == {DRIFT: FindingAge(at(4), 1)}


def test_a_drift_of_another_kind_is_the_same_drift(history: HistoryStore) -> None:
    for day, kind in enumerate(
        [FindingKind.STOPPED, FindingKind.STOPPED, FindingKind.UNSTABLE, FindingKind.STOPPED], 1
    ):
        history.record(report(day, cluster(finding(SIP, DRIFT, kind=kind))))
    (row,) = history.latest_findings("lab")
    assert (row.kind, row.age) == (FindingKind.STOPPED, FindingAge(at(1), 4))


def test_a_finding_that_the_last_run_did_not_judge_has_no_age(history: HistoryStore) -> None:
    assert stand(history, DRIFT, None) == {}


def test_a_report_has_ages_before_it_is_recorded(history: HistoryStore) -> None:
    stand(history, PASS, DRIFT, DRIFT)
    tonight = judged(4, {SIP: DRIFT, "PE-01": DRIFT})
    past = history.past(tonight)["lab"]

    ages = {f.recommendation: past.ages[f.id] for f in tonight.clusters[0].findings}
    assert ages == {SIP: FindingAge(at(2), 3), "PE-01": FindingAge(at(4), 1)}

    history.record(tonight)
    assert {row.recommendation: row.age for row in history.latest_findings("lab")} == ages


def test_the_first_run_has_no_changes(history: HistoryStore) -> None:
    past = history.past(judged(1, {SIP: DRIFT}))["lab"]
    assert (past.changes, past.runs) == ((), ())


def test_every_direction_of_a_change(history: HistoryStore) -> None:
    before = {
        "new": PASS,
        "from-na": Verdict.NOT_APPLICABLE,
        "resolved": DRIFT,
        "no-feature": EXPLAINED,
        "persisting": DRIFT,
        "accepted": DRIFT,
        "waiver-ended": WAIVED,
        "no-excuse": EXPLAINED,
        "drift-lost": DRIFT,
        "pass-lost": PASS,
        "drift-gone": DRIFT,
        "pass-gone": PASS,
        "still-pass": PASS,
        "still-unknown": UNKNOWN,
        "told-at-last": UNKNOWN,
    }
    history.record(judged(1, before))
    now = {
        "new": DRIFT,
        "from-na": WAIVED,
        "resolved": PASS,
        "no-feature": Verdict.NOT_APPLICABLE,
        "persisting": DRIFT,
        "accepted": WAIVED,
        "waiver-ended": DRIFT,
        "no-excuse": DRIFT,
        "drift-lost": UNKNOWN,
        "pass-lost": UNKNOWN,
        "still-pass": PASS,
        "still-unknown": UNKNOWN,
        "told-at-last": DRIFT,
        "never-judged": DRIFT,
        "never-told": UNKNOWN,
    }
    assert moved(history, judged(2, now)) == {
        "new": "new",
        "from-na": "new",
        "told-at-last": "new",
        "never-judged": "new",
        "waiver-ended": "worsened",
        "no-excuse": "worsened",
        "persisting": "persisting",
        "accepted": "persisting",
        "resolved": "resolved",
        "no-feature": "unasked",
        "drift-lost": "unseen",
        "pass-lost": "unseen",
        "drift-gone": "unseen",
    }


def test_more_severe_drift_has_worsened(history: HistoryStore) -> None:
    history.record(report(1, cluster(finding(SIP, DRIFT, severity=Severity.MEDIUM))))
    assert moved(history, report(2, cluster(finding(SIP, DRIFT, severity=Severity.HIGH)))) == {
        SIP: "worsened"
    }


def test_drift_after_an_unknown_is_not_new(history: HistoryStore) -> None:
    stand(history, DRIFT, UNKNOWN)
    assert moved(history, judged(3, {SIP: DRIFT})) == {SIP: "persisting"}
    assert moved(history, judged(3, {SIP: PASS})) == {SIP: "resolved"}


def test_an_unknown_difference_is_reported_by_every_run_an_unknown_pass_once(
    history: HistoryStore,
) -> None:
    history.record(judged(1, {SIP: DRIFT, "PE-01": PASS}))
    gone = {SIP: UNKNOWN, "PE-01": UNKNOWN}
    assert moved(history, judged(2, gone)) == {SIP: "unseen", "PE-01": "unseen"}
    history.record(judged(2, gone))
    assert moved(history, judged(3, gone)) == {SIP: "unseen"}


def test_an_unaudited_cluster_resolves_nothing(history: HistoryStore) -> None:
    history.record(judged(1, {SIP: DRIFT}))
    silence = report(2, cluster(nodes=()))
    assert silence.clusters[0].status is ClusterStatus.UNAUDITABLE
    (change,) = history.past(silence)["lab"].changes
    assert change.direction is ChangeDirection.UNKNOWN
    assert (change.before, change.finding.verdict) == (DRIFT, UNKNOWN)
    assert change.finding.age == FindingAge(at(1), 0)

    history.record(silence)
    (since,) = history.changes("lab", "run-01").changes
    assert since.direction is ChangeDirection.UNKNOWN


def test_clusters_keep_their_own_runs(history: HistoryStore) -> None:
    both = (cluster(finding(SIP, DRIFT)), cluster(finding(SIP, DRIFT, cluster="b"), name="b"))
    history.record(report(1, *both))
    history.record(report(2, both[1]))
    history.record(report(3, *both))
    assert history.latest_findings("lab")[0].age == FindingAge(at(1), 2)
    assert history.latest_findings("b")[0].age == FindingAge(at(1), 3)


def test_changes_since_a_run_a_part_of_its_id_or_a_date(history: HistoryStore) -> None:
    stand(history, PASS, DRIFT, DRIFT, PASS)
    for since in ("run-02-02", "run-02", "2026-03-03", "2026-03-02T02:00:00Z"):
        changes = history.changes("lab", since)
        assert changes.before.id == "run-02-02", since
        assert changes.after.id == "run-04-02"
        assert [(c.finding.recommendation, str(c.direction)) for c in changes.changes] == [
            (SIP, "resolved")
        ]
    assert history.changes("lab", "2026-03-02T03:30:00+02:00").before.id == "run-01-02"


def test_a_date_before_the_record_means_its_first_run(history: HistoryStore) -> None:
    stand(history, PASS, DRIFT)
    changes = history.changes("lab", "2020-01-01")
    assert changes.before.id == "run-01-02"
    assert [str(change.direction) for change in changes.changes] == ["new"]


def test_a_past_run_is_judged_by_what_it_knew(history: HistoryStore) -> None:
    stand(history, DRIFT, UNKNOWN, PASS, PASS)
    (change,) = history.changes("lab", "run-02").changes
    assert (change.direction, change.before) == (ChangeDirection.RESOLVED, DRIFT)
    assert history.changes("lab", "run-03").changes == ()


@pytest.mark.parametrize(
    ("since", "said"),
    [
        ("run-", 'several runs begin with "run-"; write more of the id'),
        ("nowhen", 'no run "nowhen" is recorded, and it is not a date'),
        ("2026-02-30", '"2026-02-30" is not a date; write 2026-03-01'),
        ("%", 'no run "%" is recorded'),
        ("x\x1b[31m\ny", r'no run "x\x1b[31m\ny" is recorded'),
    ],
)
def test_an_unknown_run_or_date_is_refused(history: HistoryStore, since: str, said: str) -> None:
    stand(history, PASS, DRIFT)
    with pytest.raises(ConfigError) as refused:
        history.changes("lab", since)
    assert said in str(refused.value)


def test_a_whole_id_means_that_run_though_others_begin_with_it(history: HistoryStore) -> None:
    for day, name in enumerate(["run-12", "run-1", "run-123"], 1):
        history.record(report(day, cluster(finding(SIP, DRIFT)), name=name))
    assert history.changes("lab", "run-1").before.id == "run-1"


def test_a_cluster_without_runs_is_refused_with_the_nearest_name(history: HistoryStore) -> None:
    with pytest.raises(ConfigError, match="nothing is recorded yet"):
        history.latest_findings("lab")
    stand(history, PASS)
    with pytest.raises(ConfigError, match=r'no run of cluster "lob" .* did you mean `lab`'):
        history.changes("lob", "2026-03-01")
    with pytest.raises(ConfigError, match="recorded are lab"):
        history.runs("zzzzzzzz")


def test_the_previous_run_holds_the_moving_services(history: HistoryStore) -> None:
    states = {"SIP": RunState.STARTING, "PE": RunState.STOPPING, "AXL": RunState.STARTED}
    assert history.changing_services("lab") == {}
    history.record(report(1, cluster(finding(SIP, UNKNOWN), nodes=(node(**states),))))

    assert history.changing_services("lab") == {
        (NODE, "SIP"): RunState.STARTING,
        (NODE, "PE"): RunState.STOPPING,
    }


def test_only_the_run_directly_before_counts(history: HistoryStore) -> None:
    history.record(report(1, cluster(nodes=(node(SIP=RunState.STARTING),))))
    history.record(report(2, cluster(nodes=(node(SIP=RunState.STARTED),))))
    assert history.changing_services("lab") == {}


def test_the_previous_run_holds_the_unread_nodes(history: HistoryStore) -> None:
    planned = replace(node(), name="imp-next.example.test", planned=True)
    dark = cluster(finding(SIP, UNKNOWN), nodes=(node(), planned))
    assert history.past(report(1, dark))["lab"].unread == frozenset()
    history.record(report(1, dark))
    assert history.past(report(2, dark))["lab"].unread == frozenset({NODE})
    history.record(asking("cucm-a.example.test", 2))
    assert history.past(report(3, dark))["lab"].unread == frozenset()


def asking(publisher: str, day: int) -> Report:
    entry = Coverage(Source.CUCM_AXL, publisher, Outcome.COLLECTED)
    moving = cluster(finding(SIP, UNKNOWN), nodes=(node(SIP=RunState.STARTING),))
    return report(day, replace(moving, coverage=(entry,)))


def test_another_cluster_of_the_same_name_is_recognised_by_its_publisher(
    history: HistoryStore,
) -> None:
    """What is starting there makes nothing here unstable."""
    history.record(asking("cucm-a.example.test", 1))
    assert list(history.changing_services("lab", "CUCM-A.example.test")) == [(NODE, "SIP")]
    assert history.changing_services("lab", "cucm-b.example.test") == {}
    same_publisher = history.past(asking("CUCM-A.example.test", 2))["lab"]
    other_publisher = history.past(asking("cucm-b.example.test", 2))["lab"]
    assert same_publisher.other_publisher is None
    assert other_publisher.other_publisher == "cucm-a.example.test"


@pytest.mark.parametrize("mode", ["precheck", "failover-check"])
def test_runs_of_another_mode_are_not_recorded(history: HistoryStore, mode: str) -> None:
    stand(history, PASS)
    other = report(2, cluster(finding(SIP, DRIFT)), mode=mode)
    assert history.past(other) == {}
    history.record(other)
    assert [run.id for run in history.runs()] == ["run-01-02"]
    assert history.latest_findings("lab")[0].age == FindingAge(at(1), 1)
