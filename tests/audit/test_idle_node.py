"""A node whose critical services a failover by hand stopped, through the whole program."""

from collections.abc import Callable

from auditor.models.findings import Verdict
from tests.lab import PUB, SUB, Lab, finding

Start = Callable[..., Lab]

IDLE_PAIR = {
    "cluster": {"name": "pair"},
    "group": [{"name": "Default", "nodes": [PUB, SUB], "ha": ["backup", "idle"]}],
    "node": [
        {
            "name": SUB,
            "stopped": ["Cisco XCP Router", "Cisco Client Profile Agent", "Cisco Sync Agent"],
        }
    ],
}


def test_what_the_failover_stopped_is_explained_and_the_action_is_to_fall_back(lab: Start) -> None:
    running = lab(IDLE_PAIR)
    cluster = running.cluster()
    for row in ("RTR-01", "SYNC-01"):
        assert finding(cluster, row, SUB).verdict is Verdict.EXPLAINED
    result = running.run("failover-check")
    assert result.exit_code == 3
    assert "fall back" in result.output
    assert "start Cisco" not in result.output


def test_a_router_that_failed_by_itself_is_drift_on_the_idle_node_too(lab: Start) -> None:
    failed = {"status": "Stopped", "reason": -1, "text": ""}
    node = {"name": SUB, "service": {"Cisco XCP Router": failed}}
    running = lab({**IDLE_PAIR, "node": [node]})
    assert finding(running.cluster(), "RTR-01", SUB).verdict is Verdict.DRIFT
    assert "Cisco XCP Router is stopped" in running.run("failover-check").output
