"""One server that keeps a cluster from being audited is all that the terminal report is about."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from auditor.models.findings import Severity, Verdict
from auditor.report.formats import ReportFormat
from tests.lab import CUCM, Lab
from tests.report.rendering import render_report

Start = Callable[..., Lab]

FAULTS: dict[str, dict[str, Any]] = {
    "a refused password": {"fault": "http-401", "node": CUCM},
    "a lost CUCM": {"fault": "connection-refused", "node": CUCM},
    "a certificate": {"fault": "self-signed-certificate", "node": CUCM},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_the_report_has_ten_lines_and_the_rest_on_request(
    lab: Start, fault: dict[str, Any]
) -> None:
    running = lab("healthy")
    running.simulator.change({"fault": fault})
    report = running.audit()
    (cluster,) = report.clusters
    for width in (80, 100, 160):
        text = render_report(report, ReportFormat.TERMINAL, width=width, colour=False)
        assert len(text.splitlines()) <= 10, text
        assert CUCM in text
        assert "Next: auditor doctor healthy" in text
        assert text.endswith("Exit code 5: nothing could be audited.\n")
    # Nothing is lost: it is counted here, and listed on request.
    unknown = sum(f.verdict is Verdict.UNKNOWN for f in cluster.findings)
    assert f"{unknown} checks are unknown; --full lists them" in text
    full = render_report(report, ReportFormat.TERMINAL, width=100, colour=False, full=True)
    assert f"Unknown: {unknown} findings" in full
    assert len(running.json("--history", "off")["clusters"][0]["findings"]) == len(cluster.findings)


def test_a_difference_is_never_folded_away(lab: Start) -> None:
    """A profile may differ although nothing could be read, below the threshold too."""
    running = lab("healthy")
    running.simulator.change({"fault": FAULTS["a lost CUCM"]})
    report = running.audit()
    (cluster,) = report.clusters
    drift = replace(cluster.findings[0], verdict=Verdict.DRIFT, severity=Severity.LOW)
    changed = replace(cluster, fail_on=Severity.CRITICAL, findings=(drift, *cluster.findings[1:]))
    text = render_report(
        replace(report, clusters=(changed,)), ReportFormat.TERMINAL, width=100, colour=False
    )
    assert drift.recommendation in text
