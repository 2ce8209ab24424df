"""`auditor snapshot` and `auditor diff`, around a change on a simulated cluster."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.change.decision import Decision
from auditor.change.expectation import serialize_expectation
from auditor.change.what_if import ChangeAction, RequestedChange
from auditor.snapshots import snapshot_digest
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
    """Only the uptime grew."""
    running, before = window
    result = running.run("diff", str(before), "live")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Nothing unexpected changed.")


def test_a_service_that_was_stopped_is_unexpected_and_new_drift(window: tuple[Lab, Path]) -> None:
    """Both the change and the finding are reported."""
    running, before = window
    running.simulator.change({"stop": {"node": SUBSCRIBER, "service": SIP}})
    result = running.run("diff", str(before), "live")
    assert result.exit_code == 3
    assert f"{SUBSCRIBER}: {SIP} was started, is stopped." in result.stdout
    assert "SIP-01 [critical]: drift (stopped)" in result.stdout


def test_an_expected_change_is_not_unexpected(window: tuple[Lab, Path], tmp_path: Path) -> None:
    """The file is what the precheck writes."""
    running, before = window
    service = "Cisco XCP Message Archiver"
    expectation = tmp_path / "expect.json"
    changes = (RequestedChange(SUBSCRIBER, service, ChangeAction.ACTIVATE),)
    expectation.write_text(serialize_expectation(Decision("healthy", changes, ()).expectation))
    running.simulator.change({"activate": {"node": SUBSCRIBER, "service": service}})
    running.simulator.change({"start": {"node": SUBSCRIBER, "service": service}})
    result = running.run("diff", str(before), "live", "--expect", str(expectation), "-o", "json")
    (cluster,) = json.loads(result.stdout)["clusters"]
    assert ("expected", SUBSCRIBER) in {(e["sort"], e["about"]) for e in cluster["events"]}
    assert "unexpected" not in {e["sort"] for e in cluster["events"]}


def test_clusters_of_the_snapshots_can_be_chosen(window: tuple[Lab, Path], tmp_path: Path) -> None:
    """A name that the snapshot does not hold is refused before anything is asked."""
    running, before = window
    content = json.loads(before.read_text())
    (cluster,) = content["report"]["clusters"]
    content["report"]["clusters"].append({**cluster, "name": "east"})
    content["facts"]["east"] = {**content["facts"]["healthy"], "name": "east"}
    both = tmp_path / "both.json"
    both.write_text(json.dumps(content | {"digest": snapshot_digest(content)}))
    result = running.run("diff", str(both), "live", "HEALTHY", "-o", "json")
    assert result.exit_code == 0, result.output
    assert [c["name"] for c in json.loads(result.stdout)["clusters"]] == ["healthy"]
    asked = len(running.asked())
    refused = running.run("diff", str(both), "live", "healthi")
    assert refused.exit_code == 2
    assert "did you mean `healthy`?" in refused.stderr
    assert len(running.asked()) == asked


def test_a_node_that_stops_answering_is_newly_unknown(window: tuple[Lab, Path]) -> None:
    """It is neither unchanged nor drift, and it is one event."""
    running, before = window
    running.simulator.change({"fault": {"fault": "connection-refused", "node": SUBSCRIBER}})
    result = running.run("diff", str(before), "live")
    first, *lines = result.stdout.splitlines()
    words = "the services of imp4.lab.test could not be read now."
    assert first.startswith(f"Nothing unexpected was seen, but {words}")
    assert "Cluster healthy: 1 event (1 not comparable)" in lines
    assert "  Newly unknown (1)" in lines
    (silent,) = [line for line in lines if line.startswith(f"    {SUBSCRIBER}: ")]
    assert "control-center, imp-axl, perfmon: unreachable. " in silent
    assert any("no longer judged: ARC-02, AUTH-01, " in line for line in lines)
    assert "Unexpected" not in result.stdout
    assert result.exit_code == 4


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda s: s["report"]["clusters"][0].update(release="1"), "was edited"),
        (lambda s: s.update(schema_version="9.0"), "schema version 9.0"),
        (lambda s: s.update(kind="other"), "is not a snapshot"),
    ],
)
def test_a_snapshot_that_cannot_be_trusted_is_refused(
    window: tuple[Lab, Path], edit: Callable[[dict[str, object]], None], message: str
) -> None:
    """It says which it is, and asks nothing."""
    running, before = window
    requests = len(running.simulator.requests)
    content = json.loads(before.read_text())
    edit(content)
    before.write_text(json.dumps(content))
    result = running.run("diff", str(before), "live")
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(running.simulator.requests) == requests


def forged(before: Path, place: Path, edit: Callable[[dict[str, Any]], object]) -> Path:
    """Write a snapshot that was edited, with a digest that matches; return its path."""
    content = json.loads(before.read_text())
    content["report"]["run"]["id"] = "other"
    edit(content)
    content["digest"] = snapshot_digest(content)
    place.write_text(json.dumps(content))
    return place


def renamed(content: dict[str, Any]) -> None:
    """Make a snapshot one of another cluster."""
    content["report"]["clusters"][0]["name"] = "other"
    content["facts"]["other"] = content["facts"].pop("healthy")


def moved(content: dict[str, Any]) -> None:
    """Make a snapshot one of another cluster of the same name."""
    for part in (content["report"]["clusters"][0], content["facts"]["healthy"]):
        for node in part["nodes"]:
            node["name"] = node["name"].replace("lab", "other")


def aged(content: dict[str, Any]) -> None:
    """Make a snapshot older than it is."""
    content["report"]["run"]["finished_at"] = "2001-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (renamed, "different clusters: healthy before, other after"),
        (moved, "no node in common: imp1.lab.test, "),
        (aged, "the snapshot from after is older than the one from before"),
        (lambda s: s["report"]["run"].update(packs=["table"]), "different packs: guides and table"),
        (lambda s: s["report"].pop("clusters"), "is not complete: report.clusters"),
        (lambda s: s["facts"].clear(), "its report and its facts are of different clusters"),
        (lambda s: s["facts"]["healthy"].update(groups=7), "not complete: facts.healthy.groups"),
    ],
)
def test_snapshots_that_cannot_be_compared_are_refused(
    window: tuple[Lab, Path], tmp_path: Path, edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    """Comparing them would call everything a change, or hide one."""
    running, before = window
    other = forged(before, tmp_path / "other.json", edit)
    result = running.run("diff", str(before), str(other))
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_snapshot_is_not_compared_with_itself(window: tuple[Lab, Path]) -> None:
    """The same file twice would never differ."""
    running, before = window
    result = running.run("diff", str(before), str(before))
    assert result.exit_code == 2
    assert "the same snapshot" in result.stderr


def test_a_live_cluster_is_judged_as_the_snapshot_was(lab: Start, tmp_path: Path) -> None:
    """Other packs would make findings new, or leave them out."""
    running = lab("all-drift")
    before = tmp_path / "before.json"
    running.run("snapshot", "--to", str(before), "--pack", "table")
    result = running.run("diff", str(before), "live")
    assert result.exit_code == 0, result.stdout
    requests = len(running.simulator.requests)
    other = running.run("diff", str(before), "live", "--pack", "guides")
    assert other.exit_code == 2
    assert "the snapshot is judged by table" in other.stderr
    assert len(running.simulator.requests) == requests


def test_an_expectation_for_another_cluster_is_refused(
    window: tuple[Lab, Path], tmp_path: Path
) -> None:
    """It would call changes expected that are not."""
    running, before = window
    expectation = tmp_path / "expect.json"
    expectation.write_text(serialize_expectation(Decision("other", (), ()).expectation))
    requests = len(running.simulator.requests)
    result = running.run("diff", str(before), "live", "--expect", str(expectation))
    assert result.exit_code == 2
    assert "the expectation is for cluster other" in result.stderr
    assert len(running.simulator.requests) == requests


def test_an_expected_change_that_was_not_made_is_reported_first(
    window: tuple[Lab, Path], tmp_path: Path
) -> None:
    """Nothing else is unexpected."""
    running, before = window
    expectation = tmp_path / "expect.json"
    changes = (RequestedChange(SUBSCRIBER, SIP, ChangeAction.DEACTIVATE),)
    expectation.write_text(serialize_expectation(Decision("healthy", changes, ()).expectation))
    result = running.run("diff", str(before), "live", "--expect", str(expectation))
    assert result.exit_code == 3
    first = "The expected change was not made. Nothing else is unexpected. "
    assert result.stdout.startswith(first)


def test_a_changed_profile_is_reported(window: tuple[Lab, Path]) -> None:
    """Findings are judged by it, and that may hide what changed."""
    running, before = window
    running.edit = lambda text: text.replace("web_clients = true", "web_clients = false")
    result = running.run("diff", str(before), "live")
    assert result.exit_code == 3
    assert "The profile had web_clients = true, and has web_clients = false." in result.stdout


@pytest.mark.parametrize("text", ['{"kind": "auditor-snap', "[" * 200_000])
def test_text_that_is_not_json_is_refused(
    window: tuple[Lab, Path], tmp_path: Path, text: str
) -> None:
    """One line, no traceback."""
    running, _ = window
    torn = tmp_path / "torn.json"
    torn.write_text(text)
    result = running.run("diff", str(torn), str(torn))
    assert result.exit_code == 2
    assert "cannot be read as a snapshot" in result.stderr


def test_a_snapshot_holds_the_facts_and_no_secret(window: tuple[Lab, Path]) -> None:
    """The facts are what was judged."""
    running, before = window
    text = before.read_text()
    assert running.simulator.password not in text
    facts = json.loads(text)["facts"]["healthy"]
    assert {n["name"] for n in facts["nodes"]} == set(running.simulator.nodes)
    assert facts["nodes"][0]["replied_at"]


def test_a_snapshot_never_replaces_a_file(window: tuple[Lab, Path]) -> None:
    """The one from before the change would be lost."""
    running, before = window
    kept = before.read_text()
    result = running.run("snapshot", "--to", str(before))
    assert result.exit_code == 2
    assert f"--to {before}: it exists already and is not replaced." in result.stderr
    assert before.read_text() == kept


def test_a_missing_folder_is_named_as_it_was_given(
    window: tuple[Lab, Path], tmp_path: Path
) -> None:
    """By the option that was given, and before anything is asked."""
    running, _ = window
    requests = len(running.simulator.requests)
    result = running.run("snapshot", "--to", str(tmp_path / "none" / "after.json"))
    assert result.exit_code == 2
    assert f"--to {tmp_path}/none/after.json: the folder {tmp_path}/none does" in result.stderr
    assert len(running.simulator.requests) == requests


def test_a_misspelt_live_is_recognised(window: tuple[Lab, Path]) -> None:
    """The word is easily mistyped, and no file of that name exists."""
    running, before = window
    result = running.run("diff", str(before), "lve")
    assert result.exit_code == 2
    output = "lve: cannot be read: No such file or directory; did you mean `live`?"
    assert output in result.stderr


def test_a_refused_password_removes_no_node(
    window: tuple[Lab, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be read is unknown."""
    running, before = window
    monkeypatch.setattr(type(running), "environment", {"AUDITOR_PASSWORD": "not-the-password"})
    result = running.run("diff", str(before), "live")
    assert result.exit_code == 4
    assert "no longer in the cluster" not in result.stdout


