"""No CUCM server answers and the file names no node: the nodes of the last recorded run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab import CUCM, PAIR, PUB, SUB, Lab

Start = Callable[..., Lab]

GONE = {"fault": {"fault": "connection-refused", "node": CUCM}}
WITHOUT_PEERS = {**PAIR, "deployment": {"intercluster": False}}


@pytest.fixture
def recorded(lab: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lab:
    """Return a pair that was audited and recorded once, and whose CUCM is gone since."""
    monkeypatch.setenv("AUDITOR_HISTORY", f"sqlite:///{tmp_path}/history.sqlite3")
    running = lab(WITHOUT_PEERS)
    assert running.run("audit").exit_code == 0
    running.simulator.change(GONE)
    return running


def _verdicts(document: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {
        (f["recommendation"], f["subject"]["name"]): f["verdict"]
        for f in document["clusters"][0]["findings"]
    }


def test_the_audit_asks_the_recorded_nodes_and_says_from_when_they_are(recorded: Lab) -> None:
    document = recorded.json()
    (cluster,) = document["clusters"]
    assert [node["name"] for node in cluster["nodes"]] == [PUB, SUB]
    assert cluster["status"] == "incomplete"
    (notice,) = [n for n in cluster["notices"] if "those of the run of" in n]
    assert "What depends on today's list is unknown." in notice
    verdicts = _verdicts(document)
    # What every node needs is judged; what depends on role, group or a whole list is not.
    assert verdicts["SIP-01", PUB] == verdicts["PE-01", SUB] == "pass"
    rows = (("AXL-01", PUB), ("RPT-01", PUB), ("RPT-02", SUB), ("HA-01", "Default"), ("HA-02", SUB))
    assert {verdicts[row] for row in rows} == {"unknown"}
    assert verdicts["PROFILE-02", "addresses"] == "unknown"


def test_a_difference_by_role_is_unknown_too(recorded: Lab) -> None:
    """The node may have become the publisher since; a stopped service it has either way."""
    reporter, proxy = "Cisco Serviceability Reporter", "Cisco SIP Proxy"
    recorded.simulator.change({"activate": {"node": SUB, "service": reporter}})
    recorded.simulator.change({"stop": {"node": SUB, "service": proxy, "reason": -1019}})
    verdicts = _verdicts(recorded.json())
    assert (verdicts["RPT-02", SUB], verdicts["SIP-01", SUB]) == ("unknown", "drift")


def test_what_a_failover_may_have_stopped_is_not_to_be_started_by_hand(recorded: Lab) -> None:
    recorded.simulator.change({"ha": {"group": "Default", "states": ["idle", "backup"]}})
    verdicts = _verdicts(recorded.json())
    assert (verdicts["HA-01", "Default"], verdicts["SIP-01", PUB]) == ("drift", "unknown")


def test_without_history_the_nodes_stay_unknown(recorded: Lab) -> None:
    result = recorded.run("audit", "-o", "json", "--history", "off")
    assert result.exit_code == 5
    assert json.loads(result.stdout)["clusters"][0]["nodes"] == []


def test_a_replay_asks_the_nodes_that_the_run_asked(recorded: Lab, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence"
    live = recorded.json("--evidence", str(evidence))
    replayed = recorded.json("--replay", str(evidence))
    assert _verdicts(replayed) == _verdicts(live)


def test_the_failover_check_shows_the_recorded_groups(recorded: Lab) -> None:
    recorded.simulator.change({"ha": {"group": "Default", "states": ["idle", "backup"]}})
    result = recorded.run("failover-check")
    assert result.exit_code == 3
    assert "No CUCM server listed the nodes of pair, so nodes and groups are those of" in (
        result.stdout
    )
    assert result.stdout.startswith(f"Failed over: {SUB} serves the users of {PUB}")
    report = json.loads(recorded.run("failover-check", "-o", "json").stdout)
    assert report["clusters"][0]["topology_recorded_at"] is not None


def test_a_healthy_pair_of_an_earlier_run_is_no_good_result(recorded: Lab) -> None:
    """Whether high availability is on is not known without CUCM."""
    result = recorded.run("failover-check")
    assert result.exit_code == 4


def test_the_failover_check_does_without_a_history_that_cannot_be_read(
    recorded: Lab, tmp_path: Path
) -> None:
    missing = f"sqlite:///{tmp_path}/missing.sqlite3"
    result = recorded.run("failover-check", "--history", missing)
    assert result.exit_code == 4
    assert "these are the nodes and groups of" not in result.stdout
