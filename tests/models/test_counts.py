"""What each number counts: results of a run, and what became of findings since another."""

from dataclasses import replace
from itertools import product

import pytest

from auditor.history.trends import (
    FindingPeriod,
    FindingRecord,
    find_changes_since,
    to_historical_finding,
)
from auditor.models.counts import (
    ChangeCategory,
    add_results,
    categorise_change,
    count_changes,
    count_results,
)
from auditor.models.findings import FindingSubject, Severity, SubjectKind, Verdict
from auditor.models.history import FindingChange
from tests.report import samples

BASELINE, NOW = 1, 2

CATEGORIES = {
    ("pass", "drift"): "new",
    ("not_applicable", "drift"): "new",
    ("unknown", "drift"): "new",
    ("drift", "drift"): "still_there",
    ("explained", "drift"): "worse",
    ("waived", "drift"): "worse",
    ("drift", "pass"): "resolved",
    ("drift", "not_applicable"): "not_asked",
    ("drift", "unknown"): "unknown",
    ("pass", "unknown"): "unproven",
    ("pass", "explained"): "accepted",
    ("unknown", "explained"): "accepted",
    ("not_applicable", "explained"): "accepted",
    ("drift", "explained"): "accepted",
    ("pass", "waived"): "accepted",
    ("unknown", "waived"): "accepted",
    ("not_applicable", "waived"): "accepted",
    ("drift", "waived"): "accepted",
    ("explained", "explained"): "still_accepted",
    ("waived", "waived"): "still_accepted",
    ("explained", "waived"): "still_accepted",
    ("waived", "explained"): "still_accepted",
    ("explained", "pass"): "no_longer_accepted",
    ("explained", "not_applicable"): "no_longer_accepted",
    ("explained", "unknown"): "no_longer_accepted",
    ("waived", "pass"): "no_longer_accepted",
    ("waived", "not_applicable"): "no_longer_accepted",
    ("waived", "unknown"): "no_longer_accepted",
}
"""By the verdict then and now; what is missing is no change worth a word."""


def _period(verdict: Verdict, run: int, severity: Severity = Severity.HIGH) -> FindingPeriod:
    moment = f"2026-03-0{run}T02:00:00Z"
    return FindingPeriod(run, run, moment, moment, 1, verdict, None, severity, moment, 0)


def _changes(before: FindingPeriod, now: FindingPeriod) -> tuple[FindingChange, ...]:
    record = FindingRecord(
        id="f",
        cluster="lab",
        recommendation="PE-01",
        service=None,
        subject=FindingSubject(SubjectKind.NODE, "imp1"),
        latest=before,
        judged=None if before.verdict is Verdict.UNKNOWN else before,
    )
    today = to_historical_finding(replace(record, latest=now))
    return find_changes_since({"f": record}, BASELINE, [today])


@pytest.mark.parametrize(("before", "now"), list(product(Verdict, Verdict)))
def test_each_pair_of_verdicts_has_one_category(before: Verdict, now: Verdict) -> None:
    changes = _changes(_period(before, BASELINE), _period(now, NOW))
    expected = CATEGORIES.get((str(before), str(now)))
    assert [str(categorise_change(change)) for change in changes] == (
        [expected] if expected else []
    )


def test_a_graver_difference_is_worse_and_a_lighter_one_is_still_there() -> None:
    for then, now, category in (
        (Severity.HIGH, Severity.CRITICAL, ChangeCategory.WORSE),
        (Severity.CRITICAL, Severity.HIGH, ChangeCategory.STILL_THERE),
    ):
        (change,) = _changes(
            _period(Verdict.DRIFT, BASELINE, then), _period(Verdict.DRIFT, NOW, now)
        )
        assert categorise_change(change) is category


def test_categories_of_today_add_up_to_the_verdicts_of_today() -> None:
    """Whatever was before, each difference of today is in one of three, the accepted in two."""
    for before, now in product(Verdict, Verdict):
        counts = count_changes(_changes(_period(before, BASELINE), _period(now, NOW)))
        differences = [ChangeCategory.NEW, ChangeCategory.WORSE, ChangeCategory.STILL_THERE]
        assert sum(counts[category] for category in differences) == (now is Verdict.DRIFT)
        accepted = counts[ChangeCategory.ACCEPTED] + counts[ChangeCategory.STILL_ACCEPTED]
        assert accepted == (now in (Verdict.EXPLAINED, Verdict.WAIVED))


def test_results_are_counted_by_verdict_severity_and_cause() -> None:
    counts = count_results(samples.caused_cluster())
    assert (counts.differences, counts.causes) == (3, 1)
    assert counts.by_severity[Severity.CRITICAL] == 2
    assert counts.by_severity[Severity.HIGH] == 1
    assert counts.unknown == counts.explained == counts.waived == 0
    total = add_results([samples.caused_cluster(), *samples.mixed().clusters])
    mixed = count_results(samples.mixed().clusters[0])
    assert total.differences == 3 + mixed.differences
    assert total.causes == 1 + mixed.causes
    assert (total.explained, total.waived) == (mixed.explained, mixed.waived) != (0, 0)
    assert total.passed == counts.passed + mixed.passed
    assert add_results([]).by_verdict == dict.fromkeys(Verdict, 0)
