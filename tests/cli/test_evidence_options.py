"""`--evidence` and `--replay` as their users meet them."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from auditor.cli.evidence import REPLAY_NEUTRAL_KEYS, SECRET_KEYS
from auditor.config.schema import ClusterTable, DefaultsTable
from auditor.soap.evidence.files import EvidenceFolder
from auditor.soap.network import LiveNetwork
from tests.lab import DRIFTED_PAIR, Lab

Start = Callable[..., Lab]


def keep(running: Lab, place: Path, *words: str) -> Result:
    """Audit and keep the evidence."""
    return running.run("audit", "--history", "off", "--evidence", str(place), *words)


def replay(place: Path, *words: str) -> Result:
    """Judge the evidence."""
    return CliRunner().invoke(app, ["audit", "--replay", str(place), *words])


def told(result: Result) -> dict[str, Any]:
    """Return the JSON report of a run."""
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def everything(place: Path) -> str:
    """Return all that is in a folder."""
    return "\n".join(p.read_text() for p in sorted(place.rglob("*")) if p.is_file())


def test_a_replay_is_marked_as_a_replay(lab: Start, tmp_path: Path) -> None:
    live = told(keep(lab(DRIFTED_PAIR), tmp_path / "kept", "-o", "json"))
    result = replay(tmp_path / "kept", "-o", "json")
    run = told(result)["run"]
    assert run["mode"] == "replay"
    assert run["id"] != live["run"]["id"]
    assert run["started_at"] == live["run"]["started_at"]
    assert run["finished_at"] == live["run"]["finished_at"]
    assert run["history"] is None
    assert "judging what `auditor audit` asked" in result.stderr
    assert "replay" in replay(tmp_path / "kept").stdout
    assert replay(tmp_path / "kept", "--quiet").stderr == ""


def test_a_replay_leaves_the_history_alone(
    lab: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(lab(DRIFTED_PAIR), tmp_path / "kept")
    database = tmp_path / "history.sqlite3"
    monkeypatch.setenv("AUDITOR_HISTORY", f"sqlite:///{database}")
    assert replay(tmp_path / "kept").exit_code == 3
    assert not database.exists()


def test_service_states_from_the_history_are_replayed(lab: Start, tmp_path: Path) -> None:
    running = lab({"cluster": {"name": "pair"}, "node": [{"name": "imp1.lab.test"}]})
    history = f"sqlite:///{tmp_path}/history.sqlite3"
    starting: dict[str, object] = {
        "fault": "starting",
        "interface": "control-center",
        "operation": "soapGetServiceStatus",
    }
    running.simulator.change({"fault": starting})
    words = ("audit", "--history", history, "-o", "json")
    running.run(*words)
    live = running.run(*words, "--evidence", str(tmp_path / "kept"))
    assert '"unstable"' in live.stdout
    recorded = (tmp_path / "history.sqlite3").read_bytes()
    again = replay(tmp_path / "kept", "-o", "json")
    assert told(again)["clusters"] == told(live)["clusters"]
    assert (tmp_path / "history.sqlite3").read_bytes() == recorded


@pytest.mark.parametrize("kind", ["probes", "waivers"])
def test_the_operators_own_files_are_kept_too(lab: Start, tmp_path: Path, kind: str) -> None:
    waiver = """
        [[waiver]]
        recommendation = "RPT-02"
        cluster = "pair"
        subject = "imp2.lab.test"
        reason = "It is switched off next week."
        owner = "ops"
        expires = 2999-01-01
    """
    off = '[[probe]]\nid = "sync_status"\nenabled = false\n'
    (tmp_path / "own").mkdir()
    own = tmp_path / "own" / "my own file.toml"
    own.write_text({"probes": off, "waivers": waiver}[kind])
    running = lab(DRIFTED_PAIR)
    running.defaults = {**running.defaults, kind: str(own)}
    live = keep(running, tmp_path / "kept", "-o", "json")
    assert live.exit_code != 2, live.output
    own.unlink()
    again = replay(tmp_path / "kept", "-o", "json")
    assert told(again)["clusters"] == told(live)["clusters"]
    assert again.exit_code == live.exit_code == {"probes": 3, "waivers": 0}[kind]


def test_waivers_are_kept_and_can_be_replaced_in_a_replay(lab: Start, tmp_path: Path) -> None:
    none, some = tmp_path / "none.toml", tmp_path / "some.toml"
    none.write_text("")
    some.write_text(
        '[[waiver]]\nrecommendation = "RPT-02"\ncluster = "pair"\nsubject = "imp2.lab.test"\n'
        'reason = "Soon."\nowner = "ops"\nexpires = 2999-01-01\n'
    )
    live = keep(lab(DRIFTED_PAIR), tmp_path / "kept", "--waivers", str(some), "-o", "json")
    assert live.exit_code == 0, live.output
    assert replay(tmp_path / "kept").exit_code == 0
    assert replay(tmp_path / "kept", "--waivers", str(none)).exit_code == 3


def test_options_of_judging_can_be_changed_in_a_replay(lab: Start, tmp_path: Path) -> None:
    keep(lab(DRIFTED_PAIR), tmp_path / "kept", "--fail-on", "critical", "--pack", "table")
    assert replay(tmp_path / "kept").exit_code == 0
    assert replay(tmp_path / "kept", "--fail-on", "low").exit_code == 3
    rows = [f["recommendation"] for f in _findings(replay(tmp_path / "kept", "-o", "json"))]
    assert "HA-01" not in rows
    other = replay(tmp_path / "kept", "--pack", "guides", "-o", "json")
    assert "HA-01" in [f["recommendation"] for f in _findings(other)]


def _findings(result: Result) -> list[dict[str, Any]]:
    return [finding for cluster in told(result)["clusters"] for finding in cluster["findings"]]


def test_a_cluster_that_is_not_in_the_evidence_is_a_usage_error(lab: Start, tmp_path: Path) -> None:
    keep(lab(DRIFTED_PAIR), tmp_path / "kept")
    assert replay(tmp_path / "kept", "PAIR").exit_code == 3
    result = replay(tmp_path / "kept", "other")
    assert result.exit_code == 2
    assert 'holds no cluster "other"; it holds pair' in result.stderr


def test_a_replay_of_an_insecure_run_reports_it_again(lab: Start, tmp_path: Path) -> None:
    keep(lab(DRIFTED_PAIR), tmp_path / "kept", "--insecure", "--allow-unknown")
    run = told(replay(tmp_path / "kept", "-o", "json"))["run"]
    assert (run["insecure"], run["allow_unknown"]) == (True, True)


def test_a_folder_in_use_is_refused_before_anything_is_asked(lab: Start, tmp_path: Path) -> None:
    running = lab(DRIFTED_PAIR)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "notes.txt").write_text("mine")
    result = keep(running, tmp_path / "kept")
    assert result.exit_code == 2
    assert "the folder is not empty" in result.stderr
    assert running.simulator.requests == []
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["notes.txt"]


def test_evidence_of_a_replay_is_a_usage_error(tmp_path: Path) -> None:
    result = replay(tmp_path / "kept", "--evidence", str(tmp_path / "other"))
    assert result.exit_code == 2
    assert "a replay asks nothing" in result.stderr
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("name", ["run.json", "index.jsonl", "imp1.lab.test/001-*.reply.xml"])
def test_damaged_evidence_is_a_usage_error(lab: Start, tmp_path: Path, name: str) -> None:
    place = tmp_path / "kept"
    keep(lab(DRIFTED_PAIR), place)
    (path,) = place.glob(name)
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    result = replay(place)
    assert result.exit_code == 2
    assert "is damaged" in result.stderr
    assert path.name in result.stderr
    assert result.stdout == ""


def test_what_the_evidence_lacks_is_unknown_with_a_reason(lab: Start, tmp_path: Path) -> None:
    """As after a run that was killed, or for a question that a newer version asks."""
    place = tmp_path / "kept"
    keep(lab({**DRIFTED_PAIR, "node": []}), place)
    assert replay(place).exit_code == 0
    index = place / "index.jsonl"
    lines = index.read_bytes().splitlines(keepends=True)
    last = max(number for number, line in enumerate(lines) if b'"kind":"exchange"' in line)
    codes = []
    for count in range(1, last + 1):
        index.write_bytes(b"".join(lines[:count]))
        result = replay(place, "-o", "json")
        codes.append(result.exit_code)
        assert "the evidence ends early" in result.stderr
        gaps = {c["reason"] for c in told(result)["clusters"][0]["coverage"] if c["reason"]}
        assert gaps == {"not_asked"}
        assert "The evidence, which ends early, holds no reply" in result.stdout
    assert set(codes) == {4, 5}


def test_a_database_that_was_not_tested_is_unknown(lab: Start, tmp_path: Path) -> None:
    place = tmp_path / "kept"
    keep(lab("demo"), place)
    index = place / "index.jsonl"
    lines = index.read_bytes().splitlines(keepends=True)
    until = next(n for n, line in enumerate(lines) if b'"kind":"tcp"' in line)
    index.write_bytes(b"".join(lines[:until]))
    report = told(replay(place, "-o", "json"))
    tests = [c for c in report["clusters"][0]["coverage"] if c["source"] == "tcp"]
    assert {(c["outcome"], c["reason"]) for c in tests} == {("failed", "not_asked")}


def test_a_run_that_is_interrupted_leaves_evidence_that_can_be_read(
    lab: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    running = lab("healthy")
    with monkeypatch.context() as patch:
        patch.setattr("auditor.collect.survey.wait_for_all", interrupted)
        assert keep(running, tmp_path / "kept").exit_code == 130
    result = replay(tmp_path / "kept")
    assert result.exit_code in (4, 5)
    assert "the evidence ends early" in result.stderr


def test_a_full_disk_is_reported_after_the_report(
    lab: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    running = lab(DRIFTED_PAIR)
    monkeypatch.setattr(EvidenceFolder, "next_number", full)
    result = keep(running, tmp_path / "kept")
    assert result.exit_code == 1
    assert "RPT-02" in result.stdout
    assert "evidence" in result.stderr
    assert "No space left on device" in result.stderr
    assert "ended with exit code 3" in result.stderr


def test_the_password_command_and_the_ca_stay_out_and_are_not_needed(
    lab: Start, tmp_path: Path
) -> None:
    running = lab(DRIFTED_PAIR)
    running.defaults = {**running.defaults, "password_command": "echo s3cr3t-command"}
    keep(running, tmp_path / "kept")
    kept = everything(tmp_path / "kept")
    assert "s3cr3t-command" not in kept
    assert "ca_bundle" not in kept
    for path in running.folder.iterdir():
        path.unlink()
    assert replay(tmp_path / "kept").exit_code == 3


def test_every_key_of_the_configuration_is_kept_or_left_out_for_a_reason() -> None:
    """A new key must be sorted here: what is secret must not be kept, the rest must."""
    known = {*DefaultsTable.model_fields, *ClusterTable.model_fields}
    assert known - SECRET_KEYS - REPLAY_NEUTRAL_KEYS == {
        "username",
        "workers",
        "timeout_s",
        "settle_s",
        "backoff_s",
        "fail_on",
        "certificate_days",
        "proxy",
        "probes",
        "waivers",
        "name",
        "cucm_publisher",
        "cucm_subscribers",
        "domain",
        "axl_version",
        "legacy_tls",
        "high_availability",
        "planned_nodes",
        "pins",
        "addresses",
        "node",
        "deployment",
        "external_database",
        "intercluster_peer",
    }


@pytest.mark.parametrize("hidden", [True, False])
def test_the_user_name_is_hidden_where_asked(lab: Start, tmp_path: Path, hidden: bool) -> None:
    running = lab(DRIFTED_PAIR)
    place = tmp_path / "kept"
    live = keep(running, place, "-o", "json", *(["--evidence-hide-user"] if hidden else []))
    assert (running.simulator.username in everything(place)) is not hidden
    assert told(replay(place, "-o", "json"))["clusters"] == told(live)["clusters"]


def test_evidence_is_for_its_owner_alone(lab: Start, tmp_path: Path) -> None:
    keep(lab(DRIFTED_PAIR), tmp_path / "kept")
    for path in [tmp_path / "kept", *(tmp_path / "kept").rglob("*")]:
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted


def test_a_replay_opens_no_connection(
    lab: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(lab(DRIFTED_PAIR), tmp_path / "kept")

    def refuse(*_: object) -> None:
        raise AssertionError("a replay opened a live wire")

    monkeypatch.setattr(LiveNetwork, "__init__", refuse)
    monkeypatch.setattr("auditor.cli.session.find_credentials", refuse)
    assert replay(tmp_path / "kept").exit_code == 3


@pytest.mark.parametrize(
    "words",
    [
        ("failover-check",),
        ("failover-check", "--readiness"),
        ("doctor", "pair"),
        ("precheck", "pair", "--activate", "Cisco SIP Proxy", "--on", "imp1.lab.test"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_other_commands_keep_what_they_ask_too(
    lab: Start, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """What they ask less than an audit is unknown to it, and says so."""
    running = lab(DRIFTED_PAIR)
    place = tmp_path / "kept"
    assert running.run(*words, "--evidence", str(place)).exit_code in (0, 3, 4)
    lines = (place / "index.jsonl").read_text().splitlines()
    asked = [json.loads(line) for line in lines]
    assert sum(entry.get("requests", 0) for entry in asked) == len(running.simulator.requests)
    assert running.simulator.password not in everything(place)
    result = replay(place, "-o", "json")
    assert f"judging what `auditor {words[0]}` asked" in result.stderr
    gaps = {c["reason"] for c in told(result)["clusters"][0]["coverage"] if c["reason"]}
    assert gaps <= {"not_asked"}
    second = running.run(*words, "--evidence", str(place))
    assert second.exit_code == 2
    assert "the folder is not empty" in second.stderr


def test_both_looks_around_a_change_are_kept_whole(lab: Start, tmp_path: Path) -> None:
    """They ask what an audit asks, and are judged again without the cluster."""
    running = lab(DRIFTED_PAIR)
    before, first, second = (tmp_path / name for name in ("before.json", "first", "second"))
    taken = running.run("snapshot", "--to", str(before), "--evidence", str(first))
    assert taken.exit_code == 3
    running.simulator.change({"stop": {"node": "imp1.lab.test", "service": "Cisco SIP Proxy"}})
    live = ("diff", str(before), "live", "--evidence", str(second), "--evidence-hide-user")
    assert running.run(*live).exit_code == 3
    for place, critical in ((first, False), (second, True)):
        assert running.simulator.password not in everything(place)
        result = replay(place, "-o", "json")
        found = {f["recommendation"] for f in _findings(result) if f["verdict"] == "drift"}
        assert ("SIP-01" in found) is critical
    assert running.simulator.username not in everything(second)
    assert "the folder is not empty" in running.run(*live).stderr


def test_two_files_leave_nothing_to_keep(lab: Start, tmp_path: Path) -> None:
    """An empty folder would look like evidence."""
    running = lab(DRIFTED_PAIR)
    before = tmp_path / "before.json"
    running.run("snapshot", "--to", str(before))
    result = running.run("diff", str(before), str(before), "--evidence", str(tmp_path / "kept"))
    assert result.exit_code == 2
    assert "two files are compared" in result.stderr
    assert not (tmp_path / "kept").exists()


def test_what_init_asks_is_kept_and_its_cluster_can_be_judged(lab: Start, tmp_path: Path) -> None:
    """No file says yet what the cluster is meant to be, so much is unknown; nothing is lost."""
    running = lab(DRIFTED_PAIR)
    asked = running.simulator
    places = {**asked.nodes, "cucm-pub.lab.test": asked.cucm}
    words = ["init", "--cucm", "cucm-pub.lab.test", "--username", asked.username, "--name", "pair"]
    for name, (host, port) in places.items():
        words += ["--address", f"{name}={host}:{port}"]
    words += ["--ca-bundle", str(asked.ca_path), "--evidence", str(tmp_path / "kept")]
    runner = CliRunner(env=running.environment)
    result = runner.invoke(app, [*words, "--to", str(tmp_path / "new.toml")])
    assert result.exit_code == 0, result.output
    assert asked.password not in everything(tmp_path / "kept")
    drift = [f for f in _findings(replay(tmp_path / "kept", "-o", "json")) if f["kind"]]
    assert "RPT-02" in {f["recommendation"] for f in drift}
    again = runner.invoke(app, [*words, "--to", str(tmp_path / "other.toml")])
    assert again.exit_code == 2
    assert "the folder is not empty" in again.stderr
    assert not (tmp_path / "other.toml").exists()


def test_a_check_up_without_a_password_keeps_what_it_saw(lab: Start, tmp_path: Path) -> None:
    """Much can be looked at before anybody has an account."""
    running = lab(DRIFTED_PAIR)
    words = ["doctor", "-c", str(running.config), "--evidence", str(tmp_path / "kept")]
    assert CliRunner().invoke(app, words).exit_code == 3
    assert (tmp_path / "kept" / "index.jsonl").read_text()
    assert replay(tmp_path / "kept").exit_code == 5
