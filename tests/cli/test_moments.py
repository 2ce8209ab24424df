"""The moments that auditor is for, whole: what an engineer reads when a cluster is not sound.

Each was once called compliant, or told with advice that another command contradicted.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.lab import PAIR, SUB, Lab

Start = Callable[..., Lab]
Compare = Callable[[Path, str], None]

GOLDEN = Path(__file__).parent / "golden" / "moments"

UNSOUND_PAIR: Mapping[str, Any] = {
    **PAIR,
    "node": [
        {"name": SUB, "release": "14.0.1.12900-6", "replication": 3, "certificate_days": 3},
    ],
}
"""All services run, on two versions, with broken replication and a certificate that ends."""

MOMENTS: Mapping[str, tuple[str | Mapping[str, Any], Mapping[str, Any], int]] = {
    "datastores-stopped": ("broken-foundation", {}, 3),
    "axl-without-database": (PAIR, {"fault": {"fault": "database-fault", "node": SUB}}, 3),
    "all-runs-and-nothing-fits": (UNSOUND_PAIR, {}, 3),
    "half-upgraded": ("mixed-releases", {}, 3),
    "failed-over": ("failed-over", {}, 3),
    "data-centre-lost": ("lost-data-centre", {}, 3),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_audit_of_a_moment(
    moment: str, lab: Start, compare_golden: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario, change, exit_code = MOMENTS[moment]
    monkeypatch.setenv("COLUMNS", "100")
    running = lab(scenario)
    if change:
        running.simulator.change(change)
    result = running.run("audit", "--history", "off")
    assert (result.exit_code, result.stderr) == (exit_code, "")
    compare_golden(GOLDEN / f"{moment}.txt", _steady(result.stdout))


def _steady(text: str) -> str:
    """Put what changes from run to run to fixed text of the same length."""
    text = re.sub(r"127\.0\.0\.1:\d{5}", "127.0.0.1:54321", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "0" * 36, text)
    text = re.sub(r"valid until 20\d\d-\d\d-\d\d", "valid until 2029-03-01", text)
    return re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-01-02T03:04:05Z", text)
