"""Which verdict is the worst of several, and which exit code."""

from auditor.models.exit_codes import ExitCode
from auditor.models.findings import Verdict


def test_verdicts_are_ranked_by_what_counts_most() -> None:
    worst_first = sorted(Verdict, key=lambda verdict: verdict.rank)
    assert worst_first == ["drift", "unknown", "explained", "waived", "pass", "not_applicable"]


def test_the_worst_exit_code_is_not_the_highest() -> None:
    codes = [ExitCode.COMPLIANT, ExitCode.INCOMPLETE, ExitCode.DRIFT]
    assert ExitCode.worst(codes, default=ExitCode.COMPLIANT) is ExitCode.DRIFT
    assert ExitCode.worst(codes[:2], default=ExitCode.COMPLIANT) is ExitCode.INCOMPLETE
    assert ExitCode.worst((), default=ExitCode.INCOMPLETE) is ExitCode.INCOMPLETE


def test_every_exit_code_has_a_rank_of_its_own() -> None:
    assert sorted(code.rank for code in ExitCode) == list(range(len(ExitCode)))
