"""`auditor simulate` where it cannot begin: what is wrong, in one line, and exit code 2."""

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.simulator import Simulator


def _said(*words: str) -> str:
    result = CliRunner().invoke(app, ["simulate", *words])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.mark.parametrize("text", ["x = 1", "x = "])
def test_a_wrong_scenario_is_named_with_its_mistake(tmp_path: Path, text: str) -> None:
    scenario = tmp_path / "mine.toml"
    scenario.write_text(text)

    assert f"the scenario cannot be used: {scenario}: " in _said(str(scenario))


def test_a_configuration_that_cannot_be_written_is_told_before_anything_listens(
    tmp_path: Path,
) -> None:
    place = tmp_path / "nowhere" / "auditor.toml"

    assert f"--write-config {place}: the folder" in _said("healthy", "--write-config", str(place))


def test_an_address_that_is_taken_is_no_bug_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: Simulator) -> NoReturn:
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))

    monkeypatch.setattr(Simulator, "start", start)

    assert "the simulator cannot listen on loopback: Address already in use." in _said("healthy")
