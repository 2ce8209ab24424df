"""The fuzzer itself: it finds misreadings that are put in on purpose, and none without them."""

from dataclasses import replace

import pytest

from auditor.collect import service_rows
from auditor.soap import parsing, reply_checks
from tests.fuzz.judge import FuzzJudge, Mutant
from tests.fuzz.recording import SCENARIOS, record_cluster


@pytest.fixture(scope="module")
def judge() -> FuzzJudge:
    return FuzzJudge([record_cluster(scenario) for scenario in SCENARIOS])


def spoilt(judge: FuzzJudge, before: bytes, after: bytes) -> Mutant:
    """Return the compliant cluster with one place changed in its first list of services."""
    for number, exchange in enumerate(judge.recordings[0].exchanges):
        if exchange.operation == "soapGetServiceStatus":
            assert before in exchange.reply.body
            body = exchange.reply.body.replace(before, after, 1)
            return Mutant(0, number, replace(exchange.reply, body=body), "by hand")
    raise AssertionError("no list of services was recorded")


def test_mutants_prove_every_verdict(judge: FuzzJudge) -> None:
    mutants = [judge.make_mutant(seed=1, number=number) for number in range(40)]
    assert [fault for mutant in mutants if (fault := judge.find_fault(mutant))] == []


def test_a_nil_that_is_read_is_found(judge: FuzzJudge, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = spoilt(judge, b"ServiceStatus>Started", b'ServiceStatus xsi:nil="true">Started')
    assert judge.find_fault(mutant) == ""
    monkeypatch.setattr(parsing, "is_nil_element", lambda _: False)
    assert "pass, not unknown" in judge.find_fault(mutant)


def test_a_value_read_by_its_first_text_is_found(
    judge: FuzzJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant = spoilt(judge, b"ServiceStatus>Started<", b"ServiceStatus>Started<x/>Stopped<")
    assert judge.find_fault(mutant) == ""
    monkeypatch.setattr(reply_checks, "check_element_shape", lambda *_: None)
    assert "pass, not unknown" in judge.find_fault(mutant)


def test_a_second_row_that_is_ignored_is_found(
    judge: FuzzJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = b"<ns1:item><ns1:ServiceName>Cisco SIP Proxy</ns1:ServiceName>"
    stopped = row + b"<ns1:ServiceStatus>Stopped</ns1:ServiceStatus></ns1:item>"
    mutant = spoilt(judge, row, stopped + row)
    assert judge.find_fault(mutant) == ""
    monkeypatch.setattr(service_rows, "_merge_duplicate_rows", lambda _first, second: second)
    assert "pass, not unknown" in judge.find_fault(mutant)


def test_an_error_that_is_none_of_ours_is_found(
    judge: FuzzJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant = spoilt(judge, b"<ns1:ReturnCode>0", b"<ns1:ReturnCode>0")

    def fail(_: object) -> None:
        raise ValueError("no number")

    monkeypatch.setattr(parsing, "_parse_integer", fail)
    assert judge.find_fault(mutant) != ""
