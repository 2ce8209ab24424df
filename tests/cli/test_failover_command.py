"""`auditor failover-check` as its user calls it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from auditor.cli.app import app
from auditor.snapshots import snapshot_digest
from tests.failover.failover_lab import PAIR
from tests.lab import Lab

Start = Callable[..., Lab]
FIRST, SECOND = "imp1.lab.test", "imp2.lab.test"


@pytest.mark.parametrize(
    ("states", "words", "code"),
    [
        (None, (), 0),
        (["idle", "backup"], (), 3),
        (["idle", "backup"], ("--accept", "failed-over"), 0),
        (["failing_over", "taking_over"], (), 4),
        (["failed", "failed"], ("--accept", "failed-over"), 3),
        (["unknown", "unknown"], (), 4),
    ],
)
def test_each_exit_code(
    lab: Start, states: list[str] | None, words: tuple[str, ...], code: int
) -> None:
    running = lab(PAIR)
    if states:
        running.simulator.change({"ha": {"group": "Pair", "states": states}})
    result = running.run("failover-check", *words)
    assert (result.exit_code, result.stderr) == (code, "")
    assert f"Exit code {code}." in result.stdout


def test_the_first_line_is_the_verdict_and_the_second_the_action(lab: Start) -> None:
    """Each whole in a pipe, for what reads it line by line."""
    first, second, *_ = lab(PAIR).run("failover-check").stdout.splitlines()
    assert first == (
        "Normal: both nodes of Pair serve their own users, and AXL answers on imp1.lab.test and "
        "imp2.lab.test."
    )
    assert second == "Do: nothing."


def test_the_other_groups_that_need_attention_are_counted(lab: Start) -> None:
    """Their names are below."""
    running = lab("failed-over")
    stop = {"node": "imp4.lab.test", "service": "Cisco Presence Engine"}
    running.simulator.change({"stop": stop})
    stdout = running.run("failover-check").stdout
    summary = " ".join(stdout.split("\nDo: ")[0].split())
    assert summary.endswith("; one other group needs attention too.")
    assert all(
        f"{name}: high availability is" in stdout for name in ("DefaultCUPSubCluster", "East")
    )


def test_json_has_the_same_and_the_number_of_requests(lab: Start) -> None:
    running = lab(PAIR)
    result = running.run("failover-check", "-o", "json")
    report = json.loads(result.stdout)
    assert (report["exit_code"], report["schema_version"]) == (0, "1.0")
    assert report["verdict"].startswith("Normal: ")
    (group,) = report["clusters"][0]["groups"]
    assert (group["standing"], group["switch"]) == ("normal", True)
    requests = {node["name"]: node["requests"] for node in group["nodes"]}
    assert requests == {FIRST: 7, SECOND: 7}
    assert len(running.simulator.requests) == 14 + report["clusters"][0]["cucm_requests"]


def test_a_file_gets_the_json_and_the_terminal_the_page(lab: Start) -> None:
    running = lab(PAIR)
    path = running.folder / "check.json"
    result = running.run("failover-check", "-o", "terminal", "-o", f"json:{path}")
    assert result.stdout.startswith("Normal: ")
    assert json.loads(path.read_text())["kind"] == "auditor-failover-check"


def test_sessions_are_compared_with_a_snapshot(lab: Start) -> None:
    running = lab(PAIR)
    snapshot = running.folder / "before.json"
    assert running.run("snapshot", "--to", str(snapshot)).exit_code in (0, 3)
    running.simulator.change(
        {
            "ha": {"group": "Pair", "states": ["idle", "backup"]},
            "sessions": [{"node": FIRST, "count": 0}, {"node": SECOND, "count": 40}],
        }
    )
    result = running.run("failover-check", "--since", str(snapshot))
    summary = result.stdout.split("\nDo: ")[0]
    assert ", but 40 of 240 sessions are back." in " ".join(summary.split())


def test_a_snapshot_without_sessions_is_no_fault(lab: Start) -> None:
    running = lab(PAIR)
    snapshot = running.folder / "before.json"
    running.run("snapshot", "--to", str(snapshot))
    old = json.loads(snapshot.read_text())
    for node in old["facts"]["lab"]["nodes"]:
        del node["sessions"]
    snapshot.write_text(json.dumps(old | {"digest": snapshot_digest(old)}))
    result = running.run("failover-check", "--since", str(snapshot))
    assert (result.exit_code, "sessions are back" in result.stdout) == (0, False)


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        ({"kind": "else"}, "is not a snapshot"),
        ({"schema_version": "0.9"}, "has schema version 0.9"),
        ({"facts": {}}, "was edited"),
    ],
)
def test_a_snapshot_that_cannot_be_used_is_2_before_anything_is_asked(
    lab: Start, edit: dict[str, Any], error: str
) -> None:
    running = lab(PAIR)
    snapshot = running.folder / "before.json"
    running.run("snapshot", "--to", str(snapshot))
    snapshot.write_text(json.dumps(json.loads(snapshot.read_text()) | edit))
    sent = len(running.simulator.requests)
    result = running.run("failover-check", "--since", str(snapshot))
    assert result.exit_code == 2
    assert error in result.stderr
    assert len(running.simulator.requests) == sent


def test_a_snapshot_of_another_cluster_is_2(lab: Start) -> None:
    running = lab(PAIR)
    snapshot = running.folder / "before.json"
    running.run("snapshot", "--to", str(snapshot))
    other = json.loads(snapshot.read_text())
    other["facts"] = {"harbour": other["facts"]["lab"]}
    other["report"]["clusters"][0]["name"] = "harbour"
    snapshot.write_text(json.dumps(other | {"digest": snapshot_digest(other)}))
    result = running.run("failover-check", "--since", str(snapshot))
    assert result.exit_code == 2
    assert "the snapshot is of harbour, not of lab" in result.stderr


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--group", "Pare"), "did you mean `Pair`? There is Pair."),
        (("--group", "Pare", "--group", "Pair"), "did you mean `Pair`? There is Pair."),
        (("--wait", "soon"), "--wait soon: give a duration such as 15m"),
        (("--wait", ""), "give a duration"),
        (("--wait", "5s"), "at least 20s"),
        (("--wait", "99999999999h"), "at most 24h"),
        (("--wait", "1m", "--readiness"), "exclude each other"),
        (("-o", "junit"), "formats are terminal, json"),
        (("-o", "json", "-o", "terminal"), "both go to standard output"),
        (("elsewhere",), 'no cluster "elsewhere"'),
        (("--since", "/nowhere.json"), "/nowhere.json: cannot be read: No such file or directory."),
        (("--accept", "anything"), "Invalid value"),
    ],
)
def test_wrong_use_is_2_in_one_line(lab: Start, words: tuple[str, ...], error: str) -> None:
    result = lab(PAIR).run("failover-check", *words)
    assert result.exit_code == 2
    assert error in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("group", ["Pair", "East"])
def test_a_group_is_not_refused_while_the_groups_are_not_known(lab: Start, group: str) -> None:
    """The file may declare a part of the groups; the publisher did not answer."""
    running = lab(PAIR)
    running.simulator.change({"fault": {"fault": "http-500", "interface": "cucm-axl"}})
    declared = f'name = "{FIRST}"\nrole = "publisher"\nredundancy_group = "Pair"\n'
    running.edit = lambda text: f"{text}\n[[cluster.node]]\n{declared}"
    result = running.run("failover-check", "--group", group)
    assert result.exit_code == 4
    assert result.stdout.startswith("Unknown: ")
    assert "HTTP 500" in result.stdout


@pytest.mark.parametrize(
    ("addresses", "sentence"),
    [
        ({"one": FIRST}, "Cluster one of the file has peers here too and was not checked."),
        (
            {"one": FIRST, "two": SECOND, "three": "imp1.elsewhere.test"},
            "Clusters one and two of the file have peers here too and were not checked.",
        ),
        ({"one": "imp1.elsewhere.test"}, ""),
    ],
    ids=["one", "two-of-three", "none"],
)
def test_only_clusters_that_name_a_node_of_this_one_are_unchecked_peers(
    addresses: dict[str, str], sentence: str, lab: Start
) -> None:
    running = lab(PAIR)
    others = "".join(
        f'\n[[cluster]]\nname = "{name}"\ncucm_publisher = "cucm.{name}.test"\n'
        f'[[cluster.intercluster_peer]]\naddress = "{address}"\n'
        for name, address in addresses.items()
    )
    running.edit = lambda text: f"{text}\n{others}"
    stdout = " ".join(running.run("failover-check", "lab").stdout.split())
    notes = json.loads(running.run("failover-check", "lab", "-o", "json").stdout)["notes"]
    assert sentence in stdout
    assert ("of the file" in stdout) is bool(notes) is bool(sentence)


def test_two_groups_in_the_environment_are_both_checked(lab: Start) -> None:
    east = {"name": "East", "nodes": ["imp3.lab.test", "imp4.lab.test"]}
    running = lab({**PAIR, "group": [*PAIR["group"], east]})
    environment = {"AUDITOR_CONFIG": str(running.config), "AUDITOR_GROUP": "Pair;East"}
    result = CliRunner(env=running.environment | environment).invoke(
        app, ["failover-check", "-o", "json"]
    )
    (cluster,) = json.loads(result.stdout)["clusters"]
    assert sorted(group["name"] for group in cluster["groups"]) == ["East", "Pair"]


def test_readiness_names_what_would_not_move(lab: Start) -> None:
    scenario = {
        **PAIR,
        "deployment": {"intercluster": True, "compliance": [FIRST]},
        "external_database": [{"name": "archive", "used_by": ["compliance"]}],
    }
    result = lab(scenario).run("failover-check", "--readiness")
    assert result.exit_code == 3
    assert result.stdout.startswith(
        "Not ready: a failover of Pair would lose logging of messages: "
    )


def test_the_environment_gives_every_option(lab: Start) -> None:
    running = lab(PAIR)
    running.simulator.change({"ha": {"group": "Pair", "states": ["idle", "backup"]}})
    environment = running.environment | {
        "AUDITOR_CONFIG": str(running.config),
        "AUDITOR_ACCEPT": "failed-over",
        "AUDITOR_GROUP": "Pair",
        "AUDITOR_FAILOVER_OUTPUT": "json",
    }
    result = CliRunner(env=environment).invoke(app, ["failover-check"])
    assert json.loads(result.stdout)["run"]["accept_failed_over"] is True


def test_the_password_is_nowhere_in_the_output(lab: Start) -> None:
    running = lab(PAIR)
    running.simulator.change({"fault": {"fault": "soap-fault", "node": SECOND}})
    for words in ((), ("-o", "json"), ("--readiness", "-o", "json")):
        result = running.run("failover-check", *words)
        assert running.simulator.password not in result.stdout + result.stderr


def test_an_accepted_failover_is_still_named_beside_a_worse_group(lab: Start) -> None:
    """Accepted is not as expected: users must not be changed there meanwhile."""
    running = lab("failed-over")
    stop = {"node": "imp4.lab.test", "service": "Cisco Presence Engine"}
    running.simulator.change({"stop": stop})
    result = running.run("failover-check", "--accept", "failed-over")
    assert result.exit_code == 3
    first = " ".join(result.stdout.split("\nDo: ")[0].split())
    assert "DefaultCUPSubCluster is failed over too, which --accept allows" in first
    assert "as expected" not in first
