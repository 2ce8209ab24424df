"""`auditor check` reads every file, and asks nothing."""

import json
import socket
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from auditor.cli.app import app
from auditor.resources import read_schema

CONFIGURATION = """\
[defaults]
username = "audit-ro"
waivers = "accepted.toml"
probes = "probes.toml"
history = "postgresql://auditor@db.example.com/history"
notify = ["json://hook.example.com/SECRET"]

[[cluster]]
name = "east"
cucm_publisher = "cucm-east.example.com"
[[cluster.node]]
name = "imp1.example.com"
role = "publisher"
[cluster.deployment]
chat = true

[[cluster]]
name = "west"
cucm_publisher = "cucm-west.example.com"
waivers = "none.toml"
"""
WAIVER = """\
[[waiver]]
recommendation = "SIP-01"
cluster = "east"
subject = "imp1.example.com"
reason = "moves"
owner = "uc-team"
expires = 2020-01-31
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with files that have no mistake; who connects, fails."""

    def refuse(*_: object) -> None:
        raise AssertionError("check must not connect")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr("getpass.getpass", refuse)
    monkeypatch.setattr("auditor.credentials.system_keyring", refuse)
    (tmp_path / "auditor.toml").write_text(CONFIGURATION)
    (tmp_path / "accepted.toml").write_text(WAIVER)
    (tmp_path / "none.toml").write_text("")
    (tmp_path / "probes.toml").write_text('[[probe]]\nid = "xmpp_federation"\nenabled = false\n')
    return tmp_path


def check(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["check", "-c", str(folder / "auditor.toml"), *words])


def test_what_was_read_is_printed_without_secrets(folder: Path) -> None:
    result = check(folder)
    assert result.exit_code == 0, result.output
    assert "No mistakes in" in result.stdout
    assert "SIP-01 on imp1.example.com expired on 2020-01-31; uc-team" in result.stdout
    assert "postgresql" in result.stdout
    assert "SECRET" not in result.output
    assert result.stderr == ""


def test_its_json_follows_the_schema_and_takes_clusters(folder: Path) -> None:
    result = check(folder, "east", "-o", "json")
    document = json.loads(result.stdout)
    jsonschema.validate(document, json.loads(read_schema("check")))
    (cluster,) = document["clusters"]
    assert cluster["nodes"] == ["imp1.example.com"]
    assert "chat" not in cluster["undeclared_keys"]
    assert cluster["waivers"][0]["attention"] == "expired"
    assert document["recipients"] == 1
    assert "SECRET" not in result.output


def test_each_site_is_printed_with_its_clusters(folder: Path) -> None:
    """A site that is mistyped would be waited for in the night."""
    assert "Site " not in check(folder).stdout
    text = CONFIGURATION.replace('name = "east"', 'name = "east"\nsite = "emae"')
    (folder / "auditor.toml").write_text(text)
    stdout = check(folder).stdout
    assert "Site emae: east" in stdout
    assert "No site, so any worker of a fleet: west" in stdout
    document = json.loads(check(folder, "-o", "json").stdout)
    jsonschema.validate(document, json.loads(read_schema("check")))
    assert [cluster["site"] for cluster in document["clusters"]] == ["emae", None]


def test_the_recipients_are_those_of_the_variable(folder: Path) -> None:
    """As an audit takes them, in place of the file's; none of them is shown."""
    runner = CliRunner(env={"AUDITOR_NOTIFY": "json://SECRET@a.example.com;json://b.example.com"})
    result = runner.invoke(app, ["check", "-c", str(folder / "auditor.toml")])
    assert "Notifications: 2 recipients" in result.stdout
    assert "SECRET" not in result.output


def test_the_history_is_that_of_the_option_the_variable_or_the_file(folder: Path) -> None:
    """In this order, as an audit takes it; a mistake in the file is found behind the others."""
    words = ["check", "-c", str(folder / "auditor.toml")]
    runner = CliRunner(env={"AUDITOR_HISTORY": "postgresql://variable.example.com/history"})
    assert "variable.example.com" in runner.invoke(app, words).stdout
    chosen = runner.invoke(app, [*words, "--history", "off"]).stdout
    assert "History: off" in chosen
    path = folder / "auditor.toml"
    path.write_text(path.read_text().replace("postgresql://auditor@", "mysql://auditor@"))
    wrong = runner.invoke(app, [*words, "--history", "nonsense"])
    assert wrong.exit_code == 2
    assert '"mysql"://' in wrong.stderr
    assert '"nonsense" is not a database URL' in wrong.stderr


def test_every_mistake_in_every_file_is_a_line_with_its_place(folder: Path) -> None:
    """A mistake in the configuration hides none in the files that it names."""
    (folder / "auditor.toml").write_text(CONFIGURATION.replace("role", "rolle"))
    (folder / "accepted.toml").write_text(WAIVER.replace("SIP-01", "SIP-1"))
    (folder / "none.toml").unlink()
    (folder / "probes.toml").write_text("[[probe]]\nid = 3\n")
    result = check(folder)
    assert result.exit_code == 2
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert f"{folder}/auditor.toml:13: " in lines[0]
    assert sum(f"{folder}/accepted.toml:2: " in line for line in lines) == 1
    assert sum(f"{folder}/none.toml: cannot be read" in line for line in lines) == 1
    assert any(f"{folder}/probes.toml: " in line for line in lines)


def test_waivers_and_probes_are_checked_together(folder: Path) -> None:
    (folder / "accepted.toml").write_text(WAIVER.replace("SIP-01", "SIP-1"))
    (folder / "none.toml").write_text("[[waivr]]\n")
    (folder / "probes.toml").write_text("[[probe]]\nid = 3\n")
    stderr = check(folder).stderr
    for name in ("accepted.toml:2: ", "none.toml:1: ", "probes.toml: "):
        assert f"{folder}/{name}" in stderr


def test_a_cluster_that_is_not_there_is_named(folder: Path) -> None:
    result = check(folder, "eats")
    assert result.exit_code == 2
    assert "did you mean `east`?" in result.stderr
