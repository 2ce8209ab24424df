"""Whole outputs of the check at moments of an outage, as a terminal of 80 columns shows them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.failover.report import render_failover_text
from tests.failover.failover_lab import PAIR, FailoverLab

StartLab = Callable[..., FailoverLab]
GOLDEN = Path(__file__).parent / "golden"
SCENARIOS = Path("fixtures/scenarios")
SECOND = "imp2.lab.test"
WITHOUT_HA = {
    **PAIR,
    "group": [{"name": "Pair", "nodes": ["imp1.lab.test", SECOND], "ha_enabled": False}],
}
ELSEWHERE = {
    **PAIR,
    "cluster": {"name": "there"},
    "group": [{"name": "Pair", "nodes": ["imp1.there.test", "imp2.there.test"]}],
}


def lose(node: str) -> dict[str, Any]:
    """Return the change after which a node refuses every connection."""
    return {"fault": {"fault": "connection-refused", "node": node}}


def stop_router(node: str) -> dict[str, Any]:
    """Return the change that stops Cisco XCP Router of a node."""
    return {"stop": {"node": node, "service": "Cisco XCP Router"}}


def stop_axl(node: str) -> dict[str, Any]:
    """Return the change that stops AXL of a node."""
    return {"stop": {"node": node, "service": "Cisco AXL Web Service"}}


def declare_ha(text: str) -> str:
    """Return a configuration that wants high availability on."""
    return text.replace("high_availability = false", "high_availability = true")


@pytest.mark.parametrize(
    ("name", "scenarios", "changes"),
    [
        ("failed-over-pair", ["failed-over"], []),
        ("broken-foundation", ["broken-foundation"], []),
        ("node-down-without-ha", [WITHOUT_HA], [stop_axl("imp1.lab.test"), lose(SECOND)]),
        ("last-node-without-router", ["lost-data-centre"], [stop_router("imp1.south.test")]),
        ("last-node-without-ha", [WITHOUT_HA], [stop_router("imp1.lab.test"), lose(SECOND)]),
        ("two-versions", ["mixed-releases"], []),
        ("ha-off", [WITHOUT_HA], []),
        ("node-down-elsewhere", [PAIR, ELSEWHERE], [stop_axl(SECOND), lose("imp2.there.test")]),
    ],
)
def test_the_whole_output(
    start_lab: StartLab,
    compare_golden: Callable[[Path, str], None],
    name: str,
    scenarios: list[Any],
    changes: list[dict[str, Any]],
) -> None:
    lab = start_lab(*(SCENARIOS / f"{s}.toml" if isinstance(s, str) else s for s in scenarios))
    lab.edit = declare_ha
    for change in changes:
        # The last simulator is the one whose node is lost.
        lab.simulators[-1 if "fault" in change else 0].change(change)
    text = render_failover_text(lab.check(), width=80, colour=False, fold=True)
    text = re.sub(r"127\.0\.0\.1:\d{5}", "127.0.0.1:18443", text)
    compare_golden(GOLDEN / f"{name}.txt", text)