def test_a_refused_password_is_reported_with_its_reason(
    window: tuple[Lab, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for the publisher, not once for every node."""
    running, before = window
    monkeypatch.setattr(type(running), "environment", {"AUDITOR_PASSWORD": "not-the-password"})
    result = running.run("diff", str(before), "live")
    assert "    cucm-pub.lab.test: cucm-axl: password refused. " in result.stdout
    rest = [line for line in result.stdout.splitlines() if line.startswith("        so healthy: ")]
    assert len(rest) == 9
    assert "  Newly unknown (1)" in result.stdout.splitlines()
    assert "PROFILE-02 can no longer be judged for addresses, " in result.stdout


def test_a_snapshot_of_nothing_is_not_written(
    lab: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password was wrong; a file would look like a success."""
    running = lab("healthy")
    before = tmp_path / "before.json"
    monkeypatch.setattr(type(running), "environment", {"AUDITOR_PASSWORD": "not-the-password"})
    result = running.run("snapshot", "--to", str(before))
    assert result.exit_code == 5
    assert result.stdout == ""
    output = f"auditor: nothing of healthy could be read, so {before} was not written: AXL of "
    assert result.stderr.startswith(f"{output}cucm-pub.lab.test refused the user name or password")
    assert not before.exists()


def test_a_snapshot_reports_what_it_lacks(window: tuple[Lab, Path], tmp_path: Path) -> None:
    """A node that did not answer is reported before the change, not after it."""
    running, _ = window
    running.simulator.change({"fault": {"fault": "connection-refused", "node": SUBSCRIBER}})
    result = running.run("snapshot", "--to", str(tmp_path / "lacking.json"))
    assert result.exit_code == 4
    output = f"{SUBSCRIBER} is missing (unreachable): its services cannot be compared later."
    assert " ".join(result.stdout.split()).endswith(f" exit code 4. {output}")


def test_a_cluster_that_cannot_be_asked_is_not_compared(
    window: tuple[Lab, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says why, and that nothing was compared."""
    running, before = window
    monkeypatch.setattr(type(running), "environment", {"AUDITOR_PASSWORD": "not-the-password"})
    result = running.run("diff", str(before), "live")
    assert result.exit_code == 4
    first = "Nothing could be compared: cucm-pub.lab.test refused the user name or password. From "
    assert result.stdout.startswith(first)


def test_a_malformed_snapshot_is_refused_before_anything_is_asked(
    window: tuple[Lab, Path], tmp_path: Path
) -> None:
    """The error names the file and the key."""
    running, before = window
    requests = len(running.simulator.requests)
    other = forged(before, tmp_path / "other.json", lambda s: s["report"]["run"].pop("packs"))
    for words in (("diff", str(other), "live"), ("failover-check", "--since", str(other))):
        result = running.run(*words)
        assert result.exit_code == 2
        assert result.stderr.startswith(f"auditor: {other}: is not complete: report.run.packs ")
    assert len(running.simulator.requests) == requests
