"""Packed findings are the same findings, in every report."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from auditor.models.packed import PackedFindings
from auditor.report.formats import ReportFormat, render_report_pieces
from tests.lab import PAIR, SUB, Lab

Start = Callable[..., Lab]
DRIFTED = {
    **PAIR,
    "fault": [{"fault": "http-403", "interface": "perfmon", "node": SUB}],
    "node": [{"name": SUB, "stopped": ["Cisco SIP Proxy", "Cisco XCP Router"]}],
}


def test_packed_findings_are_equal_to_those_that_were_packed(lab: Start) -> None:
    findings = lab(DRIFTED).cluster().findings
    assert isinstance(findings, tuple)
    packed = PackedFindings(findings)
    assert packed == findings
    assert findings == packed
    assert hash(packed) == hash(findings)
    assert list(packed) == list(findings)
    assert (len(packed), packed[3], packed[-2:]) == (len(findings), findings[3], findings[-2:])
    assert packed != findings[1:]
    # No text in place of a word of an enumeration: a report may ask for its meaning.
    assert [repr(finding) for finding in packed] == [repr(finding) for finding in findings]


@pytest.mark.parametrize("form", ReportFormat)
@pytest.mark.parametrize("full", [True, False], ids=["full", "short"])
def test_a_report_is_the_same_with_packed_findings(
    lab: Start, form: ReportFormat, full: bool
) -> None:
    """Of several clusters, which a report puts in order, so that it goes back and forth."""
    alone = lab(DRIFTED).audit()
    (cluster,) = alone.clusters
    plain = replace(alone, clusters=(cluster, replace(cluster, name="twin")))
    packed = tuple(replace(c, findings=PackedFindings(c.findings)) for c in plain.clusters)
    texts = [
        "".join(render_report_pieces(report, form, width=100, colour=False, full=full))
        for report in (plain, replace(plain, clusters=packed))
    ]
    assert texts[0] == texts[1]
    assert len(texts[0]) > 1000


def test_history_and_ages_are_the_same_with_packed_findings(
    lab: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditor.judging._MOST_OPEN_NODES", 0)
    running = lab(DRIFTED)
    history = f"sqlite:///{running.folder}/history.sqlite3"
    first, second = (running.json("--history", history) for _ in range(2))
    assert first["run"]["past"]["pair"]["previous_run"] is None
    ages = second["run"]["past"]["pair"]["standings"]
    calm = {"pass", "not_applicable"}
    differing = {f["id"] for f in second["clusters"][0]["findings"] if f["verdict"] not in calm}
    assert ages.keys() == differing
    assert {age["runs"] for age in ages.values()} == {2}
