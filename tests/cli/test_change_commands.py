"""`auditor snapshot` and `auditor diff`, around a change on a simulated cluster."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.change.expectation import text_of
from auditor.compare.announced import Expected
from auditor.snapshots import digest
from tests.lab import Lab

Start = Callable[..., Lab]
SUBSCRIBER = "imp4.lab.test"
SIP = "Cisco SIP Proxy"


@pytest.fixture
def window(lab: Start, tmp_path: Path) -> tuple[Lab, Path]:
    """Return a healthy cluster and a snapshot of it."""
    running = lab("healthy")
    before = tmp_path / "before.json"
    result = running.run("snapshot", "--to", str(before))
    assert result.exit_code == 0, result.output
    return running, before


def test_nothing_changed_is_nothing_unexpected(window: tuple[Lab, Path]) -> None:
    """Uptime grew, and that is all."""
    running, before = window
    result = running.run("diff", str(before), "live")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Nothing unexpected changed.")


def test_a_service_that_was_stopped_is_unexpected_and_new_drift(window: tuple[Lab, Path]) -> None:
    """Both the change and what it means."""
    running, before = window
    running.simulator.change({"stop": {"node": SUBSCRIBER, "service": SIP}})
    result = running.run("diff", str(before), "live")
    assert result.exit_code == 3
    assert f"{SUBSCRIBER}: {SIP} was started, is stopped." in result.stdout
    assert "SIP-01 [critical]: drift (stopped)" in result.stdout


def test_an_announced_change_is_not_unexpected(window: tuple[Lab, Path], tmp_path: Path) -> None:
    """The file is what the precheck writes."""
    running, before = window
    service = "Cisco XCP Message Archiver"
    expectation = tmp_path / "expect.json"
    announced = [Expected(SUBSCRIBER, service, activated=True)]
    expectation.write_text(text_of("healthy", announced, ()))
    running.simulator.change({"activate": {"node": SUBSCRIBER, "service": service}})
    running.simulator.change({"start": {"node": SUBSCRIBER, "service": service}})
    told = running.run("diff", str(before), "live", "--expect", str(expectation), "--json")
    (cluster,) = json.loads(told.stdout)["clusters"]
    assert ("expected", SUBSCRIBER) in {(d["sort"], d["about"]) for d in cluster["differences"]}
    assert "unexpected" not in {d["sort"] for d in cluster["differences"]}


def test_a_node_that_fell_silent_is_newly_unknown(window: tuple[Lab, Path]) -> None:
    """Not unchanged, and not drift."""
    running, before = window
    running.simulator.change({"fault": {"fault": "connection-refused", "node": SUBSCRIBER}})
    result = running.run("diff", str(before), "live")
    assert "No longer auditable" in result.stdout
    assert "Unexpected" not in result.stdout
    assert result.exit_code == 4


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda s: s["report"]["clusters"][0].update(release="1"), "was edited"),
        (lambda s: s.update(schema_version="9.0"), "schema version 9.0"),
        (lambda s: s.update(kind="other"), "is no snapshot"),
    ],
)
def test_a_snapshot_that_cannot_be_trusted_is_refused(
    window: tuple[Lab, Path], edit: Callable[[dict[str, object]], None], said: str
) -> None:
    """It says which it is, and asks nothing."""
    running, before = window
    asked = len(running.simulator.requests)
    content = json.loads(before.read_text())
    edit(content)
    before.write_text(json.dumps(content))
    result = running.run("diff", str(before), "live")
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(running.simulator.requests) == asked


def test_snapshots_of_different_clusters_are_refused(
    window: tuple[Lab, Path], tmp_path: Path
) -> None:
    """Comparing them would call everything a change."""
    running, before = window
    content = json.loads(before.read_text())
    content["report"]["clusters"][0]["name"] = "other"
    content["facts"]["other"] = content["facts"].pop("healthy")
    content["digest"] = digest(content)
    other = tmp_path / "other.json"
    other.write_text(json.dumps(content))
    result = running.run("diff", str(before), str(other))
    assert result.exit_code == 2
    assert "different clusters: healthy before, other after" in result.stderr


def test_text_that_is_no_json_is_refused(window: tuple[Lab, Path], tmp_path: Path) -> None:
    """One line, no traceback."""
    running, _ = window
    torn = tmp_path / "torn.json"
    torn.write_text('{"kind": "auditor-snap')
    result = running.run("diff", str(torn), str(torn))
    assert result.exit_code == 2
    assert "cannot be read as a snapshot" in result.stderr


def test_a_snapshot_holds_the_facts_and_no_secret(window: tuple[Lab, Path]) -> None:
    """Facts are what the judgement rests on."""
    running, before = window
    text = before.read_text()
    assert running.simulator.password not in text
    facts = json.loads(text)["facts"]["healthy"]
    assert {n["name"] for n in facts["nodes"]} == set(running.simulator.nodes)
    assert facts["nodes"][0]["replied_at"]


def test_a_snapshot_never_replaces_a_file(window: tuple[Lab, Path]) -> None:
    """The one from before the window would be lost."""
    running, before = window
    kept = before.read_text()
    result = running.run("snapshot", "--to", str(before))
    assert result.exit_code == 2
    assert before.read_text() == kept


def test_a_refused_password_makes_no_node_disappear(
    window: tuple[Lab, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be read is unknown."""
    running, before = window
    monkeypatch.setattr(type(running), "environment", {"AUDITOR_PASSWORD": "wrong"})
    result = running.run("diff", str(before), "live")
    assert result.exit_code == 4
    assert "no longer in the cluster" not in result.stdout
