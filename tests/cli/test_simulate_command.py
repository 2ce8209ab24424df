"""`auditor simulate` where it cannot begin: what is wrong, in one line, and exit code 2."""

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest
from typer.testing import CliRunner

from auditor.cli.app import app
from auditor.resources import scenario_folder
from auditor.simulator import Simulator


def _said(*words: str) -> str:
    result = CliRunner().invoke(app, ["simulate", *words])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_a_wrong_scenario_is_named_with_every_mistake(tmp_path: Path) -> None:
    scenario = tmp_path / "mine.toml"
    scenario.write_text("titel = 'x'")
    result = CliRunner().invoke(app, ["simulate", str(scenario)])

    assert result.exit_code == 2
    assert result.stderr == (
        f"auditor: {scenario}: the key `cluster` is missing.\n"
        f"auditor: {scenario}: there is no key `titel`; did you mean `title`?\n"
    )


def test_a_scenario_that_is_not_toml_is_one_line(tmp_path: Path) -> None:
    scenario = tmp_path / "mine.toml"
    scenario.write_text("x = ")

    assert f"{scenario}: is not TOML: " in _said(str(scenario))


@pytest.mark.parametrize("name", ["auditor.toml", "auditor-ca.pem"])
def test_a_file_of_somebody_else_is_never_written_over(tmp_path: Path, name: str) -> None:
    place = tmp_path / "auditor.toml"
    (tmp_path / name).write_text("precious")

    told = _said("one-node", "--write-config", str(place))

    assert told == (
        f"auditor: --write-config {tmp_path / name}: that file was not written by "
        "`auditor simulate`. Give another path, or move it away.\n"
    )
    assert [path.read_text() for path in tmp_path.iterdir() if path.is_file()] == ["precious"]


def test_what_the_simulator_wrote_itself_it_writes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("threading.Event.wait", lambda _self, _timeout=None: True)
    place = tmp_path / "auditor.toml"
    place.touch()  # nothing is lost with an empty file, such as mktemp makes
    told = []
    for _ in range(2):
        result = CliRunner().invoke(app, ["simulate", "one-node", "--write-config", str(place)])
        assert result.exit_code == 0
        told.append(place.read_text())

    assert told[0] != told[1]
    assert f'history = "sqlite:///{tmp_path}/auditor-history.sqlite3"' in told[1]


def test_the_cucm_subscribers_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threading.Event.wait", lambda _self, _timeout=None: True)
    told = CliRunner().invoke(app, ["simulate", "lost-data-centre"]).stdout
    first = "Simulating lost-data-centre: 4 nodes, a CUCM publisher and 1 CUCM subscriber.\n"
    assert told.startswith(first)


def test_the_shipped_scenarios_are_listed_and_in_the_help() -> None:
    listed = CliRunner().invoke(app, ["simulate"])
    assert listed.exit_code == 0
    names = [line.split()[0] for line in listed.stdout.splitlines() if line.startswith("  ")]
    assert names == sorted(path.stem for path in scenario_folder().glob("*.toml"))

    told = CliRunner().invoke(app, ["simulate", "--help"]).stdout
    paragraph = told.partition("shipped scenarios:")[2].partition(".")[0]
    assert " ".join(paragraph.split()) == f"{', '.join(names[:-1])} and {names[-1]}"


def test_an_unwritable_configuration_is_reported_before_the_start(
    tmp_path: Path,
) -> None:
    place = tmp_path / "nowhere" / "auditor.toml"

    assert f"--write-config {place}: the folder" in _said("healthy", "--write-config", str(place))


def test_an_address_that_is_taken_is_no_bug_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: Simulator) -> NoReturn:
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))

    monkeypatch.setattr(Simulator, "start", start)

    assert "the simulator cannot listen on loopback: Address already in use." in _said("healthy")
