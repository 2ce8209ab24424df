"""What proves that a node's AXL works: one row with a count, and nothing else (AXL-04)."""

from collections.abc import Callable

import pytest

from auditor.models.findings import Finding, Verdict
from tests.lab import PAIR, SUB, Lab, finding

Start = Callable[..., Lab]


def _axl_finding(lab: Start, fault: dict[str, object]) -> Finding:
    running = lab({**PAIR, "fault": [{"node": SUB, "interface": "imp-axl", **fault}]})
    running.defaults = {**running.defaults, "backoff_s": [0]}
    return finding(running.cluster(), "AXL-04", SUB)


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"code": -930},
        {"code": -27001},
        {"code": -25580},
        {"code": -1},
        {"code": 0, "text": "Cannot get a connection, pool error"},
        {"code": 5000, "text": "The database server is in quiescent mode"},
        {"code": 5000, "text": "Connection pool exhausted"},
    ],
    ids=str,
)
def test_a_fault_of_the_database_behind_axl_is_drift(lab: Start, fault: dict[str, object]) -> None:
    judged = _axl_finding(lab, {"fault": "database-fault", **fault})
    assert (judged.verdict, judged.kind) == (Verdict.DRIFT, "not_answering")


@pytest.mark.parametrize(
    "fault",
    [
        {"code": -206, "text": "The specified table (processnode) is not in the database."},
        {"code": 5007, "text": "The item is not valid."},
        {"code": -201, "text": "A syntax error has occurred."},
        {"code": -206, "text": "The specified table (tlsconnections) is not in the database."},
    ],
    ids=str,
)
def test_any_other_fault_is_unknown_and_quoted(lab: Start, fault: dict[str, object]) -> None:
    judged = _axl_finding(lab, {"fault": "database-fault", **fault})
    assert judged.verdict is Verdict.UNKNOWN
    assert str(fault["text"]).rstrip(".") in str(judged.because)


@pytest.mark.parametrize("fault", ["http-401", "http-403", "rate-control", "unsupported-version"])
def test_a_refusal_is_unknown(lab: Start, fault: str) -> None:
    assert _axl_finding(lab, {"fault": fault}).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "empty-list"},
        {"fault": "odd-number", "text": "0"},
        {"fault": "odd-number", "text": "-1"},
        {"fault": "odd-number", "text": ""},
        {"fault": "nil-values"},
        {"fault": "contradicting-rows"},
    ],
    ids=str,
)
def test_a_reply_without_one_count_of_at_least_one_is_drift(
    lab: Start, fault: dict[str, object]
) -> None:
    judged = _axl_finding(lab, fault)
    assert (judged.verdict, judged.kind) == (Verdict.DRIFT, "not_answering")


def test_the_memory_fault_is_repeated_before_it_counts(lab: Start) -> None:
    fault = {"fault": "database-fault", "code": -1, "times": 1}
    assert _axl_finding(lab, fault).verdict is Verdict.PASS


def test_an_audit_of_a_pair_whose_axl_has_no_database_is_drift(lab: Start) -> None:
    """The whole program over HTTPS: exit code, the sentence, and what AXL said."""
    running = lab({**PAIR, "fault": [{"fault": "database-fault", "interface": "imp-axl"}]})
    result = running.run("audit")
    text = " ".join(result.output.split())
    assert result.exit_code == 3
    assert "runs and cannot reach its database" in text
