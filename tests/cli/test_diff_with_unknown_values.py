"""`auditor diff` with a value that is unknown on one side: that is not a change."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab import PUB, SUB, Lab

Start = Callable[..., Lab]
BPS = "Cisco Bulk Provisioning Service"
SILENT = {BPS: {"status": "Stopped", "reason": -1004, "active_in_axl": False}}
LAB: dict[str, Any] = {
    "cluster": {"name": "lab"},
    "group": [{"name": "Default", "nodes": [PUB, SUB]}],
    "node": [{"name": SUB, "service": SILENT}],
    "deployment": {"chat": True},
}
"""A pair with a service whose activation only CUCM knows."""

CASES = [
    pytest.param(
        {"fault": "missing-row", "interface": "control-center", "row": "Cisco SIP Proxy"},
        "Cisco SIP Proxy is listed now and was not before.",
        "Cisco SIP Proxy is no longer listed.",
        id="row",
    ),
    pytest.param(
        {"fault": "odd-status", "interface": "control-center"},
        "Cisco SIP Proxy was unknown, is started.",
        "Cisco SIP Proxy was started, is unknown.",
        id="state",
    ),
    pytest.param(
        {
            "fault": "soap-fault",
            "interface": "control-center",
            "operation": "getProductInformationList",
        },
        "release was unknown, is 14.0.1.13900-8.x86_64.",
        "release was 14.0.1.13900-8.x86_64, and is unknown now.",
        id="product",
    ),
    pytest.param(
        {"fault": "soap-fault", "interface": "cucm-axl", "operation": "listProcessNodeService"},
        f"Whether {BPS} was activated was unknown; it is not now.",
        f"Whether {BPS} is activated is unknown now; it was not.",
        id="activation",
    ),
]
"""A fault, and the difference on the subscriber once it ends, or begins."""


def rows(page: str) -> list[str]:
    """Return the differences on the subscriber, also those that follow from another one."""
    lines = [line.strip().removeprefix("so ") for line in page.splitlines()]
    return [line.removeprefix(f"{SUB}: ") for line in lines]


def start_fault(lab: Lab, fault: dict[str, str]) -> None:
    """Start a fault on the subscriber, or on CUCM if it is one of CUCM."""
    node = {} if fault["interface"] == "cucm-axl" else {"node": SUB}
    lab.simulator.change({"fault": {**fault, **node}})


@pytest.mark.parametrize(("fault", "gained", "_lost"), CASES)
def test_a_newly_known_value_is_not_a_change(
    lab: Start, tmp_path: Path, fault: dict[str, str], gained: str, _lost: str
) -> None:
    """What it was is unknown, and nothing is newly unknown."""
    running = lab(LAB)
    before = tmp_path / "before.json"
    start_fault(running, fault)
    running.run("snapshot", "--to", str(before))
    running.undisturbed()
    result = running.run("diff", str(before), "live")
    first = "Nothing unexpected was seen, but something is known only now and could not be compared"
    assert result.stdout.startswith(f"{first}. From ")
    assert gained in rows(result.stdout)
    assert not [line for line in result.stdout.splitlines() if line.startswith("  Unexpected")]
    assert "Platform Administrative Web Service was started, is started" not in result.stdout
    assert result.exit_code == 0


@pytest.mark.parametrize(("fault", "_gained", "lost"), CASES)
def test_a_value_that_is_no_longer_known_is_newly_unknown(
    lab: Start, tmp_path: Path, fault: dict[str, str], _gained: str, lost: str
) -> None:
    """A source that stopped answering is not a change."""
    running = lab(LAB)
    before = tmp_path / "before.json"
    running.run("snapshot", "--to", str(before))
    start_fault(running, fault)
    result = running.run("diff", str(before), "live")
    first = "Nothing unexpected was seen, but something is unknown now. From "
    assert result.stdout.startswith(first)
    assert lost in rows(result.stdout)
    assert result.exit_code == 4
