"""What waivers do to findings, and above all what they never do."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.models.cluster_report import ClusterReport, ClusterStatus, audit_exit_code
from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Finding, FindingKind, Severity, Verdict, Waiver
from auditor.waivers.apply import apply_waivers, unknown_cluster_notices
from auditor.waivers.load import WaiverRule
from tests.factories import make_finding
from tests.report import samples

TODAY = date(2026, 3, 1)
SIP = "SIP-01"
NODE = "imp-sub.example.test"


def rule(
    *,
    recommendation: str = SIP,
    cluster: str = "lab",
    subject: str = NODE,
    expires: date = date(2026, 12, 31),
) -> WaiverRule:
    return WaiverRule(
        recommendation,
        cluster,
        subject,
        "Moves with change 4711.",
        "uc-team",
        expires,
        "waivers.toml, waiver 1",
    )


def finding(verdict: Verdict = Verdict.DRIFT, *, subject: str = NODE) -> Finding:
    return make_finding(
        SIP, verdict, subject=subject, service="Cisco SIP Proxy", severity=Severity.CRITICAL
    )


def cluster(*findings: Finding) -> ClusterReport:
    base = samples.compliant_cluster()
    return replace(base, findings=findings)


def waived(report: ClusterReport, *rules: WaiverRule, today: date = TODAY) -> ClusterReport:
    return apply_waivers(report, rules, today, {SIP})


@pytest.mark.parametrize("verdict", [Verdict.DRIFT, Verdict.EXPLAINED])
def test_a_waived_difference_keeps_its_kind_and_shows_what_was_judged(verdict: Verdict) -> None:
    (after,) = waived(cluster(finding(verdict)), rule()).findings

    assert after.verdict is Verdict.WAIVED
    assert after.kind is FindingKind.STOPPED
    assert after.waiver == Waiver("Moves with change 4711.", "uc-team", "2026-12-31", verdict)


def test_a_cluster_whose_only_drift_is_waived_is_compliant() -> None:
    report = cluster(finding())
    assert report.status is ClusterStatus.DRIFT
    assert waived(report, rule()).status is ClusterStatus.COMPLIANT


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.PASS, Verdict.NOT_APPLICABLE])
def test_only_differences_can_be_waived(verdict: Verdict) -> None:
    report = cluster(finding(verdict))
    assert waived(report, rule()).findings == report.findings


def test_a_waiver_is_valid_through_its_last_day() -> None:
    report = cluster(finding())
    assert waived(report, rule(expires=TODAY)).findings[0].verdict is Verdict.WAIVED
    late = waived(report, rule(expires=TODAY), today=TODAY + timedelta(days=1))
    assert late.findings == report.findings
    assert late.notices == (
        "waivers.toml, waiver 1: SIP-01 on imp-sub.example.test: the waiver expired on "
        "2026-03-01 and has no effect; uc-team fixes the difference or renews the "
        "waiver.",
    )


@pytest.mark.parametrize(
    "other",
    [
        rule(recommendation="AXL-01"),
        rule(cluster="lab2"),
        rule(subject="imp-pub.example.test"),
        rule(subject="*"),
        rule(subject="imp-sub"),
    ],
)
def test_recommendation_cluster_and_subject_must_all_match(other: WaiverRule) -> None:
    report = cluster(finding())
    assert waived(report, other).findings == report.findings


def test_names_match_in_any_case() -> None:
    ours = rule(cluster="LAB", subject=NODE.upper())
    assert waived(cluster(finding()), ours).findings[0].verdict is Verdict.WAIVED


def test_a_recommendation_in_another_case_is_another_recommendation() -> None:
    report = cluster(finding())
    assert waived(report, rule(recommendation="sip-01")).findings == report.findings


def test_a_waiver_far_from_its_end_has_no_notice() -> None:
    assert waived(cluster(finding()), rule()).notices == ()


@pytest.mark.parametrize(("days", "has_notice"), [(0, True), (14, True), (15, False)])
def test_a_waiver_has_a_notice_in_its_last_fortnight(days: int, has_notice: bool) -> None:
    report = waived(cluster(finding()), rule(expires=TODAY + timedelta(days=days)))
    assert report.findings[0].verdict is Verdict.WAIVED
    assert bool(report.notices) is has_notice
    assert all("the waiver ends on 2026-03-" in notice for notice in report.notices)


@pytest.mark.parametrize(
    ("verdict", "words"), [(Verdict.PASS, "pass"), (Verdict.NOT_APPLICABLE, "not applicable")]
)
def test_a_waiver_without_a_difference_has_a_notice(verdict: Verdict, words: str) -> None:
    assert waived(cluster(finding(verdict)), rule(expires=TODAY)).notices == (
        f"waivers.toml, waiver 1: SIP-01 on imp-sub.example.test is no longer needed ({words} "
        "now); remove it.",
    )


def test_a_waiver_of_an_unknown_has_no_effect() -> None:
    (notice,) = waived(cluster(finding(Verdict.UNKNOWN)), rule()).notices
    assert notice.endswith("its verdict is unknown now, and unknown cannot be waived.")


def test_a_waiver_that_matches_nothing_names_the_nearest_subject() -> None:
    (notice,) = waived(cluster(finding()), rule(subject="imp-sup.example.test")).notices
    assert notice == (
        "waivers.toml, waiver 1: SIP-01 on imp-sup.example.test matches no finding; write "
        '"imp-sub.example.test" if you mean that, or remove it.'
    )


def test_a_subject_is_not_called_missing_while_nodes_are_unlisted() -> None:
    report = replace(cluster(finding()), are_nodes_listed=False)
    assert waived(report, rule(subject="imp-c.example.test")).notices == ()


def test_a_waiver_for_another_pack_is_not_stale() -> None:
    report = cluster(finding())
    assert waived(report, rule(recommendation="AXL-04")).notices == ()
    assert waived(report, rule(cluster="berlin")).notices == ()


def test_earlier_notices_stay() -> None:
    report = replace(cluster(finding()), notices=("Known.",))
    assert waived(report, rule(expires=TODAY)).notices[0] == "Known."


def test_a_waiver_for_an_unknown_cluster_has_a_notice() -> None:
    rules = [rule(cluster="LAB"), rule(cluster="labb"), rule(cluster="mars")]
    assert unknown_cluster_notices(rules, ["lab", "berlin"]) == (
        'waivers.toml, waiver 1: there is no cluster "labb"; write "lab" if you mean that, or '
        "remove it.",
        'waivers.toml, waiver 1: there is no cluster "mars"; correct or remove it.',
    )


DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))
SUBJECTS = st.sampled_from([NODE, NODE.upper(), "imp-pub.example.test"])
RULES = st.lists(
    st.builds(
        rule,
        recommendation=st.sampled_from([SIP, "AXL-01"]),
        cluster=st.sampled_from(["lab", "LAB", "berlin"]),
        subject=SUBJECTS,
        expires=DAYS,
    ),
    max_size=6,
)
VERDICTS = [verdict for verdict in Verdict if verdict is not Verdict.WAIVED]
CLUSTERS = st.builds(
    cluster,
    st.builds(finding, st.sampled_from(VERDICTS), subject=st.just(NODE)),
    st.builds(finding, st.sampled_from(VERDICTS), subject=st.just("imp-pub.example.test")),
)


@given(CLUSTERS, RULES, DAYS)
def test_a_waiver_changes_differences_alone(
    report: ClusterReport, rules: list[WaiverRule], today: date
) -> None:
    after = waived(report, *rules, today=today)

    for was, now in zip(report.findings, after.findings, strict=True):
        assert replace(now, verdict=was.verdict, waiver=None) == was
        assert now.id == was.id
        if now.verdict is not was.verdict:
            assert was.verdict in (Verdict.DRIFT, Verdict.EXPLAINED)
            assert now.verdict is Verdict.WAIVED
            assert now.waiver is not None
            assert now.waiver.verdict is was.verdict
            assert today <= date.fromisoformat(now.waiver.expires)


@given(CLUSTERS, RULES, DAYS)
def test_no_waiver_makes_a_run_complete(
    report: ClusterReport, rules: list[WaiverRule], today: date
) -> None:
    before = audit_exit_code([report.status])
    after = audit_exit_code([waived(report, *rules, today=today).status])

    unknown = any(f.verdict is Verdict.UNKNOWN for f in report.findings)
    allowed = {before}
    if before is ExitCode.DRIFT:
        allowed.add(ExitCode.INCOMPLETE if unknown else ExitCode.COMPLIANT)
    assert after in allowed


@given(CLUSTERS, RULES, DAYS)
def test_waiving_twice_is_waiving_once(
    report: ClusterReport, rules: list[WaiverRule], today: date
) -> None:
    once = waived(report, *rules, today=today)
    assert waived(once, *rules, today=today).findings == once.findings
